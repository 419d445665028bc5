//! Runs a scenario with somebody's master.

use twc_proto::{Instant, Link};

use super::household::Household;
use super::outcome::Outcome;
use super::record::{Record, Recorder};
use super::timeline::Action;
use super::watch::Watch;
use super::{Limit, MasterSpec, Scenario};
use crate::charger::Charger;
use crate::checker::{Checker, CheckerConfig, Circuit};
use crate::guest::Guest;
use crate::sim::Sim;
use crate::world::{World, WorldConfig};

/// How a scenario is run.
#[derive(Default)]
pub struct Options<'a> {
    /// Another seed than the file's.
    pub seed: Option<u64>,
    /// Gets everything that happens, in order.
    pub sink: Option<&'a mut dyn FnMut(&Record)>,
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
    run_with(scenario, Options { seed: Some(seed), sink: None }, make)
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
    let mut stage = Stage::new(scenario, seed, options.sink, make)?;
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
        core::iter::once(Circuit::site(limit(self.limit))).chain(below).collect()
    }

    /// The bus with its units at time zero. The timeline has not begun.
    pub fn world(&self, seed: u64) -> World {
        let mut world = World::new(WorldConfig {
            seed,
            echo: self.echo,
            delay_to_bus: self.delay,
            delay_from_bus: self.delay,
            ..WorldConfig::default()
        });
        world.set_fault(self.fault);
        for (number, config) in (0..).zip(&self.chargers) {
            world.add_charger(Charger::new(config.clone(), seed.wrapping_add(number), Instant::ZERO));
        }
        world
    }
}

struct Stage<'a, N: Guest, F> {
    scenario: &'a Scenario,
    seed: u64,
    sim: Sim<N>,
    make: F,
    saved: Option<N::Saved>,
    observer: Observer<'a>,
}

/// Everybody who looks on.
struct Observer<'a> {
    watch: Watch,
    recorder: Option<Recorder<'a>>,
    household: Option<Household>,
}

impl<'a, N: Guest, E, F: FnMut(&MasterSpec<'_>, Option<N::Saved>) -> Result<N, E>> Stage<'a, N, F> {
    fn new(
        scenario: &'a Scenario,
        seed: u64,
        sink: Option<&'a mut dyn FnMut(&Record)>,
        mut make: F,
    ) -> Result<Self, E> {
        let mut world = scenario.world(seed);
        let usual = CheckerConfig::without_limits(seed);
        world.attach_checker(Checker::new(CheckerConfig {
            circuits: scenario.circuits(),
            excuse: scenario.excuse.unwrap_or(usual.excuse),
            ..usual
        }));
        let recorder = sink.map(|sink| Recorder::begin(scenario, seed, sink));
        let master = make(&spec(scenario, seed, Instant::ZERO), None)?;
        let household = scenario.house.as_ref().map(|house| Household::new(house, seed));
        let observer = Observer { watch: Watch::new(scenario.expect.clone()), recorder, household };
        Ok(Self { scenario, seed, sim: Sim::with_world(world, Link::new(master)), make, saved: None, observer })
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
                if let Some(link) = self.sim.master_mut() {
                    link.node_mut().handle_order(now, order);
                }
            }
            Action::KillMaster => self.kill(),
            Action::StartMaster => {
                self.kill();
                let spec = spec(self.scenario, self.seed, now);
                let master = (self.make)(&spec, self.saved.clone())?;
                self.sim.replace_master(Link::new(master));
            }
            _ => {}
        }
        Ok(())
    }

    fn kill(&mut self) {
        if let Some(link) = self.sim.take_master() {
            self.saved = Some(link.node().saved());
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
            digest: world.trace().digest(),
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
        while let Some(note) = sim.master_mut().and_then(|link| link.node_mut().poll_note()) {
            if let Some(recorder) = &mut self.recorder {
                recorder.note(now, &note);
            }
        }
        self.live_in_the_house(now, sim);
        self.watch.look(now, sim.world());
        if let Some(recorder) = &mut self.recorder {
            recorder.look(now, sim.world());
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
            if let Some(link) = sim.master_mut() {
                link.node_mut().handle_meter(now, &sample);
            }
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.house(now, household.house());
        }
    }
}

fn spec(scenario: &Scenario, seed: u64, now: Instant) -> MasterSpec<'_> {
    MasterSpec {
        limit: scenario.limit.amps,
        nodes: &scenario.nodes,
        chargers: &scenario.chargers,
        meters: scenario.house.as_ref().map_or(&[], |house| &house.meters),
        delay: scenario.delay,
        seed,
        now,
        settings: &scenario.master,
    }
}
