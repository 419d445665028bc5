//! A slave that had stopped may come back with what it held: all the judge knows to say about that.

mod bench;

use core::time::Duration;

use bench::{A, B, Script, limit};
use twc_proto::message::MasterHeartbeat;
use twc_proto::{CentiAmps, Command, Instant, Link, TwcId};
use twc_sim::{
    Car, CarProfile, Charger, ChargerConfig, Checker, CheckerConfig, Rule, Sim, Verdict, World, WorldConfig,
};

const DEADLINE: Duration = Duration::from_secs(10);

/// What A is told at 110 s, after it was told 20 A until 30 s and nothing since.
struct Return {
    configured: u32,
    /// From 60 s on.
    falls_to: u32,
    /// What B has from 100 s on, in amps, if it is there.
    beside: Option<u16>,
    /// How A is told its floor after the first time.
    again: Command,
}

fn told(times: impl Iterator<Item = u64>, id: TwcId, command: Command, amps: u16) -> Vec<(u64, MasterHeartbeat)> {
    times.map(|time| (time, limit(id, command, amps))).collect()
}

impl Return {
    fn judged(&self) -> Verdict {
        let mut world = World::new(WorldConfig::default());
        for (seed, id) in (1..).zip([A, B]) {
            let config = ChargerConfig { resume_with_held_limit: true, ..ChargerConfig::p2(id) };
            let mut charger = Charger::new(config, seed, Instant::ZERO);
            charger.plug_in(Instant::ZERO, Car::new(CarProfile::by_name("i3").unwrap(), 1_000_000)).unwrap();
            world.add_charger(charger);
        }
        world.attach_checker(Checker::new(CheckerConfig::new(1, self.configured)));
        let mut script = told((1..30).map(|second| second * 1_000), A, Command::LIMIT, 20);
        if let Some(amps) = self.beside {
            script.extend(told((100..150).map(|second| second * 1_000 + 500), B, Command::LIMIT, amps));
        }
        script.extend(told((110..111).map(|second| second * 1_000), A, Command::LIMIT, 6));
        script.extend(told((111..150).map(|second| second * 1_000), A, self.again, 6));
        script.sort_by_key(|(time, _)| *time);
        let mut sim = Sim::with_world(world, Link::new(Script::new(script)));
        sim.run_until(Instant::from_secs(60), |_| {});
        let now = sim.now();
        sim.world_mut().checker_mut().unwrap().set_limit(now, 0, [self.falls_to; 3], DEADLINE);
        sim.run_until(Instant::from_secs(150), |_| {});
        sim.verdict()
    }

    #[track_caller]
    fn breaks(&self, rule: Option<Rule>) {
        let verdict = self.judged();
        assert_eq!(verdict.violations.first().map(|violation| violation.rule), rule, "{verdict}");
    }
}

const ALONE: Return = Return { configured: 4_000, falls_to: 1_200, beside: None, again: Command::LIMIT };

#[test]
fn on_a_limit_that_has_fallen_what_a_slave_brings_back_is_a_fall() {
    ALONE.breaks(None);
}

#[test]
fn all_that_is_told_fits_the_fallen_limit_at_once() {
    Return { beside: Some(6), ..ALONE }.breaks(None);
    Return { beside: Some(7), ..ALONE }.breaks(Some(Rule::SentAndCommitted));
}

#[test]
fn what_a_slave_brings_back_has_to_fit_the_configured_limit_whatever_that_has_fallen_to() {
    Return { configured: 2_600, falls_to: 2_000, beside: Some(6), ..ALONE }.breaks(None);
    Return { configured: 2_500, falls_to: 2_000, beside: Some(6), ..ALONE }.breaks(Some(Rule::SentAndCommitted));
}

#[test]
fn who_answers_and_does_not_report_what_it_was_told_has_not_followed() {
    // The first frame after a cut is not obeyed, and 00 changes nothing.
    Return { again: Command::NO_CHANGE, ..ALONE }.breaks(Some(Rule::FallNotAcknowledged));
}

#[test]
fn what_another_master_told_a_unit_may_come_back_once_more_and_not_for_longer() {
    for (command, holds) in [(Command::LIMIT, true), (Command::NO_CHANGE, false)] {
        let mut world = World::new(WorldConfig::default());
        let config = ChargerConfig { resume_with_held_limit: true, ..ChargerConfig::p2(A) };
        let mut charger = Charger::new(config, 1, Instant::ZERO);
        charger.plug_in(Instant::ZERO, Car::new(CarProfile::by_name("i3").unwrap(), 1_000_000)).unwrap();
        world.add_charger(charger);
        world.attach_checker(Checker::new(CheckerConfig::new(1, 2_000)));
        let mut script = told((1..20).map(|second| second * 1_000), A, Command::LIMIT, 10);
        script.extend(told((240..241).map(|second| second * 1_000), A, Command::LIMIT, 10));
        script.extend(told((241..300).map(|second| second * 1_000), A, command, 10));
        let mut sim = Sim::with_world(world, Link::new(Script::new(script)));
        sim.run_until(Instant::from_secs(20), |_| {});
        let (now, amps) = (sim.now(), CentiAmps::from_amps(30));
        sim.world_mut().foreign_master(0, now, TwcId::new(0xF00D), Some(amps), DEADLINE);
        sim.run_until(Instant::from_secs(300), |_| {});
        let verdict = sim.verdict();
        assert_eq!(verdict.is_ok(), holds, "{command:?}: {verdict}");
    }
}
