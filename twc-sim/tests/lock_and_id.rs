//! Command 02, and a master that has our id.

mod bench;

use bench::{A, Bench, MASTER};
use twc_proto::message::MasterLinkReady;
use twc_proto::{Command, Message, Sign, SlaveState};
use twc_sim::{CarProfile, Charger, ChargerConfig, Led};

#[test]
fn command_02_is_answered_once_and_then_nothing_until_a_reset() {
    for (bitmap, blinks) in [(0x01, 3), (0x02, 5), (0x04, 6), (0x05, 3)] {
        let mut bench = Bench::charging(ChargerConfig::p2(A), CarProfile::tesla(), 1_600);
        let answer = bench.heartbeat(Command::ERROR, bitmap << 8).unwrap();
        assert_eq!((answer.state, answer.limit.value()), (SlaveState::ERROR, 0));
        assert_eq!(bench.charger().led(), Led::Red(blinks));
        assert!(!bench.charger().relay_closed());
        for _ in 0..40 {
            assert_eq!(bench.heartbeat(Command::NO_CHANGE, 0), None);
        }
        bench.heard.clear();
        bench.secs(30);
        assert!(bench.link_readys().is_empty());
        bench.command(Charger::reset);
        assert!(bench.heartbeat(Command::NO_CHANGE, 0).is_some());
    }
}

#[test]
fn bits_without_a_meaning_do_not_lock() {
    let mut bench = Bench::new(ChargerConfig::p2(A));
    bench.heartbeat(Command::ERROR, 0x0800);
    assert!(bench.heartbeat(Command::NO_CHANGE, 0).is_some());
}

#[test]
fn some_locks_only_end_with_the_power() {
    let mut bench = Bench::new(ChargerConfig::p2(A));
    bench.heartbeat(Command::ERROR, 0xF900);
    bench.command(Charger::reset);
    assert_eq!(bench.heartbeat(Command::NO_CHANGE, 0), None);
    bench.command(Charger::power_off);
    bench.command(Charger::power_on);
    assert!(bench.heartbeat(Command::NO_CHANGE, 0).is_some());
}

#[test]
fn a_master_with_our_id_makes_us_take_another_id_and_sign() {
    for ready in [Message::LinkReady1, Message::LinkReady2] {
        let mut bench = Bench::new(ChargerConfig::p2(A));
        bench.keep(2);
        bench.ask(ready(MasterLinkReady::new(MASTER, Sign::new(9))));
        assert_eq!(bench.charger().id(), A);
        let sign = bench.charger().sign();
        bench.ask(ready(MasterLinkReady::new(A, Sign::new(9))));
        let id = bench.charger().id();
        assert_ne!((id, bench.charger().sign()), (A, sign));
        assert_eq!(bench.heartbeat(Command::NO_CHANGE, 0), None);
        bench.secs(2);
        assert!(bench.heartbeat_to(id, Command::NO_CHANGE, 0).is_some());
        bench.command(Charger::power_off);
        bench.command(Charger::power_on);
        assert_eq!(bench.charger().id(), A);
    }
}
