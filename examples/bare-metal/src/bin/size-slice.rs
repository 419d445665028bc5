//! As `size-codec`, with the path for whole buffers beside the byte-fed one.
#![no_std]
#![no_main]

use core::hint::black_box;

use cortex_m_rt::entry;
use panic_halt as _;
use twc_proto::{Decoder, Envelope, Message, Version};

#[entry]
fn main() -> ! {
    let mut decoder = Decoder::new();
    loop {
        if let Some(outcome) = &decoder.push(black_box(0)) {
            black_box(&outcome.map(|received| received.message()));
        }
        if let Some(outcome) = &decoder.decode(&mut black_box(&[0; 8])) {
            black_box(&outcome.map(|received| received.message()));
        }
        if let Ok(envelope) = Envelope::canonical(black_box(Version::P2), *black_box(&Message::Idle)) {
            black_box(&envelope.to_wire());
        }
    }
}
