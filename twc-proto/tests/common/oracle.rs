//! A decoder that sees the whole stream at once: no state, no buffer, no hurry.

use twc_proto::{DecodeError, Decoder, DecoderStats, Received};

/// What comes out for one candidate: the body delivered, or the kind of the rejection.
pub(crate) type Outcome = Result<Vec<u8>, &'static str>;

/// Outcomes, and the bytes that belong to no candidate.
pub(crate) fn by_the_book(stream: &[u8]) -> (Vec<Outcome>, u32) {
    let pieces: Vec<_> = stream.split(|byte| *byte == 0xC0).collect();
    let (first, last) = (0, pieces.len() - 1);
    let (mut outcomes, mut junk) = (Vec::new(), 0);
    for (index, piece) in pieces.into_iter().enumerate() {
        match piece.len() {
            len if index == first => junk += len as u32,
            // Nobody knows yet what the last piece will become.
            _ if index == last => {}
            len @ 0..=3 => junk += len as u32,
            _ => outcomes.push(candidate(piece)),
        }
    }
    (outcomes, junk)
}

/// The first line of the table in section 3.3 that applies.
fn candidate(raw: &[u8]) -> Outcome {
    let mut body = Vec::new();
    let mut bytes = raw.iter();
    while let Some(byte) = bytes.next() {
        body.push(match (byte, byte == &0xDB) {
            (_, true) => match bytes.next() {
                Some(0xDC) => 0xC0,
                Some(0xDD) => 0xDB,
                Some(_) => return Err("invalid-escape"),
                None => return Err("dangling-escape"),
            },
            (byte, false) => *byte,
        });
        if body.len() > 20 {
            return Err("too-long");
        }
    }
    let sum = |bytes: &[u8]| bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    let len = body.len();
    if len < 13 {
        return Err("too-short");
    }
    if !(0xFB..=0xFD).contains(&body[0]) {
        return Err("bad-type");
    }
    if sum(&body[1..len - 1]) != body[len - 1] {
        return Err("bad-checksum");
    }
    let needed = match (body[0], body[1]) {
        (0xFD, 0xEB) => 15,
        (0xFD, 0xED) => 16,
        (0xFD, 0x19 | 0x1A) => 14,
        _ => 13,
    };
    if len < needed { Err("fields-missing") } else { Ok(body) }
}

/// The same from the decoder under test.
pub(crate) fn outcome(outcome: Result<Received, DecodeError>) -> Outcome {
    outcome.map_err(DecodeError::kind).map(|received| super::body_of(&received))
}

/// What `decoder` makes of `stream`, and what it has counted since it began.
pub(crate) fn by_bytes(decoder: &mut Decoder, stream: &[u8]) -> Vec<Outcome> {
    stream.iter().filter_map(|byte| decoder.push(*byte)).map(outcome).collect()
}

/// The counters that these outcomes and this much junk must have led to.
pub(crate) fn counted(outcomes: &[Outcome], junk: u32) -> DecoderStats {
    let mut stats = DecoderStats { junk_bytes: junk, ..DecoderStats::default() };
    for outcome in outcomes {
        *match outcome {
            Ok(_) => &mut stats.messages,
            Err("invalid-escape" | "dangling-escape") => &mut stats.bad_escape,
            Err("too-long") => &mut stats.too_long,
            Err("too-short") => &mut stats.too_short,
            Err("bad-type") => &mut stats.bad_type,
            Err("bad-checksum") => &mut stats.bad_checksum,
            Err("fields-missing") => &mut stats.fields_missing,
            Err(other) => panic!("no such kind: {other}"),
        } += 1;
    }
    stats
}
