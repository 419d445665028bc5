//! A real master that is alone, and one that a slave joins (captures `master_power_on`, `master_and_slave`).

mod fidelity;

use fidelity::{Frame, Monitor, assert_alike, gaps, run, timed};
use twc_proto::{Instant, Link, Sign, TwcId};
use twc_sim::{Charger, ChargerConfig, RealMaster, RealMasterConfig, Sim, World, WorldConfig};

const MASTER: TwcId = TwcId::new(0x7973);
const SLAVE: TwcId = TwcId::new(0x3495);

fn master(seed: u64) -> Link<RealMaster> {
    let config = RealMasterConfig { sign: Some(Sign::new(0x76)), ..RealMasterConfig::p2(MASTER) };
    Link::new(RealMaster::new(config, seed, Instant::ZERO))
}

fn slave(now: Instant) -> Charger {
    let config =
        ChargerConfig { first_sign: Some(Sign::new(0x81)), volts: [247, 0, 0], ..ChargerConfig::p2(SLAVE) };
    Charger::new(config, 1, now)
}

#[test]
fn a_master_alone_says_what_the_captured_one_said_and_when() {
    let captured = timed("master_power_on.txt");
    let mut sim = Sim::with_world(World::new(WorldConfig::default()), master(1));
    let mut monitor = Monitor::default();
    run(&mut sim, &mut monitor, Instant::from_secs(80));
    let simulated = &monitor.frames[..captured.len()];
    for (captured, simulated) in captured.iter().zip(simulated) {
        assert_eq!(captured.without_volts(), simulated.without_volts(), "{}", captured.hex());
    }
    // Twice the resolution for one gap; once for the sum of all.
    for (index, (captured, simulated)) in gaps(&captured).into_iter().zip(gaps(simulated)).enumerate() {
        assert!(captured.abs_diff(simulated) <= 100, "gap {index}: captured {captured}, simulated {simulated}");
    }
    let span = |frames: &[Frame]| frames.last().unwrap().millis - frames[0].millis;
    assert!(span(&captured).abs_diff(span(simulated)) <= 100, "{} {}", span(&captured), span(simulated));
}

/// The simulated pair from twelve frames before the slave's linkready on.
fn pair(seed: u64, secs: u64) -> Vec<Frame> {
    let mut sim = Sim::with_world(World::new(WorldConfig::default()), master(seed));
    let mut monitor = Monitor::default();
    run(&mut sim, &mut monitor, Instant::from_millis(32_200));
    let now = sim.now();
    sim.world_mut().add_charger(slave(now));
    run(&mut sim, &mut monitor, Instant::from_secs(32 + secs));
    let joined = monitor.frames.iter().position(|frame| frame.code() == [0xFD, 0xE2]).unwrap();
    monitor.frames.split_off(joined - 12)
}

#[test]
fn a_slave_that_joins_is_linked_and_asked_frame_by_frame_as_captured() {
    let captured = timed("master_and_slave.txt");
    assert_eq!(captured.len(), 62);
    for seed in 0..5 {
        let simulated = pair(seed, 20);
        for (index, (captured, simulated)) in captured.iter().zip(&simulated).enumerate() {
            let is_masters = captured.sender() == MASTER.value();
            if is_masters {
                assert_eq!(captured.without_volts(), simulated.without_volts(), "frame {index}");
            } else {
                assert_eq!(captured.hex(), simulated.hex(), "frame {index}");
            }
        }
    }
}

/// What kind of frame, for the gaps between two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Own,
    LinkReady,
    Heartbeat,
    Answer,
    Query,
    Report,
}

fn kind(frame: &Frame) -> Kind {
    match frame.code() {
        [0xFD, 0xE2] => Kind::LinkReady,
        [0xFB, 0xE0] => Kind::Heartbeat,
        [0xFD, 0xE0] => Kind::Answer,
        [0xFB, _] => Kind::Query,
        _ if frame.sender() == MASTER.value() => Kind::Own,
        _ => Kind::Report,
    }
}

fn gaps_between(frames: &[Frame], from: Kind, to: Kind) -> Vec<u64> {
    let pairs = frames.windows(2).filter(|pair| (kind(&pair[0]), kind(&pair[1])) == (from, to));
    pairs.map(|pair| pair[1].millis - pair[0].millis).collect()
}

#[test]
fn cadence_and_latencies_are_those_of_the_captured_pair() {
    let captured = timed("master_and_slave.txt");
    let simulated: Vec<Vec<Frame>> = (0..5).map(|seed| pair(seed, 120)).collect();
    for (from, to) in [
        (Kind::Own, Kind::Own),
        (Kind::LinkReady, Kind::Heartbeat),
        (Kind::Heartbeat, Kind::Answer),
        (Kind::Answer, Kind::Heartbeat),
        (Kind::Answer, Kind::Own),
        (Kind::Own, Kind::Query),
        (Kind::Query, Kind::Report),
        (Kind::Report, Kind::Heartbeat),
    ] {
        let simulated: Vec<u64> = simulated.iter().flat_map(|frames| gaps_between(frames, from, to)).collect();
        assert_alike(&format!("{from:?} to {to:?}"), &gaps_between(&captured, from, to), &simulated);
    }
}

#[test]
fn a_whole_walk_takes_as_long_as_the_captured_one() {
    let own_meters = |frames: &[Frame]| -> Vec<u64> {
        let linked = frames.iter().position(|frame| frame.code() == [0xFD, 0xE2]).unwrap();
        let meters = frames[linked..].iter().filter(|f| f.code() == [0xFD, 0xEB] && kind(f) == Kind::Own);
        meters.map(|frame| frame.millis).collect()
    };
    let captured = own_meters(&timed("master_and_slave.txt"));
    let captured = captured[1] - captured[0];
    let simulated = own_meters(&pair(3, 120));
    for walk in simulated.windows(2) {
        // 11.7 s, within a twentieth.
        assert!((walk[1] - walk[0]).abs_diff(captured) <= captured / 20, "{captured} {simulated:?}");
    }
}
