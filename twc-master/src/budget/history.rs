//! What our own wall connectors drew during the last two minutes.
//!
//! A meter's value describes the past. To say what the rest of the house drew then, what the cars drew *then* comes
//! off, not what they draw now: subtracting the present is what makes controllers swing.

use core::time::Duration;

use twc_proto::Instant;

use super::phases::PerPhase;

/// How far back a draw can be asked for.
pub const KEPT: Duration = Duration::from_secs(120);
/// At most one entry a second is kept, so this many reach back further than [`KEPT`].
const ENTRIES: usize = 128;
const SPACING: Duration = Duration::from_secs(1);

/// The own draw over time, in centiamps per phase. A ring of fixed size.
#[derive(Debug, Clone)]
pub struct History {
    entries: [Option<Entry>; ENTRIES],
    newest: usize,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    since: Instant,
    /// The value at the end of this second.
    latest: PerPhase,
    /// The least of each phase within it.
    lowest: PerPhase,
}

impl Default for History {
    fn default() -> Self {
        Self::new()
    }
}

impl History {
    /// Nothing known yet.
    pub const fn new() -> Self {
        Self { entries: [None; ENTRIES], newest: 0 }
    }

    /// From `now` on the wall connectors draw this much, as their heartbeats say. Earlier times are ignored.
    pub fn note(&mut self, now: Instant, centiamps: PerPhase) {
        let next = (self.newest + 1) % ENTRIES;
        match self.entries.get_mut(self.newest) {
            Some(Some(entry)) if now < entry.since + SPACING => {
                entry.latest = centiamps;
                entry.lowest = entry.lowest.zip(centiamps, i32::min);
            }
            Some(Some(_)) => {
                self.newest = next;
                self.put(next, now, centiamps);
            }
            _ => self.put(self.newest, now, centiamps),
        }
    }

    fn put(&mut self, place: usize, since: Instant, centiamps: PerPhase) {
        if let Some(slot) = self.entries.get_mut(place) {
            *slot = Some(Entry { since, latest: centiamps, lowest: centiamps });
        }
    }

    /// The draw at `time`; `None` when that is before everything known.
    pub fn at(&self, time: Instant) -> Option<PerPhase> {
        self.backwards().find(|entry| entry.since <= time).map(|entry| entry.latest)
    }

    /// What was drawn for certain between two times: the least of each phase.
    pub fn lowest(&self, from: Instant, to: Instant) -> Option<PerPhase> {
        let mut lowest: Option<PerPhase> = None;
        for entry in self.backwards().filter(|entry| entry.since <= to) {
            let least = lowest.map_or(entry.lowest, |known| known.zip(entry.lowest, i32::min));
            if entry.since <= from {
                return Some(least);
            }
            lowest = Some(least);
        }
        None
    }

    /// The present draw, zero while nothing is known.
    pub fn latest(&self) -> PerPhase {
        self.backwards().next().map_or(PerPhase::ZERO, |entry| entry.latest)
    }

    fn backwards(&self) -> impl Iterator<Item = &Entry> {
        (0..ENTRIES).filter_map(|back| {
            let place = (self.newest + ENTRIES - back) % ENTRIES;
            self.entries.get(place)?.as_ref()
        })
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use proptest::prelude::*;
    use std::vec::Vec;

    use super::*;

    #[test]
    fn the_draw_of_a_past_second_is_remembered_for_two_minutes() {
        let mut history = History::new();
        for second in 0..300 {
            history.note(Instant::from_secs(second), PerPhase([second as i32, 0, 0]));
        }
        assert_eq!(history.at(Instant::from_secs(299)), Some(PerPhase([299, 0, 0])));
        assert_eq!(history.at(Instant::from_secs(179)), Some(PerPhase([179, 0, 0])));
        assert_eq!(history.at(Instant::from_secs(100)), None);
        assert_eq!(history.lowest(Instant::from_secs(190), Instant::from_secs(200)), Some(PerPhase([190, 0, 0])));
    }

    proptest! {
        #[test]
        fn the_ring_agrees_with_a_list(notes in prop::collection::vec((1_000u64..5_000, 0i32..4_000), 1..100),
                                       ago in 0u64..60_000) {
            let (mut ring, mut list, mut now) = (History::new(), Vec::new(), 0);
            for (step, amps) in notes {
                now += step;
                ring.note(Instant::from_millis(now), PerPhase([amps, 0, 0]));
                list.push((now, amps));
            }
            let time = now.saturating_sub(ago);
            let known = list.iter().rev().find(|(since, _)| *since <= time).map(|(_, amps)| PerPhase([*amps, 0, 0]));
            prop_assert_eq!(ring.at(Instant::from_millis(time)), known);
            let least = list.iter().filter(|(since, _)| *since > time).map(|(_, amps)| *amps).min();
            let least = known.map(|known| known.map(|amps| least.map_or(amps, |least| least.min(amps)).min(amps)));
            let lowest = ring.lowest(Instant::from_millis(time), Instant::from_millis(now));
            prop_assert_eq!(lowest.map(|lowest| lowest.0[0]), least.map(|least| least.0[0]));
        }
    }
}
