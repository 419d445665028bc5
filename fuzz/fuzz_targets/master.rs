//! Any bytes at any pace into a master: nothing panics.
#![no_main]

use core::time::Duration;

use libfuzzer_sys::fuzz_target;
use twc_master::share::Equal;
use twc_master::{Config, Master};
use twc_proto::{CentiAmps, Instant, Link, Sign, TwcId};

fuzz_target!(|input: (u16, Vec<(u8, Vec<u8>)>)| {
    let config = Config::new(TwcId::new(0x7777), Sign::new(1), CentiAmps::from_amps(input.0.clamp(6, 240)));
    let mut now = Instant::ZERO;
    let mut link = Link::new(Master::new(config, Equal, now).expect("a legal limit"));
    for (pause, bytes) in input.1 {
        now = now + Duration::from_millis(u64::from(pause) * 5);
        link.handle_bytes(now, &bytes);
        link.handle_timeout(now);
        while link.poll_transmit(now).is_some() {
            link.handle_sent(now);
        }
        while link.node_mut().poll_event().is_some() {}
    }
});
