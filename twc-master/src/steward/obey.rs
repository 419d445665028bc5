//! From decisions to commands.

use core::time::Duration;

use twc_proto::{CentiAmps, Instant, TwcId};

use super::Steward;
use super::caps::Capped;
use super::hands::{Call, Wanted};
use super::look::Seen;
use super::phases::{Calls, Sun};
use super::vehicles::{Whose, rule};
use crate::budget::meter::Freshness;
use crate::budget::phase_switch::{Position, Task};
use crate::budget::plan::{Candidate, Decision, Layer, Mode, Reason, Scheduled};
use crate::budget::surplus::Surplus;
use crate::config::{DEFAULT_CIRCUIT_LIMIT, FLOOR, MAX_SLAVES};
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
    /// How it was to be stopped, if at all.
    way: Option<Way>,
    /// Since when it has been stopped, or not.
    since: Instant,
}

/// How a slave is to be stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// As its car and its unit want.
    Usual,
    By(Strategy),
}

/// A slave that gets heartbeats again has so long to show that there is a car.
const SHOWS_ITS_CAR: Duration = Duration::from_secs(90);

impl Steward {
    /// The slave at this place of the look, as the planner wants it.
    pub(super) fn candidate(&mut self, now: Instant, place: usize, caps: &[Capped]) -> Option<Candidate> {
        let seen = *self.look.get(place)?;
        let protection = self.protection(now, &seen, caps);
        let slave = seen.status.slave;
        // A slave without heartbeats shows nothing: there may be a car by now, so it is tried when there is something.
        let told = self.obeyed(slave);
        let tried = told.is_some_and(|told| told.way.is_none() && now < told.since + SHOWS_ITS_CAR);
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
            phases: seen.wished,
            asks,
            draws: seen.draws(),
            watt_hours: seen.watt_hours,
            priority: 0,
            since: seen.known,
        };
        let Some(listed) = listed else { return Some(usual) };
        let rule = rule(self.garage.at(slave), listed, &self.settings);
        let scheduled = rule.schedule.and_then(|index| self.scheduled(now, &seen, index));
        Some(Candidate {
            mode: rule.mode,
            scheduled,
            minimum: rule.minimum,
            cap: rule.maximum,
            priority: rule.priority,
            ..usual
        })
    }

    /// What a schedule says to this slave now.
    fn scheduled(&mut self, now: Instant, seen: &Seen, index: usize) -> Option<Scheduled> {
        let schedule = &self.settings.schedules.get(index)?.schedule;
        let slave = seen.status.slave;
        let departed = self.clock.departed(now, schedule);
        let given = seen.knowledge.map_or(0, |known| self.given.since(slave, &known, departed));
        Some(self.clock.verdict(now, (slave, index), schedule, given))
    }

    /// Sees whose cars there are. The master learns who has a kind of its own.
    pub(super) fn look_at_cars<S: Share>(&mut self, now: Instant, master: &mut Master<S>) {
        if !core::mem::replace(&mut self.has_introduced, true) {
            for vehicle in &self.settings.vehicles {
                // As many as the master can know, by the configuration's check.
                let _ = vehicle.vin.zip(vehicle.car).map(|(vin, car)| master.know_vehicle(vin, car));
            }
            master.set_guest(self.settings.guest.as_ref().and_then(|guest| guest.car));
        }
        for place in 0..MAX_SLAVES {
            let Some(seen) = self.look.get(place) else { continue };
            let (slave, linked) = (seen.status.slave, seen.status.standing == Standing::Linked);
            let Some(known) = seen.knowledge else { continue };
            let name = match self.garage.note(now, slave, linked, &known, &self.settings) {
                Some(Whose::Named(index)) => self.settings.vehicles.get(index).map(|vehicle| vehicle.name.clone()),
                Some(Whose::Guests) => Some("a guest".into()),
                _ => None,
            };
            if let Some(name) = name {
                self.tell(std::format!("the car at {slave} is {name}"));
            }
        }
    }

    /// Tells the master what a decision comes to, where that is news.
    pub(super) fn obey<S: Share>(&mut self, now: Instant, decision: &Decision, master: &mut Master<S>) {
        let slave = decision.slave;
        let told = self.obeyed(slave);
        // What protection takes away the guard takes away by itself, at once and without counting strikes. A car that
        // takes nothing need not be stopped, and shows by itself when it wants something again.
        let was = told.and_then(|told| told.way);
        let listed = self.settings.listed(slave);
        let by_hook = listed.is_some_and(|listed| listed.stop == Some(Strategy::Hook));
        // A contactor interrupts a car as silence does, and a car forgives few of either.
        let seen = self.look.of(slave);
        let forgives = |seen: &Seen| listed.is_none_or(|listed| forgives(listed.car, seen.status.strikes));
        let is_open = was == Some(Way::By(Strategy::Hook));
        let spent = self.hands.has_contactor(slave) && !is_open && !seen.is_some_and(forgives);
        // Nor is a hook run where there is nothing to stop.
        let idle = |seen: &Seen| by_hook && seen.status.standing == Standing::Linked && !seen.is_plugged();
        let takes_nothing = |seen: &Seen| seen.is_content(now) || idle(seen);
        let content = was.is_none() && seen.is_some_and(takes_nothing);
        let stop = decision.amps.is_none() && decision.reason.layer() != Layer::Protection && !content;
        let usual = listed.and_then(|listed| listed.stop).filter(|_| !spent).map_or(Way::Usual, Way::By);
        let proof = self.proof_by(slave, by_hook).map(Way::By);
        let way = proof.or(stop.then_some(usual));
        let cap = decision.amps.map(|amps| amps.max(FLOOR));
        if told.is_some_and(|told| told.way == way && told.cap == cap) {
            return;
        }
        let rule = |listed| rule(self.garage.at(slave), listed, &self.settings);
        let priority = listed.map_or(0, |listed| rule(listed).priority);
        let settings = SlaveSettings {
            profile: listed.map_or(&Profile::UNKNOWN, |listed| listed.car),
            priority,
            cap: Some(cap.unwrap_or(FLOOR)),
        };
        // At most as many slaves as a bus allows, and no cap under the floor: it cannot be refused.
        let _ = master.set_slave(slave, settings);
        if was.is_some() && was != way {
            let _ = master.release(now, slave);
        }
        // Where the configured way is spent or impossible, the least is what is left.
        if let Some(way) = way.filter(|way| was != Some(*way)) {
            let way = if let Way::By(way) = way { Some(way) } else { None };
            if master.stop(slave, way).is_err() {
                let _ = master.stop(slave, Some(Strategy::ReduceToMinimum));
            }
        }
        let since = told.filter(|told| told.way.is_some() == way.is_some()).map_or(now, |told| told.since);
        let known = self.obeyed.iter().position(|of| of.is_none_or(|of| of.slave == slave));
        if let Some(slot) = known.and_then(|place| self.obeyed.get_mut(place)) {
            *slot = Some(Obeyed { slave, cap, way, since });
        }
    }

    /// The way to stop that ends in proof, while the switch in front of a slave needs that.
    fn proof_by(&self, slave: TwcId, by_hook: bool) -> Option<Strategy> {
        let task = self.switches.of(slave)?.task();
        let dark = by_hook && self.hands.has_contactor(slave);
        matches!(task, Task::Stop | Task::Switch(_)).then_some(if dark {
            Strategy::Hook
        } else {
            Strategy::Withhold
        })
    }

    /// Moves the switch in front of a slave where that is worth it, and says what that makes of a decision.
    pub(super) fn switch_phases(&mut self, now: Instant, decision: Decision) -> Decision {
        let slave = decision.slave;
        let Some(seen) = self.look.of(slave).copied() else { return decision };
        let minimum = self.settings.listed(slave).map_or(FLOOR, |listed| listed.minimum);
        let sun = self.sun_for(now, &decision, &seen, minimum);
        let Some(behind) = self.switches.of_mut(slave) else { return decision };
        let due = behind.step(now, &seen, sun);
        let (task, under_way) = (behind.task(), behind.under_way());
        if let Some(to) = due {
            let name = self.settings.listed(slave).and_then(|listed| listed.name.clone());
            let wanted = if to == Position::One { Wanted::OnePhase } else { Wanted::ThreePhases };
            let (program, reason) = (behind.program.clone(), std::format!("{}", decision.reason));
            self.hands.call(Call { slave, name, wanted, reason, program, feedback: None });
        }
        let amps = match task {
            Task::None => return decision,
            Task::Reduce => decision.amps.map(|amps| amps.min(minimum)),
            Task::Stop | Task::Switch(_) => None,
        };
        let Some(to) = under_way else { return decision };
        let reason = Reason::PhaseSwitch { to };
        let last = self.before.iter().flatten().find(|last| last.slave == slave && last.reason == reason);
        let since = last.map_or(now, |last| last.since);
        Decision { slave, amps, reason, since, next: None }
    }

    /// What the sun has for this car, beside what other cars draw of it.
    fn sun_for(&self, now: Instant, decision: &Decision, seen: &Seen, minimum: CentiAmps) -> Sun {
        let listed = self.settings.listed(decision.slave);
        let volts = i32::from(self.settings.volts);
        let watts = |centiamps: i32| centiamps.saturating_mul(volts) / 100;
        let surplus = self.planner.surplus().filter(|surplus| surplus.meter().freshness(now) == Freshness::Fresh);
        let others = self.look.drawn(|id| id != decision.slave).sum();
        let left = surplus.and_then(Surplus::mean).map(|mean| mean.total().saturating_sub(watts(others)));
        let calls = match decision.reason {
            Reason::Solar { .. } => left.map_or(Calls::Nothing, Calls::Sun),
            Reason::Full { .. } => Calls::All,
            _ => Calls::Nothing,
        };
        let bears_it = listed.is_none_or(|listed| forgives(listed.car, seen.status.strikes));
        Sun { calls, least: watts(minimum.value().into()), bears_it }
    }

    /// Sees to what hooks have to do.
    pub(super) fn use_hands<S: Share>(&mut self, now: Instant, master: &mut Master<S>) {
        let look = &self.look;
        self.hands.look_for_unheard(now, |id| look.of(id).is_some());
        for decision in self.decided.iter().flatten() {
            let slave = decision.slave;
            let Some(seen) = self.look.of(slave) else { continue };
            let told = self.obeyed(slave);
            let settled = told.is_some_and(|told| told.way.is_some() == seen.stopped.is_some());
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
