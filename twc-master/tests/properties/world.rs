//! A master, three units and what is between them. Time passes from event to event.

use core::cell::Cell;
use core::time::Duration;
use std::rc::Rc;

use twc_master::share::{Share, Target, Targets, Wish};
use twc_master::{Config, Event, Master, PhaseAmps, Place, Snapshot};
use twc_proto::message::{MasterHeartbeat, Report, SlaveHeartbeat};
use twc_proto::{CentiAmps, Decoder, Envelope, Instant, Message, Node, Received, TwcId, Version};

use crate::judge::Judge;
use crate::unit::Unit;

pub(crate) const SLOTS: usize = 3;
const AIR: Duration = Duration::from_millis(20);
const LATENCY: Duration = Duration::from_millis(190);
/// Later than any reply window.
const LATE: Duration = Duration::from_millis(700);

/// A share that asks for what it is told to ask for.
#[derive(Debug, Clone)]
pub(crate) struct Wild(pub(crate) Rc<Cell<[u16; SLOTS]>>);

impl Share for Wild {
    fn divide(&mut self, _: Instant, _: CentiAmps, wishes: &[Wish]) -> Targets {
        let mut targets = Targets::default();
        for (target, wish) in targets.iter_mut().zip(wishes) {
            let asked = crate::IDS.iter().position(|id| *id == wish.slave).map_or(0, |slot| self.0.get()[slot]);
            *target = if asked > 0 { Target::Amps(CentiAmps::new(asked)) } else { Target::None };
        }
        targets
    }
}

/// What the next exchanges with a unit suffer.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Trouble {
    pub(crate) unheard: u8,
    pub(crate) unanswered: u8,
    pub(crate) late: u8,
    pub(crate) doubled: u8,
    pub(crate) misaddressed: u8,
}

pub(crate) struct World {
    pub(crate) now: Instant,
    pub(crate) config: Config,
    pub(crate) share: Wild,
    pub(crate) master: Option<Master<Wild>>,
    pub(crate) units: [Unit; SLOTS],
    pub(crate) trouble: [Trouble; SLOTS],
    pub(crate) judge: Judge,
    /// What the master said, until the first rule broke.
    pub(crate) events: Vec<(Instant, Event)>,
    /// What the state file holds, and whether it can be written.
    disk: Snapshot,
    pub(crate) disk_stuck: bool,
    /// What holds on each node that was ordered something: whoever starts is told again.
    orders: Vec<(Place, PhaseAmps)>,
    /// From the end of a request to the end of its answer.
    pub(crate) latency: Duration,
    to_master: Vec<(Instant, Message, Version)>,
}

fn take(count: &mut u8) -> bool {
    let some = *count > 0;
    *count = count.saturating_sub(1);
    some
}

fn received(message: Message, version: Version) -> Received {
    let wire = Envelope::canonical(version, message).unwrap().to_wire();
    let mut decoder = Decoder::new();
    let mut bytes: &[u8] = wire.as_ref();
    decoder.decode(&mut bytes).unwrap().unwrap()
}

impl World {
    pub(crate) fn new(config: Config, units: [Unit; SLOTS], asks: [u16; SLOTS]) -> Self {
        let share = Wild(Rc::new(Cell::new(asks)));
        let master = Master::new(config, share.clone(), Instant::ZERO).unwrap();
        Self {
            now: Instant::ZERO,
            config,
            share,
            disk: master.snapshot(),
            master: Some(master),
            units,
            trouble: [Trouble::default(); SLOTS],
            judge: Judge::new(&config),
            events: Vec::new(),
            disk_stuck: false,
            orders: Vec::new(),
            latency: LATENCY,
            to_master: Vec::new(),
        }
    }

    pub(crate) fn slot_of(id: TwcId) -> Option<usize> {
        crate::IDS.iter().position(|known| *known == id)
    }

    pub(crate) fn run_for(&mut self, span: Duration) {
        let until = self.now + span;
        while self.now < until {
            self.pump();
            let arrives = self.to_master.iter().map(|(at, ..)| *at);
            let units = self.units.iter().filter(|unit| unit.powered).map(Unit::next);
            let master = self.master.as_ref().and_then(Node::poll_timeout);
            let next = arrives.chain(units).chain(master).min().unwrap_or(until);
            self.now = next
                .clamp(self.now + Duration::from_micros(100), until.max(self.now + Duration::from_micros(100)));
            self.tick_units();
            self.deliver();
        }
        self.pump();
    }

    fn tick_units(&mut self) {
        for unit in &mut self.units {
            if let Some(ready) = unit.tick(self.now) {
                let version = unit.version;
                self.to_master.push((self.now + AIR, Message::SlaveLinkReady(ready), version));
            }
        }
    }

    fn deliver(&mut self) {
        let now = self.now;
        self.to_master.sort_by_key(|(at, ..)| *at);
        let due = self.to_master.iter().take_while(|(at, ..)| *at <= now).count();
        for (_, message, version) in self.to_master.drain(..due) {
            self.judge.heard(now, &message);
            if let Some(master) = &mut self.master {
                master.handle_message(now, &received(message, version));
            }
        }
    }

    /// Lets the master say what it has to say.
    fn pump(&mut self) {
        let Some(master) = &mut self.master else { return };
        master.handle_timeout(self.now);
        while let Some(envelope) = self.master.as_mut().and_then(|master| master.poll_transmit(self.now)) {
            self.now = self.now + AIR;
            self.tick_units();
            if let Message::MasterHeartbeat(heartbeat) = envelope.message() {
                self.judge.sent(self.now, &heartbeat, &self.units);
                self.heartbeat(&heartbeat);
            } else {
                self.judge.sent_other(&envelope.message());
            }
            self.units.iter_mut().for_each(|unit| unit.overhears(self.now));
            self.judge.look(self.now, &self.units);
            if let Some(master) = &mut self.master {
                master.handle_sent(self.now);
            }
        }
        self.judge.look(self.now, &self.units);
        self.fetch();
    }

    fn fetch(&mut self) {
        let Some(master) = &mut self.master else { return };
        while let Some(event) = master.poll_event() {
            if self.judge.broken.is_empty() {
                self.events.push((self.now, event));
            }
        }
        let snapshot = master.snapshot();
        if !self.disk_stuck && snapshot.revision != self.disk.revision {
            self.disk = snapshot;
            master.handle_saved(snapshot.revision);
        }
    }

    fn heartbeat(&mut self, heartbeat: &MasterHeartbeat) {
        let Some(slot) = Self::slot_of(heartbeat.slave) else { return };
        let (unit, trouble) = (&mut self.units[slot], &mut self.trouble[slot]);
        if !unit.powered || take(&mut trouble.unheard) {
            return;
        }
        let mut answer = unit.obey(self.now, heartbeat);
        if take(&mut trouble.unanswered) {
            return;
        }
        if take(&mut trouble.misaddressed) {
            answer.master = TwcId::new(0);
        }
        let after = if take(&mut trouble.late) { LATE } else { self.latency };
        let copies = 1 + u64::from(take(&mut trouble.doubled));
        for copy in 0..copies {
            let at = self.now + after + AIR * copy as u32;
            self.to_master.push((at, Message::SlaveHeartbeat(answer), self.units[slot].version));
        }
    }

    /// An answer that nobody asked for.
    pub(crate) fn unasked(&mut self, slot: usize) {
        let answer: SlaveHeartbeat = self.units[slot].answer(self.config.id);
        self.to_master.push((self.now, Message::SlaveHeartbeat(answer), self.units[slot].version));
    }

    pub(crate) fn hears(&mut self, message: Message) {
        self.to_master.push((self.now, message, Version::P2));
    }

    /// A message that arrives at once.
    pub(crate) fn tell(&mut self, message: Message) {
        if let Some(master) = &mut self.master {
            master.handle_message(self.now, &received(message, Version::P2));
        }
    }

    /// A unit reports the currents at its terminals.
    pub(crate) fn carries(&mut self, slot: usize, half_amps: [u8; 3]) {
        let sender = crate::IDS[slot];
        let volts = [230; 3];
        self.tell(Message::Report(Report::Meter { sender, kwh: 1_000, volts, phase_half_amps: Some(half_amps) }));
    }

    /// Whether the master has heard of this unit.
    pub(crate) fn knows(&self, slot: usize) -> bool {
        self.master.as_ref().is_some_and(|master| master.slaves().any(|slave| slave.slave == crate::IDS[slot]))
    }

    pub(crate) fn garbage(&mut self) {
        if let Some(master) = &mut self.master {
            let mut wire =
                &[0xC0, 0xFD, 0xE0, 0x34, 0x95, 0x42, 0x42, 1, 6, 0x40, 6, 0x40, 0, 0, 0, 0, 0, 1, 0xC0][..];
            let mut decoder = Decoder::new();
            while let Some(outcome) = decoder.decode(&mut wire) {
                master.handle_decode_error(self.now, outcome.unwrap_err());
            }
        }
    }

    pub(crate) fn order(&mut self, place: Place, limit: PhaseAmps) {
        if let Some(master) = &mut self.master {
            let holds = master.order(self.now, place, limit).unwrap();
            self.orders.retain(|(ordered, _)| *ordered != place);
            self.orders.push((place, limit));
            self.judge.ordered(self.now, place, holds, limit);
        }
    }

    /// The process stands still; what comes in waits.
    pub(crate) fn stall(&mut self, span: Duration) {
        let master = self.master.take();
        let waiting = core::mem::take(&mut self.to_master);
        let until = self.now + span;
        while self.now < until {
            self.now = (self.now + Duration::from_secs(1)).min(until);
            self.tick_units();
        }
        self.to_master.splice(0..0, waiting);
        self.to_master.iter_mut().for_each(|(at, ..)| *at = (*at).min(until));
        self.judge.look(self.now, &self.units);
        self.judge.forgive_deadlines();
        self.master = master;
    }

    /// kill -9, and a start some time later with what the state file holds.
    pub(crate) fn restart(&mut self, away: Duration) {
        self.master = None;
        self.run_for(away);
        let mut master = Master::new(self.config, self.share.clone(), self.now).unwrap();
        master.restore(self.disk.slaves.into_iter().flatten());
        self.disk.revision = master.snapshot().revision;
        for (place, limit) in &self.orders {
            master.order(self.now, *place, *limit).unwrap();
        }
        self.master = Some(master);
        self.judge.restarted(self.disk_stuck);
    }
}
