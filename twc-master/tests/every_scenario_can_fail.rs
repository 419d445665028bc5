//! No scenario is kept whatever a master does: for each, one of a few broken ones fails it.

mod mutants;

use mutants::{Mutation, broken, outcome};
use twc_sim::scenario::CATALOGUE;

/// From the bluntest on; the first that is found out counts.
const BROKEN: [Mutation; 3] = [Mutation::SaysNothing, Mutation::TalksToNobody, Mutation::IgnoresItsConfiguration];

#[test]
fn every_scenario_is_failed_by_some_broken_master() {
    let mut kept = Vec::new();
    for (name, _) in CATALOGUE {
        let found = BROKEN.into_iter().find_map(|mutation| {
            let broken = broken(&outcome(name, mutation));
            broken.first().map(|key| format!("{name}: {mutation:?} breaks {key}"))
        });
        match found {
            Some(found) => println!("{found}"),
            None => kept.push(*name),
        }
    }
    // No exceptions so far; one would be named here with its reason.
    assert!(kept.is_empty(), "kept by every broken master: {kept:?}");
}
