//! Somebody's own master in the simulator: in a test of ten lines, and in scenarios of the catalogue.
//!
//! `cargo run -p twc-examples --example judge-a-master`. The master here is as simple as can be: it offers one slave
//! the whole limit once a second. It charges a car, and it does not keep every scenario.

use std::time::Duration;

use twc_proto::message::MasterHeartbeat;
use twc_proto::{CentiAmps, Command, Envelope, Instant, Message, Node, Received, TwcId, Version};
use twc_sim::scenario::{Scenario, by_name, run};
use twc_sim::{CarProfile, ChargerConfig, Guest, Sim};

const SLAVE: TwcId = TwcId::new(0x3495);

struct Metronome {
    limit: CentiAmps,
    next: Instant,
    beats: u32,
}

impl Metronome {
    fn new(limit: CentiAmps, now: Instant) -> Self {
        Self { limit, next: now, beats: 0 }
    }
}

impl Node for Metronome {
    fn handle_message(&mut self, _: Instant, _: &Received) {}

    fn handle_timeout(&mut self, _: Instant) {}

    fn poll_transmit(&mut self, now: Instant) -> Option<Envelope> {
        if now < self.next {
            return None;
        }
        self.next = now + Duration::from_secs(1);
        self.beats += 1;
        // 05 counts before a car charges, 09 afterwards.
        let command = if self.beats % 2 == 0 { Command::INITIAL_LIMIT } else { Command::LIMIT };
        let heartbeat = MasterHeartbeat::with_limit(TwcId::new(0x7777), SLAVE, command, self.limit);
        Envelope::canonical(Version::P2, Message::MasterHeartbeat(heartbeat)).ok()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        Some(self.next)
    }
}

impl Guest for Metronome {
    type Saved = ();

    fn saved(&self) {}
}

fn main() {
    // A test of ten lines.
    let limit = CentiAmps::from_amps(16);
    let mut sim = Sim::new(1, Metronome::new(limit, Instant::ZERO));
    sim.set_limit(limit);
    let unit = sim.add_charger(ChargerConfig::p2(SLAVE));
    sim.add_car(unit, CarProfile::tesla(), 20_000);
    sim.run_for(Duration::from_secs(3_600));
    let verdict = sim.verdict();
    assert!(verdict.is_ok(), "{verdict}");
    println!(
        "an hour with one car: {} Wh",
        sim.world().charger(unit).map_or(0, twc_sim::Charger::delivered_watt_hours)
    );

    // The same master in scenarios.
    for name in ["one-heartbeat", "limit-falls-throttles"] {
        let scenario = Scenario::parse(by_name(name).unwrap_or_default()).expect("the catalogue makes sense");
        let made = |spec: &twc_sim::scenario::MasterSpec<'_>, _| {
            Ok::<_, std::convert::Infallible>(Metronome::new(spec.limit, spec.now))
        };
        let Ok(outcome) = run(&scenario, 1, made);
        print!("{outcome}");
    }
}
