//! One slave's page in the books.

use twc_proto::{Instant, TwcId};

use super::Finding;
use super::tree::Load;
use super::twin::Twin;
use crate::config::{FLOOR, LARGEST_UNIT};
use crate::event::Withheld;

/// How often a slave must seem to notice our silence before it counts.
pub(super) const PROOFS: u8 = 2;
/// How many answers in a row must read too much before the reading counts.
const OVERDRAW_ANSWERS: u8 = 3;
/// How many make an alarm: a car may take half that many seconds to follow a lowering.
const OVERDRAW_ALARM: u8 = 30;
/// A relay that is open lets no more than this through, as units read it: 0.5 A.
const OFF: u16 = 50;

/// It has not announced itself since it fell silent.
pub(super) const NOT_YET: (Instant, Instant) = (Instant::from_micros(u64::MAX), Instant::from_micros(u64::MAX));

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

/// A first heartbeat on its way through the state file: whoever is in there may have been served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    None,
    /// Its room is taken, and the file is to say so.
    Asked,
    /// The file says so.
    Saved,
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
#[allow(clippy::struct_excessive_bools)] // Facts, each on its own.
pub(super) struct Ledger {
    pub(super) slave: TwcId,
    /// Where its current flows.
    pub(super) load: Load,
    /// One bit per terminal of the unit that its configuration connects.
    pub(super) terminals: u8,
    pub(super) unit_max: u16,
    /// What its own circuit carries.
    pub(super) own_limit: u16,
    /// The most that may be told to it, as the targets of all slaves allow; zero where it is to have nothing.
    pub(super) aim: u16,
    /// The highest limit that may still be in force, also where that is only feared.
    pub(super) held: u16,
    /// The highest limit that we sent and that may still be in force.
    pub(super) lease: u16,
    /// The most it may hold without our having told it: another master may have, or its car takes it.
    pub(super) feared: u16,
    /// The limit sent last, and the ones before it.
    pub(super) last: Option<u16>,
    pub(super) sent: [u16; 4],
    /// Counts the changes of `last`.
    pub(super) epoch: u8,
    /// Whether the exchange under way began after the limit last changed.
    pub(super) counts: bool,
    /// Until then an answer may be one to a request before that was taken for unanswered.
    pub(super) unclear_until: Instant,
    pub(super) clean: u8,
    pub(super) overdraws: u8,
    pub(super) overdrawn: u16,
    /// Since when it has had to come down and has not been seen to.
    pub(super) lags_since: Option<Instant>,
    /// Whether its last answer showed the limit sent last.
    pub(super) echoed: bool,
    pub(super) doubt: Doubt,
    pub(super) confirmed: bool,
    pub(super) contact: Contact,
    pub(super) admission: Admission,
    /// Why it gets no heartbeats although it could have some.
    pub(super) withheld: Option<Withheld>,
    pub(super) reach: Reach,
    /// Since when it has announced itself without a pause while it was silent, and when it did so last.
    pub(super) announces: (Instant, Instant),
    /// What the state file holds, and what it is to hold.
    pub(super) recorded: u16,
    pub(super) to_record: u16,
    /// How often it seemed to notice our silence.
    pub(super) noticed: u8,
    /// How often our silence cut a car off since it was plugged in.
    pub(super) strikes: u8,
    /// Whether it was heard since the last time: a cut-off that goes on is one.
    pub(super) may_strike: bool,
    /// Whether its last answer showed a current.
    pub(super) flows: bool,
    /// How many answers in a row showed an open relay.
    pub(super) off: u8,
    /// What speaks for two units with its id.
    pub(super) twin: Twin,
    /// Two units seem to have its id: everything counts twice.
    pub(super) doubled: bool,
    /// Currents were seen where its configuration knows none.
    pub(super) phases_void: bool,
    /// An earlier run served it: its floor is not new to it.
    pub(super) served: bool,
}

impl Ledger {
    /// A page without any entry.
    pub(super) fn new(slave: TwcId, load: Load, unit_max: u16, own_limit: u16, reach: Reach) -> Self {
        Self {
            slave,
            load,
            terminals: u8::MAX,
            unit_max,
            own_limit,
            aim: FLOOR.value(),
            held: 0,
            lease: 0,
            feared: 0,
            last: None,
            sent: [0; 4],
            epoch: 0,
            counts: false,
            unclear_until: Instant::ZERO,
            clean: 0,
            overdraws: 0,
            overdrawn: 0,
            lags_since: None,
            echoed: false,
            doubt: Doubt::None,
            confirmed: false,
            contact: Contact::None,
            admission: Admission::None,
            withheld: None,
            reach,
            announces: NOT_YET,
            recorded: 0,
            to_record: 0,
            noticed: 0,
            strikes: 0,
            may_strike: false,
            flows: false,
            off: 0,
            twin: Twin::default(),
            doubled: false,
            phases_void: false,
            served: false,
        }
    }

    /// What it may still draw, in centiamps on each of its phases.
    pub(super) fn commitment(&self) -> u32 {
        let one = match self.contact {
            Contact::Stopped | Contact::None if self.admission != Admission::None => {
                self.held.max(self.told_before())
            }
            Contact::Stopped => 0,
            Contact::None => self.held.max(self.overdrawn),
            _ => self.held.max(self.overdrawn).max(FLOOR.value()),
        };
        self.times_units(one)
    }

    pub(super) fn times_units(&self, amps: u16) -> u32 {
        u32::from(amps) << u8::from(self.doubled)
    }

    /// The most it may ever be told.
    pub(super) fn cap(&self) -> u16 {
        self.unit_max.min(self.own_limit)
    }

    /// What it was told last, at least the floor that it may take unasked.
    pub(super) fn told(&self) -> u16 {
        self.last.unwrap_or(0).max(FLOOR.value())
    }

    /// What it may draw once it gets a heartbeat again, by what we told it: a unit may resume with the limit it held.
    pub(super) fn told_before(&self) -> u16 {
        self.lease.max(FLOOR.value())
    }

    /// It must have stopped, and whoever starts after us can know it.
    pub(super) fn stop(&mut self) {
        self.contact = Contact::Stopped;
        self.held = self.lease;
        self.lags_since = None;
    }

    /// Whether nobody of ours ever served it.
    pub(super) fn is_strange(&self) -> bool {
        self.contact == Contact::None && !self.served
    }

    /// Whether it gets heartbeats, or is about to: an earlier run served it.
    pub(super) fn is_served(&self) -> bool {
        self.contact == Contact::Active || self.contact == Contact::None && self.served
    }

    /// Whether a heartbeat would be its first, and as such a raise.
    pub(super) fn is_new_contact(&self) -> bool {
        // What is only feared is no permission.
        self.is_strange() || self.contact == Contact::Stopped
    }

    /// Whether it is known to stop by itself while others are served: chance may show that once.
    pub(super) fn stops_proven(&self) -> bool {
        self.noticed >= PROOFS
    }

    /// Whether two answers in a row showed an open relay, or silence has stopped it.
    pub(super) fn is_off(&self) -> bool {
        matches!(self.contact, Contact::Stopping | Contact::Stopped) || self.off >= 2
    }

    /// It may hold this much. Where we told it so, it may also come back with it.
    pub(super) fn fear(&mut self, amps: u16) {
        self.held = self.held.max(amps);
        if self.sent.contains(&amps) {
            self.lease = self.lease.max(amps);
        }
    }

    /// Somebody else has told it this much.
    pub(super) fn fear_others(&mut self, amps: u16) {
        self.fear(amps);
        self.feared = self.feared.max(amps);
    }

    pub(super) fn knows(&self, limit: u16) -> bool {
        limit == 0 || limit == FLOOR.value() || self.sent.contains(&limit)
    }

    pub(super) fn plausible(&self, amps: u16) -> bool {
        let most = u32::from(self.unit_max) * 5 / 4;
        u32::from(amps) <= most.min(u32::from(LARGEST_UNIT.value()))
    }

    pub(super) fn note_sent(&mut self, amps: u16, now: Instant) {
        self.counts = self.last == Some(amps);
        if !self.counts {
            self.clean = 0;
            self.epoch = self.epoch.wrapping_add(1);
            self.echoed = false;
            self.last = Some(amps);
            self.remember(amps);
        }
        if amps < self.held {
            self.lags_since.get_or_insert(now);
        } else if self.overdrawn == 0 {
            self.lags_since = None;
        }
    }

    /// Keeps `amps` as one of the limits this slave may truthfully report.
    pub(super) fn remember(&mut self, amps: u16) {
        if !self.sent.contains(&amps) {
            let [a, b, c, _] = self.sent;
            self.sent = [amps, a, b, c];
        }
    }

    /// Counts readings above the limit; says whether this was the one to alarm somebody.
    pub(super) fn note_drawn(&mut self, limit: u16, drawn: u16) -> bool {
        self.flows = drawn > OFF;
        let off = limit == 0 && !self.flows;
        self.off = if off { self.off.saturating_add(1) } else { 0 };
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
            self.fear_others(limit);
            self.remember(limit);
        }
        Finding::UnexpectedLimit
    }
}

/// How far a reading may lie above a limit: a unit was seen to read 6.64 A at 6.00 A.
pub(super) fn tolerance(limit: u16) -> u16 {
    (limit / 20).max(100)
}
