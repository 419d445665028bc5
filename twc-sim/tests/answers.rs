//! How a unit answers: when, to whom, in what length, with what behind it.

mod bench;

use bench::{A, B, Bench, MASTER};
use twc_proto::message::{Item, MasterHeartbeat, Query};
use twc_proto::{BodyLen, Command, Envelope, Message, TwcId};
use twc_sim::{ChargerConfig, Ratio, WorldConfig, world::air_time};

fn no_change(slave: TwcId) -> Message {
    Message::MasterHeartbeat(MasterHeartbeat::no_change(MASTER, slave))
}

#[test]
fn answers_begin_150_to_200_ms_after_the_request() {
    let mut bench = Bench::new(ChargerConfig::p2(A));
    bench.keep(2);
    let mut seen = Vec::new();
    for _ in 0..200 {
        let asked = bench.now + air_time(18);
        bench.ask(no_change(A));
        let (answered, _) = *bench.heard.last().unwrap();
        // The answer's last byte is its tail.
        seen.push((answered - air_time(19)).since(asked).as_millis());
    }
    let (least, most) = (seen.iter().min().unwrap(), seen.iter().max().unwrap());
    assert!(*least >= 150 && *most <= 201 && most - least > 30, "{least} to {most}");
}

#[test]
fn frames_for_somebody_else_are_not_answered() {
    let mut bench = Bench::new(ChargerConfig::p2(A));
    bench.keep(2);
    assert_eq!(bench.ask(no_change(B)), []);
}

#[test]
fn every_master_is_answered_under_its_own_id() {
    let mut bench = Bench::new(ChargerConfig::p2(A));
    bench.keep(2);
    let other = TwcId::new(0xC0DB);
    let answers = bench.ask(Message::MasterHeartbeat(MasterHeartbeat::no_change(other, A)));
    assert!(matches!(answers[..], [Message::SlaveHeartbeat(answer)] if answer.master == other));
}

#[test]
fn answers_have_the_length_and_tail_of_their_version() {
    for (config, len, tail) in [(ChargerConfig::p1(A), 14, 0xFC), (ChargerConfig::p2(A), 16, 0xFC)] {
        let mut bench = Bench::new(config);
        bench.keep(2);
        bench.bytes.clear();
        bench.ask(no_change(A));
        assert_eq!(bench.heard.last().unwrap().1.body_len().get(), len);
        assert_eq!(bench.bytes.last(), Some(&tail));
    }
    let mut bench = Bench::new(ChargerConfig::p2(A));
    bench.keep(2);
    bench.query(Item::Meter);
    assert_eq!(bench.heard.last().unwrap().1.body_len(), BodyLen::B20);
    assert_eq!(bench.bytes.last(), Some(&0xFE));
}

#[test]
fn requests_of_any_legal_length_are_answered() {
    for version in [ChargerConfig::p1(A), ChargerConfig::p2(A)] {
        for len in 13..=20 {
            let mut bench = Bench::new(version.clone());
            bench.keep(2);
            let before = bench.heard.len();
            let query = Message::Query(Query { item: Item::OldFirmware, master: MASTER, slave: A });
            let envelope = Envelope::new(query, BodyLen::new(len).unwrap()).unwrap();
            bench.world.handle_outside(bench.now, envelope.to_wire().as_ref());
            bench.secs(1);
            assert_eq!(bench.heard.len(), before + 1, "{len}");
        }
    }
}

#[test]
fn a_silenced_unit_still_obeys_and_a_deaf_one_does_not() {
    let mut bench = Bench::charging(ChargerConfig::p2(A), twc_sim::CarProfile::tesla(), 2_000);
    bench.command(|charger, now| charger.silence(now, core::time::Duration::from_secs(2)));
    assert_eq!(bench.heartbeat(Command::LIMIT, 1_500), None);
    assert_eq!(bench.charger().limit().value(), 1_500);
    bench.secs(2);
    bench.command(|charger, now| charger.deafen(now, core::time::Duration::from_secs(2)));
    assert_eq!(bench.heartbeat(Command::LIMIT, 1_000), None);
    assert_eq!(bench.charger().limit().value(), 1_500);
    bench.secs(2);
    assert_eq!(bench.keep(1).limit.value(), 1_500);
}

#[test]
fn two_units_with_one_id_garble_each_other() {
    let twin = ChargerConfig { listens_first: false, ..ChargerConfig::p2(A) };
    let mut bench = Bench::with(WorldConfig::default(), [twin.clone(), twin]);
    bench.secs(2);
    for _ in 0..50 {
        bench.ask(no_change(A));
    }
    assert!(bench.world.stats().collided > 40, "{:?}", bench.world.stats());
}

#[test]
fn answers_may_come_twice_or_late() {
    let always = Ratio::new(1, 1);
    let mut bench = Bench::new(ChargerConfig { late_answers: always, ..ChargerConfig::p2(A) });
    bench.secs(2);
    bench.heard.clear();
    let asked = bench.now;
    assert_eq!(bench.ask(no_change(A)), []);
    bench.secs(3);
    assert!((2_150..2_250).contains(&bench.heard[0].0.since(asked).as_millis()));

    let mut bench = Bench::new(ChargerConfig { doubled_answers: Ratio::new(1, 2), ..ChargerConfig::p2(A) });
    bench.secs(2);
    let counts: Vec<usize> = (0..20).map(|_| bench.ask(no_change(A)).len()).collect();
    assert!(counts.contains(&1) && counts.contains(&2), "{counts:?}");
}
