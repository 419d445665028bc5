//! The car that does not follow, and the floor that no longer fits.
//!
//! A slave that has to come down is told again in every heartbeat. After 3 s commands 05 and 09 alternate: which of
//! the two a unit takes depends on its state, and its state may be misread. After 15 s the others on the same
//! circuit yield what it holds; after 30 s it is silenced itself. The last two only while more is in force than a
//! limit allows: where there is room for what a car takes too much, a cut-off would buy nothing.

use core::time::Duration;

use twc_proto::Instant;

use super::Guard;
use super::ledger::Ledger;
use super::tree::Limits;
use crate::config::{FLOOR, MAX_SLAVES};
use crate::event::Withheld;

/// After this long the two commands alternate.
const ALTERNATE: Duration = Duration::from_secs(3);
/// After this long the others yield.
pub(super) const OTHERS_YIELD: Duration = Duration::from_secs(15);
/// After this long it gets no heartbeats any more.
const SILENCE: Duration = Duration::from_secs(30);
/// A unit without heartbeats goes on for so long at least; most do for 26 or 30 s.
const GOES_ON: Duration = Duration::from_secs(20);
/// Slaves that lose power within this time of each other lost it together.
const TOGETHER: Duration = Duration::from_secs(60);
/// After a power cut one slave is admitted in this time.
const ADMISSION: Duration = Duration::from_secs(30);
/// By then everybody was.
const ADMISSIONS: Duration = Duration::from_secs(30 * MAX_SLAVES as u64);

/// How a limit has to be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Insist {
    /// As usual.
    No,
    /// In every heartbeat.
    Restate,
    /// In every heartbeat, once with command 05 and once with 09.
    Alternate,
}

impl Guard {
    /// How the next heartbeat to a slave has to state its limit.
    pub(super) fn insists(&self, slot: usize, now: Instant) -> Insist {
        match self.ledger(slot) {
            Some(ledger) if ledger.has_lagged(ALTERNATE, now) && (!ledger.echoed || self.is_over(slot)) => {
                Insist::Alternate
            }
            Some(ledger) if ledger.lags_since.is_some() => Insist::Restate,
            _ => Insist::No,
        }
    }

    /// Whether a slave was told more than it is to have now.
    pub(crate) fn comes_down(&self, slot: usize) -> bool {
        self.ledger(slot)
            .is_some_and(|ledger| ledger.last.is_some_and(|last| last > ledger.aim.max(FLOOR.value())))
    }

    /// The slave that must get no more heartbeats, for the sake of a limit: its floor fits no more, or it has not
    /// followed a lowering for 30 s while too much is in force. One at a time: its silence may be enough.
    pub(crate) fn to_silence(&self, now: Instant) -> Option<(usize, Withheld)> {
        let mut floors = [0; MAX_SLAVES];
        for (floor, ledger) in floors.iter_mut().zip(&self.ledgers) {
            let served = ledger.as_ref().filter(|ledger| ledger.is_served());
            *floor = served.map_or(0, |ledger| ledger.times_units(FLOOR.value()));
        }
        let knows = |slot: usize| self.ledger(slot).is_some_and(|ledger| ledger.told() == FLOOR.value());
        let (mut misfit, mut least, mut laggard) = (None, (u16::MAX, true), None);
        for (slot, ledger) in self.ledgers.iter().enumerate() {
            let Some(ledger) = ledger.as_ref().filter(|ledger| ledger.is_served()) else { continue };
            if self.room(slot, Limits::Now, &floors) < 0 {
                // A car that does not charge loses nothing by it.
                let rank = (ledger.aim, ledger.flows);
                if rank <= least {
                    (misfit, least) = (Some(slot), rank);
                }
            }
            // Of one that was not heard since it was silent last nobody knows whether it follows.
            if laggard.is_none() && ledger.may_strike && knows(slot) && self.is_laggard(slot, now) {
                laggard = Some((slot, Withheld::DidNotFollow));
            }
        }
        // The floor goes out first: until silence works, 30 s, that is what the slave takes.
        match misfit {
            Some(slot) if knows(slot) => Some((slot, Withheld::NoRoom)),
            _ => laggard,
        }
    }

    /// Whether a slave has not come down for 30 s while too much is in force.
    pub(super) fn is_laggard(&self, slot: usize, now: Instant) -> bool {
        self.ledger(slot).is_some_and(|ledger| ledger.has_lagged(SILENCE, now)) && self.is_over(slot)
    }

    /// Ends a withholding. What a slave then needs to come back is another matter.
    pub(crate) fn release(&mut self, slot: usize) {
        if let Some(ledger) = self.ledger_mut(slot) {
            ledger.withheld = None;
        }
    }

    /// Why a slave gets no heartbeats, if it could have some.
    pub(crate) fn withheld(&self, slot: usize) -> Option<Withheld> {
        self.ledger(slot)?.withheld
    }

    /// Whether a slave that was silenced for the sake of a limit may come back: what it counts, or would bring back,
    /// fits; where it only was one floor too many, on the fixed limits. Once it may have cut its car off, not before
    /// it must have: the room would be what that car left.
    pub(crate) fn fits_again(&self, slot: usize, now: Instant) -> bool {
        let is_stopping = || {
            let stops = self.must_have_stopped_at(slot).is_some_and(|at| now < at);
            stops && !self.was_served_within(slot, GOES_ON, now)
        };
        self.ledger(slot).is_some_and(|ledger| {
            let limits = match ledger.withheld {
                Some(Withheld::NoRoom) if self.free(slot) >= FLOOR.value() => Limits::Fixed,
                Some(Withheld::NoRoom | Withheld::DidNotFollow) => Limits::Now,
                _ => return false,
            };
            let needs = u32::from(self.resumes_with(slot).value()).max(ledger.commitment());
            !is_stopping() && needs <= u32::from(self.free_of(limits, slot))
        })
    }

    /// Whether a slave was silenced for the sake of a limit.
    pub(crate) fn is_protected_from(&self, slot: usize) -> bool {
        matches!(self.withheld(slot), Some(Withheld::NoRoom | Withheld::DidNotFollow))
    }

    /// Two units seem to have one id: what is told to one is told to both.
    pub(crate) fn doubled(&mut self, slot: usize) {
        if let Some(ledger) = self.ledger_mut(slot) {
            ledger.doubled = true;
        }
    }

    /// A slave has lost power. Where several do at once, they come back one after another.
    pub(crate) fn rebooted(&mut self, slot: usize, now: Instant) {
        let together = self.reboot.filter(|(other, at)| *other != slot && now < *at + TOGETHER);
        if together.is_some() {
            self.power_cut = Some(now);
        }
        self.reboot = Some((slot, now));
    }

    /// After a power cut, when the next slave may get its first heartbeat.
    pub(super) fn paced(&self, now: Instant) -> Option<Instant> {
        let cut = self.power_cut?;
        let next = self.admitted? + ADMISSION;
        (now < next && now < cut + ADMISSIONS).then_some(next)
    }

    /// How often our silence cut off the car that is plugged in there.
    pub(crate) fn strikes(&self, slot: usize) -> u8 {
        self.ledger(slot).map_or(0, |ledger| ledger.strikes)
    }

    /// A car was unplugged: the next one starts without strikes.
    pub(crate) fn forgive(&mut self, slot: usize) {
        if self.ledger_mut(slot).is_some_and(|ledger| core::mem::take(&mut ledger.strikes) > 0) {
            self.changed();
        }
    }

    /// Whether nothing flows there, and nothing can without a new limit: silence has stopped it, or two answers in a
    /// row showed limit 0 and at most 0.5 A. Acknowledgements, return codes and states prove nothing.
    pub(crate) fn is_off(&self, slot: usize) -> bool {
        self.ledger(slot).is_some_and(Ledger::is_off)
    }

    /// An auxiliary contact shows that a slave has no supply.
    pub(crate) fn supply_is_cut(&mut self, slot: usize) {
        if let Some(ledger) = self.ledger_mut(slot) {
            ledger.stop();
            self.changed();
        }
    }
}

impl Ledger {
    /// Whether it has had to come down for `span` and was not seen to.
    pub(super) fn has_lagged(&self, span: Duration, now: Instant) -> bool {
        self.lags_since.is_some_and(|since| now >= since + span)
    }

    /// It counts on all phases, whatever its configuration says.
    pub(super) fn cancel_phases(&mut self) {
        self.load.phases = crate::config::Phases::ALL;
        self.phases_void = true;
    }
}
