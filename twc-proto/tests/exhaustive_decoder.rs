//! Claim: in every state that a decoder can be in, each of the 256 bytes has the effect that protocol.md §3.3 says,
//! and whatever the byte was, the next frame between two delimiters comes through.

mod common;

use common::oracle::{Outcome, by_bytes, by_the_book, counted};
use twc_proto::Decoder;

/// An idle marker: the frame that must come through afterwards.
const IDLE: [u8; 14] = [0xFC, 0x1D, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x1D];

/// `len` body bytes in wire form, the last `escaped` of them (but not the type) as escapes. Without an escape the
/// last byte is the sum of the others, so that a delimiter makes it a frame wherever the length allows that.
fn body(len: usize, escaped: usize, code: u8) -> Vec<u8> {
    let mut body: Vec<_> = [0xFD, code].into_iter().chain(2..20).take(len).collect();
    if let (0, 3.., [_, summed @ .., last]) = (escaped, len, body.as_mut_slice()) {
        *last = summed.iter().fold(0, |sum, byte| sum.wrapping_add(*byte));
    }
    let plain = len - escaped;
    let mut wire = Vec::new();
    for (index, byte) in body.into_iter().enumerate() {
        match (index < plain, index % 2) {
            (true, _) => wire.push(byte),
            (false, 0) => wire.extend([0xDB, 0xDC]),
            (false, _) => wire.extend([0xDB, 0xDD]),
        }
    }
    wire
}

/// Bytes that lead to each state: hunting; in a body of n bytes of which e came escaped, before and inside an
/// escape; skipping after each wrong escape and after too many bytes, also when the raw count has saturated.
fn ways_into_every_state() -> Vec<Vec<u8>> {
    let mut ways = vec![vec![], vec![7], vec![7; 300]];
    let inside = |bytes: &[u8]| [&[0xC0], bytes].concat();
    // Codes with different needs, a query's answer and a deadly one among them.
    for code in [0xE0, 0xEB, 0xED, 0x19, 0x77] {
        for len in 0..=20 {
            for escaped in 0..=len {
                let bytes = body(len, escaped, code);
                ways.push(inside(&bytes));
                ways.push(inside(&[&bytes, &[0xDB][..]].concat()));
            }
        }
    }
    for wrong in (0..=0xFF).filter(|byte| ![0xC0, 0xDC, 0xDD].contains(byte)) {
        for before in [0, 1, 2, 20] {
            for after in [0, 1, 2, 300] {
                ways.push(inside(&[vec![1; before], vec![0xDB, wrong], vec![2; after]].concat()));
            }
        }
    }
    for more in [0, 1, 235, 236, 237, 600] {
        ways.push(inside(&vec![3; 21 + more]));
        ways.push(inside(&[vec![3; 20], vec![0xDB, 0xDC], vec![4; more]].concat()));
    }
    ways
}

// W-SLIP-1 W-SLIP-3 W-SLIP-4 W-SLIP-6 W-SLIP-7 W-SLIP-8 W-SLIP-9
#[test]
fn every_state_takes_every_byte_as_the_document_says() {
    let next = [&[0xC0], IDLE.as_slice(), &[0xC0]].concat();
    let (mut states, mut tried) = (0, 0);
    for way in ways_into_every_state() {
        states += 1;
        let mut there = Decoder::new();
        let before = by_bytes(&mut there, &way);
        for byte in 0..=0xFF {
            tried += 1;
            let mut decoder = there.clone();
            let mut found = before.clone();
            found.extend(by_bytes(&mut decoder, &[byte]));
            let mut stream = [way.as_slice(), &[byte]].concat();
            let (expected, _) = by_the_book(&stream);
            assert_eq!(found, expected, "{stream:02X?}");

            found.extend(by_bytes(&mut decoder, &next));
            stream.extend(&next);
            let (expected, junk) = by_the_book(&stream);
            assert_eq!(found, expected, "{stream:02X?}");
            assert_eq!(decoder.stats(), counted(&expected, junk), "{stream:02X?}");
            assert_eq!(found.last(), Some(&Outcome::Ok(IDLE.to_vec())), "{stream:02X?}");
        }
    }
    assert_eq!((states, tried), (6_373, 6_373 * 256));
}
