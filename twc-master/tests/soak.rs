//! Anything may happen to chargers, cars, bus and master, in any order: the limit is kept.

mod common;

use core::time::Duration;

use common::{Bench, IDS, config};
use twc_master::share::Equal;
use twc_master::{Config, Master, Timing};
use twc_proto::Link;
use twc_sim::{Car, CarProfile, ChargerConfig, CheckerConfig, FaultPreset, Rng, WorldConfig};

/// How many worlds; `SOAK_SEEDS` sets another number.
fn seeds() -> u64 {
    std::env::var("SOAK_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(40)
}

fn world(rng: &mut Rng, seed: u64) -> (Config, Bench) {
    let slaves = 1 + rng.below(3) as usize;
    let limit = [20, 25, 32, 40, 63][rng.below(5) as usize];
    let refreshes = rng.below(4) == 0;
    let units = IDS.into_iter().take(slaves).map(|id| {
        let unit = if rng.below(4) == 0 { ChargerConfig::p1(id) } else { ChargerConfig::p2(id) };
        ChargerConfig { any_master_frame_refreshes: refreshes, ..unit }
    });
    let units = units.collect();
    let preset = FaultPreset::ALL[rng.below(4) as usize];
    let slow = rng.below(3) == 0;
    let delay = Duration::from_millis(if slow { 20 + rng.below(130) } else { 0 });
    let mut config = config(limit, if rng.below(2) == 0 { slaves } else { 0 });
    if slow {
        config.timing = Timing::TCP;
    }
    let bus =
        WorldConfig { seed, fault: preset, echo: rng.below(3) == 0, delay_to_bus: delay, delay_from_bus: delay };
    // A unit may take a damaged limit whose sum fits and be mute at the time. Nobody sees it then; our silence
    // stops it: 20 s until we give up, up to 90 s of muteness, 60 s until it must have stopped.
    let excuse = Duration::from_secs(170);
    let checker = CheckerConfig { excuse, ..CheckerConfig::new(seed, u32::from(config.limit.value())) };
    (config, Bench::with_checker(config, units, bus, checker))
}

fn something_happens(rng: &mut Rng, bench: &mut Bench, config: Config) {
    let now = bench.sim.now();
    let span = Duration::from_secs(rng.below(90));
    let slaves = bench.sim.world().chargers().count() as u64;
    let which = rng.below(slaves) as usize;
    let profile = [CarProfile::tesla(), CarProfile::i3(), CarProfile::zoe()][rng.below(3) as usize].clone();
    let wanted = 500 + rng.below(10_000) as u32;
    let event = rng.below(12);
    if event == 11 {
        let preset = FaultPreset::ALL[rng.below(4) as usize];
        bench.sim.world_mut().set_fault(preset);
        return;
    }
    if event == 10 {
        // kill -9, and a start with what the state file holds.
        let snapshot = bench.sim.take_master().map(|link| link.node().snapshot());
        bench.run_for(rng.below(20));
        let mut master = Master::new(config, Equal, bench.sim.now()).unwrap();
        master.restore(snapshot.into_iter().flat_map(|snapshot| snapshot.slaves).flatten());
        bench.sim.replace_master(Link::new(master));
        return;
    }
    let charger = bench.sim.world_mut().charger_mut(which).unwrap();
    match event {
        0..=3 if charger.car().is_none() => charger.plug_in(now, Car::new(profile, wanted)).unwrap(),
        0..=4 => drop(charger.unplug(now)),
        5 => charger.silence(now, span),
        6 => charger.deafen(now, span),
        7 => charger.reset(now),
        8 if charger.is_powered() => charger.power_off(now),
        8 => charger.power_on(now),
        _ if charger.is_powered() => charger.pause_car(now),
        _ => charger.power_on(now),
    }
}

#[test]
fn whatever_happens_the_limit_is_kept() {
    for seed in 0..seeds() {
        let mut rng = Rng::new(seed);
        let (config, mut bench) = world(&mut rng, seed);
        for _ in 0..120 {
            bench.run_for(rng.below(60));
            something_happens(&mut rng, &mut bench, config);
        }
        let verdict = bench.sim.world().verdict().unwrap();
        let told: Vec<String> = bench.events.iter().map(|(at, event)| format!("{at} {event}")).collect();
        assert!(verdict.is_ok(), "seed {seed}: {verdict}\n{}", told.join("\n"));
    }
}
