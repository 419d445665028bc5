//! The judge finds what was planted, and leaves alone what is right.

mod bench;

use bench::{A, B, Script, limit};
use core::time::Duration;
use twc_proto::message::MasterHeartbeat;
use twc_proto::{Command, Instant, Link};
use twc_sim::{
    Car, CarProfile, Charger, ChargerConfig, Checker, CheckerConfig, Rule, Sim, Verdict, World, WorldConfig,
};

const START: u64 = 5_000;
/// One heartbeat per second to each of the two, B half a second after A.
fn rounds(
    from: u64,
    to: u64,
    mut each: impl FnMut(u64) -> (MasterHeartbeat, MasterHeartbeat),
) -> Vec<(u64, MasterHeartbeat)> {
    let round = |n: u64| {
        let (a, b) = each(n);
        [(START + n * 1_000, a), (START + n * 1_000 + 500, b)]
    };
    (from..to).flat_map(round).collect()
}

fn both(command: Command, a: u16, b: u16) -> (MasterHeartbeat, MasterHeartbeat) {
    (limit(A, command, a), limit(B, command, b))
}

/// Both charge: A at 20 A, B at 10 A, 30 A allowed. Then the script goes on as given.
fn judge(config: CheckerConfig, script: Vec<(u64, MasterHeartbeat)>, unit: &ChargerConfig) -> Verdict {
    let mut world = World::new(WorldConfig::default());
    for (seed, id) in [(1, A), (2, B)] {
        let mut charger = Charger::new(ChargerConfig { id, ..unit.clone() }, seed, Instant::ZERO);
        charger.plug_in(Instant::ZERO, Car::new(CarProfile::i3(), 100_000)).unwrap();
        world.add_charger(charger);
    }
    world.attach_checker(Checker::new(config));
    let last = script.last().map_or(0, |(millis, _)| *millis);
    let mut sim = Sim::with_world(world, Link::new(Script::new(script)));
    sim.run_until(Instant::from_millis(last + 3_000), |_| {});
    sim.world().verdict().unwrap()
}

fn p2() -> ChargerConfig {
    ChargerConfig::p2(A)
}

fn thirty() -> CheckerConfig {
    CheckerConfig { may_withhold: false, ..CheckerConfig::new(7, 3_000) }
}

fn charging() -> Vec<(u64, MasterHeartbeat)> {
    rounds(0, 40, |_| both(Command::INITIAL_LIMIT, 20, 10))
}

fn rules(verdict: &Verdict) -> Vec<Rule> {
    verdict.violations.iter().map(|violation| violation.rule).collect()
}

#[test]
fn a_raise_after_two_confirmations_is_right() {
    let mut script = charging();
    script.extend(rounds(40, 50, |_| both(Command::LIMIT, 10, 10)));
    script.extend(rounds(50, 100, |_| both(Command::LIMIT, 10, 20)));
    let verdict = judge(thirty(), script, &p2());
    assert!(verdict.is_ok(), "{verdict}");
    assert_eq!(verdict.peaks().promised, 3_000);
    assert!(verdict.peaks().in_force == 3_000 && verdict.peaks().drawn > 2_600, "{verdict}");
    assert!(verdict.chargers.iter().all(|charger| charger.relay_closings == 1 && charger.watt_hours > 50));
}

#[test]
fn a_raise_in_the_same_round_is_named() {
    let mut script = charging();
    script.extend(rounds(40, 60, |_| both(Command::LIMIT, 10, 20)));
    let verdict = judge(thirty(), script, &p2());
    assert_eq!(rules(&verdict), [Rule::SentAndCommitted], "{verdict}");
    let violation = &verdict.violations[0];
    assert_eq!(violation.at, Instant::from_millis(START + 40_500));
    assert!(violation.text.contains("4000 promised, 3000 allowed"), "{}", violation.text);
    assert!(violation.to_string().contains("seed 7") && violation.last_events.len() > 10);
}

#[test]
fn one_confirmation_is_not_enough() {
    // The car needs three rounds to come down; the fourth answer is the first that confirms.
    for (raised_in, is_right) in [(43, false), (44, true)] {
        let mut script = charging();
        script.extend(rounds(40, raised_in, |_| both(Command::LIMIT, 10, 10)));
        script.extend(rounds(raised_in, 60, |_| both(Command::LIMIT, 10, 20)));
        let verdict = judge(thirty(), script, &p2());
        assert_eq!(verdict.is_ok(), is_right, "{verdict}");
    }
}

#[test]
fn a_lowering_that_p2_ignores_confirms_nothing() {
    let mut script = charging();
    script.extend(rounds(40, 60, |_| both(Command::INITIAL_LIMIT, 10, 10)));
    script.extend(rounds(60, 80, |_| both(Command::LIMIT, 20, 10)));
    assert!(judge(thirty(), script.clone(), &p2()).is_ok());
    script.extend(rounds(80, 90, |_| both(Command::INITIAL_LIMIT, 10, 20)));
    assert!(rules(&judge(thirty(), script, &p2())).contains(&Rule::SentAndCommitted));
}

#[test]
fn a_third_slave_counts_six_amps_from_its_first_heartbeat() {
    let mut script = charging();
    script.push((START + 40_000, MasterHeartbeat::no_change(bench::MASTER, twc_proto::TwcId::new(0x9999))));
    assert_eq!(rules(&judge(thirty(), script, &p2())), [Rule::SentAndCommitted]);
}

#[test]
fn a_silent_slave_is_free_after_t_off_and_not_before() {
    let silence = |until: u64| {
        let mut script = charging();
        script.extend((40..until).map(|n| (START + n * 1_000 + 500, limit(B, Command::LIMIT, 10))));
        script.extend((until..until + 20).map(|n| (START + n * 1_000 + 500, limit(B, Command::LIMIT, 30))));
        script
    };
    let config = CheckerConfig::new(7, 3_000);
    assert!(judge(config.clone(), silence(100), &p2()).is_ok());
    assert_eq!(rules(&judge(config.clone(), silence(90), &p2())), [Rule::SentAndCommitted]);
    // A unit that takes any traffic for its master's keeps its current.
    let unit = ChargerConfig { any_master_frame_refreshes: true, ..p2() };
    let found = rules(&judge(config, silence(100), &unit));
    assert_eq!(found, [Rule::SentAndCommitted, Rule::LimitsInForce, Rule::Physical]);
}

#[test]
fn a_gap_of_more_than_five_seconds_is_named_as_it_happens() {
    let mut script = charging();
    script.extend(rounds(47, 50, |_| both(Command::LIMIT, 20, 10)));
    let found = rules(&judge(thirty(), script.clone(), &p2()));
    assert_eq!(found, [Rule::HeartbeatGap; 2]);
    let patient = CheckerConfig::new(7, 3_000);
    assert_eq!(rules(&judge(patient, script, &p2())), [Rule::HeartbeatGap; 2]);
}

#[test]
fn an_offer_between_zero_and_six_amps_is_named() {
    let mut script = charging();
    script.extend(rounds(40, 42, |_| both(Command::LIMIT, 5, 10)));
    assert_eq!(rules(&judge(thirty(), script, &p2())), [Rule::BetweenZeroAndMinimum; 2]);
}

#[test]
fn a_limit_that_falls_allows_a_while_to_follow_and_no_raise() {
    let mut world = World::new(WorldConfig::default());
    world.add_charger(Charger::new(p2(), 1, Instant::ZERO));
    world.attach_checker(Checker::new(thirty()));
    let checker = world.checker_mut().unwrap();
    checker.set_limit(Instant::ZERO, 0, [2_000; 3], Duration::from_secs(10));
    let sent = |amps| twc_proto::Message::MasterHeartbeat(limit(A, Command::LIMIT, amps));
    checker.on_sent(0, Instant::from_secs(1), Instant::from_secs(1), &sent(25));
    assert!(!checker.is_ok());
}

#[test]
fn a_doubled_answer_confirms_nothing() {
    let unit = ChargerConfig { doubled_answers: twc_sim::Ratio::new(1, 1), ..p2() };
    let mut script = charging();
    script.extend(rounds(40, 60, |_| both(Command::LIMIT, 10, 10)));
    script.extend(rounds(60, 70, |_| both(Command::LIMIT, 10, 20)));
    assert_eq!(rules(&judge(thirty(), script, &unit)), [Rule::SentAndCommitted]);
}

#[test]
fn truth_is_excused_only_while_an_unrecognisable_frame_takes_effect() {
    for (tells, is_named) in [(false, true), (true, false)] {
        let mut world = World::new(WorldConfig::default());
        let mut charger = Charger::new(ChargerConfig { resume_with_held_limit: true, ..p2() }, 1, Instant::ZERO);
        charger.plug_in(Instant::ZERO, Car::new(CarProfile::i3(), 100_000)).unwrap();
        world.add_charger(charger);
        let mut sim = Sim::with_world(world, Link::new(Script::new([(3_000, limit(A, Command::LIMIT, 20))])));
        sim.run_until(Instant::from_secs(4), |_| {});
        let mut checker = Checker::new(CheckerConfig::new(1, 1_000));
        if tells {
            checker.on_undetected(0, Some(0), sim.now());
        }
        sim.world_mut().attach_checker(checker);
        sim.run_until(Instant::from_secs(20), |_| {});
        assert_eq!(!sim.world().checker().unwrap().is_ok(), is_named);
        sim.run_until(Instant::from_secs(26), |_| {});
        assert!(rules(&sim.world().verdict().unwrap()).contains(&Rule::LimitsInForce));
    }
}
