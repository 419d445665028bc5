//! From decisions to commands.

use core::time::Duration;

use twc_proto::{CentiAmps, Instant, TwcId};

use super::Steward;
use super::look::Seen;
use crate::budget::plan::{Candidate, Decision, Layer, Mode};
use crate::config::{DEFAULT_CIRCUIT_LIMIT, FLOOR};
use crate::master::{Master, Standing};
use crate::order::SlaveSettings;
use crate::profile::Profile;
use crate::share::Share;
use crate::stop::{Strategy, forgives};

/// What a slave was told last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Obeyed {
    slave: TwcId,
    cap: Option<CentiAmps>,
    stopped: bool,
    /// Since when it has been stopped, or not.
    since: Instant,
}

/// A slave that gets heartbeats again has so long to show that there is a car.
const SHOWS_ITS_CAR: Duration = Duration::from_secs(90);

impl Steward {
    /// The slave at this place of the look, as the planner wants it.
    pub(super) fn candidate(&mut self, now: Instant, place: usize) -> Option<Candidate> {
        let seen = *self.look.get(place)?;
        let protection = self.protection(now, &seen);
        let slave = seen.status.slave;
        // A slave without heartbeats shows nothing: there may be a car by now, so it is tried when there is something.
        let told = self.obeyed(slave);
        let tried = told.is_some_and(|told| !told.stopped && now < told.since + SHOWS_ITS_CAR);
        let tried = tried || self.hands.expects(slave);
        let dark = seen.status.standing != Standing::Linked && self.hands.has_contactor(slave);
        let hidden = dark || seen.status.withheld.is_some() || seen.is_kept_from_asking();
        let asks = seen.asks(now) || hidden || tried;
        let listed = self.settings.listed(slave);
        let usual = Candidate {
            slave,
            mode: Mode::Now,
            scheduled: None,
            minimum: FLOOR,
            cap: DEFAULT_CIRCUIT_LIMIT,
            protection,
            phases: seen.phases,
            asks,
            draws: seen.draws(),
            watt_hours: seen.watt_hours,
            priority: 0,
            since: seen.known,
        };
        let Some(listed) = listed else { return Some(usual) };
        let schedule = listed.schedule.and_then(|index| Some((index, self.settings.schedules.get(index)?)));
        let scheduled = schedule.map(|(index, of)| self.clock.verdict(now, index, &of.schedule));
        Some(Candidate {
            mode: listed.mode,
            scheduled,
            minimum: listed.minimum,
            cap: listed.maximum,
            priority: listed.priority,
            ..usual
        })
    }

    /// Tells the master what a decision comes to, where that is news.
    pub(super) fn obey<S: Share>(&mut self, now: Instant, decision: &Decision, master: &mut Master<S>) {
        let slave = decision.slave;
        let told = self.obeyed(slave);
        // What protection takes away the guard takes away by itself, at once and without counting strikes. A car that
        // takes nothing need not be stopped, and shows by itself when it wants something again.
        let was_stopped = told.is_some_and(|told| told.stopped);
        let listed = self.settings.listed(slave);
        let by_hook = listed.is_some_and(|listed| listed.stop == Some(Strategy::Hook));
        // A contactor interrupts a car as silence does, and a car forgives few of either.
        let seen = self.look.of(slave);
        let forgives = |seen: &Seen| listed.is_none_or(|listed| forgives(listed.car, seen.status.strikes));
        let spent = self.hands.has_contactor(slave) && !seen.is_some_and(forgives);
        // Nor is a hook run where there is nothing to stop.
        let idle = |seen: &Seen| by_hook && seen.status.standing == Standing::Linked && !seen.is_plugged();
        let takes_nothing = |seen: &Seen| seen.is_content(now) || idle(seen);
        let content = !was_stopped && seen.is_some_and(takes_nothing);
        let stop = decision.amps.is_none() && decision.reason.layer() != Layer::Protection && !content;
        let cap = decision.amps.map(|amps| amps.max(FLOOR));
        if told.is_some_and(|told| told.stopped == stop && told.cap == cap) {
            return;
        }
        let settings = SlaveSettings {
            profile: listed.map_or(&Profile::UNKNOWN, |listed| listed.car),
            priority: listed.map_or(0, |listed| listed.priority),
            cap: Some(cap.unwrap_or(FLOOR)),
        };
        // At most as many slaves as a bus allows, and no cap under the floor: it cannot be refused.
        let _ = master.set_slave(slave, settings);
        if stop && !was_stopped {
            // Where the configured way is spent or impossible, the least is what is left.
            let way = listed.and_then(|listed| listed.stop).filter(|_| !spent);
            if master.stop(slave, way).is_err() {
                let _ = master.stop(slave, Some(Strategy::ReduceToMinimum));
            }
        } else if was_stopped && !stop {
            let _ = master.release(now, slave);
        }
        let since = told.filter(|told| told.stopped == stop).map_or(now, |told| told.since);
        let known = self.obeyed.iter().position(|of| of.is_none_or(|of| of.slave == slave));
        if let Some(slot) = known.and_then(|place| self.obeyed.get_mut(place)) {
            *slot = Some(Obeyed { slave, cap, stopped: stop, since });
        }
    }

    /// Sees to what hooks have to do.
    pub(super) fn use_hands<S: Share>(&mut self, now: Instant, master: &mut Master<S>) {
        let look = &self.look;
        self.hands.look_for_unheard(now, |id| look.of(id).is_some());
        for decision in self.decided.iter().flatten() {
            let slave = decision.slave;
            let Some(seen) = self.look.of(slave) else { continue };
            let told = self.obeyed.iter().flatten().find(|told| told.slave == slave);
            let settled = told.is_some_and(|told| told.stopped == seen.stopped.is_some());
            if self.hands.look(now, seen, settled, &decision.reason) {
                // It is known, for it was seen.
                let _ = master.expect_power_off(slave);
            }
        }
    }

    pub(super) fn obeyed(&self, slave: TwcId) -> Option<Obeyed> {
        self.obeyed.iter().flatten().find(|told| told.slave == slave).copied()
    }
}
