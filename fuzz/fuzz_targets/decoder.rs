//! Any bytes: nothing panics, and whatever is delivered goes back onto the wire byte for byte.
#![no_main]

use libfuzzer_sys::fuzz_target;
use twc_proto::{Decoder, Frame, Received};

fuzz_target!(|bytes: &[u8]| {
    let mut decoder = Decoder::new();
    for byte in bytes {
        let Some(Ok(received)) = decoder.push(*byte) else { continue };
        let Ok(envelope) = received.to_envelope_that_may_lock_a_slave() else { continue };
        let body = envelope.emit();
        let again = Frame::new_checked(body.as_ref()).expect("what we emit is a frame");
        assert_eq!(Received::parse(&again), Ok(received));
    }
});
