//! Knows what was really sent, and so which messages a listener took for real though nobody sent them.

use core::time::Duration;
use std::collections::VecDeque;

use twc_proto::{Decoder, Instant, Message};

/// So many transmissions back a message may have its origin.
const REMEMBERED: usize = 64;
/// So long after the last damage everything heard is compared with what was sent.
const DOUBT: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
pub(super) struct Witness {
    sent: VecDeque<Vec<u8>>,
    doubt_until: Option<Instant>,
    outside: Decoder,
    heard: Decoder,
}

impl Witness {
    /// Somebody begins to send `bytes`.
    pub(super) fn sent(&mut self, bytes: &[u8]) {
        let recycled = if self.sent.len() < REMEMBERED { None } else { self.sent.pop_back() };
        let mut copy = recycled.unwrap_or_default();
        copy.clear();
        copy.extend_from_slice(bytes);
        self.sent.push_front(copy);
    }

    /// Something was damaged.
    pub(super) fn doubt(&mut self, now: Instant) {
        self.doubt_until = Some(now + DOUBT);
    }

    /// Whether nobody sent this.
    pub(super) fn is_invented(&self, now: Instant, message: Option<&Message>) -> bool {
        let (Some(message), Some(doubt_until)) = (message, self.doubt_until) else {
            return false;
        };
        now <= doubt_until && !self.sent.iter().any(|bytes| says(bytes, message))
    }

    /// The messages in what the station outside sends, as it means them.
    pub(super) fn each_outside_message(&mut self, bytes: &[u8], mut each: impl FnMut(&Message)) {
        let mut input = bytes;
        while let Some(outcome) = self.outside.decode(&mut input) {
            if let Ok(received) = outcome {
                each(received.message());
            }
        }
    }

    /// The messages in what the station outside hears; returns how many of them nobody sent.
    pub(super) fn each_heard_message(
        &mut self,
        now: Instant,
        bytes: &[u8],
        mut each: impl FnMut(&Message),
    ) -> u64 {
        let (mut input, mut invented) = (bytes, 0);
        while let Some(outcome) = self.heard.decode(&mut input) {
            if let Ok(received) = outcome {
                invented += u64::from(self.is_invented(now, Some(received.message())));
                each(received.message());
            }
        }
        invented
    }
}

fn says(bytes: &[u8], message: &Message) -> bool {
    let mut decoder = Decoder::new();
    let mut input = bytes;
    while let Some(outcome) = decoder.decode(&mut input) {
        if outcome.is_ok_and(|received| received.message() == message) {
            return true;
        }
    }
    false
}
