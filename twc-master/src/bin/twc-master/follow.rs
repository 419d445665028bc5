//! Carries out a configuration beside a served bus: what sources say in, commands to the master out.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;
use twc_master::budget::plan::Decision;
use twc_master::share::Any;
use twc_master::steward::input::LineError;
use twc_master::steward::{Call, Note, Steward};
use twc_master::supervisor::{BusGone, Handle};
use twc_proto::Instant;

use crate::hooks::{self, Ended};
use crate::orders::OrdersFile;
use crate::report::Reporter;
use crate::sources::{self, Words};

/// Between two looks where nothing comes.
const LOOK: Duration = Duration::from_secs(1);
/// What may wait; a meter that is faster than the bus loses values.
const WAITING: usize = 32;
/// The same nonsense of the same source is told again after so long.
const AGAIN: Duration = Duration::from_secs(60);

/// What it needs beside the steward.
#[derive(Debug)]
pub(crate) struct Following {
    pub(crate) steward: Steward,
    pub(crate) reporter: Reporter,
    /// Where files are looked for.
    pub(crate) folder: PathBuf,
    /// Whether orders come on standard input.
    pub(crate) control: bool,
    /// Where orders are kept over a restart.
    pub(crate) orders: OrdersFile,
}

/// Follows the configuration until the bus has ended.
pub(crate) async fn follow(following: Following, handle: Handle<Any>) {
    let Following { steward, mut reporter, folder, control, orders } = following;
    let keeper = orders.writer();
    let (words, mut arriving) = mpsc::channel(WAITING);
    for (source, spec) in steward.settings().sources() {
        sources::start(source, spec, &folder, words.clone());
    }
    if control {
        sources::control(words.clone());
    }
    // Each wall connector has one program at a time.
    let (reports, mut ending) = mpsc::channel(WAITING);
    let steward = Arc::new(Mutex::new(steward));
    let (mut told, mut nonsense) = (Vec::new(), BTreeMap::new());
    let mut tick = tokio::time::interval(LOOK);
    loop {
        let (said, ended) = tokio::select! {
            _ = tick.tick() => (None, None),
            said = arriving.recv() => (said, None),
            ended = ending.recv() => (None, ended),
        };
        let text = ended.as_ref().map(|ended: &Ended| ended.text.clone());
        let Ok(step) = step(&handle, &steward, said, ended).await else { return };
        let Step { now, from, errors, news, notes, calls, decisions, kept } = step;
        if let Some(kept) = kept {
            // Its thread ends with us.
            let _ = keeper.send(kept);
        }
        if let Some(text) = text {
            reporter.note(now, "hook", &text);
        }
        for LineError { line, reason } in errors {
            let last = nonsense.insert((from.clone(), reason.clone()), now);
            if last.is_none_or(|last: Instant| now.since(last) >= AGAIN) {
                reporter.note(now, "input-rejected", &format!("{from}, line {line}: {reason}"));
            }
        }
        nonsense.retain(|_, last| now.since(*last) < AGAIN);
        for news in news {
            reporter.note(now, "news", &news);
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
    /// Who spoke.
    from: String,
    errors: Vec<LineError>,
    news: Vec<String>,
    notes: Vec<Note>,
    calls: Vec<Call>,
    decisions: Vec<Decision>,
    /// Orders, where they have changed.
    kept: Option<String>,
}

/// What one source said or one report, or nothing, and one look, in the thread of the bus: nothing there waits for
/// anything.
async fn step(
    handle: &Handle<Any>,
    steward: &Arc<Mutex<Steward>>,
    said: Option<Words>,
    ended: Option<Ended>,
) -> Result<Step, BusGone> {
    let steward = Arc::clone(steward);
    let wall = Timestamp::now();
    handle
        .with(move |master, now| {
            let (from, errors, news, notes, calls, decisions, kept) = Default::default();
            let mut step = Step { now, from, errors, news, notes, calls, decisions, kept };
            // Poisoned by a panic in this closure, which would have ended the bus already.
            let Ok(mut steward) = steward.lock() else { return step };
            steward.handle_clock(now, wall);
            if let Some(words) = said {
                step.from = steward.settings().source_name(words.source);
                step.errors = steward.handle_said(now, words.source, &words.said());
            }
            if let Some(Ended { slave, wanted, outcome, .. }) = ended {
                steward.handle_ended(now, slave, wanted, outcome, master);
            }
            steward.steer(now, master);
            step.news = std::iter::from_fn(|| steward.poll_news()).collect();
            step.notes = std::iter::from_fn(|| steward.poll_note()).collect();
            step.calls = std::iter::from_fn(|| steward.poll_call()).collect();
            step.kept = steward.poll_kept(now);
            step.decisions = steward.decisions().copied().collect();
            step
        })
        .await
}

fn sentence(decision: &Decision) -> String {
    let amps = decision.amps.map_or_else(|| "nothing".to_owned(), |amps| amps.to_string());
    format!("{} is to have {amps}: {}", decision.slave, decision.reason)
}
