//! On a circuit that carries one car at a time, two take turns; the guard never sees both.

mod common;

use common::{Bench, IDS, config};
use twc_master::share::Rotation;
use twc_master::{Event, Profile, SlaveSettings, Standing};
use twc_sim::{Charger, ChargerConfig, CheckerConfig, WorldConfig};

/// Slaves of which only one fits, with cars that may be interrupted.
fn tight(slaves: usize, limit: u16, profile: &'static Profile) -> Bench<Rotation> {
    let units = IDS.into_iter().take(slaves).map(ChargerConfig::p2).collect();
    let checker = CheckerConfig::new(0, u32::from(limit) * 100);
    let mut bench =
        Bench::with_share(config(limit, slaves), Rotation::default(), units, WorldConfig::default(), checker);
    for slave in IDS.into_iter().take(slaves) {
        bench.master().set_slave(slave, SlaveSettings { profile, ..SlaveSettings::DEFAULT }).unwrap();
    }
    bench
}

#[test]
fn two_cars_take_turns_of_half_an_hour_and_both_are_served() {
    let mut bench = tight(2, 10, &Profile::I3);
    bench.run_for(10);
    bench.plug_in_a(0, "i3", 80_000);
    bench.plug_in_a(1, "i3", 80_000);
    bench.run_for(6 * 3_600);
    let served: Vec<u64> = bench.sim.world().chargers().map(Charger::delivered_watt_hours).collect();
    let all: u64 = served.iter().sum();
    assert!(served.iter().all(|one| one * 3 > all), "{served:?}");
    let turns = bench.events.iter().filter(|(_, event)| matches!(event, Event::SlaveWithheld { .. })).count();
    assert!((8..=14).contains(&turns), "{turns} changes in six hours");
    bench.assert_kept();
}

#[test]
fn with_three_the_one_who_waits_gets_its_turn_though_the_bus_is_never_quiet() {
    let mut bench = tight(3, 14, &Profile::I3);
    bench.run_for(10);
    (0..3).for_each(|charger| bench.plug_in_a(charger, "i3", 80_000));
    bench.run_for(6 * 3_600);
    let served: Vec<u64> = bench.sim.world().chargers().map(Charger::delivered_watt_hours).collect();
    let all: u64 = served.iter().sum();
    assert!(served.iter().all(|one| one * 6 > all), "{served:?}");
    bench.assert_kept();
}

#[test]
fn an_empty_place_loses_its_turn_after_90_seconds() {
    let mut bench = tight(2, 10, &Profile::I3);
    bench.run_for(5);
    bench.plug_in_a(1, "i3", 40_000);
    bench.run_for(300);
    assert!(bench.charger(1).delivered_watt_hours() > 0, "{:?}", bench.status(1));
    assert_eq!(bench.status(0).standing, Standing::Withheld);
    bench.assert_kept();
}

#[test]
fn a_car_out_of_strikes_keeps_its_turn() {
    let mut bench = tight(2, 10, &Profile::TESLA);
    bench.run_for(10);
    bench.plug_in(0);
    bench.plug_in(1);
    bench.run_for(12 * 3_600);
    for charger in 0..2 {
        let car = bench.charger(charger).car().unwrap();
        assert!(!car.has_fault() && car.interruptions() <= 2, "{charger}: {}", car.interruptions());
    }
    bench.assert_kept();
}
