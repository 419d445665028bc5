//! A simulated hour: three slaves with cars, our master, the checker on.
#![allow(missing_docs)]

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use twc_master::share::Equal;
use twc_master::{Config, Master};
use twc_proto::{CentiAmps, Instant, Link, Sign, TwcId};
use twc_sim::{Car, CarProfile, Charger, ChargerConfig, Checker, CheckerConfig, Sim, World, WorldConfig};

fn house() -> Sim<Master<Equal>> {
    let mut world = World::new(WorldConfig::default());
    world.attach_checker(Checker::new(CheckerConfig::new(0, 4_000)));
    for (seed, id) in (0..).zip([0x3495, 0x3496, 0x3497]) {
        let mut charger = Charger::new(ChargerConfig::p2(TwcId::new(id)), seed, Instant::ZERO);
        charger.plug_in(Instant::ZERO, Car::new(CarProfile::tesla(), 80_000)).expect("nothing is plugged in");
        world.add_charger(charger);
    }
    let mut config = Config::new(TwcId::new(0x4242), Sign::new(0x5A), CentiAmps::from_amps(40));
    config.circuit_limit = Some(CentiAmps::from_amps(32));
    config.expected_slaves = 3;
    Sim::with_world(world, Link::new(Master::new(config, Equal, Instant::ZERO).expect("a legal limit")))
}

fn bus(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("bus");
    group.sample_size(10).measurement_time(Duration::from_secs(5));
    group.bench_function("simulated hour", |bencher| {
        bencher.iter(|| {
            let mut sim = house();
            sim.run_until(Instant::from_secs(3_600), |_| ());
            assert!(sim.world().verdict().is_some_and(|verdict| verdict.is_ok()));
        });
    });
    group.finish();
}

criterion_group!(benches, bus);
criterion_main!(benches);
