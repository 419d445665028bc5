//! One simulated wall connector: the slave's side of the protocol, its relay and the car in front of it.
//!
//! [`Charger`] is a [`Node`], so it runs as well behind a pseudo-terminal as in a [`crate::World`].

mod agenda;
mod answer;
mod commands;
mod config;
mod obey;
mod physics;
mod power;
mod session;
mod wiring;

use core::fmt;

pub use config::ChargerConfig;
use twc_proto::message::ErrorBitmap;
use twc_proto::{
    BodyLen, CentiAmps, Envelope, Instant, Message, Node, Received, Sign, SlaveState, TwcId, Version,
};

use self::agenda::Agenda;
use self::answer::{Announcer, Answer};
use self::power::Power;
use self::session::{Adjust, Session};
pub use self::wiring::{Line, Rotary};
use crate::car::{Car, MJ_PER_WH};
use crate::earliest::earliest;
use crate::rng::Rng;

/// The lamps at the front, as far as load sharing uses them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Led {
    /// No power.
    Off,
    /// All is well.
    Green,
    /// Top lamp green, red blinking this often: 4 without a master or with two, 3, 5 and 6 on a master's
    /// complaint, 3 also where the rotary switch stands on nothing.
    Red(u8),
}

impl fmt::Display for Led {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::Green => f.write_str("green"),
            Self::Red(blinks) => write!(f, "red-{blinks}"),
        }
    }
}

/// How long the master has been away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Contact {
    Heard,
    Alarmed,
    /// The current is cut; nothing flows before a new limit.
    Cut,
}

/// Command 02 came: one answer, then nothing until a reset.
#[derive(Debug, Clone, Copy)]
struct Lock {
    bitmap: ErrorBitmap,
    answered: bool,
}

/// A wall connector set up as a slave.
///
/// Getters show it as of the last `handle_*` call or command. After any call with `&mut self`, drain the polls
/// (see [`Node`]).
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools)] // Four facts that vary apart from each other.
pub struct Charger {
    config: ChargerConfig,
    rng: Rng,
    id: TwcId,
    sign: Sign,
    is_powered: bool,
    /// Everything below is true at this instant.
    clock: Instant,
    contact: Contact,
    has_master: bool,
    /// Whose heartbeat it answered last; means nothing without a master.
    master: TwcId,
    /// A second master was heard.
    crowded_until: Instant,
    heard_master: Instant,
    lock: Option<Lock>,
    /// The next heartbeat is answered with 02.
    owes_error: bool,
    session: Session,
    adjust: Adjust,
    held_limit: CentiAmps,
    /// What was held when the current was cut.
    cut_limit: CentiAmps,
    /// FC B2 came, and no FC B1 since.
    is_blocked: bool,
    car: Option<Car>,
    plugged_at: Instant,
    agenda: Agenda,
    power: Power,
    answer: Option<Answer>,
    announcer: Announcer,
    silent_until: Instant,
    deaf_until: Instant,
    heard: HeardHeartbeats,
    /// Before the switch that takes phases away.
    wired_volts: [u16; 3],
    phase_switchings: u32,
    hot_phase_switchings: u32,
}

/// What the unit made of the bytes it got; the world compares it with what was sent.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct HeardHeartbeats {
    pub(crate) count: u64,
    pub(crate) last: Option<Message>,
}

impl Charger {
    /// A unit that gets power now.
    pub fn new(config: ChargerConfig, seed: u64, now: Instant) -> Self {
        let mut charger = Self {
            rng: Rng::new(seed),
            id: config.id,
            sign: Sign::default(),
            is_powered: true,
            clock: now,
            contact: Contact::Heard,
            has_master: false,
            master: TwcId::default(),
            crowded_until: Instant::ZERO,
            heard_master: now,
            lock: None,
            owes_error: false,
            session: Session::Empty,
            adjust: Adjust::None,
            held_limit: CentiAmps::ZERO,
            cut_limit: CentiAmps::ZERO,
            is_blocked: false,
            car: None,
            plugged_at: now,
            agenda: Agenda::default(),
            power: Power::new(now),
            answer: None,
            announcer: Announcer::default(),
            silent_until: Instant::ZERO,
            deaf_until: Instant::ZERO,
            heard: HeardHeartbeats::default(),
            wired_volts: config.volts,
            phase_switchings: 0,
            hot_phase_switchings: 0,
            config,
        };
        charger.boot(now, None);
        charger.sign = charger.config.first_sign.unwrap_or(charger.sign);
        charger
    }

    /// How it is set up.
    pub fn config(&self) -> &ChargerConfig {
        &self.config
    }

    /// Its id at present; a clash with a master's id makes it draw another.
    pub fn id(&self) -> TwcId {
        self.id
    }

    /// Its sign at present, new at every boot.
    pub fn sign(&self) -> Sign {
        self.sign
    }

    /// What it would answer to a heartbeat now.
    pub fn state(&self) -> SlaveState {
        let plugged = !matches!(self.session, Session::Empty);
        if self.lock.is_some() || (plugged && self.owes_error) {
            return SlaveState::ERROR;
        }
        if plugged { self.adjust.state().unwrap_or(self.session.state()) } else { SlaveState::READY }
    }

    /// The limit it would report now; 0 without a car, and while it is cut off or locked.
    pub fn limit(&self) -> CentiAmps {
        let off = !self.is_powered || self.lock.is_some() || matches!(self.session, Session::Empty);
        if off { CentiAmps::ZERO } else { self.held_limit }
    }

    /// The most that could flow now: the reported limit, or 0 while B2 keeps the relay open.
    pub fn limit_in_force(&self) -> CentiAmps {
        if self.is_blocked { CentiAmps::ZERO } else { self.limit() }
    }

    /// What flows, per phase in use.
    pub fn true_current(&self) -> CentiAmps {
        self.power.current()
    }

    /// What flows on the supply's phases L1, L2, L3, after the unit's wiring and the car's phases.
    pub fn true_phase_currents(&self) -> [CentiAmps; 3] {
        self.config.spread(self.power.current(), self.phases_in_use())
    }

    /// What its meter makes of it.
    pub fn reported_current(&self) -> CentiAmps {
        let error = match self.true_current() {
            CentiAmps::ZERO => 0,
            _ => i32::from(self.config.meter_error),
        };
        let read = i32::from(self.true_current().value()) + error;
        CentiAmps::new(u16::try_from(read.max(0)).unwrap_or(u16::MAX)).max(self.config.idle_reading)
    }

    /// Whether the car is connected to the supply, by order or by a welded contact.
    pub fn relay_closed(&self) -> bool {
        self.power.is_closed()
    }

    /// Whether the contact cannot open any more.
    pub fn relay_is_welded(&self) -> bool {
        self.power.is_welded()
    }

    /// How often the relay opened while current flowed: its wear.
    pub fn relay_hot_openings(&self) -> u32 {
        self.power.hot_openings()
    }

    /// Whether only one of its phases has a supply.
    pub fn has_one_phase(&self) -> bool {
        let [_, second, third] = self.config.volts;
        second == 0 && third == 0
    }

    /// How often phases were switched in front of it.
    pub fn phase_switchings(&self) -> u32 {
        self.phase_switchings
    }

    /// How often that was while current flowed.
    pub fn hot_phase_switchings(&self) -> u32 {
        self.hot_phase_switchings
    }

    /// How often the relay closed since the start.
    pub fn relay_closings(&self) -> u32 {
        self.power.closings()
    }

    /// What the lamps show.
    pub fn led(&self) -> Led {
        match self.lock {
            _ if !self.is_powered => Led::Off,
            Some(lock) => Led::Red(lock.bitmap.blinks().unwrap_or(3)),
            None if !self.config.rotary.is_slave() && self.config.own_limit() == CentiAmps::ZERO => Led::Red(3),
            None if self.contact == Contact::Heard && self.clock >= self.crowded_until => Led::Green,
            None => Led::Red(4),
        }
    }

    /// The car plugged in.
    pub fn car(&self) -> Option<&Car> {
        self.car.as_ref()
    }

    /// Whether it has power.
    pub fn is_powered(&self) -> bool {
        self.is_powered
    }

    /// Whether it has heard its master within the loss timer.
    pub fn is_linked(&self) -> bool {
        self.is_powered && self.has_master && self.contact == Contact::Heard && self.lock.is_none()
    }

    /// Whether command 02 has locked it.
    pub fn is_locked(&self) -> bool {
        self.lock.is_some()
    }

    /// Energy given to cars since the start, in watt-hours.
    pub fn delivered_watt_hours(&self) -> u64 {
        self.delivered_millijoules() / MJ_PER_WH
    }

    /// Energy given to cars since the start, in milliwatt-seconds.
    pub fn delivered_millijoules(&self) -> u64 {
        self.power.energy_mj()
    }

    pub(crate) fn heard(&self) -> HeardHeartbeats {
        self.heard
    }

    fn is_p2(&self) -> bool {
        self.config.version == Version::P2
    }
}

impl Node for Charger {
    fn handle_message(&mut self, now: Instant, received: &Received) {
        self.advance(now);
        let listens = self.is_powered && self.lock.is_none() && self.config.rotary.is_slave();
        if listens && now >= self.deaf_until {
            self.hear(now, &received.message());
        }
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.advance(now);
    }

    fn poll_transmit(&mut self, now: Instant) -> Option<Envelope> {
        self.advance(now);
        while let Some(message) = self.due_message(now) {
            if now >= self.silent_until {
                return Envelope::canonical(self.config.version, message).ok();
            }
        }
        None
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let message = self.message_due().filter(|_| self.is_powered);
        earliest([message, self.next_event()])
    }

    fn tail(&self, body_len: BodyLen) -> Option<u8> {
        if body_len <= BodyLen::B16 { self.config.tail_16 } else { self.config.tail_20 }
    }
}
