//! Claim: the slice path gives what the byte path gives: the same messages and errors in the same order, the same
//! counts, the same state afterwards, on every input and however it is cut.

mod common;

use common::{envelope, noise, stream};
use proptest::collection::vec;
use proptest::prelude::*;
use twc_proto::error::SlipError;
use twc_proto::slip::{Candidate, Deframer};
use twc_proto::{DecodeError, Decoder, DecoderStats, Frame, Received};

type Outcome = Result<Received, DecodeError>;

/// Layer by layer from single bytes, without any code of the slice path.
fn by_layers(bytes: &[u8]) -> (Vec<Outcome>, u32) {
    let mut deframer = Deframer::new();
    let (mut outcomes, mut junk) = (Vec::new(), 0);
    for &byte in bytes {
        match deframer.push(byte) {
            Some(Candidate::Junk(len)) => junk += u32::from(len),
            Some(Candidate::Damaged(error)) => outcomes.push(Err(error.into())),
            Some(Candidate::Body(body)) => outcomes.push(read(body)),
            None => {}
        }
    }
    (outcomes, junk)
}

fn read(body: &[u8]) -> Outcome {
    let frame = Frame::new_checked(body)?;
    Ok(Received::parse(&frame)?)
}

fn by_bytes(bytes: &[u8]) -> (Vec<Outcome>, DecoderStats) {
    let mut decoder = Decoder::new();
    let outcomes = bytes.iter().filter_map(|byte| decoder.push(*byte)).collect();
    (outcomes, decoder.stats())
}

/// How many bytes were taken when each message or error came out, one byte at a time and as a whole.
fn ends(bytes: &[u8]) -> [Vec<usize>; 2] {
    let (mut one, mut whole, mut input) = (Decoder::new(), Decoder::new(), bytes);
    let pushed = bytes.iter().zip(1..).filter(|(byte, _)| one.push(**byte).is_some()).map(|(_, taken)| taken);
    let pushed = pushed.collect();
    let decoded = core::iter::from_fn(|| whole.decode(&mut input).map(|_| bytes.len() - input.len()));
    [pushed, decoded.collect()]
}

fn by_slices<'a>(chunks: impl Iterator<Item = &'a [u8]>) -> (Vec<Outcome>, DecoderStats) {
    let mut decoder = Decoder::new();
    let mut outcomes = Vec::new();
    for chunk in chunks {
        outcomes.extend(decoder.frames(chunk));
    }
    (outcomes, decoder.stats())
}

/// A candidate that outlives its buffer.
#[derive(Debug, PartialEq)]
enum Seen {
    Body(Vec<u8>),
    Junk(u8),
    Damaged(SlipError),
}

fn seen(candidate: Candidate<'_>) -> Seen {
    match candidate {
        Candidate::Body(body) => Seen::Body(body.to_vec()),
        Candidate::Junk(len) => Seen::Junk(len),
        Candidate::Damaged(error) => Seen::Damaged(error),
    }
}

/// Candidates, and how many bytes were taken when each came out.
fn pulled<'a>(chunks: impl Iterator<Item = &'a [u8]>) -> Vec<(Seen, usize)> {
    let mut deframer = Deframer::new();
    let (mut candidates, mut before) = (Vec::new(), 0);
    for chunk in chunks {
        let mut rest = chunk;
        while let Some(candidate) = deframer.pull(&mut rest) {
            candidates.push((seen(candidate), before + chunk.len() - rest.len()));
        }
        assert!(rest.is_empty());
        before += chunk.len();
    }
    candidates
}

fn pushed(bytes: &[u8]) -> Vec<(Seen, usize)> {
    let mut deframer = Deframer::new();
    let mut candidates = Vec::new();
    for (byte, taken) in bytes.iter().zip(1..) {
        candidates.extend(deframer.push(*byte).map(|candidate| (seen(candidate), taken)));
    }
    candidates
}

/// A C0 in front, so that the slice path begins at once; long enough that it is not all end of buffer.
fn input() -> impl Strategy<Value = Vec<u8>> {
    let garbage = vec(any::<u8>(), 0..30);
    let framed = (garbage, envelope(), 0..4_usize).prop_map(|(garbage, envelope, tail)| {
        [&[0xC0], garbage.as_slice(), envelope.to_wire().as_ref(), &[0xFE; 3][..tail.min(3)]].concat()
    });
    let piece = prop_oneof![4 => framed, 2 => stream(), 1 => noise(200)];
    vec(piece, 1..6).prop_map(|pieces| pieces.concat())
}

fn check(bytes: &[u8], cuts: Vec<prop::sample::Index>) {
    let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    cuts.extend([0, bytes.len()]);
    cuts.sort_unstable();
    let chunks = || cuts.windows(2).map(|ends| &bytes[ends[0]..ends[1]]);

    let expected = by_bytes(bytes);
    let (outcomes, junk) = by_layers(bytes);
    assert_eq!((&expected.0, expected.1.junk_bytes), (&outcomes, junk));
    assert_eq!(by_slices([bytes].into_iter()), expected);
    assert_eq!(by_slices(chunks()), expected);
    let [pushed_ends, decoded_ends] = ends(bytes);
    assert_eq!(decoded_ends, pushed_ends);

    let expected = pushed(bytes);
    assert_eq!(pulled([bytes].into_iter()), expected);
    assert_eq!(pulled(chunks()), expected);
}

proptest! {
    #[test]
    fn on_frames_and_noise(bytes in input(), cuts in vec(any::<prop::sample::Index>(), 0..10)) {
        check(&bytes, cuts);
    }

    #[test]
    fn on_hard_bytes(bytes in noise(400), cuts in vec(any::<prop::sample::Index>(), 0..4)) {
        check(&bytes, cuts);
    }

    #[test]
    fn on_bytes_that_are_all_special(
        bytes in vec(prop::sample::select(vec![0xC0_u8, 0xDB, 0xDC, 0xDD, 0xFC, 0]), 0..120),
    ) {
        check(&bytes, Vec::new());
    }

    #[test]
    fn on_one_candidate_of_every_length(
        len in 0..40_usize,
        special in any::<prop::sample::Index>(),
        byte in prop::sample::select(vec![0xC0_u8, 0xDB, 0x01, 0xC1, 0xDA]),
        behind in 0..30_usize,
    ) {
        let mut bytes = vec![0xC0; len + 2];
        bytes[1..=len].fill(0xFC);
        let at = special.index(bytes.len());
        bytes[at] = byte;
        bytes.extend(std::iter::repeat_n(7, behind));
        check(&bytes, Vec::new());
    }
}
