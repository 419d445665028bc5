//! Knows what was really sent, and so which messages a listener took for real though nobody sent them.

use core::time::Duration;
use std::collections::VecDeque;

use twc_proto::slip::END;
use twc_proto::{Decoder, Instant, Message};

use super::air::Whole;

/// So many messages back one may have its origin.
const REMEMBERED: usize = 64;
/// So long after the last damage everything heard is compared with what was sent.
const DOUBT: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
pub(super) struct Witness {
    /// What was sent, the newest first.
    sent: VecDeque<Message>,
    doubt_until: Option<Instant>,
    outside: Decoder,
    heard: Decoder,
}

impl Witness {
    /// Somebody sends this.
    pub(super) fn sent(&mut self, message: &Message) {
        if self.sent.len() >= REMEMBERED {
            self.sent.pop_back();
        }
        self.sent.push_front(*message);
    }

    /// Something was damaged.
    pub(super) fn doubt(&mut self, now: Instant) {
        self.doubt_until = Some(now + DOUBT);
    }

    /// Whether nobody sent this.
    pub(super) fn is_invented(&self, now: Instant, message: &Message) -> bool {
        self.doubt_until.is_some_and(|until| now <= until) && !self.sent.contains(message)
    }

    /// The messages in what the station outside sends, as it means them; returns the one that is all of it, if
    /// it is one.
    pub(super) fn each_outside_message(&mut self, bytes: &[u8], mut each: impl FnMut(&Message)) -> Option<Whole> {
        let (mut input, mut count, mut whole) = (bytes, 0, None);
        while let Some(outcome) = self.outside.decode(&mut input) {
            count += 1;
            if let Ok(received) = outcome {
                let message = received.message();
                self.sent(&message);
                each(&message);
                whole = Some(Whole { message, received: Some(received) });
            }
        }
        // Everything from the first delimiter on, and at most a tail byte behind the last.
        let is_frame = count == 1 && bytes.first() == Some(&END) && bytes.iter().rev().take(2).any(|b| *b == END);
        whole.filter(|_| is_frame)
    }

    /// The messages in what the station outside hears, and whether nobody sent it.
    pub(super) fn each_heard_message(&mut self, now: Instant, bytes: &[u8], mut each: impl FnMut(&Message, bool)) {
        let mut input = bytes;
        while let Some(outcome) = self.heard.decode(&mut input) {
            if let Ok(received) = outcome {
                let message = received.message();
                each(&message, self.is_invented(now, &message));
            }
        }
    }
}
