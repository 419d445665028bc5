//! Frames in and out, a thousand at a time, beside a plain copy of the same bytes.
#![allow(missing_docs)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use twc_proto::message::{MasterHeartbeat, SlaveHeartbeat};
use twc_proto::{CentiAmps, Command, Decoder, Envelope, Message, SlaveState, TwcId, Version};

const FRAMES: usize = 1_000;

/// What a bus with three slaves carries nearly all the time: heartbeats and their answers.
fn envelopes() -> Vec<Envelope> {
    let master = TwcId::new(0x4242);
    let exchange = (0..FRAMES / 2).flat_map(|turn| {
        let slave = TwcId::new(0x3495 + turn as u16 % 3);
        let limit = CentiAmps::new(600 + turn as u16 % 2_600);
        let heartbeat = MasterHeartbeat::with_limit(master, slave, Command::LIMIT, limit);
        let answer = SlaveHeartbeat { slave, master, state: SlaveState::CHARGING, limit, drawn: limit };
        [Message::MasterHeartbeat(heartbeat), Message::SlaveHeartbeat(answer)]
    });
    exchange.map(|message| Envelope::canonical(Version::P2, message).expect("a harmless message")).collect()
}

fn codec(criterion: &mut Criterion) {
    let envelopes = envelopes();
    let stream: Vec<u8> =
        envelopes.iter().flat_map(|envelope| envelope.to_wire().with_tail(Some(0xFE)).as_ref().to_vec()).collect();

    let mut group = criterion.benchmark_group("codec");
    group.throughput(Throughput::Elements(FRAMES as u64));
    group.bench_function("decode", |bencher| {
        bencher.iter(|| {
            let mut decoder = Decoder::new();
            let mut input = black_box(stream.as_slice());
            let mut messages = 0;
            while let Some(outcome) = decoder.decode(&mut input) {
                messages += usize::from(outcome.is_ok());
            }
            assert_eq!(messages, FRAMES);
        });
    });
    group.bench_function("encode", |bencher| {
        bencher.iter(|| {
            let bytes: usize = envelopes.iter().map(|envelope| black_box(envelope).to_wire().as_ref().len()).sum();
            assert_eq!(bytes + FRAMES, stream.len());
        });
    });
    group.bench_function("copy", |bencher| {
        let mut copy = vec![0; stream.len()];
        bencher.iter(|| copy.copy_from_slice(black_box(&stream)));
    });
    group.finish();
}

criterion_group!(benches, codec);
criterion_main!(benches);
