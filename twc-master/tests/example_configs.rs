//! Claim: every example configuration charges cars in a simulated house of its kind, for a summer day on which the sun
//! rises, a kettle boils and nothing is broken: no limit, no fuse, no rule of the judge.
#![cfg(feature = "app")]

#[allow(dead_code)] // Scenarios that have no configuration are somebody else's.
#[path = "../src/bin/twc-master/guest.rs"]
mod guest;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use guest::Hosted;
use twc_master::settings::{MeterSettings, Settings};
use twc_sim::scenario::{Scenario, run};

/// The house that a configuration is for, as far as it says: its units, its limit, its meters.
fn scenario(settings: &Settings) -> Scenario {
    let limit = settings.site.limit.value() / 100;
    let mut text = format!(
        "name = \"example\"\nabout = \"\"\nduration = \"11h\"\nlimit = \"{limit}A\"\n\
         [expect]\nenergy_wh_at_least = 1000\n\
         [house]\nvolts = {}\n\
         [house.solar]\nday = \"summer\"\npeak = \"12kW\"\n\
         [house.battery]\ncapacity = \"10kWh\"\ncharge = 99\npower = \"2kW\"\nmode = \"idle\"\n\
         [[house.load]]\nprofile = \"base\"\n\
         [[house.load]]\nprofile = \"kettle\"\nphase = \"L3\"\n\
         [[house.fuse]]\nname = \"main\"\nrating = \"{}A\"\ncurve = \"gG\"\n",
        settings.volts,
        limit.max(16),
    );
    let interval = settings.meters.iter().map(|meter: &MeterSettings| meter.config.interval).min();
    let interval = interval.map_or(1_000, |interval| interval.as_millis());
    for (name, place) in [("grid", "grid"), ("beside", "grid-without-chargers"), ("battery", "battery")] {
        let _ =
            writeln!(text, "[[house.meter]]\nname = \"{name}\"\nplace = \"{place}\"\ninterval = \"{interval}ms\"");
    }
    for slave in &settings.slaves {
        let one = (0..3).filter(|phase| slave.phases.contains(*phase)).collect::<Vec<_>>();
        let _ = writeln!(text, "[[charger]]\nid = \"{}\"\ncar = \"i3\"\nwants = \"60kWh\"", slave.id);
        if let [phase] = one[..] {
            let _ = writeln!(text, "single_phase = \"L{}\"", phase + 1);
        }
    }
    Scenario::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[test]
fn every_example_configuration_charges_and_breaks_nothing() {
    let configs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/configs");
    for entry in fs::read_dir(configs).unwrap() {
        let path = entry.unwrap().path();
        let settings = Settings::parse(&fs::read_to_string(&path).unwrap()).unwrap();
        let scenario = scenario(&settings);
        let outcome = run(&scenario, 1, |spec, saved| Hosted::configured(spec, saved, settings.clone())).unwrap();
        assert!(outcome.is_kept(), "{}: {outcome}", path.display());
    }
}
