//! Undamaged frames handed on whole have the same effect as byte by byte.

mod bench;
mod poller;

use core::time::Duration;

use bench::{A, B};
use poller::Poller;
use twc_proto::{Instant, Link, TwcId};
use twc_sim::{Car, CarProfile, Charger, ChargerConfig, Checker, CheckerConfig, FaultPreset, Rng, Sim, World};
use twc_sim::{Verdict, WorldConfig};

/// Everything that can differ: digest, counts, energy, heard answers, verdict.
type Story = (u64, twc_sim::world::BusStats, u64, usize, Verdict);

fn story(seed: u64, fault: FaultPreset, turn_millis: u64, byte_by_byte: bool) -> Story {
    let mut world = World::new(WorldConfig { seed, fault, ..WorldConfig::default() });
    world.attach_checker(Checker::new(CheckerConfig::new(seed, 3_000)));
    for (n, id) in (0..).zip([A, B, TwcId::new(0x3497)]) {
        let unit = ChargerConfig { listens_first: seed % 5 != 4 || n != 1, ..ChargerConfig::p2(id) };
        world.add_charger(Charger::new(unit, seed ^ n, Instant::ZERO));
    }
    let mut sim = Sim::with_world(world, Link::new(Poller::new(turn_millis)));
    if byte_by_byte {
        sim.byte_by_byte();
    }
    let mut rng = Rng::new(seed);
    for _ in 0..40 {
        something_happens(&mut sim, &mut rng);
        sim.run_for(Duration::from_millis(1 + rng.below(20_000)));
    }
    let energy = sim.world().chargers().map(Charger::delivered_millijoules).sum();
    let answers = sim.master().map_or(0, |link| link.node().answers.len());
    (sim.world().trace().digest(), sim.world().stats(), energy, answers, sim.verdict())
}

fn something_happens(sim: &mut Sim<Poller>, rng: &mut Rng) {
    let now = sim.now();
    let span = Duration::from_millis(rng.below(40_000));
    let which = rng.below(3) as usize;
    match rng.below(9) {
        0 => {
            let fault = FaultPreset::ALL[rng.below(4) as usize];
            sim.world_mut().set_fault(fault);
        }
        1 => {
            let master = sim.take_master();
            sim.run_for(span);
            sim.put_master_on(0, master);
        }
        2 => sim.world_mut().stall(now, span / 10),
        event => {
            let charger = sim.world_mut().charger_mut(which).unwrap();
            match event {
                3 => charger.reset(now),
                4 => charger.deafen(now, span),
                5 => charger.silence(now, span),
                6 => drop(charger.unplug(now)),
                _ => drop(charger.plug_in(now, Car::new(CarProfile::i3(), 10_000))),
            }
        }
    }
}

#[test]
fn the_same_seed_tells_the_same_story_both_ways() {
    for fault in FaultPreset::ALL {
        for seed in 0..12 {
            // A patient master, and one that talks into every answer.
            for turn_millis in [333, 190] {
                let [whole, bytes] = [false, true].map(|slow| story(seed, fault, turn_millis, slow));
                assert_eq!(whole, bytes, "seed {seed}, {fault}, a turn every {turn_millis} ms");
            }
        }
    }
}
