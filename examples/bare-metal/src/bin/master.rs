//! The core of twc-master on a Cortex-M, in virtual time and over bytes: it links a slave that answers as a recorded
//! one did, and asks it who it is; then one with a car, to which it offers amps.
#![no_std]
#![no_main]

use core::time::Duration;

use cortex_m_rt::entry;
use cortex_m_semihosting::hprintln;
use panic_semihosting as _;
use twc_bare_metal::{Recorded, Slave};
use twc_master::share::Equal;
use twc_master::{Config, Master};
use twc_proto::{CentiAmps, Instant, Link, Node, Sign, TwcId};

#[entry]
fn main() -> ! {
    hprintln!("recorded answers:");
    let mut link = Link::new(master(Recorded::MASTER));
    run(&mut link, &mut Link::new(Recorded::new()));
    let known = link.node().knowledge(Recorded::SLAVE).expect("it announced itself");
    hprintln!("firmware {}, serial {}", known.firmware.expect("it says"), known.serial.expect("it says"));
    hprintln!("a car:");
    run(&mut Link::new(master(TwcId::new(0x4242))), &mut Link::new(Slave::new(TwcId::new(0x3495), true)));
    twc_bare_metal::finish()
}

fn master(id: TwcId) -> Master<Equal> {
    let mut config = Config::new(id, Sign::new(0x5A), CentiAmps::from_amps(14));
    config.expected_slaves = 1;
    Master::new(config, Equal, Instant::ZERO).expect("14 A is enough for one slave")
}

/// One wire between the two. Hardware would wait for its timer and its UART where this adds to `now`.
fn run(master: &mut Link<Master<Equal>>, slave: &mut Link<impl Node>) {
    let mut now = Instant::ZERO;
    while now < Instant::from_secs(20) {
        master.handle_timeout(now);
        if let Some(wire) = master.poll_transmit(now) {
            now = now + Duration::from_millis(20);
            master.handle_sent(now);
            slave.handle_bytes(now, wire.as_ref());
        }
        slave.handle_timeout(now);
        if let Some(wire) = slave.poll_transmit(now) {
            now = now + Duration::from_millis(20);
            slave.handle_sent(now);
            master.handle_bytes(now, wire.as_ref());
        }
        while let Some(event) = master.node_mut().poll_event() {
            hprintln!("{} {}", now, event);
        }
        now = now + Duration::from_millis(5);
    }
    for slave in master.node().slaves() {
        let offered = slave.offered.unwrap_or_default();
        hprintln!("{} offered {}, limit {}, draws {}", slave.slave, offered, slave.limit, slave.drawn);
    }
    hprintln!("committed {} of 1400 centiamps", master.node().committed());
}
