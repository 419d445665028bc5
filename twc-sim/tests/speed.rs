//! How much faster than the clock a house of three chargers runs, judged in everything.
//! `cargo test -p twc-sim --release --test speed -- --ignored --nocapture`; `SPEED_HOURS` instead of a day.

mod bench;
mod poller;

use std::time::{Duration, Instant as Wall};

use bench::{A, B};
use poller::Poller;
use twc_proto::{CentiAmps, Instant, Link, Node, TwcId};
use twc_sim::{
    Car, CarProfile, Charger, ChargerConfig, Checker, CheckerConfig, RealMaster, RealMasterConfig, Service, Sim,
    World, WorldConfig,
};

/// A day of three charging cars with this master; prints how fast it went.
fn run(master: impl Node, service: Option<Service>) {
    let hours = std::env::var("SPEED_HOURS").ok().and_then(|hours| hours.parse().ok()).unwrap_or(24);
    let mut world = World::new(WorldConfig::default());
    for (seed, id) in (1..).zip([A, B, TwcId::new(0x3497)]) {
        let mut charger = Charger::new(ChargerConfig::p2(id), seed, world.now());
        charger.plug_in(world.now(), Car::new(CarProfile::tesla(), u32::MAX)).unwrap();
        world.add_charger(charger);
    }
    let config = CheckerConfig { service, ..CheckerConfig::new(1, 4_200) };
    world.attach_checker(Checker::new(config));
    let mut sim = Sim::with_world(world, Link::new(master));
    let start = Wall::now();
    sim.run_for(Duration::from_secs(hours * 3_600));
    let factor = u128::from(hours) * 3_600_000_000 / start.elapsed().as_micros().max(1);
    let verdict = sim.verdict();
    println!("{factor} times real time, {} frames", sim.world().stats().transmissions);
    println!("{verdict}");
    assert!(verdict.is_ok(), "{verdict}");
    assert!(verdict.chargers.iter().all(|charger| charger.watt_hours > hours * 5_000), "{verdict}");
}

#[test]
#[ignore = "a measurement"]
fn three_chargers_run_much_faster_than_the_clock() {
    run(Poller::new(333), Some(Service::default()));
}

#[test]
#[ignore = "a measurement"]
fn so_they_do_with_the_model_of_a_real_master() {
    let config =
        RealMasterConfig { circuit: CentiAmps::from_amps(42), ..RealMasterConfig::p2(TwcId::new(0x7777)) };
    // Real masters take more than 2 s for a round of three, so nobody holds this one to that.
    run(RealMaster::new(config, 1, Instant::ZERO), None);
}
