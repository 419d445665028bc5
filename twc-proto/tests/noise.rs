//! Claim: no bytes whatever make the decoder panic, an intact frame between two delimiters always comes through,
//! and nothing else does.

mod common;

use common::{envelope, noise, stream};
use proptest::prelude::*;
use twc_proto::{Decoder, Frame, Message, Received};

/// Hex of every message that comes out, and how many candidates were refused.
fn decoded(stream: &[u8]) -> (Vec<String>, u32) {
    let mut decoder = Decoder::new();
    let mut input = stream;
    let mut found = Vec::new();
    while let Some(outcome) = decoder.decode(&mut input) {
        found.extend(outcome.ok().map(|received| shown(&received)));
    }
    (found, decoder.stats().rejected())
}

fn shown(received: &Received) -> String {
    match (received.message(), received.to_envelope_that_may_lock_a_slave()) {
        (Message::Dangerous(dangerous), _) => dangerous.to_string(),
        (_, envelope) => envelope.unwrap().to_string(),
    }
}

/// The same by cutting the finished stream at its delimiters: no state, no buffer, no hurry.
fn by_the_book(stream: &[u8]) -> (Vec<String>, u32) {
    let mut candidates: Vec<_> = stream.split(|byte| *byte == 0xC0).collect();
    candidates.pop();
    let complete = candidates.into_iter().skip(1).filter(|candidate| candidate.len() > 3);
    let (mut found, mut refused) = (Vec::new(), 0);
    for candidate in complete {
        let frame = unescaped(candidate).filter(|body| is_frame(body));
        match frame.as_ref().and_then(|body| Received::parse(&Frame::new_checked(body).ok()?).ok()) {
            Some(_) => found.extend(frame.map(|body| text(&body))),
            None => refused += 1,
        }
    }
    (found, refused)
}

fn unescaped(candidate: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = candidate.iter();
    let mut body = Vec::new();
    while let Some(byte) = bytes.next() {
        body.push(match byte {
            0xDB => match bytes.next()? {
                0xDC => 0xC0,
                0xDD => 0xDB,
                _ => return None,
            },
            byte => *byte,
        });
    }
    Some(body)
}

fn is_frame(body: &[u8]) -> bool {
    let sum = |bytes: &[u8]| bytes.iter().map(|byte| u32::from(*byte)).sum::<u32>() % 256;
    (13..=20).contains(&body.len())
        && (0xFB..=0xFD).contains(&body[0])
        && sum(&body[1..body.len() - 1]) == u32::from(body[body.len() - 1])
}

fn text(body: &[u8]) -> String {
    body.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ")
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in noise(600)) {
        decoded(&bytes);
        for start in 0..bytes.len() {
            let body = &bytes[start..bytes.len().min(start + 20)];
            if let Ok(frame) = Frame::new_checked(body) {
                let _ = Received::parse(&frame);
            }
        }
    }

    #[test]
    fn the_decoder_agrees_with_one_that_sees_the_whole_stream(stream in stream()) {
        prop_assert_eq!(decoded(&stream), by_the_book(&stream));
    }

    // W-SLIP-9
    #[test]
    fn an_intact_frame_comes_through_any_noise(before in noise(80), envelope in envelope(), after in noise(80)) {
        let bytes = [before.as_slice(), envelope.to_wire().as_ref(), &after].concat();
        let (found, _) = decoded(&bytes);
        prop_assert!(found.contains(&envelope.to_string()), "{:?}", found);
    }

    // W-SLIP-5
    #[test]
    fn neighbours_may_share_their_delimiters(envelopes in proptest::collection::vec(envelope(), 1..6)) {
        let mut bytes = vec![0xC0];
        for envelope in &envelopes {
            bytes.extend(envelope.to_wire().as_ref().iter().skip(1));
        }
        let expected: Vec<_> = envelopes.iter().map(ToString::to_string).collect();
        prop_assert_eq!(decoded(&bytes), (expected, 0));
    }
}
