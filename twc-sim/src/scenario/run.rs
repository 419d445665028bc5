//! Runs a scenario with somebody's master.

use twc_proto::{Instant, Link, LinkSettings, Node};

use super::household::Household;
use super::outcome::Outcome;
use super::record::Record;
use super::recorder::Recorder;
use super::timeline::Action;
use super::watch::Watch;
use super::{Limit, MasterSpec, Scenario};
use crate::charger::{Charger, ChargerConfig};
use crate::checker::{Checker, CheckerConfig, Circuit};
use crate::guest::{Act, Guest};
use crate::sim::Sim;
use crate::trace::Trace;
use crate::world::{World, WorldConfig};

/// How a scenario is run.
#[derive(Default)]
pub struct Options<'a> {
    /// Another seed than the file's.
    pub seed: Option<u64>,
    /// Gets everything that happens, in order.
    pub sink: Option<&'a mut dyn FnMut(&Record)>,
    /// The command that shows it again, printed with every violation; nothing is printed when empty.
    pub replay: String,
}

/// Runs `scenario` with the master that `make` makes. It is asked for one at the start, and for another whenever
/// the scenario starts a master again; then it gets what the one before wanted kept.
///
/// # Errors
/// When `make` cannot make one.
pub fn run<N: Guest, E>(
    scenario: &Scenario,
    seed: u64,
    make: impl FnMut(&MasterSpec<'_>, Option<N::Saved>) -> Result<N, E>,
) -> Result<Outcome, E> {
    run_with(scenario, Options { seed: Some(seed), ..Options::default() }, make)
}

/// The same, with options.
///
/// # Errors
/// When `make` cannot make a master.
pub fn run_with<'a, N: Guest, E>(
    scenario: &'a Scenario,
    options: Options<'a>,
    make: impl FnMut(&MasterSpec<'_>, Option<N::Saved>) -> Result<N, E>,
) -> Result<Outcome, E> {
    let seed = options.seed.unwrap_or(scenario.seed);
    let mut stage = Stage::new(scenario, seed, options, make)?;
    stage.play()?;
    Ok(stage.finish())
}

impl Scenario {
    /// What a judge looks at: the site and the circuits below it.
    fn circuits(&self) -> Vec<Circuit> {
        let limit = |limit: Limit| u32::from(limit.amps.value());
        let below = self.nodes.iter().map(|node| {
            let parent = node.fed_by.map_or(0, |node| node + 1);
            Circuit::below(parent, &node.name, limit(node.limit), node.chargers.iter().copied())
        });
        let own = (0..=self.others.len()).filter_map(|bus| {
            let share = self.shares.get(bus).copied().flatten()?;
            Some(Circuit { name: format!("bus {}", bus + 1), bus: Some(bus), ..Circuit::site(limit(share)) })
        });
        core::iter::once(Circuit::site(limit(self.limit))).chain(below).chain(own).collect()
    }

    /// The buses with their units at time zero. The timeline has not begun.
    pub fn world(&self, seed: u64) -> World {
        let mut world = World::new(WorldConfig {
            seed,
            echo: self.echo,
            delay_to_bus: self.delay,
            delay_from_bus: self.delay,
            ..WorldConfig::default()
        });
        world.set_fault(self.fault);
        for (number, other) in (1..).zip(&self.others) {
            let bus = world.add_bus(WorldConfig {
                seed: seed ^ number << 32,
                echo: other.echo,
                delay_to_bus: other.delay,
                delay_from_bus: other.delay,
                ..WorldConfig::default()
            });
            world.set_fault_on(bus, other.fault);
        }
        for (number, config) in (0..).zip(&self.chargers) {
            let charger = Charger::new(config.clone(), seed.wrapping_add(number), Instant::ZERO);
            world.add_charger_on(self.bus_of(usize::try_from(number).unwrap_or_default()), charger);
        }
        world
    }
}

struct Stage<'a, N: Guest, F> {
    scenario: &'a Scenario,
    seed: u64,
    sim: Sim<N>,
    make: F,
    /// The chargers of each bus, and what its master has written down.
    desks: Vec<(Vec<ChargerConfig>, Option<N::Saved>)>,
    observer: Observer<'a>,
}

/// Everybody who looks on.
struct Observer<'a> {
    watch: Watch,
    recorder: Option<Recorder<'a>>,
    household: Option<Household>,
}

impl<'a, N: Guest, E, F: FnMut(&MasterSpec<'_>, Option<N::Saved>) -> Result<N, E>> Stage<'a, N, F> {
    fn new(scenario: &'a Scenario, seed: u64, options: Options<'a>, mut make: F) -> Result<Self, E> {
        let Options { sink, replay, .. } = options;
        let mut world = scenario.world(seed);
        let usual = CheckerConfig::without_limits(seed);
        world.attach_checker(Checker::new(CheckerConfig {
            circuits: scenario.circuits(),
            replay,
            excuse: scenario.demands.excuse.unwrap_or(usual.excuse),
            service: scenario.demands.service,
            ..usual
        }));
        let recorder = sink.map(|sink| Recorder::begin(scenario, seed, sink));
        let household = scenario.house.as_ref().map(|house| Household::new(house, seed));
        let observer = Observer { watch: Watch::new(scenario.expect.clone()), recorder, household };
        let desks: Vec<_> = (0..world.buses()).map(|bus| (scenario.chargers_on(bus), None)).collect();
        let masters = desks.iter().enumerate().map(|(bus, (chargers, _))| {
            make(&spec(scenario, (bus, chargers), seed, Instant::ZERO), None)
                .map(|master| link(scenario, bus, master))
        });
        let mut masters = masters.collect::<Result<Vec<_>, E>>()?.into_iter();
        let mut sim = Sim::with_world(world, masters.next());
        for (bus, master) in (1..).zip(masters) {
            sim.put_master_on(bus, Some(master));
        }
        Ok(Self { scenario, seed, sim, make, desks, observer })
    }

    fn play(&mut self) -> Result<(), E> {
        let end = Instant::ZERO + self.scenario.duration;
        let mut to_come = self.scenario.timeline.iter().peekable();
        loop {
            let now = self.sim.now();
            while let Some(timed) = to_come.next_if(|timed| Instant::ZERO + timed.time <= now) {
                self.act(&timed.action)?;
            }
            if now >= end {
                return Ok(());
            }
            let next = to_come.peek().map(|timed| Instant::ZERO + timed.time);
            let household = self.observer.household.as_ref().and_then(Household::poll_timeout);
            let stops = [next, self.observer.watch.poll_timeout(), household, Some(end)];
            let until = stops.into_iter().flatten().min().unwrap_or(end).max(now);
            let observer = &mut self.observer;
            self.sim.run_until(until, |sim| observer.look(sim));
            self.observer.look(&mut self.sim);
        }
    }

    fn act(&mut self, action: &Action) -> Result<(), E> {
        let now = self.sim.now();
        if let Some(recorder) = &mut self.observer.recorder {
            recorder.action(now, action);
        }
        action.apply(now, self.sim.world_mut());
        if let Some(household) = &mut self.observer.household {
            household.act(now, action);
        }
        match action {
            Action::Limit(node, limit) => {
                if let Some(link) = self.sim.master_mut() {
                    link.node_mut().handle_limit(now, *node, limit.amps);
                }
            }
            Action::TellMaster(order) => {
                for bus in 0..self.desks.len() {
                    if let Some(link) = self.sim.master_mut_on(bus) {
                        link.node_mut().handle_order(now, order);
                    }
                }
            }
            Action::KillMaster => self.kill(),
            Action::StartMaster => {
                self.kill();
                for (bus, (chargers, saved)) in self.desks.iter().enumerate() {
                    let spec = spec(self.scenario, (bus, chargers), self.seed, now);
                    let master = (self.make)(&spec, saved.clone())?;
                    self.sim.put_master_on(bus, Some(link(self.scenario, bus, master)));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn kill(&mut self) {
        for (bus, (_, saved)) in self.desks.iter_mut().enumerate() {
            if let Some(link) = self.sim.put_master_on(bus, None) {
                *saved = Some(link.node().saved());
            }
        }
    }

    fn finish(mut self) -> Outcome {
        let now = self.sim.now();
        let world = self.sim.world();
        let mut findings = self.observer.watch.findings(now, world);
        findings.extend(self.observer.household.iter().flat_map(Household::findings));
        let outcome = Outcome {
            scenario: self.scenario.name.clone(),
            seed: self.seed,
            needs: self.scenario.needs,
            ended: now,
            // Stage::new attached a checker, so there is a verdict.
            verdict: world.verdict().unwrap_or_else(|| Checker::new(CheckerConfig::new(self.seed, 0)).verdict()),
            findings,
            bus: world.stats(),
            digest: (1..world.buses()).fold(world.trace().digest(), |digest, bus| {
                digest.rotate_left(1) ^ world.trace_of(bus).map_or(0, Trace::digest)
            }),
        };
        if let Some(recorder) = &mut self.observer.recorder {
            recorder.end(now, &outcome);
        }
        outcome
    }
}

impl Observer<'_> {
    fn look<N: Guest>(&mut self, sim: &mut Sim<N>) {
        let now = sim.now();
        for bus in 0..sim.world().buses() {
            while let Some(note) = sim.master_mut_on(bus).and_then(|link| link.node_mut().poll_note()) {
                self.watch.hear_note(&note);
                if let Some(recorder) = &mut self.recorder {
                    recorder.note(now, &if bus == 0 { note } else { format!("bus {}: {note}", bus + 1) });
                }
            }
        }
        self.let_it_switch(now, sim);
        self.live_in_the_house(now, sim);
        self.watch.look(now, sim.world());
        if let Some(recorder) = &mut self.recorder {
            recorder.look(now, sim.world());
        }
    }

    /// What masters switch beside their buses happens.
    fn let_it_switch<N: Guest>(&mut self, now: Instant, sim: &mut Sim<N>) {
        for bus in 0..sim.world().buses() {
            while let Some(act) = sim.master_mut_on(bus).and_then(|link| link.node_mut().poll_act()) {
                let (slave, action): (_, fn(usize) -> Action) = match act {
                    Act::Power { slave, on: true } => (slave, |index| Action::Power(index, true)),
                    Act::Power { slave, on: false } => (slave, |index| Action::Power(index, false)),
                    Act::Wake { slave } => (slave, Action::WakeCar),
                    Act::Phases { slave, single: true } => (slave, |index| Action::Phases(index, true)),
                    Act::Phases { slave, single: false } => (slave, |index| Action::Phases(index, false)),
                };
                // There is nothing to switch where there is no unit.
                let Some(action) = sim.world().find_on(bus, slave).map(action) else { continue };
                if let Some(recorder) = &mut self.recorder {
                    recorder.action(now, &action);
                }
                action.apply(now, sim.world_mut());
            }
        }
    }

    /// The house sees what the chargers draw, the master hears what the meters say.
    fn live_in_the_house<N: Guest>(&mut self, now: Instant, sim: &mut Sim<N>) {
        let Some(household) = &mut self.household else {
            return;
        };
        household.look(now, sim.world_mut());
        while let Some(sample) = household.poll_sample() {
            if let Some(recorder) = &mut self.recorder {
                recorder.sample(now, &sample);
            }
            for bus in 0..sim.world().buses() {
                if let Some(link) = sim.master_mut_on(bus) {
                    link.node_mut().handle_meter(now, &sample);
                }
            }
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.house(now, household.house());
        }
    }
}

/// What its bus takes for the master's end.
fn link<N: Node>(scenario: &Scenario, bus: usize, master: N) -> Link<N> {
    let other = bus.checked_sub(1).and_then(|other| scenario.others.get(other));
    let delay = other.map_or(scenario.delay, |other| other.delay);
    let settings = if delay.is_zero() { LinkSettings::default() } else { LinkSettings::CONVERTER };
    Link::with_settings(master, settings)
}

/// What the master of a bus with these chargers is told.
fn spec<'a>(
    scenario: &'a Scenario,
    (bus, chargers): (usize, &'a [ChargerConfig]),
    seed: u64,
    now: Instant,
) -> MasterSpec<'a> {
    let other = bus.checked_sub(1).and_then(|other| scenario.others.get(other));
    MasterSpec {
        limit: scenario.share_of(bus).amps,
        nodes: &scenario.nodes,
        chargers,
        meters: scenario.house.as_ref().map_or(&[], |house| &house.meters),
        delay: other.map_or(scenario.delay, |other| other.delay),
        seed,
        now,
        settings: other.and_then(|other| other.master.as_ref()).unwrap_or(&scenario.master),
    }
}
