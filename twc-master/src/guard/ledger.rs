//! One slave's page in the books.

use twc_proto::{Instant, TwcId};

use super::Finding;
use crate::config::{FLOOR, LARGEST_UNIT};

/// How often a slave must seem to notice our silence before it counts.
pub(super) const PROOFS: u8 = 2;
/// How many answers in a row must read too much before the reading counts.
const OVERDRAW_ANSWERS: u8 = 3;
/// How many make an alarm: a car may take half that many seconds to follow a lowering.
const OVERDRAW_ALARM: u8 = 30;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Contact {
    /// No heartbeat of this process went there.
    None,
    Active,
    Silent,
    /// It must have stopped, and the state file does not say so yet.
    Stopping,
    /// It must have stopped. It may come back with the limit it held.
    Stopped,
}

/// When a heartbeat of ours can have reached the wire at the latest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    InFlight,
    At(Instant),
}

/// What is wrong with a slave's last answer; anything here freezes raises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubt {
    None,
    UnexpectedLimit,
    Implausible,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Ledger {
    pub(super) slave: TwcId,
    pub(super) unit_max: u16,
    /// The highest limit that may still be in force, also where that is only feared.
    pub(super) held: u16,
    /// The highest limit that somebody is known to have sent and that may still be in force.
    pub(super) lease: u16,
    /// The limit sent last, and the ones before it.
    pub(super) last: Option<u16>,
    pub(super) sent: [u16; 4],
    /// Counts the changes of `last`.
    pub(super) epoch: u8,
    /// Whether the exchange under way began after the limit last changed.
    pub(super) counts: bool,
    pub(super) clean: u8,
    pub(super) overdraws: u8,
    pub(super) overdrawn: u16,
    pub(super) doubt: Doubt,
    pub(super) confirmed: bool,
    pub(super) contact: Contact,
    pub(super) reach: Reach,
    /// What the state file holds, and what it is to hold.
    pub(super) recorded: u16,
    pub(super) to_record: u16,
    /// How often it seemed to notice our silence.
    pub(super) noticed: u8,
}

impl Ledger {
    /// A page without any entry.
    pub(super) fn new(slave: TwcId, unit_max: u16, reach: Reach) -> Self {
        Self {
            slave,
            unit_max,
            held: 0,
            lease: 0,
            last: None,
            sent: [0; 4],
            epoch: 0,
            counts: false,
            clean: 0,
            overdraws: 0,
            overdrawn: 0,
            doubt: Doubt::None,
            confirmed: false,
            contact: Contact::None,
            reach,
            recorded: 0,
            to_record: 0,
            noticed: 0,
        }
    }

    pub(super) fn commitment(&self) -> u16 {
        match self.contact {
            Contact::Stopped => 0,
            Contact::None => self.held.max(self.overdrawn),
            _ => self.held.max(self.overdrawn).max(FLOOR.value()),
        }
    }

    /// What it may draw once it gets a heartbeat again: a unit may resume with the limit it held.
    pub(super) fn resumes_with(&self) -> u16 {
        self.lease.max(FLOOR.value())
    }

    /// Whether it is known to stop by itself while others are served: chance may show that once.
    pub(super) fn stops_proven(&self) -> bool {
        self.noticed >= PROOFS
    }

    /// Somebody else may have told the slave this much.
    pub(super) fn fear(&mut self, amps: u16) {
        self.held = self.held.max(amps);
        self.lease = self.lease.max(amps);
    }

    pub(super) fn knows(&self, limit: u16) -> bool {
        limit == 0 || limit == FLOOR.value() || self.sent.contains(&limit)
    }

    pub(super) fn plausible(&self, amps: u16) -> bool {
        let most = u32::from(self.unit_max) * 5 / 4;
        u32::from(amps) <= most.min(u32::from(LARGEST_UNIT.value()))
    }

    pub(super) fn note_sent(&mut self, amps: u16) {
        self.counts = self.last == Some(amps);
        if !self.counts {
            self.clean = 0;
            self.epoch = self.epoch.wrapping_add(1);
            self.last = Some(amps);
            self.remember(amps);
        }
    }

    /// Keeps `amps` as one of the limits this slave may truthfully report.
    pub(super) fn remember(&mut self, amps: u16) {
        if !self.sent.contains(&amps) {
            self.sent.rotate_right(1);
            let [newest, ..] = &mut self.sent;
            *newest = amps;
        }
    }

    /// Counts readings above the limit; says whether this was the one to alarm somebody.
    pub(super) fn note_overdraw(&mut self, limit: u16, drawn: u16) -> bool {
        if drawn <= limit.saturating_add(tolerance(limit)) {
            self.overdraws = 0;
            self.overdrawn = 0;
            return false;
        }
        self.overdraws = self.overdraws.saturating_add(1);
        if self.overdraws >= OVERDRAW_ANSWERS {
            self.overdrawn = drawn;
        }
        self.overdraws == OVERDRAW_ALARM
    }

    /// A limit we never sent freezes raises; seen twice it counts as true.
    pub(super) fn note_unexpected(&mut self, limit: u16) -> Finding {
        self.clean = 0;
        let seen_before = self.doubt == Doubt::UnexpectedLimit;
        self.doubt = if seen_before { Doubt::None } else { Doubt::UnexpectedLimit };
        if seen_before {
            self.fear(limit);
            self.remember(limit);
        }
        Finding::UnexpectedLimit
    }
}

/// How far a reading may lie above a limit: a unit was seen to read 6.64 A at 6.00 A.
pub(super) fn tolerance(limit: u16) -> u16 {
    (limit / 20).max(100)
}
