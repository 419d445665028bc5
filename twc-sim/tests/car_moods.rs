//! What cars do that nobody asked for, profile by profile.

mod bench;

use core::time::Duration;

use bench::{A, Bench};
use twc_proto::{CentiAmps, Command, SlaveState};
use twc_sim::car::Window;
use twc_sim::{Car, CarPlan, CarProfile, ChargerConfig};

fn profile(name: &str) -> CarProfile {
    CarProfile::by_name(name).unwrap()
}

fn charging(name: &str, centiamps: u16) -> Bench {
    Bench::charging(ChargerConfig::p2(A), profile(name), centiamps)
}

/// Tells a new limit and waits; what flows then.
fn told(bench: &mut Bench, centiamps: u16, secs: u64) -> u16 {
    bench.heartbeat(Command::LIMIT, centiamps);
    bench.keep(secs);
    bench.charger().true_current().value()
}

#[test]
fn a_raise_drops_a_tesla_of_2014_to_six_amps_where_it_stays() {
    let mut bench = charging("tesla_2014", 1_000);
    assert!((860..=930).contains(&bench.charger().true_current().value()));
    assert_eq!(told(&mut bench, 1_200, 20), 520);
    assert_eq!(told(&mut bench, 1_300, 300), 520);
    // A lower offer is followed, and frees nothing.
    assert_eq!(told(&mut bench, 700, 20), 520);
}

#[test]
fn only_sixteen_amps_held_for_five_seconds_cure_it() {
    let mut bench = charging("tesla_2014", 1_000);
    assert_eq!(told(&mut bench, 1_200, 10), 520);
    told(&mut bench, 1_600, 3);
    assert_eq!(told(&mut bench, 1_200, 20), 520, "three seconds are too short");
    told(&mut bench, 1_599, 10);
    assert_eq!(told(&mut bench, 1_200, 20), 520, "a hundredth less is too little");
    told(&mut bench, 1_600, 6);
    assert!(told(&mut bench, 1_200, 20) > 1_050);
}

#[test]
fn on_a_large_unit_it_takes_twenty_one_amps() {
    let large = ChargerConfig { max_current: CentiAmps::from_amps(80), ..ChargerConfig::p2(A) };
    let mut bench = Bench::charging(large, profile("tesla_2014"), 1_000);
    told(&mut bench, 1_200, 5);
    told(&mut bench, 2_000, 10);
    assert_eq!(told(&mut bench, 1_200, 20), 520);
    told(&mut bench, 2_100, 6);
    assert!(told(&mut bench, 1_200, 20) > 1_050);
}

#[test]
fn a_tesla_of_2019_follows_a_raise() {
    let mut bench = charging("tesla_2019", 1_000);
    assert!(told(&mut bench, 1_400, 20) > 1_250);
}

/// A master that answers whoever asks for a limit, for so many seconds; what flows then.
fn served(bench: &mut Bench, centiamps: u16, secs: u64) -> u16 {
    for _ in 0..secs {
        let answer = bench.keep(1);
        let asks = answer.limit == CentiAmps::ZERO;
        let command =
            if answer.state == SlaveState::STARTING { Command::ACCEPT_START } else { Command::INITIAL_LIMIT };
        if asks {
            bench.heartbeat(command, centiamps);
        }
    }
    bench.charger().true_current().value()
}

#[test]
fn a_sleeping_car_notices_an_offer_soon_and_after_a_power_cut_late_or_never() {
    for (name, wakes_by_itself) in [("tesla_2014", true), ("tesla_2019", false)] {
        let mut bench = Bench::charging(ChargerConfig::p1(A), profile(name), 1_000);
        bench.heartbeat(Command::INITIAL_LIMIT, 0);
        bench.keep(620);
        assert!(bench.charger().car().unwrap().is_asleep(), "{name}");
        assert!(served(&mut bench, 1_000, 40) > 800, "{name}");

        bench.command(twc_sim::Charger::power_off);
        bench.secs(5);
        bench.command(twc_sim::Charger::power_on);
        assert_eq!(served(&mut bench, 1_000, 600), 0, "{name}");
        assert_eq!(served(&mut bench, 1_000, 400) > 800, wakes_by_itself, "{name}");
        bench.command(twc_sim::Charger::wake_car);
        assert!(served(&mut bench, 1_000, 40) > 800, "{name}");
    }
}

#[test]
fn a_nearly_full_tesla_takes_less_and_less_and_ends_in_03() {
    let mut bench = Bench::new(ChargerConfig::p2(A));
    let car = Car::new(profile("tesla_2019"), 5_000).with_charge(94);
    bench.command(|charger, now| charger.plug_in(now, car).unwrap());
    bench.keep(3);
    bench.start(3_200);
    bench.keep(60);
    let mut drawn = bench.charger().true_current().value();
    let mut falls = 0;
    while bench.charger().car().is_some_and(|car| !car.is_full()) {
        let now = bench.keep(60).drawn.value();
        assert!(now <= drawn, "{now} after {drawn}");
        falls += u32::from(now < drawn);
        drawn = now;
    }
    assert!(falls >= 4, "{falls}");
    assert_eq!(bench.keep(10).state, SlaveState::PLUGGED_IDLE);
}

#[test]
fn a_car_on_a_poor_grid_gives_up_under_eight_amps_until_plugged_in_again() {
    let mut bench = charging("drops_and_stays", 1_000);
    assert_eq!(told(&mut bench, 700, 20), 0);
    assert_eq!(told(&mut bench, 1_600, 60), 0);
    let car = bench.command(twc_sim::Charger::unplug).unwrap();
    bench.command(|charger, now| charger.plug_in(now, car).unwrap());
    bench.keep(3);
    bench.start(1_600);
    bench.keep(40);
    assert!(bench.charger().true_current().value() > 1_300);
}

#[test]
fn a_zoe_draws_nothing_under_its_eight_amps_and_comes_back_by_itself() {
    let mut bench = charging("zoe", 1_000);
    assert_eq!(told(&mut bench, 700, 20), 0);
    assert!(told(&mut bench, 1_000, 40) > 800);
}

#[test]
fn one_car_takes_two_amps_more_than_it_is_offered() {
    let bench = charging("overdraws", 1_000);
    assert_eq!(bench.charger().true_current(), CentiAmps::from_amps(12));
}

#[test]
fn phases_come_and_go_in_the_middle_of_a_session() {
    let used = |bench: &Bench| {
        bench.charger().true_phase_currents().iter().filter(|current| **current > CentiAmps::ZERO).count()
    };
    for (name, before, after) in [("changes_phases", 3, 1), ("gains_phases", 1, 3), ("leaf", 1, 1)] {
        let mut bench = charging(name, 1_000);
        assert_eq!(used(&bench), before, "{name}");
        bench.keep(1_250);
        assert_eq!(used(&bench), after, "{name}");
    }
}

#[test]
fn the_limit_set_in_the_car_holds_under_any_offer() {
    let mut bench = charging("i3", 1_600);
    bench.command(|charger, now| charger.set_ui_cap(now, Some(CentiAmps::from_amps(9))));
    bench.keep(20);
    assert_eq!(bench.charger().true_current(), CentiAmps::from_amps(9));
    bench.command(|charger, now| charger.set_ui_cap(now, None));
    bench.keep(20);
    assert!(bench.charger().true_current().value() > 1_400);
}

#[test]
fn cars_come_and_go_by_plan_and_leave_with_what_they_have() {
    let mut bench = Bench::new(ChargerConfig::p2(A));
    let at = |secs| twc_proto::Instant::from_secs(secs);
    let plan = CarPlan { leaves: Some(at(400)), ..CarPlan::new(profile("i3"), at(100), 20_000) };
    bench.command(|charger, _| assert!(charger.expect_car(plan)));
    bench.keep(99);
    assert!(bench.charger().car().is_none());
    bench.keep(5);
    assert!(bench.charger().car().is_some());
    bench.start(1_600);
    bench.keep(200);
    bench.run(Duration::from_secs(100));
    let charger = bench.charger();
    assert!(charger.car().is_none() && charger.expected_cars().count() == 0);
    let departed: Vec<u64> = charger.departed_cars().map(Car::taken_watt_hours).collect();
    assert!(departed.len() == 1 && departed[0] > 150, "{departed:?}");
}

#[test]
fn a_car_with_a_schedule_asks_for_a_limit_early_and_draws_only_in_its_hours() {
    let mut bench = Bench::new(ChargerConfig::p2(A));
    let mut car = Car::new(profile("i3"), 50_000);
    // From 00:05 to 00:10.
    car.set_schedule(Some(Window { from: 5, to: 10 }));
    bench.command(|charger, now| charger.plug_in(now, car).unwrap());
    bench.keep(2);
    bench.start(1_600);
    let early = bench.keep(200);
    assert_eq!((early.state, early.limit.value(), early.drawn.value()), (SlaveState::WANTS_CHARGE, 1_600, 0));
    bench.keep(300 + 30 - bench.now.as_micros() / 1_000_000);
    assert!(bench.charger().true_current().value() > 1_400);
    bench.keep(600 + 10 - bench.now.as_micros() / 1_000_000);
    assert_eq!((bench.charger().true_current(), bench.charger().relay_closed()), (CentiAmps::ZERO, false));
    assert!(!bench.charger().car().unwrap().is_full());
}
