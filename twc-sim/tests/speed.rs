//! How much faster than the clock three chargers run. `cargo test --release -- --ignored --nocapture`.

mod bench;

use bench::{A, B, Script, limit};
use std::time::Instant as Wall;
use twc_proto::{Command, Instant, Link, TwcId};
use twc_sim::{Car, CarProfile, Charger, ChargerConfig, Checker, CheckerConfig, Sim, World, WorldConfig};

#[test]
#[ignore = "a measurement"]
fn three_chargers_run_much_faster_than_the_clock() {
    const HOURS: u64 = 24;
    let units = [A, B, TwcId::new(0x3497)];
    let mut world = World::new(WorldConfig::default());
    for (seed, id) in (1..).zip(units) {
        let mut charger = Charger::new(ChargerConfig::p2(id), seed, Instant::ZERO);
        charger.plug_in(Instant::ZERO, Car::new(CarProfile::tesla(), u32::MAX)).unwrap();
        world.add_charger(charger);
    }
    world.attach_checker(Checker::new(CheckerConfig::new(1, 4_200)));
    let heartbeats = (0..HOURS * 3_600 * 3).zip(units.into_iter().cycle());
    let script = Script::new(heartbeats.map(|(n, id)| (5_000 + n * 333, limit(id, Command::LIMIT, 10))));
    let mut sim = Sim::with_world(world, Link::new(script));
    let start = Wall::now();
    sim.run_until(Instant::from_secs(HOURS * 3_600), |_| {});
    let factor = u128::from(HOURS) * 3_600_000_000 / start.elapsed().as_micros().max(1);
    let verdict = sim.world().verdict().unwrap();
    assert!(verdict.is_ok(), "{verdict}");
    println!("{factor} times real time");
    println!("{verdict}");
}
