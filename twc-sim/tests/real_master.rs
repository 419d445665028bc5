//! The model of a real master beyond what captures show: several slaves, cars, clashes, silence.

mod fidelity;

use core::time::Duration;
use std::collections::BTreeMap;

use fidelity::{Monitor, run};
use twc_proto::{CentiAmps, Instant, Link, SlaveState, TwcId};
use twc_sim::{
    Car, CarProfile, Charger, ChargerConfig, Led, RealMaster, RealMasterConfig, Sim, World, WorldConfig,
};

const MASTER: TwcId = TwcId::new(0x7973);

/// The slaves get power one after the other: together their first linkreadys would collide.
fn house(config: RealMasterConfig, slaves: &[ChargerConfig]) -> Sim<RealMaster> {
    let master = Link::new(RealMaster::new(config, 1, Instant::ZERO));
    let mut sim = Sim::with_world(World::new(WorldConfig::default()), master);
    for (seed, slave) in (1..).zip(slaves) {
        let now = sim.now();
        sim.world_mut().add_charger(Charger::new(slave.clone(), seed, now));
        sim.run_for(Duration::from_millis(1_700));
    }
    sim
}

fn ids(count: u16) -> Vec<ChargerConfig> {
    (0..count).map(|n| ChargerConfig::p2(TwcId::new(0x3495 + n))).collect()
}

fn plug(sim: &mut Sim<RealMaster>, index: usize) {
    let now = sim.now();
    let car = Car::new(CarProfile::i3(), 20_000);
    sim.world_mut().charger_mut(index).unwrap().plug_in(now, car).unwrap();
}

fn secs(sim: &mut Sim<RealMaster>, monitor: &mut Monitor, secs: u64) {
    let until = sim.now() + Duration::from_secs(secs);
    run(sim, monitor, until);
}

fn limit(sim: &Sim<RealMaster>, index: usize) -> u16 {
    sim.world().charger(index).unwrap().limit().value()
}

/// How often each command went to a slave.
fn commands(monitor: &Monitor) -> BTreeMap<u8, usize> {
    let mut count = BTreeMap::new();
    for frame in monitor.frames.iter().filter(|frame| frame.code() == [0xFB, 0xE0]) {
        *count.entry(frame.body[6]).or_default() += 1;
    }
    count
}

#[test]
fn three_slaves_are_linked_heartbeated_about_once_a_second_and_asked() {
    let mut sim = house(RealMasterConfig::p2(MASTER), &ids(3));
    let mut monitor = Monitor::default();
    secs(&mut sim, &mut monitor, 60);
    let mut last = BTreeMap::new();
    for frame in monitor.frames.iter().filter(|frame| frame.code() == [0xFB, 0xE0]) {
        let slave = [frame.body[4], frame.body[5]];
        if let Some(before) = last.insert(slave, frame.millis) {
            assert!(frame.millis - before < 5_000, "{slave:02X?}: {before} to {}", frame.millis);
        }
    }
    assert_eq!(last.len(), 3);
    assert!(sim.world().chargers().all(Charger::is_linked));
}

#[test]
fn who_asks_for_a_limit_gets_05_and_a_share_and_the_circuit_is_kept() {
    let mut sim = house(RealMasterConfig::p2(MASTER), &ids(3));
    let mut monitor = Monitor::default();
    secs(&mut sim, &mut monitor, 30);
    for index in 0..3 {
        plug(&mut sim, index);
        secs(&mut sim, &mut monitor, 120);
        let sum: u16 = (0..3).map(|index| limit(&sim, index)).sum();
        assert!(sum <= 3_200 && limit(&sim, index) >= 600, "{sum}");
    }
    assert!(commands(&monitor).get(&5).is_some_and(|count| *count >= 3));
    let charging = sim.world().chargers().filter(|charger| charger.true_current() > CentiAmps::ZERO).count();
    assert_eq!(charging, 3);
}

#[test]
fn amps_move_by_06_and_07_between_slaves_and_only_where_the_switch_says_so() {
    for nudges in [true, false] {
        let config = RealMasterConfig { nudges, ..RealMasterConfig::p2(MASTER) };
        let mut sim = house(config, &ids(2));
        let mut monitor = Monitor::default();
        secs(&mut sim, &mut monitor, 20);
        plug(&mut sim, 0);
        plug(&mut sim, 1);
        secs(&mut sim, &mut monitor, 60);
        let now = sim.now();
        sim.world_mut().charger_mut(1).unwrap().set_ui_cap(now, Some(CentiAmps::from_amps(7)));
        secs(&mut sim, &mut monitor, 1_800);
        let sent = commands(&monitor);
        assert_eq!((sent.contains_key(&6), sent.contains_key(&7)), (nudges, nudges), "{sent:?}");
        assert_eq!(limit(&sim, 0) > 1_600, nudges, "{} {}", limit(&sim, 0), limit(&sim, 1));
        assert!(limit(&sim, 0) + limit(&sim, 1) <= 3_200);
    }
}

#[test]
fn a_slave_with_the_masters_id_is_not_heartbeated_and_takes_another() {
    let mut sim = house(RealMasterConfig::p2(MASTER), &[ChargerConfig::p2(MASTER)]);
    let mut monitor = Monitor::default();
    secs(&mut sim, &mut monitor, 60);
    let to_itself = monitor.frames.iter().filter(|f| f.code() == [0xFB, 0xE0] && f.body[4..6] == [0x79, 0x73]);
    assert_eq!(to_itself.count(), 0);
    let slave = sim.world().charger(0).unwrap();
    assert!(slave.id() != MASTER && slave.is_linked(), "{}", slave.id());
}

#[test]
fn a_silent_slave_is_given_up_after_26_seconds_and_taken_back() {
    let mut sim = house(RealMasterConfig::p2(MASTER), &ids(1));
    let mut monitor = Monitor::default();
    secs(&mut sim, &mut monitor, 30);
    let now = sim.now();
    sim.world_mut().charger_mut(0).unwrap().power_off(now);
    secs(&mut sim, &mut monitor, 20);
    let master = |sim: &Sim<RealMaster>| sim.master().unwrap().node().slaves().count();
    assert_eq!(master(&sim), 1);
    secs(&mut sim, &mut monitor, 10);
    assert_eq!(master(&sim), 0);
    let now = sim.now();
    sim.world_mut().charger_mut(0).unwrap().power_on(now);
    secs(&mut sim, &mut monitor, 15);
    assert!(master(&sim) == 1 && sim.world().charger(0).unwrap().is_linked());
}

#[test]
fn a_fourth_slave_is_complained_about_in_the_lamps_and_locks_them_only_by_the_switch() {
    for may_lock_slaves in [false, true] {
        let config = RealMasterConfig { may_lock_slaves, ..RealMasterConfig::p2(MASTER) };
        let mut sim = house(config, &ids(4));
        let mut monitor = Monitor::default();
        let mut lamps = Vec::new();
        for _ in 0..90 {
            secs(&mut sim, &mut monitor, 1);
            lamps.push(sim.master().unwrap().node().led(sim.now()));
        }
        // Locked slaves say nothing more, and after 26 s the master forgets them.
        let shown = lamps.iter().filter(|led| **led == Led::Red(5)).count();
        assert!(shown > if may_lock_slaves { 20 } else { 60 }, "{shown}");
        assert_eq!(sim.world().chargers().any(Charger::is_locked), may_lock_slaves);
    }
}

#[test]
fn a_protocol_1_master_without_slaves_marks_idle_time_and_asks_nothing() {
    let mut sim = house(RealMasterConfig::p1(TwcId::new(0x035D)), &[]);
    let mut monitor = Monitor::default();
    secs(&mut sim, &mut monitor, 3 * 7_200);
    let idle: Vec<u64> = monitor.frames.iter().filter(|f| f.code() == [0xFC, 0x1D]).map(|f| f.millis).collect();
    assert!(idle.len() >= 6 && idle.len() % 3 == 0, "{idle:?}");
    assert!(monitor.frames.iter().all(|frame| matches!(frame.code(), [0xFC, 0xE1 | 0x1D] | [0xFB, 0xE2])));
}

#[test]
fn a_car_at_the_master_takes_from_what_the_slaves_get() {
    let mut sim = house(RealMasterConfig { nudges: false, ..RealMasterConfig::p2(MASTER) }, &ids(1));
    let mut monitor = Monitor::default();
    secs(&mut sim, &mut monitor, 20);
    sim.master_mut().unwrap().node_mut().set_own_car(Some(CentiAmps::from_amps(20)));
    plug(&mut sim, 0);
    secs(&mut sim, &mut monitor, 60);
    assert_eq!(limit(&sim, 0), 1_200);
    assert_eq!(sim.world().charger(0).unwrap().state(), SlaveState::CHARGING);
    let flagged = monitor.frames.iter().filter(|f| f.code() == [0xFB, 0xE0] && f.body[9] == 1);
    assert!(flagged.count() > 10);
}
