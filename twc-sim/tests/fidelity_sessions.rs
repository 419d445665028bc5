//! Sessions that owners logged: the start of a charge, a raise, a stop from the car, a master that complains.

mod bench;
mod fidelity;

use core::time::Duration;

use bench::Bench;
use fidelity::{Monitor, hex, run, session};
use twc_proto::{CentiAmps, Command, Instant, Link, SlaveState, TwcId};
use twc_sim::{Car, CarProfile, Charger, ChargerConfig, RealMaster, RealMasterConfig, Sim, World, WorldConfig};

#[test]
fn a_p1_pair_negotiates_the_limit_word_for_word_as_logged() {
    let logged: Vec<String> = session("s14_p1_charge_negotiation.txt").iter().map(|(_, body)| hex(body)).collect();
    let slave = ChargerConfig {
        max_current: CentiAmps::from_amps(80),
        idle_reading: CentiAmps::new(25),
        ..ChargerConfig::p1(TwcId::new(0x032E))
    };
    let mut world = World::new(WorldConfig::default());
    world.add_charger(Charger::new(slave, 1, Instant::ZERO));
    let master = RealMaster::new(RealMasterConfig::p1(TwcId::new(0x7777)), 1, Instant::ZERO);
    let mut sim = Sim::with_world(world, Link::new(master));
    let mut monitor = Monitor::default();
    run(&mut sim, &mut monitor, Instant::from_secs(30));
    let (now, plugged_at) = (sim.now(), monitor.frames.len());
    let car = Car::new(CarProfile::tesla(), 20_000);
    sim.world_mut().charger_mut(0).unwrap().plug_in(now, car).unwrap();
    run(&mut sim, &mut monitor, now + Duration::from_secs(12));
    let mut simulated: Vec<String> = monitor.frames[plugged_at..].iter().map(fidelity::Frame::hex).collect();
    // From the first 04 on; what is said again and again is said once in the log.
    let first = simulated.iter().position(|frame| *frame == logged[0]).expect("a 04 with limit 0");
    simulated.drain(..first);
    let mut spoken: Vec<[String; 2]> = Vec::new();
    for pair in simulated.chunks_exact(2) {
        if spoken.last().is_none_or(|last| last[..] != *pair) {
            spoken.push([pair[0].clone(), pair[1].clone()]);
        }
    }
    let spoken: Vec<String> = spoken.into_iter().flatten().take(logged.len()).collect();
    assert_eq!(spoken, logged);
}

#[test]
fn an_offer_raised_from_6_to_19_amps_is_followed_as_logged() {
    // Logged: 01 with 6.59 A at 6.00 A; 09 19.00 A; within 2 s 09 at 19.00 A and still 6.59 A; about 18.9 A
    // within 6 s; 01 after 12 s. The unit reads too much.
    let log = session("s12_offer_6_to_19A.txt");
    let car = CarProfile { maximum: CentiAmps::from_amps(32), ..CarProfile::by_name("tesla_2019").unwrap() };
    let settled = |config: ChargerConfig| Bench::charging(config, car.clone(), 600);
    let config = ChargerConfig::p2(TwcId::new(0x3495));
    let true_current = settled(config.clone()).charger().true_current().value();
    let config = ChargerConfig { meter_error: 659 - i16::try_from(true_current).unwrap(), ..config };
    let mut bench = settled(config);
    let shown = |answer: twc_proto::message::SlaveHeartbeat| {
        let ([lh, ll], [dh, dl]) = (answer.limit.value().to_be_bytes(), answer.drawn.value().to_be_bytes());
        [answer.state.code(), lh, ll, dh, dl]
    };
    assert_eq!(shown(bench.keep(1))[..], log[0].1[6..11]);
    let raised_at = bench.now;
    let echo = bench.heartbeat(Command::LIMIT, 1_900).unwrap();
    assert_eq!(shown(echo)[..], log.iter().find(|(_, body)| body[6] == 0x09 && body[0] == 0xFD).unwrap().1[6..11]);
    let after = |bench: &mut Bench, secs| {
        bench.run((raised_at + Duration::from_secs(secs)).since(bench.now));
        bench.heartbeat(Command::NO_CHANGE, 0).unwrap()
    };
    let drawn = after(&mut bench, 6).drawn.value();
    assert!((1_850..=1_970).contains(&drawn), "{drawn}");
    assert_eq!(after(&mut bench, 10).state, SlaveState::SETTING_LIMIT);
    assert_eq!(after(&mut bench, 12).state, SlaveState::CHARGING);
}

#[test]
fn a_car_that_stops_goes_from_08_to_03_and_six_amps_as_logged() {
    let log = session("s08_state8_to_state3.txt");
    let answers: Vec<&Vec<u8>> = log.iter().filter(|(by, _)| by == "S>M").map(|(_, body)| body).collect();
    let (before, after) = (answers[0], answers[2]);
    let mut bench = Bench::charging(ChargerConfig::p2(bench::A), CarProfile::tesla(), 2_000);
    bench.command(Charger::pause_car);
    let pausing = bench.heartbeat(Command::NO_CHANGE, 0).unwrap();
    assert_eq!((pausing.state.code(), pausing.limit.value().to_be_bytes()), (before[6], [before[7], before[8]]));
    // The log has a gap of 5 s here.
    let paused = bench.keep(5);
    assert_eq!((paused.state.code(), paused.limit.value().to_be_bytes()), (after[6], [after[7], after[8]]));
    assert_eq!(paused.drawn, CentiAmps::ZERO);
}

#[test]
fn a_master_with_a_wrong_slave_repeats_its_complaint_as_logged() {
    let log = session("s10_real_master_453_error5.txt");
    let complaint = log.iter().find(|(_, body)| body[1] == 0xE0).map(|(_, body)| body.clone()).unwrap();
    let slave = ChargerConfig { max_current: CentiAmps::from_amps(80), ..ChargerConfig::p2(TwcId::new(0x7777)) };
    for may_lock_slaves in [true, false] {
        let config = RealMasterConfig { may_lock_slaves, ..RealMasterConfig::p2(TwcId::new(0x6090)) };
        let mut world = World::new(WorldConfig::default());
        world.add_charger(Charger::new(slave.clone(), 1, Instant::ZERO));
        let mut sim = Sim::with_world(world, Link::new(RealMaster::new(config, 1, Instant::ZERO)));
        let mut monitor = Monitor::default();
        run(&mut sim, &mut monitor, Instant::from_secs(40));
        let complaints: Vec<u64> =
            monitor.frames.iter().filter(|frame| frame.body == complaint).map(|frame| frame.millis).collect();
        assert_eq!(sim.world().charger(0).unwrap().is_locked(), may_lock_slaves);
        if !may_lock_slaves {
            assert!(complaints.is_empty());
            continue;
        }
        // Once a second, its own values in between.
        let span = complaints.last().unwrap() - complaints[0];
        let mean = span / (complaints.len() as u64 - 1);
        assert!((800..=1_200).contains(&mean), "{mean} {complaints:?}");
        let own = monitor.frames.iter().filter(|frame| frame.body[0] == 0xFD && frame.sender() == 0x6090);
        assert!(own.count() > 8);
    }
}
