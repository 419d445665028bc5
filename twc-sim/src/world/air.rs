//! What is on the wire: how long bytes take, and what two senders at once make of each other.

use core::time::Duration;

use twc_proto::{Instant, Message, Received};

use crate::rng::Rng;
use crate::trace::Sender;

/// How long `bytes` bytes take at 9600 baud, 8N1: ten bit times each.
pub const fn air_time(bytes: usize) -> Duration {
    Duration::from_micros(air_micros(bytes))
}

const fn air_micros(bytes: usize) -> u64 {
    (bytes as u64).saturating_mul(10_000_000) / 9_600
}

/// When `bytes` bytes that begin at `start` are over.
fn over_at(start: Instant, bytes: usize) -> Instant {
    Instant::from_micros(start.as_micros().saturating_add(air_micros(bytes)))
}

/// After the first byte, which shows that the line is taken, bytes are handed on in portions of this size: each
/// takes less than any listener's quiet gap.
pub(crate) const PORTION: usize = 12;

/// One sender's bytes from their first bit to their last.
///
/// While nothing happens to it, it is *whole*: one message, handed to every listener when its last byte is over.
/// Damage or a second sender makes bytes of it, which listeners get in portions.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools)] // What may happen to it, each apart from the others.
pub(super) struct Transmission {
    pub(super) sender: Sender,
    pub(super) start: Instant,
    /// What arrives; may be shorter or longer than what was sent.
    pub(super) bytes: Vec<u8>,
    /// What it says, unless something happened to it or somebody joined in the middle.
    pub(super) says: Option<Whole>,
    /// It is handed on at its end.
    pub(super) is_whole: bool,
    pub(super) is_damaged: bool,
    /// Somebody else sends at the same time.
    pub(super) collides: bool,
    /// A copy that the line delivers later; its sender has long done something else.
    pub(super) is_ghost: bool,
    pub(super) lost_to: LostTo,
    /// When the next portion is complete.
    pub(super) due: Instant,
    /// How many byte times it takes.
    air_bytes: usize,
    /// Byte times over when the last portion was handed on.
    elapsed: usize,
    delivered: usize,
}

/// Who does not hear it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct LostTo {
    pub(super) slaves: bool,
    pub(super) master: bool,
}

/// The one message of an undamaged frame.
#[derive(Debug, Clone, Copy)]
pub(super) struct Whole {
    pub(super) message: Message,
    /// As receivers get it; a charger's frame is decoded only when another charger minds it.
    pub(super) received: Option<Received>,
}

impl Transmission {
    pub(super) fn new(sender: Sender, start: Instant, bytes: Vec<u8>) -> Self {
        let air_bytes = bytes.len();
        Self {
            sender,
            start,
            bytes,
            says: None,
            is_whole: false,
            is_damaged: false,
            collides: false,
            is_ghost: false,
            lost_to: LostTo::default(),
            due: over_at(start, air_bytes.min(1)),
            air_bytes,
            elapsed: 0,
            delivered: 0,
        }
    }

    /// Nothing has happened to it so far: it is handed on at its end.
    pub(super) fn keep_whole(&mut self) {
        self.is_whole = true;
        self.due = self.end();
    }

    pub(super) fn end(&self) -> Instant {
        over_at(self.start, self.air_bytes)
    }

    /// When the last byte is over that the line has left of it.
    pub(super) fn audible_until(&self) -> Instant {
        over_at(self.start, self.bytes.len().min(self.air_bytes))
    }

    /// When its first byte is over and everybody knows that the line is taken.
    pub(super) fn first_byte_over(&self) -> Instant {
        over_at(self.start, self.air_bytes.min(1))
    }

    pub(super) fn is_over(&self) -> bool {
        self.elapsed >= self.air_bytes
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
        self.due = over_at(self.start, self.next_elapsed());
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

    /// From whole to bytes at `now`: the portions that would have been handed on by now, and when the last of
    /// them was over.
    pub(super) fn break_up(&mut self, now: Instant) -> Option<(Instant, &[u8])> {
        self.says = None;
        if !core::mem::take(&mut self.is_whole) {
            return None;
        }
        let mut over = None;
        loop {
            let next = self.next_elapsed();
            let at = over_at(self.start, next);
            self.due = at;
            if at > now || next == self.elapsed {
                break;
            }
            self.elapsed = next;
            over = Some(at);
        }
        self.delivered = self.elapsed.min(self.bytes.len());
        Some((over?, self.bytes.get(..self.delivered)?))
    }
}

#[cfg(test)]
mod tests {
    use twc_proto::message::MasterHeartbeat;
    use twc_proto::{Envelope, TwcId, Version};

    use super::*;

    #[test]
    fn a_frame_of_nineteen_characters_takes_about_twenty_milliseconds() {
        assert_eq!(air_time(19), Duration::from_micros(19_791));
    }

    #[test]
    fn a_frame_that_is_cut_is_heard_no_longer_than_its_bytes() {
        let mut cut = Transmission::new(Sender::Outside, Instant::ZERO, vec![0xC0; 19]);
        assert_eq!(cut.audible_until(), cut.end());
        cut.bytes.truncate(1);
        assert_eq!(cut.audible_until(), cut.first_byte_over());
        assert!(cut.audible_until() < cut.end());
    }

    #[test]
    fn portions_cover_everything_once_and_none_takes_fifteen_milliseconds() {
        let sent: Vec<u8> = (0..43).collect();
        let mut transmission = Transmission::new(Sender::Outside, Instant::ZERO, sent.clone());
        let (mut heard, mut last) = (Vec::new(), Instant::ZERO);
        while !transmission.is_over() {
            assert!(transmission.due.since(last) < Duration::from_millis(15));
            last = transmission.due;
            heard.extend_from_slice(transmission.next_portion(&mut Rng::new(0)));
        }
        assert_eq!((heard, last), (sent, transmission.end()));
    }

    #[test]
    fn a_whole_frame_broken_up_goes_on_where_portions_would_have_been() {
        let message = Message::MasterHeartbeat(MasterHeartbeat::no_change(TwcId::new(1), TwcId::new(2)));
        let wire = Envelope::canonical(Version::P2, message).unwrap().to_wire().as_ref().to_vec();
        for millis in 0..18 {
            let now = Instant::from_millis(millis);
            let mut portions = Transmission::new(Sender::Outside, Instant::ZERO, wire.clone());
            let mut heard = Vec::new();
            while portions.due <= now {
                heard.extend_from_slice(portions.next_portion(&mut Rng::new(0)));
            }
            let mut whole = Transmission::new(Sender::Outside, Instant::ZERO, wire.clone());
            whole.keep_whole();
            let late = whole.break_up(now).map(|(_, bytes)| bytes.to_vec()).unwrap_or_default();
            assert_eq!((late, whole.due), (heard, portions.due), "{now}");
            assert_eq!(whole.next_portion(&mut Rng::new(0)), portions.next_portion(&mut Rng::new(0)));
        }
    }
}
