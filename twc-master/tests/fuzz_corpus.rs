//! Claim: the fuzzers' committed inputs (`fuzz/corpus`, in the repository) keep the promise, and so do inputs drawn
//! from seeds. They run here on every `cargo test`; the fuzzers themselves need a nightly compiler.

mod fuzz;

use std::fs;
use std::path::Path;

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

fn drawn(seed: u64, len: usize) -> Vec<u8> {
    let mut rng = twc_sim::Rng::new(seed);
    (0..len).map(|_| rng.below(256) as u8).collect()
}

#[test]
fn no_operations_make_a_master_send_more_than_its_limit() {
    for input in inputs("operations").into_iter().chain((0..800).map(|seed| drawn(seed, 600))) {
        fuzz::operations(&input);
    }
}

#[test]
fn no_bytes_make_a_master_send_more_than_its_limit() {
    for input in inputs("master").into_iter().chain((0..500).map(|seed| drawn(seed, 600))) {
        fuzz::bytes(&input);
    }
}
