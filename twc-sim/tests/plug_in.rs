//! From the plug to the current.

mod bench;

use bench::{A, Bench};
use twc_proto::{CentiAmps, Command, SlaveState};
use twc_sim::{Car, CarProfile, ChargerConfig};

#[test]
fn a_car_goes_through_03_04_08_01_and_draws_nothing_before_a_limit() {
    let mut bench = Bench::new(ChargerConfig::p2(A));
    bench.keep(2);
    bench.plug(CarProfile::tesla(), 50_000);
    let first = bench.keep(1);
    assert_eq!((first.state, first.limit), (SlaveState::PLUGGED_IDLE, CentiAmps::ZERO));
    let asks = bench.keep(60);
    assert_eq!((asks.state, asks.limit, asks.drawn), (SlaveState::WANTS_CHARGE, CentiAmps::ZERO, CentiAmps::ZERO));
    assert!(!bench.charger().relay_closed());

    let told = bench.heartbeat(Command::INITIAL_LIMIT, 1_600).unwrap();
    assert_eq!((told.state, told.limit), (SlaveState::WANTS_CHARGE, CentiAmps::from_amps(16)));
    let mut states = vec![told.state];
    for _ in 0..40 {
        states.push(bench.heartbeat(Command::NO_CHANGE, 0).unwrap().state);
    }
    states.dedup();
    assert_eq!(states, [SlaveState::WANTS_CHARGE, SlaveState::STARTING, SlaveState::CHARGING]);
    assert_eq!(bench.charger().relay_closings(), 1);
    let drawn = bench.charger().true_current().value();
    assert!((1_460..=1_530).contains(&drawn), "{drawn}");
}

#[test]
fn limit_09_also_starts_a_waiting_car() {
    let mut bench = Bench::new(ChargerConfig::p2(A));
    bench.plug(CarProfile::i3(), 50_000);
    bench.keep(3);
    bench.heartbeat(Command::LIMIT, 1_000);
    assert!(bench.keep(20).drawn.value() > 800);
}

#[test]
fn a_car_that_needs_more_waits_in_04() {
    let mut bench = Bench::new(ChargerConfig::p2(A));
    bench.plug(CarProfile::zoe(), 50_000);
    bench.keep(3);
    bench.heartbeat(Command::INITIAL_LIMIT, 600);
    assert_eq!(bench.keep(20).state, SlaveState::WANTS_CHARGE);
    bench.heartbeat(Command::INITIAL_LIMIT, 800);
    assert_eq!(bench.keep(20).state, SlaveState::CHARGING);
}

#[test]
fn a_second_car_is_sent_away() {
    let mut bench = Bench::new(ChargerConfig::p2(A));
    bench.plug(CarProfile::zoe(), 50_000);
    let second = Car::new(CarProfile::i3(), 1_000);
    let refused = bench.command(|charger, now| charger.plug_in(now, second).unwrap_err());
    assert_eq!(refused.profile().name, "i3");
}

#[test]
fn whatever_is_commanded_an_empty_unit_says_00_and_0() {
    for config in [ChargerConfig::p1(A), ChargerConfig::p2(A)] {
        let mut bench = Bench::new(config);
        bench.keep(1);
        for command in [0, 5, 6, 7, 8, 9, 0x0A, 0x55].map(Command::new) {
            let answer = bench.heartbeat(command, 1_600).unwrap();
            assert_eq!((answer.state, answer.limit), (SlaveState::READY, CentiAmps::ZERO), "{command}");
        }
        bench.plug(CarProfile::tesla(), 50_000);
        assert_eq!(bench.keep(5).limit, CentiAmps::ZERO);
    }
}

#[test]
fn an_idle_unit_shows_its_idle_reading_and_a_busy_one_its_meter_error() {
    let config = ChargerConfig { idle_reading: CentiAmps::new(25), meter_error: -40, ..ChargerConfig::p2(A) };
    let mut bench = Bench::new(config.clone());
    assert_eq!(bench.keep(1).drawn.value(), 25);
    let mut bench = Bench::charging(config, CarProfile::tesla(), 1_000);
    let answer = bench.keep(1);
    assert_eq!(answer.drawn.value() + 40, bench.charger().true_current().value());
}
