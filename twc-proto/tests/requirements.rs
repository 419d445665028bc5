//! Claim: the rules of `docs/protocol.md` that the codec implements hold, one test for each that no other file
//! tests. `.ci/requirements` compares the ids in comments with those in the document.

mod common;

use common::kinds::{amps, delivered, one_of_each_kind, sealed, wire};
use common::{body_of, hex};
use core::time::Duration;
use twc_proto::message::{Item, MasterLinkReady, Query, Report, Switch, Text, Unknown};
use twc_proto::{
    BodyLen, CentiAmps, Command, DecodeError, Decoder, Envelope, EnvelopeError, Frame, Instant, Link, Message,
    Node, Opcode, Received, Sign, SlaveState, TwcId, Version, slip,
};

const MASTER: TwcId = TwcId::new(0x7777);
const SLAVE: TwcId = TwcId::new(0x3495);

fn read(fields: &str, len: usize) -> Received {
    let body = sealed(&hex(fields), len);
    Received::parse(&Frame::new_checked(&body).unwrap()).unwrap()
}

fn message(fields: &str, len: usize) -> Message {
    read(fields, len).message()
}

fn error_of(body: &[u8]) -> &'static str {
    Decoder::new().decode(&mut wire(body).as_slice()).unwrap().unwrap_err().kind()
}

/// Sends one query when asked and counts what it hears.
#[derive(Default)]
struct Station {
    due: bool,
    heard: u32,
}

impl Node for Station {
    fn handle_message(&mut self, _: Instant, _: &Received) {
        self.heard += 1;
    }
    fn handle_decode_error(&mut self, _: Instant, _: DecodeError) {}
    fn handle_timeout(&mut self, _: Instant) {}
    fn poll_transmit(&mut self, _: Instant) -> Option<Envelope> {
        let query = Message::Query(Query { item: Item::Meter, master: MASTER, slave: SLAVE });
        core::mem::take(&mut self.due).then(|| Envelope::canonical(Version::P2, query).unwrap())
    }
    fn poll_timeout(&self) -> Option<Instant> {
        None
    }
}

// W-ECHO-1 W-TAIL-2
#[test]
fn our_own_frame_comes_back_once_and_ends_in_one_tail_byte() {
    let at = Instant::from_millis;
    let mut link = Link::new(Station { due: true, heard: 0 });
    let sent = link.poll_transmit(at(0)).unwrap();
    assert_eq!(sent.as_ref().last_chunk(), Some(&[0xC0, 0xFE]));
    link.handle_sent(at(20));
    link.handle_bytes(at(40), sent.as_ref());
    assert_eq!(link.node().heard, 0);
    link.handle_bytes(at(60), sent.as_ref());
    assert_eq!(link.node().heard, 1);

    link.node_mut().due = true;
    let sent = link.poll_transmit(at(1_000)).unwrap();
    link.handle_sent(at(1_020));
    // Where echoes are known, one that lost its closing delimiter may come with the next frame.
    link.handle_bytes(at(1_020) + Duration::from_millis(2_501), sent.as_ref());
    assert_eq!(link.node().heard, 2);
}

// W-TAIL-1
#[test]
fn any_tail_of_up_to_three_bytes_or_none_makes_no_difference() {
    let frame = wire(&sealed(&hex("FC 1D"), 14));
    for tail in [&[][..], &[0xFC], &[0xFE], &[0xF8, 0xFF], &[0xDB], &[1, 2, 3]] {
        let stream = [&frame, tail, &frame, tail].concat();
        let mut decoder = Decoder::new();
        let found = stream.iter().filter_map(|byte| decoder.push(*byte)).flatten().count();
        assert_eq!((found, decoder.stats().rejected()), (2, 0), "{tail:02X?}");
        assert_eq!(decoder.stats().junk_bytes as usize, tail.len());
    }
}

// W-SLIP-2
#[test]
fn of_all_bytes_two_are_escaped_and_those_everywhere() {
    for byte in 0..=0xFF {
        let expected = match byte {
            0xC0 => vec![0xC0, 0xDB, 0xDC, 0xC0],
            0xDB => vec![0xC0, 0xDB, 0xDD, 0xC0],
            plain => vec![0xC0, plain, 0xC0],
        };
        assert_eq!(wire(&[byte]), expected);
    }
    // In an id and in the sum.
    let body = sealed(&hex("FB E0 77 77 C0 DB"), 16);
    assert_eq!(wire(&body).len(), 2 + 16 + 2);
    let sum = sealed(&hex("FB E0 77 77 34 BE"), 16);
    assert_eq!(wire(&sum)[16..], [0xDB, 0xDC, 0xC0]);
    assert_eq!((body_of(&delivered(&wire(&body))[0]), body_of(&delivered(&wire(&sum))[0])), (body, sum));
}

// W-SLIP-8
#[test]
fn no_wire_form_is_longer_than_42_bytes() {
    assert_eq!(slip::max_encoded_len(BodyLen::MAX), 42);
    assert_eq!(wire(&[0xC0; BodyLen::MAX]).len(), 42);
}

// W-SLIP-5
#[test]
fn a_frame_is_written_with_both_its_delimiters_and_neighbours_may_share_one() {
    let first = wire(&sealed(&hex("FC 1D"), 14));
    assert_eq!((first[0], first[first.len() - 1]), (0xC0, 0xC0));
    assert_eq!(delivered(&[&first, &first[1..], &first[1..]].concat()).len(), 3);
}

// W-TYPE-2 W-TYPE-4
#[test]
fn an_answer_has_the_code_of_its_request_and_type_fd() {
    let mut answered = 0;
    for sent in one_of_each_kind() {
        let kind = |kind| Opcode::new(kind, sent.body[1]).unwrap();
        match sent.message {
            Message::Query(query) => {
                let answer = one_of_each_kind()
                    .into_iter()
                    .find(|other| matches!(other.message, Message::Report(report) if report.item() == query.item));
                assert_eq!(answer.unwrap().message.opcode(), kind(0xFD));
                answered += 1;
            }
            Message::Start(_) | Message::Stop(_) => {
                assert_eq!(sent.body[0], 0xFC);
                assert!(one_of_each_kind().iter().any(|other| other.message.opcode() == kind(0xFD)));
                answered += 1;
            }
            _ => {}
        }
    }
    assert_eq!(answered, 12);
}

// W-TYPE-3 W-Q-2
#[test]
fn a_report_is_from_the_id_in_it_whoever_that_is() {
    for sender in ["79 73", "34 95"] {
        let report = message(&format!("FD EC {sender} 04 05 03 02"), 16);
        assert_eq!(report.sender().map(|id| id.to_string()), Some(sender.replace(' ', "")));
        assert_eq!(report.receiver(), None);
    }
}

// W-TYPE-5
#[test]
fn an_unknown_code_is_delivered_with_all_its_bytes() {
    for code in ["FC A1", "FC E5", "FD A4", "FB E1", "FC E0"] {
        let received = read(&format!("{code} 01 02 03 04 05 06 07 08 09 0A"), 13);
        let Message::Unknown(unknown) = received.message() else { panic!("{code}") };
        assert_eq!(unknown.payload(), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    }
}

// W-LEN-1
#[test]
fn bodies_of_13_to_20_bytes_are_frames_and_no_others() {
    for len in 4..=30 {
        let body = sealed(&hex("FB E0 77"), len);
        match len {
            13..=20 => assert_eq!(body_of(&delivered(&wire(&body))[0]), body),
            ..13 => assert_eq!(error_of(&body), "too-short"),
            _ => assert_eq!(error_of(&body), "too-long"),
        }
    }
}

// W-LEN-2 W-LEN-3
#[test]
fn every_length_that_holds_the_fields_is_read_and_only_four_codes_can_be_too_short() {
    let mut missing = Vec::new();
    for sent in one_of_each_kind() {
        for len in BodyLen::MIN..=BodyLen::MAX {
            let body = sealed(&sent.body[..sent.body.len().min(len) - 1], len);
            match Decoder::new().decode(&mut wire(&body).as_slice()).unwrap() {
                Ok(received) => assert_eq!(received.message().opcode(), sent.message.opcode()),
                Err(DecodeError::Message(error)) => {
                    assert_eq!(error.available, len);
                    missing.push((sent.name, len, error.needed));
                }
                Err(other) => panic!("{} {len}: {other}", sent.name),
            }
        }
    }
    let expected = [
        ("FD EB", 13, 15),
        ("FD EB", 14, 15),
        ("FD ED", 13, 16),
        ("FD ED", 14, 16),
        ("FD ED", 15, 16),
        ("FD 19", 13, 14),
        ("FD 1A", 13, 14),
    ];
    assert_eq!(missing, expected);
}

// W-LEN-4 W-LEN-5
#[test]
fn the_canonical_lengths_are_those_of_section_5() {
    for sent in one_of_each_kind() {
        let (p1, p2) = (Version::P1.body_len(&sent.message).get(), Version::P2.body_len(&sent.message).get());
        let expected = match sent.name {
            "FD EB" | "FD ED" | "FD EE" | "FD EF" | "FD F1" => (20, 20),
            "FC 1D" | "FD 19" | "FD 1A" | "FD 1B" => (14, 14),
            "FC B1" | "FC B2" | "FD B1" | "FD B2" | "FD EC" | "FD B4" => (16, 16),
            // They are as long as they were.
            "FC A1" | "FC 19" | "FC 1A" | "FB E8" => (sent.body.len(), sent.body.len()),
            _ => (14, 16),
        };
        assert_eq!((p1, p2), expected, "{}", sent.name);
    }
    let without_amps = message("FD EB 34 95 00 00 1A 7E 00 E6", 16);
    assert_eq!(Version::P2.body_len(&without_amps).get(), 16);
}

// W-LEN-6
#[test]
fn bytes_that_are_usually_zero_are_kept() {
    for sent in one_of_each_kind() {
        for len in sent.body.len()..=BodyLen::MAX {
            let mut body = sent.body.clone();
            body.pop();
            body.resize(len, 0x5A);
            let body = sealed(&body[..len - 1], len);
            assert_eq!(body_of(&delivered(&wire(&body))[0]), body, "{}", sent.name);
        }
    }
}

// W-VAL-1
#[test]
fn every_state_command_and_plug_state_survives() {
    for byte in 0..=0xFF {
        for fields in ["FB E0 77 77 34 95", "FD E0 34 95 77 77", "FD B4 34 95"] {
            let body = sealed(&[hex(fields), vec![byte]].concat(), 16);
            let received = Received::parse(&Frame::new_checked(&body).unwrap()).unwrap();
            let seen = match received.message() {
                Message::MasterHeartbeat(m) => m.command.code(),
                Message::SlaveHeartbeat(m) => m.state.code(),
                Message::Report(Report::PlugState { state, .. }) => state.code(),
                other => panic!("{other:?}"),
            };
            assert_eq!(seen, byte);
            assert_eq!(body_of(&received), body);
        }
    }
}

// W-NUM-1 W-NUM-2 W-HB-4 W-HB-5
#[test]
fn a_slaves_currents_are_big_endian_hundredths_up_to_655_35() {
    let Message::SlaveHeartbeat(heartbeat) = message("FD E0 34 95 77 77 01 06 40 FF FF", 16) else { panic!() };
    assert_eq!((heartbeat.slave, heartbeat.master, heartbeat.state), (SLAVE, MASTER, SlaveState::CHARGING));
    assert_eq!((heartbeat.limit, heartbeat.drawn), (CentiAmps::new(1_600), CentiAmps::new(65_535)));
    assert_eq!(heartbeat.drawn.to_string(), "655.35 A");
}

// W-VER-1
#[test]
fn the_length_of_a_linkready_tells_the_version() {
    for len in BodyLen::MIN..=BodyLen::MAX {
        let received = read("FD E2 34 95 81 0C 80", len);
        let version = Version::from_link_ready(received.body_len());
        assert_eq!(version, if len <= 14 { Version::P1 } else { Version::P2 });
    }
}

// W-ID-1 W-ID-2 W-ID-4
#[test]
fn the_ids_stand_where_they_stand() {
    let ids = |message: &Message| (message.sender().map(TwcId::value), message.receiver().map(TwcId::value));
    for value in [0, 0xC0DB, 0xDBC0, 0xFFFF, 0x3495] {
        for sent in one_of_each_kind() {
            let mut body = sent.body.clone();
            let id = u16::to_be_bytes(value);
            body[2..4].copy_from_slice(&id);
            let both = sealed(&[&body[..4], &id, &body[6..body.len() - 1]].concat(), body.len());
            let found = delivered(&wire(&both));
            let expected = match sent.name {
                "FC 1D" | "FD 19" | "FD 1A" | "FD 1B" | "FC A1" | "FC 19" | "FC 1A" | "FB E8" => (None, None),
                "FB E0" | "FD E0" | "FC B1" | "FC B2" => (Some(value), Some(value)),
                query if query.starts_with("FB") && query != "FB E2" => (Some(value), Some(value)),
                _ => (Some(value), None),
            };
            assert_eq!(ids(&found[0].message()), expected, "{}", sent.name);
        }
    }
}

// W-LR-1 W-LR-2 W-LR-3
#[test]
fn linkreadys_hold_sender_sign_and_a_slaves_maximum() {
    let master = MasterLinkReady { master: TwcId::new(0x32AB), sign: Sign::new(0x77), offset_5: [0x40, 0x06] };
    assert_eq!(message("FC E1 32 AB 77 40 06", 16), Message::LinkReady1(master));
    assert_eq!(message("FB E2 32 AB 77 40 06", 14), Message::LinkReady2(master));
    for (hex, amps) in [("0C 80", 32), ("1F 40", 80)] {
        let Message::SlaveLinkReady(slave) = message(&format!("FD E2 34 95 81 {hex}"), 16) else { panic!() };
        assert_eq!(
            (slave.slave, slave.sign, slave.max_current),
            (SLAVE, Sign::new(0x81), CentiAmps::from_amps(amps))
        );
    }
}

// W-HB-1 W-HB-2 W-HB-3 W-HB-6
#[test]
fn a_masters_argument_is_a_limit_or_a_bitmap_or_nothing() {
    for code in 0..=0xFF {
        let Message::MasterHeartbeat(heartbeat) = message(&format!("FB E0 77 77 34 95 {code:02X} 05 DC 02"), 16)
        else {
            panic!()
        };
        assert_eq!((heartbeat.master, heartbeat.slave, heartbeat.command), (MASTER, SLAVE, Command::new(code)));
        assert_eq!(heartbeat.limit().is_some(), [5, 8, 9].contains(&code));
        assert_eq!(heartbeat.error_bitmap().is_some(), code == 2);
        // 05 has bits 0 and 2: the lowest decides.
        assert_eq!(
            heartbeat.error_bitmap().and_then(twc_proto::message::ErrorBitmap::blinks),
            (code == 2).then_some(3)
        );
        assert!(heartbeat.master_plugged());
    }
    let blinks = |bits: u8| twc_proto::message::ErrorBitmap(bits).blinks();
    assert_eq!([2, 4, 6, 0xF8, 0].map(blinks), [Some(5), Some(6), Some(5), None, None]);
}

// W-Q-1 W-Q-11
#[test]
fn a_query_names_both_units_or_nobody() {
    for item in Item::ALL {
        for (ids, master, slave) in [("77 77 34 95", MASTER, SLAVE), ("", TwcId::new(0), TwcId::new(0))] {
            for len in [13, 14, 15, 16] {
                let query = message(&format!("FB {:02X} {ids}", item.code()), len);
                assert_eq!(query, Message::Query(Query { item, master, slave }));
            }
        }
    }
}

// W-Q-3 W-Q-4 W-Q-5
#[test]
fn a_meter_has_currents_only_in_18_bytes_or_more() {
    // 4 194 484 kWh: absurd, and delivered.
    let fields = "FD EB 34 95 00 40 00 B4 00 E6 00 F1 00 E8 20 20 1F";
    for len in 15..=BodyLen::MAX {
        let fields = fields.split(' ').take(len - 1).collect::<Vec<_>>().join(" ");
        let Message::Report(Report::Meter { sender, kwh, volts, phase_half_amps }) = message(&fields, len) else {
            panic!()
        };
        assert_eq!((sender, kwh, volts), (SLAVE, 4_194_484, [230, 241, 232]));
        assert_eq!(phase_half_amps, (len >= 18).then_some([32, 32, 31]), "{len}");
    }
}

// W-Q-6 W-Q-7 W-Q-8 W-Q-10 W-Q-12
#[test]
fn reports_hold_their_fields() {
    let reports = |name: &str| match one_of_each_kind().into_iter().find(|sent| sent.name == name).unwrap().message
    {
        Message::Report(report) => report,
        other => panic!("{other:?}"),
    };
    let (sender, plugged) = (SLAVE, twc_proto::message::PlugState::CHARGING);
    assert_eq!(reports("FD EC"), Report::Firmware { sender, version: [4, 5, 3, 2] });
    assert_eq!(reports("FD ED"), Report::Serial { sender, serial: Text(*b"A17A0003495") });
    assert_eq!(reports("FD EE"), Report::VinPart1 { sender, chars: Text(*b"5YJ3E1E") });
    assert_eq!(reports("FD EF"), Report::VinPart2 { sender, chars: Text(*b"A7JF000") });
    assert_eq!(reports("FD F1"), Report::VinPart3 { sender, chars: Text(*b"316") });
    assert_eq!(reports("FD B4"), Report::PlugState { sender, state: plugged });
    assert_eq!(reports("FD 19"), Report::OldSerial { serial: Text(*b"A17A0003495") });
    assert_eq!(reports("FD 1A"), Report::OldModel { model: Text(*b"1042767000A") });
    assert_eq!(reports("FD 1B"), Report::OldFirmware { version: [4, 5, 3] });
}

// W-Q-9 W-Q-13
#[test]
fn text_is_padded_not_terminated_and_shows_nothing_unprintable() {
    let Message::Report(Report::VinPart1 { chars, .. }) = message("FD EE 34 95", 20) else { panic!() };
    assert!(chars.is_empty());
    let Message::Report(Report::OldModel { model }) = message("FD 1A 41 1B 5B 32 4A 00 FF FF 00 FF 00", 14) else {
        panic!()
    };
    assert_eq!(model.to_string(), "A?[2J");
}

// W-CTL-1 W-CTL-2 W-IDLE-1
#[test]
fn start_stop_acknowledgement_and_idle() {
    let control = twc_proto::message::Control { master: MASTER, slave: SLAVE };
    assert_eq!(message("FC B1 77 77 34 95", 16), Message::Start(control));
    assert_eq!(message("FC B2 77 77 34 95", 16), Message::Stop(control));
    for (code, switch) in [("B1", Switch::Start), ("B2", Switch::Stop)] {
        let ack = twc_proto::message::Ack { switch, slave: SLAVE };
        assert_eq!(message(&format!("FD {code} 34 95"), 16), Message::Ack(ack));
    }
    assert_eq!(message("FC 1D", 14), Message::Idle);
    assert!(amps(&Message::Idle).is_none());
}

// W-DANGER-1 W-DANGER-2 W-DANGER-4
#[test]
fn the_three_deadly_frames_are_shown_and_never_made() {
    for (kind, code) in [(0xFC, 0x19), (0xFC, 0x1A), (0xFB, 0xE8)] {
        for len in BodyLen::MIN..=BodyLen::MAX {
            let received = read(&format!("{kind:02X} {code:02X} 41 42"), len);
            let Message::Dangerous(dangerous) = received.message() else { panic!() };
            assert!(dangerous.to_string().starts_with(&format!("{kind:02X} {code:02X} 41 42 ")));
            let opcode = Opcode::new(kind, code).unwrap();
            let refused = Err(EnvelopeError::Dangerous { opcode });
            assert_eq!(received.to_envelope(), refused);
            assert_eq!(received.to_envelope_that_may_lock_a_slave(), refused);
            assert!(Unknown::new(opcode, &[0; 10]).is_err());
        }
    }
}

// W-DANGER-3
#[test]
fn command_02_decodes_and_is_made_only_where_the_name_warns() {
    let received = read("FB E0 77 77 34 95 02 05", 16);
    assert_eq!(received.to_envelope(), Err(EnvelopeError::LocksSlave));
    assert!(received.to_envelope_that_may_lock_a_slave().is_ok());
}

// W-DANGER-5
#[test]
fn one_byte_that_the_sum_does_not_cover_makes_a_read_a_write() {
    for code in ["19", "1A"] {
        let mut body = sealed(&hex(&format!("FB {code} 77 77 34 95")), 16);
        assert!(delivered(&wire(&body))[0].to_envelope().is_ok());
        body[0] = 0xFC;
        assert!(matches!(delivered(&wire(&body))[0].message(), Message::Dangerous(_)));
    }
}
