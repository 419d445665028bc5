//! Heartbeats come in time: 1.2 s apart with one slave, 2.0 s with three, 3.5 s through a slow converter.

mod common;

use core::time::Duration;

use common::{Bench, IDS, amps, config};
use twc_master::{Config, Timing};
use twc_proto::vin::VinState;
use twc_sim::{ChargerConfig, CheckerConfig, FaultPreset, WorldConfig};

/// Ten minutes with `slaves` charging cars; a gap over `most` breaks the checker's rule.
fn gaps_stay_within(most: Duration, slaves: usize, timing: Timing, delay: Duration) {
    let config = Config { timing, ..config(40, slaves) };
    let units = IDS.into_iter().take(slaves).map(ChargerConfig::p2).collect();
    let world = WorldConfig { delay_to_bus: delay, delay_from_bus: delay, ..WorldConfig::default() };
    let checker = CheckerConfig { max_gap: most, may_withhold: false, ..CheckerConfig::new(0, 4_000) };
    let mut bench = Bench::with_checker(config, units, world, checker);
    bench.run_for(20);
    for slave in 0..slaves {
        bench.plug_in(slave);
    }
    bench.run_for(600);
    bench.assert_kept();
    let master = bench.sim.master().unwrap().node();
    let lateness = master.lateness();
    assert!(lateness.longest_gap <= most, "{lateness:?}");
    assert!(u64::from(lateness.count()) > 200 * slaves as u64, "{lateness:?}");
    // The queries were not starved for it.
    for slave in IDS.into_iter().take(slaves) {
        let known = master.knowledge(slave).unwrap();
        assert!(known.serial.is_some() && known.firmware.is_some(), "{known:?}");
        assert!(matches!(known.vin, VinState::Doubtful(_)), "{known:?}");
        assert!(
            known.volts.is_some_and(|(_, at)| bench.sim.now().since(at) < Duration::from_secs(90)),
            "{known:?}"
        );
    }
}

#[test]
fn one_slave_hears_us_every_1_2_seconds() {
    gaps_stay_within(Duration::from_millis(1_200), 1, Timing::SERIAL, Duration::ZERO);
}

#[test]
fn three_slaves_hear_us_every_2_seconds() {
    gaps_stay_within(Duration::from_secs(2), 3, Timing::SERIAL, Duration::ZERO);
}

#[test]
fn three_slaves_behind_a_slow_converter_hear_us_every_3_5_seconds() {
    gaps_stay_within(Duration::from_millis(3_500), 3, Timing::TCP, Duration::from_millis(150));
}

/// Units that know none of the questions never answer them: that costs time, and not the heartbeats'.
#[test]
fn questions_without_an_answer_hold_up_no_heartbeat() {
    let units = IDS.into_iter().map(ChargerConfig::firmware_4_4).collect();
    let checker =
        CheckerConfig { max_gap: Duration::from_secs(2), may_withhold: false, ..CheckerConfig::new(0, 4_000) };
    let mut bench = Bench::with_checker(config(40, 3), units, WorldConfig::default(), checker);
    bench.run_for(20);
    (0..3).for_each(|slave| bench.plug_in(slave));
    bench.run_for(600);
    bench.assert_kept();
    let longest = bench.master().lateness().longest_gap;
    assert!(longest <= Duration::from_secs(2), "{longest:?}");
}

/// Cars begin to charge one after another and the first gives up what the others need. In some rounds that meets a
/// question: both would take an exchange from those whose turn it is.
#[test]
fn a_question_and_a_lowering_in_one_round_hold_up_no_heartbeat() {
    for seed in 0..8 {
        let units = vec![
            ChargerConfig::p2(IDS[0]),
            ChargerConfig::firmware_4_5_3(IDS[1]),
            ChargerConfig::firmware_4_4(IDS[2]),
        ];
        let config = Config { circuit_limit: Some(amps(32)), ..config(40, 3) };
        let mut bench = Bench::with_units(config, units, WorldConfig { seed, ..WorldConfig::default() });
        for (slave, car) in ["tesla", "tesla_2018", "leaf"].into_iter().enumerate() {
            bench.plug_in_a(slave, car, 20_000);
        }
        bench.run_for(120);
        let longest = bench.master().lateness().longest_gap;
        assert!(longest <= Duration::from_secs(2), "seed {seed}: {longest:?}");
        bench.assert_kept();
    }
}

/// Lost answers are waited for; still no slave that answers at all waits for more than half of what it puts up with.
#[test]
fn on_a_cable_that_loses_frames_no_gap_is_over_five_seconds() {
    for (seed, fault) in [(1, FaultPreset::Home), (2, FaultPreset::BadCable)] {
        let mut bench = Bench::new(40, 3, WorldConfig { seed, fault, ..WorldConfig::default() });
        bench.run_for(20);
        (0..3).for_each(|slave| bench.plug_in(slave));
        bench.run_for(1_800);
        let longest = bench.master().lateness().longest_gap;
        assert!(longest <= Duration::from_secs(5), "{fault}: {longest:?}");
        bench.assert_kept();
    }
}

#[test]
#[should_panic(expected = "heartbeat gap")]
fn the_rule_can_be_broken() {
    gaps_stay_within(Duration::from_millis(900), 3, Timing::SERIAL, Duration::ZERO);
}
