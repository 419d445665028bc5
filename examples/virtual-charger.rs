//! A simulated wall connector with a car, on a port: the same driver as the master's, another machine.
//!
//! `cargo run -p twc-examples --example virtual-charger -- /dev/ttyUSB1 [SECONDS]`; `twc-sim serve` does the
//! same with several of them on a pseudo-terminal or TCP port of their own.

use std::error::Error;
use std::time::Duration;

use tokio_serial::SerialPortBuilderExt;
use twc_proto::driver::{self, Clock};
use twc_proto::{Link, TwcId};
use twc_sim::{Car, CarProfile, Charger, ChargerConfig};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("usage: virtual-charger PORT [SECONDS]")?;
    let seconds = arguments.next().map_or(Ok(u64::from(u32::MAX)), |text| text.parse())?;
    let mut port = tokio_serial::new(path, 9600).open_native_async()?;

    let clock = Clock::start();
    let mut charger = Charger::new(ChargerConfig::p2(TwcId::new(0x3495)), 1, clock.now());
    charger
        .plug_in(clock.now(), Car::new(CarProfile::tesla(), 10_000))
        .map_err(|_| "a car is plugged in already")?;
    let mut link = Link::new(charger);
    let mut last = None;
    let print_changes = |link: &mut Link<Charger>, now| {
        let charger = link.node();
        let seen = (charger.state(), charger.limit());
        if last.replace(seen) != Some(seen) {
            println!("{now} {}: {}, limit {}", charger.id(), seen.0, seen.1);
        }
    };
    let until = tokio::time::sleep(Duration::from_secs(seconds));
    Ok(driver::run(&mut link, &mut port, clock, print_changes, until).await?)
}
