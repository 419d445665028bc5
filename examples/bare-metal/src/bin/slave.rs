//! Decodes a capture, then answers a master as a slave: on a Cortex-M, without a heap.
#![no_std]
#![no_main]

use cortex_m_rt::entry;
use cortex_m_semihosting::{hprint, hprintln};
use panic_semihosting as _;
use twc_bare_metal::{CAPTURE, Slave};
use twc_proto::{Decoder, Instant, Link, Message, Received, TwcId};

/// What a real master sends: its linkready, two heartbeats, and with the last one an offer of 16 A.
const MASTER: [(u64, &[u8]); 4] = [
    (0, b"\xC0\xFC\xE1\x79\x73\x76\0\0\0\0\0\0\0\0\0\0\x43\xC0\xFC"),
    (1_000, b"\xC0\xFB\xE0\x79\x73\x34\x95\0\0\0\0\0\0\0\0\0\x95\xC0\xFC"),
    (2_000, b"\xC0\xFB\xE0\x79\x73\x34\x95\0\0\0\0\0\0\0\0\0\x95\xC0\xFC"),
    (3_000, b"\xC0\xFB\xE0\x79\x73\x34\x95\x05\x06\x40\0\0\0\0\0\0\xE0\xC0\xFC"),
];

#[entry]
fn main() -> ! {
    decode();
    for car in [false, true] {
        hprintln!("a slave, car: {}", car);
        answer(&mut Link::new(Slave::new(TwcId::new(0x3495), car)));
    }
    twc_bare_metal::finish()
}

/// Byte by byte, as an interrupt handler would.
fn decode() {
    let mut decoder = Decoder::new();
    for outcome in CAPTURE.iter().filter_map(|byte| decoder.push(*byte)) {
        match outcome.as_ref().map(Received::message) {
            Ok(Message::SlaveHeartbeat(m)) => {
                hprintln!("{} state {} limit {} drawn {}", m.slave, m.state, m.limit, m.drawn);
            }
            Ok(Message::SlaveLinkReady(m)) => hprintln!("{} is here, built for {}", m.slave, m.max_current),
            Ok(other) => hprintln!("{} from {}", other.opcode(), other.sender().unwrap_or_default()),
            Err(error) => hprintln!("rejected: {}", error),
        }
    }
    let stats = decoder.stats();
    hprintln!("{} messages, {} rejected, {} junk", stats.messages, stats.rejected(), stats.junk_bytes);
}

/// Bytes and time in, bytes and a deadline out.
fn answer(link: &mut Link<Slave>) {
    for (millis, heard) in MASTER {
        link.handle_bytes(Instant::from_millis(millis), heard);
        let Some(due) = link.poll_timeout() else { continue };
        link.handle_timeout(due);
        while let Some(wire) = link.poll_transmit(due) {
            hprint!("{}", due);
            for byte in wire.as_ref() {
                hprint!(" {:02X}", byte);
            }
            hprintln!();
            link.handle_sent(due);
        }
    }
}
