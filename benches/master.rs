//! What an exchange costs: deciding what to send, and taking the answer in. Three slaves with cars that follow.
//! `master count N` plays N exchanges, for callgrind; docs/performance.md has the command.
#![allow(missing_docs)]

mod exchange;

use std::time::{Duration, Instant};

use criterion::Criterion;
use exchange::Bench;

/// The time that `rounds` frames took to be decided, and their answers to be taken in.
fn timed(rounds: u64) -> (Duration, Duration) {
    let mut bench = Bench::new();
    let (mut deciding, mut hearing) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..rounds {
        let envelope = bench.next_timed(&mut deciding);
        if let Some(answer) = bench.answer(&envelope) {
            let begun = Instant::now();
            bench.hear(&answer);
            hearing += begun.elapsed();
        }
    }
    (deciding, hearing)
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let Some([_, exchanges]) = args.windows(2).find(|pair| pair[0] == "count") {
        let mut bench = Bench::new();
        for _ in 0..exchanges.parse().expect("a number of exchanges") {
            bench.exchange();
        }
        println!("{exchanges} exchanges, {} decisions, {} answers since the start", bench.decisions, bench.heard);
        return;
    }
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("master, per frame sent");
    group.measurement_time(Duration::from_secs(5));
    group.bench_function("decision", |bencher| bencher.iter_custom(|rounds| timed(rounds).0));
    group.bench_function("answer", |bencher| bencher.iter_custom(|rounds| timed(rounds).1));
    group.finish();
    criterion.final_summary();
}
