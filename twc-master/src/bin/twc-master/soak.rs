//! `twc-master soak`: worlds in which anything may happen, with this master in each.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, IsTerminal, Write};
use std::thread;
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use twc_sim::scenario::Outcome;
use twc_sim::soak;

use crate::exit::Failure;
use crate::guest::Hosted;

/// More broken worlds are listed and not told.
const MOST_TOLD: usize = 3;
/// More seeds of one broken rule are counted and not listed.
const MOST_LISTED: usize = 100;

/// Runs this master in worlds drawn from seeds, where anything may happen
///
/// Each world draws its units, limits, cable and link from its seed, and what happens in it: cars, reboots, units that
/// do not hear or do not answer, limits that fall, stalls, other masters, kills of this one. What is promised must be
/// kept throughout. Then everything is put right, and within 4 minutes every car must have its share again. Exit code
/// 1 when any of that is broken, with the seeds for each broken rule.
#[derive(Debug, Args)]
pub(crate) struct SoakArgs {
    /// How many worlds
    #[arg(long, value_name = "N", default_value_t = 100)]
    seeds: u64,
    /// The seed of the first world
    #[arg(long, value_name = "K", default_value_t = 0)]
    first_seed: u64,
    /// Hours of trouble in each world
    #[arg(long, value_name = "H", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=168))]
    hours: u64,
    /// Go on after a broken world
    #[arg(long)]
    keep_going: bool,
}

pub(crate) fn soak(args: &SoakArgs) -> Result<(), Failure> {
    let seeds = args.first_seed..args.first_seed.saturating_add(args.seeds);
    let trouble = Duration::from_secs(args.hours * 3_600);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let bar = bar(args.seeds);
    let (mut played, mut frames) = (0u64, 0u64);
    let mut broken: Vec<Outcome> = Vec::new();
    let done = |outcome: Outcome| {
        played += 1;
        frames += outcome.bus.transmissions;
        bar.inc(1);
        if !outcome.is_kept() {
            broken.push(outcome);
        }
        broken.is_empty() || args.keep_going
    };
    let again = |seed: u64| format!("twc-master simulate soak:{seed}:{}", args.hours);
    soak::many(seeds, trouble, threads, again, Hosted::new, done).map_err(Failure::failed)?;
    bar.finish_and_clear();
    // Broken rules first, then worlds that only did not recover.
    broken.sort_by_key(|outcome| (outcome.verdict.is_ok(), outcome.seed));
    // A reader that goes away early must not look like a failure.
    let mut out = io::stdout().lock();
    for outcome in broken.iter().take(MOST_TOLD) {
        let _ = writeln!(out, "{outcome}again: {}\n", again(outcome.seed));
    }
    for (rule, seeds) in classes(&broken) {
        let listed: Vec<String> = seeds.iter().take(MOST_LISTED).map(u64::to_string).collect();
        let _ = writeln!(out, "{rule}: {} worlds, seeds {}", seeds.len(), listed.join(" "));
    }
    let _ = writeln!(out, "{played} worlds of {} h, {frames} frames, {} broken", args.hours, broken.len());
    match broken.first() {
        None => Ok(()),
        Some(first) => Err(Failure::failed(format!("{} broken, the first is seed {}", broken.len(), first.seed))),
    }
}

/// The seeds for each rule that was broken; a world may have broken several.
fn classes(broken: &[Outcome]) -> BTreeMap<String, BTreeSet<u64>> {
    let mut classes: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
    for outcome in broken {
        let rules = outcome.verdict.violations.iter().map(|violation| violation.rule.to_string());
        let late = outcome.findings.iter().any(|finding| !finding.ok).then(|| "not well again in time".to_owned());
        for rule in rules.chain(late) {
            classes.entry(rule).or_default().insert(outcome.seed);
        }
    }
    classes
}

/// On a terminal only.
fn bar(worlds: u64) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(worlds);
    if let Ok(style) = ProgressStyle::with_template("[{bar:50}] {pos}/{len} worlds, {eta} to go") {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}
