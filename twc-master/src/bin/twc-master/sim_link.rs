//! `--link sim`: three simulated wall connectors with cars inside this process, in real time; or a scenario.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use twc_proto::driver::Clock;
use twc_proto::{Instant, TwcId};
use twc_sim::scenario::{Scenario, Timed};
use twc_sim::{Car, CarProfile, Charger, ChargerConfig, World, WorldConfig};

const CONNECTORS: [TwcId; 3] = [TwcId::new(0x3495), TwcId::new(0x3496), TwcId::new(0x3497)];
const WANTED_WATT_HOURS: u32 = 20_000;

/// The near end of a bus that lives until this end is dropped. Needs a running runtime.
pub(crate) fn open(scenario: Option<&Scenario>) -> DuplexStream {
    let (near, far) = tokio::io::duplex(1_024);
    let world = scenario.map_or_else(house, |scenario| scenario.world(scenario.seed));
    let to_come = scenario.map(|scenario| scenario.timeline.clone()).unwrap_or_default();
    tokio::spawn(live(far, world, to_come.into()));
    near
}

async fn live(mut io: DuplexStream, mut world: World, mut to_come: VecDeque<Timed>) {
    let clock = Clock::start();
    let mut buffer = [0; 256];
    loop {
        let now = clock.now();
        while to_come.front().is_some_and(|timed| Instant::ZERO + timed.time <= now) {
            if let Some(timed) = to_come.pop_front() {
                timed.action.apply(now, &mut world);
            }
        }
        world.handle_timeout(now);
        while let Some(bytes) = world.poll_outside() {
            if io.write_all(&bytes).await.is_err() {
                return;
            }
        }
        let next = to_come.front().map(|timed| Instant::ZERO + timed.time);
        let wake = world.poll_timeout().into_iter().chain(next).min();
        let wait = wake.map_or(Duration::from_secs(1), |at| at.since(clock.now()));
        tokio::select! {
            read = io.read(&mut buffer) => match read {
                Ok(0) | Err(_) => return,
                Ok(len) => world.handle_outside(clock.now(), buffer.get(..len).unwrap_or_default()),
            },
            () = tokio::time::sleep(wait) => {}
        }
    }
}

fn house() -> World {
    let mut world = World::new(WorldConfig::default());
    for (seed, id) in (1..).zip(CONNECTORS) {
        let mut charger = Charger::new(ChargerConfig::p2(id), seed, Instant::ZERO);
        // A new charger has nothing plugged in, so this cannot be refused.
        let _ = charger.plug_in(Instant::ZERO, Car::new(CarProfile::tesla(), WANTED_WATT_HOURS));
        world.add_charger(charger);
    }
    world
}
