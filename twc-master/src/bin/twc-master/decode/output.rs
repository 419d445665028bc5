//! A finding as one JSON object or one aligned line.
//!
//! The JSON form is a format of its own, which scripts rely on: it follows no derive of the library's types.

use std::io::{self, Write};
use std::time::Duration;

use serde::{Serialize, Serializer};
use serde_json::Value;
use twc_proto::message::{Report, Text};
use twc_proto::{Message, Received};

use super::human;
use crate::amps;

/// What stood somewhere in the input.
#[derive(Debug, PartialEq)]
pub(crate) enum Finding {
    Frame(Received),
    Damage(Damage),
}

/// Input that is no frame.
#[derive(Debug, PartialEq)]
pub(crate) struct Damage {
    /// A stable kebab-case name.
    pub(crate) kind: &'static str,
    pub(crate) detail: String,
    /// The input in question, as it was given.
    pub(crate) raw_input: String,
}

/// Where and when something was found.
#[derive(Debug, Default)]
pub(crate) struct Origin {
    /// `line` or `offset`, and which.
    pub(crate) position: Option<(&'static str, u64)>,
    pub(crate) time: Option<Value>,
    pub(crate) direction: Option<String>,
}

/// A duration as a JSON number of seconds with milliseconds.
pub(crate) fn seconds(duration: Duration) -> Value {
    // Through text, because a sum of floating-point numbers shows digits that nobody measured.
    format!("{}.{:03}", duration.as_secs(), duration.subsec_millis())
        .parse::<f64>()
        .map_or(Value::Null, Value::from)
}

/// Writes findings to standard output, a line each.
#[derive(Debug)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    pub(crate) fn line(&self, origin: &Origin, finding: &Finding) -> io::Result<()> {
        let line = if self.json { json(origin, finding) } else { human::line(origin, finding) };
        writeln!(io::stdout(), "{line}")
    }
}

type Fields = Vec<(&'static str, Value)>;

/// An object that keeps its order.
struct Object(Fields);

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

fn json(origin: &Origin, finding: &Finding) -> String {
    let mut fields = Fields::new();
    fields.extend(origin.position.map(|(name, number)| (name, number.into())));
    fields.extend(origin.time.clone().map(|time| ("time", time)));
    fields.extend(origin.direction.clone().map(|direction| ("direction", direction.into())));
    match finding {
        Finding::Frame(received) => frame_fields(received, &mut fields),
        Finding::Damage(damage) => fields.extend([
            ("error", damage.kind.into()),
            ("detail", damage.detail.clone().into()),
            ("raw_input", damage.raw_input.clone().into()),
        ]),
    }
    // Strings and finite numbers under string keys: nothing that JSON cannot hold.
    serde_json::to_string(&Object(fields)).unwrap_or_default()
}

fn frame_fields(received: &Received, fields: &mut Fields) {
    let message = &received.message();
    let id = |id: Option<twc_proto::TwcId>| id.map_or(Value::Null, |id| id.to_string().into());
    fields.extend([
        ("code", message.opcode().to_string().into()),
        ("kind", kind(message).into()),
        ("sender", id(message.sender())),
        ("receiver", id(message.receiver())),
    ]);
    message_fields(message, fields);
    fields.push(("raw", raw(received).into()));
}

/// The frame's bytes, made anew from what was understood of them. The input is out of reach here.
pub(super) fn raw(received: &Received) -> String {
    match (received.to_envelope_that_may_lock_a_slave(), received.message()) {
        (Ok(envelope), _) => envelope.to_string(),
        (Err(_), Message::Dangerous(dangerous)) => dangerous.to_string(),
        // Everything else that was received can be emitted in the length it came in.
        (Err(error), _) => error.to_string(),
    }
}

/// What kind of message it is, as the JSON form calls it.
pub(super) fn kind(message: &Message) -> &'static str {
    match message {
        Message::LinkReady1(_) => "linkready1",
        Message::LinkReady2(_) => "linkready2",
        Message::SlaveLinkReady(_) => "slave_linkready",
        Message::MasterHeartbeat(_) => "master_heartbeat",
        Message::SlaveHeartbeat(_) => "slave_heartbeat",
        Message::Query(_) => "query",
        Message::Report(_) => "report",
        Message::Start(_) => "start",
        Message::Stop(_) => "stop",
        Message::Ack(_) => "ack",
        Message::Idle => "idle",
        _ => "unknown",
    }
}

fn message_fields(message: &Message, fields: &mut Fields) {
    match message {
        Message::LinkReady1(m) | Message::LinkReady2(m) => fields.push(("sign", m.sign.value().into())),
        Message::SlaveLinkReady(m) => {
            fields.extend([("sign", m.sign.value().into()), ("max_amps", amps::json(m.max_current))]);
        }
        Message::MasterHeartbeat(m) => {
            fields.push(("command", m.command.code().into()));
            fields.extend(m.limit().map(|limit| ("limit_amps", amps::json(limit))));
            fields.extend(m.error_bitmap().map(|bitmap| ("error_bitmap", bitmap.0.into())));
            fields.push(("master_plugged", m.master_plugged().into()));
        }
        Message::SlaveHeartbeat(m) => fields.extend([
            ("state", m.state.code().into()),
            ("limit_amps", amps::json(m.limit)),
            ("drawn_amps", amps::json(m.drawn)),
        ]),
        Message::Report(report) => report_fields(report, fields),
        Message::Dangerous(_) => fields.push(("dangerous", true.into())),
        _ => {}
    }
}

fn report_fields(report: &Report, fields: &mut Fields) {
    let vin = |part: u8, text: String| [("vin_part", part.into()), ("text", text.into())];
    match report {
        Report::Meter { kwh, volts, phase_half_amps, .. } => {
            let half_amps = |half: &u8| amps::hundredths(u32::from(*half) * 50);
            let phases = phase_half_amps.map(|phases| phases.iter().map(half_amps).collect::<Vec<_>>());
            fields.extend([
                ("kwh", (*kwh).into()),
                ("volts", volts.to_vec().into()),
                ("phase_amps", phases.map_or(Value::Null, Value::from)),
            ]);
        }
        Report::Firmware { version, .. } => fields.push(("version", dotted(version).into())),
        Report::OldFirmware { version } => fields.push(("version", dotted(version).into())),
        Report::Serial { serial, .. } | Report::OldSerial { serial } => {
            fields.push(("serial", text(serial).into()));
        }
        Report::OldModel { model } => fields.push(("model", text(model).into())),
        Report::VinPart1 { chars, .. } => fields.extend(vin(1, text(chars))),
        Report::VinPart2 { chars, .. } => fields.extend(vin(2, text(chars))),
        Report::VinPart3 { chars, .. } => fields.extend(vin(3, text(chars))),
        Report::PlugState { state, .. } => fields.push(("plug_state", state.code().into())),
        _ => {}
    }
}

fn text<const N: usize>(text: &Text<N>) -> String {
    text.to_string()
}

pub(super) fn dotted(version: &[u8]) -> String {
    version.iter().map(u8::to_string).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;
    use twc_proto::Frame;
    use twc_proto::frame::checksum;

    fn object(body: &[u8]) -> Value {
        let received = Received::parse(&Frame::new_checked(body).unwrap()).unwrap();
        serde_json::from_str(&json(&Origin::default(), &Finding::Frame(received))).unwrap()
    }

    #[test]
    fn a_changed_field_changes_the_raw_bytes_and_nothing_else_does() {
        let mut body = *b"\xFD\xE0\x34\x95\x77\x77\x01\x06\x40\x06\x18\0\0\0\0\xFC";
        let before = object(&body);
        assert_eq!((&before["limit_amps"], &before["drawn_amps"]), (&16.into(), &15.6.into()));
        assert_eq!(before["raw"], "FD E0 34 95 77 77 01 06 40 06 18 00 00 00 00 FC");
        body[8] += 5;
        body[15] = checksum(&body);
        let after = object(&body);
        assert_eq!((&after["limit_amps"], &after["drawn_amps"]), (&16.05.into(), &15.6.into()));
        assert_eq!(after["raw"], "FD E0 34 95 77 77 01 06 45 06 18 00 00 00 00 01");
    }

    #[test]
    fn frames_nobody_may_send_are_shown_as_such() {
        let shown = object(b"\xFC\x19\x41\0\0\0\0\0\0\0\0\0\0\x5A");
        assert_eq!((&shown["kind"], &shown["dangerous"]), (&"unknown".into(), &true.into()));
        assert_eq!(shown["raw"], "FC 19 41 00 00 00 00 00 00 00 00 00 00 5A");
        assert_eq!((&shown["sender"], &shown["receiver"]), (&Value::Null, &Value::Null));
    }

    #[test]
    fn seconds_show_milliseconds_and_no_more() {
        for millis in [0, 1, 1_234, 86_400_029, 31_536_000_007] {
            let shown = seconds(Duration::from_millis(millis)).to_string();
            let digits = shown.split_once('.').map_or(0, |(_, digits)| digits.len());
            assert!(digits <= 3, "{shown}");
        }
    }

    #[test]
    fn half_amps_are_exact() {
        let shown = object(b"\xFD\xEB\x34\x95\0\0\x1A\x7E\0\xE6\0\xF1\0\xE8\x20\x20\x1F\0\0\x6A");
        assert_eq!(shown["phase_amps"].to_string(), "[16,16,15.5]");
        assert_eq!(shown["volts"].to_string(), "[230,241,232]");
        assert_eq!(shown["kwh"], 6782);
    }
}
