//! When a unit announces itself.

mod bench;

use bench::{A, Bench, MASTER};
use twc_proto::message::MasterLinkReady;
use twc_proto::{Message, Sign};
use twc_sim::ChargerConfig;

fn gaps(bench: &Bench) -> Vec<u64> {
    bench.link_readys().windows(2).map(|pair| pair[1] - pair[0]).collect()
}

fn assert_cadence(config: ChargerConfig, period: u64) {
    let mut bench = Bench::new(config);
    bench.secs(60);
    let gaps = gaps(&bench);
    assert!(gaps[..2].iter().all(|gap| *gap == 500), "{gaps:?}");
    assert!(gaps.len() > 5 && gaps[2..].iter().all(|gap| gap.abs_diff(period) <= 100), "{gaps:?}");
}

#[test]
fn three_quick_ones_and_then_every_six_seconds_on_new_firmware() {
    assert_cadence(ChargerConfig::p2(A), 6_000);
}

#[test]
fn three_quick_ones_and_then_every_ten_seconds_on_protocol_1() {
    assert_cadence(ChargerConfig::p1(A), 10_000);
}

#[test]
fn a_linked_unit_does_not_announce_itself() {
    let mut bench = Bench::new(ChargerConfig::p2(A));
    bench.keep(1);
    let before = bench.link_readys().len();
    bench.keep(30);
    assert_eq!(bench.link_readys().len(), before);
}

#[test]
fn a_reset_brings_a_new_sign_and_keeps_the_id() {
    let mut bench = Bench::new(ChargerConfig::p2(A));
    bench.keep(2);
    let sign = bench.charger().sign();
    let before = bench.link_readys().len();
    bench.command(twc_sim::Charger::reset);
    bench.secs(3);
    assert_eq!(bench.charger().id(), A);
    assert_ne!(bench.charger().sign(), sign);
    assert_eq!(bench.link_readys().len() - before, 3);
}

#[test]
fn linkready_2_is_answered_only_by_units_that_are_set_up_so() {
    for (answers, expected) in [(false, 0), (true, 5)] {
        let config = ChargerConfig { answer_link_ready_2: answers, ..ChargerConfig::p2(A) };
        let mut bench = Bench::new(config);
        bench.keep(2);
        let before = bench.link_readys().len();
        for _ in 0..2 {
            bench.ask(Message::LinkReady2(MasterLinkReady::new(MASTER, Sign::new(1))));
        }
        bench.secs(4);
        assert_eq!(bench.link_readys().len() - before, expected);
    }
}
