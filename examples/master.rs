//! The smallest master against a real port: 16 A shared among whoever announces itself.
//!
//! `cargo run -p twc-examples --example master -- /dev/ttyUSB0 [SECONDS]`

use std::error::Error;
use std::time::Duration;

use tokio_serial::SerialPortBuilderExt;
use twc_master::share::Equal;
use twc_master::{Config, Master};
use twc_proto::driver::{self, Clock};
use twc_proto::{CentiAmps, Link, Sign, TwcId};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("usage: master PORT [SECONDS]")?;
    let seconds = arguments.next().map_or(Ok(u64::from(u32::MAX)), |text| text.parse())?;
    let mut port = tokio_serial::new(path, 9600).open_native_async()?;

    let clock = Clock::start();
    let config = Config::new(TwcId::new(0x4242), Sign::new(0x5A), CentiAmps::from_amps(16));
    let mut link = Link::new(Master::new(config, Equal, clock.now())?);
    let print_events = |link: &mut Link<Master<Equal>>, now| {
        while let Some(event) = link.node_mut().poll_event() {
            println!("{now} {event}");
        }
    };
    let until = tokio::time::sleep(Duration::from_secs(seconds));
    Ok(driver::run(&mut link, &mut port, clock, print_events, until).await?)
}
