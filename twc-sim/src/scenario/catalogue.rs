//! The scenarios that come with the crate.

/// Name and text, in the order of their names; a test compares this with the folder.
macro_rules! catalogue {
    ($($name:literal),+ $(,)?) => {
        /// Name and text of each scenario, in the order of their names.
        pub const CATALOGUE: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../scenarios/", $name, ".toml")))),+];
    };
}

catalogue![
    "absurd-counter",
    "another-master",
    "bad-cable-morning",
    "battery-on-another-phase",
    "by-hand-and-by-rule",
    "clouds",
    "contactor",
    "contactor-by-hook",
    "converter-150ms",
    "converter-stalls",
    "departure-after-a-top-up",
    "echoing-adapter",
    "eight-amp-car",
    "fast-meter",
    "first-generation",
    "full-battery-helps",
    "fuse-3x20",
    "grid-operator",
    "i3-at-home",
    "kettle-and-oven",
    "late-and-doubled",
    "limit-changes-while-charging",
    "limit-falls-throttles",
    "master-restarts",
    "meter-lies",
    "minimum-by-day",
    "net-total-each-half-minute",
    "night-rate-ends",
    "no-break-through-loop",
    "no-spike-cure",
    "nobody-answers",
    "not-a-slave",
    "one-heartbeat",
    "one-phase-and-three",
    "one-way-loss",
    "one-way-stalls",
    "orders-survive-a-restart",
    "panel-below-the-site",
    "phases-change",
    "prices-by-the-hour",
    "slave-with-our-id",
    "sleeps-after-power-loss",
    "stop-by-command",
    "stop-by-silence",
    "stop-to-the-minimum",
    "stop-with-zero",
    "storm-and-calm",
    "taper-and-ui-cap",
    "three-heartbeats",
    "three-phases-or-one",
    "three-share",
    "two-buses-one-house",
    "two-cars-little-sun",
    "two-cars-ten-amps",
    "two-with-one-id",
    "whose-car",
    "winter-day",
    "withhold-one",
];

/// The text of the scenario with this name.
pub fn by_name(name: &str) -> Option<&'static str> {
    CATALOGUE.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}
