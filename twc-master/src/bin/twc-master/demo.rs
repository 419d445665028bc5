//! `twc-master demo`: a house with three wall connectors on one 40 A circuit, faster than real time.
//!
//! The master is the one that `run` uses, the bus and the cars are twc-sim's, and what is printed at the end
//! comes from twc-sim's checker, which the tests use too.

mod guests;
mod view;

use std::time::Duration;

use clap::Args;
use twc_master::share::Equal;
use twc_master::{Config, Event, Master};
use twc_proto::{CentiAmps, Instant, Link, Sign, TwcId};
use twc_sim::{Charger, ChargerConfig, Checker, CheckerConfig, FaultPreset, Sim, Verdict, World, WorldConfig};

use self::guests::Guests;
use self::view::View;
use crate::exit::Failure;

const LIMIT: CentiAmps = CentiAmps::from_amps(40);
const CONNECTORS: [TwcId; 3] = [TwcId::new(0x3495), TwcId::new(0x3496), TwcId::new(0x3497)];
/// How much simulated time passes between two looks at arrivals and at the table.
const LOOK: Duration = Duration::from_secs(60);

/// Shows a master sharing 40 A among three simulated wall connectors.
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
    let mut sim = house(args.seed)?;
    let mut guests = Guests::new(args.seed, CONNECTORS.len());
    let mut view = View::new(args.hours);
    view.begin(args.seed, LIMIT);
    let end = Instant::from_secs(args.hours * 3_600);
    let mut alarms = Vec::new();
    while sim.now() < end {
        let now = sim.now();
        guests.come_and_go(now, sim.world_mut());
        sim.run_until((now + LOOK).min(end), |sim| note_alarms(sim, &mut alarms));
        view.show(&sim);
    }
    let now = sim.now();
    guests.everybody_leaves(now, sim.world_mut());
    let verdict = sim.world().verdict().ok_or_else(|| Failure::failed("the demo lost its checker"))?;
    view.end(&sim, &guests, &verdict, &alarms);
    judge(&verdict)
}

/// Three 32 A units on a home's bus: a bad frame now and then, as on any real one.
fn house(seed: u64) -> Result<Sim<Master<Equal>>, Failure> {
    let mut world = World::new(WorldConfig { seed, fault: FaultPreset::Home, ..WorldConfig::default() });
    world.attach_checker(Checker::new(CheckerConfig::new(seed, u32::from(LIMIT.value()))));
    for (index, id) in (0..).zip(CONNECTORS) {
        world.add_charger(Charger::new(ChargerConfig::p2(id), seed.wrapping_add(index), Instant::ZERO));
    }
    let mut config = Config::new(TwcId::new(0x4242), Sign::new(0x5A), LIMIT);
    config.circuit_limit = Some(CentiAmps::from_amps(32));
    config.expected_slaves = CONNECTORS.len() as u8;
    let master = Master::new(config, Equal, Instant::ZERO).map_err(|error| Failure::failed(error.to_string()))?;
    Ok(Sim::with_world(world, Link::new(master)))
}

/// Fetches the master's events and keeps those that a person should look at.
fn note_alarms(sim: &mut Sim<Master<Equal>>, alarms: &mut Vec<(Instant, Event)>) {
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
