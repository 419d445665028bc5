//! A bus has one master: another one is noticed, and ours keeps its hands off while it is there.

mod common;

use core::time::Duration;

use common::{Bench, MASTER, amps, config};
use twc_master::share::Equal;
use twc_master::{Event, Master};
use twc_proto::message::{MasterHeartbeat, SlaveLinkReady};
use twc_proto::{Envelope, Instant, Link, Message, Sign, TwcId, Version};
use twc_sim::WorldConfig;

const OTHER: TwcId = TwcId::new(0x7973);
const SLAVE: TwcId = TwcId::new(0x3495);

struct Desk {
    link: Link<Master<Equal>>,
    now: Instant,
}

impl Desk {
    fn new() -> Self {
        let master = Master::new(config(40, 1), Equal, Instant::ZERO).unwrap();
        Self { link: Link::new(master), now: Instant::ZERO }
    }

    fn hears(&mut self, message: Message) {
        let wire = Envelope::canonical(Version::P2, message).unwrap().to_wire();
        self.link.handle_bytes(self.now, wire.as_ref());
    }

    /// Lets time pass; returns how many frames it sent.
    fn passes(&mut self, millis: u64) -> usize {
        let mut sent = 0;
        for _ in 0..millis / 10 {
            self.now = self.now + Duration::from_millis(10);
            self.link.handle_timeout(self.now);
            while self.link.poll_transmit(self.now).is_some() {
                self.link.handle_sent(self.now);
                sent += 1;
            }
        }
        sent
    }

    fn events(&mut self) -> Vec<Event> {
        core::iter::from_fn(|| self.link.node_mut().poll_event()).collect()
    }
}

fn heartbeat_from(master: TwcId) -> Message {
    Message::MasterHeartbeat(MasterHeartbeat::no_change(master, SLAVE))
}

#[test]
fn two_frames_of_another_master_stop_us_and_thirty_quiet_seconds_let_us_go_on() {
    let mut desk = Desk::new();
    desk.hears(Message::SlaveLinkReady(SlaveLinkReady {
        slave: SLAVE,
        sign: Sign::new(1),
        max_current: amps(32),
    }));
    assert!(desk.passes(2_000) > 0);
    desk.hears(heartbeat_from(OTHER));
    assert!(desk.passes(1_500) > 0, "one frame may be noise");
    desk.hears(heartbeat_from(OTHER));
    assert!(desk.events().contains(&Event::ForeignMaster { master: OTHER }));
    assert_eq!(desk.link.node().committed(), 3_200, "it may have told our slave anything");
    assert_eq!(desk.passes(29_000), 0);
    assert!(desk.passes(3_000) > 0);
    assert!(desk.events().contains(&Event::ForeignMasterGone { master: OTHER }));
}

#[test]
fn a_clone_with_our_own_id_is_another_master() {
    let mut desk = Desk::new();
    desk.hears(heartbeat_from(MASTER));
    desk.passes(1_000);
    desk.hears(heartbeat_from(MASTER));
    assert!(desk.events().contains(&Event::ForeignMaster { master: MASTER }));
    assert_eq!(desk.passes(5_000), 0);
}

#[test]
fn a_slave_with_our_id_hears_our_linkreadys_again_and_no_heartbeat() {
    let mut desk = Desk::new();
    desk.passes(20_000);
    desk.hears(Message::SlaveLinkReady(SlaveLinkReady {
        slave: MASTER,
        sign: Sign::new(9),
        max_current: amps(32),
    }));
    assert_eq!(desk.passes(10_000), 10);
    assert_eq!(desk.link.node().slaves().count(), 0);
}

#[test]
fn our_own_echo_is_no_other_master() {
    let mut bench = Bench::new(40, 2, WorldConfig { echo: true, ..WorldConfig::default() });
    bench.run_for(60);
    assert!(!bench.happened(|event| matches!(event, Event::ForeignMaster { .. })));
    let link = bench.sim.master().unwrap();
    assert!(link.stats().echoes > 50, "{:?}", link.stats());
    assert_eq!(bench.sim.world().chargers().filter(|charger| charger.is_linked()).count(), 2);
    bench.assert_kept();
}
