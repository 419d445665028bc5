//! One seed, one run, to the byte.

mod bench;

use std::process::Command as Process;

use bench::{A, B, Script, limit};
use twc_proto::{Command, Instant, Link};
use twc_sim::{Car, CarProfile, Charger, ChargerConfig, FaultPreset, Sim, World, WorldConfig};

fn story(seed: u64, fault: FaultPreset) -> (u64, u64, u64) {
    let mut world = World::new(WorldConfig { seed, fault, ..WorldConfig::default() });
    for id in [A, B] {
        let mut charger = Charger::new(ChargerConfig::p2(id), seed ^ u64::from(id.value()), Instant::ZERO);
        charger.plug_in(Instant::ZERO, Car::new(CarProfile::tesla(), 2_000)).unwrap();
        world.add_charger(charger);
    }
    let frames = (0..600).map(|n| (n * 500, limit(if n % 2 == 0 { A } else { B }, Command::LIMIT, 10)));
    let mut sim = Sim::with_world(world, Link::new(Script::new(frames)));
    sim.run_until(Instant::from_secs(400), |_| {});
    let world = sim.world();
    let energy = world.chargers().map(Charger::delivered_millijoules).sum();
    (world.trace().digest(), world.stats().damaged, energy)
}

#[test]
fn the_same_seed_twice_gives_the_same_trace() {
    for fault in FaultPreset::ALL {
        assert_eq!(story(11, fault), story(11, fault), "{fault}");
    }
}

#[test]
fn another_seed_gives_another_trace() {
    assert_ne!(story(11, FaultPreset::Storm), story(12, FaultPreset::Storm));
    assert!(story(11, FaultPreset::Storm).1 > 100);
}

/// One line over everything that a seed decides.
fn told() -> String {
    format!("story {:?}", FaultPreset::ALL.map(|fault| story(11, fault)))
}

/// `.ci/run` compares this line between builds with and without features.
#[test]
fn a_story_is_told() {
    println!("{}", told());
    assert!(told().len() > 100);
}

#[test]
fn other_processes_tell_the_same_story() {
    let this = std::env::current_exe().unwrap();
    for _ in 0..2 {
        let child = Process::new(&this).args(["--exact", "a_story_is_told", "--nocapture"]).output().unwrap();
        let output = String::from_utf8(child.stdout).unwrap();
        assert!(output.contains(&told()), "{output}");
    }
}
