//! `--link sim`: three simulated wall connectors with cars inside this process, in real time.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use twc_proto::TwcId;
use twc_proto::driver::Clock;
use twc_sim::{Car, CarProfile, Charger, ChargerConfig, World, WorldConfig};

const CONNECTORS: [TwcId; 3] = [TwcId::new(0x3495), TwcId::new(0x3496), TwcId::new(0x3497)];
const WANTED_WATT_HOURS: u32 = 20_000;

/// The near end of a bus that lives until this end is dropped. Needs a running runtime.
pub(crate) fn open() -> DuplexStream {
    let (near, far) = tokio::io::duplex(1_024);
    tokio::spawn(live(far));
    near
}

async fn live(mut io: DuplexStream) {
    let clock = Clock::start();
    let mut world = house(clock);
    let mut buffer = [0; 256];
    loop {
        world.handle_timeout(clock.now());
        while let Some(bytes) = world.poll_outside() {
            if io.write_all(&bytes).await.is_err() {
                return;
            }
        }
        let wait = world.poll_timeout().map_or(Duration::from_secs(1), |at| at.since(clock.now()));
        tokio::select! {
            read = io.read(&mut buffer) => match read {
                Ok(0) | Err(_) => return,
                Ok(len) => world.handle_outside(clock.now(), buffer.get(..len).unwrap_or_default()),
            },
            () = tokio::time::sleep(wait) => {}
        }
    }
}

fn house(clock: Clock) -> World {
    let mut world = World::new(WorldConfig::default());
    for (seed, id) in (1..).zip(CONNECTORS) {
        let mut charger = Charger::new(ChargerConfig::p2(id), seed, clock.now());
        // A new charger has nothing plugged in, so this cannot be refused.
        let _ = charger.plug_in(clock.now(), Car::new(CarProfile::tesla(), WANTED_WATT_HOURS));
        world.add_charger(charger);
    }
    world
}
