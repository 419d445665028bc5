//! One pass over one input by one decoder, for counting instructions with callgrind. `docs/performance.md` has the
//! command; the difference of two frame counts is free of start-up and of making the input.
#![allow(missing_docs)]

mod inputs;
mod rivals;

use std::env;
use std::hint::black_box;

use inputs::Input;

/// Apart, so that callgrind can be told to count here only.
#[inline(never)]
fn measured(work: fn(&[u8]) -> usize, wire: &[u8]) -> usize {
    black_box(work(black_box(wire)))
}

#[inline(never)]
fn measured_encode(envelopes: &[twc_proto::Envelope], out: &mut [u8]) -> usize {
    envelopes.iter().map(|envelope| black_box(black_box(envelope).encode(black_box(&mut *out))).unwrap_or(0)).sum()
}

#[inline(never)]
fn measured_rival_encode(work: fn(&[u8], &mut [u8]) -> usize, envelopes: &[twc_proto::Envelope]) -> usize {
    let mut out = [0; 44];
    envelopes.iter().map(|envelope| black_box(work(envelope.emit().as_ref(), black_box(&mut out)))).sum()
}

fn main() {
    let args: Vec<String> = env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let [input, who, frames] = args.as_slice() else {
        // What `cargo test` does with a bench target.
        println!("usage: count INPUT WHO FRAMES, see docs/performance.md");
        return;
    };
    let frames = frames.parse().expect("a number of frames");
    if input == "encode" {
        encode(who, frames);
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

fn encode(who: &str, frames: usize) {
    let envelopes = inputs::clean_heartbeats(frames);
    let written = match who {
        "ours" => measured_encode(&envelopes, &mut [0; 44]),
        "slip-codec" => measured_rival_encode(rivals::slip_codec_encode, &envelopes),
        "serial-line-ip" => measured_rival_encode(rivals::serial_line_ip_encode, &envelopes),
        "noalloc-slip-rs" => measured_rival_encode(rivals::noalloc_slip_encode, &envelopes),
        other => panic!("no encoder {other}"),
    };
    assert_eq!(written, 18 * frames);
    println!("encode {who}: {frames} frames");
}
