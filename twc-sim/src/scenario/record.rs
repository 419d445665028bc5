//! The trace of a run: what happened, one JSON object per line. `docs/trace.md` is the format's reference.

use core::fmt::Write as _;
use core::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use twc_proto::{CentiAmps, Decoder, Instant, Message};

use super::Scenario;
use super::outcome::Outcome;
use super::timeline::Action;
use crate::charger::Charger;
use crate::checker::Checker;
use crate::house::{House, MeterSample};
use crate::trace::{Sender, TraceEntry};
use crate::world::World;

/// The name in a trace's first line.
pub const FORMAT: &str = "twc-trace";
/// The version written here. A reader refuses a higher one.
pub const VERSION: u32 = 1;

/// A change of the drawn current alone is recorded no more often than this.
const DRAWN_PERIOD: Duration = Duration::from_secs(1);

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

/// Turns what happens into records.
pub(super) struct Recorder<'a> {
    sink: &'a mut dyn FnMut(&Record),
    /// How many transmissions of each bus were seen.
    heard: Vec<(u64, Decoder)>,
    offered: Vec<Option<CentiAmps>>,
    slaves: Vec<Told>,
    sums: Option<[u32; 3]>,
    violations: usize,
    flows: Option<(Instant, [i64; 4])>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Told {
    at: Instant,
    shown: Shown,
}

/// What of a slave is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shown {
    state: u8,
    offered: Option<CentiAmps>,
    limit: CentiAmps,
    drawn: CentiAmps,
    reported: CentiAmps,
    relay: bool,
    led: String,
    linked: bool,
}

impl<'a> Recorder<'a> {
    pub(super) fn begin(scenario: &Scenario, seed: u64, sink: &'a mut dyn FnMut(&Record)) -> Self {
        sink(&Record::Begin {
            format: FORMAT.to_owned(),
            version: VERSION,
            scenario: scenario.name.clone(),
            seed,
            seconds: scenario.duration.as_secs_f64(),
            limit_amps: amps(scenario.limit_centiamps()),
            slaves: scenario.chargers.iter().map(|charger| charger.id.to_string()).collect(),
        });
        let offered = vec![None; scenario.chargers.len()];
        Self { sink, heard: Vec::new(), offered, slaves: Vec::new(), sums: None, violations: 0, flows: None }
    }

    pub(super) fn action(&mut self, now: Instant, action: &Action) {
        self.write(&Record::Action { time: seconds(now), text: action.to_string() });
        if let Action::Limit(None, limit) = action {
            let limit_amps = amps(u32::from(limit.amps.value()));
            self.write(&Record::Limit { time: seconds(now), limit_amps });
        }
    }

    pub(super) fn sample(&mut self, now: Instant, sample: &MeterSample) {
        self.write(&Record::Sample {
            time: seconds(now),
            meter: sample.meter.0 + 1,
            measured: seconds(sample.at),
            watts: sample.watts,
        });
    }

    pub(super) fn house(&mut self, now: Instant, house: &House) {
        let flows = [house.grid_watts(), house.solar_watts(), house.loads_watts(), house.battery_watts()];
        if self.flows.is_some_and(|(at, told)| told == flows || now < at + DRAWN_PERIOD) {
            return;
        }
        self.flows = Some((now, flows));
        let [grid_watts, solar_watts, loads_watts, battery_watts] = flows;
        self.write(&Record::House { time: seconds(now), grid_watts, solar_watts, loads_watts, battery_watts });
    }

    pub(super) fn note(&mut self, now: Instant, text: &str) {
        self.write(&Record::Note { time: seconds(now), text: text.to_owned() });
    }

    pub(super) fn look(&mut self, now: Instant, world: &World) {
        self.frames(world);
        for (index, charger) in world.chargers().enumerate() {
            self.slave(now, index, charger);
        }
        if let Some(checker) = world.checker() {
            self.sums(now, world, checker);
            self.violations(checker);
        }
    }

    pub(super) fn end(&mut self, now: Instant, outcome: &Outcome) {
        self.write(&Record::End {
            time: seconds(now),
            verdict: if outcome.is_kept() { "kept" } else { "broken" }.to_owned(),
            frames: outcome.bus.transmissions,
            damaged: outcome.bus.damaged,
            collided: outcome.bus.collided,
        });
    }

    fn write(&mut self, record: &Record) {
        (self.sink)(record);
    }

    fn frames(&mut self, world: &World) {
        let mut heard = core::mem::take(&mut self.heard);
        heard.resize_with(world.buses(), || (0, Decoder::new()));
        for (bus, (seen, decoder)) in heard.iter_mut().enumerate() {
            let Some(trace) = world.trace_of(bus) else { continue };
            for entry in trace.fresh(seen) {
                self.note_offer(entry, bus, decoder, world);
                self.write(&Record::Frame {
                    time: seconds(entry.at),
                    from: match entry.sender {
                        Sender::Outside if bus == 0 => "master".to_owned(),
                        Sender::Outside => format!("master {}", bus + 1),
                        Sender::Charger(index) => (index + 1).to_string(),
                        Sender::Stranger => "stranger".to_owned(),
                    },
                    wire: hex(&entry.bytes),
                    damaged: entry.is_damaged,
                });
            }
        }
        self.heard = heard;
    }

    fn note_offer(&mut self, entry: &TraceEntry, bus: usize, decoder: &mut Decoder, world: &World) {
        if entry.sender != Sender::Outside {
            return;
        }
        let mut bytes = entry.bytes.as_slice();
        while let Some(outcome) = decoder.decode(&mut bytes) {
            let Ok(Message::MasterHeartbeat(heartbeat)) = outcome.map(|received| received.message()) else {
                continue;
            };
            let index = world.find_on(bus, heartbeat.slave);
            let slot = index.and_then(|index| self.offered.get_mut(index));
            if let (Some(slot), Some(limit)) = (slot, heartbeat.limit()) {
                *slot = Some(limit);
            }
        }
    }

    fn slave(&mut self, now: Instant, index: usize, charger: &Charger) {
        let shown = Shown {
            state: charger.state().code(),
            offered: self.offered.get(index).copied().flatten(),
            limit: charger.limit_in_force(),
            drawn: charger.true_current(),
            reported: charger.reported_current(),
            relay: charger.relay_closed(),
            led: charger.led().to_string(),
            linked: charger.is_linked(),
        };
        let is_due = self.slaves.get(index).is_none_or(|told| {
            let same_kind = Shown { drawn: told.shown.drawn, reported: told.shown.reported, ..shown.clone() };
            told.shown != shown && (same_kind != told.shown || now >= told.at + DRAWN_PERIOD)
        });
        if !is_due {
            return;
        }
        self.write(&shown.record(now, index));
        let told = Told { at: now, shown };
        match self.slaves.get_mut(index) {
            Some(slot) => *slot = told,
            None => self.slaves.push(told),
        }
    }

    fn sums(&mut self, now: Instant, world: &World, checker: &Checker) {
        let sum = |of: fn(&Charger) -> CentiAmps| {
            world.chargers().fold(0u32, |sum, charger| sum.saturating_add(u32::from(of(charger).value())))
        };
        // The currents follow in small steps; the slaves' own records have them.
        let sums = [checker.promised(), sum(Charger::limit_in_force), sum(Charger::true_current)];
        let is_due = self.sums.is_none_or(|told| {
            let [promised, in_force, drawn] = told;
            promised != sums[0] || in_force != sums[1] || drawn.abs_diff(sums[2]) >= 100
        });
        if is_due {
            self.sums = Some(sums);
            let [promised_amps, in_force_amps, drawn_amps] = sums.map(amps);
            self.write(&Record::Sums { time: seconds(now), promised_amps, in_force_amps, drawn_amps });
        }
    }

    fn violations(&mut self, checker: &Checker) {
        let fresh: Vec<Record> = checker
            .violations()
            .iter()
            .skip(self.violations)
            .map(|violation| Record::Violation {
                time: seconds(violation.at),
                rule: violation.rule.to_string(),
                text: violation.text.clone(),
            })
            .collect();
        self.violations += fresh.len();
        for record in &fresh {
            self.write(record);
        }
    }
}

impl Shown {
    fn record(&self, now: Instant, index: usize) -> Record {
        let amps = |current: CentiAmps| amps(u32::from(current.value()));
        Record::Slave {
            time: seconds(now),
            slave: index + 1,
            state: self.state,
            offered_amps: self.offered.map(amps),
            limit_amps: amps(self.limit),
            drawn_amps: amps(self.drawn),
            reported_amps: amps(self.reported),
            relay: self.relay,
            led: self.led.clone(),
            linked: self.linked,
        }
    }
}

fn seconds(at: Instant) -> f64 {
    Duration::from_micros(at.as_micros()).as_secs_f64()
}

fn amps(centiamps: u32) -> f64 {
    f64::from(centiamps) / 100.0
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 3);
    for byte in bytes {
        let separator = if text.is_empty() { "" } else { " " };
        // Writing into a string does not fail.
        let _ = write!(text, "{separator}{byte:02X}");
    }
    text
}

#[allow(clippy::trivially_copy_pass_by_ref)] // As serde wants it.
fn is_false(value: &bool) -> bool {
    !value
}
