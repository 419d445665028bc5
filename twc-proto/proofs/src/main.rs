//! Proves at link time that decoding and encoding cannot panic.
//!
//! `no_panic` makes a function refer to a symbol that does not exist unless the optimiser can show that no panic is
//! reachable from it. So this program links if, and only if, there is none. `bash .ci/proto-checks` builds it, and
//! once more with the feature `control`, where it must not link.

use std::hint::black_box;

use no_panic::no_panic;
use twc_proto::error::EncodeError;
use twc_proto::{BodyLen, DecodeError, Decoder, Envelope, EnvelopeError, FrameBuf, Message, Received, WireBuf};

/// One byte at a time, from any state.
#[no_panic]
fn push(decoder: &mut Decoder, byte: u8) -> Option<Result<Received, DecodeError>> {
    decoder.push(byte)
}

/// A slice, from any state.
#[no_panic]
fn decode(decoder: &mut Decoder, input: &mut &[u8]) -> Option<Result<Received, DecodeError>> {
    decoder.decode(input)
}

/// Any message in any length: refused or accepted.
#[no_panic]
fn seal(message: Message, len: BodyLen) -> Result<Envelope, EnvelopeError> {
    Envelope::new(message, len)
}

/// What was received, for sending.
#[no_panic]
fn forward(received: &Received) -> Result<Envelope, EnvelopeError> {
    received.to_envelope_that_may_lock_a_slave()
}

/// The un-escaped body.
#[no_panic]
fn emit(envelope: &Envelope) -> FrameBuf {
    envelope.emit()
}

/// The bytes for the wire.
#[no_panic]
fn to_wire(envelope: &Envelope) -> WireBuf {
    envelope.to_wire()
}

/// The same into a buffer of any size.
#[no_panic]
fn encode(envelope: &Envelope, out: &mut [u8]) -> Result<usize, EncodeError> {
    envelope.encode(out)
}

/// The negative control: an index that nothing bounds.
#[cfg(feature = "control")]
#[no_panic]
fn control(bytes: &[u8], index: usize) -> u8 {
    bytes[index]
}

fn main() {
    let bytes: Vec<u8> = std::env::args().flat_map(String::into_bytes).collect();
    #[cfg(feature = "control")]
    println!("{}", control(black_box(&bytes), black_box(0)));

    let mut decoder = Decoder::new();
    let mut out = [0; WireBuf::CAPACITY];
    let mut found: Vec<_> = bytes.iter().filter_map(|byte| push(black_box(&mut decoder), *byte)).collect();
    let mut rest = black_box(bytes.as_slice());
    found.extend(std::iter::from_fn(|| decode(black_box(&mut decoder), &mut rest)));
    for received in found.into_iter().flatten() {
        let sealed = seal(received.message(), black_box(received.body_len()));
        for envelope in sealed.into_iter().chain(forward(&received)) {
            black_box(emit(black_box(&envelope)));
            black_box(to_wire(black_box(&envelope)));
            black_box(encode(black_box(&envelope), black_box(&mut out))).ok();
        }
    }
    println!("linked: no panic is reachable");
}
