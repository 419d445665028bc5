//! Events wait here until somebody fetches them.

use super::Event;

/// A bounded queue; when it is full the newest events are counted instead of kept.
#[derive(Debug, Clone)]
pub(crate) struct EventQueue {
    events: [Option<Event>; Self::CAPACITY],
    first: usize,
    len: usize,
    lost: u32,
}

impl EventQueue {
    const CAPACITY: usize = 32;

    pub(crate) const fn new() -> Self {
        Self { events: [None; Self::CAPACITY], first: 0, len: 0, lost: 0 }
    }

    pub(crate) fn push(&mut self, event: Event) {
        let free = self.events.get_mut((self.first + self.len) % Self::CAPACITY).filter(|slot| slot.is_none());
        match free {
            Some(slot) => {
                *slot = Some(event);
                self.len += 1;
            }
            None => self.lost = self.lost.saturating_add(1),
        }
    }

    pub(crate) fn pop(&mut self) -> Option<Event> {
        if let Some(event) = self.events.get_mut(self.first).and_then(Option::take) {
            self.first = (self.first + 1) % Self::CAPACITY;
            self.len -= 1;
            return Some(event);
        }
        let count = core::mem::take(&mut self.lost);
        (count > 0).then_some(Event::EventsLost { count })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_counts_what_it_drops() {
        let mut queue = EventQueue::new();
        for _ in 0..40 {
            queue.push(Event::SlaveHasOurId);
        }
        let kept = core::iter::from_fn(|| queue.pop().filter(|event| *event == Event::SlaveHasOurId)).count();
        assert_eq!(kept, 32);
        queue.push(Event::SlaveHasOurId);
        assert_eq!(queue.pop(), Some(Event::SlaveHasOurId));
    }
}
