//! Messages, time, commands, losses and crashes in any order on a master: the same claims as of `master`.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../twc-master/tests/fuzz/mod.rs"]
mod bodies;

fuzz_target!(|input: &[u8]| bodies::operations(input));
