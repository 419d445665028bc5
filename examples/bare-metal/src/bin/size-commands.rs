//! As `size-master`, and every command is given, everything known is asked, and the share is any of the three.
#![no_std]
#![no_main]

use core::hint::black_box;
use core::time::Duration;

use cortex_m_rt::entry;
use panic_halt as _;
use twc_master::share::Any;
use twc_master::{Config, Event, HookOutcome, Master, Mode, Place, Profile, QueryPlan, SlaveSettings, Strategy};
use twc_proto::message::Item;
use twc_proto::{CentiAmps, Instant, Link, Sign, TwcId};

#[entry]
fn main() -> ! {
    let config = Config::new(TwcId::new(black_box(0x4242)), Sign::new(0x5A), CentiAmps::from_amps(black_box(40)));
    let Ok(mut master) = Master::new(config, black_box(Any::default()), Instant::ZERO) else { panic!() };
    master.restore(black_box(master.snapshot()).slaves.into_iter().flatten());
    let mut link = Link::new(master);
    loop {
        let now = black_box(Instant::ZERO);
        link.handle_bytes(now, black_box(&[0]));
        link.handle_timeout(now);
        link.handle_reconnected(now);
        black_box(link.poll_transmit(now));
        link.handle_sent(now);
        black_box(link.poll_timeout());
        let master = link.node_mut();
        master.handle_saved(black_box(0));
        black_box((master.snapshot(), master.poll_event().as_ref().map(Event::kind), master.committed()));
        master.slaves().for_each(|slave| {
            black_box(&slave);
        });
        command(master, now, TwcId::new(black_box(0x3495)), CentiAmps::from_amps(black_box(6)));
    }
}

fn command(master: &mut Master<Any>, now: Instant, slave: TwcId, amps: CentiAmps) {
    let lasts = Duration::from_secs(black_box(120));
    black_box(master.order(now, Place::Site, [amps; 3]));
    black_box(master.lease(now, Place::Circuit(black_box(0)), [amps; 3], now, lasts));
    black_box(master.set_budget(Some(amps)).is_ok());
    master.set_mode(black_box(Mode::Share));
    let settings = SlaveSettings { profile: black_box(&Profile::TESLA), priority: 0, cap: Some(amps) };
    black_box((master.set_slave(slave, settings).is_ok(), master.set_cap(slave, Some(amps)).is_ok()));
    black_box((master.start(slave).is_ok(), master.can_stop(slave).is_ok(), master.release(now, slave)));
    black_box(master.stop(slave, black_box(Some(Strategy::Withhold))).is_ok());
    black_box((master.expect_power_off(slave).is_ok(), master.supply_is_cut(slave)));
    black_box(master.handle_hook(slave, black_box(HookOutcome::Done)).is_ok());
    master.set_queries(black_box(QueryPlan::DEFAULT));
    black_box((master.query(slave, black_box(Item::Meter)).is_ok(), master.knowledge(slave)));
    if let Ok(vin) = black_box([b'1'; 17]).try_into() {
        black_box(master.know_vehicle(vin, black_box(&Profile::TESLA)).is_ok());
    }
    master.set_guest(black_box(Some(&Profile::I3)));
    black_box((master.lateness(), master.garbled_frames(), master.reply_window(), master.is_hands_off()));
}
