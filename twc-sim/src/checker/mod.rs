//! The judge. It knows the protocol and the circuits' limits, shares no code with any master, and never asks one.
//!
//! Two verdicts. *Sent and committed*: what was put on the wire, together with everything earlier frames may
//! have left in force, never exceeds the limit of any circuit. *Truth*: neither do the limits really in force in
//! the chargers, nor, beyond a tolerance, the currents that really flow. The second is excused while a damaged
//! frame that no receiver could recognise takes effect, since the simulator did that itself.
//!
//! A limit that falls must be on the wire and acknowledged by its deadlines, and what is over it gone. Heartbeats
//! keep their pace, offers are never between 0 and the minimum, and nobody talks while another does. With
//! [`Service`] also linking, recovery, starvation, the wear of relays and the patience of cars are judged.

mod belief;
mod book;
mod company;
mod config;
mod entry;
mod fall;
mod feed;
mod linking;
mod look;
mod rhythm;
mod tree;
mod truth;
mod verdict;
mod wear;

use core::time::Duration;
use std::collections::VecDeque;

use twc_proto::{Instant, Sign};

use self::book::Book;
use self::company::Company;
pub use self::config::{CheckerConfig, Circuit, FallDeadlines, Service};
use self::fall::Fall;
pub(crate) use self::feed::TalkedOver;
use self::linking::Linking;
use self::rhythm::Rhythm;
use self::tree::{Circuits, Tree, greatest};
use self::truth::Truth;
pub use self::verdict::{ChargerSummary, CircuitSummary, Peaks, Rule, Verdict, Violation};
pub use self::wear::Strikes;
use self::wear::Wear;
use crate::charger::Charger;

/// More violations are counted but not kept.
const MAX_KEPT: usize = 32;
/// Through a converter an exchange takes up to 0.52 s, and one may be under way: the last of three slaves hears of a
/// fall after 2.6 s.
const SLOWER_BY: Duration = Duration::from_millis(1_200);

/// Judges one run. A [`crate::World`] it is attached to feeds it.
#[derive(Debug)]
pub struct Checker {
    config: CheckerConfig,
    tree: Tree,
    book: Book,
    truth: Truth,
    /// By bus.
    rhythms: Vec<Rhythm>,
    /// By bus.
    companies: Vec<Company>,
    /// By charger.
    units: Vec<Unit>,
    /// By circuit.
    states: Vec<CircuitState>,
    findings: VecDeque<Finding>,
    violations: Vec<Violation>,
    violations_seen: u64,
    undetected: u64,
    /// The circuits whose excess was excused when it was last judged.
    excused: Circuits,
    /// A limit has fallen, and a deadline of that is still to come.
    has_fallen: bool,
    /// A sum of what is true has changed since it was judged.
    is_touched: bool,
    judged_to: Instant,
}

#[derive(Debug, Default)]
struct Unit {
    bus: usize,
    wear: Wear,
    linking: Linking,
    /// The least its car starts with, in centiamps.
    least: u32,
    /// What the unit can take, in centiamps.
    most: u32,
    /// Another unit has or had its id, and no master has started since.
    is_doubted: bool,
    /// What it announced itself with last.
    sign: Option<Sign>,
    rebooted_at: Option<Instant>,
}

/// A broken rule, before it is written down with what led to it.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) bus: Option<usize>,
    at: Instant,
    rule: Rule,
    text: String,
}

/// What one circuit has been through.
#[derive(Debug, Default)]
struct CircuitState {
    peaks: Peaks,
    /// What it may carry when nothing has lowered it.
    configured: [u32; 3],
    /// For each kind of sum whether it is over its limit at present.
    over: [bool; 3],
    /// Until then an excess is no violation: the limit has just fallen.
    grace_until: Instant,
    fall: Option<Fall>,
    /// More is true than it carries, and that is excused for a while.
    is_borne: bool,
    /// When it fell last.
    fell_at: Option<Instant>,
    /// Since when more has been drawn than it carries, while a car takes more than it is offered.
    overdrawn_since: Option<Instant>,
    /// Since when more has been coming from the grid than the circuit carries.
    grid_over_since: Option<Instant>,
}

impl Checker {
    /// A judge who has seen nothing yet.
    pub fn new(config: CheckerConfig) -> Self {
        let circuits = config.circuits.len().min(CheckerConfig::MAX_CIRCUITS);
        let state = |circuit: &Circuit| CircuitState { configured: circuit.limit, ..CircuitState::default() };
        let states = config.circuits.iter().take(circuits).map(state).collect();
        Self {
            tree: Tree::new(&config),
            book: Book::new(circuits),
            truth: Truth::new(circuits),
            rhythms: Vec::new(),
            companies: Vec::new(),
            units: Vec::new(),
            states,
            findings: VecDeque::new(),
            violations: Vec::new(),
            violations_seen: 0,
            undetected: 0,
            excused: 0,
            has_fallen: false,
            is_touched: true,
            judged_to: Instant::ZERO,
            config,
        }
    }

    /// What it judges by.
    pub fn config(&self) -> &CheckerConfig {
        &self.config
    }

    /// Whether nothing was broken so far.
    pub fn is_ok(&self) -> bool {
        self.violations_seen == 0 && self.findings.is_empty()
    }

    /// The violations so far, the first ones.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// The sum that may be in force now on the first circuit through what was sent, in centiamps of the phase
    /// that carries most.
    pub fn promised(&self) -> u32 {
        greatest(self.book.promised().of(0))
    }

    /// The highest sums so far on the first circuit.
    pub fn peaks(&self) -> Peaks {
        self.states.first().map(|state| state.peaks).unwrap_or_default()
    }

    /// How often the master has cut off cars at this charger, and the longest time between two heartbeats to it
    /// that was the master's doing.
    pub fn service_of(&self, charger: usize) -> (Strikes, Duration) {
        let Some(unit) = self.units.get(charger) else {
            return (Strikes::default(), Duration::ZERO);
        };
        let longest = self.tree.id(charger).zip(self.rhythms.get(unit.bus)).map(|(id, rhythm)| rhythm.longest(id));
        (unit.wear.strikes(), longest.unwrap_or_default())
    }

    /// The judgement so far; [`crate::World::verdict`] adds the chargers.
    pub fn verdict(&self) -> Verdict {
        let summary = |(circuit, state): (&Circuit, &CircuitState)| CircuitSummary {
            name: circuit.name.clone(),
            limit: circuit.limit,
            peaks: state.peaks,
        };
        Verdict {
            seed: self.config.seed,
            judged_to: self.judged_to,
            violations: self.violations.clone(),
            violations_seen: self.violations_seen,
            circuits: self.config.circuits.iter().zip(&self.states).map(summary).collect(),
            undetected: self.undetected,
            chargers: Vec::new(),
        }
    }

    /// The limit of a circuit is another from now on, on each phase in centiamps, and the master was told. Where
    /// it fell, [`CheckerConfig::fall`] applies, and what is over it must be gone after `deadline`; until then
    /// only raises are violations. What only silence can lower has the time that silence takes.
    pub fn set_limit(&mut self, now: Instant, circuit: usize, limit: [u32; 3], deadline: Duration) {
        let least = limit.into_iter().min().unwrap_or_default();
        let floors = self.book.on_circuit(circuit).count() as u32 * self.config.floor;
        let silence = if floors > least { self.config.t_off } else { Duration::ZERO };
        let is_slow = self.rhythms.iter().any(|rhythm| rhythm.is_slow);
        let slower_by = if is_slow { SLOWER_BY } else { Duration::ZERO };
        let (Some(config), Some(state)) = (self.config.circuits.get_mut(circuit), self.states.get_mut(circuit))
        else {
            return;
        };
        if limit.iter().zip(config.limit).any(|(new, old)| *new < old) {
            state.grace_until = now + deadline + silence;
            state.fall = Some(Fall::new(now, slower_by));
            state.fell_at = Some(now);
            self.has_fallen = true;
        }
        config.limit = limit;
        self.is_touched = true;
    }

    /// Everything was put right: by their deadlines all chargers must be linked. Nothing is demanded without
    /// [`CheckerConfig::service`].
    pub(crate) fn demand_recovery(&mut self, now: Instant, index: usize, charger: &Charger) {
        if let (Some(unit), Some(service)) = (self.units.get_mut(index), &self.config.service) {
            unit.linking.demand(now, charger, service);
        }
    }

    fn name(&self, circuit: usize) -> String {
        self.config.circuits.get(circuit).map(|circuit| circuit.name.clone()).unwrap_or_default()
    }

    fn limit(&self, circuit: usize) -> [u32; 3] {
        self.config.circuits.get(circuit).map(|circuit| circuit.limit).unwrap_or_default()
    }

    fn rhythm(&mut self, bus: usize) -> Option<&mut Rhythm> {
        if self.rhythms.len() <= bus {
            self.rhythms.resize_with(bus + 1, Rhythm::default);
        }
        self.rhythms.get_mut(bus)
    }

    fn find(&mut self, bus: Option<usize>, at: Instant, rule: Rule, text: String) {
        self.findings.push_back(Finding { bus, at, rule, text });
    }

    /// What is still to be written down.
    pub(crate) fn poll_finding(&mut self) -> Option<Finding> {
        self.findings.pop_front()
    }

    /// Whether the transmissions before the next finding are still wanted.
    pub(crate) fn wants_events(&self) -> bool {
        self.violations.len() < MAX_KEPT
    }

    /// Writes it down with the transmissions before it.
    pub(crate) fn keep(&mut self, finding: Finding, last_events: Vec<String>) {
        self.violations_seen = self.violations_seen.saturating_add(1);
        if self.wants_events() {
            let Finding { at, rule, text, .. } = finding;
            let (seed, replay) = (self.config.seed, self.config.replay.clone());
            self.violations.push(Violation { seed, at, rule, text, replay, last_events });
        }
    }
}

/// Whether an excess begins that was not there before.
fn begins(over: &mut [bool; 3], which: usize, is_over: bool) -> bool {
    let Some(slot) = over.get_mut(which) else {
        return false;
    };
    is_over & !core::mem::replace(slot, is_over)
}

/// What a reading may lie over its limit: 1 A or a twentieth.
pub(crate) fn tolerance(limit: u32) -> u32 {
    (limit / 20).max(100)
}

/// One number where all phases carry the same, else three.
fn listed(phases: [u32; 3]) -> String {
    match phases {
        [a, b, c] if a == b && b == c => a.to_string(),
        [a, b, c] => format!("{a}/{b}/{c}"),
    }
}
