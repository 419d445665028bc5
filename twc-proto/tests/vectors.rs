//! Claim: a message has one body and one wire form, and those are the ones in the protocol's documentation.

mod common;

use common::hex;
use twc_proto::message::{Ack, Control, MasterHeartbeat, Report, SlaveHeartbeat, Switch};
use twc_proto::{
    CentiAmps, Command, Decoder, Envelope, Frame, Message, Received, SlaveState, TwcId, Version, slip,
};

const MASTER: TwcId = TwcId::new(0x7777);
const SLAVE: TwcId = TwcId::new(0x3495);

fn to(slave: u16) -> Message {
    Message::MasterHeartbeat(MasterHeartbeat::no_change(MASTER, TwcId::new(slave)))
}

fn limit(command: Command, amps: u16) -> Message {
    let limit = CentiAmps::from_amps(amps);
    Message::MasterHeartbeat(MasterHeartbeat::with_limit(MASTER, SLAVE, command, limit))
}

/// The message, its body, and its wire form where it holds an escape.
fn vectors() -> Vec<(Message, &'static str, Option<&'static str>)> {
    let control = Control { master: MASTER, slave: SLAVE };
    let slave_heartbeat = SlaveHeartbeat {
        slave: SLAVE,
        master: MASTER,
        state: SlaveState::CHARGING,
        limit: CentiAmps::from_amps(16),
        drawn: CentiAmps::new(1_560),
    };
    let meter =
        Report::Meter { sender: SLAVE, kwh: 6_782, volts: [230, 241, 232], phase_half_amps: Some([32, 32, 31]) };
    vec![
        (limit(Command::LIMIT, 16), "FB E0 77 77 34 95 09 06 40 00 00 00 00 00 00 E6", None),
        (limit(Command::INITIAL_LIMIT, 32), "FB E0 77 77 34 95 05 0C 80 00 00 00 00 00 00 28", None),
        (
            limit(Command::LIMIT, 48),
            "FB E0 77 77 34 95 09 12 C0 00 00 00 00 00 00 72",
            Some("C0 FB E0 77 77 34 95 09 12 DB DC 00 00 00 00 00 00 72 C0"),
        ),
        (
            to(0xC0DB),
            "FB E0 77 77 C0 DB 00 00 00 00 00 00 00 00 00 69",
            Some("C0 FB E0 77 77 DB DC DB DD 00 00 00 00 00 00 00 00 00 69 C0"),
        ),
        (
            to(0x34BE),
            "FB E0 77 77 34 BE 00 00 00 00 00 00 00 00 00 C0",
            Some("C0 FB E0 77 77 34 BE 00 00 00 00 00 00 00 00 00 DB DC C0"),
        ),
        (
            to(0x34D9),
            "FB E0 77 77 34 D9 00 00 00 00 00 00 00 00 00 DB",
            Some("C0 FB E0 77 77 34 D9 00 00 00 00 00 00 00 00 00 DB DD C0"),
        ),
        (Message::SlaveHeartbeat(slave_heartbeat), "FD E0 34 95 77 77 01 06 40 06 18 00 00 00 00 FC", None),
        (Message::Start(control), "FC B1 77 77 34 95 00 00 00 00 00 00 00 00 00 68", None),
        (Message::Stop(control), "FC B2 77 77 34 95 00 00 00 00 00 00 00 00 00 69", None),
        (
            Message::Ack(Ack { switch: Switch::Start, slave: TwcId::new(0x5850) }),
            "FD B1 58 50 00 00 00 00 00 00 00 00 00 00 00 59",
            None,
        ),
        (Message::Report(meter), "FD EB 34 95 00 00 1A 7E 00 E6 00 F1 00 E8 20 20 1F 00 00 6A", None),
        (Message::Idle, "FC 1D 00 00 00 00 00 00 00 00 00 00 00 1D", None),
    ]
}

// W-SLIP-2 W-SUM-1
#[test]
fn messages_become_the_documented_bodies_and_wire_forms() {
    for (message, body, wire) in vectors() {
        let envelope = Envelope::canonical(Version::P2, message).unwrap();
        assert_eq!(envelope.to_string(), body);
        let plain = format!("C0 {body} C0");
        assert_eq!(envelope.to_wire().as_ref(), hex(wire.unwrap_or(&plain)));
        let mut out = [0; slip::max_encoded_len(20)];
        let len = envelope.encode(&mut out).unwrap();
        assert_eq!(&out[..len], envelope.to_wire().as_ref());
    }
}

#[test]
fn the_documented_bytes_become_the_messages() {
    for (message, body, wire) in vectors() {
        let received = Received::parse(&Frame::new_checked(hex(body)).unwrap()).unwrap();
        assert_eq!(received.message(), message);
        let plain = format!("C0 {body} C0");
        let bytes = hex(wire.unwrap_or(&plain));
        assert_eq!(Decoder::new().decode(&mut bytes.as_slice()), Some(Ok(received)));
    }
}

#[test]
fn an_early_unit_is_sent_two_bytes_less() {
    let envelope = Envelope::canonical(Version::P1, limit(Command::INITIAL_LIMIT, 48)).unwrap();
    assert_eq!(envelope.to_string(), "FB E0 77 77 34 95 05 12 C0 00 00 00 00 6E");
}

// W-SUM-2
#[test]
fn the_documented_misprint_and_the_destroyed_linkready_are_refused() {
    for (body, kind) in [
        ("FC D1 00 00 00 00 00 00 00 00 00 00 00 1D", "bad-checksum"),
        ("FD E2 47 04 93 0C 26 88 11 71 F7 ED F5 3F FF", "bad-checksum"),
    ] {
        let error = Frame::new_checked(hex(body)).unwrap_err();
        assert_eq!(twc_proto::DecodeError::from(error).kind(), kind, "{body}");
    }
}
