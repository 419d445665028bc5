//! What the demo shows: a live table on a terminal, a line per simulated hour elsewhere, and the result.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};

use indicatif::{ProgressBar, ProgressStyle};
use twc_master::share::Share;
use twc_master::{Event, Master};
use twc_proto::{CentiAmps, Instant};
use twc_sim::{Charger, Sim, Verdict, World};

use super::guests::{Guests, Visit};

/// More are counted and not shown.
const MOST_ALARMS: usize = 10;

/// Where the demo's output goes.
#[derive(Debug)]
pub(crate) struct View {
    /// Only on a terminal.
    bar: Option<ProgressBar>,
    /// The next hour to print a line for.
    hour: u64,
}

impl View {
    pub(crate) fn new(hours: u64) -> Self {
        let terminal = io::stdout().is_terminal() && io::stderr().is_terminal();
        Self { bar: terminal.then(|| bar(hours)), hour: 0 }
    }

    pub(crate) fn begin(&self, seed: u64, limit: CentiAmps) {
        print(&format!("three wall connectors share {limit}; seed {seed}, everything simulated"));
        if self.bar.is_none() {
            print(
                "  time   3495                      3496                      3497                      promised  drawn",
            );
        }
    }

    pub(crate) fn show<S: Share>(&mut self, sim: &Sim<Master<S>>) {
        let now = sim.now();
        if let Some(bar) = &self.bar {
            bar.set_position(now.as_millis() / 60_000);
            bar.set_message(table(sim.world(), now));
        } else if now >= Instant::from_secs(self.hour * 3_600) {
            self.hour = now.as_millis() / 3_600_000 + 1;
            print(&line(sim.world(), now));
        }
    }

    pub(crate) fn end<S: Share>(
        &self,
        sim: &Sim<Master<S>>,
        guests: &Guests,
        verdict: &Verdict,
        alarms: &[(Instant, Event)],
    ) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        print("\ncars");
        for visit in guests.visits() {
            print(&visit_line(visit, sim.world()));
        }
        if !alarms.is_empty() {
            print("\nalarms");
        }
        for (at, event) in alarms.iter().take(MOST_ALARMS) {
            print(&format!("  {} {event}", clock(*at)));
        }
        print(&summary(sim, verdict, alarms.len()));
    }
}

fn bar(hours: u64) -> ProgressBar {
    let bar = ProgressBar::new(hours * 60);
    if let Ok(style) = ProgressStyle::with_template("{msg}\n[{bar:60}] {percent}%") {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}

/// A reader that goes away early must not look like a failure.
fn print(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

fn clock(now: Instant) -> String {
    let minutes = now.as_millis() / 60_000;
    format!("{:>3}:{:02}", minutes / 60, minutes % 60)
}

fn doing(charger: &Charger) -> String {
    let state = charger.state().name().unwrap_or("?");
    if charger.car().is_none() {
        return format!("{:<26}", "no car");
    }
    format!("{state:<13} {:>5}/{:>5} ", short(charger.true_current()), short(charger.limit()))
}

/// Amperes with one decimal.
fn short(amps: CentiAmps) -> String {
    format!("{}.{}", amps.value() / 100, amps.value() % 100 / 10)
}

fn sums(world: &World) -> (u32, u32) {
    let promised = world.checker().map_or(0, twc_sim::Checker::promised);
    (promised, world.chargers().map(|charger| u32::from(charger.true_current().value())).sum())
}

fn line(world: &World, now: Instant) -> String {
    let (promised, drawn) = sums(world);
    let cells: String = world.chargers().map(doing).collect();
    format!("{} {cells}{:>7} A {:>6} A", clock(now), decimal(promised), decimal(drawn))
}

fn table(world: &World, now: Instant) -> String {
    let (promised, drawn) = sums(world);
    let mut text = format!("{} simulated\n", clock(now));
    for charger in world.chargers() {
        let _ = writeln!(text, "  {}  {}", charger.id(), doing(charger));
    }
    let _ = write!(text, "  promised {} A, drawn {} A", decimal(promised), decimal(drawn));
    text
}

fn decimal(centi: u32) -> String {
    format!("{}.{:02}", centi / 100, centi % 100)
}

fn visit_line(visit: &Visit, world: &World) -> String {
    let connector = world.charger(visit.connector).map(|charger| charger.id().to_string()).unwrap_or_default();
    let kwh = |watt_hours: u64| format!("{}.{}", watt_hours / 1_000, watt_hours % 1_000 / 100);
    format!(
        "  {} to {}  {:<6} at {connector}: {:>5} of {:>5} kWh",
        clock(visit.arrived),
        clock(visit.left),
        visit.car,
        kwh(visit.taken_watt_hours),
        kwh(u64::from(visit.wanted_watt_hours)),
    )
}

fn summary<S: Share>(sim: &Sim<Master<S>>, verdict: &Verdict, alarms: usize) -> String {
    let bus = sim.world().stats();
    let closings: Vec<String> =
        verdict.chargers.iter().map(|charger| format!("{} {}", charger.id, charger.relay_closings)).collect();
    let energy: u64 = verdict.chargers.iter().map(|charger| charger.watt_hours).sum();
    let peaks = verdict.peaks();
    format!(
        "\nlimit             {:>6} A\n\
         highest promised  {:>6} A\n\
         highest drawn     {:>6} A\n\
         energy            {:>6} kWh\n\
         relay closings    {}\n\
         bus               {} frames, {} damaged, {} collided, {} damaged past recognition\n\
         alarms            {alarms}\n\
         verdict           {}",
        decimal(verdict.limit()),
        decimal(peaks.promised),
        decimal(peaks.drawn),
        format!("{}.{}", energy / 1_000, energy % 1_000 / 100),
        closings.join(", "),
        bus.transmissions,
        bus.damaged,
        bus.collided,
        verdict.undetected,
        if verdict.is_ok() { "kept: no excess at any instant" } else { "EXCESS OR BROKEN RULE" },
    )
}
