//! Any bytes, cut anywhere: the same messages, errors and counts. The first byte says how the rest is cut.
#![no_main]

use libfuzzer_sys::fuzz_target;
use twc_proto::{DecodeError, Decoder, Received};

fn drain(decoder: &mut Decoder, mut bytes: &[u8], found: &mut Vec<Result<Received, DecodeError>>) {
    while let Some(outcome) = decoder.decode(&mut bytes) {
        found.push(outcome);
    }
    assert!(bytes.is_empty(), "all bytes are taken");
}

fuzz_target!(|input: &[u8]| {
    let Some((seed, bytes)) = input.split_first() else { return };
    let (mut whole, mut of_whole) = (Decoder::new(), Vec::new());
    drain(&mut whole, bytes, &mut of_whole);

    let (mut cut, mut of_cut) = (Decoder::new(), Vec::new());
    let (mut rest, mut random) = (bytes, u32::from(*seed) | 0x100);
    while !rest.is_empty() {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (chunk, behind) = rest.split_at(rest.len().min((random >> 24) as usize % 80));
        drain(&mut cut, chunk, &mut of_cut);
        rest = behind;
    }
    assert_eq!(of_cut, of_whole);
    assert_eq!(cut.stats(), whole.stats());
});
