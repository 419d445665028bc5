//! What has been promised to whom, and the only way for a number onto the wire.
//!
//! A heartbeat to a slave can be built from an [`Offer`] and from nothing else, and only [`Guard::grant`] makes
//! offers. Whatever a [`crate::share::Share`] asks for, the sum of what all slaves *may* still draw stays
//! within the limit, at every instant:
//!
//! * A raise counts from before its frame leaves.
//! * A lowering counts after two exchanges in a row, each begun after it and answered exactly once in its
//!   window, have shown both limit and current at or under it.
//! * A slave that gets heartbeats counts at least 6.00 A, plugged in or not.
//! * A silent slave counts what it last had until it must have stopped by itself.

mod ledger;
mod offer;
#[cfg(test)]
mod tests;

use core::ops::Range;
use core::time::Duration;

use twc_proto::{CentiAmps, Instant, TwcId};

use self::ledger::{Contact, Doubt, Ledger, PROOFS, Reach, tolerance};
pub(crate) use self::offer::{LimitCommand, Offer};

use crate::config::{Config, FLOOR, MAX_SLAVES};
use crate::event::Refusal;
use crate::snapshot::KnownSlave;

/// How many clean exchanges in a row a lowering needs.
const CONFIRMATIONS: u8 = 2;

/// An offer, and what stood against more.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grant {
    pub(crate) offer: Offer,
    pub(crate) refused: Option<Refusal>,
}

/// What an answer showed, beyond itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finding {
    /// Nothing new.
    Nothing,
    /// A lowering is confirmed.
    Released,
    /// A limit we never sent.
    UnexpectedLimit,
    /// More current than the limit for so long that somebody should know.
    OverDraw,
    /// A report that cannot be.
    Implausible,
}

/// Which lowering an answer can confirm: the one its exchange began after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Evidence {
    epoch: Option<u8>,
}

/// What became of a silent slave's reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reservation {
    Running,
    /// Time is up, but this unit was never seen to stop while others are served.
    Unproven,
    Ended,
}

/// How long after its last heartbeat left here a slave must have stopped by itself.
fn stop_after(config: &Config) -> Duration {
    config.timing.stop_after.saturating_add(config.timing.link_buffer)
}

/// The books of one bus.
#[derive(Debug)]
pub(crate) struct Guard {
    config: Config,
    expected: usize,
    ledgers: [Option<Ledger>; MAX_SLAVES],
    /// Raises above the floor wait until then, or until every expected slave is confirmed.
    start_up: Option<Instant>,
    /// When anything of ours reached the wire last.
    bus_used: Instant,
    revision: u32,
}

impl Guard {
    pub(crate) fn new(config: &Config, now: Instant) -> Self {
        Self {
            config: *config,
            expected: usize::from(config.expected_slaves),
            ledgers: [None; MAX_SLAVES],
            start_up: Some(now + stop_after(config)),
            bus_used: now,
            revision: 0,
        }
    }

    /// Opens the books of a slave heard for the first time.
    pub(crate) fn open(&mut self, slot: usize, slave: TwcId, unit_max: CentiAmps) {
        let reach = Reach::At(self.bus_used);
        self.put(slot, Ledger::new(slave, unit_max.value(), reach));
    }

    /// Opens the books of a slave known from an earlier run. It may still follow any limit its unit can take,
    /// unless that run has seen it stop.
    pub(crate) fn reopen(&mut self, slot: usize, known: &KnownSlave) {
        let held = if known.stopped { known.commitment } else { known.unit_max }.value();
        let ledger = Ledger {
            held,
            lease: known.commitment.value(),
            recorded: known.commitment.value(),
            to_record: known.commitment.value(),
            noticed: if known.stops_proven { PROOFS } else { 0 },
            contact: if known.stopped { Contact::Stopped } else { Contact::None },
            ..Ledger::new(known.id, known.unit_max.value(), Reach::At(self.bus_used))
        };
        self.put(slot, ledger);
        self.expect_those_on_the_books();
    }

    fn put(&mut self, slot: usize, ledger: Ledger) {
        if let Some(slot) = self.ledgers.get_mut(slot) {
            *slot = Some(ledger);
        }
    }

    fn expect_those_on_the_books(&mut self) {
        let counted = self.ledgers.iter().flatten().filter(|ledger| ledger.commitment() > 0).count();
        self.expected = self.expected.max(counted);
    }

    /// Asks to send `wanted` to a slave. What is granted may be less, with the reason beside it.
    ///
    /// # Errors
    /// When not even a first heartbeat may go there.
    pub(crate) fn grant(&mut self, slot: usize, wanted: CentiAmps, now: Instant) -> Result<Grant, Refusal> {
        let ledger = *self.ledger(slot).ok_or(Refusal::NoShare)?;
        let cap = self.config.cap(CentiAmps::new(ledger.unit_max));
        let wanted = wanted.min(cap).max(FLOOR).value();
        let (amps, refused) = if ledger.commitment() < FLOOR.value() {
            self.first_contact(slot, &ledger, wanted, now)?
        } else {
            match self.refuses_raise(slot, &ledger, wanted, now) {
                None => (wanted, None),
                refused => (ledger.last.unwrap_or(FLOOR.value()).min(wanted), refused),
            }
        };
        if let Some(ledger) = self.ledger_mut(slot) {
            if ledger.contact == Contact::Stopped {
                ledger.held = ledger.resumes_with();
            }
            ledger.contact = Contact::Active;
            ledger.reach = Reach::InFlight;
            ledger.held = ledger.held.max(amps);
            ledger.lease = ledger.lease.max(amps);
            ledger.note_sent(amps);
        }
        Ok(Grant { offer: Offer::new(CentiAmps::new(amps)), refused })
    }

    /// A first heartbeat is a raise like any other: it needs room for the floor, and for what a slave that
    /// stopped by itself may resume with. What is left of `wanted` is the floor, or no frame at all.
    fn first_contact(
        &mut self,
        slot: usize,
        ledger: &Ledger,
        wanted: u16,
        now: Instant,
    ) -> Result<(u16, Option<Refusal>), Refusal> {
        let least = ledger.resumes_with();
        if let Some(refusal) = self.refuses(slot, least) {
            return Err(refusal);
        }
        let refused = self.refuses_above_floor(wanted, now).or_else(|| self.refuses(slot, wanted.max(least)));
        Ok((if refused.is_some() { FLOOR.value() } else { wanted }, refused))
    }

    /// Refuses what may put more into force than the books hold.
    ///
    /// While the books hold more than the limit, as after a start, what a slave counts is a fear and not a
    /// permission: nothing above what it was told last, or the floor, is known to be in force.
    fn refuses_raise(&mut self, slot: usize, ledger: &Ledger, wanted: u16, now: Instant) -> Option<Refusal> {
        let told = ledger.last.unwrap_or(0).max(FLOOR.value());
        let raises = wanted > ledger.commitment() || (wanted > told && self.committed() > self.limit());
        if !raises {
            return None;
        }
        self.refuses_above_floor(wanted, now).or_else(|| self.refuses(slot, wanted))
    }

    fn refuses_above_floor(&mut self, wanted: u16, now: Instant) -> Option<Refusal> {
        self.starting(now).filter(|_| wanted > FLOOR.value()).map(|until| Refusal::StartUp { until })
    }

    fn refuses(&mut self, slot: usize, wanted: u16) -> Option<Refusal> {
        if let Some(frozen) = self.ledgers.iter().flatten().find(|ledger| ledger.doubt != Doubt::None) {
            return Some(Refusal::Frozen { slave: frozen.slave });
        }
        let free = self.limit().saturating_sub(self.committed_beside(slot));
        if u32::from(wanted) > free {
            let free = CentiAmps::new(u16::try_from(free).unwrap_or(u16::MAX));
            return Some(Refusal::NoRoom { wanted: CentiAmps::new(wanted), free });
        }
        (self.config.durable && !self.is_recorded(slot, wanted)).then_some(Refusal::NotSaved)
    }

    /// The room that a slave without heartbeats needs before it can get one.
    pub(crate) fn resumes_with(&self, slot: usize) -> CentiAmps {
        CentiAmps::new(self.ledger(slot).map_or(FLOOR.value(), Ledger::resumes_with))
    }

    /// Asks for `wanted` to be written to the state file now, so that the raise need not wait for it later.
    /// Not for a slave without heartbeats: a restart takes one in the file for one that had some.
    pub(crate) fn record_ahead(&mut self, slot: usize, wanted: CentiAmps) {
        if self.config.durable && self.commitment(slot) > CentiAmps::ZERO {
            self.is_recorded(slot, wanted.value());
        }
    }

    /// Whether the state file holds at least `wanted`; if not, asks for it to be written.
    fn is_recorded(&mut self, slot: usize, wanted: u16) -> bool {
        let Some(ledger) = self.ledger_mut(slot) else { return false };
        if wanted > ledger.to_record {
            ledger.to_record = wanted;
            self.changed();
        }
        self.ledger(slot).is_some_and(|ledger| wanted <= ledger.recorded)
    }

    /// When raises above the floor are allowed at the latest, if they are not yet.
    pub(crate) fn starting(&mut self, now: Instant) -> Option<Instant> {
        let until = self.start_up.filter(|until| now < *until);
        let confirmed = self.ledgers.iter().flatten().filter(|ledger| ledger.confirmed).count();
        let all = self.ledgers.iter().flatten().all(|ledger| ledger.confirmed || ledger.commitment() == 0);
        let everybody = self.expected > 0 && confirmed >= self.expected && all;
        self.start_up = until.filter(|_| !everybody);
        self.start_up
    }

    /// What an answer to the exchange under way can confirm. To be asked when it comes: by the time it is
    /// believed, the next exchange may have begun.
    pub(crate) fn evidence(&self, slot: usize) -> Evidence {
        Evidence { epoch: self.ledger(slot).filter(|ledger| ledger.counts).map(|ledger| ledger.epoch) }
    }

    /// A single clean answer came to an exchange.
    pub(crate) fn answered(
        &mut self,
        slot: usize,
        evidence: Evidence,
        limit: CentiAmps,
        drawn: CentiAmps,
    ) -> Finding {
        let Some(ledger) = self.ledger_mut(slot) else { return Finding::Nothing };
        let (limit, drawn) = (limit.value(), drawn.value());
        if !ledger.plausible(limit) || !ledger.plausible(drawn) {
            ledger.doubt = Doubt::Implausible;
            ledger.clean = 0;
            return Finding::Implausible;
        }
        let overdraw = ledger.note_overdraw(limit, drawn);
        if !ledger.knows(limit) {
            return ledger.note_unexpected(limit);
        }
        ledger.doubt = Doubt::None;
        let Some(last) = ledger.last else { return Finding::Nothing };
        let begun_after = evidence.epoch == Some(ledger.epoch);
        if !begun_after || limit > last || drawn > last.saturating_add(tolerance(last)) {
            ledger.clean = 0;
            return if overdraw { Finding::OverDraw } else { Finding::Nothing };
        }
        ledger.clean = ledger.clean.saturating_add(1);
        if ledger.clean < CONFIRMATIONS {
            return Finding::Nothing;
        }
        let falls = last < ledger.held;
        ledger.held = last;
        ledger.lease = last;
        ledger.confirmed = true;
        if falls { Finding::Released } else { Finding::Nothing }
    }

    /// A late, second, unasked or misaddressed answer: it can only raise a commitment.
    pub(crate) fn disturbed(&mut self, slot: usize, limit: CentiAmps) {
        if let Some(ledger) = self.ledger_mut(slot) {
            ledger.clean = 0;
            if ledger.plausible(limit.value()) {
                ledger.fear(limit.value());
            }
        }
    }

    /// No clean answer came.
    pub(crate) fn missed(&mut self, slot: usize) {
        if let Some(ledger) = self.ledger_mut(slot) {
            ledger.clean = 0;
        }
    }

    /// The heartbeat to this slave has left, as far as this end can know.
    pub(crate) fn sent(&mut self, slot: usize, now: Instant) {
        self.bus_used = now;
        if let Some(ledger) = self.ledger_mut(slot) {
            ledger.reach = Reach::At(now);
        }
    }

    /// Something else than a heartbeat has left.
    pub(crate) fn bus_used(&mut self, now: Instant) {
        self.bus_used = now;
    }

    /// What was under way may have reached the wire up to `now`.
    pub(crate) fn connection_lost(&mut self, now: Instant) {
        for ledger in self.ledgers.iter_mut().flatten() {
            ledger.clean = 0;
            ledger.counts = false;
            if ledger.reach == Reach::InFlight {
                ledger.reach = Reach::At(now);
                self.bus_used = now;
            }
        }
    }

    /// The process stood still: as after a start, but the books are still true.
    pub(crate) fn restart(&mut self, now: Instant) {
        self.start_up = Some(now + stop_after(&self.config));
        self.expect_those_on_the_books();
        for ledger in self.ledgers.iter_mut().flatten() {
            ledger.clean = 0;
            ledger.confirmed = false;
        }
    }

    /// Another master was heard: it may have told our slaves anything, and keeps them going.
    pub(crate) fn foreign_master(&mut self, now: Instant) {
        self.restart(now);
        self.bus_used = now;
        for ledger in self.ledgers.iter_mut().flatten() {
            ledger.fear(ledger.unit_max);
            ledger.last = None;
            ledger.reach = Reach::At(now);
        }
    }

    /// No more heartbeats go to this slave.
    pub(crate) fn silence(&mut self, slot: usize) {
        if let Some(ledger) = self.ledger_mut(slot) {
            ledger.contact = Contact::Silent;
            ledger.clean = 0;
            // A unit that was cut off may ignore the first frame after it, so what it is told then is new to it.
            ledger.last = None;
            // Whatever was strange about its last answer, it holds no more than this, and no longer freezes others.
            if core::mem::replace(&mut ledger.doubt, Doubt::None) != Doubt::None {
                ledger.fear(ledger.unit_max);
            }
        }
    }

    /// Whether a silent slave must have stopped by now. An ended reservation frees its amps.
    pub(crate) fn reservation(&mut self, slot: usize, now: Instant) -> Reservation {
        let quiet_since = now - stop_after(&self.config);
        let bus_quiet = self.bus_used <= quiet_since;
        let durable = self.config.durable;
        let Some(ledger) = self.ledger_mut(slot) else { return Reservation::Ended };
        match ledger.reach {
            _ if ledger.contact == Contact::Stopping => Reservation::Running,
            Reach::At(at) if at <= quiet_since && (ledger.stops_proven() || bus_quiet) => {
                // A restart must not take it for a slave that may be told the floor at once.
                ledger.contact = if durable { Contact::Stopping } else { Contact::Stopped };
                self.changed();
                Reservation::Ended
            }
            Reach::At(at) if at <= quiet_since => Reservation::Unproven,
            Reach::At(_) | Reach::InFlight => Reservation::Running,
        }
    }

    /// When a silent slave's reservation ends at the earliest.
    pub(crate) fn reservation_ends(&self, slot: usize) -> Option<Instant> {
        let ledger = self.ledger(slot)?;
        match ledger.reach {
            // Waits for the state file and not for the clock; a deadline in the past would only spin.
            _ if ledger.contact == Contact::Stopping => None,
            Reach::At(at) => Some(at + stop_after(&self.config)),
            Reach::InFlight => None,
        }
    }

    /// Whether something of ours may have reached the slave less than `span` ago.
    pub(crate) fn was_served_within(&self, slot: usize, span: Duration, now: Instant) -> bool {
        self.ledger(slot).is_some_and(|ledger| match ledger.reach {
            Reach::At(at) => now < at + self.config.timing.link_buffer + span,
            Reach::InFlight => true,
        })
    }

    /// Whether the slave may just have noticed our silence: the last that can have reached it lies `notices` back,
    /// while others were served.
    pub(crate) fn was_silent_alone(&self, slot: usize, notices: &Range<Duration>, now: Instant) -> bool {
        self.ledger(slot).is_some_and(|ledger| match ledger.reach {
            Reach::At(at) => {
                let others_served = self.bus_used > at + notices.start / 2;
                let buffer = self.config.timing.link_buffer;
                others_served && now >= at + notices.start && now < at + notices.end + buffer
            }
            Reach::InFlight => false,
        })
    }

    /// The slave seems to have noticed our silence. True when that makes it proven: chance may do it once.
    pub(crate) fn noticed_silence(&mut self, slot: usize) -> bool {
        let Some(ledger) = self.ledger_mut(slot) else { return false };
        ledger.noticed = ledger.noticed.saturating_add(1);
        let newly = ledger.noticed == PROOFS;
        newly && self.changed()
    }

    /// Something changed that belongs into the state file.
    fn changed(&mut self) -> bool {
        self.revision = self.revision.wrapping_add(1);
        true
    }

    /// The unit maximum may fall at once.
    pub(crate) fn set_unit_max(&mut self, slot: usize, unit_max: CentiAmps) {
        if let Some(ledger) = self.ledger_mut(slot) {
            ledger.unit_max = unit_max.value();
        }
    }

    /// What a slave may still draw.
    pub(crate) fn commitment(&self, slot: usize) -> CentiAmps {
        CentiAmps::new(self.ledger(slot).map_or(0, Ledger::commitment))
    }

    /// What all slaves together may still draw, in centiamps.
    pub(crate) fn committed(&self) -> u32 {
        self.committed_beside(MAX_SLAVES)
    }

    fn committed_beside(&self, slot: usize) -> u32 {
        let others = self.ledgers.iter().enumerate().filter(|(other, _)| *other != slot);
        others.filter_map(|(_, ledger)| ledger.as_ref()).map(|ledger| u32::from(ledger.commitment())).sum()
    }

    /// What belongs into the state file: `None` for a slave that got no heartbeat and is not about to.
    pub(crate) fn to_record(&self, slot: usize) -> Option<CentiAmps> {
        let amps = self.ledger(slot).map_or(0, |ledger| ledger.to_record.max(ledger.lease));
        (amps > 0).then_some(CentiAmps::new(amps))
    }

    /// Whether a slave must have stopped by itself.
    pub(crate) fn is_stopped(&self, slot: usize) -> bool {
        self.ledger(slot).is_some_and(|ledger| matches!(ledger.contact, Contact::Stopping | Contact::Stopped))
    }

    pub(crate) fn stops_proven(&self, slot: usize) -> bool {
        self.ledger(slot).is_some_and(Ledger::stops_proven)
    }

    pub(crate) fn revision(&self) -> u32 {
        self.revision
    }

    /// The state file holds everything up to `revision`.
    pub(crate) fn saved(&mut self, revision: u32) {
        if revision == self.revision {
            for ledger in self.ledgers.iter_mut().flatten() {
                ledger.recorded = ledger.to_record;
                if ledger.contact == Contact::Stopping {
                    ledger.contact = Contact::Stopped;
                }
            }
        }
    }

    fn limit(&self) -> u32 {
        u32::from(self.config.limit.value())
    }

    fn ledger(&self, slot: usize) -> Option<&Ledger> {
        self.ledgers.get(slot)?.as_ref()
    }

    fn ledger_mut(&mut self, slot: usize) -> Option<&mut Ledger> {
        self.ledgers.get_mut(slot)?.as_mut()
    }
}
