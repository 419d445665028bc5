//! What `run` tells people and programs: one line per change.

use std::io::{self, Write};
use std::thread;

use serde_json::{Map, Value};
use tokio::sync::oneshot;
use twc_master::Event;
use twc_master::supervisor::{Notice, Notices, Status};
use twc_proto::{Instant, TwcId};

use crate::amps;
use crate::decode::output::seconds;
use crate::exit::Failure;

/// Writes what happens to standard output. A reader that goes away, or reads nothing, does not stop the master.
#[derive(Debug)]
pub(crate) struct Reporter {
    json: bool,
    link: String,
    pub(crate) master: TwcId,
    deaf: bool,
}

type Fields = Vec<(&'static str, Value)>;

impl Reporter {
    pub(crate) fn new(json: bool, link: String) -> Self {
        Self { json, link, master: TwcId::default(), deaf: false }
    }

    /// Prints all there is to tell, in a thread of its own; completes after the last of it.
    pub(crate) fn follow(mut self, mut notices: Notices) -> Result<oneshot::Receiver<()>, Failure> {
        let cannot = |error: io::Error| Failure::failed(format!("cannot start: {error}"));
        let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(cannot)?;
        let (done, told) = oneshot::channel();
        let follow = move || {
            runtime.block_on(async {
                while let Some((now, notice)) = notices.next().await {
                    self.notice(now, &notice);
                }
            });
            // Nobody waits only when the program ends anyway.
            let _ = done.send(());
        };
        thread::Builder::new().name("twc-report".into()).spawn(follow).map_err(cannot)?;
        Ok(told)
    }

    fn notice(&mut self, now: Instant, notice: &Notice) {
        let link = &self.link;
        let (kind, text, fields) = match notice {
            Notice::Event(event) => (event.kind(), event.to_string(), fields(event)),
            Notice::Connected => ("connected", format!("{link} open, master id {}", self.master), Fields::new()),
            Notice::Disconnected { why } => {
                ("disconnected", format!("{link} lost: {why}; trying again"), Fields::new())
            }
            Notice::Reconnected => ("reconnected", format!("{link} open again"), Fields::new()),
            Notice::Mode(mode) => ("mode", format!("mode {mode}"), vec![("mode", Value::from(mode.to_string()))]),
            Notice::Budget(budget) => {
                let fields =
                    vec![("amps", amps::json(budget.amps)), ("constraint", Value::from(budget.bound.to_string()))];
                ("budget", format!("{} to share: {}", budget.amps, budget.bound), fields)
            }
            Notice::Damaged { total } => {
                ("damaged-frame", format!("damaged frame, {total} so far"), vec![("total", Value::from(*total))])
            }
            Notice::NotSaved { why } => {
                ("state-not-saved", format!("no raises: the state file fails: {why}"), Fields::new())
            }
            Notice::SavedAgain => ("state-saved", "the state file is written again".to_owned(), Fields::new()),
            Notice::Missed { count } => (
                "missed",
                format!("read too slowly: {count} lines are missing here"),
                vec![("count", (*count).into())],
            ),
            _ => return,
        };
        self.line(now, kind, &text, fields);
    }

    /// Something the program did.
    pub(crate) fn note(&mut self, now: Instant, kind: &str, text: &str) {
        self.line(now, kind, text, Vec::new());
    }

    fn line(&mut self, now: Instant, kind: &str, text: &str, fields: Fields) {
        let line = if self.json {
            let mut object = Map::new();
            object.insert("time".to_owned(), seconds(now.since(Instant::ZERO)));
            object.insert("event".to_owned(), Value::from(kind));
            object.extend(fields.into_iter().map(|(name, value)| (name.to_owned(), value)));
            object.insert("text".to_owned(), Value::from(text));
            Value::Object(object).to_string()
        } else {
            format!("{:>9}.{:03} {text}", now.as_millis() / 1_000, now.as_millis() % 1_000)
        };
        if !self.deaf && writeln!(io::stdout(), "{line}").is_err() {
            self.deaf = true;
        }
    }
}

/// The counts at the end, on standard error.
pub(crate) fn farewell(last: &Status) {
    let Status { at, decoder, link, .. } = last;
    let _ = writeln!(
        io::stderr(),
        "stopped after {} s: {} frames sent, {} received, {} echoes, {} damaged, {} bytes between frames; \
         wall connectors stop by themselves in about 30 s",
        at.as_millis() / 1_000,
        link.sent,
        decoder.messages,
        link.echoes,
        decoder.rejected(),
        decoder.junk_bytes,
    );
}

/// The numbers of an event.
fn fields(event: &Event) -> Fields {
    let mut fields = Fields::new();
    if let Some(slave) = event.slave() {
        fields.push(("slave", Value::from(slave.to_string())));
    }
    match event {
        Event::SlaveAnnounced { sign, max_current, .. } => {
            fields.push(("sign", Value::from(sign.value())));
            fields.push(("max_amps", amps::json(*max_current)));
        }
        Event::SlaveChanged { state, limit, drawn, .. } => {
            fields.push(("state", Value::from(state.code())));
            fields.push(("limit_amps", amps::json(*limit)));
            fields.push(("drawn_amps", amps::json(*drawn)));
        }
        Event::Target { target, constraint, .. } => {
            fields.push(("target_amps", amps::json(*target)));
            fields.push(("constraint", Value::from(constraint.to_string())));
        }
        Event::Offered { from, to, .. } => {
            fields.push(("from_amps", from.map_or(Value::Null, amps::json)));
            fields.push(("to_amps", amps::json(*to)));
        }
        Event::Released { commitment, .. } => fields.push(("committed_amps", amps::json(*commitment))),
        Event::SlaveSilenced { reserved, .. } | Event::ReservationKept { reserved, .. } => {
            fields.push(("reserved_amps", amps::json(*reserved)));
        }
        Event::UnexpectedLimit { reported, .. } => fields.push(("limit_amps", amps::json(*reported))),
        Event::Implausible { limit, drawn, .. } | Event::OverDraw { limit, drawn, .. } => {
            fields.push(("limit_amps", amps::json(*limit)));
            fields.push(("drawn_amps", amps::json(*drawn)));
        }
        Event::ForeignMaster { master } | Event::ForeignMasterGone { master } => {
            fields.push(("master", Value::from(master.to_string())));
        }
        Event::SlaveWithheld { reserved, strikes, .. } => {
            fields.push(("reserved_amps", amps::json(*reserved)));
            fields.push(("strikes", Value::from(*strikes)));
        }
        Event::PoweredOff { reserved, .. } => fields.push(("reserved_amps", amps::json(*reserved))),
        Event::HookDue { stop, .. } => fields.push(("stop", Value::from(*stop))),
        Event::StopFailed { drawn, .. } => fields.push(("drawn_amps", amps::json(*drawn))),
        Event::CureBegun { amps, .. } => fields.push(("to_amps", amps::json(*amps))),
        Event::SlaveQueued { refusal, .. } => fields.push(("constraint", Value::from(refusal.to_string()))),
        _ => {}
    }
    fields
}
