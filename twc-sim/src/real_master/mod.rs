//! A model of a wall connector as master, as far as it was captured or reported.
//!
//! Linkready bursts, its own values on the bus, heartbeats in pairs and a walk through the slaves' values, limits for
//! slaves that ask. With it people can test slaves and monitors. What is captured, reported or guessed stands in
//! `docs/fidelity.md`; the order with several slaves is guessed.

mod config;
mod say;
mod slave;
mod walk;

use core::time::Duration;

use twc_proto::message::{ErrorBitmap, SlaveLinkReady};
use twc_proto::{BodyLen, CentiAmps, Envelope, Instant, Message, Node, Received, Sign, TwcId, Version};

pub use self::config::RealMasterConfig;
use self::slave::Slave;
use self::walk::{BOOT, BURST_1, CLASH, Step, TO_FIRST, WALK, after_end, after_start};
use crate::charger::Led;
use crate::rng::Rng;

/// An answer later than this is not waited for.
const ANSWER_WITHIN: Duration = Duration::from_millis(400);
/// A slave silent for so long is given up (reported).
const GIVEN_UP_AFTER: Duration = Duration::from_secs(26);
/// So long after a frame of a second master the lamp shows it.
const CROWDED_FOR: Duration = Duration::from_secs(10);
/// More slaves than this are wrong …
const MOST_SLAVES: usize = 3;
/// … and more than this are not even complained about.
const MOST_KNOWN: usize = 8;

/// A wall connector set up as master; see the [module](self).
#[derive(Debug)]
pub struct RealMaster {
    config: RealMasterConfig,
    rng: Rng,
    sign: Sign,
    slaves: Vec<Slave>,
    /// Linked, and not yet heartbeated.
    fresh: Option<usize>,
    step: Step,
    due: Option<Instant>,
    started: Instant,
    in_flight: bool,
    /// An answer is awaited until then.
    awaits: Option<Instant>,
    item: usize,
    /// How many of each linkready the present burst has.
    burst: (u8, u8),
    own_car: CentiAmps,
    crowded_until: Instant,
}

impl RealMaster {
    /// A master that gets power now.
    pub fn new(config: RealMasterConfig, seed: u64, now: Instant) -> Self {
        let mut rng = Rng::new(seed);
        let drawn = Sign::new(rng.byte());
        Self {
            sign: config.sign.unwrap_or(drawn),
            rng,
            slaves: Vec::new(),
            fresh: None,
            step: Step::LinkReady1(0),
            due: Some(now + BOOT),
            started: now,
            in_flight: false,
            awaits: None,
            item: 0,
            burst: (BURST_1, config.link_readys_2),
            own_car: CentiAmps::ZERO,
            crowded_until: Instant::ZERO,
            config,
        }
    }

    /// How it is set up.
    pub fn config(&self) -> &RealMasterConfig {
        &self.config
    }

    /// Its sign.
    pub fn sign(&self) -> Sign {
        self.sign
    }

    /// The slaves it knows, in the order in which they linked, with the limit each reported last.
    pub fn slaves(&self) -> impl Iterator<Item = (TwcId, CentiAmps)> {
        self.slaves.iter().map(|slave| (slave.id, slave.limit))
    }

    /// A car is plugged into the master itself and uses so much of the circuit; `None`: no car.
    pub fn set_own_car(&mut self, current: Option<CentiAmps>) {
        self.own_car = current.unwrap_or(CentiAmps::ZERO);
    }

    /// What its meter reads, for its own reports.
    pub fn set_volts(&mut self, volts: [u16; 3]) {
        self.config.volts = volts;
    }

    /// What it complains about: bit 1 more than three slaves, bit 2 unequal maxima. With protocol 2 bit 0 comes
    /// with bit 2, as captured.
    pub fn complaint(&self) -> Option<ErrorBitmap> {
        let unequal = self.slaves.iter().any(|slave| slave.max_current != self.config.max_current);
        let unequal = match (unequal, self.config.version) {
            (false, _) => 0,
            (true, Version::P1) => 0x04,
            (true, Version::P2) => 0x05,
        };
        let many = if self.slaves.len() > MOST_SLAVES { 0x02 } else { 0 };
        Some(ErrorBitmap(unequal | many)).filter(|bitmap| bitmap.0 != 0)
    }

    /// What its lamps show at `now`.
    pub fn led(&self, now: Instant) -> Led {
        let blinks = self.complaint().and_then(ErrorBitmap::blinks);
        match blinks {
            _ if now < self.crowded_until => Led::Red(4),
            Some(blinks) => Led::Red(blinks),
            None => Led::Green,
        }
    }

    fn is_complaining(&self) -> bool {
        self.config.may_lock_slaves && self.complaint().is_some()
    }

    fn is_p1(&self) -> bool {
        self.config.version == Version::P1
    }

    /// Whether a slave gets heartbeats: all do when the set is right, or when the master may lock them.
    fn is_served(&self, index: usize) -> bool {
        let Some(slave) = self.slaves.get(index) else {
            return false;
        };
        self.config.may_lock_slaves || (index < MOST_SLAVES && slave.max_current == self.config.max_current)
    }

    fn next_served(&self, from: usize) -> Option<usize> {
        (from..self.slaves.len()).find(|index| self.is_served(*index))
    }

    /// What comes after the present step.
    fn following(&self) -> Step {
        let (ones, twos) = self.burst;
        match self.step {
            Step::LinkReady1(n) if n + 1 < ones => return Step::LinkReady1(n + 1),
            Step::LinkReady1(_) if twos > 0 => return Step::LinkReady2(0),
            Step::LinkReady2(n) if n + 1 < twos => return Step::LinkReady2(n + 1),
            _ => {}
        }
        if let Some(index) = self.fresh {
            return Step::First(index);
        }
        let Some(first) = self.next_served(0) else {
            return self.when_alone();
        };
        let next = |index: usize| self.next_served(index + 1);
        let (is_wrong, is_p1) = (self.is_complaining(), self.is_p1());
        match self.step {
            Step::Heartbeat(round, index) => match (next(index), round) {
                (Some(index), _) => Step::Heartbeat(round, index),
                (None, 0) => Step::Heartbeat(1, first),
                (None, _) if is_p1 => Step::Heartbeat(0, first),
                (None, _) => Step::Own,
            },
            Step::Own if !is_wrong => Step::Query(first),
            Step::Query(index) => next(index).map_or(Step::Heartbeat(0, first), Step::Query),
            _ => Step::Heartbeat(0, first),
        }
    }

    fn when_alone(&self) -> Step {
        match self.step {
            _ if !self.is_p1() => Step::Alone,
            Step::Idle(n) if n < 2 => Step::Idle(n + 1),
            _ => Step::Idle(0),
        }
    }

    /// The present step is over at `now`: its answer is in, or none will come.
    fn go_on(&mut self, now: Instant) {
        self.awaits = None;
        if self.step == Step::Own && self.is_complaining() {
            self.next_item();
        }
        let next = self.following();
        let due = match after_start(self.step, next) {
            Some(span) => self.started + span,
            None => now + after_end(self.step, next, self.is_p1(), &mut self.rng),
        };
        if matches!(self.step, Step::Query(_)) && !matches!(next, Step::Query(_)) {
            self.next_item();
        }
        self.step = next;
        self.due = Some(due.max(now));
    }

    fn next_item(&mut self) {
        self.item = (self.item + 1) % WALK.len();
    }

    fn link(&mut self, now: Instant, ready: &SlaveLinkReady, body_len: BodyLen) {
        if ready.slave == self.config.id {
            // It does not heartbeat itself: it announces itself until the other takes another id.
            if !matches!(self.step, Step::LinkReady1(_) | Step::LinkReady2(_)) {
                self.burst = (CLASH, CLASH);
                self.step = Step::LinkReady1(0);
                self.due = Some(now + TO_FIRST);
                self.awaits = None;
            }
            return;
        }
        let version = Version::from_link_ready(body_len);
        let slave = Slave::new(ready, version, now);
        let known = self.slaves.iter().position(|known| known.id == ready.slave);
        let index = known.unwrap_or(self.slaves.len());
        if let Some(known) = self.slaves.get_mut(index) {
            *known = slave;
        } else if index < MOST_KNOWN {
            self.slaves.push(slave);
        } else {
            return;
        }
        let bursting = matches!(self.step, Step::LinkReady1(_) | Step::LinkReady2(_));
        if self.is_served(index) {
            self.fresh = Some(index);
            if !self.in_flight && self.awaits.is_none() && !bursting {
                self.step = Step::First(index);
                self.due = Some(now + TO_FIRST);
            }
        }
    }

    fn give_up_the_silent(&mut self, now: Instant) {
        if self.slaves.iter().all(|slave| now < slave.heard_at + GIVEN_UP_AFTER) {
            return;
        }
        self.slaves.retain(|slave| now < slave.heard_at + GIVEN_UP_AFTER);
        self.fresh = None;
    }

    fn asked(&self) -> Option<TwcId> {
        match self.step {
            Step::First(index) | Step::Heartbeat(_, index) | Step::Query(index) => {
                self.slaves.get(index).map(|slave| slave.id)
            }
            _ => None,
        }
    }
}

impl Node for RealMaster {
    fn handle_message(&mut self, now: Instant, received: &Received) {
        match received.message() {
            Message::SlaveLinkReady(ready) => self.link(now, &ready, received.body_len()),
            Message::SlaveHeartbeat(heartbeat) if heartbeat.master == self.config.id => {
                if let Some(slave) = self.slaves.iter_mut().find(|slave| slave.id == heartbeat.slave) {
                    slave.hear(now, &heartbeat);
                }
                if self.awaits.is_some() && self.asked() == Some(heartbeat.slave) {
                    self.go_on(now);
                }
            }
            Message::Report(report) if self.awaits.is_some() && report.sender() == self.asked() => {
                self.go_on(now);
            }
            Message::LinkReady1(ready) | Message::LinkReady2(ready) if ready.master != self.config.id => {
                self.crowded_until = now + CROWDED_FOR;
            }
            _ => {}
        }
    }

    fn handle_timeout(&mut self, now: Instant) {
        if self.awaits.is_some_and(|until| until <= now) {
            self.give_up_the_silent(now);
            self.go_on(now);
        }
    }

    fn handle_sent(&mut self, now: Instant) {
        if !core::mem::take(&mut self.in_flight) {
            return;
        }
        if self.asked().is_some() {
            self.awaits = Some(now + ANSWER_WITHIN);
        } else {
            self.go_on(now);
        }
    }

    fn handle_reconnected(&mut self, now: Instant) {
        if core::mem::take(&mut self.in_flight) {
            self.go_on(now);
        }
    }

    fn poll_transmit(&mut self, now: Instant) -> Option<Envelope> {
        if self.in_flight || self.awaits.is_some() || self.due.is_none_or(|due| due > now) {
            return None;
        }
        let Some((version, message)) = self.message(now) else {
            self.go_on(now);
            return None;
        };
        if matches!(self.step, Step::First(_)) {
            self.fresh = None;
        }
        self.in_flight = true;
        self.started = now;
        self.due = None;
        // Command 02 is only made where the configuration says that it may lock slaves.
        Envelope::that_may_lock_a_slave(version, message).ok()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        if self.in_flight { None } else { self.awaits.or(self.due) }
    }

    fn tail(&self, body_len: BodyLen) -> Option<u8> {
        Some(if body_len <= BodyLen::B16 { 0xFC } else { 0xFE })
    }
}
