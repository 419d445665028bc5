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

/// Found by the fuzzer: a slave that was never served got into the state file because it was withheld for its sign, and
/// the next run spoke to it beside another, though their floors do not fit beside each other.
#[test]
fn after_a_crash_only_those_are_spoken_to_whose_floors_fit() {
    fuzz::operations(&[
        2, 243, 135, 139, 20, 92, 138, 66, 76, 253, 167, 45, 142, 29, 47, 187, 9, 135, 139, 20, 76, 253, 167, 213,
        137, 66, 82, 134, 128, 1, 134, 186,
    ]);
}

/// Found by the fuzzer: a slave that was withheld while its first heartbeat waited for the state file kept its room for
/// good, and the master wanted to be woken at the end of a reservation that lay in the past.
#[test]
fn a_slave_withheld_before_its_first_heartbeat_owes_nothing() {
    fuzz::operations(&[165, 77, 4, 111, 19, 46, 119, 119, 4, 47, 46, 179, 111, 46, 133, 132, 103]);
}
