//! `twc-master demo`: a house with a roof, a main fuse, a schedule and three wall connectors on one 40 A circuit, faster
//! than real time.
//!
//! Master and steward are those that `run --config` uses, bus, cars and house are twc-sim's, and what is printed at the
//! end comes from twc-sim's checker, which the tests use too.

mod guests;
mod house;
mod view;

use std::time::Duration;

use clap::Args;
use twc_master::Event;
use twc_proto::Instant;
use twc_sim::{Guest, Sim, Verdict};

use self::guests::Guests;
use self::house::CONNECTORS;
use self::view::View;
use crate::exit::Failure;
use crate::guest::Hosted;

/// How much simulated time passes between two looks at arrivals and at the table.
const LOOK: Duration = Duration::from_secs(60);

/// Shows a simulated day: three wall connectors on 40 A, the sun, a main fuse and a schedule.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Decides who comes when, and every fault on the bus
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Simulated hours, 1 to 8760
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u64).range(1..=8_760))]
    hours: u64,
}

pub(crate) fn demo(args: &DemoArgs) -> Result<(), Failure> {
    let mut sim = house::house(args.seed)?;
    let mut guests = Guests::new(args.seed, CONNECTORS.len());
    let mut view = View::new(args.hours);
    view.begin(args.seed);
    let end = Instant::from_secs(args.hours * 3_600);
    let mut alarms = Vec::new();
    while sim.now() < end {
        let now = sim.now();
        guests.come_and_go(now, sim.world_mut());
        sim.run_until((now + LOOK).min(end), |sim| live(sim, &mut alarms));
        view.show(&sim);
    }
    let now = sim.now();
    guests.everybody_leaves(now, sim.world_mut());
    let verdict = sim.world().verdict().ok_or_else(|| Failure::failed("the demo lost its checker"))?;
    view.end(&sim, &guests, &verdict, &alarms);
    judge(&verdict)
}

/// The meter's values go to the master, its events come back.
fn live(sim: &mut Sim<Hosted>, alarms: &mut Vec<(Instant, Event)>) {
    let now = sim.now();
    while let Some(sample) = sim.world_mut().poll_sample() {
        if let Some(link) = sim.master_mut() {
            link.node_mut().handle_meter(now, &sample);
        }
    }
    note_alarms(sim, alarms);
}

/// Fetches the master's events and keeps those that a person should look at.
fn note_alarms(sim: &mut Sim<Hosted>, alarms: &mut Vec<(Instant, Event)>) {
    let now = sim.now();
    while let Some(event) = sim.master_mut().and_then(|link| link.node_mut().poll_event()) {
        let alarm = matches!(
            event,
            Event::SlaveSilenced { .. }
                | Event::ReservationKept { .. }
                | Event::ForeignMaster { .. }
                | Event::OverDraw { .. }
                | Event::Stalled { .. }
                | Event::EventsLost { .. }
        );
        if alarm {
            alarms.push((now, event));
        }
    }
}

fn judge(verdict: &Verdict) -> Result<(), Failure> {
    if verdict.is_ok() {
        return Ok(());
    }
    let first = verdict.violations.first().map(ToString::to_string).unwrap_or_default();
    Err(Failure::failed(format!(
        "{} violations, an excess or a broken rule; the first: {first}",
        verdict.violations_seen
    )))
}
