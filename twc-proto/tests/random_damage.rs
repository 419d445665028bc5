//! Measurements, not claims about the code: how much damage the checks let through, with a million damaged frames
//! of each sort, and what one more rule would change. Run with `--ignored`; the numbers stand in
//! `docs/verification.md`.

mod common;

use common::kinds::{Random, Sent, Tally, delivered, one_of_each_kind, sealed, wire};
use twc_proto::{Message, Received};

/// Damages a wire form.
type Damage = fn(&mut Random, &[u8]) -> Vec<u8>;

const SORTS: [(&str, Damage); 5] = [
    ("bits: 1–6 flipped", |random, wire| {
        let mut wire = wire.to_vec();
        for _ in 0..=random.below(6) {
            let bit = random.below(wire.len() * 8);
            wire[bit / 8] ^= 1 << (bit % 8);
        }
        wire
    }),
    ("burst: 1–8 bytes replaced", |random, wire| {
        let mut wire = wire.to_vec();
        let (start, len) = (random.below(wire.len()), 1 + random.below(8));
        wire.iter_mut().skip(start).take(len).for_each(|byte| *byte = random.byte());
        wire
    }),
    ("hole: 1–4 bytes lost", |random, wire| {
        let (start, len) = (random.below(wire.len()), 1 + random.below(4));
        [&wire[..start], &wire[wire.len().min(start + len)..]].concat()
    }),
    ("more: 1–3 bytes put in", |random, wire| {
        let (at, len) = (1 + random.below(wire.len() - 1), 1 + random.below(3));
        let more: Vec<_> = (0..len).map(|_| random.byte()).collect();
        [&wire[..at], &more, &wire[at..]].concat()
    }),
    ("wreck: all but type and length random", |random, wire| {
        let mut wire = wire.to_vec();
        let last = wire.len() - 1;
        wire[2..last].iter_mut().for_each(|byte| *byte = random.byte());
        wire
    }),
];

/// 97 % heartbeats, 2 % linkreadys, 1 % meter reports, with any ids and amps.
fn sent(random: &mut Random) -> Sent {
    let ids = [random.byte(), random.byte(), random.byte(), random.byte()];
    let amps = |random: &mut Random| ((600 + random.below(7_400)) as u16).to_be_bytes();
    let (fields, len): (Vec<u8>, usize) = match random.below(200) {
        0..97 => ([&[0xFB, 0xE0], &ids[..], &[9], &amps(random)].concat(), 16),
        97..194 => ([&[0xFD, 0xE0], &ids[..], &[1], &amps(random), &amps(random)].concat(), 16),
        194..198 => ([&[0xFD, 0xE2], &ids[..3], &[0x0C, 0x80]].concat(), 16),
        _ => ([&[0xFD, 0xEB], &ids[..2], &[0, 0, 26, 126, 0, 230, 0, 231, 0, 232, 32, 32, 31]].concat(), 20),
    };
    let body = sealed(&fields, len);
    let wire = wire(&body);
    let message = delivered(&wire)[0].message();
    Sent { name: "", body, wire, message }
}

/// What the rule in question would deliver besides: of every candidate that ends in FF and is rejected, the frame
/// without that FF, if it is one.
fn recovered(stream: &[u8]) -> Vec<Received> {
    let mut found = Vec::new();
    for candidate in stream.split(|byte| *byte == 0xC0) {
        let between = |candidate: &[u8]| [&[0xC0], candidate, &[0xC0]].concat();
        if let (Some((0xFF, rest)), true) = (candidate.split_last(), delivered(&between(candidate)).is_empty()) {
            found.extend(delivered(&between(rest)));
        }
    }
    found
}

fn print(name: &str, tally: &Tally) {
    println!(
        "{name:<46} {:>8} tried {:>8} unharmed {:>6} passed ({} known {} unknown {} dangerous) {} amps",
        tally.tried,
        tally.unharmed,
        tally.passed(),
        tally.known,
        tally.unknown,
        tally.dangerous,
        tally.amps
    );
}

#[test]
#[ignore = "a measurement of some minutes without optimisation: run with --release -- --ignored --nocapture"]
fn a_million_damaged_frames_of_each_sort() {
    for (name, damage) in SORTS {
        let mut random = Random::new(2026);
        let mut without = Tally::default();
        for _ in 0..1_000_000 {
            let sent = sent(&mut random);
            let damaged = damage(&mut random, &sent.wire);
            if damaged == sent.wire {
                continue;
            }
            without.add(&sent, &delivered(&[&[0xC0, 0xFC], damaged.as_slice(), &[0xFC, 0xC0]].concat()));
        }
        print(name, &without);
        assert!(without.amps * 100 < without.tried, "{name}");
    }
}

#[test]
#[ignore = "a measurement: run with --release -- --ignored --nocapture"]
fn what_dropping_a_trailing_ff_would_let_through() {
    for (name, damage) in SORTS {
        for (context, glued) in [("tail FF", false), ("FF before the closing C0", true)] {
            let mut random = Random::new(2026);
            let (mut without, mut with) = (Tally::default(), Tally::default());
            for _ in 0..1_000_000 {
                let sent = sent(&mut random);
                let mut damaged = damage(&mut random, &sent.wire);
                if damaged == sent.wire {
                    continue;
                }
                if glued {
                    let end = damaged.len() - 1;
                    damaged.insert(end, 0xFF);
                }
                let stream = [&[0xC0, 0xFF], damaged.as_slice(), &[0xFF, 0xC0]].concat();
                without.add(&sent, &delivered(&stream));
                with.add(&sent, &recovered(&stream));
            }
            print(&format!("{name}, {context}"), &without);
            print("  the rule adds", &with);
        }
    }
}

/// Every one- and two-bit error of one frame of each kind with an FF before the closing delimiter.
#[test]
fn of_two_bit_errors_before_a_trailing_ff_the_rule_would_let_these_through() {
    let (mut without, mut with) = (Tally::default(), Tally::default());
    for sent in one_of_each_kind() {
        let mut stream = [&[0xC0, 0xFC], &sent.wire[..sent.wire.len() - 1], &[0xFF, 0xC0, 0xFC, 0xC0]].concat();
        assert_eq!(delivered(&stream).len(), 0, "{}", sent.name);
        assert_eq!(recovered(&stream).len(), 1, "{}", sent.name);
        let body = 3 * 8..(1 + sent.wire.len()) * 8;
        for first in body.clone() {
            for second in first..body.end {
                for bit in [first, second].into_iter().take(if first == second { 1 } else { 2 }) {
                    stream[bit / 8] ^= 1 << (bit % 8);
                }
                without.add(&sent, &delivered(&stream));
                with.add(&sent, &recovered(&stream));
                for bit in [first, second].into_iter().take(if first == second { 1 } else { 2 }) {
                    stream[bit / 8] ^= 1 << (bit % 8);
                }
            }
        }
    }
    let numbers = |tally: &Tally| (tally.tried, tally.passed(), tally.known, tally.amps);
    assert_eq!(numbers(&without), (294_184, 438, 382, 3));
    assert_eq!(numbers(&with), (294_184, 12_699, 9_869, 371));
}

/// The one frame on record with an FF too many is rejected today, and intact without it.
#[test]
fn the_frame_on_record_with_a_trailing_ff_is_rejected() {
    let body = common::hex("FD E2 18 39 52 0C 80 00 00 00 00 00 00 00 00 11 FF");
    let stream = wire(&body);
    assert!(delivered(&stream).is_empty());
    let [received] = recovered(&stream).try_into().unwrap();
    assert!(matches!(received.message(), Message::SlaveLinkReady(_)));
}
