//! Worlds in which anything may happen, drawn from seeds, for any master.
//!
//! [`scenario()`] draws units, limits, cable, link and a story from a seed, and which kinds of trouble this world knows
//! at all: a world with everything hides what one with two kinds shows. While the story lasts, what is promised must be
//! kept whatever happens. Then everything is put right, and by their deadlines every unit must be linked and every car
//! must have its share again. [`run`] plays one such world, [`many`] plays them on several threads.

mod site;
mod story;
mod swarm;

use core::time::Duration;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;

use self::site::Site;
use self::story::Story;
use crate::checker::Service;
use crate::guest::Guest;
use crate::rng::Rng;
use crate::scenario;
use crate::scenario::{Demands, MasterSpec, Options, Outcome, Scenario};

/// How long after everything was put right all must be well again. A reservation lasts for 60 s and there may be
/// a start after it; the rest is exchanges.
const RECOVERY: Duration = Duration::from_secs(240);
/// A unit may take a damaged limit whose sum fits and be mute at the time. Nobody sees it then; only silence stops it:
/// 20 s until a master gives up, up to 90 s of muteness, 60 s until it must have stopped.
const EXCUSE: Duration = Duration::from_secs(170);

/// One exchange on a direct line.
const EXCHANGE: Duration = Duration::from_millis(420);

/// The world of a seed. The trouble in it lasts for `trouble`.
pub fn scenario(seed: u64, trouble: Duration) -> Scenario {
    let mut rng = Rng::new(seed);
    let site = Site::draw(&mut rng);
    Scenario {
        name: format!("soak-{seed}"),
        about: "Anything may happen; then all must be well again.".to_owned(),
        pains: Vec::new(),
        setups: Vec::new(),
        needs: None,
        seed,
        duration: trouble + RECOVERY,
        limit: site.limit,
        nodes: site.nodes.clone(),
        shares: Vec::new(),
        others: Vec::new(),
        house: None,
        fault: site.line,
        echo: site.echo,
        delay: site.delay,
        timeline: Story::new(rng, &site).tell(trouble),
        demands: Demands { excuse: Some(EXCUSE), service: Some(service()) },
        expect: site.well_at(trouble + RECOVERY),
        master: settings(site.expected),
        chargers: site.chargers,
    }
}

/// A slave that has to come down is told first, which costs the one whose turn it was an exchange.
fn service() -> Service {
    let usual = Service::default();
    Service { gaps: usual.gaps.map(|gap| gap + EXCHANGE), ..usual }
}

fn settings(expected: u16) -> toml::Table {
    let mut table = toml::Table::new();
    table.insert("expect_slaves".to_owned(), i64::from(expected).into());
    table.insert("circuit_limit".to_owned(), "32A".into());
    table
}

/// Plays the world of one seed. `replay` shows it again; it goes with every violation.
///
/// # Errors
/// When `make` cannot make a master.
pub fn run<N: Guest, E>(
    seed: u64,
    trouble: Duration,
    replay: String,
    make: impl FnMut(&MasterSpec<'_>, Option<N::Saved>) -> Result<N, E>,
) -> Result<Outcome, E> {
    let options = Options { seed: Some(seed), replay, ..Options::default() };
    scenario::run_with(&scenario(seed, trouble), options, make)
}

/// Plays the worlds of all `seeds` on so many threads; `replay` is the command that shows one again. `done` gets each
/// outcome as it comes, in no particular order, and says whether to go on; what is under way then is still finished
/// and told.
///
/// # Errors
/// When `make` could not make a master.
pub fn many<N: Guest, E: Send>(
    seeds: Range<u64>,
    trouble: Duration,
    threads: usize,
    replay: impl Fn(u64) -> String + Sync,
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
                    if seed >= seeds.end || results.send(run(seed, trouble, replay(seed), &make)).is_err() {
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
