//! What the judge looks at by itself: chargers, the grid, and the clock.

use core::time::Duration;

use twc_proto::{Instant, TwcId};

use super::company::CONTAINED;
use super::entry::Entry;
use super::linking::Standing;
use super::tree::{exceeds, greatest};
use super::wear::Silence;
use super::{Checker, Rule, Service, Unit, begins, listed, tolerance};
use crate::charger::Charger;

/// A master may take a slave that it was silent to for running so much longer than it must.
const LINK_BUFFER: Duration = Duration::from_secs(5);
/// A master speaks so long to a slave that does not answer.
const GIVES_UP: Duration = Duration::from_secs(40);
/// So long after damage it is not known who has heard what.
const DISTURBED: Duration = Duration::from_secs(10);
/// Units that lose power within this time of each other lost it together.
const TOGETHER: Duration = Duration::from_secs(62);
/// Three units come back within this time, one in 30 s.
const PACED: Duration = Duration::from_secs(100);

impl Checker {
    pub(crate) fn know(&mut self, bus: usize, index: usize, is_slow: bool, charger: &Charger) {
        self.config.any_master_frame_refreshes |= charger.config().any_master_frame_refreshes;
        self.tree.know(bus, index, charger, &self.config);
        self.units.resize_with((index + 1).max(self.units.len()), Unit::default);
        if let Some(unit) = self.units.get_mut(index) {
            unit.bus = bus;
        }
        if let Some(rhythm) = self.rhythm(bus) {
            rhythm.is_slow = is_slow;
        }
    }

    /// Looks at a charger that may have changed.
    pub(crate) fn look(&mut self, now: Instant, bus: usize, index: usize, charger: &Charger) {
        let id = charger.id();
        self.tree.note(index, charger);
        if self.tree.has_twin(index) {
            self.note_twin(now, bus, index);
        }
        let circuits = self.tree.circuits(bus, Some(index), &self.config);
        self.is_touched |= self.truth.look(now, index, circuits, charger);
        let heard_at = self.rhythms.get(bus).and_then(|rhythm| rhythm.last_end(id));
        let is_free_choice = self.is_free_choice(now, bus, id, circuits);
        let Some(unit) = self.units.get_mut(index) else {
            return;
        };
        let silence = Silence { since: heard_at, is_free_choice: is_free_choice && !unit.is_doubted };
        let finding = unit.wear.look(now, charger, silence, self.config.service.as_ref());
        if self.config.service.is_some() {
            unit.linking.look(charger);
            unit.most = u32::from(charger.config().max_current.value());
            unit.least = charger.car().map_or(0, |car| u32::from(car.profile().minimum.value()));
        }
        if let Some((rule, text)) = finding {
            self.find(Some(bus), now, rule, format!("{id} {text}"));
        }
    }

    /// What comes from the grid, per phase in signed centiamps.
    pub(crate) fn look_at_grid(&mut self, now: Instant, grid: [i32; 3]) {
        let import = grid.map(|phase| u32::try_from(phase).unwrap_or(0));
        for circuit in 0..self.states.len() {
            let Some(config) = self.config.circuits.get(circuit) else {
                continue;
            };
            let Some(lasts) = config.house else {
                continue;
            };
            let (limit, drawn) = (config.limit, self.truth.drawn().of(circuit));
            // What the house draws without any charger is not the master's to cure.
            let phases = import.iter().zip(limit).zip(drawn);
            let is_over = phases.clone().any(|((sum, limit), drawn)| drawn > 0 && *sum > limit + tolerance(limit));
            let Some(state) = self.states.get_mut(circuit) else {
                continue;
            };
            if !is_over {
                state.grid_over_since = None;
                continue;
            }
            let since = *state.grid_over_since.get_or_insert(now);
            if begins(&mut state.over, 2, now.since(since) > lasts) {
                let text =
                    format!("{}: {} from the grid, {} allowed", self.name(circuit), listed(import), listed(limit));
                self.find(None, now, Rule::Physical, text);
            }
        }
    }

    /// Judges what is true at `now`, after every look.
    pub(crate) fn judge(&mut self, now: Instant) {
        let excused = if self.excused == 0 { 0 } else { self.truth.excused(now) };
        let is_borne = self.states.iter().any(|state| state.is_borne);
        let must_judge = self.is_touched || is_borne || excused != self.excused || self.grace_ends(now);
        (self.excused, self.is_touched, self.judged_to) = (excused, false, now);
        if must_judge {
            for circuit in 0..self.states.len() {
                self.judge_truth(now, circuit);
            }
        }
        if self.has_fallen {
            for circuit in 0..self.states.len() {
                self.judge_fall(now, circuit);
            }
            self.has_fallen = self.states.iter().any(|state| state.fall.is_some() || state.grace_until > now);
        }
        if !self.config.may_withhold {
            self.judge_open_gaps(now);
        }
        if self.config.service.is_some() {
            for index in 0..self.units.len() {
                self.judge_linking(now, index);
            }
        }
    }

    fn grace_ends(&self, now: Instant) -> bool {
        let ends = |state: &super::CircuitState| self.judged_to < state.grace_until && now >= state.grace_until;
        self.has_fallen && self.states.iter().any(ends)
    }

    fn judge_truth(&mut self, now: Instant, circuit: usize) {
        let (in_force, drawn) = (self.truth.in_force().of(circuit), self.truth.drawn().of(circuit));
        let limit = self.limit(circuit);
        let is_undetected = self.excused & 1 << circuit != 0;
        let (waits, is_overdrawn) = (
            self.waits_for_silence(now, circuit, |entry| !entry.is_acknowledged) || self.follows(now, circuit),
            self.truth.is_overdrawn(circuit),
        );
        let Some(state) = self.states.get_mut(circuit) else {
            return;
        };
        let peaks = &mut state.peaks;
        if is_undetected {
            peaks.drawn_excused = peaks.drawn_excused.max(greatest(drawn));
        } else {
            peaks.in_force = peaks.in_force.max(greatest(in_force));
            peaks.drawn = peaks.drawn.max(greatest(drawn));
        }
        let is_excused = is_undetected || now < state.grace_until || waits;
        let draws_too_much = exceeds(drawn, limit, tolerance);
        state.overdrawn_since = state.overdrawn_since.or(Some(now)).filter(|_| draws_too_much && is_overdrawn);
        let is_contained = state.overdrawn_since.is_none_or(|since| now.since(since) > CONTAINED);
        let offers_too_much = exceeds(in_force, limit, |_| 0);
        state.is_borne = (waits && offers_too_much) || draws_too_much;
        let offers_too_much = begins(&mut state.over, 1, !is_excused && offers_too_much);
        let draws_too_much = begins(&mut state.over, 2, !is_excused && is_contained && draws_too_much);
        let tell =
            |what: &str, sum| format!("{}: {} {what}, {} allowed", self.name(circuit), listed(sum), listed(limit));
        let offered = offers_too_much.then(|| tell("in force", in_force));
        let flowed = draws_too_much.then(|| tell("drawn", drawn));
        if let Some(text) = offered {
            self.find(None, now, Rule::LimitsInForce, text);
        }
        if let Some(text) = flowed {
            self.find(None, now, Rule::Physical, text);
        }
    }

    /// Whether what is over a limit that fell has more time: somebody who has to come down cannot be reached, and only
    /// silence will lower it. `comes_down` says of whom that is so.
    pub(super) fn waits_for_silence(&self, now: Instant, circuit: usize, comes_down: fn(&Entry) -> bool) -> bool {
        let Some(fell_at) = self.states.get(circuit).and_then(|state| state.fell_at) else {
            return false;
        };
        let interrupted_at = self.rhythms.iter().map(|rhythm| rhythm.troubles().1).max().unwrap_or_default();
        let since = fell_at.max(interrupted_at);
        let patience = self.config.t_off + GIVES_UP;
        let is_disturbed = self.rhythms.iter().any(|rhythm| now < rhythm.troubles().0 + DISTURBED);
        if is_disturbed && now < since + patience {
            return true;
        }
        // A unit that any traffic keeps going does not stop before the bus is silent, and nobody need silence all.
        let never_stops = self.config.any_master_frame_refreshes;
        self.book.on_circuit(circuit).any(|entry| {
            let silent_since = entry.last_end + self.config.max_gap;
            let stops = now > silent_since && (never_stops || comes_down(entry) || silent_since < fell_at);
            stops || (comes_down(entry) && now < since.max(entry.resumed_at) + patience)
        })
    }

    /// Whether after a fall somebody has just reported what he was told, and his car still follows.
    fn follows(&self, now: Instant, circuit: usize) -> bool {
        let fell_at = self.states.get(circuit).and_then(|state| state.fell_at);
        let follows = |at: Instant| {
            let just =
                |entry: &Entry| entry.acknowledged_at >= at && now < entry.acknowledged_at + self.config.reaction;
            self.book.on_circuit(circuit).any(|entry| just(entry) && entry.committed > entry.target)
        };
        fell_at.is_some_and(follows)
    }

    /// What happened to the master: a limit that has just fallen is not yet to be kept.
    pub(super) fn gives_time(&mut self, until: Instant) {
        let now = self.judged_to;
        for state in self.states.iter_mut().filter(|state| state.grace_until > now) {
            state.grace_until = state.grace_until.max(until);
        }
    }

    /// Whether a master that falls silent to this slave does so of its own will: it is not another, the slave answers,
    /// and its floor fits.
    fn is_free_choice(&self, now: Instant, bus: usize, id: TwcId, circuits: u64) -> bool {
        let Some(entry) = self.book.entry(bus, id) else {
            return true;
        };
        let (_, interrupted_at) = self.rhythms.get(bus).map(super::Rhythm::troubles).unwrap_or_default();
        let span = self.config.t_off + GIVES_UP;
        let falls = |state: &super::CircuitState| state.fell_at.is_some_and(|at| now < at + span);
        let has_fallen = self.states.iter().enumerate().any(|(at, state)| circuits & 1 << at != 0 && falls(state));
        entry.answers && interrupted_at < entry.last_end && !has_fallen
    }

    fn judge_fall(&mut self, now: Instant, circuit: usize) {
        let limit = self.limit(circuit).into_iter().min().unwrap_or_default();
        let Some(state) = self.states.get_mut(circuit) else {
            return;
        };
        let Some(fall) = state.fall.as_mut().filter(|fall| fall.deadline(&self.config).is_none_or(|at| at < now))
        else {
            return;
        };
        let troubles = self.rhythms.iter().map(super::Rhythm::troubles);
        let troubles = troubles.fold((Instant::ZERO, Instant::ZERO), |a, b| (a.0.max(b.0), a.1.max(b.1)));
        let entries: Vec<_> = self.book.on_circuit(circuit).collect();
        let finding = fall.check(limit, &entries, troubles, &self.config);
        if fall.deadline(&self.config).is_none() {
            state.fall = None;
        }
        if let Some((rule, text)) = finding {
            let text = format!("{}: {text}", self.name(circuit));
            self.find(None, now, rule, text);
        }
    }

    fn judge_open_gaps(&mut self, now: Instant) {
        for bus in 0..self.rhythms.len() {
            let gap = self.rhythms.get_mut(bus).and_then(|rhythm| rhythm.open_gap(now, &self.config));
            if let Some((id, waited)) = gap {
                let text = format!("{id} has had no heartbeat for {} ms", waited.as_millis());
                self.find(Some(bus), now, Rule::HeartbeatGap, text);
            }
        }
    }

    fn judge_linking(&mut self, now: Instant, index: usize) {
        let Some(unit) = self.units.get(index).filter(|unit| unit.linking.is_pending() && !unit.is_doubted) else {
            return;
        };
        let (Some(service), Some(id)) = (self.config.service, self.tree.id(index)) else {
            return;
        };
        let bus = unit.bus;
        let standing = self.standing(now, bus, index, id);
        let finding = self.units.get_mut(index).and_then(|unit| unit.linking.check(now, standing, &service));
        if let Some((rule, text)) = finding {
            self.find(Some(bus), now, rule, format!("{id} {text}"));
        }
    }

    /// Whether several units of a bus have lost power at once; they come back one after another.
    fn is_paced(&self, bus: usize, now: Instant) -> bool {
        self.rhythms.get(bus).is_some_and(|rhythm| now < rhythm.paced_until)
    }

    /// A unit announces itself with another sign than before.
    pub(super) fn note_reboot(&mut self, now: Instant, bus: usize, index: usize) {
        let others = self.units.iter().enumerate().filter(|(other, unit)| *other != index && unit.bus == bus);
        let mut reboots = others.filter_map(|(_, unit)| unit.rebooted_at);
        let together = reboots.any(|at| now.since(at) < TOGETHER);
        if let (Some(rhythm), true) = (self.rhythm(bus), together) {
            rhythm.paced_until = now + PACED;
        }
    }

    /// How much longer than a single slave's first heartbeat the last one's of all may take.
    fn round(&self, bus: usize) -> Duration {
        let units = self.units.iter().filter(|unit| unit.bus == bus).count();
        let is_slow = self.rhythms.get(bus).is_some_and(|rhythm| rhythm.is_slow);
        let Some(Service { gaps: [one, .., three], busy_gap, .. }) = self.config.service else {
            return Duration::ZERO;
        };
        match units {
            0 | 1 => Duration::ZERO,
            _ if is_slow => busy_gap.saturating_sub(one),
            _ => three.saturating_sub(one),
        }
    }

    fn standing(&self, now: Instant, bus: usize, index: usize, id: TwcId) -> Standing {
        let entry = self.book.entry(bus, id);
        let counts = entry.filter(|entry| entry.counts && now < entry.last_end + self.config.t_off);
        // Whoever was freed may come back with what it held.
        let keeps_held = self.config.relinked_counts_held && counts.is_none();
        let held = entry.filter(|_| keeps_held).map_or(0, Entry::believed);
        let unit = self.units.get(index);
        // And of whom nothing is known, he may come back with all that his unit can take.
        let most = unit.filter(|_| entry.is_some_and(|entry| !entry.is_known)).map_or(0, |unit| unit.most);
        let least = unit.map_or(0, |unit| unit.least).max(self.config.floor).max(held).max(most);
        let circuits = self.tree.circuits(bus, Some(index), &self.config);
        // Of a unit that was lost and not heard since, a master need not believe that it has stopped.
        let needs = least.saturating_add(self.book.lost(circuits, bus, id));
        let fits = |circuit: usize| {
            let others = self.book.believed_beside(circuit, bus, id).saturating_add(needs);
            circuits & 1 << circuit == 0 || self.limit(circuit).iter().all(|limit| others <= *limit)
        };
        let silent_for = entry.map(|entry| now.since(entry.last_end));
        let reserved_for = self.config.t_off + LINK_BUFFER;
        let (disturbed_at, interrupted_at) =
            self.rhythms.get(bus).map(super::Rhythm::troubles).unwrap_or_default();
        // To a master that has just started, everybody may still have everything.
        let knows = || now > interrupted_at + reserved_for && self.book.knows_all_but(circuits, bus, id);
        let has_started = (interrupted_at == Instant::ZERO || knows()) && !self.is_paced(bus, now);
        Standing {
            has_room: has_started && (0..self.states.len()).all(fits),
            is_reserved: silent_for.is_some_and(|span| {
                let answers = entry.is_some_and(|entry| entry.answers);
                let is_withheld = self.config.may_withhold && answers && span > self.config.max_gap;
                is_withheld || ((!answers || span > self.config.max_gap) && span < reserved_for)
            }),
            since: disturbed_at,
            round: self.round(bus),
        }
    }
}
