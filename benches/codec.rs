//! A million frames of each kind, read to typed messages by this codec and by other crates in the same run, and a
//! clean heartbeat written. `cargo bench -p twc-benches --bench codec`; figures in `docs/performance.md`.
#![allow(missing_docs)]

mod inputs;
mod rivals;

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use inputs::Input;
use twc_proto::Envelope;

const FRAMES: usize = 1_000_000;

type Decode = fn(&[u8]) -> usize;
type Encode = fn(&Envelope, &mut [u8]) -> usize;

/// All of these see a C0 as delimiter only some of the time, so on noise they find fewer.
const RIVALS: [(&str, Decode); 3] = [
    ("slip-codec", rivals::slip_codec),
    ("serial-line-ip", rivals::serial_line_ip),
    ("noalloc-slip-rs", rivals::noalloc_slip),
];

const ENCODERS: [(&str, Encode); 4] = [
    ("ours", rivals::ours_encode),
    ("slip-codec", rivals::slip_codec_encode),
    ("serial-line-ip", rivals::serial_line_ip_encode),
    ("noalloc-slip-rs", rivals::noalloc_slip_encode),
];

fn decode(criterion: &mut Criterion) {
    for make in [inputs::bus, inputs::bus_with_tails, inputs::mixed, inputs::half_escaped, inputs::noisy] {
        let input: Input = make(FRAMES);
        let noisy = input.messages != input.frames;
        let mut group = criterion.benchmark_group(format!("decode {}", input.name));
        group.throughput(Throughput::Elements(input.frames as u64));
        group.sample_size(10).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(1));
        for (name, decode) in [("slices", rivals::ours_slices as Decode), ("bytes", rivals::ours_bytes)] {
            group.bench_function(name, |bencher| {
                bencher.iter(|| assert_eq!(decode(black_box(&input.wire)), input.messages));
            });
        }
        for (name, decode) in RIVALS {
            let found = decode(&input.wire);
            // On noise one that starts anew in the middle of a candidate may even find a frame that is none by rule.
            assert!(noisy || found == input.messages, "{name}: {found}");
            println!("{name} finds {found} of {} in {}", input.messages, input.name);
            group.bench_function(name, |bencher| {
                bencher.iter(|| assert_eq!(decode(black_box(&input.wire)), found));
            });
        }
        group.bench_function("memcpy", |bencher| {
            let mut copy = vec![0; input.wire.len()];
            bencher.iter(|| black_box(&mut copy).copy_from_slice(black_box(&input.wire)));
        });
        group.finish();
    }
}

/// Another framing without checksum and message, for orientation only.
fn cobs(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("cobs, bodies of bus");
    let envelopes = inputs::bus_envelopes(10_000);
    let coded: Vec<_> = envelopes.iter().map(|envelope| cobs_of(envelope.emit().as_ref())).collect();
    group.throughput(Throughput::Elements(coded.len() as u64));
    group.sample_size(10).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(1));
    group.bench_function("cobs", |bencher| {
        let mut out = [0; 32];
        bencher.iter(|| {
            for coded in &coded {
                let decoded = ::cobs::decode(black_box(coded), &mut out).expect("made by itself");
                assert_eq!(black_box(decoded).frame_size(), coded.len() - 2);
            }
        });
    });
    group.bench_function("corncobs", |bencher| {
        let mut out = [0; 32];
        bencher.iter(|| {
            for coded in &coded {
                let len = corncobs::decode_buf(black_box(coded), &mut out).expect("the same format");
                assert_eq!(black_box(len), coded.len() - 2);
            }
        });
    });
    group.finish();
}

/// With its sentinel.
fn cobs_of(body: &[u8]) -> Vec<u8> {
    let mut out = [0; 32];
    let len = corncobs::encode_buf(body, &mut out);
    out[..len].to_vec()
}

/// From a checked body, and with the making of that body, which all share.
fn encode(criterion: &mut Criterion) {
    let envelopes = inputs::clean_heartbeats(1_000);
    let messages: Vec<_> = envelopes.iter().map(Envelope::message).collect();
    for from_fields in [false, true] {
        let name =
            if from_fields { "encode a clean heartbeat's fields" } else { "encode a clean heartbeat's body" };
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Elements(envelopes.len() as u64));
        group.sample_size(20).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(1));
        for (name, encode) in ENCODERS {
            group.bench_function(name, |bencher| {
                let mut out = [0; 44];
                bencher.iter(|| {
                    if from_fields {
                        for message in &messages {
                            let envelope = rivals::envelope(black_box(message));
                            assert_eq!(encode(&envelope, black_box(&mut out)), 18);
                        }
                    } else {
                        for envelope in &envelopes {
                            assert_eq!(encode(black_box(envelope), black_box(&mut out)), 18);
                        }
                    }
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, decode, cobs, encode);
criterion_main!(benches);
