//! What the master knows of one slave.

use core::time::Duration;

use twc_proto::message::{Item, SlaveHeartbeat, SlaveLinkReady};
use twc_proto::{BodyLen, CentiAmps, Instant, Sign, SlaveState, TwcId, Version};

use crate::config::LARGEST_UNIT;
use crate::demand::{Demand, Latch, Reading};
use crate::event::Constraint;
use crate::guard::{Evidence, Insist, LimitCommand};
use crate::knowledge::{Plug, Record};
use crate::order::{Orders, SlaveSettings};
use crate::profile::Profile;
use crate::query::{QueryPlan, Questions};
use crate::stop::{Situation, Strategy};

/// How long a car may sit at a limit without drawing before it counts as not asking.
const IDLE_AT_LIMIT: Duration = Duration::from_secs(30);
/// An echoed limit is stated again in every so many heartbeats, for a unit that lost it unseen.
const RESTATED: u8 = 16;

/// Where a slave stands with us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Known or announced; no heartbeat went there yet.
    Waiting,
    /// It gets heartbeats.
    Linked,
    /// It stopped answering and gets none.
    Silent {
        /// Whether somebody was told that its reservation is kept.
        kept: bool,
    },
}

/// An answer whose reply window is still open: a second one would spoil it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pending {
    pub(crate) until: Instant,
    pub(crate) heartbeat: SlaveHeartbeat,
    pub(crate) evidence: Evidence,
    pub(crate) spoiled: bool,
    /// A second one said something else.
    pub(crate) differs: bool,
}

#[derive(Debug)]
// Independent facts, none implies another.
#[allow(clippy::struct_excessive_bools)]
pub(crate) struct Slave {
    pub(crate) id: TwcId,
    pub(crate) sign: Option<Sign>,
    pub(crate) version: Version,
    pub(crate) unit_max: CentiAmps,
    /// What the last linkready said, where that is something else than what we hold true.
    doubt: Option<(Version, CentiAmps)>,
    pub(crate) phase: Phase,
    /// Since when it has been known or announced.
    pub(crate) since: Instant,
    pub(crate) state: SlaveState,
    pub(crate) reported: CentiAmps,
    pub(crate) drawn: CentiAmps,
    /// The last answer, or the first heartbeat while there is none.
    pub(crate) heard: Instant,
    pub(crate) answered_once: bool,
    /// It has answered, in this run or an earlier one: no id that damage made up.
    pub(crate) is_real: bool,
    /// It announced itself although it was being heartbeated, and has not answered since: it does not hear us.
    pub(crate) seems_deaf: bool,
    pub(crate) missed: u8,
    /// How often it was called since it fell silent.
    pub(crate) called: u8,
    pub(crate) due: Instant,
    /// When the last heartbeat left, unless it has been silent since.
    pub(crate) told_at: Option<Instant>,
    pub(crate) offered: Option<CentiAmps>,
    /// How often the present limit was stated.
    stated: u8,
    pub(crate) asks: bool,
    idle_since: Option<Instant>,
    /// What the division gives it, and why not more.
    pub(crate) target: CentiAmps,
    /// It is told 0 A instead: protocol 1 can.
    pub(crate) zero: bool,
    pub(crate) entitlement: Constraint,
    /// What was aimed at last, what bound it, and since when.
    pub(crate) aim: CentiAmps,
    pub(crate) constraint: Constraint,
    pub(crate) constrained_since: Instant,
    pub(crate) pending: Option<Pending>,
    pub(crate) settings: SlaveSettings,
    /// The own profile of the car that is plugged in, where its VIN is known.
    pub(crate) car: Option<&'static Profile>,
    pub(crate) orders: Orders,
    pub(crate) questions: Questions,
    pub(crate) record: Record,
    pub(crate) demand: Demand,
    pub(crate) latch: Latch,
    /// What the latch is to be freed with, if that is due.
    pub(crate) curing: Option<CentiAmps>,
}

impl Slave {
    #[inline(never)] // Hundreds of bytes to set, in two places.
    pub(crate) fn new(id: TwcId, version: Version, unit_max: CentiAmps, now: Instant) -> Self {
        Self {
            id,
            sign: None,
            version,
            unit_max,
            doubt: None,
            phase: Phase::Waiting,
            since: now,
            state: SlaveState::READY,
            reported: CentiAmps::ZERO,
            drawn: CentiAmps::ZERO,
            heard: now,
            answered_once: false,
            is_real: false,
            seems_deaf: false,
            missed: 0,
            called: 0,
            due: now,
            told_at: None,
            offered: None,
            stated: 0,
            asks: false,
            idle_since: None,
            target: CentiAmps::ZERO,
            zero: false,
            entitlement: Constraint::NoDemand,
            aim: CentiAmps::ZERO,
            constraint: Constraint::NoDemand,
            constrained_since: now,
            pending: None,
            settings: SlaveSettings::DEFAULT,
            car: None,
            orders: Orders::default(),
            questions: Questions::NONE,
            record: Record::NEW,
            demand: Demand::default(),
            latch: Latch::default(),
            curing: None,
        }
    }

    /// Whether a linkready can come from a wall connector at all.
    pub(crate) fn is_plausible(ready: &SlaveLinkReady) -> bool {
        (CentiAmps::from_amps(5)..=LARGEST_UNIT).contains(&ready.max_current)
    }

    /// Takes what a linkready says. What is new must be said twice: damage whose sum fits would stay until the unit
    /// starts anew. It is served as before meanwhile, and keeps to its own maximum whatever it is told.
    pub(crate) fn learn(&mut self, ready: &SlaveLinkReady, body_len: BodyLen) {
        let said = (Version::from_link_ready(body_len), ready.max_current);
        if self.doubt == Some(said) {
            (self.version, self.unit_max) = said;
        }
        self.doubt = (said != (self.version, self.unit_max)).then_some(said);
    }

    /// Notes what a decision came to; true when the aim or the kind of constraint is another than before.
    pub(crate) fn explain(&mut self, now: Instant, aim: CentiAmps, constraint: Constraint) -> bool {
        let changed = self.aim != aim || !self.constraint.same_kind(constraint);
        self.aim = aim;
        self.constraint = constraint;
        if changed {
            self.constrained_since = now;
        }
        changed
    }

    /// A heartbeat goes there now.
    pub(crate) fn begin_exchange(&mut self, now: Instant) {
        if self.phase != Phase::Linked {
            self.phase = Phase::Linked;
            self.heard = now;
            self.missed = 0;
        }
    }

    /// No more heartbeats go there.
    pub(crate) fn leave(&mut self) {
        self.phase = Phase::Silent { kept: false };
        self.asks = false;
        self.offered = None;
        self.told_at = None;
        self.pending = None;
        self.demand.forget();
    }

    /// The next heartbeat states the limit, whatever was stated before.
    pub(crate) fn state_again(&mut self) {
        self.stated = 0;
    }

    /// Takes what an answer says; true when state or limit changed.
    pub(crate) fn note(&mut self, heartbeat: &SlaveHeartbeat, now: Instant) -> bool {
        let changed = (self.state, self.reported) != (heartbeat.state, heartbeat.limit) || !self.answered_once;
        self.state = heartbeat.state;
        self.reported = heartbeat.limit;
        self.drawn = heartbeat.drawn;
        self.heard = now;
        self.answered_once = true;
        self.is_real = true;
        self.seems_deaf = false;
        self.missed = 0;
        self.called = 0;
        if changed && self.offered != Some(heartbeat.limit) {
            self.stated = 0;
        }
        self.note_demand(now);
        changed
    }

    #[inline(never)] // Flash: as `transmit`.
    fn note_demand(&mut self, now: Instant) {
        let idle = self.state == SlaveState::READY && self.drawn < CentiAmps::from_amps(1);
        let idle_since = *self.idle_since.get_or_insert(now);
        if !idle {
            self.idle_since = None;
        }
        self.asks = match self.state {
            SlaveState::CHARGING | SlaveState::STARTING | SlaveState::WANTS_CHARGE => true,
            SlaveState::ERROR | SlaveState::PLUGGED_IDLE => false,
            SlaveState::READY if self.reported == CentiAmps::ZERO => false,
            SlaveState::READY if idle && now > idle_since + IDLE_AT_LIMIT => false,
            _ => self.asks,
        };
        self.orders.note_current(now, self.drawn);
        let reading = Reading {
            offered: self.offered.unwrap_or_default(),
            reported: self.reported,
            drawn: self.drawn,
            charging: self.state == SlaveState::CHARGING && self.draws(),
        };
        self.latch.note(now, &reading);
        if !self.asks {
            self.demand.forget();
        } else if self.profile().latch.is_none() || !self.latch.suspects() {
            self.demand.note(now, &reading);
        }
    }

    /// Takes what the last answer says about the car; true when one was just plugged in.
    pub(crate) fn hear_car(&mut self, now: Instant, plan: &QueryPlan, first: bool) -> bool {
        let was = self.record.plug();
        let plugged_in = self.record.note(now, self.state, self.reported, self.drawn);
        if plugged_in {
            self.orders.plugged_in();
            self.demand.forget();
            self.car = None;
        }
        if self.version == Version::P2 {
            if first {
                self.questions.begin(now, plan, false);
            }
            if plugged_in {
                self.questions.begin(now, plan, true);
            }
            // Unplugged and asleep look the same in a heartbeat; only the unit itself knows.
            if plan.identity && was != Plug::Unknown && was != self.record.plug() && !plugged_in {
                self.questions.ask([Item::PlugState], now);
            }
        }
        plugged_in
    }

    /// Whether its car draws more than an idle reading.
    pub(crate) fn draws(&self) -> bool {
        self.drawn >= CentiAmps::from_amps(1)
    }

    /// Whether it has followed the last lowering.
    pub(crate) fn follows(&self) -> bool {
        self.answered_once && self.offered.is_none_or(|offered| self.reported <= offered)
    }

    /// Whether it waits for a limit and should not have to wait for its turn.
    pub(crate) fn asks_for_a_limit(&self) -> bool {
        self.reported == CentiAmps::ZERO && matches!(self.state, SlaveState::WANTS_CHARGE | SlaveState::STARTING)
    }

    /// The habits of its car: of that very car where its VIN is known, else as set for this slave.
    pub(crate) fn profile(&self) -> &'static Profile {
        self.car.unwrap_or(self.settings.profile)
    }

    /// Whether its heartbeats show neither a car nor a limit.
    pub(crate) fn seems_empty(&self) -> bool {
        self.state == SlaveState::READY && self.reported == CentiAmps::ZERO
    }

    /// Whether a car is plugged in that can mind an interruption.
    pub(crate) fn is_plugged(&self) -> bool {
        !self.seems_empty()
    }

    /// What decides how its car can be stopped, after so many interruptions.
    pub(crate) fn situation(&self, strikes: u8) -> Situation {
        Situation {
            version: self.version,
            profile: self.profile(),
            strikes,
            firmware: self.record.firmware(),
            vin: self.record.vin(),
        }
    }

    /// How it is stopped where nobody says how: as its profile has it, if that is possible.
    pub(crate) fn usual_stop(&self, strikes: u8) -> Strategy {
        let usual = Strategy::default_of(self.version);
        let own = self.profile().stop.unwrap_or(usual);
        if self.orders.stopped == Some(own) || self.situation(strikes).cost(own).is_ok() { own } else { usual }
    }

    /// `amps` go out. True when they begin a cure; one that did not get all it needs is over.
    pub(crate) fn treat(&mut self, now: Instant, amps: CentiAmps) -> bool {
        match (self.curing, self.profile().latch) {
            (Some(wanted), Some(cure)) if wanted == amps => self.latch.granted(now, &cure),
            (Some(_), _) => {
                self.latch.drop_cure();
                false
            }
            (None, _) => false,
        }
    }

    /// How to say `amps` now: a command where it must be stated, `None` where nothing need change.
    ///
    /// Before charging a protocol 2 unit takes 05, while charging 09; protocol 1 takes 05 always; state 08
    /// with limit 0 wants 08. An unplugged unit reports 0 whatever it is told. A limit is stated until it is
    /// echoed; a protocol 1 unit at 0 A is told so in every heartbeat, or its relay clatters.
    pub(crate) fn command_for(&mut self, amps: CentiAmps, insist: Insist) -> Option<LimitCommand> {
        if self.offered != Some(amps) {
            self.stated = 0;
        }
        let echoed = self.answered_once && (self.reported == amps || self.seems_empty()) && amps > CentiAmps::ZERO;
        self.stated = self.stated.wrapping_add(1);
        if echoed && self.stated > 1 && self.stated % RESTATED != 0 && insist == Insist::No {
            return None;
        }
        if insist == Insist::Alternate && self.version == Version::P2 && self.stated % 2 == 0 {
            return Some(LimitCommand::Initial);
        }
        Some(match (self.version, self.state) {
            (_, SlaveState::STARTING) if self.reported == CentiAmps::ZERO && amps > CentiAmps::ZERO => {
                LimitCommand::AcceptStart
            }
            (Version::P1, _) | (_, SlaveState::WANTS_CHARGE) => LimitCommand::Initial,
            (Version::P2, _) => LimitCommand::Now,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: CentiAmps = CentiAmps::from_amps(16);

    /// A slave that has answered with this state and limit.
    fn heard(version: Version, state: SlaveState, reported: CentiAmps) -> Slave {
        let mut slave = Slave::new(TwcId::new(1), version, CentiAmps::from_amps(32), Instant::ZERO);
        (slave.state, slave.reported, slave.answered_once) = (state, reported, true);
        slave
    }

    #[test]
    fn a_limit_is_said_with_05_before_charging_with_09_during_and_with_08_to_a_start() {
        use LimitCommand::{AcceptStart, Initial, Now};
        for (version, state, reported, command) in [
            (Version::P2, SlaveState::WANTS_CHARGE, 0, Initial),
            (Version::P2, SlaveState::CHARGING, 6, Now),
            (Version::P2, SlaveState::READY, 6, Now),
            (Version::P2, SlaveState::STARTING, 0, AcceptStart),
            (Version::P2, SlaveState::STARTING, 6, Now),
            (Version::P1, SlaveState::WANTS_CHARGE, 0, Initial),
            (Version::P1, SlaveState::CHARGING, 6, Initial),
        ] {
            let mut slave = heard(version, state, CentiAmps::from_amps(reported));
            assert_eq!(slave.command_for(SAID, Insist::No), Some(command), "{version:?} {state:?} {reported} A");
        }
    }

    #[test]
    fn what_is_not_echoed_is_said_again_and_what_is_every_16_heartbeats() {
        let mut slave = heard(Version::P2, SlaveState::CHARGING, CentiAmps::from_amps(6));
        slave.offered = Some(SAID);
        for _ in 0..5 {
            assert_eq!(slave.command_for(SAID, Insist::No), Some(LimitCommand::Now));
        }
        slave.reported = SAID;
        let said = (0..160).filter(|_| slave.command_for(SAID, Insist::No).is_some()).count();
        assert_eq!(said, 10);
        let said = (0..20).filter(|_| slave.command_for(SAID, Insist::Restate).is_some()).count();
        assert_eq!(said, 20, "until it is seen to follow");
    }

    #[test]
    fn protocol_1_at_zero_hears_so_in_every_heartbeat_or_its_relay_clatters() {
        let mut slave = heard(Version::P1, SlaveState::CHARGING, CentiAmps::ZERO);
        slave.offered = Some(CentiAmps::ZERO);
        assert!((0..50).all(|_| slave.command_for(CentiAmps::ZERO, Insist::No) == Some(LimitCommand::Initial)));
    }

    #[test]
    fn a_maximum_that_is_new_counts_when_it_was_said_twice_in_a_row() {
        let mut slave = Slave::new(TwcId::new(1), Version::P2, CentiAmps::from_amps(32), Instant::ZERO);
        let mut says = |amps| {
            let (sign, max_current) = (Sign::new(1), CentiAmps::from_amps(amps));
            slave.learn(&SlaveLinkReady { slave: slave.id, sign, max_current }, BodyLen::B16);
            slave.unit_max.value() / 100
        };
        assert_eq!(
            [says(11), says(32), says(11), says(16), says(16), says(32), says(32)],
            [32, 32, 32, 32, 16, 16, 32]
        );
    }
}
