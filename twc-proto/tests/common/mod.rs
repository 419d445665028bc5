//! What several test files need: captured frames, and strategies for messages and line noise.
// No single test file uses all of it.
#![allow(dead_code)]

pub(crate) mod kinds;
pub(crate) mod oracle;

use std::fs;
use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use twc_proto::message::{
    Ack, Control, Item, MasterHeartbeat, MasterLinkReady, PlugState, Query, Report, SlaveHeartbeat,
    SlaveLinkReady, Switch, Text, Unknown,
};
use twc_proto::{CentiAmps, Command, Envelope, Message, Opcode, Received, Sign, SlaveState, TwcId, Version};

/// The bytes of "FD E2 34 95".
pub(crate) fn hex(text: &str) -> Vec<u8> {
    text.split_whitespace().map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

/// A file among the captured frames.
pub(crate) fn capture(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures").join(name)).unwrap()
}

/// The lines of a capture that are neither comments nor empty.
pub(crate) fn rows(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty())
}

/// The un-escaped bytes of what was received, dangerous or not.
pub(crate) fn body_of(received: &Received) -> Vec<u8> {
    match received.message() {
        Message::Dangerous(dangerous) => hex(&dangerous.to_string()),
        _ => received.to_envelope_that_may_lock_a_slave().unwrap().emit().as_ref().to_vec(),
    }
}

pub(crate) fn id() -> impl Strategy<Value = TwcId> {
    any::<u16>().prop_map(TwcId::new)
}

fn amps() -> impl Strategy<Value = CentiAmps> {
    any::<u16>().prop_map(CentiAmps::new)
}

fn text<const N: usize>() -> impl Strategy<Value = Text<N>> {
    vec(any::<u8>(), N).prop_map(|bytes| Text(bytes.try_into().unwrap()))
}

fn link_ready() -> impl Strategy<Value = Message> {
    let master = || {
        (id(), any::<u8>(), any::<[u8; 2]>()).prop_map(|(master, sign, offset_5)| MasterLinkReady {
            master,
            sign: Sign::new(sign),
            offset_5,
        })
    };
    prop_oneof![
        master().prop_map(Message::LinkReady1),
        master().prop_map(Message::LinkReady2),
        (id(), any::<u8>(), amps()).prop_map(|(slave, sign, max_current)| {
            Message::SlaveLinkReady(SlaveLinkReady { slave, sign: Sign::new(sign), max_current })
        }),
    ]
}

fn heartbeat() -> impl Strategy<Value = Message> {
    let master = (id(), id(), any::<u8>(), any::<u16>(), any::<u8>());
    prop_oneof![
        master.prop_map(|(master, slave, command, argument, plug_flag)| {
            let command = Command::new(command);
            Message::MasterHeartbeat(MasterHeartbeat { master, slave, command, argument, plug_flag })
        }),
        (id(), id(), any::<u8>(), amps(), amps()).prop_map(|(slave, master, state, limit, drawn)| {
            let state = SlaveState::new(state);
            Message::SlaveHeartbeat(SlaveHeartbeat { slave, master, state, limit, drawn })
        }),
    ]
}

fn report() -> impl Strategy<Value = Report> {
    let meter = (id(), any::<u32>(), any::<[u16; 3]>(), any::<Option<[u8; 3]>>());
    prop_oneof![
        meter.prop_map(|(sender, kwh, volts, phase_half_amps)| {
            Report::Meter { sender, kwh, volts, phase_half_amps }
        }),
        (id(), any::<[u8; 4]>()).prop_map(|(sender, version)| Report::Firmware { sender, version }),
        (id(), text()).prop_map(|(sender, serial)| Report::Serial { sender, serial }),
        (id(), text()).prop_map(|(sender, chars)| Report::VinPart1 { sender, chars }),
        (id(), text()).prop_map(|(sender, chars)| Report::VinPart2 { sender, chars }),
        (id(), text()).prop_map(|(sender, chars)| Report::VinPart3 { sender, chars }),
        (id(), any::<u8>()).prop_map(|(sender, state)| Report::PlugState { sender, state: PlugState::new(state) }),
        text().prop_map(|serial| Report::OldSerial { serial }),
        text().prop_map(|model| Report::OldModel { model }),
        any::<[u8; 3]>().prop_map(|version| Report::OldFirmware { version }),
    ]
}

/// A frame type and any code.
pub(crate) fn opcode() -> impl Strategy<Value = Opcode> {
    (0xFB..=0xFD_u8, any::<u8>()).prop_map(|(kind, code)| Opcode::new(kind, code).unwrap())
}

fn unknown() -> impl Strategy<Value = Message> {
    (opcode(), vec(any::<u8>(), 10..=17)).prop_filter_map("has a message of its own", |(opcode, payload)| {
        Unknown::new(opcode, &payload).ok().map(Message::Unknown)
    })
}

/// Every message that can be built, with any values in it.
pub(crate) fn message() -> impl Strategy<Value = Message> {
    let control = || (id(), id()).prop_map(|(master, slave)| Control { master, slave });
    let switch = prop_oneof![Just(Switch::Start), Just(Switch::Stop)];
    prop_oneof![
        link_ready(),
        heartbeat(),
        (prop::sample::select(Item::ALL.to_vec()), id(), id())
            .prop_map(|(item, master, slave)| Message::Query(Query { item, master, slave })),
        report().prop_map(Message::Report),
        control().prop_map(Message::Start),
        control().prop_map(Message::Stop),
        (switch, id()).prop_map(|(switch, slave)| Message::Ack(Ack { switch, slave })),
        Just(Message::Idle),
        unknown(),
    ]
}

/// Any message in the length that one of the two versions uses for it.
pub(crate) fn envelope() -> impl Strategy<Value = Envelope> {
    (message(), any::<bool>()).prop_map(|(message, early)| {
        let version = if early { Version::P1 } else { Version::P2 };
        Envelope::that_may_lock_a_slave(version, message).unwrap()
    })
}

/// Bytes that a decoder finds hard: delimiters, escapes and types far more often than by chance.
pub(crate) fn noise(len: usize) -> impl Strategy<Value = Vec<u8>> {
    let special = prop::sample::select(vec![0xC0, 0xC0, 0xDB, 0xDC, 0xDD, 0xFB, 0xFC, 0xFD, 0]);
    vec(prop_oneof![special, any::<u8>()], 0..=len)
}

/// A stream of frames, damaged frames and noise.
pub(crate) fn stream() -> impl Strategy<Value = Vec<u8>> {
    let wire = || envelope().prop_map(|envelope| envelope.to_wire().as_ref().to_vec());
    let damaged = (wire(), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(mut wire, at, byte)| {
        let at = at.index(wire.len());
        wire[at] = byte;
        wire
    });
    vec(prop_oneof![3 => wire(), 1 => damaged, 1 => noise(40)], 0..8).prop_map(|pieces| pieces.concat())
}
