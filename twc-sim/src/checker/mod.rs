//! The judge. It knows the protocol and the circuit's limit, shares no code with any master, and never asks one.
//!
//! Two verdicts. *Sent and committed*: what was put on the wire, together with everything earlier frames may
//! have left in force, never exceeds the limit of any circuit. *Truth*: neither do the limits really in force in the chargers,
//! nor, beyond a tolerance, the currents that really flow. The second is excused while a damaged frame that no
//! receiver could recognise takes effect, since the simulator did that itself.

mod book;
mod config;
mod tree;
mod truth;
mod verdict;

use core::time::Duration;
use std::collections::VecDeque;

use twc_proto::{Instant, Message};

use self::book::Book;
pub use self::config::{CheckerConfig, Circuit};
use self::tree::{Tree, exceeds, greatest};
use self::truth::Truth;
pub use self::verdict::{ChargerSummary, CircuitSummary, Peaks, Rule, Verdict, Violation};
use crate::charger::Charger;

/// More violations are counted but not kept.
const MAX_KEPT: usize = 32;

/// Judges one run. A [`crate::World`] it is attached to feeds it.
#[derive(Debug)]
pub struct Checker {
    config: CheckerConfig,
    tree: Tree,
    book: Book,
    truth: Truth,
    states: Vec<CircuitState>,
    findings: VecDeque<Finding>,
    violations: Vec<Violation>,
    violations_seen: u64,
    excused_until: Instant,
    undetected: u64,
    /// A sum of what is true has changed since it was judged.
    is_touched: bool,
    judged_to: Instant,
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
    /// For each kind of sum whether it is over its limit at present.
    over: [bool; 3],
    /// Until then an excess is no violation: the limit has just fallen.
    grace_until: Instant,
}

impl Checker {
    /// A judge who has seen nothing yet.
    pub fn new(config: CheckerConfig) -> Self {
        let circuits = config.circuits.len().min(CheckerConfig::MAX_CIRCUITS);
        let mut states = Vec::new();
        states.resize_with(circuits, CircuitState::default);
        Self {
            tree: Tree::new(&config),
            book: Book::new(circuits),
            truth: Truth::new(circuits),
            states,
            findings: VecDeque::new(),
            violations: Vec::new(),
            violations_seen: 0,
            excused_until: Instant::ZERO,
            undetected: 0,
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

    /// The sum that may be in force now on the first circuit through what was sent, in centiamps of the phase
    /// that carries most.
    pub fn promised(&self) -> u32 {
        greatest(self.book.promised().of(0))
    }

    /// The highest sums so far on the first circuit.
    pub fn peaks(&self) -> Peaks {
        self.states.first().map(|state| state.peaks).unwrap_or_default()
    }

    /// The first violations, as in the verdict.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
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

    /// The limit of a circuit is another from now on, on each phase in centiamps. Where it fell, what is over it
    /// must be gone after `deadline`; until then only raises are violations.
    pub fn set_limit(&mut self, now: Instant, circuit: usize, limit: [u32; 3], deadline: Duration) {
        let (Some(config), Some(state)) = (self.config.circuits.get_mut(circuit), self.states.get_mut(circuit))
        else {
            return;
        };
        if limit.iter().zip(config.limit).any(|(new, old)| *new < old) {
            state.grace_until = now + deadline;
        }
        config.limit = limit;
        self.is_touched = true;
    }

    /// The master of a bus was killed or put in place: gaps around this moment are no fault of it.
    pub fn on_master_replaced(&mut self, bus: usize, now: Instant) {
        self.book.forget_rhythm(bus, now);
    }

    /// The master of a bus sent a message, from the first bit at `start` to the last at `end`.
    pub fn on_sent(&mut self, bus: usize, start: Instant, end: Instant, message: &Message) {
        self.book.mark();
        self.book.close_exchange(bus);
        self.book.expire(start, &self.config);
        self.book.note_frame(bus, end);
        if let Message::MasterHeartbeat(heartbeat) = message {
            let unit = self.tree.unit(bus, heartbeat.slave);
            let circuits = self.tree.circuits(bus, unit, &self.config);
            let found = self.book.send(bus, (start, end), heartbeat, circuits, &self.config);
            for (rule, text) in found.into_iter().flatten() {
                self.find(Some(bus), start, rule, text);
            }
        }
        for circuit in 0..self.states.len() {
            self.judge_promise(bus, start, circuit);
        }
    }

    fn judge_promise(&mut self, bus: usize, now: Instant, circuit: usize) {
        let sum = self.book.promised().of(circuit);
        let limit = self.limit(circuit);
        let has_risen = self.book.promised().has_risen(circuit);
        let Some(state) = self.states.get_mut(circuit) else {
            return;
        };
        state.peaks.promised = state.peaks.promised.max(greatest(sum));
        let is_over = exceeds(sum, limit, |_| 0) && (now >= state.grace_until || has_risen);
        if begins(&mut state.over, 0, is_over) {
            let text = format!(
                "{}: {} promised, {} allowed: {}",
                self.name(circuit),
                listed(sum),
                listed(limit),
                self.book.describe(circuit)
            );
            self.find(Some(bus), now, Rule::SentAndCommitted, text);
        }
    }

    /// The master of a bus heard a message.
    pub fn on_heard(&mut self, bus: usize, now: Instant, message: &Message) {
        if let Message::SlaveHeartbeat(answer) = message {
            self.book.hear(bus, now, answer, &self.config);
        }
    }

    /// Something on the wire was damaged: gaps around this moment are no fault of the master.
    pub fn on_damage(&mut self, bus: usize, now: Instant) {
        self.book.note_damage(bus, now);
    }

    /// Somebody took a message for real that nobody had sent.
    pub fn on_undetected(&mut self, now: Instant) {
        self.undetected = self.undetected.saturating_add(1);
        self.excused_until = now + self.config.excuse;
    }

    pub(crate) fn know(&mut self, bus: usize, index: usize, charger: &Charger) {
        self.config.any_master_frame_refreshes |= charger.config().any_master_frame_refreshes;
        self.tree.know(bus, index, charger, &self.config);
    }

    /// Looks at a charger that may have changed.
    pub(crate) fn look(&mut self, bus: usize, index: usize, charger: &Charger) {
        self.tree.note_id(index, charger.id());
        let circuits = self.tree.circuits(bus, Some(index), &self.config);
        self.is_touched |= self.truth.look(index, circuits, charger);
    }

    /// Judges what is true at `now`, after every look.
    pub(crate) fn judge(&mut self, now: Instant) {
        let excuse_ends = self.judged_to < self.excused_until && now >= self.excused_until;
        let grace_ends =
            self.states.iter().any(|state| self.judged_to < state.grace_until && now >= state.grace_until);
        self.judged_to = now;
        if excuse_ends || grace_ends || core::mem::take(&mut self.is_touched) {
            for circuit in 0..self.states.len() {
                self.judge_truth(now, circuit);
            }
        }
        if !self.config.may_withhold {
            if let Some((bus, text)) = self.book.open_gap(now, &self.config) {
                self.find(Some(bus), now, Rule::HeartbeatGap, text);
            }
        }
    }

    fn judge_truth(&mut self, now: Instant, circuit: usize) {
        let (in_force, drawn) = (self.truth.in_force().of(circuit), self.truth.drawn().of(circuit));
        let limit = self.limit(circuit);
        let Some(state) = self.states.get_mut(circuit) else {
            return;
        };
        let peaks = &mut state.peaks;
        if now < self.excused_until {
            peaks.drawn_excused = peaks.drawn_excused.max(greatest(drawn));
        } else {
            peaks.in_force = peaks.in_force.max(greatest(in_force));
            peaks.drawn = peaks.drawn.max(greatest(drawn));
        }
        let is_excused = now < self.excused_until || now < state.grace_until;
        let promises_too_much = begins(&mut state.over, 1, !is_excused && exceeds(in_force, limit, |_| 0));
        let draws_too_much = begins(&mut state.over, 2, !is_excused && exceeds(drawn, limit, tolerance));
        let name = self.name(circuit);
        if promises_too_much {
            let text = format!("{name}: {} in force, {} allowed", listed(in_force), listed(limit));
            self.find(None, now, Rule::LimitsInForce, text);
        }
        if draws_too_much {
            let text = format!("{name}: {} drawn, {} allowed", listed(drawn), listed(limit));
            self.find(None, now, Rule::Physical, text);
        }
    }

    fn limit(&self, circuit: usize) -> [u32; 3] {
        self.config.circuits.get(circuit).map(|circuit| circuit.limit).unwrap_or_default()
    }

    fn name(&self, circuit: usize) -> String {
        self.config.circuits.get(circuit).map(|circuit| circuit.name.clone()).unwrap_or_default()
    }

    fn find(&mut self, bus: Option<usize>, at: Instant, rule: Rule, text: String) {
        self.findings.push_back(Finding { bus, at, rule, text });
    }

    /// What is still to be written down.
    pub(crate) fn poll_finding(&mut self) -> Option<Finding> {
        self.findings.pop_front()
    }

    /// Writes it down with the transmissions before it.
    pub(crate) fn keep(&mut self, finding: Finding, last_events: Vec<String>) {
        self.violations_seen = self.violations_seen.saturating_add(1);
        if self.violations.len() < MAX_KEPT {
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
