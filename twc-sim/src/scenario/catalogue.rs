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
    "bad-cable-morning",
    "contactor",
    "converter-150ms",
    "converter-stalls",
    "echoing-adapter",
    "eight-amp-car",
    "first-generation",
    "fuse-3x20",
    "i3-at-home",
    "limit-changes-while-charging",
    "limit-falls-throttles",
    "master-restarts",
    "no-break-through-loop",
    "no-spike-cure",
    "nobody-answers",
    "not-a-slave",
    "one-heartbeat",
    "one-phase-and-three",
    "phases-change",
    "sleeps-after-power-loss",
    "storm-and-calm",
    "taper-and-ui-cap",
    "three-heartbeats",
    "three-share",
    "two-cars-ten-amps",
    "withhold-one",
];

/// The text of the scenario with this name.
pub fn by_name(name: &str) -> Option<&'static str> {
    CATALOGUE.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}
