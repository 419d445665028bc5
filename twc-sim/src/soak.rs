//! Worlds in which anything may happen, drawn from seeds, for any master.
//!
//! [`scenario()`] draws units, limit, cable, link and a story from a seed. While the story lasts, the limit must be
//! kept whatever happens. Then everything is put right, and by a deadline every unit must be linked and every car
//! must have its share again. [`run`] plays one such world, [`many`] plays them on several threads.

mod story;

use core::time::Duration;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;

use twc_proto::{CentiAmps, TwcId};

use self::story::Story;
use crate::charger::ChargerConfig;
use crate::fault::{FaultPreset, FaultRates};
use crate::guest::Guest;
use crate::rng::{Ratio, Rng};
use crate::scenario;
use crate::scenario::{Expectations, Limit, MasterSpec, Outcome, Scenario};

/// How long after everything was put right all must be well again. A reservation lasts for 60 s and there may be
/// a start after it; the rest is exchanges.
const RECOVERY: Duration = Duration::from_secs(240);
const FIRST_ID: u16 = 0x3495;

/// The world of a seed. The trouble in it lasts for `trouble`.
pub fn scenario(seed: u64, trouble: Duration) -> Scenario {
    let mut rng = Rng::new(seed);
    let slaves = 1 + rng.below(3) as u16;
    let amps = [20, 25, 32, 40, 63][rng.below(5) as usize];
    let any_master_frame_refreshes = rng.below(4) == 0;
    let chargers: Vec<ChargerConfig> =
        (0..slaves).map(|number| unit(&mut rng, FIRST_ID + number, any_master_frame_refreshes)).collect();
    let fault = line(&mut rng);
    let delay = if rng.below(3) == 0 { Duration::from_millis(20 + rng.below(130)) } else { Duration::ZERO };
    let echo = rng.below(3) == 0;
    let expected = if rng.below(2) == 0 { slaves } else { 0 };
    let share = CentiAmps::from_amps((amps / slaves).min(32) - 1);
    Scenario {
        name: format!("soak-{seed}"),
        about: "Anything may happen; then all must be well again.".to_owned(),
        pains: Vec::new(),
        setups: Vec::new(),
        needs: None,
        seed,
        duration: trouble + RECOVERY,
        limit: Limit { amps: CentiAmps::from_amps(amps), phases: None },
        nodes: Vec::new(),
        house: None,
        fault,
        echo,
        delay,
        timeline: Story::new(rng, &chargers, !delay.is_zero()).tell(trouble),
        chargers,
        shares: Vec::new(),
        others: Vec::new(),
        // A unit may take a damaged limit whose sum fits and be mute at the time. Nobody sees it then; only silence
        // stops it: 20 s until a master gives up, up to 90 s of muteness, 60 s until it must have stopped.
        excuse: Some(Duration::from_secs(170)),
        expect: Expectations::all_well_at(trouble + RECOVERY, share),
        master: settings(expected),
    }
}

fn settings(expected: u16) -> toml::Table {
    let mut table = toml::Table::new();
    table.insert("expect_slaves".to_owned(), i64::from(expected).into());
    table.insert("circuit_limit".to_owned(), "32A".into());
    table
}

fn unit(rng: &mut Rng, id: u16, any_master_frame_refreshes: bool) -> ChargerConfig {
    let id = TwcId::new(id);
    let config = if rng.below(4) == 0 { ChargerConfig::p1(id) } else { ChargerConfig::p2(id) };
    // Owners report 10 to 30 s; what is promised holds for anything under T_off.
    let slow_to_stop = rng.below(4) == 0;
    ChargerConfig {
        any_master_frame_refreshes,
        // Readings seen in the field lie up to 0.4 A too low and 0.7 A too high.
        meter_error: rng.below(111) as i16 - 40,
        resume_with_held_limit: rng.below(4) == 0,
        cut_after: if slow_to_stop { Duration::from_secs(30 + rng.below(25)) } else { config.cut_after },
        ..config
    }
}

/// One of the presets, in a quarter of cases with answers that come late or twice as well.
fn line(rng: &mut Rng) -> FaultRates {
    let rates = FaultPreset::ALL[rng.below(4) as usize].rates();
    if rng.below(4) > 0 {
        return rates;
    }
    FaultRates { late: Ratio::new(1, 30), doubled: Ratio::new(1, 30), ..rates }
}

/// Plays the world of one seed.
///
/// # Errors
/// When `make` cannot make a master.
pub fn run<N: Guest, E>(
    seed: u64,
    trouble: Duration,
    make: impl FnMut(&MasterSpec<'_>, Option<N::Saved>) -> Result<N, E>,
) -> Result<Outcome, E> {
    scenario::run(&scenario(seed, trouble), seed, make)
}

/// Plays the worlds of all `seeds` on so many threads. `done` gets each outcome as it comes, in no particular
/// order, and says whether to go on; what is under way then is still finished and told.
///
/// # Errors
/// When `make` could not make a master.
pub fn many<N: Guest, E: Send>(
    seeds: Range<u64>,
    trouble: Duration,
    threads: usize,
    make: impl Fn(&MasterSpec<'_>, Option<N::Saved>) -> Result<N, E> + Sync,
    mut done: impl FnMut(Outcome) -> bool,
) -> Result<(), E> {
    let next = AtomicU64::new(seeds.start);
    let goes_on = AtomicBool::new(true);
    let (results, outcomes) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            let results = results.clone();
            scope.spawn(|| {
                let results = results;
                while goes_on.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end || results.send(run(seed, trouble, &make)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(results);
        for outcome in outcomes {
            if !done(outcome?) {
                goes_on.store(false, Ordering::Relaxed);
            }
        }
        Ok(())
    })
}
