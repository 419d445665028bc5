//! What answers show: which lowering they confirm, and what they warn of.

use twc_proto::{CentiAmps, Instant};

use super::Guard;
use super::ledger::{Doubt, Ledger, Reach, tolerance};
use crate::config::PHASES;

/// How many clean exchanges in a row a lowering needs.
const CONFIRMATIONS: u8 = 2;
/// A terminal that reads more than this carries current: 1 A, in the half amperes of a report.
const CARRIES_HALF_AMPS: u8 = 2;

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

impl Guard {
    /// What an answer to the exchange under way can confirm. To be asked when it comes: by the time it is
    /// believed, the next exchange may have begun.
    ///
    /// After a request that seemed to stay unanswered, an answer may be a late one to that. It proves nothing until
    /// no late one can be on its way any more.
    pub(crate) fn evidence(&self, slot: usize, now: Instant) -> Evidence {
        let clear = self.ledger(slot).filter(|ledger| ledger.counts && now >= ledger.unclear_until);
        Evidence { epoch: clear.map(|ledger| ledger.epoch) }
    }

    /// A single clean answer came to an exchange.
    pub(crate) fn answered(
        &mut self,
        slot: usize,
        evidence: Evidence,
        limit: CentiAmps,
        drawn: CentiAmps,
        now: Instant,
    ) -> Finding {
        self.ledger_mut(slot)
            .map_or(Finding::Nothing, |ledger| ledger.answered(evidence, limit.value(), drawn.value(), now))
    }

    /// A late, second, unasked or misaddressed answer: it can only raise a commitment.
    pub(crate) fn disturbed(&mut self, slot: usize, limit: CentiAmps, now: Instant) {
        if let Some(ledger) = self.ledger_mut(slot) {
            ledger.clean = 0;
            ledger.off = 0;
            if ledger.plausible(limit.value()) {
                ledger.fear(limit.value());
            }
            if ledger.is_strange() {
                ledger.reach = Reach::At(now);
            }
        }
    }

    /// No answer came so far.
    pub(crate) fn missed(&mut self, slot: usize, now: Instant) {
        let until = now + self.times.late;
        if let Some(ledger) = self.ledger_mut(slot) {
            ledger.clean = 0;
            ledger.off = 0;
            ledger.unclear_until = until;
        }
    }

    /// A unit reported the current at each of its terminals. Where one carries current that the configuration knows
    /// nothing of, the slave counts on all phases from now on. True when this was the first such report.
    pub(crate) fn carries(&mut self, slot: usize, half_amps: [u8; PHASES]) -> bool {
        let Some(ledger) = self.ledger_mut(slot) else { return false };
        let unknown = |terminal: usize| ledger.terminals >> terminal & 1 == 0;
        let mut carrying = half_amps.iter().enumerate().filter(|(_, amps)| **amps > CARRIES_HALF_AMPS);
        if ledger.phases_void || !carrying.any(|(terminal, _)| unknown(terminal)) {
            return false;
        }
        ledger.cancel_phases();
        self.changed()
    }
}

impl Ledger {
    fn answered(&mut self, evidence: Evidence, limit: u16, drawn: u16, now: Instant) -> Finding {
        self.may_strike = true;
        if !self.plausible(limit) || !self.plausible(drawn) {
            self.doubt = Doubt::Implausible;
            self.clean = 0;
            self.off = 0;
            return Finding::Implausible;
        }
        let alarm = self.note_drawn(limit, drawn);
        self.echoed = self.last == Some(limit);
        if self.overdrawn > 0 {
            self.lags_since.get_or_insert(now);
        }
        if !self.knows(limit) {
            return self.note_unexpected(limit);
        }
        self.doubt = Doubt::None;
        let Some(last) = self.last else { return Finding::Nothing };
        let begun_after = evidence.epoch == Some(self.epoch);
        let is_low = limit <= last && drawn <= last.saturating_add(tolerance(last));
        if !begun_after || !is_low {
            self.clean = 0;
            // That it is low is not proven, but it does not look like one that does not follow.
            if is_low && self.lags_since.is_some() {
                self.lags_since = Some(now);
            }
            return if alarm { Finding::OverDraw } else { Finding::Nothing };
        }
        self.clean = self.clean.saturating_add(1);
        if self.clean < CONFIRMATIONS {
            return Finding::Nothing;
        }
        let falls = last < self.held;
        self.held = last;
        self.lease = last;
        self.feared = 0;
        self.confirmed = true;
        self.lags_since = None;
        if falls { Finding::Released } else { Finding::Nothing }
    }
}
