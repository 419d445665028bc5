//! What a message says, in words and columns.

use serde_json::Value;
use twc_proto::message::{Item, MasterHeartbeat, MasterLinkReady, Report, Switch};
use twc_proto::{Command, Message, Received};

use super::output::{Finding, Origin, dotted, kind, raw};

/// One aligned line. Nothing in it can steer a terminal.
pub(super) fn line(origin: &Origin, finding: &Finding) -> String {
    let mut columns = Vec::new();
    columns.extend(origin.position.map(|(_, number)| format!("{number:>6}")));
    columns.extend(origin.time.as_ref().map(|time| match time {
        Value::String(time) => format!("{time:<12}"),
        time => format!("{:>12}", seconds(time)),
    }));
    columns.extend(origin.direction.as_ref().map(|direction| format!("{direction:<3}")));
    columns.push(match finding {
        Finding::Frame(received) => frame(received),
        Finding::Damage(damage) => {
            format!("damaged: {}: {} [{}]", damage.kind, damage.detail, damage.raw_input)
        }
    });
    let harmless = |c: char| if c.is_control() { '?' } else { c };
    columns.join("  ").trim_end().chars().map(harmless).collect()
}

fn seconds(time: &Value) -> String {
    time.as_f64().map(|seconds| format!("{seconds:.3}")).unwrap_or_default()
}

fn frame(found: &Received) -> String {
    let message = found.message();
    let who = match (message.sender(), message.receiver()) {
        (Some(sender), Some(receiver)) => format!("{sender} > {receiver}"),
        (Some(sender), None) => sender.to_string(),
        (None, _) => "-".to_owned(),
    };
    format!("{:<16}  {who:<11}  {}", kind(&message), details(found))
}

fn details(received: &Received) -> String {
    match &received.message() {
        Message::LinkReady1(m) | Message::LinkReady2(m) => master_link_ready(m),
        Message::SlaveLinkReady(m) => format!("sign {}, built for {}", m.sign, m.max_current),
        Message::MasterHeartbeat(m) => master_heartbeat(m),
        Message::SlaveHeartbeat(m) => format!("{}, limit {}, draws {}", m.state, m.limit, m.drawn),
        Message::Query(m) => item(m.item).to_owned(),
        Message::Report(report) => format!("{} {}", item(report.item()), report_text(report)),
        Message::Start(_) => "close the relays".to_owned(),
        Message::Stop(_) => "open the relays".to_owned(),
        Message::Ack(m) => if m.switch == Switch::Start { "start heard" } else { "stop heard" }.to_owned(),
        Message::Idle => "a master without slaves".to_owned(),
        Message::Dangerous(m) => format!("{} DESTROYS OR CRASHES UNITS [{}]", m.opcode(), raw(received)),
        other => format!("{} [{}]", other.opcode(), raw(received)),
    }
}

fn master_link_ready(m: &MasterLinkReady) -> String {
    match m.offset_5 {
        [0, 0] => format!("sign {}", m.sign),
        [a, b] => format!("sign {}, offset 5 holds {a:02X} {b:02X}", m.sign),
    }
}

fn master_heartbeat(m: &MasterHeartbeat) -> String {
    let name = match m.command {
        Command::NO_CHANGE => " no change",
        Command::ERROR => " error, locks the slave",
        Command::INITIAL_LIMIT => " initial limit",
        Command::RAISE => " raise by 2 A",
        Command::LOWER => " lower by 2 A",
        Command::ACCEPT_START => " start with limit",
        Command::LIMIT => " limit",
        _ => "",
    };
    let limit = m.limit().map(|limit| format!(" {limit}")).unwrap_or_default();
    let bitmap = m.error_bitmap().map(|bitmap| format!(", bitmap {:02X}", bitmap.0)).unwrap_or_default();
    let plugged = if m.master_plugged() { ", car at the master" } else { "" };
    format!("{}{name}{limit}{bitmap}{plugged}", m.command)
}

fn item(item: Item) -> &'static str {
    match item {
        Item::Meter => "meter",
        Item::Firmware | Item::OldFirmware => "firmware",
        Item::Serial | Item::OldSerial => "serial number",
        Item::VinPart1 => "VIN 1-7",
        Item::VinPart2 => "VIN 8-14",
        Item::VinPart3 => "VIN 15-17",
        Item::PlugState => "plug state",
        Item::OldModel => "model",
    }
}

fn report_text(report: &Report) -> String {
    match report {
        Report::Meter { kwh, volts: [a, b, c], phase_half_amps, .. } => {
            let amps = phase_half_amps.map(|phases| {
                let [a, b, c] = phases.map(|half| format!("{}.{}", half / 2, half % 2 * 5));
                format!(", {a}/{b}/{c} A")
            });
            format!("{kwh} kWh, {a}/{b}/{c} V{}", amps.unwrap_or_default())
        }
        Report::Firmware { version, .. } => dotted(version),
        Report::OldFirmware { version } => dotted(version),
        Report::Serial { serial, .. } | Report::OldSerial { serial } => serial.to_string(),
        Report::OldModel { model } => model.to_string(),
        Report::VinPart1 { chars, .. } | Report::VinPart2 { chars, .. } => or_empty(&chars.to_string()),
        Report::VinPart3 { chars, .. } => or_empty(&chars.to_string()),
        Report::PlugState { state, .. } => match state.code() {
            0 => "00 unplugged".to_owned(),
            1 => "01 charging".to_owned(),
            3 => "03 plugged in".to_owned(),
            other => format!("{other:02X}"),
        },
        _ => String::new(),
    }
}

fn or_empty(text: &str) -> String {
    if text.is_empty() { "empty" } else { text }.to_owned()
}
