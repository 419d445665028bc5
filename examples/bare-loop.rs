//! The loop around a state machine, written out with nothing but std: what an interrupt handler or another
//! runtime would do as well.
//!
//! `cargo run -p twc-examples --example bare-loop -- 127.0.0.1:4000 [SECONDS]`, where a TCP/RS-485 converter or
//! `twc-sim serve --tcp 127.0.0.1:4000 --cars 1` listens.

use std::error::Error;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant as Clock};

use twc_master::share::Equal;
use twc_master::{Config, Master, Timing};
use twc_proto::{CentiAmps, Instant, Link, Sign, TwcId};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().ok_or("usage: bare-loop HOST:PORT [SECONDS]")?;
    let seconds = arguments.next().map_or(Ok(u64::MAX), |text| text.parse())?;
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;

    let origin = Clock::now();
    let now = || Instant::ZERO + origin.elapsed();
    let mut config = Config::new(TwcId::new(0x4242), Sign::new(0x5A), CentiAmps::from_amps(16));
    config.timing = Timing::TCP;
    let mut link = Link::new(Master::new(config, Equal, now())?);

    let mut buffer = [0; 256];
    while now() < Instant::from_secs(seconds) {
        // 1. What happened.
        while let Some(event) = link.node_mut().poll_event() {
            println!("{} {event}", now());
        }
        // 2. What is to be sent.
        while let Some(wire) = link.poll_transmit(now()) {
            stream.write_all(wire.as_ref())?;
            link.handle_sent(now());
        }
        // 3. Wait for bytes, or for the deadline.
        let wait = link.poll_timeout().map_or(Duration::from_secs(1), |at| at.since(now()));
        stream.set_read_timeout(Some(wait.max(Duration::from_millis(1))))?;
        match stream.read(&mut buffer) {
            Ok(0) => return Err("the other end hung up".into()),
            Ok(len) => link.handle_bytes(now(), &buffer[..len]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                link.handle_timeout(now());
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
