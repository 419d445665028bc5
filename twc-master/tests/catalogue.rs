//! Every scenario of the catalogue is kept by this master; those it cannot be asked yet are counted.

#[path = "../src/bin/twc-master/guest.rs"]
mod guest;

use guest::Hosted;
use twc_sim::scenario::{CATALOGUE, Scenario, run};

#[test]
fn every_scenario_is_kept_with_its_own_seed_and_others() {
    let mut pending = Vec::new();
    for (name, text) in CATALOGUE {
        let scenario = Scenario::parse(text).unwrap();
        if scenario.is_pending() {
            pending.push(*name);
            continue;
        }
        for seed in [scenario.seed, 101, 102] {
            let outcome = run(&scenario, seed, Hosted::new).unwrap();
            assert!(outcome.is_kept(), "{outcome}");
        }
    }
    println!(
        "{} scenarios kept, {} pending: {}",
        CATALOGUE.len() - pending.len(),
        pending.len(),
        pending.join(", ")
    );
}
