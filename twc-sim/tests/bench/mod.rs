//! Chargers on a bus, and hands at the outside station.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use core::time::Duration;

use twc_proto::message::{Item, MasterHeartbeat, Query, Report, SlaveHeartbeat};
use twc_proto::{
    BodyLen, CentiAmps, Command, Decoder, Envelope, Instant, Message, Node, Received, SlaveState, TwcId, Version,
};
use twc_sim::{Car, CarProfile, Charger, ChargerConfig, World, WorldConfig};

pub const MASTER: TwcId = TwcId::new(0x7777);
pub const A: TwcId = TwcId::new(0x3495);
pub const B: TwcId = TwcId::new(0x3496);

pub struct Bench {
    pub world: World,
    pub now: Instant,
    decoder: Decoder,
    pub heard: Vec<(Instant, Received)>,
    pub bytes: Vec<u8>,
}

impl Bench {
    /// One charger, just powered up.
    pub fn new(config: ChargerConfig) -> Self {
        Self::with(WorldConfig::default(), [config])
    }

    pub fn with(world: WorldConfig, chargers: impl IntoIterator<Item = ChargerConfig>) -> Self {
        let mut world = World::new(world);
        for (seed, config) in (1..).zip(chargers) {
            world.add_charger(Charger::new(config, seed, Instant::ZERO));
        }
        Self { world, now: Instant::ZERO, decoder: Decoder::new(), heard: Vec::new(), bytes: Vec::new() }
    }

    pub fn charger(&self) -> &Charger {
        self.world.charger(0).unwrap()
    }

    /// A command to the first charger.
    pub fn command<R>(&mut self, command: impl FnOnce(&mut Charger, Instant) -> R) -> R {
        command(self.world.charger_mut(0).unwrap(), self.now)
    }

    pub fn plug(&mut self, profile: CarProfile, watt_hours: u32) {
        self.command(|charger, now| charger.plug_in(now, Car::new(profile, watt_hours)).unwrap());
    }

    /// Lets time pass; what is heard meanwhile is in `heard`.
    pub fn run(&mut self, span: Duration) {
        let until = self.now + span;
        loop {
            let next = self.world.poll_timeout().filter(|at| *at <= until);
            self.now = next.unwrap_or(until).max(self.now);
            self.world.handle_timeout(self.now);
            let bytes = self.world.poll_outside().unwrap_or_default();
            self.bytes.extend_from_slice(&bytes);
            let mut input = &bytes[..];
            while let Some(outcome) = self.decoder.decode(&mut input) {
                self.heard.extend(outcome.ok().map(|received| (self.now, received)));
            }
            if next.is_none() {
                return;
            }
        }
    }

    pub fn secs(&mut self, secs: u64) {
        self.run(Duration::from_secs(secs));
    }

    pub fn send(&mut self, message: Message) {
        let envelope = Envelope::that_may_lock_a_slave(Version::P2, message).unwrap();
        self.world.handle_outside(self.now, envelope.to_wire().as_ref());
    }

    /// Sends and listens for half a second; everything heard in it.
    pub fn ask(&mut self, message: Message) -> Vec<Message> {
        let before = self.heard.len();
        self.send(message);
        self.run(Duration::from_millis(500));
        self.heard[before..].iter().map(|(_, received)| received.message()).collect()
    }

    pub fn heartbeat(&mut self, command: Command, centiamps: u16) -> Option<SlaveHeartbeat> {
        self.heartbeat_to(A, command, centiamps)
    }

    pub fn heartbeat_to(&mut self, slave: TwcId, command: Command, centiamps: u16) -> Option<SlaveHeartbeat> {
        let limit = CentiAmps::new(centiamps);
        let heartbeat = MasterHeartbeat::with_limit(MASTER, slave, command, limit);
        self.ask(Message::MasterHeartbeat(heartbeat)).into_iter().find_map(|message| match message {
            Message::SlaveHeartbeat(answer) if answer.slave == slave => Some(answer),
            _ => None,
        })
    }

    /// Command 00 twice a second for so many seconds; the last answer.
    pub fn keep(&mut self, secs: u64) -> SlaveHeartbeat {
        let mut last = None;
        for _ in 0..secs * 2 {
            last = self.heartbeat(Command::NO_CHANGE, 0);
        }
        last.expect("an answer")
    }

    /// Plugged in and charging at `centiamps`, settled.
    pub fn charging(config: ChargerConfig, profile: CarProfile, centiamps: u16) -> Self {
        let mut bench = Self::new(config);
        bench.plug(profile, 100_000);
        bench.keep(3);
        bench.start(centiamps);
        bench.keep(40);
        bench
    }

    /// The first limit, and the one a P1 unit asks for at its start.
    pub fn start(&mut self, centiamps: u16) {
        self.heartbeat(Command::INITIAL_LIMIT, centiamps);
        let asks = self.keep(4);
        if (asks.state, asks.limit) == (SlaveState::STARTING, CentiAmps::ZERO) {
            self.heartbeat(Command::ACCEPT_START, centiamps);
        }
    }

    pub fn query(&mut self, item: Item) -> Vec<Report> {
        self.query_to(item, A)
    }

    pub fn query_to(&mut self, item: Item, slave: TwcId) -> Vec<Report> {
        let answers = self.ask(Message::Query(Query { item, master: MASTER, slave }));
        let reports = answers.into_iter().filter_map(|message| match message {
            Message::Report(report) => Some(report),
            _ => None,
        });
        reports.collect()
    }

    /// When linkreadys came, in milliseconds.
    pub fn link_readys(&self) -> Vec<u64> {
        let announces = |received: &Received| matches!(received.message(), Message::SlaveLinkReady(_));
        self.heard.iter().filter(|(_, r)| announces(r)).map(|(at, _)| at.as_millis()).collect()
    }
}

/// Sends prepared frames at their times and does not listen.
#[derive(Debug)]
pub struct Script {
    frames: Vec<(Instant, Envelope)>,
    next: usize,
}

impl Script {
    /// Frames as (milliseconds, message), in order.
    pub fn new(frames: impl IntoIterator<Item = (u64, MasterHeartbeat)>) -> Self {
        Self::of(frames.into_iter().map(|(millis, heartbeat)| (millis, Message::MasterHeartbeat(heartbeat))))
    }

    /// The same with any messages.
    pub fn of(frames: impl IntoIterator<Item = (u64, Message)>) -> Self {
        let envelope = |message| Envelope::new(message, BodyLen::B16).unwrap();
        let frames = frames.into_iter().map(|(millis, message)| (Instant::from_millis(millis), envelope(message)));
        Self { frames: frames.collect(), next: 0 }
    }
}

impl Node for Script {
    fn handle_message(&mut self, _: Instant, _: &Received) {}
    fn handle_timeout(&mut self, _: Instant) {}
    fn poll_transmit(&mut self, now: Instant) -> Option<Envelope> {
        let (_, envelope) = self.frames.get(self.next).filter(|(at, _)| *at <= now)?;
        self.next += 1;
        Some(*envelope)
    }
    fn poll_timeout(&self) -> Option<Instant> {
        self.frames.get(self.next).map(|(at, _)| *at)
    }
}

pub fn limit(slave: TwcId, command: Command, amps: u16) -> MasterHeartbeat {
    MasterHeartbeat::with_limit(MASTER, slave, command, CentiAmps::from_amps(amps))
}
