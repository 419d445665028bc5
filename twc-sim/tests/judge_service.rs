//! The judge on what a master owes beyond limits: each rule with a master that breaks it, and one that does not.

mod bench;

use core::time::Duration;

use bench::{A, B, MASTER, Script, limit};
use twc_proto::message::{Control, MasterHeartbeat};
use twc_proto::{Command, Instant, Link, LinkSettings, Message, TwcId};
use twc_sim::{
    Car, CarProfile, Charger, ChargerConfig, Checker, CheckerConfig, Circuit, Rule, Service, Sim, Verdict, World,
    WorldConfig,
};

const C: TwcId = TwcId::new(0x3497);

/// Units with hungry cars that resume whatever happens, and a judge who looks at everything.
fn world(ids: &[TwcId], limit: u32) -> World {
    world_on(WorldConfig::default(), ids, limit)
}

fn world_on(config: WorldConfig, ids: &[TwcId], limit: u32) -> World {
    let mut world = World::new(config);
    for (seed, id) in (1..).zip(ids) {
        let latency = Duration::from_millis(150);
        let unit = ChargerConfig {
            least_latency: latency,
            greatest_latency: latency,
            resume_with_held_limit: true,
            ..ChargerConfig::p2(*id)
        };
        let mut charger = Charger::new(unit, seed, Instant::ZERO);
        charger.plug_in(Instant::ZERO, Car::new(CarProfile::i3(), 1_000_000)).unwrap();
        world.add_charger(charger);
    }
    let config = CheckerConfig { service: Some(Service::default()), ..CheckerConfig::new(3, limit) };
    world.attach_checker(Checker::new(config));
    world
}

fn judge(world: World, master: Link<Script>, secs: u64) -> Verdict {
    let mut sim = Sim::with_world(world, master);
    sim.run_for(Duration::from_secs(secs));
    sim.verdict()
}

fn rules(verdict: &Verdict) -> Vec<Rule> {
    let mut rules: Vec<Rule> = verdict.violations.iter().map(|violation| violation.rule).collect();
    rules.dedup();
    rules
}

/// Everybody in turn, a turn every so many milliseconds.
fn turns(
    ids: &'static [TwcId],
    millis: u64,
    secs: u64,
    amps: u16,
) -> impl Iterator<Item = (u64, MasterHeartbeat)> {
    let count = secs * 1_000 / millis;
    (0..count).zip(ids.iter().cycle()).map(move |(n, id)| (1_000 + n * millis, limit(*id, Command::LIMIT, amps)))
}

fn steady(ids: &'static [TwcId], millis: u64, secs: u64) -> Link<Script> {
    Link::new(Script::new(turns(ids, millis, secs, 10)))
}

#[test]
fn three_slaves_get_a_heartbeat_every_two_seconds() {
    for (millis, expected) in [(600, vec![]), (700, vec![Rule::HeartbeatGap])] {
        let verdict = judge(world(&[A, B, C], 3_000), steady(&[A, B, C], millis, 60), 50);
        assert_eq!(rules(&verdict), expected, "{verdict}");
        assert!(verdict.chargers[0].longest_gap > Duration::from_millis(millis * 2));
    }
}

#[test]
fn one_slave_gets_a_heartbeat_every_1200_milliseconds() {
    for (millis, expected) in [(1_000, vec![]), (1_300, vec![Rule::HeartbeatGap])] {
        assert_eq!(rules(&judge(world(&[A], 3_000), steady(&[A], millis, 60), 50)), expected);
    }
}

#[test]
fn a_slave_that_announces_itself_is_linked_where_it_fits() {
    let only_a = || steady(&[A], 1_000, 60);
    let verdict = judge(world(&[A, B], 3_000), only_a(), 50);
    assert!(rules(&verdict).contains(&Rule::NotLinked), "{verdict}");
    assert!(verdict.violations[0].text.contains("3496"), "{verdict}");
    // Beside A's ten amperes the floor of B does not fit.
    assert_eq!(rules(&judge(world(&[A, B], 1_500), only_a(), 50)), []);
}

/// A is told 12 A until 20 s and 6 from then on, and stays mute for half a second every so many seconds until 60 s.
fn mute_now_and_then(config: WorldConfig, every: u64, secs: u64) -> Verdict {
    let mut sim = Sim::with_world(world_on(config, &[A, B], 1_700), {
        let amps = |second| if second < 20 { 12 } else { 6 };
        Link::new(Script::new((1..100).map(|second| (second * 1_000, limit(A, Command::LIMIT, amps(second))))))
    });
    for second in 1..secs {
        sim.run_until(Instant::from_secs(second), |_| {});
        if second % every == 0 && second < 60 {
            let now = sim.now();
            sim.world_mut().charger_mut(0).unwrap().silence(now, Duration::from_millis(500));
        }
    }
    sim.verdict()
}

#[test]
fn what_a_master_need_not_believe_to_be_free_is_no_room_for_a_first_heartbeat() {
    let delay = Duration::from_millis(50);
    let slow = || WorldConfig { delay_to_bus: delay, delay_from_bus: delay, ..WorldConfig::default() };
    for (config, every, secs, expected) in [
        // Answers that come in time free the amps.
        (WorldConfig::default(), 99, 50, vec![Rule::NotLinked]),
        // After one that did not come those of 2.5 s do not, and over a converter those of 9.5 s.
        (WorldConfig::default(), 3, 60, vec![]),
        (WorldConfig::default(), 8, 60, vec![Rule::NotLinked]),
        (slow(), 8, 60, vec![]),
        (slow(), 8, 99, vec![Rule::NotLinked]),
    ] {
        let verdict = mute_now_and_then(config, every, secs);
        assert_eq!(rules(&verdict), expected, "every {every} s, until {secs} s: {verdict}");
    }
}

#[test]
fn after_everything_was_put_right_everybody_must_be_linked() {
    let recovers = |ids: &'static [TwcId], until: u64| {
        let mut world = world(&[A], 3_000);
        world.demand_recovery();
        judge(world, steady(ids, 1_000, until), 80)
    };
    assert_eq!(rules(&recovers(&[A], 90)), []);
    assert!(rules(&recovers(&[B], 90)).contains(&Rule::NotRecovered));
}

#[test]
fn a_car_that_fits_does_not_starve() {
    let feed = |command, amps| {
        let frames = (0..400).map(move |n| (1_300 + n * 1_000, limit(A, command, amps)));
        judge(world(&[A], 3_000), Link::new(Script::new(frames)), 390)
    };
    assert_eq!(rules(&feed(Command::LIMIT, 10)), []);
    assert_eq!(rules(&feed(Command::NO_CHANGE, 0)), [Rule::Starvation]);
}

#[test]
fn who_cannot_be_heard_does_not_starve_for_that_time() {
    for (mute_at, expected) in [(20, vec![Rule::Starvation]), (120, vec![])] {
        let frames = (0..400).map(|n| (1_300 + n * 1_000, limit(A, Command::NO_CHANGE, 0)));
        let mut sim = Sim::with_world(world(&[A], 3_000), Link::new(Script::new(frames)));
        sim.run_for(Duration::from_secs(mute_at));
        let now = sim.now();
        sim.world_mut().charger_mut(0).unwrap().silence(now, Duration::from_secs(5));
        sim.run_until(Instant::from_secs(390), |_| {});
        assert_eq!(rules(&sim.verdict()), expected, "mute at {mute_at} s");
    }
}

#[test]
fn silences_are_counted_as_strikes_and_wear() {
    // Heartbeats for 30 s, then silence for 45 s, again and again.
    let pulses = |pulses: u64| {
        let pulse = |n: u64| (0..30).map(move |second| 1_300 + n * 75_000 + second * 1_000);
        let frames = (0..pulses).flat_map(pulse).map(|at| (at, limit(A, Command::LIMIT, 10)));
        judge(world(&[A], 3_000), Link::new(Script::new(frames)), pulses * 75)
    };
    let few = pulses(3);
    assert!(!rules(&few).contains(&Rule::Strikes), "{few}");
    assert_eq!((few.chargers[0].strikes.silence, few.chargers[0].strikes.all()), (3, 3));
    let many = pulses(9);
    assert!(rules(&many).contains(&Rule::Strikes) && rules(&many).contains(&Rule::RelayWear), "{many}");
}

#[test]
fn an_interruption_that_is_not_the_masters_doing_is_no_strike() {
    let mut sim = Sim::with_world(world(&[A], 3_000), steady(&[A], 1_000, 200));
    sim.run_for(Duration::from_secs(30));
    let now = sim.now();
    sim.world_mut().charger_mut(0).unwrap().reset(now);
    sim.run_for(Duration::from_secs(30));
    let now = sim.now();
    sim.world_mut().charger_mut(0).unwrap().deafen(now, Duration::from_secs(60));
    sim.run_for(Duration::from_secs(100));
    assert_eq!(sim.verdict().chargers[0].strikes.all(), 0);
    assert!(sim.verdict().chargers[0].relay_closings >= 3);
}

#[test]
fn a_stop_command_is_a_strike_of_its_own_kind() {
    let heartbeats = turns(&[A], 1_000, 100, 10).map(|(at, heartbeat)| (at, Message::MasterHeartbeat(heartbeat)));
    let stop = (40_800, Message::Stop(Control { master: MASTER, slave: A }));
    let mut frames: Vec<_> = heartbeats.chain([stop]).collect();
    frames.sort_by_key(|(at, _)| *at);
    let verdict = judge(world(&[A], 3_000), Link::new(Script::of(frames)), 60);
    assert_eq!((verdict.chargers[0].strikes.stop, verdict.chargers[0].strikes.all()), (1, 1), "{verdict}");
}

#[test]
fn who_begins_while_another_sends_is_named() {
    // The answer lasts from 168.75 to 188.5 ms after the heartbeat's beginning.
    for (quiet_gap, expected) in [(0, vec![Rule::TwoTalkers]), (15, vec![])] {
        let settings = LinkSettings { quiet_gap: Duration::from_millis(quiet_gap), ..LinkSettings::default() };
        let frames = [(1_300, limit(A, Command::LIMIT, 10)), (1_478, limit(A, Command::LIMIT, 10))];
        let master = Link::with_settings(Script::new(frames), settings);
        assert_eq!(rules(&judge(world(&[A], 3_000), master, 3)), expected);
    }
}

#[test]
fn through_a_converter_only_an_answer_that_is_awaited_may_not_be_talked_over() {
    let delay = Duration::from_millis(100);
    for (second, expected) in [(1_478, vec![Rule::TwoTalkers]), (1_800, vec![])] {
        let mut slow =
            World::new(WorldConfig { delay_to_bus: delay, delay_from_bus: delay, ..Default::default() });
        let latency = Duration::from_millis(150);
        let unit = ChargerConfig { least_latency: latency, greatest_latency: latency, ..ChargerConfig::p2(A) };
        slow.add_charger(Charger::new(unit, 1, Instant::ZERO));
        slow.attach_checker(Checker::new(CheckerConfig::new(1, 3_000)));
        let frames = [(7_300, limit(A, Command::LIMIT, 10)), (6_000 + second, limit(A, Command::LIMIT, 10))];
        assert_eq!(rules(&judge(slow, Link::new(Script::new(frames)), 9)), expected, "{second}");
    }
}

/// Ten amperes, and after a fall to eight at 40 s the given command at the given time.
fn falls(command: Command, at: u64) -> Verdict {
    let mut sim = Sim::with_world(world(&[A], 1_000), {
        let amps = move |millis| if millis >= at { (command, 8) } else { (Command::LIMIT, 10) };
        let frame = move |n: u64| {
            let (command, amps) = amps(1_300 + n * 500);
            (1_300 + n * 500, limit(A, command, amps))
        };
        Link::new(Script::new((0..140).map(frame)))
    });
    sim.run_for(Duration::from_secs(40));
    let now = sim.now();
    sim.world_mut().checker_mut().unwrap().set_limit(now, 0, [800; 3], Duration::from_secs(10));
    sim.run_for(Duration::from_secs(9));
    sim.verdict()
}

#[test]
fn a_limit_that_falls_is_on_the_wire_in_time() {
    assert_eq!(rules(&falls(Command::LIMIT, 41_200)), []);
    let late = falls(Command::LIMIT, 42_000);
    assert_eq!(rules(&late), [Rule::FallNotSent], "{late}");
    assert!(late.violations[0].text.contains("site: 1500 ms after the limit fell to 800"), "{late}");
}

#[test]
fn a_limit_that_falls_is_acknowledged_in_time() {
    // Protocol 2 ignores 05 while it charges.
    let ignored = falls(Command::INITIAL_LIMIT, 40_500);
    assert_eq!(rules(&ignored), [Rule::FallNotAcknowledged], "{ignored}");
}

#[test]
fn each_circuit_of_the_tree_is_judged_and_named() {
    let judge = |panel: u32| {
        let mut world = world(&[A, B, C], 0);
        let circuits = vec![
            Circuit::site(4_000),
            Circuit::below(0, "garage", panel, [0]),
            Circuit::below(1, "shed", 2_500, [1]),
        ];
        world.attach_checker(Checker::new(CheckerConfig { circuits, ..CheckerConfig::without_limits(1) }));
        judge(world, steady(&[A, B, C], 500, 60), 50)
    };
    let verdict = judge(2_000);
    assert_eq!(rules(&verdict), [], "{verdict}");
    assert_eq!(
        verdict.circuits.iter().map(|circuit| circuit.peaks.promised).collect::<Vec<_>>(),
        [3_000, 2_000, 1_000]
    );
    let verdict = judge(1_999);
    assert_eq!(rules(&verdict), [Rule::SentAndCommitted, Rule::LimitsInForce], "{verdict}");
    assert!(verdict.violations.iter().all(|violation| violation.text.starts_with("garage: ")), "{verdict}");
}

#[test]
fn each_phase_is_judged() {
    let judge = |limit| {
        let mut world = world(&[A, B], 0);
        let circuits = vec![Circuit { limit, ..Circuit::site(0) }];
        world.attach_checker(Checker::new(CheckerConfig { circuits, ..CheckerConfig::without_limits(1) }));
        judge(world, steady(&[A, B], 500, 60), 50)
    };
    assert_eq!(rules(&judge([2_000; 3])), []);
    let verdict = judge([2_000, 2_000, 1_900]);
    assert_eq!(rules(&verdict), [Rule::SentAndCommitted, Rule::LimitsInForce], "{verdict}");
    assert!(verdict.violations[0].text.contains("2000 promised, 2000/2000/1900 allowed"), "{verdict}");
}

#[test]
fn a_violation_says_how_to_see_it_again() {
    let mut world = world(&[A, B], 0);
    let config = CheckerConfig { replay: "sim --seed 3".to_owned(), ..CheckerConfig::new(3, 1_000) };
    world.attach_checker(Checker::new(config));
    let text = judge(world, steady(&[A, B], 500, 10), 9).to_string();
    assert!(text.contains("seed 3 at ") && text.contains("again: sim --seed 3") && text.contains("M>S"), "{text}");
}
