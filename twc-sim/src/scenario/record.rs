//! The trace of a run: what happened, one JSON object per line. `docs/trace.md` is the format's reference.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The name in a trace's first line.
pub const FORMAT: &str = "twc-trace";
/// The version written here. A reader refuses a higher one.
pub const VERSION: u32 = 1;

/// One line. Times are in seconds since the start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Record {
    /// The first line.
    Begin {
        /// [`FORMAT`].
        format: String,
        /// [`VERSION`].
        version: u32,
        /// The scenario's name.
        scenario: String,
        /// The run's seed.
        seed: u64,
        /// How long the scenario takes.
        seconds: f64,
        /// Of the shared circuit.
        limit_amps: f64,
        /// Ids in order.
        slaves: Vec<String>,
    },
    /// A transmission.
    Frame {
        /// When its first bit began.
        time: f64,
        /// `master`, or a slave's number from 1 on.
        from: String,
        /// What was on the wire, damage included.
        wire: String,
        /// That is not what was sent.
        #[serde(default, skip_serializing_if = "is_false")]
        damaged: bool,
    },
    /// A slave, whenever it changes.
    Slave {
        /// When.
        time: f64,
        /// Its number from 1 on.
        slave: usize,
        /// Its state.
        state: u8,
        /// What the last frame that set one offered; absent before.
        offered_amps: Option<f64>,
        /// The limit in force.
        limit_amps: f64,
        /// What truly flows.
        drawn_amps: f64,
        /// What it says flows.
        reported_amps: f64,
        /// Whether the car is connected.
        relay: bool,
        /// What the lamps show.
        led: String,
        /// Whether it has a master.
        linked: bool,
    },
    /// The sums over all slaves, whenever they change.
    Sums {
        /// When.
        time: f64,
        /// What was sent and may be in force, by the judge's books.
        promised_amps: f64,
        /// The limits in force.
        in_force_amps: f64,
        /// What truly flows.
        drawn_amps: f64,
    },
    /// The house, at most once a second.
    House {
        /// When.
        time: f64,
        /// From the grid; negative while it exports.
        grid_watts: i64,
        /// From the sun.
        solar_watts: i64,
        /// Everything that is neither charger nor battery.
        loads_watts: i64,
        /// Into the battery; negative while it gives.
        battery_watts: i64,
    },
    /// A meter's sample arrived.
    Sample {
        /// When.
        time: f64,
        /// Its number from 1 on.
        meter: usize,
        /// When it was measured.
        measured: f64,
        /// Power of all phases.
        watts: i64,
    },
    /// The scenario did something.
    Action {
        /// When.
        time: f64,
        /// What.
        text: String,
    },
    /// The shared circuit may carry another current from now on.
    Limit {
        /// When.
        time: f64,
        /// How much.
        limit_amps: f64,
    },
    /// The master said something.
    Note {
        /// When.
        time: f64,
        /// What.
        text: String,
    },
    /// A rule was broken.
    Violation {
        /// When.
        time: f64,
        /// Which.
        rule: String,
        /// The numbers.
        text: String,
    },
    /// The last line.
    End {
        /// When.
        time: f64,
        /// `kept` or `broken`.
        verdict: String,
        /// Frames in all.
        frames: u64,
        /// Of them damaged.
        damaged: u64,
        /// Of them collided.
        collided: u64,
    },
}

/// A trace that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TraceError {
    /// The first line is no `begin` of this format.
    #[error("not a trace: the first line is no `{FORMAT}`")]
    NotATrace,
    /// Written by something newer.
    #[error("a trace of version {found}; this program reads up to {VERSION}")]
    TooNew {
        /// Its version.
        found: u32,
    },
    /// A line is no record.
    #[error("line {line}: {message}")]
    BadLine {
        /// From 1 on.
        line: usize,
        /// What is wrong with it.
        message: String,
    },
}

impl Record {
    /// As one line of JSON, without its end.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|error| format!("{{\"error\":\"no JSON: {error}\"}}"))
    }

    /// Reads a whole trace.
    ///
    /// # Errors
    /// The first line that makes no sense.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, TraceError> {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let mut records = Vec::new();
        for (index, line) in lines {
            let bad =
                |error: serde_json::Error| TraceError::BadLine { line: index + 1, message: error.to_string() };
            let record = serde_json::from_str(line).map_err(bad);
            match (records.is_empty(), &record) {
                (true, Ok(Self::Begin { format, version, .. })) if format == FORMAT => {
                    if *version > VERSION {
                        return Err(TraceError::TooNew { found: *version });
                    }
                }
                (true, _) => return Err(TraceError::NotATrace),
                (false, _) => {}
            }
            records.push(record?);
        }
        if records.is_empty() { Err(TraceError::NotATrace) } else { Ok(records) }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)] // As serde wants it.
fn is_false(value: &bool) -> bool {
    !value
}
