//! On a bus that damages frames somebody new is believed when he has announced himself twice, also when others do so in
//! between.

mod common;

use core::time::Duration;

use common::{amps, config};
use twc_master::share::Equal;
use twc_master::{Event, Master};
use twc_proto::message::SlaveLinkReady;
use twc_proto::{Envelope, Instant, Link, Message, Sign, TwcId, Version};

const UNITS: [TwcId; 2] = [TwcId::new(0x3495), TwcId::new(0x3496)];

/// Each unit announces itself in turn so often, on a bus that has damaged a frame just before each time.
fn believed_after(times: usize) -> usize {
    let mut link = Link::new(Master::new(config(40, 2), Equal, Instant::ZERO).unwrap());
    let mut now = Instant::from_secs(1);
    for _ in 0..times {
        for slave in UNITS {
            link.handle_bytes(now, b"\xC0\xFD\xE2\x34\x95\0\0\0\0\0\0\0\0\0\0\0\0\0\xC0");
            let ready = SlaveLinkReady { slave, sign: Sign::new(1), max_current: amps(32) };
            let wire = Envelope::canonical(Version::P2, Message::SlaveLinkReady(ready)).unwrap().to_wire();
            link.handle_bytes(now, wire.as_ref());
            now = now + Duration::from_secs(3);
            link.handle_timeout(now);
        }
    }
    let events = core::iter::from_fn(|| link.node_mut().poll_event());
    let mut known: Vec<TwcId> = events
        .filter_map(|event| match event {
            Event::SlaveAnnounced { slave, .. } => Some(slave),
            _ => None,
        })
        .collect();
    known.sort();
    known.dedup();
    known.len()
}

#[test]
fn units_that_announce_themselves_in_turn_are_each_believed_the_second_time() {
    assert_eq!((believed_after(1), believed_after(2)), (0, 2));
}
