//! The worlds of the soak hold what they promise: every kind of trouble, some with few kinds, each its own story.
#![cfg(feature = "scenario")]

use core::time::Duration;
use std::collections::BTreeSet;

use twc_proto::TwcId;
use twc_sim::scenario::{Action, Scenario};
use twc_sim::soak;

const HOUR: Duration = Duration::from_secs(3_600);

/// What happens, in one word.
fn kind(action: &Action) -> &'static str {
    match action {
        Action::Plug(..) => "plug",
        Action::Unplug(_) => "unplug",
        Action::PauseCar(_) | Action::ResumeCar(_) => "pause",
        Action::Reset(_) => "reboot",
        Action::ResetLimit(_) => "self-reset to 6 A",
        Action::Power(..) => "power",
        Action::Silence(..) => "mute",
        Action::Deafen(..) => "deaf",
        Action::Fault(_) => "line",
        Action::Stall { to_bus: Some(_), from_bus: Some(_) } => "stall",
        Action::Stall { to_bus: Some(_), .. } => "stall to the bus",
        Action::Stall { .. } => "stall from the bus",
        Action::ForeignMaster { id, .. } if *id == TwcId::default() => "clone",
        Action::ForeignMaster { .. } => "foreign master",
        Action::Limit(None, _) => "limit",
        Action::Limit(Some(_), _) => "limit of a circuit",
        Action::KillMaster => "kill",
        Action::StartMaster => "start",
        Action::DemandRecovery => "recovery",
        _ => "other",
    }
}

fn kinds(scenario: &Scenario) -> BTreeSet<&'static str> {
    scenario.timeline.iter().map(|timed| kind(&timed.action)).collect()
}

#[test]
fn every_kind_of_trouble_is_in_some_world_and_not_in_all() {
    let worlds: Vec<Scenario> = (0..200).map(|seed| soak::scenario(seed, HOUR)).collect();
    for wanted in [
        "plug",
        "pause",
        "reboot",
        "self-reset to 6 A",
        "power",
        "mute",
        "deaf",
        "line",
        "stall",
        "stall to the bus",
        "stall from the bus",
        "clone",
        "foreign master",
        "limit",
        "limit of a circuit",
        "kill",
        "start",
        "recovery",
    ] {
        assert!(worlds.iter().any(|world| kinds(world).contains(wanted)), "{wanted}");
    }
    assert!(worlds.iter().any(|world| !kinds(world).contains("kill") && kinds(world).contains("mute")));
}

#[test]
fn units_differ_as_units_do() {
    let worlds: Vec<Scenario> = (0..200).map(|seed| soak::scenario(seed, HOUR)).collect();
    let some = |what: &str, is: fn(&Scenario) -> bool| {
        let count = worlds.iter().filter(|world| is(world)).count();
        assert!((5..195).contains(&count), "{what}: {count}");
    };
    some("three", |world| world.chargers.len() == 3);
    some("any traffic refreshes", |world| world.chargers[0].any_master_frame_refreshes);
    some("one id twice", |world| {
        world.chargers.iter().map(|unit| unit.id).collect::<BTreeSet<_>>().len() < world.chargers.len()
    });
    some("slow to stop", |world| world.chargers.iter().any(|unit| unit.cut_after > Duration::from_secs(30)));
    some("forgets its limit", |world| world.chargers.iter().any(|unit| unit.forgets_limit_after.is_some()));
    some("talks without listening", |world| world.chargers.iter().any(|unit| !unit.listens_first));
    some("over-reads", |world| world.chargers.iter().any(|unit| unit.meter_error > 50));
    some("P1 beside P2", |world| {
        world.chargers.iter().map(|unit| unit.version as u8).collect::<BTreeSet<_>>().len() > 1
    });
    some("greedy cars", |world| {
        let greedy = |action: &Action| matches!(action, Action::Plug(_, visit) if visit.car.name == "overdraws");
        world.timeline.iter().any(|timed| greedy(&timed.action))
    });
}

#[test]
fn a_name_is_one_world() {
    assert_eq!(soak::scenario(7, HOUR), soak::scenario(7, HOUR));
    assert_ne!(soak::scenario(7, HOUR).timeline, soak::scenario(8, HOUR).timeline);
}

#[test]
fn a_master_that_starts_is_told_the_limits_of_its_time() {
    for seed in 0..100 {
        let world = soak::scenario(seed, HOUR);
        let mut site = world.limit.amps;
        for (place, timed) in world.timeline.iter().enumerate() {
            match &timed.action {
                Action::Limit(None, limit) => site = limit.amps,
                Action::StartMaster => {
                    let told = world.timeline[place + 1..].iter().find_map(|next| match &next.action {
                        Action::Limit(None, limit) if next.time == timed.time => Some(limit.amps),
                        _ => None,
                    });
                    assert!(told.is_some(), "seed {seed} at {:?}, before {site}", timed.time);
                }
                _ => {}
            }
        }
    }
}
