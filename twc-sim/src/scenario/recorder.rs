//! Turns what happens in a world into the records of a trace.

use core::fmt::Write as _;
use core::time::Duration;

use twc_proto::{CentiAmps, Decoder, Instant, Message};

use super::Scenario;
use super::outcome::Outcome;
use super::record::{FORMAT, Record, VERSION};
use super::timeline::Action;
use crate::charger::Charger;
use crate::checker::Checker;
use crate::house::{House, MeterSample};
use crate::trace::{Sender, TraceEntry};
use crate::world::World;

/// A change of the drawn current alone is recorded no more often than this.
const DRAWN_PERIOD: Duration = Duration::from_secs(1);

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
