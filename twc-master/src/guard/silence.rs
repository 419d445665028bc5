//! Silence: when a slave that gets no heartbeats must have stopped, and what may have reached it until then.

use core::ops::Range;
use core::time::Duration;

use twc_proto::Instant;

use super::Guard;
use super::ledger::{Admission, Contact, Doubt, NOT_YET, PROOFS, Reach};
use crate::config::{FLOOR, Timing};
use crate::event::Withheld;

/// Longer than this between two linkreadys, and something else may have kept the unit going in between.
const ANNOUNCES_EVERY: Duration = Duration::from_secs(13);
/// A unit that has announced itself for so long has had no master all the while, and cut its current: after 30 s.
const ANNOUNCES_FOR: Duration = Duration::from_secs(45);

/// What became of a silent slave's reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reservation {
    Running,
    /// Time is up, but this unit was never seen to stop while others are served.
    Unproven,
    Ended,
}

/// How long a silent slave may go on.
#[derive(Debug, Clone, Copy)]
pub(super) struct StopTimes {
    /// From the moment a heartbeat left here until its slave must have stopped.
    pub(super) stop: Duration,
    /// How much later than its completed write a byte may reach the wire.
    buffer: Duration,
    /// How long after a window has closed its answer may still come in.
    pub(super) late: Duration,
}

/// An answer that missed its window comes in so long after it at the latest, where nothing on the way holds it back.
/// At a heartbeat a second it takes two answers in a row that are late to mislead anybody.
const LATE: Duration = Duration::from_millis(2_500);

impl StopTimes {
    pub(super) fn new(timing: &Timing) -> Self {
        let buffer = timing.link_buffer;
        Self { stop: timing.stop_after.saturating_add(buffer), buffer, late: LATE.saturating_add(buffer) }
    }
}

impl Guard {
    /// The heartbeat to this slave has left, as far as this end can know.
    pub(crate) fn sent(&mut self, slot: usize, now: Instant) {
        self.bus_used = now;
        if let Some(ledger) = self.ledger_mut(slot) {
            ledger.reach = Reach::At(now);
        }
    }

    /// How long after the last heartbeat can have left a unit must have stopped.
    pub(crate) fn stops_after(&self) -> Duration {
        self.times.stop
    }

    /// Closes the books of a slave that must have stopped and was never told more than the floor: should there be such
    /// a unit after all, it needs no more than any other that is heard for the first time.
    pub(crate) fn forgets(&mut self, slot: usize) -> bool {
        let owes = |ledger: &super::Ledger| {
            ledger.contact != Contact::Stopped || ledger.withheld.is_some() || ledger.told_before() > FLOOR.value()
        };
        let forgets = self.ledger(slot).is_some_and(|ledger| !owes(ledger));
        if let Some(place) = self.ledgers.get_mut(slot).filter(|_| forgets) {
            *place = None;
            self.changed();
        }
        forgets
    }

    /// Something else than a heartbeat has left.
    pub(crate) fn bus_used(&mut self, now: Instant) {
        self.bus_used = now;
    }

    /// What was under way may have reached the wire up to `now`.
    pub(crate) fn connection_lost(&mut self, now: Instant) {
        let clear = now + self.times.late;
        for ledger in self.ledgers.iter_mut().flatten() {
            ledger.clean = 0;
            ledger.counts = false;
            ledger.unclear_until = clear;
            if ledger.reach == Reach::InFlight {
                ledger.reach = Reach::At(now);
                self.bus_used = now;
            }
        }
    }

    /// The process stood still: as after a start, but the books are still true.
    pub(crate) fn restart(&mut self, now: Instant) {
        self.start_up = Some(now + self.times.stop);
        self.expect_those_on_the_books();
        let clear = now + self.times.late;
        for ledger in self.ledgers.iter_mut().flatten() {
            ledger.clean = 0;
            ledger.unclear_until = clear;
            ledger.confirmed = false;
        }
    }

    /// Another master was heard: it may have told our slaves anything, and keeps them going.
    pub(crate) fn foreign_master(&mut self, now: Instant) {
        self.restart(now);
        self.bus_used = now;
        for ledger in self.ledgers.iter_mut().flatten() {
            ledger.fear_others(ledger.unit_max);
            ledger.last = None;
            ledger.reach = Reach::At(now);
        }
    }

    /// No more heartbeats go to this slave; `why` where they could. With a car plugged in that is a strike.
    pub(crate) fn silence(&mut self, slot: usize, why: Option<Withheld>, plugged: bool) {
        let Some(ledger) = self.ledger_mut(slot) else { return };
        // It was on its way through the state file to a first heartbeat, which it does not get now.
        let withdraws = core::mem::replace(&mut ledger.admission, Admission::None) != Admission::None;
        ledger.withheld = why;
        if ledger.is_new_contact() || ledger.contact == Contact::Stopping {
            // Nobody serves it: there is nothing to reserve, also for the state file.
            if withdraws {
                self.changed();
            }
            return;
        }
        ledger.contact = Contact::Silent;
        ledger.clean = 0;
        ledger.off = 0;
        ledger.announces = NOT_YET;
        // A unit that was cut off may ignore the first frame after it, so what it is told then is new to it.
        ledger.last = None;
        // What its car drew beyond its limit it may draw again.
        ledger.feared = ledger.feared.max(ledger.overdrawn);
        // Whatever was strange about its last answer, it holds no more than this, and no longer freezes others. Once
        // seen it is no claim on room for when it comes back.
        if core::mem::replace(&mut ledger.doubt, Doubt::None) != Doubt::None {
            ledger.fear(ledger.unit_max);
        }
        if core::mem::take(&mut ledger.may_strike) && plugged {
            ledger.strikes = ledger.strikes.saturating_add(1);
        }
        self.changed();
    }

    /// Whether a silent slave must have stopped by now. An ended reservation frees its amps.
    pub(crate) fn reservation(&mut self, slot: usize, now: Instant) -> Reservation {
        let quiet_since = now - self.times.stop;
        let bus_quiet = self.bus_used <= quiet_since;
        let durable = self.durable;
        let Some(ledger) = self.ledger_mut(slot) else { return Reservation::Ended };
        match ledger.reach {
            // What is feared of one we never served ends with `end_fears`.
            _ if ledger.contact == Contact::Stopping || ledger.is_strange() => Reservation::Running,
            Reach::At(at) if at <= quiet_since && (ledger.stops_proven() || ledger.shows_stop() || bus_quiet) => {
                // A restart must not take it for a slave that may be told the floor at once.
                if durable {
                    ledger.contact = Contact::Stopping;
                } else {
                    ledger.stop();
                }
                self.changed();
                Reservation::Ended
            }
            Reach::At(at) if at <= quiet_since => Reservation::Unproven,
            Reach::At(_) | Reach::InFlight => Reservation::Running,
        }
    }

    /// What was feared of slaves that we never served ends when they must have stopped.
    pub(crate) fn end_fears(&mut self, now: Instant) {
        if self.state_lost && self.start_up.is_none_or(|until| now >= until) {
            // By now everybody is on the books, or must have stopped.
            self.state_lost = false;
            self.changed();
        }
        let quiet_since = now - self.times.stop;
        for ledger in self.ledgers.iter_mut().flatten().filter(|ledger| ledger.is_strange()) {
            if matches!(ledger.reach, Reach::At(at) if at <= quiet_since) {
                ledger.held = 0;
            }
        }
    }

    /// When a silent slave's reservation ends at the earliest.
    pub(crate) fn reservation_ends(&self, slot: usize) -> Option<Instant> {
        // Waits for the state file and not for the clock; a deadline in the past would only spin.
        let waits = |ledger: &&super::Ledger| ledger.contact != Contact::Stopping;
        self.ledger(slot).filter(waits).and_then(|_| self.must_have_stopped_at(slot))
    }

    /// When a slave that gets no heartbeats must have stopped, if it is one that does.
    pub(super) fn must_have_stopped_at(&self, slot: usize) -> Option<Instant> {
        match self.ledger(slot)?.reach {
            Reach::At(at) => Some(at + self.times.stop),
            Reach::InFlight => None,
        }
    }

    /// Whether something of ours may have reached the slave less than `span` ago.
    pub(crate) fn was_served_within(&self, slot: usize, span: Duration, now: Instant) -> bool {
        self.ledger(slot).is_some_and(|ledger| match ledger.reach {
            Reach::At(at) => now < at + self.times.buffer + span,
            Reach::InFlight => true,
        })
    }

    /// Whether the slave may just have noticed our silence: the last that can have reached it lies `notices` back,
    /// while others were served.
    pub(crate) fn was_silent_alone(&self, slot: usize, notices: &Range<Duration>, now: Instant) -> bool {
        self.ledger(slot).is_some_and(|ledger| match ledger.reach {
            Reach::At(at) => {
                let others_served = self.bus_used > at + notices.start / 2;
                others_served && now >= at + notices.start && now < at + notices.end + self.times.buffer
            }
            Reach::InFlight => false,
        })
    }

    /// A silent slave announced itself.
    pub(crate) fn announces(&mut self, slot: usize, now: Instant) {
        if let Some(ledger) = self.ledger_mut(slot).filter(|ledger| ledger.contact == Contact::Silent) {
            let (first, last) = ledger.announces;
            let goes_on = last <= now && now <= last + ANNOUNCES_EVERY;
            ledger.announces = (if goes_on { first } else { now }, now);
        }
    }

    /// The slave seems to have noticed our silence. True when that makes it proven: chance may do it once.
    pub(crate) fn noticed_silence(&mut self, slot: usize) -> bool {
        let Some(ledger) = self.ledger_mut(slot) else { return false };
        ledger.noticed = ledger.noticed.saturating_add(1);
        let newly = ledger.noticed == PROOFS;
        newly && self.changed()
    }
}

impl super::Ledger {
    /// Whether it has announced itself for so long that it must have stopped: a unit that hears anything it takes
    /// for its master does not announce itself. Two units with one id may take turns.
    fn shows_stop(&self) -> bool {
        let (first, last) = self.announces;
        !self.doubled && last.since(first) >= ANNOUNCES_FOR
    }
}
