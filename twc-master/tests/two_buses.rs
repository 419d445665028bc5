//! Two masters on two buses share one circuit through leases (E26), in one world, with one judge over both.

mod common;

use core::time::Duration;

use common::{amps, config};
use twc_master::lease::{Coordinator, Tenant, Terms};
use twc_master::share::Equal;
use twc_master::{Circuit, Config, KnownSlave, Master, Place, Snapshot};
use twc_proto::{CentiAmps, Instant, Link, Sign, TwcId};
use twc_sim::{
    Car, CarProfile, Charger, ChargerConfig, Checker, CheckerConfig, FaultPreset, Sim, World, WorldConfig,
};

/// What the feeder of both carries, and what each bus has without a lease.
const FEEDER: u16 = 40;
const SHARE: u16 = 12;
const SHARED: Place = Place::Circuit(0);
/// Two on each bus.
const UNITS: [u16; 4] = [0x3495, 0x3496, 0x4495, 0x4496];

struct House {
    sim: Sim<Master<Equal>>,
    coordinator: Option<Coordinator>,
    tenants: [Tenant; 2],
    /// The state file of a master that is down, and since when it is.
    down: Option<(Snapshot, Instant)>,
    starts: u32,
    /// Every so many requests one and its lease is lost.
    loses: u32,
    asked: u32,
}

fn new_master(bus: usize, now: Instant) -> Master<Equal> {
    let mut config = Config { id: TwcId::new(0x4242 + bus as u16), sign: Sign::new(0x5A), ..config(FEEDER, 2) };
    let shared = Circuit::new(Place::Site, [amps(FEEDER); 3]);
    config.circuits[0] = Some(Circuit { unordered: [amps(SHARE); 3], ..shared });
    Master::new(config, Equal, now).unwrap()
}

fn new_coordinator(now: Instant) -> Option<Coordinator> {
    Coordinator::new(amps(FEEDER), &[amps(SHARE); 2], Terms::DEFAULT, now).ok()
}

impl House {
    fn new(seed: u64) -> Self {
        let mut world = World::new(WorldConfig { seed, ..WorldConfig::default() });
        let second = world.add_bus(WorldConfig { seed: seed + 1, ..WorldConfig::default() });
        world.attach_checker(Checker::new(CheckerConfig::new(seed, u32::from(amps(FEEDER).value()))));
        for (index, id) in UNITS.into_iter().enumerate() {
            let unit = Charger::new(ChargerConfig::p2(TwcId::new(id)), seed + index as u64, Instant::ZERO);
            world.add_charger_on(if index < 2 { 0 } else { second }, unit);
        }
        let mut sim = Sim::with_world(world, Link::new(new_master(0, Instant::ZERO)));
        sim.put_master_on(second, Some(Link::new(new_master(1, Instant::ZERO))));
        let tenants = [Tenant::new(0, SHARED, 0), Tenant::new(1, SHARED, 0)];
        Self {
            sim,
            coordinator: new_coordinator(Instant::ZERO),
            tenants,
            down: None,
            starts: 0,
            loses: u32::MAX,
            asked: 0,
        }
    }

    /// Lets time pass; what tenants and coordinator have to say to each other arrives at once or never.
    fn run_for(&mut self, seconds: u64) {
        for _ in 0..seconds * 2 {
            let until = self.sim.now() + Duration::from_millis(500);
            self.sim.run_until(until, |_| {});
            for bus in 0..2 {
                self.trade(bus);
            }
        }
    }

    fn trade(&mut self, bus: usize) {
        let (now, tenant) = (self.sim.now(), &mut self.tenants[bus]);
        let Some(master) = self.sim.master_mut_on(bus).map(Link::node_mut) else { return };
        let Some(request) = tenant.poll_request(now, master) else { return };
        self.asked += 1;
        let answer = self.coordinator.as_mut().filter(|_| self.asked % self.loses != 0);
        if let Some(lease) = answer.and_then(|coordinator| coordinator.handle_request(now, &request)) {
            assert!(tenant.handle_lease(now, master, &lease));
        }
    }

    fn plug_in(&mut self, charger: usize) {
        let now = self.sim.now();
        let car = Car::new(CarProfile::tesla(), 200_000);
        self.sim.world_mut().charger_mut(charger).unwrap().plug_in(now, car).unwrap();
    }

    fn kill(&mut self, bus: usize) {
        let now = self.sim.now();
        self.down = self.sim.put_master_on(bus, None).map(|link| (link.node().snapshot(), now));
    }

    fn start(&mut self, bus: usize) {
        let now = self.sim.now();
        let (mut master, (snapshot, since)) = (new_master(bus, now), self.down.take().unwrap());
        // By then its slaves have stopped, and what it had of the circuit may be somebody else's.
        let stopped = now.since(since) > Terms::DEFAULT.stops_within;
        let known = snapshot.slaves.into_iter().flatten();
        master.restore(known.map(|known| KnownSlave { stopped: known.stopped || stopped, ..known }));
        self.sim.put_master_on(bus, Some(Link::new(master)));
        self.starts += 1;
        self.tenants[bus] = Tenant::new(bus as u8, SHARED, self.starts * 1_000);
    }

    /// What each bus may use by its books, in whole amperes.
    fn committed(&self) -> [u32; 2] {
        [0, 1].map(|bus| self.sim.master_on(bus).unwrap().node().committed_at(SHARED) / 100)
    }

    #[track_caller]
    fn assert_kept(&self) {
        let verdict = self.sim.verdict();
        assert!(verdict.is_ok(), "{verdict}");
    }
}

#[test]
fn the_circuit_is_lent_to_those_whose_cars_want_it() {
    let mut house = House::new(11);
    (0..4).for_each(|charger| house.plug_in(charger));
    house.run_for(180);
    assert_eq!(house.committed(), [12, 12], "a coordinator that has just started lends nothing");
    house.run_for(60);
    assert_eq!(house.committed(), [20, 20]);
    for charger in 2..4 {
        let now = house.sim.now();
        house.sim.world_mut().charger_mut(charger).unwrap().unplug(now).unwrap();
    }
    house.run_for(60);
    assert_eq!(house.committed(), [28, 12]);
    house.assert_kept();
}

#[test]
fn masters_that_lose_their_coordinator_are_at_their_shares_before_the_lease_ends() {
    let mut house = House::new(12);
    (0..2).for_each(|charger| house.plug_in(charger));
    house.run_for(240);
    assert_eq!(house.committed(), [28, 12]);
    house.coordinator = None;
    house.run_for(60);
    assert_eq!(house.committed(), [28, 12], "a pause that short is not felt");
    house.run_for(40);
    assert_eq!(house.committed(), [12, 12], "20 s before the end every slave has confirmed");
    house.coordinator = new_coordinator(house.sim.now());
    house.run_for(180);
    assert_eq!(house.committed(), [12, 12]);
    house.run_for(60);
    assert_eq!(house.committed(), [28, 12]);
    house.assert_kept();
}

#[test]
fn what_a_dead_master_holds_is_lent_only_when_its_slaves_must_have_stopped() {
    let mut house = House::new(13);
    house.plug_in(0);
    house.run_for(240);
    assert_eq!(house.committed(), [28, 12]);
    house.kill(0);
    house.plug_in(2);
    house.run_for(Terms::DEFAULT.comes_back_after().as_secs() - 10);
    let second = |house: &House| house.sim.master_on(1).unwrap().node().committed_at(SHARED) / 100;
    assert_eq!(second(&house), 12);
    house.run_for(40);
    assert_eq!(second(&house), 28);
    house.start(0);
    house.run_for(180);
    assert_eq!(house.committed(), [20, 20]);
    house.assert_kept();
}

#[test]
fn a_bad_bus_restarts_and_lost_requests_break_no_limit() {
    let mut house = House::new(14);
    house.loses = 3;
    house.sim.world_mut().set_fault(FaultPreset::BadCable);
    (0..4).for_each(|charger| house.plug_in(charger));
    for minute in 0..60 {
        house.run_for(60);
        match minute % 20 {
            7 => house.kill(1),
            8 => house.start(1),
            13 => house.coordinator = new_coordinator(house.sim.now()),
            _ => {}
        }
    }
    let total: CentiAmps = CentiAmps::new(house.committed().iter().sum::<u32>() as u16);
    assert!(total.value() > 2 * SHARE, "nothing is lent: {:?}", house.committed());
    house.assert_kept();
}
