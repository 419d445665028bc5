//! Cars that do not do the obvious: the 6 A latch, a taper, a cap set in the car, a minimum of 8 A.

mod common;

use common::{Bench, IDS, amps, config};
use twc_master::{Constraint, Event, Profile, SlaveSettings};
use twc_proto::Command;
use twc_sim::{ChargerConfig, WorldConfig};

fn bench(limit: u16, slaves: usize) -> Bench {
    let mut bench = Bench::new(limit, slaves, WorldConfig::default());
    bench.run_for(20);
    bench
}

fn is_cure(event: &Event) -> bool {
    matches!(event, Event::CureBegun { .. })
}

/// A car with the latch, offered 10 A and then 14 A, as when another one leaves.
fn raised(bench: &mut Bench) {
    bench.plug_in_a(0, "tesla_2018", 60_000);
    bench.master().set_cap(IDS[0], Some(amps(10))).unwrap();
    bench.run_for(60);
    bench.master().set_cap(IDS[0], None).unwrap();
    bench.run_for(25);
}

/// A car that sticks at 6 A, right after its offer was raised from 10 to 13 A.
fn with_a_raise_that_latches() -> Bench {
    let mut bench = bench(25, 1);
    let settings = SlaveSettings { profile: &Profile::TESLA_LATCH, ..SlaveSettings::DEFAULT };
    bench.master().set_slave(IDS[0], settings).unwrap();
    bench.plug_in_a(0, "tesla_2018", 60_000);
    bench.master().set_budget(Some(amps(10))).unwrap();
    bench.run_for(60);
    bench.master().set_budget(Some(amps(13))).unwrap();
    bench
}

#[test]
fn a_car_stuck_at_6_amps_is_freed_where_its_profile_says_how() {
    let mut bench = with_a_raise_that_latches();
    bench.run_for(15);
    assert!(bench.charger(0).car().unwrap().is_latched(), "the raise has latched it");
    bench.run_for(60);
    assert!(bench.happened(is_cure));
    assert!(!bench.charger(0).car().unwrap().is_latched());
    assert!(bench.charger(0).true_current() > amps(11), "{:?}", bench.charger(0).true_current());
    assert_eq!(bench.limits(), [13]);
    bench.assert_kept();
}

#[test]
fn nobody_is_cured_unasked() {
    let mut bench = bench(25, 1);
    raised(&mut bench);
    bench.run_for(300);
    assert!(!bench.happened(is_cure));
}

#[test]
fn the_cure_needs_the_whole_amount_free_or_is_not_tried() {
    // 17 A beside the other's 6 A do not fit under 20 A.
    let mut bench = bench(20, 2);
    let settings = SlaveSettings { profile: &Profile::TESLA_LATCH, ..SlaveSettings::DEFAULT };
    bench.master().set_slave(IDS[0], settings).unwrap();
    raised(&mut bench);
    assert!(bench.charger(0).car().unwrap().is_latched());
    bench.run_for(600);
    assert!(!bench.happened(is_cure));
    bench.assert_kept();
}

#[test]
fn the_cure_is_dropped_at_once_when_the_limit_falls() {
    let mut bench = with_a_raise_that_latches();
    for _ in 0..60 {
        if !bench.happened(is_cure) {
            bench.run_for(1);
        }
    }
    assert!(bench.happened(is_cure));
    let now = bench.sim.now();
    bench.master().order(now, twc_master::Place::Site, [amps(12); 3]).unwrap();
    bench.run_for(2);
    assert!(bench.status(0).offered.unwrap() <= amps(12), "{:?}", bench.status(0));
}

#[test]
fn what_a_car_leaves_goes_to_the_other_and_comes_back_when_it_wants_more() {
    let mut bench = bench(40, 2);
    bench.plug_in(0);
    bench.plug_in(1);
    bench.run_for(60);
    assert_eq!(bench.limits(), [20, 20]);
    let now = bench.sim.now();
    bench.charger_mut(0).set_ui_cap(now, Some(amps(10)));
    bench.run_for(90);
    assert_eq!(bench.limits(), [12, 28]);
    assert_eq!(bench.status(0).constraint, Constraint::Demand { cap: amps(12) });
    assert!(bench.status(0).next.is_some(), "a probe is announced");
    let now = bench.sim.now();
    bench.charger_mut(0).set_ui_cap(now, None);
    bench.run_for(30);
    assert_eq!(bench.limits(), [20, 20]);
    bench.assert_kept();
}

#[test]
fn a_car_that_follows_its_offer_is_never_capped() {
    let mut bench = bench(40, 3);
    (0..3).for_each(|charger| bench.plug_in(charger));
    bench.run_for(90);
    for _ in 0..60 {
        bench.run_for(30);
        assert_eq!(bench.limits(), [14, 13, 13]);
    }
    let targets = bench.events.iter().filter(|(_, event)| matches!(event, Event::Offered { .. })).count();
    assert!(targets <= 12, "{targets} changes");
}

#[test]
fn a_lowering_is_said_until_the_car_is_seen_to_follow_and_then_no_more() {
    let mut bench = bench(40, 1);
    bench.plug_in(0);
    bench.run_for(90);
    let now = bench.sim.now();
    // It misses the first, and what it does not answer it is told again.
    bench.charger_mut(0).deafen(now, core::time::Duration::from_millis(1_500));
    bench.master().set_budget(Some(amps(10))).unwrap();
    bench.run_for(12);
    let said = bench.told(0);
    let stated = said.iter().filter(|said| **said == (Command::LIMIT, 1_000)).count();
    assert!(stated > 3, "{said:?}");
    assert!(said.ends_with(&[(Command::NO_CHANGE, 0), (Command::NO_CHANGE, 0)]), "{said:?}");
    assert_eq!(bench.charger(0).relay_closings(), 1);
    bench.assert_kept();
}

#[test]
fn a_minimum_of_8_amps_is_given_or_nothing_beyond_the_floor() {
    let units = IDS.into_iter().take(2).map(ChargerConfig::p2).collect();
    let mut bench = Bench::with_units(config(17, 2), units, WorldConfig::default());
    let zoe = SlaveSettings { profile: &Profile::ZOE, ..SlaveSettings::DEFAULT };
    bench.master().set_slave(IDS[1], zoe).unwrap();
    bench.run_for(20);
    bench.plug_in(0);
    bench.plug_in_a(1, "zoe", 40_000);
    bench.run_for(90);
    assert_eq!(bench.limits(), [9, 8]);
    bench.master().set_budget(Some(amps(13))).unwrap();
    bench.run_for(60);
    assert_eq!(bench.limits(), [7, 6]);
    bench.assert_kept();
}
