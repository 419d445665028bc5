//! Who should not be there: another master, a second unit with the same id, a car that takes more than it is offered.
//!
//! Nobody promises what then flows. What is sent is judged as ever, and what flows again after a while.

use core::time::Duration;

use twc_proto::Instant;

use super::{Checker, Rule};

/// Two frames of another master within this time are one too many.
const PAIR: Duration = Duration::from_secs(10);
/// So long after it was heard our master may still have something under way, or be about to hear it.
const NOTICES: Duration = Duration::from_secs(2);
/// So long it must keep its hands off at least; it may for longer.
const HANDS_OFF: Duration = Duration::from_secs(25);
/// It has taken its slaves back by then.
const RETURNS: Duration = Duration::from_secs(35);
/// After the last frame of another master, what it has told is gone: a unit that nobody tells otherwise stops.
const FORGOTTEN: Duration = Duration::from_secs(80);
/// After one of two units with the same id was switched off, what both were told is gone.
const PARTED: Duration = Duration::from_secs(30);
/// What a car takes too much is made good by then: others yield after 15 s, and after 30 s its unit is silenced.
pub(super) const CONTAINED: Duration = Duration::from_secs(110);

/// Another master on a bus, as far as ours could know of it.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Company {
    heard: [Option<Instant>; 2],
    /// What another master has told may be in force until then.
    near_until: Instant,
}

impl Company {
    fn hear(&mut self, at: Instant) {
        self.heard = [self.heard[1], Some(at)];
    }

    fn forbids(self, now: Instant) -> bool {
        let [Some(first), Some(second)] = self.heard else {
            return false;
        };
        second.since(first) <= PAIR && now > second + NOTICES && now < second + HANDS_OFF
    }
}

impl Checker {
    /// Another master begins to talk on this bus. What units do because of it is not judged.
    pub fn on_stranger(&mut self, bus: usize, now: Instant) {
        let mut circuits = self.tree.circuits(bus, None, &self.config);
        for index in 0..self.units.len() {
            if self.units.get(index).is_some_and(|unit| unit.bus == bus) {
                circuits |= self.tree.circuits(bus, Some(index), &self.config);
                self.truth.estrange(index);
            }
        }
        self.excused |= self.truth.trouble(circuits, now + FORGOTTEN);
        self.book.keep_going(bus, now);
        if let Some(company) = self.company(bus) {
            company.near_until = now + FORGOTTEN;
        }
        self.gives_time(now + RETURNS);
        if let Some(rhythm) = self.rhythm(bus) {
            rhythm.interrupt(now + RETURNS);
        }
    }

    /// Our master has heard another master's frame, or will have by `at`.
    pub fn on_stranger_heard(&mut self, bus: usize, at: Instant) {
        if let Some(company) = self.company(bus) {
            company.hear(at);
        }
    }

    /// What our master has heard of others is held up somewhere, or nobody is there to have heard it.
    pub(super) fn forget_company(&mut self, bus: usize) {
        if let Some(company) = self.company(bus) {
            company.heard = [None; 2];
        }
    }

    /// Our master sends while it must keep its hands off.
    pub(super) fn judge_company(&mut self, bus: usize, now: Instant) {
        let forbids = self.companies.get(bus).is_some_and(|company| company.forbids(now));
        if forbids {
            self.forget_company(bus);
            let text = "the master sends though it has heard another".to_owned();
            self.find(Some(bus), now, Rule::HandsOff, text);
        }
    }

    /// A unit and another one on its bus have the same id: what is told to one is told to both.
    pub(super) fn note_twin(&mut self, now: Instant, bus: usize, index: usize) {
        let circuits = self.tree.circuits(bus, Some(index), &self.config);
        self.excused |= self.truth.trouble(circuits, now + PARTED);
        let id = self.tree.id(index);
        for (other, unit) in self.units.iter_mut().enumerate().filter(|(_, unit)| unit.bus == bus) {
            unit.is_doubted |= self.tree.id(other) == id;
        }
    }

    /// Whether another master is or was there, so that our master's books are full of what it fears.
    pub(super) fn is_near_stranger(&self, bus: usize, now: Instant) -> bool {
        self.companies.get(bus).is_some_and(|company| now < company.near_until)
    }

    fn company(&mut self, bus: usize) -> Option<&mut Company> {
        if self.companies.len() <= bus {
            self.companies.resize_with(bus + 1, Company::default);
        }
        self.companies.get_mut(bus)
    }
}
