//! Messages, time, commands, losses and crashes in any order on a master: the same claims as of `master`.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[allow(dead_code, unused_imports, reason = "each target uses its part")]
#[path = "../../twc-master/tests/fuzz/mod.rs"]
mod bodies;

fuzz_target!(|input: &[u8]| bodies::operations(input));
