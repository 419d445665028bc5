//! Claim: what a firmware logs has a `defmt::Format` that sends its values to the host.
//!
//! The format strings themselves never leave the firmware's file, so what is compared is how many there are, in which order
//! they nest, and the values between them.
#![cfg(feature = "defmt")]

use defmt::Format;
use twc_proto::error::{EncodeError, FrameError, ParseError, SlipError, UnknownError};
use twc_proto::frame::checksum;
use twc_proto::message::{ErrorBitmap, Item, PlugState, Report, Text};
use twc_proto::types::ParseIdError;
use twc_proto::unit::SerialError;
use twc_proto::vin::{VinError, VinState};
use twc_proto::{
    BodyLen, CentiAmps, Command, DecodeError, DecoderStats, EnvelopeError, Firmware, Frame, Instant, MeterReading,
    Opcode, Received, SerialNumber, Sign, SlaveState, TwcId, Version, Vin,
};

/// The bytes in this notation: `$` the number of a format string, `(` and `)` around a nested value, `'meter'` a text with
/// its length, everything else hexadecimal.
fn bytes(notation: &str, mut string: u16) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in notation.split_whitespace() {
        match part {
            "$" | "(" => {
                bytes.extend(string.to_le_bytes());
                string += 1;
            }
            ")" => bytes.extend([0, 0]),
            text if text.starts_with('\'') => {
                let text = text.trim_matches('\'').replace('_', " ");
                bytes.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
                bytes.extend(text.bytes());
            }
            pair => bytes.push(u8::from_str_radix(pair, 16).unwrap()),
        }
    }
    bytes
}

fn sends(value: &impl Format, notation: &str) {
    defmt::export::fetch_bytes();
    let string = defmt::export::fetch_string_index();
    value.format(defmt::export::make_formatter());
    assert_eq!(defmt::export::fetch_bytes(), bytes(notation, string), "{notation}");
}

/// A body whose last byte is to be its checksum.
fn received(body: &str) -> Received {
    let mut body: Vec<u8> = body.split_whitespace().map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect();
    *body.last_mut().unwrap() = checksum(&body);
    Received::parse(&Frame::new_checked(body).unwrap()).unwrap()
}

#[test]
fn values_are_sent_as_numbers_and_names() {
    sends(&TwcId::new(0x3495), "$ 95 34");
    sends(&Sign::new(0x77), "$ 77");
    sends(&CentiAmps::new(1_234), "$ 0C 00 22 00");
    sends(&BodyLen::B16, "$ 10 00 00 00");
    sends(&SlaveState::CHARGING, "$ 01 'charging'");
    sends(&SlaveState::new(0x77), "$ 77 '?'");
    sends(&Version::P1, "$ 01");
    sends(&Version::P2, "$ 02");
    sends(&Instant::from_millis(5), "$ 88 13 00 00 00 00 00 00");
    sends(&ErrorBitmap(0x81), "$ 81");
    sends(&PlugState::new(3), "$ 03");
    sends(&Command::new(9), "$ 09");
    sends(&Opcode::new(0xFB, 0xE0).unwrap(), "$ FB E0");
    sends(&Text(*b"EV"), "$ 'EV'");
    sends(&Firmware::new(4, 5, 3, None), "$ 04 05 03");
    sends(&Firmware::new(4, 5, 10, Some(2)), "$ 04 05 0A $ 02");
    let serial: SerialNumber = "A17A0003495".parse().unwrap();
    sends(&serial, "$ 'A17A0003495'");
    // From the 1st of January 2017 on.
    sends(&serial.production_period().unwrap(), "$ E1 07 01 01");
    sends(
        &DecoderStats { messages: 7, junk_bytes: 3, ..DecoderStats::default() },
        "$ 07 00 00 00 00 00 00 00 03 00 00 00",
    );
}

#[test]
fn names_of_items_are_those_of_the_log() {
    for (item, name) in [
        (Item::Meter, "meter"),
        (Item::Firmware, "firmware"),
        (Item::Serial, "serial"),
        (Item::VinPart1, "vin_part_1"),
        (Item::VinPart2, "vin_part_2"),
        (Item::VinPart3, "vin_part_3"),
        (Item::PlugState, "plug_state"),
        (Item::OldSerial, "old_serial"),
        (Item::OldModel, "old_model"),
        (Item::OldFirmware, "old_firmware"),
    ] {
        sends(&item, &format!("$ '{name}'"));
    }
}

#[test]
fn messages_send_their_fields_in_the_order_of_their_display() {
    let zeros = "00 00 00 00 00 00 00 00";
    for (body, sent) in [
        (format!("FC E1 77 77 12 {zeros} 00 00 00"), "$ ( $ ( $ 77 77 ) ( $ 12 ) )"),
        (format!("FB E2 77 77 12 {zeros} 00 00 00"), "$ ( $ ( $ 77 77 ) ( $ 12 ) )"),
        (format!("FD E2 34 95 12 0C 80 {zeros} 00"), "$ ( $ ( $ 95 34 ) ( $ 12 ) ( $ 20 00 00 00 ) )"),
        (format!("FB E0 77 77 34 95 09 06 40 00 {zeros}"), "$ ( $ ( $ 77 77 ) ( $ 95 34 ) ( $ 09 ) 40 06 )"),
        (
            "FD E0 34 95 77 77 01 06 40 06 18 00 00 00 00 00".into(),
            "$ ( $ ( $ 95 34 ) ( $ 77 77 ) ( $ 01 'charging' ) ( $ 10 00 00 00 ) ( $ 0F 00 3C 00 ) )",
        ),
        (format!("FB EB 77 77 34 95 {zeros} 00 00"), "$ ( $ ( $ 77 77 ) ( $ 95 34 ) ( $ 'meter' ) )"),
        (format!("FD B4 34 95 01 {zeros} 00 00 00"), "$ ( $ ( $ 95 34 ) ( $ 01 ) )"),
        (format!("FC B1 77 77 34 95 {zeros} 00 00"), "$ ( $ ( $ 77 77 ) ( $ 95 34 ) )"),
        (format!("FC B2 77 77 34 95 {zeros} 00 00"), "$ ( $ ( $ 77 77 ) ( $ 95 34 ) )"),
        (format!("FD B1 34 95 {zeros} 00 00 00 00"), "$ ( $ ( $ 95 34 ) ( $ ) )"),
        (format!("FD B2 34 95 {zeros} 00 00 00 00"), "$ ( $ ( $ 95 34 ) ( $ ) )"),
        (format!("FC 1D {zeros} 00 00 00 00"), "$"),
        (
            "FC A1 01 02 03 04 05 06 07 08 09 0A 00".into(),
            "$ ( $ ( $ FC A1 ) 0A 00 00 00 01 02 03 04 05 06 07 08 09 0A )",
        ),
        (format!("FC 19 {zeros} 00 00 00"), "$ ( $ 0D 00 00 00 FC 19 00 00 00 00 00 00 00 00 00 00 19 )"),
    ] {
        sends(&received(&body).message(), sent);
    }
    let idle = received(&format!("FC 1D {zeros} 00 00 00 00"));
    sends(&idle, "$ ( $ ) ( $ 0E 00 00 00 )");
    sends(&idle.to_envelope().unwrap(), "$ ( $ ) ( $ 0E 00 00 00 )");
}

#[test]
fn reports_send_what_they_tell() {
    let sender = TwcId::new(0x3495);
    let meter = Report::Meter { sender, kwh: 6_782, volts: [247, 0, 0], phase_half_amps: Some([1, 2, 3]) };
    sends(&meter, "$ ( $ 95 34 ) 7E 1A 00 00 $ $ F7 00 00 00 00 00 $ 01 $ $ 01 02 03");
    sends(
        &MeterReading::from_report(&meter).unwrap(),
        "$ 7E 1A 00 00 $ $ F7 00 00 00 00 00 $ 01 $ $ $ 00 00 32 00 ) $ 01 00 00 00 ) $ 01 00 32 00 )",
    );
    sends(&Report::Firmware { sender, version: [4, 5, 10, 2] }, "$ ( $ 95 34 ) $ $ 04 05 0A 02");
    sends(&Report::OldFirmware { version: [4, 5, 3] }, "$ $ $ 04 05 03");
    sends(&Report::Serial { sender, serial: Text(*b"A17A0003495") }, "$ ( $ 95 34 ) ( $ 'A17A0003495' )");
    sends(&Report::VinPart1 { sender, chars: Text(*b"1M8GDM9") }, "$ ( $ 95 34 ) ( $ '1M8GDM9' )");
    sends(&Report::VinPart2 { sender, chars: Text(*b"AXKP042") }, "$ ( $ 95 34 ) ( $ 'AXKP042' )");
    sends(&Report::VinPart3 { sender, chars: Text(*b"788") }, "$ ( $ 95 34 ) ( $ '788' )");
    sends(&Report::PlugState { sender, state: PlugState::new(3) }, "$ ( $ 95 34 ) ( $ 03 )");
    sends(&Report::OldSerial { serial: Text(*b"A17A0003495") }, "$ ( $ 'A17A0003495' )");
    sends(&Report::OldModel { model: Text(*b"EVWC0000000") }, "$ ( $ 'EVWC0000000' )");
}

#[test]
fn errors_send_the_bytes_and_lengths_they_are_about() {
    let opcode = Opcode::new(0xFC, 0x19).unwrap();
    sends(&SlipError::InvalidEscape { found: 0x41 }, "$ 41");
    sends(&SlipError::DanglingEscape, "$");
    sends(&SlipError::TooLong { max: 20 }, "$ 14 00 00 00");
    sends(&FrameError::TooShort { len: 5, min: 13 }, "$ 05 00 00 00 0D 00 00 00");
    sends(&FrameError::TooLong { len: 21, max: 20 }, "$ 15 00 00 00 14 00 00 00");
    sends(&FrameError::BadType { found: 0xAA }, "$ AA");
    sends(&FrameError::BadChecksum { computed: 1, received: 2 }, "$ 02 01");
    sends(&DecodeError::Slip(SlipError::DanglingEscape), "$ ( $ )");
    sends(&DecodeError::Frame(FrameError::BadType { found: 0xAA }), "$ ( $ AA )");
    let parse = ParseError { opcode, needed: 16, available: 13 };
    sends(&DecodeError::Message(parse), "$ ( $ ( $ FC 19 ) 10 00 00 00 0D 00 00 00 )");
    sends(&EncodeError { needed: 18, available: 8 }, "$ 08 00 00 00 12 00 00 00");
    sends(&ParseIdError, "$");
    sends(&EnvelopeError::Dangerous { opcode }, "$ ( $ FC 19 )");
    sends(&EnvelopeError::LocksSlave, "$");
    sends(&EnvelopeError::TooShort { needed: 16, available: 14 }, "$ 10 00 00 00 0E 00 00 00");
    sends(&EnvelopeError::WouldReadAsZeroAmps { most: 16, chosen: 20 }, "$ 14 00 00 00 10 00 00 00");
    sends(&EnvelopeError::UnknownLength { actual: 13, chosen: 14 }, "$ 0D 00 00 00 0E 00 00 00");
    sends(&UnknownError::Dangerous { opcode }, "$ ( $ FC 19 )");
    sends(&UnknownError::Known { opcode }, "$ ( $ FC 19 )");
    sends(&UnknownError::Length { len: 18 }, "$ 12 00 00 00");
    for error in [SerialError::Empty, SerialError::Form, SerialError::NoDigits] {
        sends(&error, "$");
    }
    sends(&VinError::Length { len: 16 }, "$ 10 00 00 00");
    sends(&VinError::Character { position: 9 }, "$ 09 00 00 00");
}

#[test]
fn a_vin_is_sent_with_what_is_known_of_it() {
    let vin: Vin = "1M8GDM9AXKP042788".parse().unwrap();
    for state in [VinState::Unknown, VinState::Partial, VinState::None] {
        sends(&state, "$");
    }
    sends(&VinState::Damaged(VinError::Character { position: 9 }), "$ ( $ 09 00 00 00 )");
    sends(&VinState::Doubtful(vin), "$ ( $ '1M8GDM9AXKP042788' )");
    sends(&VinState::Known(vin), "$ ( $ '1M8GDM9AXKP042788' )");
}
