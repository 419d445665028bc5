//! What the demo shows: a live table on a terminal, a line per simulated hour elsewhere, and the result.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};

use indicatif::{ProgressBar, ProgressStyle};
use twc_master::Event;
use twc_proto::{CentiAmps, Instant};
use twc_sim::{Charger, House, Sim, Verdict, World};

use super::guests::{Guests, Visit};
use super::house::FUSE;
use crate::guest::Hosted;

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

    pub(crate) fn begin(&self, seed: u64) {
        print(&format!(
            "three wall connectors share 40 A behind a main fuse of 3x50 A: on the sun by day, on all there is from 21:00 \
             to 07:00; seed {seed}, everything simulated"
        ));
        if self.bar.is_none() {
            print(
                "  time   3495                      3496                      3497                      promised    drawn      sun     grid",
            );
        }
    }

    pub(crate) fn show(&mut self, sim: &Sim<Hosted>) {
        let now = sim.now();
        if let Some(bar) = &self.bar {
            bar.set_position(now.as_millis() / 60_000);
            bar.set_message(table(sim));
        } else if now >= Instant::from_secs(self.hour * 3_600) {
            self.hour = now.as_millis() / 3_600_000 + 1;
            print(&line(sim.world(), now));
        }
    }

    pub(crate) fn end(&self, sim: &Sim<Hosted>, guests: &Guests, verdict: &Verdict, alarms: &[(Instant, Event)]) {
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
    if charger.car().is_none() {
        return format!("{:<26}", "no car");
    }
    // A unit that gets no heartbeats says that it has an error.
    let state = if charger.is_linked() { charger.state().name().unwrap_or("?") } else { "withheld" };
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
    let [sun, grid] = flows(world);
    format!(
        "{} {cells}{:>7} A {:>6} A {:>5} kW {:>5} kW",
        clock(now),
        decimal(promised),
        decimal(drawn),
        kilo(sun),
        kilo(grid)
    )
}

fn table(sim: &Sim<Hosted>) -> String {
    let (world, now) = (sim.world(), sim.now());
    let (promised, drawn) = sums(world);
    let mut text = format!("{} simulated\n", clock(now));
    for charger in world.chargers() {
        let decisions = sim.master().into_iter().flat_map(|link| link.node().decisions());
        let why = decisions.filter(|decision| decision.slave == charger.id()).map(|decision| decision.reason);
        let why: String = why.map(|reason| reason.to_string()).collect();
        let _ = writeln!(text, "  {}  {}  {why}", charger.id(), doing(charger));
    }
    let [sun, grid] = flows(world);
    let _ = write!(
        text,
        "  promised {} A, drawn {} A; sun {} kW, grid {} kW",
        decimal(promised),
        decimal(drawn),
        kilo(sun),
        kilo(grid)
    );
    text
}

/// What the sun gives and what comes from the grid, in watts.
fn flows(world: &World) -> [i64; 2] {
    world.house().map_or([0; 2], |house| [house.solar_watts(), house.grid_watts()])
}

/// Kilowatts with one decimal.
fn kilo(watts: i64) -> String {
    let sign = if watts <= -100 { "-" } else { "" };
    let tenths = watts.unsigned_abs() / 100;
    format!("{sign}{}.{}", tenths / 10, tenths % 10)
}

fn decimal(centi: u32) -> String {
    format!("{}.{:02}", centi / 100, centi % 100)
}

fn visit_line(visit: &Visit, world: &World) -> String {
    let connector = world.charger(visit.connector).map(|charger| charger.id().to_string()).unwrap_or_default();
    format!(
        "  {} to {}  {:<6} at {connector}: {:>5} of {:>5} kWh",
        clock(visit.arrived),
        clock(visit.left),
        visit.car,
        kilowatt_hours(visit.taken_watt_hours),
        kilowatt_hours(u64::from(visit.wanted_watt_hours)),
    )
}

fn summary(sim: &Sim<Hosted>, verdict: &Verdict, alarms: usize) -> String {
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
         {}\
         bus               {} frames, {} damaged, {} collided, {} damaged past recognition\n\
         alarms            {alarms}\n\
         verdict           {}",
        decimal(verdict.limit()),
        decimal(peaks.promised),
        decimal(peaks.drawn),
        kilowatt_hours(energy),
        closings.join(", "),
        sim.world().house().map(at_home).unwrap_or_default(),
        bus.transmissions,
        bus.damaged,
        bus.collided,
        verdict.undetected,
        if verdict.is_ok() { "kept: no excess at any instant" } else { "EXCESS OR BROKEN RULE" },
    )
}

/// The lines about sun, grid and fuse.
fn at_home(house: &House) -> String {
    let energy = house.energy();
    let (sun, exported) = (energy.solar_watt_hours(), energy.exported_watt_hours());
    let fuse = house.breakers().first();
    let peak = fuse.and_then(|fuse| fuse.peaks().into_iter().max()).unwrap_or_default();
    let holds = fuse.is_some_and(|fuse| fuse.tripped().is_none());
    format!(
        "sun               {:>6} kWh, {} of them used here\n\
         grid              {:>6} kWh\n\
         main fuse         {:>6} A at most of {}, {}\n",
        kilowatt_hours(sun),
        kilowatt_hours(sun.saturating_sub(exported)),
        kilowatt_hours(energy.imported_watt_hours()),
        decimal(peak),
        decimal(FUSE),
        if holds { "holds" } else { "TRIPPED" },
    )
}

fn kilowatt_hours(watt_hours: u64) -> String {
    format!("{}.{}", watt_hours / 1_000, watt_hours % 1_000 / 100)
}
