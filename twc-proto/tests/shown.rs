//! Claim: what is written by hand for people and for maps (names, `Display`, `Debug`, `Hash`) says what the value is.

use std::collections::HashSet;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use twc_proto::message::{Text, Unknown};
use twc_proto::slip::{Candidate, Deframer};
use twc_proto::{Command, Decoder, Instant, Opcode, Received, SerialNumber, Sign, SlaveState, Version};

const ASK: &[u8] = b"\xC0\xFD\xE2\x34\x95\x81\x0C\x80\0\0\0\0\0\0\0\0\xB8\xC0";

fn received() -> Received {
    Decoder::new().decode(&mut &ASK[..]).unwrap().unwrap()
}

#[test]
fn debug_of_a_received_message_and_an_envelope_shows_fields_and_raw_bytes() {
    let received = received();
    let envelope = received.to_envelope().unwrap();
    let raw = "FD E2 34 95 81 0C 80 00 00 00 00 00 00 00 00 B8";
    let message = format!("{:?}", received.message());
    assert_eq!(format!("{received:?}"), format!("Received {{ message: {message}, body: {raw} }}"));
    assert_eq!(format!("{envelope:?}"), format!("Envelope {{ message: {message}, body: {raw} }}"));
}

#[test]
fn hashes_tell_unknown_messages_apart_as_equality_does() {
    let unknown =
        |last| Unknown::new(Opcode::new(0xFC, 0xA1).unwrap(), &[0, 0, 0, 0, 0, 0, 0, 0, 0, last]).unwrap();
    let seen: HashSet<Unknown> = [1, 2, 1, 2, 3].map(unknown).into_iter().collect();
    assert_eq!(seen.len(), 3);
    assert!(seen.contains(&unknown(2)) && !seen.contains(&unknown(4)));
    let hasher = BuildHasherDefault::<DefaultHasher>::default();
    assert_ne!(hasher.hash_one(unknown(1)), hasher.hash_one(unknown(2)));
}

#[test]
fn every_state_with_a_meaning_has_the_name_of_the_table() {
    let names = [
        (0x00, "ready"),
        (0x01, "charging"),
        (0x02, "error"),
        (0x03, "plugged, idle"),
        (0x04, "wants charge"),
        (0x05, "busy"),
        (0x06, "raising"),
        (0x07, "lowering"),
        (0x08, "starting"),
        (0x09, "setting limit"),
        (0x0A, "adjusted"),
    ];
    for (code, name) in names {
        assert_eq!(SlaveState::new(code).name(), Some(name));
        assert_eq!(SlaveState::new(code).to_string(), format!("{code:02X} {name}"));
    }
    assert_eq!((0x0B..=0xFF).find(|code| SlaveState::new(*code).name().is_some()), None);
    assert_eq!(SlaveState::new(0x0B).to_string(), "0B");
}

#[test]
fn times_versions_and_serial_numbers_are_written_in_full() {
    assert_eq!(Instant::from_millis(61_005).to_string(), "61.005000s");
    assert_eq!(Instant::ZERO.to_string(), "0.000000s");
    assert_eq!((Sign::new(0x0A).to_string(), Command::LIMIT.to_string()), ("0A".into(), "09".into()));
    assert_eq!((Version::P1.to_string(), Version::P2.to_string()), ("protocol 1".into(), "protocol 2".into()));
    assert_eq!("A17A0003495".parse::<SerialNumber>().unwrap().to_string(), "A17A0003495");
}

#[test]
fn a_text_is_cut_to_its_field_and_padded() {
    assert_eq!(Text::<3>::new("abcdef"), Text(*b"abc"));
    assert_eq!(Text::<3>::new("a"), Text(*b"a\0\0"));
}

#[test]
fn a_default_deframer_waits_for_its_first_delimiter() {
    let mut deframer = Deframer::default();
    assert!(matches!(deframer.push(0x01), Some(Candidate::Junk(_))));
    assert!(deframer.push(0xC0).is_none());
    assert!(b"four".iter().all(|byte| deframer.push(*byte).is_none()));
    assert!(matches!(deframer.push(0xC0), Some(Candidate::Body(b"four"))));
}

#[test]
fn the_sum_of_what_is_too_short_to_have_one_is_zero() {
    for body in [&[][..], &[0xFD], &[0xFD, 0xE2]] {
        assert_eq!(twc_proto::frame::checksum(body), 0);
    }
    assert_eq!(twc_proto::frame::checksum(&[0xFD, 0xE2, 0]), 0xE2);
}
