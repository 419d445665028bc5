//! One pass over one input by one decoder, for counting instructions with callgrind. `docs/performance.md` has the
//! command; the difference of two frame counts is free of start-up and of making the input.
#![allow(missing_docs)]

mod inputs;
mod rivals;

use std::env;
use std::hint::black_box;

use inputs::Input;
use twc_proto::{Envelope, Message};

type Encode = fn(&Envelope, &mut [u8]) -> usize;

/// Apart, so that callgrind can be told to count here only.
#[inline(never)]
fn measured(work: fn(&[u8]) -> usize, wire: &[u8]) -> usize {
    black_box(work(black_box(wire)))
}

#[inline(never)]
fn measured_encode(envelopes: &[Envelope], encode: Encode) -> usize {
    let mut out = [0; 44];
    envelopes.iter().map(|envelope| black_box(encode(black_box(envelope), black_box(&mut out)))).sum()
}

#[inline(never)]
fn measured_from_fields(messages: &[Message], encode: Encode) -> usize {
    let mut out = [0; 44];
    let envelopes = messages.iter().map(|message| rivals::envelope(black_box(message)));
    envelopes.map(|envelope| black_box(encode(&envelope, black_box(&mut out)))).sum()
}

fn main() {
    let args: Vec<String> = env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let [input, who, frames] = args.as_slice() else {
        // What `cargo test` does with a bench target.
        println!("usage: count INPUT WHO FRAMES, see docs/performance.md");
        return;
    };
    let frames = frames.parse().expect("a number of frames");
    if let "encode" | "encode-fields" = input.as_str() {
        encode(who, frames, input == "encode-fields");
        return;
    }
    let input: Input = match input.as_str() {
        "bus" => inputs::bus(frames),
        "tails" => inputs::bus_with_tails(frames),
        "mixed" => inputs::mixed(frames),
        "escaped" => inputs::half_escaped(frames),
        "noisy" => inputs::noisy(frames),
        other => panic!("no input {other}"),
    };
    let work: fn(&[u8]) -> usize = match who.as_str() {
        "slices" => rivals::ours_slices,
        "bytes" => rivals::ours_bytes,
        "slip-codec" => rivals::slip_codec,
        "serial-line-ip" => rivals::serial_line_ip,
        "noalloc-slip-rs" => rivals::noalloc_slip,
        other => panic!("no decoder {other}"),
    };
    let found = measured(work, &input.wire);
    println!(
        "{} {who}: {frames} frames, {} bytes, {found} of {} found",
        input.name,
        input.wire.len(),
        input.messages
    );
}

fn encode(who: &str, frames: usize, from_fields: bool) {
    let work = match who {
        "ours" => rivals::ours_encode as Encode,
        "slip-codec" => rivals::slip_codec_encode,
        "serial-line-ip" => rivals::serial_line_ip_encode,
        "noalloc-slip-rs" => rivals::noalloc_slip_encode,
        other => panic!("no encoder {other}"),
    };
    let envelopes = inputs::clean_heartbeats(frames);
    let messages: Vec<_> = envelopes.iter().map(Envelope::message).collect();
    let written =
        if from_fields { measured_from_fields(&messages, work) } else { measured_encode(&envelopes, work) };
    assert_eq!(written, 18 * frames);
    println!("encode {who}: {frames} frames");
}
