//! The judge. It knows the protocol and the circuit's limit, shares no code with any master, and never asks one.
//!
//! Two verdicts. *Sent and committed*: what was put on the wire, together with everything earlier frames may
//! have left in force, never exceeds the limit. *Truth*: neither do the limits really in force in the chargers,
//! nor, beyond a tolerance, the currents that really flow. The second is excused while a damaged frame that no
//! receiver could recognise takes effect, since the simulator did that itself.

mod book;
mod verdict;

use core::time::Duration;

use twc_proto::{Instant, Message};

use self::book::Book;
pub use self::verdict::{ChargerSummary, Rule, Verdict, Violation};
use crate::charger::Charger;
use crate::trace::Trace;

/// More violations are counted but not kept.
const MAX_KEPT: usize = 32;
/// So many of the last transmissions go with each violation.
const LAST_EVENTS: usize = 24;

/// What a [`Checker`] holds a master to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckerConfig {
    /// Printed with every violation, so that it can be seen again.
    pub seed: u64,
    /// Of the circuit, in centiamps.
    pub limit: u32,
    /// A slave counts until so long after the last heartbeat sent to it.
    pub t_off: Duration,
    /// What every heartbeated slave counts at least, in centiamps.
    pub floor: u32,
    /// Offers between 0 and this are violations, in centiamps.
    pub least_offer: u32,
    /// An answer later than this confirms nothing.
    pub answer_window: Duration,
    /// Longest time between two heartbeats to a linked slave on a clean bus.
    pub max_gap: Duration,
    /// The master may leave a linked slave without heartbeats for good; a gap is then judged by the heartbeat
    /// that ends it before [`CheckerConfig::t_off`].
    pub may_withhold: bool,
    /// Silence frees a slave only while no other frame is sent either. Set by itself when a charger has the
    /// switch of the same name.
    pub any_master_frame_refreshes: bool,
    /// A slave that was freed and is heartbeated again counts with what it held.
    pub relinked_counts_held: bool,
    /// How long an unrecognisable damaged frame excuses what truly flows.
    pub excuse: Duration,
}

impl CheckerConfig {
    /// A circuit of `limit` centiamps, judged by the usual times.
    pub const fn new(seed: u64, limit: u32) -> Self {
        Self {
            seed,
            limit,
            t_off: Duration::from_secs(60),
            floor: 600,
            least_offer: 600,
            answer_window: Duration::from_secs(1),
            max_gap: Duration::from_secs(5),
            may_withhold: true,
            any_master_frame_refreshes: false,
            relinked_counts_held: true,
            excuse: Duration::from_secs(20),
        }
    }
}

/// Judges one run. [`crate::World::attach_checker`] feeds it.
#[derive(Debug)]
pub struct Checker {
    config: CheckerConfig,
    book: Book,
    pending: Vec<(Instant, Rule, String)>,
    violations: Vec<Violation>,
    violations_seen: u64,
    peaks: Peaks,
    /// For each of the sums whether it is over its limit at present.
    over: [bool; 3],
    excused_until: Instant,
    grace_until: Instant,
    undetected: u64,
    judged_to: Instant,
}

/// The highest sums of a run, in centiamps. Excused moments are apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Peaks {
    /// What was sent and committed.
    pub promised: u32,
    /// Limits in force in the chargers.
    pub in_force: u32,
    /// Currents that flowed.
    pub drawn: u32,
    /// Currents that flowed while a frame that nobody could recognise as damaged took effect.
    pub drawn_excused: u32,
}

impl Checker {
    /// A judge who has seen nothing yet.
    pub fn new(config: CheckerConfig) -> Self {
        Self {
            config,
            book: Book::default(),
            pending: Vec::new(),
            violations: Vec::new(),
            violations_seen: 0,
            peaks: Peaks::default(),
            over: [false; 3],
            excused_until: Instant::ZERO,
            grace_until: Instant::ZERO,
            undetected: 0,
            judged_to: Instant::ZERO,
        }
    }

    /// What it judges by.
    pub fn config(&self) -> &CheckerConfig {
        &self.config
    }

    /// Whether nothing was broken so far.
    pub fn is_ok(&self) -> bool {
        self.violations_seen == 0 && self.pending.is_empty()
    }

    /// The sum that may be in force now through what was sent, in centiamps.
    pub fn promised(&self) -> u32 {
        self.book.sum()
    }

    /// The highest sums so far.
    pub fn peaks(&self) -> Peaks {
        self.peaks
    }

    /// The first violations, as in the verdict.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// The judgement so far; [`crate::World::verdict`] adds the chargers.
    pub fn verdict(&self) -> Verdict {
        Verdict {
            seed: self.config.seed,
            limit: self.config.limit,
            judged_to: self.judged_to,
            violations: self.violations.clone(),
            violations_seen: self.violations_seen,
            peaks: self.peaks,
            undetected: self.undetected,
            chargers: Vec::new(),
        }
    }

    /// The limit is another from now on. Where it fell, what is over it must be gone by `deadline`; until then
    /// only raises are violations.
    pub fn set_limit(&mut self, now: Instant, limit: u32, deadline: Duration) {
        if limit < self.config.limit {
            self.grace_until = now + deadline;
        }
        self.config.limit = limit;
    }

    /// The master was killed or put in place: gaps around this moment are no fault of it.
    pub fn on_master_replaced(&mut self, now: Instant) {
        self.book.forget_rhythm(now);
    }

    /// The master sent a message, from the first bit at `start` to the last at `end`.
    pub fn on_sent(&mut self, start: Instant, end: Instant, message: &Message) {
        let before = self.book.sum();
        self.book.close_exchange();
        self.book.expire(start, &self.config);
        let found = self.book.send(start, end, message, &self.config);
        self.pending.extend(found.into_iter().flatten().map(|(rule, text)| (start, rule, text)));
        let sum = self.book.sum();
        self.peaks.promised = self.peaks.promised.max(sum);
        let is_over = sum > self.config.limit && (start >= self.grace_until || sum > before);
        if self.begins(0, is_over) {
            let text = format!("{} promised, {} allowed: {}", sum, self.config.limit, self.book.describe());
            self.pending.push((start, Rule::SentAndCommitted, text));
        }
    }

    /// The master heard a message.
    pub fn on_heard(&mut self, now: Instant, message: &Message) {
        if let Message::SlaveHeartbeat(answer) = message {
            self.book.hear(now, answer, &self.config);
        }
    }

    /// Something on the wire was damaged: gaps around this moment are no fault of the master.
    pub fn on_damage(&mut self, now: Instant) {
        self.book.note_damage(now);
    }

    /// Somebody took a message for real that nobody had sent.
    pub fn on_undetected(&mut self, now: Instant) {
        self.undetected = self.undetected.saturating_add(1);
        self.excused_until = now + self.config.excuse;
    }

    pub(crate) fn know(&mut self, charger: &Charger) {
        self.config.any_master_frame_refreshes |= charger.config().any_master_frame_refreshes;
    }

    /// Looks at the chargers as they are now.
    pub fn judge<'a>(&mut self, now: Instant, chargers: impl Iterator<Item = &'a Charger>, trace: &Trace) {
        let (mut in_force, mut drawn) = (0u32, 0u32);
        for charger in chargers {
            in_force = in_force.saturating_add(u32::from(charger.limit_in_force().value()));
            drawn = drawn.saturating_add(u32::from(charger.true_current().value()));
        }
        self.judged_to = now;
        let limit = self.config.limit;
        if now < self.excused_until {
            self.peaks.drawn_excused = self.peaks.drawn_excused.max(drawn);
        } else {
            self.peaks.in_force = self.peaks.in_force.max(in_force);
            self.peaks.drawn = self.peaks.drawn.max(drawn);
        }
        let is_excused = now < self.excused_until || now < self.grace_until;
        if self.begins(1, in_force > limit && !is_excused) {
            let text = format!("{in_force} in force, {limit} allowed");
            self.pending.push((now, Rule::LimitsInForce, text));
        }
        if self.begins(2, drawn > limit.saturating_add(tolerance(limit)) && !is_excused) {
            self.pending.push((now, Rule::Physical, format!("{drawn} drawn, {limit} allowed")));
        }
        if !self.config.may_withhold {
            let gap = self.book.open_gap(now, &self.config);
            self.pending.extend(gap.map(|text| (now, Rule::HeartbeatGap, text)));
        }
        if !self.pending.is_empty() {
            self.keep(trace);
        }
    }

    /// Whether an excess begins that was not there before.
    fn begins(&mut self, which: usize, is_over: bool) -> bool {
        let Some(slot) = self.over.get_mut(which) else {
            return false;
        };
        is_over & !core::mem::replace(slot, is_over)
    }

    fn keep(&mut self, trace: &Trace) {
        for (at, rule, text) in core::mem::take(&mut self.pending) {
            self.violations_seen = self.violations_seen.saturating_add(1);
            if self.violations.len() < MAX_KEPT {
                let skipped = trace.entries().count().saturating_sub(LAST_EVENTS);
                let last_events = trace.entries().skip(skipped).map(ToString::to_string).collect();
                self.violations.push(Violation { seed: self.config.seed, at, rule, text, last_events });
            }
        }
    }
}

/// What a reading may lie over its limit: 1 A or a twentieth.
pub(crate) fn tolerance(limit: u32) -> u32 {
    (limit / 20).max(100)
}
