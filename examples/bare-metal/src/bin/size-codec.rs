//! Codec and all messages: bytes to typed messages, and each of them back into bytes.
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
        if let Ok(envelope) = Envelope::canonical(black_box(Version::P2), *black_box(&Message::Idle)) {
            black_box(&envelope.to_wire());
        }
    }
}
