//! Carries out a configuration beside a served bus: meters in, commands to the master out.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;
use twc_master::budget::meter::Sample;
use twc_master::budget::plan::Decision;
use twc_master::share::Any;
use twc_master::steward::{Call, Note, Steward};
use twc_master::supervisor::{BusGone, Handle};
use twc_proto::Instant;

use crate::hooks::{self, Ended};
use crate::meter_source::{self, Value};
use crate::report::Reporter;

/// Between two looks where no value comes.
const LOOK: Duration = Duration::from_secs(1);
/// Values that may wait; a meter that is faster than the bus loses the oldest by being rejected as such.
const WAITING: usize = 32;

/// Follows the configuration until the bus has ended.
pub(crate) async fn follow(steward: Steward, handle: Handle<Any>, mut reporter: Reporter) {
    let (values, mut arriving) = mpsc::channel(WAITING);
    for (index, meter) in steward.settings().meters.iter().enumerate() {
        if let Some(source) = &meter.source {
            meter_source::start(index, source, meter.sign, values.clone());
        }
    }
    // Each wall connector has one program at a time.
    let (reports, mut ending) = mpsc::channel(WAITING);
    let steward = Arc::new(Mutex::new(steward));
    let mut told = Vec::new();
    let mut tick = tokio::time::interval(LOOK);
    loop {
        let (value, ended) = tokio::select! {
            _ = tick.tick() => (None, None),
            value = arriving.recv() => (value, None),
            ended = ending.recv() => (None, ended),
        };
        let text = ended.as_ref().map(|ended: &Ended| ended.text.clone());
        let Ok(Step { now, rejected, notes, calls, decisions }) = step(&handle, &steward, value, ended).await
        else {
            return;
        };
        if let Some(text) = text {
            reporter.note(now, "hook", &text);
        }
        if let Some(rejected) = rejected {
            reporter.note(now, "sample-rejected", &rejected);
        }
        for note in notes {
            reporter.note(now, note.kind(), &note.to_string());
        }
        for call in calls {
            hooks::start(call, &reports);
        }
        for decision in decisions.iter().filter(|decision| decision.since == now && !told.contains(*decision)) {
            reporter.note(now, "decision", &sentence(decision));
        }
        told = decisions;
    }
}

/// What came of one look.
struct Step {
    now: Instant,
    rejected: Option<String>,
    notes: Vec<Note>,
    calls: Vec<Call>,
    decisions: Vec<Decision>,
}

/// One value or one report, or none, and one look, in the thread of the bus: nothing there waits for anything.
async fn step(
    handle: &Handle<Any>,
    steward: &Arc<Mutex<Steward>>,
    value: Option<Value>,
    ended: Option<Ended>,
) -> Result<Step, BusGone> {
    let steward = Arc::clone(steward);
    let wall = Timestamp::now();
    handle
        .with(move |master, now| {
            let (rejected, notes, calls, decisions) = Default::default();
            let mut step = Step { now, rejected, notes, calls, decisions };
            // Poisoned by a panic in this closure, which would have ended the bus already.
            let Ok(mut steward) = steward.lock() else { return step };
            steward.handle_clock(now, wall);
            step.rejected = value.and_then(|value| {
                let measured = value.age.map(|age| now - age);
                let sample = Sample { reading: value.reading, measured, arrived: now, retained: false };
                steward.handle_sample(value.meter, &sample).err().map(|error| error.to_string())
            });
            if let Some(Ended { slave, wanted, outcome, .. }) = ended {
                steward.handle_ended(slave, wanted, outcome, master);
            }
            steward.steer(now, master);
            step.notes = std::iter::from_fn(|| steward.poll_note()).collect();
            step.calls = std::iter::from_fn(|| steward.poll_call()).collect();
            step.decisions = steward.decisions().copied().collect();
            step
        })
        .await
}

fn sentence(decision: &Decision) -> String {
    let amps = decision.amps.map_or_else(|| "nothing".to_owned(), |amps| amps.to_string());
    format!("{} is to have {amps}: {}", decision.slave, decision.reason)
}
