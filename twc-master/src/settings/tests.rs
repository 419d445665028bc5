use std::format;
use std::string::ToString;
use std::time::Duration;

use super::*;
use crate::budget::surplus::{Settlement, Topology};

const WHOLE: &str = r#"
[link]
to = "tcp://192.0.2.7:4001"
id = "4242"

[site]
continuous_limit = "3x20A"
meter = "grid"
margin = "1A"
mode = "solar"

[circuit.garage]
breaker_rating = "32A"

[[slave]]
id = "3495"
name = "left"
circuit = "garage"
continuous_limit = "16A"
phases = "L1,L2,L3"
car = "tesla"
stop = "withhold"
priority = 1

[[slave]]
id = "3496"
continuous_limit = "16A"
minimum = "8A"
maximum = "10A"
mode = "scheduled"

[meter.grid]
interval = "1s"

[surplus]
meter = "grid"
topology = "charger-inside"
settlement = "per-phase"
reserve = "-50W"
flex = "1.4kW"
flex_min_soc = "80%"
deficit = "0.1kWh"
min_on = "15min"

[battery]
source = "exec:read-battery"
sign = "discharging-positive"
stale_after = "2min"
priority_soc = "30%"

[prices]
source = "file:prices.json"
lasts = "15min"
max_age = "48h"

[cap.operator]
circuit = "garage"
silent_after = "5min"
silent_limit = "6A"

[orders]
source = "exec:read-orders"

[schedule.night]
zone = "Europe/Berlin"
otherwise = "off"

[[schedule.night.window]]
days = "mon-fri"
from = "23:00"
to = "07:00"
mode = "now"
amps = "10A"

[[schedule.night.departure]]
by = "07:30"
energy = "20kWh"
power = "11kW"

[[schedule.night.price]]
at_most = "0.05"
mode = "min+solar"
"#;

fn wrong(text: &str) -> SettingsError {
    Settings::parse(text).expect_err(text)
}

/// The whole example with one piece of it changed.
fn changed(from: &str, to: &str) -> String {
    assert!(WHOLE.contains(from), "{from}");
    WHOLE.replacen(from, to, 1)
}

#[test]
fn everything_that_can_be_written_is_understood() {
    let settings = Settings::parse(WHOLE).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(settings.id, Some(TwcId::new(0x4242)));
    let house = settings.site.house.unwrap().config;
    assert_eq!((house.limit[0], house.margin), (CentiAmps::from_amps(20), CentiAmps::from_amps(1)));
    assert_eq!(house.meter.failsafe_after, Duration::from_secs(4));
    assert_eq!(settings.circuits[0].limit, CentiAmps::new(2_560));
    let [left, right] = settings.slaves.as_slice() else { panic!() };
    assert_eq!((left.circuit, left.mode, left.priority), (Some(0), Mode::Solar, 1));
    assert_eq!((right.circuit, right.mode, right.schedule), (None, Mode::Scheduled, Some(0)));
    let surplus = settings.surplus.unwrap().config;
    assert_eq!((surplus.topology, surplus.settlement), (Topology::Inside, Settlement::PerPhase));
    assert_eq!((surplus.reserve_watts, surplus.flex_watts, surplus.switch.deficit), (-50, 1_400, Some(360_000)));
    assert_eq!(settings.schedules[0].schedule.windows().len(), 1);
    assert_eq!(surplus.battery.stale_after, Duration::from_secs(120));
    assert_eq!(settings.battery.as_ref().unwrap().sign, BatterySign::DischargingPositive);
    let prices = settings.prices.as_ref().unwrap();
    assert_eq!((prices.lasts.as_secs(), prices.max_age.unwrap().as_secs()), (900, 172_800));
    let operator = &settings.caps[0];
    let silent = Silent { after: Duration::from_secs(300), limit: CentiAmps::from_amps(6) };
    assert_eq!((operator.circuit, operator.silent), (Some(0), Some(silent)));
    assert_eq!(settings.sources().len(), 3);
    assert_eq!(settings.summary().len(), 12);
    assert!(settings.notes.is_empty(), "{:?}", settings.notes);
}

#[test]
fn an_unknown_key_is_refused_with_its_line_and_what_was_probably_meant() {
    let error = wrong(&changed("continuous_limit = \"3x20A\"", "continuous_limits = \"3x20A\""));
    assert_eq!(error.line(), 7);
    assert!(error.to_string().starts_with("7: `continuous_limits = \"3x20A\"`: unknown field"), "{error}");
    assert_eq!(error.suggestion(), Some("did you mean `continuous_limit`?"));
}

#[test]
fn impossible_combinations_are_refused_each_at_its_line_with_its_reason() {
    let cases = [
        ("\"3x20A\"", "\"5A\"", "takes 6A unasked"),
        ("continuous_limit = \"3x20A\"", "", "the site needs a limit"),
        ("continuous_limit = \"3x20A\"", "continuous_limit = \"20A\"\nbreaker_rating = \"25A\"", "given too"),
        ("minimum = \"8A\"", "minimum = \"17A\"", "more than the 16A that the wiring to 3496 carries"),
        ("stop = \"withhold\"", "stop = \"command\"", "refusing to charge until"),
        (
            "priority_soc = \"30%\"",
            "priority_soc = \"30%\"\nbuffer_soc = \"20%\"",
            "cannot give to cars below that",
        ),
        ("interval = \"1s\"", "interval = \"1s\"\nplus = [\"grid\"]", "it is a sum itself"),
        ("exec:read-orders", "mqtt:orders", "no such kind of source"),
        ("file:prices.json", "file:", "no such kind of source"),
        ("lasts = \"15min\"", "lasts = \"0s\"", "no price would ever hold"),
        ("stale_after = \"2min\"", "stale_after = \"0s\"", "never be believed"),
        ("silent_limit = \"6A\"", "", "nothing says what may flow then"),
        ("silent_after = \"5min\"", "", "nothing says after how long"),
        ("silent_limit = \"6A\"", "silent_limit = \"40A\"", "more than the 25.6A of the circuit"),
        ("circuit = \"garage\"\nsilent", "circuit = \"garden\"\nsilent", "there is no table [circuit.garden]"),
        ("car = \"tesla\"", "car = \"tesler\"", "did you mean `tesla`?"),
        ("minimum = \"8A\"", "minimum = \"5A\"", "takes 6A whatever"),
        ("maximum = \"10A\"", "maximum = \"7A\"", "less than the minimum of 8A"),
        ("maximum = \"10A\"", "maximum = \"20A\"", "more than the 16A that its own wiring carries"),
        ("margin = \"1A\"", "failsafe = \"21A\"", "failsafe current of 21.00 A is more than the limit"),
        ("margin = \"1A\"", "failsafe = \"11A\"", "2 wall connectors at a failsafe of 11A take 22A"),
        ("margin = \"1A\"", "failsafe = \"5A\"", "less than 6A"),
        ("margin = \"1A\"", "margin = \"20A\"", "leaves nothing"),
        ("interval = \"1s\"", "interval = \"10s\"", "interval and a failsafe age of 5 s at most"),
        ("interval = \"1s\"", "interval = \"1s\"\nvalues = \"total\"", "must tell import on each phase"),
        ("interval = \"1s\"", "interval = \"1s\"\nsource = \"modbus:x\"", "no such kind of source"),
        ("meter = \"grid\"", "meter = \"gird\"", "there is no table [meter.gird]"),
        ("charger-inside", "charger-outside", "the cars are behind it"),
        ("circuit = \"garage\"", "circuit = \"garag\"", "there is no table [circuit.garag]"),
        ("breaker_rating = \"32A\"", "breaker_rating = \"32A\"\nfed_by = \"garage\"", "would feed itself"),
        ("id = \"3496\"", "id = \"3495\"", "cannot have one id"),
        ("id = \"4242\"", "id = \"3495\"", "a wall connector below has this id"),
        ("id = \"4242\"", "id = \"0000\"", "damaged answer"),
        ("to = \"07:00\"", "to = \"23:00\"", "write 00:00 to 24:00 for a whole day"),
        ("otherwise = \"off\"", "otherwise = \"scheduled\"", "a schedule cannot follow itself"),
        ("Europe/Berlin", "Europe/Berlni", "is no time zone"),
        ("amps = \"10A\"", "amps = \"3A\"", "takes 6A whatever"),
        ("energy = \"20kWh\"", "energy = \"300kWh\"", "27 hours"),
        ("power = \"11kW\"", "power = \"11W\"", "less than any car"),
        ("mode = \"scheduled\"", "mode = \"now\"\nschedule = \"night\"", "follows no schedule"),
        ("mode = \"solar\"", "mode = \"sunny\"", "makes no sense here, write off, now"),
        ("flex = \"1.4kW\"", "step = \"7A\"", "a step of 7.00 A"),
    ];
    for (from, to, reason) in cases {
        let text = changed(from, to);
        let error = wrong(&text);
        assert!(error.reason().contains(reason), "{to}: {error}");
        let line = text.lines().nth(error.line() - 1).unwrap_or_default().trim();
        assert!(!line.is_empty() && error.to_string().contains(line), "{error}");
    }
}

#[test]
fn a_key_that_needs_another_table_says_which() {
    let zoe = "[site]\ncontinuous_limit = \"7A\"\n[[slave]]\nid = \"3495\"\ncar = \"zoe\"\n";
    assert!(wrong(zoe).reason().contains("needs 8A, and the wiring carries 7A"));
    let without = |table: &str| {
        let tables = WHOLE.split("\n\n").filter(|part| !part.trim_start().starts_with(table));
        tables.collect::<std::vec::Vec<_>>().join("\n\n")
    };
    assert!(wrong(&without("[surplus]")).reason().contains("there is no [surplus]"));
    assert!(wrong(&without("[battery]")).reason().contains("there is no [battery]"));
    let parts = WHOLE.split("\n\n").filter(|part| !part.trim_start_matches('[').starts_with("schedule"));
    let unscheduled = parts.collect::<std::vec::Vec<_>>().join("\n\n");
    assert!(wrong(&unscheduled).reason().contains("no [schedule.NAME] to follow"));
}

#[test]
fn a_fourth_wall_connector_is_refused_and_what_is_unused_is_noted() {
    let slave = |id: u16| format!("[[slave]]\nid = \"{id:04}\"\ncontinuous_limit = \"16A\"\n");
    let slaves: String = (1..=4).map(slave).collect();
    let error = wrong(&format!("[site]\ncontinuous_limit = \"40A\"\n{slaves}"));
    assert!(error.reason().contains("at most 3"), "{error}");
    let idle = "[site]\ncontinuous_limit = \"40A\"\n[meter.spare]\ninterval = \"1s\"\n";
    let notes = Settings::parse(idle).unwrap().notes;
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(notes[1].contains("spare"));
}

#[test]
fn the_schema_knows_every_key_of_the_example_and_no_other() {
    let schema: serde_json::Value = serde_json::from_str(&Settings::schema()).unwrap();
    let site = &schema["$defs"]["Site"];
    assert_eq!(site["additionalProperties"], false);
    assert!(site["properties"]["continuous_limit"].is_object());
    let mut keys = std::vec::Vec::new();
    collect(&schema, &mut keys);
    for line in WHOLE.lines().filter(|line| line.contains(" = ")) {
        let key = line.split(" = ").next().unwrap().to_string();
        assert!(keys.contains(&key), "{key}");
    }
}

/// Every property name of a schema.
fn collect(schema: &serde_json::Value, keys: &mut std::vec::Vec<String>) {
    let serde_json::Value::Object(map) = schema else { return };
    for (name, value) in map {
        if name == "properties" {
            keys.extend(value.as_object().unwrap().keys().cloned());
        }
        collect(value, keys);
    }
}

#[test]
fn a_meter_may_be_the_sum_of_others_once_each_and_only_as_far_as_they_tell() {
    let text = |grid: &str| {
        std::format!(
            "[site]\ncontinuous_limit = \"16A\"\nmode = \"solar\"\n[surplus]\nmeter = \"grid\"\n\
             topology = \"charger-inside\"\n[meter.east]\ninterval = \"5s\"\nvalues = \"total\"\n\
             [meter.house]\ninterval = \"5s\"\n[meter.grid]\ninterval = \"5s\"\n{grid}\n"
        )
    };
    let settings = Settings::parse(&text("values = \"total\"\nplus = [\"house\"]\nminus = [\"east\"]")).unwrap();
    assert_eq!(settings.meters.iter().map(|meter| meter.parts.len()).collect::<Vec<_>>(), [0, 2, 0]);
    assert!(settings.summary().iter().any(|line| line.contains("(house - east)")), "{:?}", settings.summary());
    let wrong_ones = [
        ("plus = [\"house\"]\nminus = [\"east\"]", "it tells the total only"),
        ("plus = [\"house\", \"house\"]", "it would count twice"),
        ("plus = [\"house\"]\nsource = \"exec:x\"", "no source of its own"),
        ("plus = [\"garden\"]", "there is no table [meter.garden]"),
    ];
    for (grid, reason) in wrong_ones {
        let error = wrong(&text(grid));
        assert!(error.to_string().contains(reason), "{error}");
    }
}
