//! Runs a scenario with somebody's master.

use core::time::Duration;

use twc_proto::{Instant, Link};

use super::outcome::Outcome;
use super::record::{Record, Recorder};
use super::timeline::Action;
use super::watch::Watch;
use super::{MasterSpec, Scenario};
use crate::charger::Charger;
use crate::checker::{Checker, CheckerConfig};
use crate::guest::Guest;
use crate::sim::Sim;
use crate::world::{World, WorldConfig};

/// How soon what is over a limit that fell must be gone.
const FALLEN_LIMIT: Duration = Duration::from_secs(10);

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
    /// The bus with its units at time zero. The timeline has not begun.
    pub fn world(&self, seed: u64) -> World {
        let mut world = World::new(WorldConfig {
            seed,
            fault: self.fault,
            echo: self.echo,
            delay_to_bus: self.delay,
            delay_from_bus: self.delay,
        });
        for (number, config) in (0..).zip(&self.chargers) {
            world.add_charger(Charger::new(config.clone(), seed.wrapping_add(number), Instant::ZERO));
        }
        world
    }
}

impl Action {
    /// Does it to the world; what concerns the master alone does nothing here. Whoever is not there cannot be
    /// plugged in or out, and that changes nothing either.
    pub fn apply(&self, now: Instant, world: &mut World) {
        match self {
            Self::Fault(preset) => world.set_fault(*preset),
            Self::Stall(span) => world.stall(now, *span),
            Self::Limit(limit) => {
                if let Some(checker) = world.checker_mut() {
                    checker.set_limit(now, 0, [u32::from(limit.amps.value()); 3], FALLEN_LIMIT);
                }
            }
            Self::TellMaster(_) | Self::KillMaster | Self::StartMaster => {}
            Self::Plug(index, _)
            | Self::Unplug(index)
            | Self::PauseCar(index)
            | Self::ResumeCar(index)
            | Self::WakeCar(index)
            | Self::UiCap(index, _)
            | Self::Reset(index)
            | Self::ResetErrors(index)
            | Self::ResetLimit(index)
            | Self::WeldRelay(index)
            | Self::Power(index, _)
            | Self::Silence(index, _)
            | Self::Deafen(index, _) => {
                if let Some(charger) = world.charger_mut(*index) {
                    self.apply_to(now, charger);
                }
            }
        }
    }

    fn apply_to(&self, now: Instant, charger: &mut Charger) {
        match self {
            // A car that finds the place taken drives on.
            Self::Plug(_, visit) => drop(charger.plug_in(now, visit.car())),
            Self::Unplug(_) => drop(charger.unplug(now)),
            Self::PauseCar(_) => charger.pause_car(now),
            Self::ResumeCar(_) => charger.resume_car(now),
            Self::WakeCar(_) => charger.wake_car(now),
            Self::UiCap(_, cap) => charger.set_ui_cap(now, *cap),
            Self::Reset(_) => charger.reset(now),
            Self::ResetErrors(_) => charger.reset_errors(now),
            Self::ResetLimit(_) => charger.reset_limit(now),
            Self::WeldRelay(_) => charger.weld_relay(now),
            Self::Power(_, true) => charger.power_on(now),
            Self::Power(_, false) => charger.power_off(now),
            Self::Silence(_, span) => charger.silence(now, *span),
            Self::Deafen(_, span) => charger.deafen(now, *span),
            Self::Fault(_)
            | Self::Stall(_)
            | Self::Limit(_)
            | Self::TellMaster(_)
            | Self::KillMaster
            | Self::StartMaster => {}
        }
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
}

impl<'a, N: Guest, E, F: FnMut(&MasterSpec<'_>, Option<N::Saved>) -> Result<N, E>> Stage<'a, N, F> {
    fn new(
        scenario: &'a Scenario,
        seed: u64,
        sink: Option<&'a mut dyn FnMut(&Record)>,
        mut make: F,
    ) -> Result<Self, E> {
        let mut world = scenario.world(seed);
        let usual = CheckerConfig::new(seed, scenario.limit_centiamps());
        world.attach_checker(Checker::new(CheckerConfig {
            excuse: scenario.excuse.unwrap_or(usual.excuse),
            ..usual
        }));
        let recorder = sink.map(|sink| Recorder::begin(scenario, seed, sink));
        let master = make(&spec(scenario, seed, Instant::ZERO), None)?;
        let observer = Observer { watch: Watch::new(scenario.expect.clone()), recorder };
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
            let stops = [next, self.observer.watch.poll_timeout(), Some(end)];
            let until = stops.into_iter().flatten().min().unwrap_or(end);
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
        match action {
            Action::Limit(limit) => {
                if let Some(link) = self.sim.master_mut() {
                    link.node_mut().handle_limit(now, limit.amps);
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
        let outcome = Outcome {
            scenario: self.scenario.name.clone(),
            seed: self.seed,
            needs: self.scenario.needs,
            ended: now,
            // Stage::new attached a checker, so there is a verdict.
            verdict: world.verdict().unwrap_or_else(|| Checker::new(CheckerConfig::new(self.seed, 0)).verdict()),
            findings: self.observer.watch.findings(now, world),
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
        self.watch.look(now, sim.world());
        if let Some(recorder) = &mut self.recorder {
            recorder.look(now, sim.world());
        }
    }
}

fn spec(scenario: &Scenario, seed: u64, now: Instant) -> MasterSpec<'_> {
    MasterSpec {
        limit: scenario.limit.amps,
        chargers: scenario.chargers.len(),
        delay: scenario.delay,
        seed,
        now,
        settings: &scenario.master,
    }
}
