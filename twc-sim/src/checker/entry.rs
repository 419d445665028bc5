//! One slave in the books: what it was told, and what it may have.

use core::time::Duration;

use twc_proto::message::MasterHeartbeat;
use twc_proto::{Command, Instant, TwcId};

use super::belief::Belief;
use super::tree::{Circuits, Phases, Sums};

/// Who has announced itself for so long has cut its current: units do after 30 s.
const ANNOUNCES_FOR: Duration = Duration::from_secs(45);
/// What command 06 adds.
const RAISE: u32 = 200;

/// What everybody together counts, on each circuit.
#[derive(Debug, Default)]
pub(super) struct Totals {
    pub(super) promised: Sums,
    /// The same, where whoever has just come back counts what it was told.
    pub(super) told: Sums,
}

#[derive(Debug)]
#[allow(clippy::struct_excessive_bools)] // Facts, each on its own.
pub(super) struct Entry {
    pub(super) bus: usize,
    pub(super) slave: TwcId,
    pub(super) circuits: Circuits,
    pub(super) counts: bool,
    /// May be in force.
    pub(super) committed: u32,
    /// What a master may hold to be in force.
    pub(super) belief: Belief,
    /// Was sent last.
    pub(super) target: u32,
    /// Since when.
    pub(super) target_since: Instant,
    pub(super) confirmed: u8,
    pub(super) last_end: Instant,
    /// When it got its first heartbeat after a while without.
    pub(super) resumed_at: Instant,
    /// It had stopped, was told less than it may come back with, and has until then to report that.
    pub(super) returns_until: Option<Instant>,
    /// It has reported no more than the target since that was sent.
    pub(super) is_acknowledged: bool,
    /// Since when that is so.
    pub(super) acknowledged_at: Instant,
    /// Two exchanges in a row have shown what it was told, and no other master has been there since.
    pub(super) is_known: bool,
    /// It answered the last exchange that is over.
    pub(super) answers: bool,
    /// When it was asked last without answering.
    pub(super) missed_at: Instant,
    /// Since when it has announced itself without a pause, and when it did so last.
    pub(super) announces: Option<(Instant, Instant)>,
}

impl Entry {
    pub(super) fn new(bus: usize, slave: TwcId, circuits: Circuits, floor: u32, end: Instant) -> Self {
        Self {
            bus,
            slave,
            circuits,
            counts: false,
            committed: 0,
            belief: Belief::default(),
            target: floor,
            target_since: end,
            confirmed: 0,
            last_end: end,
            resumed_at: end,
            returns_until: None,
            is_acknowledged: false,
            acknowledged_at: end,
            is_known: false,
            answers: false,
            missed_at: Instant::ZERO,
            announces: None,
        }
    }

    /// A unit that hears anything it takes for its master does not announce itself; so this one has cut its current.
    pub(super) fn has_announced_long_enough(&self) -> bool {
        self.announces.is_some_and(|(first, last)| last.since(first) >= ANNOUNCES_FOR)
    }

    /// It was told less than it may have, and has not reported that yet.
    pub(super) fn comes_down(&self) -> bool {
        !self.is_acknowledged && self.target < self.committed
    }

    /// It has answered whatever it was asked.
    pub(super) fn has_answered_since(&self, at: Instant) -> bool {
        self.answers && self.missed_at < at
    }

    /// What a master may believe that it has, or may come back with.
    pub(super) fn believed(&self) -> u32 {
        self.committed.max(self.belief.amps())
    }

    pub(super) fn is(&self, bus: usize, slave: TwcId) -> bool {
        self.bus == bus && self.slave == slave
    }

    /// What it may have, and the same with what it was told where it has just come back.
    fn load(&self) -> (Phases, Phases) {
        if !self.counts {
            return Default::default();
        }
        let told = if self.returns_until.is_some() { self.target } else { self.committed };
        ([self.committed; 3], [told; 3])
    }

    /// Changes what it counts, here and in the sums.
    pub(super) fn change(&mut self, totals: &mut Totals, how: impl FnOnce(&mut Self)) {
        let (promised, told) = self.load();
        how(self);
        let (promised_now, told_now) = self.load();
        totals.promised.replace(self.circuits, promised, promised_now);
        totals.told.replace(self.circuits, told, told_now);
    }

    pub(super) fn link(&mut self, floor: u32, keeps_held: bool) {
        self.counts = true;
        self.committed = if keeps_held { self.committed.max(floor) } else { floor };
        self.target = self.committed;
        self.confirmed = 0;
        self.belief.begin_anew();
        self.belief.raise(self.committed);
    }

    pub(super) fn obey(&mut self, heartbeat: &MasterHeartbeat, floor: u32) {
        let told = match heartbeat.limit() {
            Some(limit) => u32::from(limit.value()).max(floor),
            None if heartbeat.command == Command::RAISE => self.target.saturating_add(RAISE),
            None => return,
        };
        if told != self.target {
            self.target = told;
            self.confirmed = 0;
            self.belief.begin_anew();
        }
        self.belief.raise(told);
        self.committed = self.committed.max(told);
    }
}
