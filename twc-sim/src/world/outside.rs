//! The station outside: its bytes on their way to the bus, and the bus's bytes on their way to it.

use core::time::Duration;
use std::collections::VecDeque;

use twc_proto::Instant;

use super::air::air_time;

/// More than this is not kept for a station that talks faster than the bus.
const MAX_QUEUED_BYTES: usize = 65_536;

#[derive(Debug)]
pub(super) struct Outside {
    delay_to_bus: Duration,
    delay_from_bus: Duration,
    stalled_until: Instant,
    to_bus: VecDeque<(Instant, Vec<u8>)>,
    from_bus: VecDeque<(Instant, Vec<u8>)>,
    queued_bytes: usize,
    /// When everything queued so far is on the wire.
    free_at: Instant,
    arrived: Vec<u8>,
}

impl Outside {
    pub(super) fn new(delay_to_bus: Duration, delay_from_bus: Duration) -> Self {
        Self {
            delay_to_bus,
            delay_from_bus,
            stalled_until: Instant::ZERO,
            to_bus: VecDeque::new(),
            from_bus: VecDeque::new(),
            queued_bytes: 0,
            free_at: Instant::ZERO,
            arrived: Vec::new(),
        }
    }

    /// The converter holds everything until then; what is already under way waits as well.
    pub(super) fn stall(&mut self, until: Instant) {
        self.stalled_until = self.stalled_until.max(until);
        let mut free_at = Instant::ZERO;
        for (start, bytes) in &mut self.to_bus {
            *start = (*start).max(until).max(free_at);
            free_at = *start + air_time(bytes.len());
        }
        self.free_at = self.free_at.max(free_at);
        for (due, _) in &mut self.from_bus {
            *due = (*due).max(until);
        }
    }

    /// The station hands over bytes; false when they were too many.
    pub(super) fn push(&mut self, now: Instant, bytes: &[u8]) -> bool {
        if bytes.is_empty() {
            return true;
        }
        if self.queued_bytes.saturating_add(bytes.len()) > MAX_QUEUED_BYTES {
            return false;
        }
        let start = (now + self.delay_to_bus).max(self.stalled_until).max(self.free_at);
        self.free_at = start + air_time(bytes.len());
        self.queued_bytes += bytes.len();
        self.to_bus.push_back((start, bytes.to_vec()));
        true
    }

    /// Bytes whose first bit begins by now.
    pub(super) fn pop_start(&mut self, now: Instant) -> Option<Vec<u8>> {
        self.to_bus.front().filter(|(start, _)| *start <= now)?;
        let (_, bytes) = self.to_bus.pop_front()?;
        self.queued_bytes = self.queued_bytes.saturating_sub(bytes.len());
        Some(bytes)
    }

    /// The bus delivers bytes; those that have no way to go are returned for listening to at once.
    pub(super) fn deliver(&mut self, now: Instant, bytes: &[u8]) -> bool {
        let due = (now + self.delay_from_bus).max(self.stalled_until);
        if due <= now && self.from_bus.is_empty() {
            self.arrived.extend_from_slice(bytes);
            return true;
        }
        if !bytes.is_empty() {
            self.from_bus.push_back((due, bytes.to_vec()));
        }
        false
    }

    /// Bytes whose way ends by now; they have been added to what [`Outside::take`] returns.
    pub(super) fn pop_arrival(&mut self, now: Instant) -> Option<Vec<u8>> {
        self.from_bus.front().filter(|(due, _)| *due <= now)?;
        let (_, bytes) = self.from_bus.pop_front()?;
        self.arrived.extend_from_slice(&bytes);
        Some(bytes)
    }

    /// Moves everything that has arrived into `out`.
    pub(super) fn take(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.arrived);
    }

    pub(super) fn next(&self) -> Option<Instant> {
        let to_bus = self.to_bus.front().map(|(start, _)| *start);
        let from_bus = self.from_bus.front().map(|(due, _)| *due);
        [to_bus, from_bus].into_iter().flatten().min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stall_keeps_order_and_loses_nothing() {
        let mut outside = Outside::new(Duration::ZERO, Duration::ZERO);
        let at = Instant::from_secs;
        outside.stall(at(5));
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
    fn a_flood_is_refused() {
        let mut outside = Outside::new(Duration::ZERO, Duration::ZERO);
        assert!(outside.push(Instant::ZERO, &vec![0; MAX_QUEUED_BYTES]));
        assert!(!outside.push(Instant::ZERO, &[0]));
    }
}
