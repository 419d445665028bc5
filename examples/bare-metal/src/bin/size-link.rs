//! Everything below the master, both ways, in a `Link`: what `size-master` takes beyond this is the core's own.
#![no_std]
#![no_main]

use core::hint::black_box;

use cortex_m_rt::entry;
use panic_halt as _;
use twc_proto::message::Received;
use twc_proto::{Envelope, Instant, Link, Node};

/// Looks at everything it hears and says what it is told to say.
struct Probe(Option<Envelope>);

impl Node for Probe {
    fn handle_message(&mut self, _: Instant, received: &Received) {
        black_box(received.message());
        self.0 = black_box(*received).to_envelope().ok();
    }
    fn handle_timeout(&mut self, _: Instant) {}
    fn poll_transmit(&mut self, _: Instant) -> Option<Envelope> {
        self.0.take()
    }
    fn poll_timeout(&self) -> Option<Instant> {
        black_box(None)
    }
}

#[entry]
fn main() -> ! {
    let mut link = Link::new(Probe(None));
    loop {
        let now = black_box(Instant::ZERO);
        link.handle_bytes(now, black_box(&[0]));
        link.handle_timeout(now);
        link.handle_reconnected(now);
        black_box(link.poll_transmit(now));
        link.handle_sent(now);
        black_box(link.poll_timeout());
    }
}
