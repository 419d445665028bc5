//! A master in the simulator's world, with the simulator's judge watching.
#![allow(dead_code)]

use twc_master::share::{Equal, Share};
use twc_master::{Config, Event, Master, SlaveStatus};
use twc_proto::{CentiAmps, Command, Decoder, Instant, Link, Message, Sign, TwcId};
use twc_sim::{Car, CarProfile, Charger, ChargerConfig, Checker, CheckerConfig, Sim, World, WorldConfig};

pub(crate) const MASTER: TwcId = TwcId::new(0x4242);
pub(crate) const IDS: [TwcId; 3] = [TwcId::new(0x3495), TwcId::new(0x3496), TwcId::new(0x3497)];

pub(crate) fn amps(amps: u16) -> CentiAmps {
    CentiAmps::from_amps(amps)
}

/// A bench: `chargers` protocol 2 units of 32 A on a circuit of `limit` amperes.
pub(crate) struct Bench<S = Equal> {
    pub(crate) sim: Sim<Master<S>>,
    pub(crate) events: Vec<(Instant, Event)>,
}

impl Bench {
    pub(crate) fn new(limit: u16, chargers: usize, world: WorldConfig) -> Self {
        let units = IDS.into_iter().take(chargers).map(ChargerConfig::p2).collect();
        Self::with_units(config(limit, chargers), units, world)
    }

    pub(crate) fn with_units(config: Config, units: Vec<ChargerConfig>, world: WorldConfig) -> Self {
        let checker = CheckerConfig::new(world.seed, u32::from(config.limit.value()));
        Self::with_checker(config, units, world, checker)
    }

    pub(crate) fn with_checker(
        config: Config,
        units: Vec<ChargerConfig>,
        world: WorldConfig,
        checker: CheckerConfig,
    ) -> Self {
        Self::with_share(config, Equal, units, world, checker)
    }
}

impl<S: Share> Bench<S> {
    pub(crate) fn with_share(
        config: Config,
        share: S,
        units: Vec<ChargerConfig>,
        world: WorldConfig,
        checker: CheckerConfig,
    ) -> Self {
        let seed = world.seed;
        let mut world = World::new(world);
        world.attach_checker(Checker::new(checker));
        for (index, unit) in units.into_iter().enumerate() {
            world.add_charger(Charger::new(unit, seed + index as u64, Instant::ZERO));
        }
        let master = Master::new(config, share, Instant::ZERO).unwrap();
        Self { sim: Sim::with_world(world, Link::new(master)), events: Vec::new() }
    }

    pub(crate) fn run_for(&mut self, seconds: u64) {
        let until = self.sim.now() + core::time::Duration::from_secs(seconds);
        let events = &mut self.events;
        self.sim.run_until(until, |sim| {
            let now = sim.now();
            while let Some(event) = sim.master_mut().and_then(|link| link.node_mut().poll_event()) {
                events.push((now, event));
            }
        });
    }

    pub(crate) fn plug_in(&mut self, charger: usize) {
        self.plug_in_a(charger, "tesla", 40_000);
    }

    pub(crate) fn plug_in_a(&mut self, charger: usize, profile: &str, watt_hours: u32) {
        let now = self.sim.now();
        let charger = self.sim.world_mut().charger_mut(charger).unwrap();
        charger.plug_in(now, Car::new(CarProfile::by_name(profile).unwrap(), watt_hours)).unwrap();
    }

    pub(crate) fn charger(&self, charger: usize) -> &Charger {
        self.sim.world().charger(charger).unwrap()
    }

    pub(crate) fn charger_mut(&mut self, charger: usize) -> &mut Charger {
        self.sim.world_mut().charger_mut(charger).unwrap()
    }

    pub(crate) fn master(&mut self) -> &mut Master<S> {
        self.sim.master_mut().unwrap().node_mut()
    }

    pub(crate) fn status(&mut self, slave: usize) -> SlaveStatus {
        self.master().slaves().find(|status| status.slave == IDS[slave]).unwrap()
    }

    /// The limits in force, in whole amperes.
    pub(crate) fn limits(&self) -> Vec<u16> {
        self.sim.world().chargers().map(|charger| charger.limit().value() / 100).collect()
    }

    /// The last heartbeats the master sent to a slave: command and argument.
    pub(crate) fn told(&self, slave: usize) -> Vec<(Command, u16)> {
        let (mut decoder, mut told) = (Decoder::new(), Vec::new());
        for entry in self.sim.world().trace().entries() {
            let mut bytes = &entry.bytes[..];
            while let Some(outcome) = decoder.decode(&mut bytes) {
                match outcome.map(|received| received.message()) {
                    Ok(Message::MasterHeartbeat(sent)) if sent.master == MASTER && sent.slave == IDS[slave] => {
                        told.push((sent.command, sent.argument));
                    }
                    _ => {}
                }
            }
        }
        told
    }

    pub(crate) fn happened(&self, wanted: impl Fn(&Event) -> bool) -> bool {
        self.events.iter().any(|(_, event)| wanted(event))
    }

    /// Both verdicts hold.
    #[track_caller]
    pub(crate) fn assert_kept(&self) {
        let verdict = self.sim.world().verdict().unwrap();
        assert!(verdict.is_ok(), "{verdict}\n{:#?}", self.events.iter().rev().take(20).collect::<Vec<_>>());
    }
}

pub(crate) fn config(limit: u16, expected: usize) -> Config {
    Config {
        circuit_limit: Some(amps(32)),
        expected_slaves: expected as u8,
        ..Config::new(MASTER, Sign::new(0x5A), amps(limit))
    }
}
