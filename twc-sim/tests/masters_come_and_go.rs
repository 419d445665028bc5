//! A simulation outlives its master.

mod bench;

use bench::{A, Script, limit};
use twc_proto::{Command, Instant, Link};
use twc_sim::{Charger, ChargerConfig, Checker, CheckerConfig, Sim, World, WorldConfig};

fn script(from: u64, to: u64) -> Link<Script> {
    Link::new(Script::new((from..to).map(|n| (n * 1_000, limit(A, Command::LIMIT, 10)))))
}

fn sim() -> Sim<Script> {
    let mut world = World::new(WorldConfig::default());
    world.add_charger(Charger::new(ChargerConfig::p2(A), 1, Instant::ZERO));
    world.attach_checker(Checker::new(CheckerConfig::new(1, 3_000)));
    Sim::with_world(world, script(2, 1_000))
}

fn linked(sim: &Sim<Script>) -> bool {
    sim.world().charger(0).unwrap().is_linked()
}

#[test]
fn a_unit_is_linked_while_there_is_a_master() {
    let mut sim = sim();
    sim.run_until(Instant::from_secs(20), |_| {});
    assert!(linked(&sim));
    assert!(sim.take_master().is_some() && sim.master().is_none());
    sim.run_until(Instant::from_secs(40), |_| {});
    assert!(!linked(&sim));
    assert!(sim.replace_master(script(41, 60)).is_none());
    sim.run_until(Instant::from_secs(45), |_| {});
    assert!(linked(&sim));
    assert_eq!(sim.now(), Instant::from_secs(45));
    // The gap was nobody's fault.
    assert!(sim.world().checker().unwrap().is_ok(), "{}", sim.world().verdict().unwrap());
}

#[test]
fn the_observer_sees_every_step_in_order() {
    let mut sim = sim();
    let mut last = Instant::ZERO;
    let mut steps = 0;
    sim.run_until(Instant::from_secs(10), |sim| {
        assert!(sim.now() >= last);
        last = sim.now();
        steps += 1;
    });
    assert!(steps > 30 && steps < 1_000, "{steps}");
}
