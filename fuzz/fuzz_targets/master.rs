//! Any bytes at any pace into a master: nothing panics, it never wants to be woken for ever, and what it sends stays
//! within its limit.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[allow(dead_code, unused_imports, reason = "each target uses its part")]
#[path = "../../twc-master/tests/fuzz/mod.rs"]
mod bodies;

fuzz_target!(|input: &[u8]| bodies::bytes(input));
