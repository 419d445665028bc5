//! A car is stopped in the way its unit allows, at the cost that was stated, and nobody else notices.

mod common;

use common::{Bench, IDS, amps, config};
use twc_master::{
    CommandError, Cost, Event, HookOutcome, Mode, Profile, SlaveSettings, Standing, StopRefusal, Strategy,
};
use twc_proto::{CentiAmps, Command};
use twc_sim::{ChargerConfig, WorldConfig};

/// Two slaves with cars that charge.
fn charging(units: Vec<ChargerConfig>, car: &str) -> Bench {
    let mut bench = Bench::with_units(config(40, units.len()), units, WorldConfig::default());
    bench.run_for(20);
    let count = bench.sim.world().chargers().count();
    (0..count).for_each(|charger| bench.plug_in_a(charger, car, 60_000));
    bench.run_for(120);
    (0..count).for_each(|charger| assert!(bench.charger(charger).true_current() > amps(10)));
    bench
}

fn p2(count: usize) -> Vec<ChargerConfig> {
    IDS.into_iter().take(count).map(ChargerConfig::p2).collect()
}

#[test]
fn protocol_1_stops_cleanly_at_zero_and_is_told_so_in_every_heartbeat() {
    let mut bench = charging(IDS.into_iter().take(2).map(ChargerConfig::p1).collect(), "tesla");
    assert_eq!(bench.master().stop(IDS[0], None), Ok(Cost::CleanForTesla));
    bench.run_for(60);
    assert_eq!(bench.charger(0).true_current(), CentiAmps::ZERO);
    let told = bench.told(0);
    assert!(told.len() > 5 && told.iter().all(|told| *told == (Command::INITIAL_LIMIT, 0)), "{told:?}");
    assert_eq!(bench.charger(0).relay_closings(), 1, "no clatter");
    // Its floor stays reserved, the rest is the other's.
    assert_eq!(bench.limits()[1], 32);
    assert!(bench.status(0).off);
    let now = bench.sim.now();
    assert!(bench.master().release(now, IDS[0]));
    bench.run_for(120);
    assert!(bench.charger(0).true_current() > amps(10));
    assert_eq!(bench.status(0).strikes, 0);
    bench.assert_kept();
}

#[test]
fn protocol_2_is_reduced_by_default_and_says_that_it_goes_on() {
    let mut bench = charging(p2(2), "tesla");
    assert_eq!(bench.master().stop(IDS[0], None), Ok(Cost::GoesOn { at_least: amps(6) }));
    bench.run_for(60);
    assert_eq!(bench.limits(), [6, 32]);
    assert_eq!(bench.master().stop(IDS[0], Some(Strategy::Zero)), Err(StopRefusal::NeedsProtocol1));
    bench.assert_kept();
}

#[test]
fn withhold_affects_only_target() {
    let mut bench = charging(p2(3), "tesla");
    let cost = bench.master().stop(IDS[1], Some(Strategy::Withhold));
    assert_eq!(cost, Ok(Cost::Interruption { number: 1, of: Some(2) }));
    bench.run_for(45);
    assert_eq!(bench.charger(1).true_current(), CentiAmps::ZERO);
    for other in [0, 2] {
        assert!(bench.charger(other).true_current() > amps(10));
        assert_eq!(bench.charger(other).car().unwrap().interruptions(), 0);
    }
    assert_eq!((bench.status(1).standing, bench.status(1).strikes), (Standing::Withheld, 1));
    let longest = bench.master().lateness().longest_gap;
    assert!(longest < core::time::Duration::from_secs(2), "{longest:?}");
    // It is freed on proof only, and its linkreadys do not bring it back.
    bench.run_for(120);
    assert_eq!(bench.status(1).commitment, CentiAmps::ZERO);
    assert_eq!(bench.limits()[0], 20);
    bench.master().start(IDS[1]).unwrap();
    bench.run_for(120);
    assert!(bench.charger(1).true_current() > amps(10));
    bench.assert_kept();
}

#[test]
fn a_released_slave_is_served_at_once_and_once() {
    let mut bench = charging(p2(1), "tesla");
    bench.master().stop(IDS[0], Some(Strategy::Withhold)).unwrap();
    bench.run_for(10);
    let now = bench.sim.now();
    assert!(bench.master().release(now, IDS[0]));
    bench.run_for(5);
    assert_eq!(bench.status(0).standing, Standing::Linked);
    // The dwell runs out; nothing happens to a slave that is linked already.
    bench.run_for(90);
    assert_eq!(bench.status(0).standing, Standing::Linked);
    assert_eq!(bench.charger(0).car().unwrap().interruptions(), 0);
    assert!(bench.charger(0).true_current() > amps(10));
}

#[test]
fn the_third_interruption_is_refused_and_that_is_an_answer() {
    let mut bench = charging(p2(1), "tesla");
    for number in 1..=2 {
        let cost = bench.master().stop(IDS[0], Some(Strategy::Withhold));
        assert_eq!(cost, Ok(Cost::Interruption { number, of: Some(2) }));
        bench.run_for(100);
        assert_eq!(bench.charger(0).true_current(), CentiAmps::ZERO);
        bench.master().start(IDS[0]).unwrap();
        bench.run_for(100);
        assert!(bench.charger(0).true_current() > amps(10));
    }
    let refused = Err(StopRefusal::StrikesSpent { used: 2 });
    assert_eq!(bench.master().stop(IDS[0], Some(Strategy::Withhold)), refused);
    assert_eq!(bench.master().can_stop(IDS[0]), Err(StopRefusal::CannotWithoutReplugging));
    assert!(!bench.charger(0).car().unwrap().has_fault());
    bench.assert_kept();
}

#[test]
fn a_car_that_obeys_commands_is_stopped_and_started_by_them_while_heartbeats_go_on() {
    let mut bench = charging(p2(2), "fiat_500e");
    let settings = SlaveSettings { profile: &Profile::FIAT_500E, ..SlaveSettings::DEFAULT };
    bench.master().set_slave(IDS[0], settings).unwrap();
    assert_eq!(bench.master().stop(IDS[0], None), Ok(Cost::CleanByCommand));
    bench.run_for(30);
    assert_eq!(bench.charger(0).true_current(), CentiAmps::ZERO);
    assert!(bench.charger(0).is_linked());
    bench.run_for(60);
    bench.master().start(IDS[0]).unwrap();
    bench.run_for(90);
    assert!(bench.charger(0).true_current() > amps(5), "{:?}", bench.status(0));
    bench.assert_kept();
}

#[test]
fn a_tesla_on_can_is_not_stopped_by_command_even_where_the_profile_says_so() {
    let mut bench = charging(p2(1), "tesla");
    let settings = SlaveSettings { profile: &Profile::FIAT_500E, ..SlaveSettings::DEFAULT };
    bench.master().set_slave(IDS[0], settings).unwrap();
    bench.run_for(30);
    assert_eq!(bench.master().stop(IDS[0], Some(Strategy::Command)), Err(StopRefusal::TeslaOnCan));
    // The usual way of that profile is out of the question too, so it is reduced.
    assert_eq!(bench.master().stop(IDS[0], None), Ok(Cost::GoesOn { at_least: amps(6) }));
    bench.run_for(60);
    assert!(!bench.charger(0).car().unwrap().has_fault());
}

#[test]
fn a_hook_gets_a_deadline_and_its_word_frees_nothing() {
    let mut bench = charging(p2(1), "tesla");
    let cost = bench.master().stop(IDS[0], Some(Strategy::Hook)).unwrap();
    assert!(matches!(cost, Cost::Hook { .. }));
    bench.run_for(10);
    assert!(bench.happened(|event| matches!(event, Event::HookDue { stop: true, .. })));
    bench.master().handle_hook(IDS[0], HookOutcome::Done).unwrap();
    bench.run_for(90);
    assert!(!bench.happened(|event| matches!(event, Event::HookFailed { .. })));
    assert!(bench.status(0).commitment >= amps(6));
    bench.master().start(IDS[0]).unwrap();
    bench.run_for(100);
    assert!(bench.happened(|event| matches!(event, Event::HookDue { stop: false, .. })));
    assert!(bench.happened(|event| matches!(event, Event::HookFailed { .. })), "nobody answered the second one");
}

#[test]
fn off_by_contactor_is_no_fault_and_an_auxiliary_contact_frees_at_once() {
    let mut bench = charging(p2(2), "tesla");
    bench.master().stop(IDS[0], Some(Strategy::Hook)).unwrap();
    bench.run_for(5);
    let now = bench.sim.now();
    bench.charger_mut(0).power_off(now);
    bench.master().handle_hook(IDS[0], HookOutcome::ShownOpen).unwrap();
    bench.run_for(60);
    assert_eq!((bench.status(0).standing, bench.status(0).commitment), (Standing::PoweredOff, CentiAmps::ZERO));
    assert_eq!(bench.limits()[1], 32);
    assert!(!bench.happened(|event| matches!(event, Event::SlaveSilenced { .. })));
    // The judge does not see auxiliary contacts, only what was promised; what was in force kept to the limit.
    assert!(bench.sim.world().verdict().unwrap().peaks().in_force <= 4_000);
    // Back on: the same slave, in its place.
    bench.master().start(IDS[0]).unwrap();
    let now = bench.sim.now();
    bench.charger_mut(0).power_on(now);
    bench.run_for(90);
    let status = bench.status(0);
    assert_eq!(status.standing, Standing::Linked, "{status:?} {:?}", bench.status(1));
    assert_eq!(bench.limits(), [20, 20]);
    assert!(bench.sim.world().verdict().unwrap().peaks().in_force <= 4_000);
}

#[test]
fn an_announced_power_cut_raises_no_alarm_and_keeps_its_amps_until_proof() {
    let mut bench = charging(p2(1), "tesla");
    bench.master().expect_power_off(IDS[0]).unwrap();
    let now = bench.sim.now();
    bench.charger_mut(0).power_off(now);
    bench.run_for(40);
    assert!(bench.happened(|event| matches!(event, Event::PoweredOff { .. })));
    assert!(!bench.happened(|event| matches!(event, Event::SlaveSilenced { .. })));
    assert_eq!(bench.status(0).standing, Standing::PoweredOff);
    assert!(bench.status(0).commitment > CentiAmps::ZERO, "{:?}", bench.status(0));
    bench.run_for(60);
    assert_eq!(bench.status(0).commitment, CentiAmps::ZERO);
}

#[test]
fn off_and_minimum_are_modes_and_a_start_outranks_them() {
    let mut bench = charging(p2(2), "tesla");
    bench.master().set_mode(Mode::Minimum);
    bench.run_for(60);
    assert_eq!(bench.limits(), [6, 6]);
    bench.master().set_mode(Mode::Off);
    bench.master().start(IDS[1]).unwrap();
    bench.run_for(60);
    assert_eq!(bench.limits(), [6, 32]);
    bench.assert_kept();
}

#[test]
fn budgets_and_caps_only_lower() {
    let mut bench = charging(p2(2), "tesla");
    let above = bench.master().set_budget(Some(amps(41)));
    assert_eq!(above, Err(CommandError::AboveCeiling { wanted: amps(41), ceiling: amps(40) }));
    assert_eq!(bench.master().set_cap(IDS[0], Some(amps(5))), Err(CommandError::BelowFloor { wanted: amps(5) }));
    bench.master().set_cap(IDS[0], Some(amps(10))).unwrap();
    bench.run_for(60);
    assert_eq!(bench.limits(), [10, 30]);
    bench.master().set_budget(Some(amps(24))).unwrap();
    bench.run_for(60);
    assert_eq!(bench.limits(), [10, 14]);
    bench.assert_kept();
}
