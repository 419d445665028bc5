//! Switches of a unit, and what can break in it.

mod bench;

use std::collections::BTreeSet;

use bench::{A, B, Bench, MASTER};
use twc_proto::message::{Control, Item, MasterLinkReady, Report};
use twc_proto::{
    CentiAmps, Command, Decoder, Envelope, Instant, Message, Node, Received, Sign, SlaveState, Version,
};
use twc_sim::charger::{Line, Rotary};
use twc_sim::{Car, CarProfile, Charger, ChargerConfig, Led, Ratio};

#[test]
fn a_welded_relay_goes_on_whatever_is_commanded() {
    let mut bench = Bench::charging(ChargerConfig::p2(A), CarProfile::i3(), 1_600);
    bench.command(twc_sim::Charger::weld_relay);
    bench.ask(Message::Stop(Control { master: MASTER, slave: A }));
    bench.keep(10);
    assert!(bench.charger().true_current().value() > 1_400);
    bench.secs(60);
    assert!(bench.charger().true_current().value() > 1_400, "also without a master");
    assert!(bench.charger().relay_is_welded() && bench.charger().relay_closed());
}

#[test]
fn an_answer_may_say_05_and_nothing_else_changes() {
    let busy = |answers| {
        let unit = ChargerConfig { busy_answers: answers, ..ChargerConfig::p2(A) };
        let mut bench = Bench::charging(unit, CarProfile::i3(), 1_600);
        let states: BTreeSet<u8> =
            (0..30).map(|_| bench.heartbeat(Command::NO_CHANGE, 0).unwrap().state.code()).collect();
        (states, bench.charger().true_current())
    };
    let (never, flows) = busy(Ratio::ZERO);
    let (sometimes, still_flows) = busy(Ratio::new(1, 3));
    assert_eq!((never, sometimes), (BTreeSet::from([1]), BTreeSet::from([1, 5])));
    assert!(flows.value() > 1_400 && still_flows.value() > 1_400, "{flows} {still_flows}");
}

#[test]
fn a_contact_that_welds_does_so_at_the_closing_it_is_set_to() {
    let config = ChargerConfig { welds_at_closing: Some(2), ..ChargerConfig::p2(A) };
    let mut bench = Bench::charging(config, CarProfile::i3(), 1_600);
    assert!(!bench.charger().relay_is_welded());
    bench.ask(Message::Stop(Control { master: MASTER, slave: A }));
    bench.ask(Message::Start(Control { master: MASTER, slave: A }));
    bench.keep(20);
    assert!(bench.charger().relay_is_welded());
    assert_eq!((bench.charger().relay_closings(), bench.charger().relay_hot_openings()), (2, 1));
}

#[test]
fn a_unit_whose_rotary_switch_is_not_at_f_is_no_slave() {
    for position in [0, 1, 8, 0xE] {
        let config = ChargerConfig { rotary: Rotary::new(position).unwrap(), ..ChargerConfig::p2(A) };
        let mut bench = Bench::new(config);
        bench.secs(30);
        assert_eq!(bench.heartbeat(Command::NO_CHANGE, 0), None, "{position:X}");
        assert_eq!(bench.link_readys().len(), 0, "{position:X}");
    }
}

#[test]
fn a_unit_may_fall_to_six_amps_by_itself() {
    let mut bench = Bench::charging(ChargerConfig::p2(A), CarProfile::i3(), 1_600);
    bench.command(twc_sim::Charger::reset_limit);
    assert_eq!(bench.keep(1).limit, CentiAmps::from_amps(6));
    let forgetful =
        ChargerConfig { forgets_limit_after: Some(core::time::Duration::from_secs(120)), ..ChargerConfig::p2(A) };
    let mut bench = Bench::charging(forgetful, CarProfile::i3(), 1_600);
    assert_eq!(bench.keep(30).limit, CentiAmps::from_amps(16));
    assert_eq!(bench.keep(120).limit, CentiAmps::from_amps(6));
}

#[test]
fn some_counters_show_nonsense_in_their_upper_half() {
    let config = ChargerConfig { energy_kwh: 180, kwh_upper_half: 0x0040, ..ChargerConfig::p2(A) };
    let mut bench = Bench::new(config);
    bench.keep(2);
    let kwh = bench.query(Item::Meter).into_iter().find_map(|report| match report {
        Report::Meter { kwh, .. } => Some(kwh),
        _ => None,
    });
    assert_eq!(kwh, Some(4_194_484));
}

#[test]
fn each_firmware_of_the_field_announces_itself_at_its_own_pace_and_knows_its_own_commands() {
    for (name, period, knows_stop) in
        [("p1", 10, false), ("4.4", 10, false), ("4.5.3", 10, true), ("4.5.10", 6, true)]
    {
        let mut bench = Bench::new(ChargerConfig::by_firmware(name, A).unwrap());
        bench.secs(60);
        let readys = bench.link_readys();
        let last: Vec<u64> = readys.windows(2).rev().take(3).map(|pair| pair[1] - pair[0]).collect();
        assert!(last.iter().all(|gap| gap.abs_diff(period * 1_000) <= 300), "{name}: {last:?}");
        let acks = bench.ask(Message::Stop(Control { master: MASTER, slave: A }));
        assert_eq!(!acks.is_empty(), knows_stop, "{name}");
    }
}

#[test]
fn current_shows_on_the_phases_the_terminals_sit_on() {
    let config = ChargerConfig { lines: [Line::L2, Line::L3, Line::L1], ..ChargerConfig::p2(A) };
    let bench = Bench::charging(config, CarProfile::i3(), 1_600);
    let [l1, l2, l3] = bench.charger().true_phase_currents().map(CentiAmps::value);
    assert!((l1, l3) == (0, 0) && l2 > 1_400, "{l1} {l2} {l3}");
}

#[test]
fn a_short_press_clears_a_lock_and_a_long_one_reboots() {
    use core::time::Duration;
    let mut bench = Bench::new(ChargerConfig::p2(A));
    bench.keep(2);
    let sign = bench.charger().sign();
    bench.heartbeat(Command::ERROR, 0x0200);
    bench.secs(2);
    assert!(bench.charger().is_locked());
    assert_eq!(bench.charger().led().to_string(), "red-5");
    bench.command(|charger, now| charger.hold_reset(now, Duration::from_secs(3)));
    bench.secs(5);
    assert!(bench.charger().is_locked(), "three seconds are too short");
    bench.command(|charger, now| charger.hold_reset(now, Duration::from_secs(5)));
    bench.secs(6);
    assert!(!bench.charger().is_locked());
    bench.command(|charger, now| charger.hold_reset(now, Duration::from_secs(7)));
    bench.secs(20);
    assert_ne!(bench.charger().sign(), sign, "a reboot brings a new sign");
    assert_eq!(bench.charger().id(), A);
    assert_eq!(bench.keep(2).state, SlaveState::READY);
}

#[test]
fn a_loss_timer_of_a_minute_cuts_after_a_minute_and_not_before() {
    use core::time::Duration;
    let config = ChargerConfig { cut_after: Duration::from_secs(60), ..ChargerConfig::p2(A) };
    let mut bench = Bench::charging(config, CarProfile::i3(), 1_600);
    bench.secs(58);
    assert!(bench.charger().true_current().value() > 1_400);
    bench.secs(3);
    assert_eq!((bench.charger().true_current(), bench.charger().relay_closed()), (CentiAmps::ZERO, false));
}

#[test]
fn a_drawn_id_outlives_a_power_cut_only_with_the_switch() {
    for keeps_drawn_id in [false, true] {
        let mut bench = Bench::new(ChargerConfig { keeps_drawn_id, ..ChargerConfig::p2(A) });
        bench.keep(2);
        bench.ask(Message::LinkReady1(MasterLinkReady::new(A, Sign::new(9))));
        let drawn = bench.charger().id();
        assert_ne!(drawn, A);
        bench.command(Charger::power_off);
        bench.command(Charger::power_on);
        assert_eq!(bench.charger().id(), if keeps_drawn_id { drawn } else { A });
    }
}

#[test]
fn a_second_master_shows_as_four_blinks_and_stops_nothing() {
    let mut bench = Bench::charging(ChargerConfig::p2(A), CarProfile::i3(), 1_600);
    bench.ask(Message::LinkReady2(MasterLinkReady::new(MASTER, Sign::new(9))));
    assert_eq!(bench.charger().led(), Led::Green, "its own master");
    bench.ask(Message::LinkReady2(MasterLinkReady::new(B, Sign::new(9))));
    bench.keep(2);
    assert_eq!(bench.charger().led(), Led::Red(4));
    assert!(bench.charger().true_current().value() > 1_400);
    bench.keep(10);
    assert_eq!(bench.charger().led(), Led::Green);
}

#[test]
fn with_dip_switch_2_down_a_tesla_forgives_some_stops_and_with_it_up_none() {
    let survived = |talks_to_car, seed| {
        let config = ChargerConfig { talks_to_car, ..ChargerConfig::p2(A) };
        let mut charger = Charger::new(config, seed, Instant::ZERO);
        charger.plug_in(Instant::ZERO, Car::new(CarProfile::tesla(), 10_000)).unwrap();
        let stop = Message::Stop(Control { master: MASTER, slave: A });
        let stop = Envelope::canonical(Version::P2, stop).unwrap();
        let mut stops = 0;
        while !charger.car().unwrap().has_fault() {
            charger.handle_message(Instant::ZERO, &heard(&stop));
            stops += 1;
        }
        stops - 1
    };
    assert!((0..20).all(|seed| survived(true, seed) == 0));
    let legacy: BTreeSet<i32> = (0..40).map(|seed| survived(false, seed)).collect();
    assert_eq!(legacy, BTreeSet::from([0, 1, 2, 3]), "how many is drawn at plug-in");
}

fn heard(envelope: &Envelope) -> Received {
    let wire = envelope.to_wire();
    Decoder::new().decode(&mut wire.as_ref()).unwrap().unwrap()
}
