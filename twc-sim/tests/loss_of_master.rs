//! What a unit does without its master, and when the master is back.

mod bench;

use bench::{A, B, Bench, MASTER};
use twc_proto::message::MasterHeartbeat;
use twc_proto::{CentiAmps, Command, Message, SlaveState};
use twc_sim::{CarProfile, ChargerConfig, Led};

fn charging(config: ChargerConfig) -> Bench {
    let mut bench = Bench::charging(config, CarProfile::i3(), 1_600);
    bench.heard.clear();
    bench
}

#[test]
fn after_ten_seconds_it_blinks_and_announces_itself_and_still_charges() {
    let mut bench = charging(ChargerConfig::p2(A));
    bench.secs(9);
    assert_eq!((bench.charger().led(), bench.charger().is_linked()), (Led::Green, true));
    assert!(bench.link_readys().is_empty());
    bench.secs(2);
    assert_eq!((bench.charger().led(), bench.charger().is_linked()), (Led::Red(4), false));
    assert_eq!(bench.link_readys().len(), 1);
    assert!(bench.charger().true_current().value() > 1_400);
    let back = bench.keep(1);
    assert_eq!((back.state, back.limit.value()), (SlaveState::CHARGING, 1_600));
    assert_eq!(bench.charger().led(), Led::Green);
}

#[test]
fn after_thirty_seconds_nothing_flows() {
    let mut bench = charging(ChargerConfig::p2(A));
    bench.secs(29);
    assert!(bench.charger().relay_closed());
    bench.secs(1);
    assert!(!bench.charger().relay_closed());
    assert_eq!((bench.charger().true_current(), bench.charger().limit()), (CentiAmps::ZERO, CentiAmps::ZERO));
}

#[test]
fn a_returning_master_gets_02_once_then_04_and_nothing_flows_before_a_new_limit() {
    let mut bench = charging(ChargerConfig::p2(A));
    bench.secs(40);
    let first = bench.heartbeat(Command::NO_CHANGE, 0).unwrap();
    assert_eq!((first.state, first.limit), (SlaveState::ERROR, CentiAmps::ZERO));
    let second = bench.keep(30);
    assert_eq!(
        (second.state, second.limit, second.drawn),
        (SlaveState::WANTS_CHARGE, CentiAmps::ZERO, CentiAmps::ZERO)
    );
    bench.heartbeat(Command::INITIAL_LIMIT, 1_000);
    assert!(bench.keep(20).drawn.value() > 800);
}

#[test]
fn a_returning_master_finds_a_full_car_in_00() {
    let mut bench = Bench::new(ChargerConfig::p2(A));
    bench.plug(CarProfile::i3(), 0);
    bench.keep(2);
    bench.secs(40);
    assert_eq!(bench.heartbeat(Command::NO_CHANGE, 0).unwrap().state, SlaveState::ERROR);
    assert_eq!(bench.keep(1).state, SlaveState::READY);
}

#[test]
fn a_tesla_forgives_three_interruptions_and_others_any_number() {
    for (profile, forgives) in [(CarProfile::tesla(), 3), (CarProfile::i3(), 6)] {
        let mut bench = Bench::charging(ChargerConfig::p2(A), profile, 1_600);
        let mut resumed = 0;
        for _ in 0..6 {
            bench.secs(40);
            bench.keep(2);
            bench.heartbeat(Command::INITIAL_LIMIT, 1_600);
            resumed += u32::from(bench.keep(20).drawn.value() > 0);
        }
        assert_eq!(resumed, forgives);
    }
}

#[test]
fn heartbeats_for_another_unit_count_only_with_the_switch() {
    for refreshes in [false, true] {
        let mut bench = charging(ChargerConfig { any_master_frame_refreshes: refreshes, ..ChargerConfig::p2(A) });
        for _ in 0..80 {
            bench.ask(Message::MasterHeartbeat(MasterHeartbeat::no_change(MASTER, B)));
        }
        assert_eq!(bench.charger().relay_closed(), refreshes);
    }
}

#[test]
fn a_unit_set_up_so_resumes_at_what_it_held() {
    let mut bench = charging(ChargerConfig { resume_with_held_limit: true, ..ChargerConfig::p2(A) });
    bench.secs(40);
    bench.keep(20);
    assert_eq!(bench.charger().limit().value(), 1_600);
    assert!(bench.charger().true_current().value() > 1_400);
}

#[test]
fn without_power_nothing_answers_and_afterwards_it_starts_anew() {
    let mut bench = charging(ChargerConfig::p2(A));
    bench.command(twc_sim::Charger::power_off);
    assert_eq!(bench.heartbeat(Command::NO_CHANGE, 0), None);
    assert_eq!((bench.charger().led(), bench.charger().limit()), (Led::Off, CentiAmps::ZERO));
    bench.command(twc_sim::Charger::power_on);
    bench.secs(3);
    assert_eq!(bench.link_readys().len(), 3);
    let answer = bench.keep(2);
    assert_eq!((answer.state, answer.limit), (SlaveState::WANTS_CHARGE, CentiAmps::ZERO));
}
