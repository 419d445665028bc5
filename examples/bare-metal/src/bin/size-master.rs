//! The core of twc-master with its codec, `Link` and equal sharing. Its events are fetched and not shown.
#![no_std]
#![no_main]

use core::hint::black_box;

use cortex_m_rt::entry;
use panic_halt as _;
use twc_master::share::Equal;
use twc_master::{Config, Master};
use twc_proto::{CentiAmps, Instant, Link, Sign, TwcId};

#[entry]
fn main() -> ! {
    let config = Config::new(TwcId::new(black_box(0x4242)), Sign::new(0x5A), CentiAmps::from_amps(black_box(40)));
    let Ok(mut master) = Master::new(config, Equal, Instant::ZERO) else { panic!() };
    master.restore(black_box(master.snapshot()).slaves.into_iter().flatten());
    let mut link = Link::new(master);
    loop {
        let now = black_box(Instant::ZERO);
        link.handle_bytes(now, black_box(&[0]));
        link.handle_timeout(now);
        link.handle_reconnected(now);
        black_box(link.poll_transmit(now));
        link.handle_sent(now);
        black_box(link.poll_timeout());
        let master = link.node_mut();
        master.handle_saved(black_box(0));
        black_box((master.snapshot(), master.poll_event(), master.committed(), master.slaves().count()));
    }
}
