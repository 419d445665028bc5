//! What the unit does over time: plug-in, start, charge, pause; the overlays of 06, 07 and 09; a lost master.

use core::time::Duration;

use twc_proto::{CentiAmps, Instant, Sign, SlaveState};

use super::answer::Announcer;
use super::{Charger, Contact};
use crate::car::Car;
use crate::earliest::earliest;

/// Where a plugged-in car stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Session {
    /// No car.
    Empty,
    /// 03 for a moment.
    PluggedIn { until: Instant },
    /// 04. With limit 0 it asks for one; with a limit it starts soon.
    Waiting { start_at: Option<Instant> },
    /// 08 with limit 0 and an open relay: it asks for a limit once more.
    Asking,
    /// 08. Without an end it sits there at its limit until a new one comes.
    Starting { until: Option<Instant> },
    /// 01.
    Charging,
    /// 08 while the current goes down.
    Pausing { until: Instant },
    /// 03.
    Idle,
    /// 00 with a car that wants nothing, after the master was away.
    Ready,
}

impl Session {
    pub(super) fn state(self) -> SlaveState {
        match self {
            Self::Empty | Self::Ready => SlaveState::READY,
            Self::PluggedIn { .. } | Self::Idle => SlaveState::PLUGGED_IDLE,
            Self::Waiting { .. } => SlaveState::WANTS_CHARGE,
            Self::Asking | Self::Starting { .. } | Self::Pausing { .. } => SlaveState::STARTING,
            Self::Charging => SlaveState::CHARGING,
        }
    }

    fn deadline(self) -> Option<Instant> {
        match self {
            Self::PluggedIn { until } | Self::Pausing { until } => Some(until),
            Self::Waiting { start_at } => start_at,
            Self::Starting { until } => until,
            Self::Empty | Self::Asking | Self::Charging | Self::Idle | Self::Ready => None,
        }
    }
}

/// What a command has laid over the session's own state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Adjust {
    None,
    /// 09.
    Setting {
        until: Instant,
    },
    /// 06.
    Raising {
        until: Instant,
    },
    /// 07: the car is held at `cap` until `restore_at`.
    Lowering {
        cap: CentiAmps,
        restore_at: Instant,
        until: Instant,
    },
    /// 0A.
    Adjusted,
}

impl Adjust {
    pub(super) fn state(self) -> Option<SlaveState> {
        match self {
            Self::None => None,
            Self::Setting { .. } => Some(SlaveState::SETTING_LIMIT),
            Self::Raising { .. } => Some(SlaveState::RAISING),
            Self::Lowering { .. } => Some(SlaveState::LOWERING),
            Self::Adjusted => Some(SlaveState::ADJUSTED),
        }
    }

    fn deadline(self) -> Option<Instant> {
        match self {
            Self::None | Self::Adjusted => None,
            Self::Setting { until } | Self::Raising { until } | Self::Lowering { until, .. } => Some(until),
        }
    }
}

impl Charger {
    /// When something changes by itself next.
    pub(crate) fn next_event(&self) -> Option<Instant> {
        let outside = earliest([self.agenda.deadline(), self.car.as_ref().and_then(Car::deadline)]);
        if !self.is_powered {
            return outside;
        }
        let [session, adjust] = [self.session.deadline(), self.adjust.deadline()];
        let [contact, power] = [self.contact_deadline(), self.power.deadline()];
        earliest([outside, session, adjust, contact, power])
    }

    /// Lives through everything up to `now`, each change at its own time.
    pub(super) fn advance(&mut self, now: Instant) {
        while let Some(at) = self.next_event().filter(|at| *at <= now) {
            self.integrate(at);
            self.fire(at);
        }
        self.integrate(now);
        self.clock = self.clock.max(now);
    }

    fn fire(&mut self, at: Instant) {
        let due = |deadline: Option<Instant>| deadline.is_some_and(|deadline| deadline <= at);
        if due(self.agenda.deadline()) {
            self.keep_agenda(at);
        }
        if let Some(car) = self.car.as_mut().filter(|car| due(car.deadline())) {
            car.handle_timeout(at);
        }
        if !self.is_powered {
            return;
        }
        if due(self.contact_deadline()) {
            self.miss_master(at);
        }
        if due(self.adjust.deadline()) {
            self.adjust = match self.adjust {
                Adjust::Raising { .. } | Adjust::Lowering { .. } => Adjust::Adjusted,
                _ => Adjust::None,
            };
        }
        if due(self.session.deadline()) {
            self.next_session(at);
        }
        self.settle(at);
    }

    fn next_session(&mut self, at: Instant) {
        self.session = match self.session {
            Session::PluggedIn { .. } => self.resting(),
            Session::Waiting { .. } if self.config.asks_again_at_start => {
                self.held_limit = CentiAmps::ZERO;
                Session::Asking
            }
            Session::Waiting { .. } => {
                self.close_relay(at);
                Session::Starting { until: Some(at + self.config.starting_time) }
            }
            Session::Starting { .. } => {
                let delay = self.car.as_ref().map(|car| car.profile().start_delay);
                self.power.ramp_from = at + delay.unwrap_or_default();
                self.begin_to_charge(at);
                Session::Charging
            }
            Session::Pausing { .. } => {
                self.power.open(at);
                self.held_limit = self.limit_after_pause();
                Session::Idle
            }
            other => other,
        };
    }

    fn resting(&self) -> Session {
        match &self.car {
            Some(car) if car.asks_for_limit() => Session::Waiting { start_at: None },
            Some(car) if car.is_asleep() => Session::Ready,
            _ => Session::Idle,
        }
    }

    fn begin_to_charge(&mut self, at: Instant) {
        if let Some(car) = &mut self.car {
            car.started(at);
        }
        self.agenda.forget_after(at, self.config.forgets_limit_after);
    }

    /// A unit that is no slave has its own limit at all times.
    fn limit_after_pause(&self) -> CentiAmps {
        if self.config.rotary.is_slave() { self.config.limit_after_pause } else { self.config.own_limit() }
    }

    /// Moves on where nothing but a condition was missing, and lets the car follow.
    pub(super) fn settle(&mut self, now: Instant) {
        let is_offered = self.offers_enough();
        if let Some(car) = &mut self.car {
            car.see_supply(now, is_offered);
        }
        let wants = self.wants_charge();
        let can_start = wants && is_offered;
        self.session = match self.session {
            Session::Waiting { .. } | Session::Asking if !self.asks_for_limit() => self.resting(),
            Session::Idle if self.car.as_ref().is_some_and(Car::is_asleep) => Session::Ready,
            Session::Ready if self.asks_for_limit() => Session::Waiting { start_at: None },
            Session::Waiting { start_at: None } if can_start => {
                Session::Waiting { start_at: Some(now + self.config.accept_time) }
            }
            Session::Waiting { start_at: Some(_) } if !can_start => Session::Waiting { start_at: None },
            Session::Starting { .. } | Session::Charging if !wants => {
                Session::Pausing { until: now + self.config.pausing_time }
            }
            Session::Starting { .. } | Session::Charging
                if !can_start && self.held_limit < self.config.minimum =>
            {
                self.power.open(now);
                Session::Idle
            }
            Session::Idle | Session::Asking if can_start => {
                self.close_relay(now);
                Session::Starting { until: Some(now + self.config.starting_time) }
            }
            other => other,
        };
        self.follow(now);
    }

    pub(super) fn wants_charge(&self) -> bool {
        self.car.as_ref().is_some_and(Car::wants_charge)
    }

    fn asks_for_limit(&self) -> bool {
        self.car.as_ref().is_some_and(Car::asks_for_limit)
    }

    fn can_start(&self) -> bool {
        self.wants_charge() && self.offers_enough()
    }

    /// Whether the car could charge if it wanted.
    fn offers_enough(&self) -> bool {
        let least = self.car.as_ref().map_or(CentiAmps::ZERO, |car| car.profile().minimum);
        self.is_powered
            && !self.is_blocked
            && self.lock.is_none()
            && self.contact != Contact::Cut
            && self.held_limit >= self.config.minimum.max(least)
    }

    pub(super) fn begin_session(&mut self, now: Instant) {
        self.held_limit = if self.config.rotary.is_slave() { CentiAmps::ZERO } else { self.config.own_limit() };
        self.is_blocked = false;
        self.adjust = Adjust::None;
        self.session = match self.car {
            Some(_) => Session::PluggedIn { until: now + self.config.plug_in_time },
            None => Session::Empty,
        };
    }

    pub(super) fn set_paused(&mut self, now: Instant, is_paused: bool) {
        self.advance(now);
        if let Some(car) = &mut self.car {
            car.set_paused(is_paused);
        }
        if self.session == Session::Idle && !is_paused && self.wants_charge() {
            self.resume(now);
        }
        self.settle(now);
    }

    /// Back from 03 on the car's wish: in 08 at what is left of the limit, until a new one comes.
    fn resume(&mut self, now: Instant) {
        if self.can_start() {
            self.close_relay(now);
            self.session = Session::Starting { until: None };
        } else if self.held_limit == CentiAmps::ZERO {
            self.session = Session::Waiting { start_at: None };
        }
    }

    fn contact_deadline(&self) -> Option<Instant> {
        match self.contact {
            _ if !self.config.rotary.is_slave() => None,
            Contact::Heard => Some(self.heard_master + self.config.alarm_after),
            Contact::Alarmed => Some(self.heard_master + self.config.cut_after),
            Contact::Cut => None,
        }
    }

    fn miss_master(&mut self, at: Instant) {
        if self.contact == Contact::Heard {
            self.contact = Contact::Alarmed;
            if self.has_master && self.lock.is_none() {
                self.announcer.start_slow(at);
            }
            return;
        }
        self.contact = Contact::Cut;
        self.owes_error = self.has_master && self.car.is_some();
        self.cut_limit = self.held_limit;
        self.interrupt(at);
        self.held_limit = CentiAmps::ZERO;
        self.adjust = Adjust::None;
        if !matches!(self.session, Session::Empty | Session::PluggedIn { .. }) {
            self.session =
                if self.asks_for_limit() { Session::Waiting { start_at: None } } else { Session::Ready };
        }
    }

    /// A heartbeat for us, or with the switch any frame of a master.
    pub(super) fn refresh(&mut self, now: Instant) {
        self.heard_master = now;
        self.contact = Contact::Heard;
    }

    /// The relay opens under a car.
    pub(super) fn interrupt(&mut self, now: Instant) {
        if self.power.is_ordered() {
            self.power.open(now);
            if let Some(car) = &mut self.car {
                car.interrupted();
            }
        }
    }

    pub(super) fn cut_power(&mut self, now: Instant) {
        self.interrupt(now);
        self.power.cut(now);
        self.begin_session(now);
        self.answer = None;
    }

    /// `wait`: to the first linkready, where it is known.
    pub(super) fn boot(&mut self, now: Instant, wait: Option<Duration>) {
        self.sign = Sign::new(self.rng.byte());
        self.contact = Contact::Heard;
        self.has_master = false;
        self.heard_master = now;
        self.lock = None;
        self.owes_error = false;
        self.cut_limit = CentiAmps::ZERO;
        self.answer = None;
        self.begin_session(now);
        self.announcer = Announcer::after_boot(now, wait, &self.config, &mut self.rng);
    }
}
