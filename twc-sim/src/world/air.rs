//! What is on the wire: how long bytes take, and what two senders at once make of each other.

use core::time::Duration;

use twc_proto::Instant;

use crate::rng::Rng;
use crate::trace::Sender;

/// How long `bytes` bytes take at 9600 baud, 8N1: ten bit times each.
pub fn air_time(bytes: usize) -> Duration {
    let micros = (bytes as u64).saturating_mul(10_000_000) / 9_600;
    Duration::from_micros(micros)
}

/// After the first byte, which shows that the line is taken, bytes are handed on in portions of this size: each
/// takes less than any listener's quiet gap.
const PORTION: usize = 12;

/// One sender's bytes from their first bit to their last.
#[derive(Debug)]
pub(super) struct Transmission {
    pub(super) sender: Sender,
    pub(super) start: Instant,
    /// What arrives; may be shorter or longer than what was sent.
    pub(super) bytes: Vec<u8>,
    pub(super) is_damaged: bool,
    /// Somebody else sends at the same time.
    pub(super) collides: bool,
    /// How many byte times it takes.
    air_bytes: usize,
    /// Byte times over when the last portion was handed on.
    elapsed: usize,
    delivered: usize,
}

impl Transmission {
    pub(super) fn new(sender: Sender, start: Instant, bytes: Vec<u8>) -> Self {
        let air_bytes = bytes.len();
        Self { sender, start, bytes, is_damaged: false, collides: false, air_bytes, elapsed: 0, delivered: 0 }
    }

    pub(super) fn end(&self) -> Instant {
        self.start + air_time(self.air_bytes)
    }

    pub(super) fn is_over(&self) -> bool {
        self.elapsed >= self.air_bytes
    }

    /// When the next portion is complete.
    pub(super) fn due(&self) -> Instant {
        self.start + air_time(self.next_elapsed())
    }

    fn next_elapsed(&self) -> usize {
        let next = if self.elapsed == 0 { 1 } else { self.elapsed + PORTION };
        next.min(self.air_bytes)
    }

    /// The next portion; empty where the line lost bytes.
    pub(super) fn next_portion(&mut self, rng: &mut Rng) -> &[u8] {
        self.elapsed = self.next_elapsed();
        let from = self.delivered;
        let to = if self.is_over() { self.bytes.len() } else { self.elapsed.min(self.bytes.len()) };
        self.delivered = to;
        let Some(portion) = self.bytes.get_mut(from..to) else {
            return &[];
        };
        if self.collides {
            for byte in portion.iter_mut() {
                *byte ^= rng.byte() | 1;
            }
        }
        portion
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_of_nineteen_characters_takes_about_twenty_milliseconds() {
        assert_eq!(air_time(19), Duration::from_micros(19_791));
    }

    #[test]
    fn portions_cover_everything_once_and_none_takes_fifteen_milliseconds() {
        let sent: Vec<u8> = (0..43).collect();
        let mut transmission = Transmission::new(Sender::Outside, Instant::ZERO, sent.clone());
        let (mut heard, mut last) = (Vec::new(), Instant::ZERO);
        while !transmission.is_over() {
            assert!(transmission.due().since(last) < Duration::from_millis(15));
            last = transmission.due();
            heard.extend_from_slice(transmission.next_portion(&mut Rng::new(0)));
        }
        assert_eq!((heard, last), (sent, transmission.end()));
    }
}
