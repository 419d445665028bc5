//! Claim: the fuzzers' committed inputs (`fuzz/corpus`, in the repository) have, target by target, the properties
//! that the fuzzers look for. They run here on every `cargo test`; the targets themselves need a nightly compiler.

mod common;

use std::fs;
use std::path::Path;

use common::kinds::{delivered, wire};
use common::oracle::{by_bytes, by_the_book, counted, outcome};
use common::{body_of, hex, rows};
use twc_proto::frame::checksum;
use twc_proto::{BodyLen, Decoder, Frame, Message, Received};

/// The inputs of one target; none where the crate stands outside its repository.
fn inputs(target: &str) -> Vec<Vec<u8>> {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
    if !fuzz.exists() {
        return Vec::new();
    }
    let mut files: Vec<_> =
        fs::read_dir(fuzz.join("corpus").join(target)).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 10, "{target} has {} inputs", files.len());
    files.into_iter().map(|file| fs::read(file).unwrap()).collect()
}

#[test]
fn the_decoder_agrees_with_one_that_sees_the_whole_stream() {
    for input in inputs("decoder") {
        let mut decoder = Decoder::new();
        let found = by_bytes(&mut decoder, &input);
        let (expected, junk) = by_the_book(&[&input[..], &[0xC0]].concat());
        // The last candidate is still open; the appended delimiter closes it in both.
        let found: Vec<_> = found.into_iter().chain(by_bytes(&mut decoder, &[0xC0])).collect();
        assert_eq!(found, expected);
        assert_eq!(decoder.stats(), counted(&expected, junk));
    }
}

#[test]
fn slices_of_every_length_read_like_single_bytes() {
    for input in inputs("chunks").into_iter().chain(inputs("paths")) {
        let mut decoder = Decoder::new();
        let expected = by_bytes(&mut decoder, &input);
        for len in 1..=input.len().min(100) {
            let (mut cut, mut found) = (Decoder::new(), Vec::new());
            for mut chunk in input.chunks(len) {
                while let Some(next) = cut.decode(&mut chunk) {
                    found.push(outcome(next));
                }
            }
            assert_eq!(found, expected, "{len}");
            assert_eq!(cut.stats(), decoder.stats(), "{len}");
        }
    }
}

#[test]
fn what_is_read_is_made_again_byte_for_byte() {
    for input in inputs("roundtrip") {
        let (len, fields) = input.split_first().unwrap();
        let mut body = fields.to_vec();
        body.resize(BodyLen::MIN + usize::from(*len) % 8, 0);
        body[0] = 0xFB + body[0] % 3;
        let last = body.len() - 1;
        body[last] = checksum(&body);
        let Ok(received) = Received::parse(&Frame::new_checked(&body).unwrap()) else { continue };
        assert_eq!(body_of(&received), body);
        assert_eq!(delivered(&wire(&body)), [received]);
        assert_eq!(received.to_envelope_that_may_lock_a_slave().is_err(), is_dangerous(&received));
    }
}

fn is_dangerous(received: &Received) -> bool {
    matches!(received.message(), Message::Dangerous(_))
}

/// Writes the inputs anew from the captures: one stream for each file, and one body for each kind seen in them.
#[test]
#[ignore = "writes fuzz/corpus: run with --ignored after the captures have changed"]
fn write_the_corpus_from_the_captures() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = here.join("../fuzz/corpus");
    let mut kinds = std::collections::BTreeMap::new();
    let mut streams = Vec::new();
    for folder in ["tests/captures", "tests/captures/sessions"] {
        let mut files: Vec<_> =
            fs::read_dir(here.join(folder)).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        for file in files.iter().filter(|file| file.extension().is_some_and(|kind| kind == "csv" || kind == "txt"))
        {
            let text = fs::read_to_string(file).unwrap();
            let mut stream = Vec::new();
            for row in rows(&text) {
                let column = if row.contains(',') {
                    row.split(',').nth(3).unwrap().to_owned()
                } else {
                    row.split_whitespace().skip(2).collect::<Vec<_>>().join(" ")
                };
                if column.len() < 30 || u8::from_str_radix(&column[..2], 16).is_err() {
                    continue;
                }
                let bytes = hex(&column);
                if bytes[0] == 0xC0 || stream.len() > 300 {
                    stream.extend(&bytes);
                } else {
                    stream.extend(wire(&bytes));
                    stream.push(0xFC);
                }
            }
            stream.truncate(400);
            for received in delivered(&stream) {
                let body = body_of(&received);
                kinds.entry([body[0], body[1], body.len() as u8]).or_insert(body);
            }
            streams.push((file.file_stem().unwrap().to_str().unwrap().to_owned(), stream));
        }
    }
    let write = |target: &str, name: &str, bytes: &[u8]| {
        fs::create_dir_all(corpus.join(target)).unwrap();
        fs::write(corpus.join(target).join(name), bytes).unwrap();
    };
    for (name, stream) in &streams {
        write("decoder", name, stream);
        write("paths", name, stream);
        write("chunks", name, &[&[7], stream.as_slice()].concat());
        write("master", name, stream);
    }
    for ([kind, code, len], body) in kinds {
        let input = [&[len - 13], &[body[0].wrapping_sub(0xFB)], &body[1..]].concat();
        write("roundtrip", &format!("{kind:02x}{code:02x}_{len}"), &input);
    }
}
