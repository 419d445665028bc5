//! What the slaves are doing, told whenever it changes.

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use twc_proto::{CentiAmps, Instant, SlaveState};
use twc_sim::{Charger, World};

/// Changes of the drawn current alone are told no more often than this: a car ramps in small steps.
const DRAWN_PERIOD: Duration = Duration::from_secs(1);

/// One slave as it is, in the units of the report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct SlaveReport {
    time: f64,
    slave: String,
    state: u8,
    limit_amps: f64,
    drawn_amps: f64,
    relay: bool,
    led: String,
}

impl SlaveReport {
    pub(crate) fn new(now: Instant, charger: &Charger) -> Self {
        Self {
            time: seconds(now),
            slave: charger.id().to_string(),
            state: charger.state().code(),
            limit_amps: amps(charger.limit()),
            drawn_amps: amps(charger.reported_current()),
            relay: charger.relay_closed(),
            led: charger.led().to_string(),
        }
    }

    /// Whether more than the time and the drawn current differs.
    fn differs_in_kind(&self, other: &Self) -> bool {
        *self != Self { time: self.time, drawn_amps: self.drawn_amps, ..other.clone() }
    }

    fn differs(&self, other: &Self) -> bool {
        *self != Self { time: self.time, ..other.clone() }
    }
}

impl fmt::Display for SlaveReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = SlaveState::new(self.state).to_string();
        let relay = if self.relay { "closed" } else { "open" };
        write!(
            f,
            "{:>9.3} s  {}  state {state:<16} limit {:5.2} A  draws {:5.2} A  relay {relay:<6}  led {}",
            self.time, self.slave, self.limit_amps, self.drawn_amps, self.led
        )
    }
}

/// Finds the changes.
#[derive(Debug)]
pub(crate) struct Reporter {
    json: bool,
    told: Vec<(Instant, SlaveReport)>,
    /// When a held back change of a drawn current is to be told.
    due: Option<Instant>,
}

impl Reporter {
    pub(crate) fn new(json: bool) -> Self {
        Self { json, told: Vec::new(), due: None }
    }

    /// When to look again although nothing happened.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.due
    }

    /// A line for each slave that changed since the last call; the first call tells all.
    pub(crate) fn changes(&mut self, now: Instant, world: &World) -> Vec<String> {
        let mut lines = Vec::new();
        self.due = None;
        for (index, charger) in world.chargers().enumerate() {
            let report = SlaveReport::new(now, charger);
            match self.told.get_mut(index) {
                None => {
                    lines.push(render(self.json, &report));
                    self.told.push((now, report));
                }
                Some((_, told)) if !report.differs(told) => {}
                Some((at, told)) if !report.differs_in_kind(told) && now < *at + DRAWN_PERIOD => {
                    let again = *at + DRAWN_PERIOD;
                    self.due = Some(self.due.map_or(again, |due| due.min(again)));
                }
                Some(entry) => {
                    lines.push(render(self.json, &report));
                    *entry = (now, report);
                }
            }
        }
        lines
    }
}

/// As a JSON object, or to be read.
pub(crate) fn render<T: Serialize + fmt::Display>(json: bool, value: &T) -> String {
    if json { to_json(value) } else { value.to_string() }
}

/// One line of JSON.
pub(crate) fn to_json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|error| format!("{{\"error\":\"no JSON: {error}\"}}"))
}

/// Seconds since the start, with milliseconds.
pub(crate) fn seconds(now: Instant) -> f64 {
    Duration::from_millis(now.as_millis()).as_secs_f64()
}

pub(crate) fn amps(current: CentiAmps) -> f64 {
    f64::from(current.value()) / 100.0
}
