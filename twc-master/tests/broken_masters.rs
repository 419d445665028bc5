//! The scenarios bite: each mutant breaks one thing on purpose, and the scenario that guards it says which.

mod mutants;

use mutants::{Mutation, broken, outcome};

#[track_caller]
fn assert_breaks(scenario: &str, mutation: Mutation, expected: &str) {
    let outcome = outcome(scenario, mutation);
    let broken = broken(&outcome);
    assert!(broken.iter().any(|key| key.contains(expected)), "{mutation:?} broke {broken:?}\n{outcome}");
}

#[test]
fn a_raise_before_the_other_has_lowered_is_found() {
    assert_breaks("three-share", Mutation::RaisesBeforeTheOtherHasLowered, "sent and committed");
}

#[test]
fn silencing_everybody_because_of_one_is_found() {
    assert_breaks("withhold-one", Mutation::SilencesEverybody, "charger 1 linked");
}

#[test]
fn an_offer_below_the_minimum_is_found() {
    assert_breaks("two-cars-ten-amps", Mutation::OffersTooLittle, "between zero and minimum");
}

#[test]
fn stopping_where_throttling_would_do_is_found() {
    assert_breaks("limit-falls-throttles", Mutation::StopsInsteadOfThrottling, "refusing_cars");
}

#[test]
fn a_limit_that_fell_and_was_ignored_is_found() {
    assert_breaks("limit-falls-throttles", Mutation::IgnoresTheLimit, "limits in force");
}

#[test]
fn a_limit_set_with_a_command_that_charging_units_ignore_is_found() {
    assert_breaks("limit-changes-while-charging", Mutation::SetsLimitsWithFive, "limit");
}

#[test]
fn late_heartbeats_are_found() {
    assert_breaks("three-heartbeats", Mutation::DawdlesBetweenHeartbeats, "max_heartbeat_gap");
}

#[test]
fn a_spike_above_the_limit_is_found() {
    assert_breaks("no-spike-cure", Mutation::Spikes, "sent and committed");
}

#[test]
fn giving_everybody_everything_is_found() {
    assert_breaks("fuse-3x20", Mutation::IgnoresTheShare, "sent and committed");
}
