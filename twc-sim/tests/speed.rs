//! How much faster than the clock a house of three chargers runs, judged in everything.
//! `cargo test -p twc-sim --release --test speed -- --ignored --nocapture`; `SPEED_HOURS` instead of a day.

mod bench;
mod poller;

use std::time::{Duration, Instant as Wall};

use bench::{A, B};
use poller::Poller;
use twc_proto::{Link, TwcId};
use twc_sim::{Car, CarProfile, Charger, ChargerConfig, Checker, CheckerConfig, Service, Sim, World, WorldConfig};

#[test]
#[ignore = "a measurement"]
fn three_chargers_run_much_faster_than_the_clock() {
    let hours = std::env::var("SPEED_HOURS").ok().and_then(|hours| hours.parse().ok()).unwrap_or(24);
    let mut world = World::new(WorldConfig::default());
    for (seed, id) in (1..).zip([A, B, TwcId::new(0x3497)]) {
        let mut charger = Charger::new(ChargerConfig::p2(id), seed, world.now());
        charger.plug_in(world.now(), Car::new(CarProfile::tesla(), u32::MAX)).unwrap();
        world.add_charger(charger);
    }
    let config = CheckerConfig { service: Some(Service::default()), ..CheckerConfig::new(1, 4_200) };
    world.attach_checker(Checker::new(config));
    let mut sim = Sim::with_world(world, Link::new(Poller::new(333)));
    let start = Wall::now();
    sim.run_for(Duration::from_secs(hours * 3_600));
    let factor = u128::from(hours) * 3_600_000_000 / start.elapsed().as_micros().max(1);
    let verdict = sim.verdict();
    assert!(verdict.is_ok(), "{verdict}");
    assert!(verdict.chargers.iter().all(|charger| charger.watt_hours > hours * 5_000), "{verdict}");
    println!("{factor} times real time, {} frames", sim.world().stats().transmissions);
    println!("{verdict}");
}
