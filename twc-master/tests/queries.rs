//! What is asked, how often, and what is made of the answers.

mod common;

use std::collections::BTreeMap;

use common::{Bench, IDS, amps, config};
use twc_master::knowledge::Plug;
use twc_master::{CommandError, Profile, QueryPlan, Vehicle};
use twc_proto::message::{Item, Query};
use twc_proto::vin::VinState;
use twc_proto::{Decoder, Firmware, Message};
use twc_sim::{CarProfile, ChargerConfig, WorldConfig};

/// Runs for `seconds` and counts what is asked of whom.
fn asked(bench: &mut Bench, seconds: u64) -> BTreeMap<(u16, u8), u32> {
    let mut counts = BTreeMap::new();
    let mut seen = bench.sim.world().trace().recorded();
    for _ in 0..seconds {
        bench.run_for(1);
        let trace = bench.sim.world().trace();
        let new = trace.recorded() - seen;
        seen = trace.recorded();
        let entries: Vec<_> = trace.entries().collect();
        let mut decoder = Decoder::new();
        for entry in entries.into_iter().rev().take(new as usize) {
            let mut bytes = &entry.bytes[..];
            while let Some(outcome) = decoder.decode(&mut bytes) {
                if let Ok(Message::Query(Query { item, slave, .. })) = outcome.map(|received| received.message()) {
                    *counts.entry((slave.value(), item.code())).or_default() += 1;
                }
            }
        }
    }
    counts
}

fn identity() -> QueryPlan {
    QueryPlan { meter: None, ..QueryPlan::DEFAULT }
}

#[test]
fn a_unit_that_knows_no_reports_is_asked_three_times_and_never_again() {
    let units = vec![ChargerConfig::firmware_4_4(IDS[0])];
    let mut bench = Bench::with_units(config(40, 1), units, WorldConfig::default());
    bench.master().set_queries(identity());
    let counts = asked(&mut bench, 1_800);
    let mine = |item: Item| counts.get(&(IDS[0].value(), item.code())).copied().unwrap_or(0);
    assert_eq!((mine(Item::Firmware), mine(Item::Serial)), (3, 3), "{counts:?}");
    // The old forms are one unchecked byte away from frames that brick a unit.
    for old in [Item::OldSerial, Item::OldModel, Item::OldFirmware] {
        assert_eq!(mine(old), 0);
    }
}

#[test]
fn a_car_without_a_vin_is_an_answer_and_final() {
    let mut bench = Bench::new(40, 1, WorldConfig::default());
    bench.master().set_queries(identity());
    bench.run_for(60);
    bench.plug_in_a(0, "i3", 20_000);
    let counts = asked(&mut bench, 1_800);
    for part in [Item::VinPart1, Item::VinPart2, Item::VinPart3] {
        assert_eq!(counts.get(&(IDS[0].value(), part.code())), Some(&1), "{counts:?}");
    }
    assert_eq!(bench.master().knowledge(IDS[0]).unwrap().vin, VinState::None);
}

#[test]
fn protocol_1_is_asked_nothing() {
    let units = vec![ChargerConfig::p1(IDS[0])];
    let mut bench = Bench::with_units(config(40, 1), units, WorldConfig::default());
    bench.run_for(20);
    bench.plug_in(0);
    assert!(asked(&mut bench, 600).is_empty());
    let refused = bench.master().query(IDS[0], Item::Serial);
    assert_eq!(refused, Err(CommandError::CannotAsk { slave: IDS[0] }));
}

#[test]
fn what_a_slave_tells_is_kept_and_the_next_car_is_another() {
    let mut bench = Bench::new(40, 2, WorldConfig::default());
    bench.run_for(20);
    bench.plug_in(0);
    bench.run_for(900);
    let known = bench.master().knowledge(IDS[0]).unwrap();
    assert_eq!(known.firmware, Some(Firmware::new(4, 5, 10, Some(2))));
    assert_eq!(known.serial.unwrap().to_string(), "A17A0003495");
    assert!(matches!(known.vin, VinState::Doubtful(_)), "read twice, the same: {:?}", known.vin);
    assert_eq!(known.plug, Plug::PluggedIn);
    let (volts, _) = known.volts.unwrap();
    assert_eq!(volts, [230; 3]);
    let (phases, _) = known.phase_amps.unwrap();
    assert!(phases.iter().all(|phase| *phase > amps(10)), "{phases:?}");
    // Our own sum beside what truly flowed.
    let (sum, truth) = (u64::from(known.session.watt_hours), bench.charger(0).delivered_watt_hours());
    assert!(sum.abs_diff(truth) * 20 < truth, "{sum} Wh of {truth}");

    let now = bench.sim.now();
    bench.charger_mut(0).unplug(now);
    bench.run_for(60);
    let known = bench.master().knowledge(IDS[0]).unwrap();
    assert_eq!(known.plug, Plug::Unplugged, "the unit was asked");
    bench.plug_in_a(0, "i3", 20_000);
    bench.run_for(120);
    let known = bench.master().knowledge(IDS[0]).unwrap();
    assert_eq!(known.vin, VinState::None);
    assert!(known.session.watt_hours < 1_000);
}

#[test]
fn a_car_known_by_its_vin_is_treated_as_such_wherever_it_is_plugged_in_and_others_are_guests() {
    let mut bench = Bench::new(40, 2, WorldConfig::default());
    let vin = CarProfile::by_name("tesla").unwrap().vin.parse().unwrap();
    bench.master().know_vehicle(vin, &Profile::ZOE).unwrap();
    bench.master().set_guest(Some(&Profile::TESLA_LATCH));
    bench.run_for(20);
    bench.plug_in_a(1, "tesla", 20_000);
    bench.plug_in_a(0, "tesla_2014", 20_000);
    bench.run_for(90);
    assert_eq!(bench.master().knowledge(IDS[1]).unwrap().vehicle, Vehicle::Known(&Profile::ZOE));
    assert_eq!(bench.master().knowledge(IDS[0]).unwrap().vehicle, Vehicle::Guest);
    // Its minimum of 8 A is now what it gets at least.
    bench.master().set_budget(Some(amps(14))).unwrap();
    bench.run_for(60);
    assert_eq!(bench.limits(), [6, 8]);
    let now = bench.sim.now();
    bench.charger_mut(1).unplug(now);
    bench.run_for(60);
    assert_eq!(bench.master().knowledge(IDS[1]).unwrap().vehicle, Vehicle::Unknown);
    bench.assert_kept();
}

#[test]
fn a_query_on_demand_is_answered_in_slack() {
    let mut bench = Bench::new(40, 3, WorldConfig::default());
    bench.master().set_queries(QueryPlan::NONE);
    bench.run_for(60);
    assert_eq!(bench.master().knowledge(IDS[1]).unwrap().serial, None);
    bench.master().query(IDS[1], Item::Serial).unwrap();
    bench.run_for(10);
    assert!(bench.master().knowledge(IDS[1]).unwrap().serial.is_some());
    assert!(bench.master().query(IDS[1], Item::OldSerial).is_err());
    bench.assert_kept();
}
