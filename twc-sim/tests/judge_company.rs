//! The judge where somebody is on the bus who should not be, and where a car takes more than it is offered: what nobody
//! promises then, and what holds all the same.

mod bench;

use core::time::Duration;

use bench::{A, B, Script, limit};
use twc_proto::{CentiAmps, Command, Instant, Link, TwcId};
use twc_sim::{
    Car, CarProfile, Charger, ChargerConfig, Checker, CheckerConfig, Rule, Sim, Verdict, World, WorldConfig,
};

const STRANGER: TwcId = TwcId::new(0xF00D);

fn world(ids: &[TwcId], car: &str, limit: u32) -> World {
    let mut world = World::new(WorldConfig::default());
    for (seed, id) in (1..).zip(ids) {
        let mut charger = Charger::new(ChargerConfig::p2(*id), seed, Instant::ZERO);
        let car = CarProfile::by_name(car).unwrap();
        charger.plug_in(Instant::ZERO, Car::new(car, 1_000_000)).unwrap();
        world.add_charger(charger);
    }
    world.attach_checker(Checker::new(CheckerConfig::new(1, limit)));
    world
}

/// So many amps for A and B in turn, a turn every 500 ms, from 1 s to the given second.
fn turns(amps: u16, until: u64) -> Link<Script> {
    let frames = (2..until * 2).zip([A, B].into_iter().cycle());
    Link::new(Script::new(frames.map(|(n, id)| (n * 500 + 300, limit(id, Command::LIMIT, amps)))))
}

fn rules(verdict: &Verdict) -> Vec<Rule> {
    let mut rules: Vec<Rule> = verdict.violations.iter().map(|violation| violation.rule).collect();
    rules.dedup();
    rules
}

/// A stranger tells everybody 30 A from 40 s to 50 s; our master talks until then, or goes on.
fn beside_a_stranger(until: u64) -> Verdict {
    let mut sim = Sim::with_world(world(&[A, B], "i3", 2_000), turns(10, until));
    sim.run_for(Duration::from_secs(40));
    let now = sim.now();
    sim.world_mut().foreign_master(0, now, STRANGER, Some(CentiAmps::from_amps(30)), Duration::from_secs(10));
    sim.run_for(Duration::from_secs(60));
    sim.verdict()
}

#[test]
fn who_hears_another_master_keeps_his_hands_off_and_answers_for_nothing_it_tells() {
    let verdict = beside_a_stranger(40);
    assert_eq!(rules(&verdict), [], "{verdict}");
    assert!(verdict.peaks().drawn_excused > 3_000, "{verdict}");
    assert!(rules(&beside_a_stranger(60)).contains(&Rule::HandsOff));
}

#[test]
fn what_a_stranger_told_is_excused_for_a_while_and_not_for_ever() {
    let mut sim = Sim::with_world(world(&[A, B], "i3", 2_000), turns(10, 40));
    sim.run_for(Duration::from_secs(40));
    for _ in 0..2 {
        let now = sim.now();
        sim.world_mut().foreign_master(0, now, STRANGER, Some(CentiAmps::from_amps(30)), Duration::from_secs(1));
        sim.run_for(Duration::from_secs(1));
    }
    // Our master comes back and tells more than there is.
    let frames = (0..400u64).zip([A, B].into_iter().cycle());
    let again = frames.map(|(n, id)| (80_300 + n * 500, limit(id, Command::LIMIT, 30)));
    sim.replace_master(Link::new(Script::new(again)));
    sim.run_until(Instant::from_secs(110), |_| {});
    assert!(!rules(&sim.verdict()).contains(&Rule::LimitsInForce), "{}", sim.verdict());
    sim.run_until(Instant::from_secs(180), |_| {});
    assert!(rules(&sim.verdict()).contains(&Rule::LimitsInForce), "{}", sim.verdict());
}

#[test]
fn a_second_unit_with_the_same_id_is_nobodys_promise() {
    let judge = |ids: [TwcId; 2]| {
        let mut sim = Sim::with_world(world(&ids, "i3", 1_500), turns(10, 60));
        sim.run_for(Duration::from_secs(50));
        sim.verdict()
    };
    // Both obey what is sent to A; what is sent is judged as ever.
    assert!(!rules(&judge([A, A])).contains(&Rule::LimitsInForce));
    assert!(rules(&judge([A, A])).contains(&Rule::SentAndCommitted));
    assert!(rules(&judge([A, B])).contains(&Rule::LimitsInForce));
}

#[test]
fn a_car_that_takes_too_much_must_be_contained_in_time() {
    let judge = |secs: u64, car: &str, amps: u16| {
        let frames = (0..secs).map(|n| (1_300 + n * 1_000, limit(A, Command::LIMIT, amps)));
        let mut sim = Sim::with_world(world(&[A], car, 1_000), Link::new(Script::new(frames)));
        sim.run_for(Duration::from_secs(secs));
        rules(&sim.verdict())
    };
    // 12 A at an offer of 10, for less than and more than the time there is.
    assert_eq!(judge(100, "overdraws", 10), []);
    assert_eq!(judge(200, "overdraws", 10), [Rule::Physical]);
    // A car that keeps to its offer excuses nobody.
    assert!(judge(100, "i3", 13).contains(&Rule::Physical));
}
