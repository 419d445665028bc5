//! FC B1 and FC B2.

mod bench;

use bench::{A, Bench, MASTER};
use twc_proto::Message;
use twc_proto::message::{Ack, Control, Switch};
use twc_sim::{Car, CarProfile, ChargerConfig};

fn start() -> Message {
    Message::Start(Control { master: MASTER, slave: A })
}

fn stop() -> Message {
    Message::Stop(Control { master: MASTER, slave: A })
}

fn ack(switch: Switch) -> Message {
    Message::Ack(Ack { switch, slave: A })
}

#[test]
fn most_cars_stop_and_start_cleanly() {
    let mut bench = Bench::charging(ChargerConfig::p2(A), CarProfile::i3(), 1_600);
    for _ in 0..5 {
        assert_eq!(bench.ask(stop()), [ack(Switch::Stop)]);
        assert!(!bench.charger().relay_closed());
        assert_eq!((bench.keep(10).drawn.value(), bench.charger().limit_in_force().value()), (0, 0));
        assert_eq!(bench.ask(start()), [ack(Switch::Start)]);
        assert!(bench.keep(20).drawn.value() > 1_400);
    }
}

#[test]
fn a_tesla_refuses_until_it_is_plugged_in_again() {
    let mut bench = Bench::charging(ChargerConfig::p2(A), CarProfile::tesla(), 1_600);
    bench.ask(stop());
    assert_eq!(bench.ask(start()), [ack(Switch::Start)]);
    assert_eq!(bench.keep(60).drawn.value(), 0);
    assert!(bench.charger().car().unwrap().has_fault());
    let car: Car = bench.command(twc_sim::Charger::unplug).unwrap();
    bench.command(|charger, now| charger.plug_in(now, car).unwrap());
    bench.keep(3);
    bench.heartbeat(twc_proto::Command::INITIAL_LIMIT, 1_600);
    assert!(bench.keep(30).drawn.value() > 1_400);
}

#[test]
fn older_firmware_does_not_know_them() {
    for config in [ChargerConfig { firmware: [4, 4, 13, 0], ..ChargerConfig::p2(A) }, ChargerConfig::p1(A)] {
        let mut bench = Bench::charging(config, CarProfile::i3(), 1_600);
        assert_eq!(bench.ask(stop()), []);
        assert!(bench.keep(5).drawn.value() > 1_400);
    }
}
