//! What the judge looks at by itself: chargers, the grid, and the clock.

use core::time::Duration;

use twc_proto::{Instant, TwcId};

use super::linking::Standing;
use super::tree::{exceeds, greatest};
use super::{Checker, Rule, Unit, begins, listed, tolerance};
use crate::charger::Charger;

/// A master may take a slave that it was silent to for running so much longer than it must.
const LINK_BUFFER: Duration = Duration::from_secs(5);

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
        self.tree.note_id(index, id);
        let circuits = self.tree.circuits(bus, Some(index), &self.config);
        self.is_touched |= self.truth.look(index, circuits, charger);
        let heard_at = self.rhythms.get(bus).and_then(|rhythm| rhythm.last_end(id));
        let Some(unit) = self.units.get_mut(index) else {
            return;
        };
        let finding = unit.wear.look(now, charger, heard_at, self.config.service.as_ref());
        if self.config.service.is_some() {
            unit.linking.look(charger);
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
        let must_judge = self.is_touched || excused != self.excused || self.grace_ends(now);
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
        let is_excused = is_undetected || now < state.grace_until;
        let offers_too_much = begins(&mut state.over, 1, !is_excused && exceeds(in_force, limit, |_| 0));
        let draws_too_much = begins(&mut state.over, 2, !is_excused && exceeds(drawn, limit, tolerance));
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
        let Some(unit) = self.units.get(index).filter(|unit| unit.linking.is_pending()) else {
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

    fn standing(&self, now: Instant, bus: usize, index: usize, id: TwcId) -> Standing {
        let entry = self.book.entry(bus, id);
        let counts = entry.filter(|entry| entry.counts && now < entry.last_end + self.config.t_off);
        let own = counts.map_or(0, |entry| entry.committed);
        let least = self.units.get(index).map_or(0, |unit| unit.least).max(self.config.floor);
        let circuits = self.tree.circuits(bus, Some(index), &self.config);
        let fits = |circuit: usize| {
            let others = self.book.promised().of(circuit).map(|sum| sum.saturating_sub(own).saturating_add(least));
            circuits & 1 << circuit == 0 || !exceeds(others, self.limit(circuit), |_| 0)
        };
        let silent_for = entry.map(|entry| now.since(entry.last_end));
        let reserved_for = self.config.t_off + LINK_BUFFER;
        let (disturbed_at, _) = self.rhythms.get(bus).map(super::Rhythm::troubles).unwrap_or_default();
        Standing {
            has_room: (0..self.states.len()).all(fits),
            is_reserved: silent_for.is_some_and(|span| span > self.config.max_gap && span < reserved_for),
            since: disturbed_at,
        }
    }
}
