//! Carries out a configuration beside a served bus: meters in, commands to the master out.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;
use twc_master::budget::meter::Sample;
use twc_master::budget::plan::Decision;
use twc_master::share::Any;
use twc_master::steward::Steward;
use twc_master::supervisor::{BusGone, Handle};
use twc_proto::Instant;

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
    let steward = Arc::new(Mutex::new(steward));
    let mut told = Vec::new();
    let mut tick = tokio::time::interval(LOOK);
    loop {
        let value = tokio::select! {
            _ = tick.tick() => None,
            value = arriving.recv() => value,
        };
        let Ok((now, said, decisions)) = step(&handle, &steward, value).await else { return };
        if let Some(said) = said {
            reporter.note(now, "sample-rejected", &said);
        }
        for decision in decisions.iter().filter(|decision| decision.since == now && !told.contains(*decision)) {
            reporter.note(now, "decision", &sentence(decision));
        }
        told = decisions;
    }
}

type Step = (Instant, Option<String>, Vec<Decision>);

/// One value, or none, and one look, in the thread of the bus: nothing there waits for anything.
async fn step(handle: &Handle<Any>, steward: &Arc<Mutex<Steward>>, value: Option<Value>) -> Result<Step, BusGone> {
    let steward = Arc::clone(steward);
    let wall = Timestamp::now();
    handle
        .with(move |master, now| {
            // Poisoned by a panic in this closure, which would have ended the bus already.
            let Ok(mut steward) = steward.lock() else { return (now, None, Vec::new()) };
            steward.handle_clock(now, wall);
            let said = value.and_then(|value| {
                let measured = value.age.map(|age| now - age);
                let sample = Sample { reading: value.reading, measured, arrived: now, retained: false };
                steward.handle_sample(value.meter, &sample).err().map(|error| error.to_string())
            });
            steward.steer(now, master);
            (now, said, steward.decisions().copied().collect())
        })
        .await
}

fn sentence(decision: &Decision) -> String {
    let amps = decision.amps.map_or_else(|| "nothing".to_owned(), |amps| amps.to_string());
    format!("{} is to have {amps}: {}", decision.slave, decision.reason)
}
