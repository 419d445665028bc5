//! Claim: every frame ever captured is read and made again byte for byte, and exactly the damaged ones are not.

mod common;

use common::{capture, hex, rows};
use twc_proto::{DecodeError, Decoder, Envelope, Frame, Received};

/// File, frames in it, damaged ones in it.
const FILES: [(&str, usize, usize); 16] = [
    ("frames.csv", 65, 1),
    ("corrupt.csv", 2, 7),
    ("master_power_on.txt", 44, 0),
    ("master_and_slave.txt", 62, 0),
    ("slave_reset.txt", 15, 0),
    ("sessions/s01_echo_loopback.txt", 8, 0),
    ("sessions/s02_echo_heartbeats.txt", 17, 0),
    ("sessions/s03_missing_bias_resistors.txt", 11, 1),
    ("sessions/s04_no_slave.txt", 8, 0),
    ("sessions/s06_three_slaves_converter_garbage.txt", 4, 1),
    ("sessions/s08_state8_to_state3.txt", 7, 0),
    ("sessions/s09_esp32_bad_checksum_unanswered.txt", 12, 4),
    ("sessions/s10_real_master_453_error5.txt", 6, 0),
    ("sessions/s12_offer_6_to_19A.txt", 8, 0),
    ("sessions/s14_p1_charge_negotiation.txt", 8, 0),
    ("sessions/s15_real_master_linkready.txt", 2, 0),
];

/// The bytes that each row of a capture shows, in whichever of the two forms it does.
fn shown(name: &str) -> Vec<Vec<u8>> {
    let text = capture(name);
    let columns = |row: &str| {
        let columns: Vec<_> = row.split(',').map(str::to_owned).collect();
        if name == "frames.csv" && columns[3].is_empty() { columns[4].clone() } else { columns[3].clone() }
    };
    // In text files two columns precede the bytes: a time, and a direction or the junk byte before the frame.
    let last_column = |row: &str| row.split_whitespace().skip(2).collect::<Vec<_>>().join(" ");
    if std::path::Path::new(name).extension().is_some_and(|extension| extension == "csv") {
        rows(&text).skip(1).map(|row| hex(&columns(row))).collect()
    } else {
        rows(&text).map(|row| hex(&last_column(row))).collect()
    }
}

fn read(body: &[u8]) -> Result<Envelope, DecodeError> {
    let received = Received::parse(&Frame::new_checked(body)?)?;
    Ok(received.to_envelope_that_may_lock_a_slave().unwrap())
}

#[test]
fn every_captured_frame_is_made_again_byte_for_byte_and_the_damaged_ones_are_refused() {
    for (name, frames, damaged) in FILES {
        let (mut good, mut bad) = (0, 0);
        for bytes in shown(name) {
            let made =
                if bytes.first() == Some(&0xC0) { made_again_from_wire(&bytes) } else { made_again(&bytes) };
            if made { good += 1 } else { bad += 1 }
        }
        assert_eq!((good, bad), (frames, damaged), "{name}");
    }
}

fn made_again(body: &[u8]) -> bool {
    let Ok(envelope) = read(body) else { return false };
    assert_eq!(envelope.emit().as_ref(), body, "{body:02X?}");
    true
}

fn made_again_from_wire(wire: &[u8]) -> bool {
    let mut decoder = Decoder::new();
    let mut input = wire;
    let Some(Ok(received)) = decoder.decode(&mut input) else { return false };
    let made = received.to_envelope_that_may_lock_a_slave().unwrap().to_wire();
    let behind = wire.len() - made.as_ref().len();
    assert_eq!(made.as_ref(), &wire[..wire.len() - behind], "{wire:02X?}");
    assert!(behind <= 1 && decoder.decode(&mut input).is_none());
    true
}

#[test]
fn where_both_forms_were_captured_one_becomes_the_other() {
    let text = capture("frames.csv");
    let mut compared = 0;
    for row in rows(&text).skip(1) {
        let columns: Vec<_> = row.split(',').collect();
        let (wire, body) = (hex(columns[3]), hex(columns[4]));
        if let (Ok(envelope), false) = (read(&body), wire.is_empty()) {
            let made = envelope.to_wire();
            assert_eq!(made.as_ref(), &wire[..made.as_ref().len()], "{row}");
            compared += 1;
        }
    }
    assert_eq!(compared, 21);
}

#[test]
fn the_captures_as_one_stream_give_the_same_frames() {
    for (name, frames, _) in FILES.into_iter().filter(|(_, _, damaged)| *damaged == 0) {
        let mut stream = Vec::new();
        for bytes in shown(name) {
            if bytes.first() == Some(&0xC0) {
                stream.extend(&bytes);
            } else {
                stream.extend(read(&bytes).unwrap().to_wire().with_tail(Some(0xFC)).as_ref());
            }
        }
        let mut decoder = Decoder::new();
        let mut input = stream.as_slice();
        while let Some(outcome) = decoder.decode(&mut input) {
            outcome.unwrap();
        }
        assert_eq!(decoder.stats().messages as usize, frames, "{name}");
    }
}

// W-SUM-3
#[test]
fn a_frame_that_is_right_but_for_an_extra_ff_is_rejected_and_the_next_one_delivered() {
    let body = hex("FD E2 18 39 52 0C 80 00 00 00 00 00 00 00 00 11 FF");
    assert!(capture("corrupt.csv").contains("FD E2 18 39 52 0C 80 00 00 00 00 00 00 00 00 11 FF"));
    let intact = read(&body[..16]).unwrap();
    let stream = [&[0xC0], body.as_slice(), intact.to_wire().as_ref()].concat();
    let mut by_byte = Decoder::new();
    let from_bytes: Vec<_> = stream.iter().filter_map(|byte| by_byte.push(*byte)).collect();
    let mut by_slice = Decoder::new();
    let from_slice: Vec<_> = by_slice.frames(&stream).collect();
    assert_eq!(from_bytes, from_slice);
    let [Err(error), Ok(received)] = from_bytes.as_slice() else { panic!("{from_bytes:?}") };
    assert_eq!(error.kind(), "bad-checksum");
    assert_eq!(received.to_envelope(), Ok(intact));
    assert_eq!((by_byte.stats().messages, by_byte.stats().bad_checksum), (1, 1));
}

// W-SLIP-10
#[test]
fn a_pause_ends_a_frame_only_for_a_caller_that_says_so_with_a_delimiter() {
    let idle = hex("FC 1D 00 00 00 00 00 00 00 00 00 00 00 1D");
    let mut decoder = Decoder::new();
    for byte in [&[0xC0], idle.as_slice()].concat() {
        assert_eq!(decoder.push(byte), None);
    }
    // The closing delimiter was lost. The caller's clock shows a gap, and it ends the frame.
    assert_eq!(decoder.push(0xC0).unwrap().unwrap().message(), twc_proto::Message::Idle);
    // The delimiter that comes late finds nothing to end, and begins the next frame as ever.
    assert_eq!(decoder.push(0xC0), None);
    assert_eq!(decoder.frames(&idle).count(), 0);
    assert!(decoder.push(0xC0).unwrap().is_ok());
}
