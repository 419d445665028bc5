//! The station outside: its bytes on their way to the bus, and the bus's bytes on their way to it.

use core::time::Duration;
use std::collections::VecDeque;

use twc_proto::Instant;

use super::air::air_time;
use crate::earliest::earliest;

/// More than this is not kept for a station that talks faster than the bus.
const MAX_QUEUED_BYTES: usize = 65_536;

#[derive(Debug)]
pub(super) struct Outside {
    to_bus: Way,
    from_bus: Way,
    queued_bytes: usize,
    /// When everything queued so far is on the wire.
    free_at: Instant,
    arrived: Vec<u8>,
    /// What arrived before now, of frames that were to be handed on whole and are not.
    pub(super) arrived_before: Vec<(Instant, Vec<u8>)>,
    /// Whoever listens may hold the beginning of something that the next delimiter ends.
    pub(super) is_mid_frame: bool,
}

/// One direction through the converter: order is kept, whatever happens.
#[derive(Debug, Default)]
struct Way {
    delay: Duration,
    stalled_until: Instant,
    queue: VecDeque<(Instant, Vec<u8>)>,
}

impl Way {
    /// When something that goes in now comes out.
    fn out_at(&self, now: Instant) -> Instant {
        (now + self.delay).max(self.stalled_until)
    }

    fn pop(&mut self, now: Instant) -> Option<Vec<u8>> {
        self.queue.front().filter(|(at, _)| *at <= now)?;
        self.queue.pop_front().map(|(_, bytes)| bytes)
    }

    fn next(&self) -> Option<Instant> {
        self.queue.front().map(|(at, _)| *at)
    }
}

impl Outside {
    pub(super) fn new(delay_to_bus: Duration, delay_from_bus: Duration) -> Self {
        Self {
            to_bus: Way { delay: delay_to_bus, ..Way::default() },
            from_bus: Way { delay: delay_from_bus, ..Way::default() },
            queued_bytes: 0,
            free_at: Instant::ZERO,
            arrived: Vec::new(),
            arrived_before: Vec::new(),
            is_mid_frame: false,
        }
    }

    /// The converter holds what goes this way until then; what is already under way waits as well.
    pub(super) fn stall(&mut self, to_bus: Option<Instant>, from_bus: Option<Instant>) {
        if let Some(until) = to_bus {
            self.to_bus.stalled_until = self.to_bus.stalled_until.max(until);
            let mut free_at = Instant::ZERO;
            for (start, bytes) in &mut self.to_bus.queue {
                *start = (*start).max(until).max(free_at);
                free_at = *start + air_time(bytes.len());
            }
            self.free_at = self.free_at.max(free_at);
        }
        if let Some(until) = from_bus {
            self.from_bus.stalled_until = self.from_bus.stalled_until.max(until);
            for (due, _) in &mut self.from_bus.queue {
                *due = (*due).max(until);
            }
        }
    }

    /// Whether there is a converter that takes its time.
    pub(super) fn is_slow(&self) -> bool {
        !self.to_bus.delay.is_zero() || !self.from_bus.delay.is_zero()
    }

    /// How long bytes are on their way to the bus.
    pub(super) fn delay_to_bus(&self) -> Duration {
        self.to_bus.delay
    }

    /// When the station hears what is on the wire now.
    pub(super) fn hears_at(&self, now: Instant) -> Instant {
        self.from_bus.out_at(now)
    }

    /// Whether bytes come and go without delay now.
    pub(super) fn is_direct(&self, now: Instant) -> bool {
        let is_direct = |way: &Way| way.delay.is_zero() && way.queue.is_empty() && way.stalled_until <= now;
        is_direct(&self.to_bus) && is_direct(&self.from_bus)
    }

    /// When bytes handed over now begin on the wire.
    pub(super) fn starts_at(&self, now: Instant) -> Instant {
        self.to_bus.out_at(now).max(self.free_at)
    }

    /// The station handed over bytes that begin at once, without the queue.
    pub(super) fn note_start(&mut self, start: Instant, bytes: usize) {
        self.free_at = start + air_time(bytes);
    }

    /// The station hands over bytes; false when they were too many.
    pub(super) fn push(&mut self, now: Instant, bytes: &[u8]) -> bool {
        if bytes.is_empty() {
            return true;
        }
        if self.queued_bytes.saturating_add(bytes.len()) > MAX_QUEUED_BYTES {
            return false;
        }
        let start = self.starts_at(now);
        self.note_start(start, bytes.len());
        self.queued_bytes += bytes.len();
        self.to_bus.queue.push_back((start, bytes.to_vec()));
        true
    }

    /// Bytes whose first bit begins by now.
    pub(super) fn pop_start(&mut self, now: Instant) -> Option<Vec<u8>> {
        let bytes = self.to_bus.pop(now)?;
        self.queued_bytes = self.queued_bytes.saturating_sub(bytes.len());
        Some(bytes)
    }

    /// The bus delivers bytes; true when they had no way to go and are to be listened to at once.
    pub(super) fn deliver(&mut self, now: Instant, bytes: &[u8]) -> bool {
        self.is_mid_frame = true;
        let due = self.from_bus.out_at(now);
        if due <= now && self.from_bus.queue.is_empty() {
            self.arrived.extend_from_slice(bytes);
            return true;
        }
        if !bytes.is_empty() {
            self.from_bus.queue.push_back((due, bytes.to_vec()));
        }
        false
    }

    /// The bus delivers an undamaged frame, without delay.
    pub(super) fn deliver_whole(&mut self, bytes: &[u8]) {
        self.arrived.extend_from_slice(bytes);
    }

    /// The bus has delivered bytes, the first of them at `first` and the last at `last`.
    pub(super) fn deliver_belatedly(&mut self, first: Instant, last: Instant, bytes: &[u8]) {
        self.is_mid_frame = true;
        let (head, rest) = bytes.split_at(bytes.len().min(1));
        self.arrived_before.extend([(first, head.to_vec()), (last, rest.to_vec())]);
    }

    /// Bytes whose way ends by now; they have been added to what [`Outside::take`] returns.
    pub(super) fn pop_arrival(&mut self, now: Instant) -> Option<Vec<u8>> {
        let bytes = self.from_bus.pop(now)?;
        self.arrived.extend_from_slice(&bytes);
        Some(bytes)
    }

    /// Moves everything that has arrived into `out`.
    pub(super) fn take(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.arrived);
        self.arrived.clear();
    }

    pub(super) fn next(&self) -> Option<Instant> {
        earliest([self.to_bus.next(), self.from_bus.next()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> Instant {
        Instant::from_secs(secs)
    }

    fn direct() -> Outside {
        Outside::new(Duration::ZERO, Duration::ZERO)
    }

    #[test]
    fn a_stall_keeps_order_and_loses_nothing() {
        let mut outside = direct();
        outside.stall(Some(at(5)), Some(at(5)));
        assert!(outside.push(at(1), &[1, 2]) && outside.push(at(2), &[3]));
        assert!(!outside.deliver(at(3), &[9]) && !outside.deliver(at(4), &[8]));
        assert_eq!((outside.pop_start(at(4)), outside.pop_arrival(at(4))), (None, None));
        assert_eq!(outside.pop_start(at(5)), Some(vec![1, 2]));
        assert_eq!(outside.pop_start(at(5)), None);
        assert_eq!(outside.pop_start(at(5) + air_time(2)), Some(vec![3]));
        while outside.pop_arrival(at(5)).is_some() {}
        let mut heard = Vec::new();
        outside.take(&mut heard);
        assert_eq!(heard, [9, 8]);
    }

    #[test]
    fn one_direction_may_stall_alone() {
        let mut outside = direct();
        outside.stall(Some(at(5)), None);
        assert!(!outside.is_direct(at(1)) && outside.is_direct(at(5)));
        assert!(outside.push(at(1), &[1]) && outside.deliver(at(1), &[9]));
        assert_eq!((outside.pop_start(at(4)), outside.pop_start(at(5))), (None, Some(vec![1])));
        let mut outside = direct();
        outside.stall(None, Some(at(5)));
        assert!(outside.push(at(1), &[1]) && !outside.deliver(at(1), &[9]));
        assert_eq!(outside.pop_start(at(1)), Some(vec![1]));
    }

    #[test]
    fn a_flood_is_refused() {
        let mut outside = direct();
        assert!(outside.push(Instant::ZERO, &vec![0; MAX_QUEUED_BYTES]));
        assert!(!outside.push(Instant::ZERO, &[0]));
    }
}
