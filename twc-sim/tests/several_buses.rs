//! Several buses in one world: a master each, one judge, one house.

mod bench;
mod poller;

use core::time::Duration;

use bench::{A, B};
use poller::Poller;
use twc_proto::{Instant, Link};
use twc_sim::house::{BreakerConfig, BreakerPlace, Curve, MeterConfig, MeterPlace};
use twc_sim::{
    Car, CarProfile, Charger, ChargerConfig, Checker, CheckerConfig, Circuit, House, HouseConfig, Rule, Sim,
    World, WorldConfig,
};

/// A on the first bus and B on the second, ten amperes each.
fn world(circuits: Vec<Circuit>) -> World {
    let mut world = World::new(WorldConfig { seed: 4, ..WorldConfig::default() });
    let second = world.add_bus(WorldConfig { seed: 5, ..WorldConfig::default() });
    for (bus, id) in [(0, A), (second, B)] {
        let mut charger = Charger::new(ChargerConfig::p2(id), 9 + bus as u64, Instant::ZERO);
        charger.plug_in(Instant::ZERO, Car::new(CarProfile::tesla(), 1_000_000)).unwrap();
        world.add_charger_on(bus, charger);
    }
    world.attach_checker(Checker::new(CheckerConfig { circuits, ..CheckerConfig::without_limits(4) }));
    world
}

fn run(world: World, secs: u64) -> Sim<Poller> {
    let mut sim = Sim::with_world(world, Link::new(Poller::new(1_000)));
    sim.put_master_on(1, Some(Link::new(Poller::new(1_000))));
    sim.run_for(Duration::from_secs(secs));
    sim
}

fn rules(sim: &Sim<Poller>) -> Vec<Rule> {
    let mut rules: Vec<Rule> = sim.verdict().violations.iter().map(|violation| violation.rule).collect();
    rules.dedup();
    rules
}

#[test]
fn each_bus_has_its_master_and_its_own_traffic() {
    let sim = run(world(vec![Circuit::site(2_000)]), 60);
    assert!(rules(&sim).is_empty(), "{}", sim.verdict());
    assert_eq!(sim.world().chargers().map(|charger| charger.limit().value()).collect::<Vec<_>>(), [1_000; 2]);
    let heard = |bus| sim.master_on(bus).unwrap().node().slaves.clone();
    assert_eq!((heard(0), heard(1)), (vec![A], vec![B]));
    assert_ne!(sim.world().trace_of(0).unwrap().digest(), sim.world().trace_of(1).unwrap().digest());
    assert_eq!((sim.world().bus_of(0), sim.world().bus_of(1), sim.world().bus_of(2)), (Some(0), Some(1), None));
}

#[test]
fn a_site_over_both_buses_is_judged_by_their_sum() {
    let own = |bus| Circuit { name: format!("bus {bus}"), bus: Some(bus), ..Circuit::site(1_000) };
    let sim = run(world(vec![own(0), own(1), Circuit::site(1_999)]), 60);
    let verdict = sim.verdict();
    assert!(rules(&sim).contains(&Rule::SentAndCommitted), "{verdict}");
    assert!(verdict.violations.iter().all(|violation| violation.text.starts_with("site: ")), "{verdict}");
    assert_eq!(
        verdict.circuits.iter().map(|circuit| circuit.peaks.promised).collect::<Vec<_>>(),
        [1_000, 1_000, 2_000]
    );
}

#[test]
fn the_same_id_on_two_buses_is_two_slaves() {
    let mut world = world(vec![Circuit::site(4_000)]);
    world.add_charger_on(1, Charger::new(ChargerConfig::p2(A), 1, Instant::ZERO));
    let sim = run(world, 60);
    assert_eq!(sim.verdict().peaks().promised, 3_000);
}

#[test]
fn one_seed_one_story_over_all_buses() {
    let digests = || {
        let sim = run(world(vec![Circuit::site(2_000)]), 300);
        [0, 1].map(|bus| sim.world().trace_of(bus).unwrap().digest())
    };
    assert_eq!(digests(), digests());
}

/// A 20 A main fuse, a meter, and this much drawn by other things on each phase from 100 s on.
fn in_a_house(extra_watts: i32, gone_within: u64, secs: u64) -> Sim<Poller> {
    let fuse =
        BreakerConfig { name: "main".into(), rating_amps: 25, curve: Curve::FuseGg, place: BreakerPlace::Main };
    let meters = vec![MeterConfig::new(MeterPlace::Grid)];
    let house =
        House::new(HouseConfig { breakers: vec![fuse], meters, ..HouseConfig::default() }, 1, Instant::ZERO);
    let within = Some(Duration::from_secs(gone_within));
    let mut world = world(vec![Circuit { house: within, ..Circuit::site(2_500) }]);
    world.attach_house(house);
    let mut sim = run(world, 100);
    let now = sim.now();
    sim.world_mut().house_mut().unwrap().set_extra_watts(now, [extra_watts; 3]);
    sim.run_for(Duration::from_secs(secs));
    sim
}

#[test]
fn the_house_sees_the_cars_of_all_buses() {
    let mut sim = in_a_house(0, 10, 60);
    let drawn: u16 = sim.world().chargers().map(|charger| charger.true_current().value()).sum();
    assert_eq!(sim.world().house().unwrap().grid_centiamps()[0], i32::from(drawn));
    assert!(drawn > 1_600 && sim.world_mut().poll_sample().is_some(), "{drawn}");
    assert_eq!(rules(&sim), []);
}

#[test]
fn what_comes_from_the_grid_may_be_too_much_for_a_while_and_no_longer() {
    // 20 A for the cars and 13 A more, on a limit of 25 A.
    let watts = 13 * 230;
    assert_eq!(rules(&in_a_house(watts, 10, 8)), []);
    let sim = in_a_house(watts, 10, 15);
    assert_eq!(rules(&sim), [Rule::Physical]);
    assert!(sim.verdict().violations[0].text.contains("from the grid"), "{}", sim.verdict());
    // Without a car it is not the master's to cure.
    let mut alone = in_a_house(0, 10, 1);
    let now = alone.now();
    for unit in 0..2 {
        alone.world_mut().charger_mut(unit).unwrap().unplug(now);
    }
    alone.world_mut().house_mut().unwrap().set_extra_watts(now, [40 * 230; 3]);
    alone.run_for(Duration::from_secs(60));
    assert_eq!(rules(&alone), []);
}

#[test]
fn a_fuse_that_opens_is_a_violation_and_told() {
    let mut sim = in_a_house(35 * 230, 86_400, 300);
    assert_eq!(rules(&sim), [Rule::FuseTripped], "{}", sim.verdict());
    assert!(sim.world_mut().poll_trip().is_some());
    assert_eq!(rules(&in_a_house(4 * 230, 86_400, 3_000)), []);
}
