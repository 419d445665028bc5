//! What `run` tells people and programs: one line per change.

use std::io::{self, Write};

use serde_json::{Map, Value};
use twc_master::share::Share;
use twc_master::{Event, Master};
use twc_proto::{DecoderStats, Instant, Link};

use crate::amps;
use crate::decode::output::seconds;

/// Writes events to standard output. A reader that goes away does not stop the master.
#[derive(Debug)]
pub(crate) struct Reporter {
    json: bool,
    damaged: u32,
    deaf: bool,
}

impl Reporter {
    pub(crate) fn new(json: bool) -> Self {
        Self { json, damaged: 0, deaf: false }
    }

    /// Fetches and prints everything that is new.
    pub(crate) fn step<S: Share>(&mut self, link: &mut Link<Master<S>>, now: Instant) {
        while let Some(event) = link.node_mut().poll_event() {
            self.line(now, event.kind(), &event.to_string(), fields(&event));
        }
        let damaged = link.decoder_stats().rejected();
        if damaged != self.damaged {
            self.damaged = damaged;
            let fields = vec![("total", Value::from(damaged))];
            self.line(now, "damaged-frame", &format!("damaged frame, {damaged} so far"), fields);
        }
    }

    /// Something the program did.
    pub(crate) fn note(&mut self, now: Instant, kind: &str, text: &str) {
        self.line(now, kind, text, Vec::new());
    }

    /// The counts at the end, on standard error.
    pub(crate) fn farewell<S: Share>(&self, link: &Link<Master<S>>, now: Instant)
    where
        Master<S>: twc_proto::Node,
    {
        let DecoderStats { messages, junk_bytes, .. } = link.decoder_stats();
        let (sent, echoes) = (link.stats().sent, link.stats().echoes);
        eprintln!(
            "stopped after {} s: {sent} frames sent, {messages} received, {echoes} echoes, {} damaged, \
             {junk_bytes} bytes between frames; wall connectors stop by themselves in about 30 s",
            now.as_millis() / 1_000,
            self.damaged,
        );
    }

    fn line(&mut self, now: Instant, kind: &str, text: &str, fields: Vec<(&'static str, Value)>) {
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

/// The numbers of an event.
fn fields(event: &Event) -> Vec<(&'static str, Value)> {
    let mut fields = Vec::new();
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
        Event::SlaveQueued { refusal, .. } => fields.push(("constraint", Value::from(refusal.to_string()))),
        _ => {}
    }
    fields
}
