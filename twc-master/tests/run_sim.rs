//! `run --link sim:SCENARIO`: the scenario's wall connectors and what happens to them, in real time.
#![cfg(feature = "app")]

mod programs;

use programs::{run, scratch};

const SCENARIO: &str = r#"
name = "a-guest"
about = "Two wall connectors, one with a car from the beginning, one with a guest after 3 s."
duration = "1min"
limit = "40A"

[[charger]]
car = "tesla"
wants = "20kWh"

[[charger]]
[[charger.visit]]
car = "i3"
wants = "10kWh"
arrives = "3s"
"#;

#[test]
fn a_scenario_runs_inside_the_program() {
    let place = scratch("run-sim");
    let file = place.join("two.toml");
    std::fs::write(&file, SCENARIO).unwrap();
    let mut master = run(&format!("sim:{}", file.display()), &place.join("state.json"));
    master.wait_for_events(30, &[("slave-linked", "3495", None), ("plugged-in", "3496", None)]);
    assert_eq!(master.terminate().code(), Some(0));
}
