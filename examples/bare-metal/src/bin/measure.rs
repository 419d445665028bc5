//! What a frame costs and how large the machines are. Under QEMU's `-icount shift=0` every instruction takes one
//! nanosecond of its virtual time, which `SysTick` counts; a loop of known length tells what a tick is worth.
#![no_std]
#![no_main]

use core::hint::black_box;
use core::iter::repeat_n;

use cortex_m::peripheral::{Peripherals, SYST, syst::SystClkSource};
use cortex_m_rt::entry;
use cortex_m_semihosting::hprintln;
use panic_semihosting as _;
use twc_bare_metal::CAPTURE;
use twc_master::{Master, share::Equal};
use twc_proto::message::{Envelope, MasterHeartbeat, Message};
use twc_proto::{Decoder, DecoderStats, Link, Received, TwcId, Version, WireBuf};

/// Instructions of the loop of known length.
const KNOWN: u32 = 2_000_000;
/// So often the capture is decoded: more than 1,000 frames.
const ROUNDS: usize = 32;
const SENT: u32 = 2_000;

#[entry]
fn main() -> ! {
    let mut timer = Peripherals::take().expect("nobody else took them").SYST;
    timer.set_clock_source(SystClkSource::Core);
    timer.set_reload(0x00FF_FFFF);
    timer.clear_current();
    timer.enable_counter();
    // Two instructions, `subs` and `bne`, a million times.
    let known = ticks(|| cortex_m::asm::delay(KNOWN / 2));
    let instructions =
        |ticks: u32, of: u32| u64::from(ticks) * u64::from(KNOWN) / u64::from(known) / u64::from(of);
    let (mut fed, mut cut) = (Decoder::new(), Decoder::new());
    let (bytes, slices, encoded) = (ticks(|| feed(&mut fed)), ticks(|| slice(&mut cut)), ticks(encode));
    let frames = fed.stats().messages + fed.stats().rejected();
    assert_eq!(fed.stats(), cut.stats());
    hprintln!("instructions per tick: {}", KNOWN / known);
    hprintln!("frames decoded: {}", frames);
    hprintln!("instructions to decode a frame, byte-fed: {}", instructions(bytes, frames));
    hprintln!("instructions to decode a frame, from a slice: {}", instructions(slices, frames));
    hprintln!("instructions to encode a heartbeat: {}", instructions(encoded, SENT));
    sizes();
    twc_bare_metal::finish()
}

/// `SysTick` counts down.
fn ticks(work: impl FnOnce()) -> u32 {
    let begin = SYST::get_current();
    work();
    begin.wrapping_sub(SYST::get_current()) & 0x00FF_FFFF
}

fn feed(decoder: &mut Decoder) {
    for byte in repeat_n(black_box(CAPTURE), ROUNDS).flatten() {
        if let Some(outcome) = &decoder.push(*byte) {
            black_box(&outcome.map(|received| received.message()));
        }
    }
}

fn slice(decoder: &mut Decoder) {
    for mut input in repeat_n(black_box(CAPTURE), ROUNDS) {
        while let Some(outcome) = &decoder.decode(&mut input) {
            black_box(&outcome.map(|received| received.message()));
        }
    }
}

fn encode() {
    let heartbeat = MasterHeartbeat::no_change(TwcId::new(0x7777), TwcId::new(0x3495));
    for _ in 0..SENT {
        let message = Message::MasterHeartbeat(*black_box(&heartbeat));
        if let Ok(envelope) = Envelope::canonical(Version::P2, message) {
            black_box(&envelope.to_wire());
        }
    }
}

fn sizes() {
    hprintln!("bytes of Decoder without stats: {}", size_of::<Decoder>() - size_of::<DecoderStats>());
    hprintln!("bytes of Decoder: {}", size_of::<Decoder>());
    hprintln!("bytes of Received: {}", size_of::<Received>());
    hprintln!("bytes of WireBuf: {}", size_of::<WireBuf>());
    hprintln!("bytes of Master: {}", size_of::<Master<Equal>>());
    hprintln!("bytes of Link of Master: {}", size_of::<Link<Master<Equal>>>());
}
