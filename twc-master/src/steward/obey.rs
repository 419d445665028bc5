//! From decisions to commands.

use core::time::Duration;

use twc_proto::{CentiAmps, Instant, TwcId};

use super::Steward;
use crate::budget::plan::{Candidate, Decision, Layer, Mode};
use crate::config::{DEFAULT_CIRCUIT_LIMIT, FLOOR};
use crate::master::Master;
use crate::order::SlaveSettings;
use crate::profile::Profile;
use crate::share::Share;
use crate::stop::Strategy;

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
        let asks = seen.asks(now) || seen.status.withheld.is_some() || tried;
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
        let content = self.look.of(slave).is_some_and(|seen| seen.is_content(now));
        let stop = decision.amps.is_none() && decision.reason.layer() != Layer::Protection && !content;
        let cap = decision.amps.map(|amps| amps.max(FLOOR));
        if told.is_some_and(|told| told.stopped == stop && told.cap == cap) {
            return;
        }
        let listed = self.settings.listed(slave);
        let settings = SlaveSettings {
            profile: listed.map_or(&Profile::UNKNOWN, |listed| listed.car),
            priority: listed.map_or(0, |listed| listed.priority),
            cap: Some(cap.unwrap_or(FLOOR)),
        };
        // At most as many slaves as a bus allows, and no cap under the floor: it cannot be refused.
        let _ = master.set_slave(slave, settings);
        let was_stopped = told.is_some_and(|told| told.stopped);
        if stop && !was_stopped {
            // Where the configured way is spent or impossible, the least is what is left.
            let way = listed.and_then(|listed| listed.stop);
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

    fn obeyed(&self, slave: TwcId) -> Option<Obeyed> {
        self.obeyed.iter().flatten().find(|told| told.slave == slave).copied()
    }
}
