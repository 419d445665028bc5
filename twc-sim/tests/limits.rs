//! What the commands do to the limit and to the state.

mod bench;

use bench::{A, Bench};
use twc_proto::{CentiAmps, Command, SlaveState};
use twc_sim::{CarProfile, ChargerConfig};

fn p2() -> Bench {
    Bench::charging(ChargerConfig::p2(A), CarProfile::tesla(), 2_000)
}

fn p1() -> Bench {
    Bench::charging(ChargerConfig::p1(A), CarProfile::tesla(), 2_000)
}

#[test]
fn limit_09_shows_09_for_eleven_seconds_and_then_01() {
    let mut bench = p2();
    let answer = bench.heartbeat(Command::LIMIT, 1_200).unwrap();
    assert_eq!((answer.state, answer.limit.value()), (SlaveState::SETTING_LIMIT, 1_200));
    assert_eq!(bench.keep(10).state, SlaveState::SETTING_LIMIT);
    assert_eq!(bench.keep(1).state, SlaveState::CHARGING);
    assert_eq!(bench.heartbeat(Command::LIMIT, 1_200).unwrap().state, SlaveState::CHARGING);
}

#[test]
fn limit_09_below_six_amps_gives_six() {
    for centiamps in [0, 1, 599, 600] {
        let mut bench = p2();
        assert_eq!(bench.heartbeat(Command::LIMIT, centiamps).unwrap().limit.value(), 600);
        assert!(bench.keep(20).drawn.value() > 400);
    }
}

#[test]
fn limit_05_is_ignored_while_a_p2_unit_charges() {
    assert_eq!(p2().heartbeat(Command::INITIAL_LIMIT, 1_000).unwrap().limit.value(), 2_000);
    let config = ChargerConfig { obey_05_while_charging: true, ..ChargerConfig::p2(A) };
    let mut bench = Bench::charging(config, CarProfile::tesla(), 2_000);
    assert_eq!(bench.heartbeat(Command::INITIAL_LIMIT, 1_000).unwrap().limit.value(), 1_000);
}

#[test]
fn zero_before_charging_gives_six_amps_on_p2() {
    let mut bench = Bench::new(ChargerConfig::p2(A));
    bench.plug(CarProfile::tesla(), 50_000);
    bench.keep(3);
    assert_eq!(bench.heartbeat(Command::INITIAL_LIMIT, 0).unwrap().limit.value(), 600);
}

#[test]
fn a_p1_unit_copies_any_limit_at_any_time() {
    let mut bench = p1();
    assert_eq!(bench.heartbeat(Command::INITIAL_LIMIT, 65_535).unwrap().limit.value(), 65_535);
    assert_eq!(bench.heartbeat(Command::INITIAL_LIMIT, 700).unwrap().limit.value(), 700);
    assert_eq!(bench.heartbeat(Command::LIMIT, 2_000).unwrap().limit.value(), 700);
}

#[test]
fn zero_stops_a_p1_unit_cleanly_and_a_limit_starts_it_again() {
    let mut bench = p1();
    let stopped = bench.heartbeat(Command::INITIAL_LIMIT, 0).unwrap();
    assert_eq!(
        (stopped.state, stopped.limit, stopped.drawn),
        (SlaveState::PLUGGED_IDLE, CentiAmps::ZERO, CentiAmps::ZERO)
    );
    assert!(!bench.charger().relay_closed());
    bench.heartbeat(Command::INITIAL_LIMIT, 1_000);
    let again = bench.keep(20);
    assert_eq!(again.state, SlaveState::CHARGING);
    assert!(again.drawn.value() > 800 && !bench.charger().car().unwrap().has_fault());
}

#[test]
fn raise_06_adds_two_amps_and_ends_in_0a_after_44_seconds() {
    let mut bench = p2();
    let answer = bench.heartbeat(Command::RAISE, 0).unwrap();
    assert_eq!((answer.state, answer.limit.value()), (SlaveState::RAISING, 2_200));
    assert_eq!(bench.keep(43).state, SlaveState::RAISING);
    let after = bench.keep(2);
    assert_eq!((after.state, after.limit.value()), (SlaveState::ADJUSTED, 2_200));
    assert_eq!(bench.heartbeat(Command::LIMIT, 1_000).unwrap().state, SlaveState::SETTING_LIMIT);
}

#[test]
fn lower_07_takes_two_amps_for_ten_seconds() {
    let mut bench = p2();
    let before = bench.charger().true_current().value();
    assert_eq!(bench.heartbeat(Command::LOWER, 0).unwrap().state, SlaveState::LOWERING);
    bench.keep(8);
    assert_eq!(bench.charger().true_current().value(), before - 200);
    let after = bench.keep(6);
    assert_eq!((after.state, after.limit.value()), (SlaveState::ADJUSTED, 2_000));
    assert_eq!(bench.charger().true_current().value(), before);
}

#[test]
fn a_paused_car_brings_the_limit_to_six_amps_and_waits_in_08_when_resumed() {
    let mut bench = p2();
    bench.command(twc_sim::Charger::pause_car);
    assert_eq!(bench.heartbeat(Command::NO_CHANGE, 0).unwrap().state, SlaveState::STARTING);
    let paused = bench.keep(3);
    assert_eq!((paused.state, paused.limit.value(), paused.drawn.value()), (SlaveState::PLUGGED_IDLE, 600, 0));
    bench.command(twc_sim::Charger::resume_car);
    let resumed = bench.keep(30);
    assert_eq!((resumed.state, resumed.limit.value()), (SlaveState::STARTING, 600));
    bench.heartbeat(Command::LIMIT, 1_600);
    assert_eq!(bench.keep(15).state, SlaveState::CHARGING);
}
