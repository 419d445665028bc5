//! Who is to have how much, and why not more.

use core::time::Duration;

use twc_proto::{CentiAmps, Instant, TwcId, Version};

use crate::config::{FLOOR, MAX_SLAVES};
use crate::event::{Constraint, Event, Refusal, Withheld};
use crate::master::Master;
use crate::order::{Mode, Switch};
use crate::share::{Share, Target, Targets, Wish};
use crate::slave::{Phase, Slave};
use crate::stop::{HOOK_DEADLINE, Strategy, forgives};

const NOBODY: Wish = Wish {
    slave: TwcId::new(0),
    cap: FLOOR,
    minimum: FLOOR,
    asks: false,
    draws: false,
    priority: 0,
    linked: false,
    may_wait: false,
    since: Instant::ZERO,
};

/// Nobody is let back at the very moment when he must have stopped.
const MARGIN: Duration = Duration::from_secs(1);

/// The wishes of a round.
#[derive(Debug, Clone, Copy)]
struct Round {
    wishes: [Wish; MAX_SLAVES],
    count: usize,
    budget: CentiAmps,
    /// Who may be back at any time.
    away: [bool; MAX_SLAVES],
    /// Who waits for more than the floors of the others leave.
    crowded_out: Option<usize>,
}

impl<S: Share> Master<S> {
    /// Brings every slave's target up to date.
    #[inline(never)] // Flash: as `transmit`.
    pub(crate) fn plan(&mut self, now: Instant) {
        self.switch_as_ordered(now);
        let round = self.wishes();
        let wishes = round.wishes.get(..round.count).unwrap_or_default();
        let targets = self.share.divide(now, round.budget, wishes);
        self.take_targets(now, &round, &targets);
        if let Some(waiting) = round.crowded_out {
            self.make_way(waiting, now);
        }
    }

    /// A slave that stopped may resume with more than the floors of the others leave, and would wait for ever. Once
    /// they all are at their floors, as many as it takes make way at the same time.
    fn make_way(&mut self, waiting: usize, now: Instant) {
        let comes = |slot: usize| self.makes_way(slot) && !self.turn_is_back(slot, now);
        for (slot, slave) in self.slaves.iter().enumerate() {
            let linked = slave.as_ref().filter(|slave| slave.phase == Phase::Linked);
            if linked.is_some_and(|slave| slave.missed > 0 || self.guard.commitment(slot) != FLOOR) {
                return;
            }
        }
        if (0..MAX_SLAVES).any(comes) {
            return;
        }
        let Some(goes) = self.who_makes_way(waiting) else { return };
        for (slot, goes) in goes.iter().enumerate() {
            if *goes && !self.makes_way(slot) {
                self.withhold(slot, Withheld::Turn);
            }
        }
    }

    /// Who makes way so that a slave that stopped can come back: those without a car, else also those whose cars forgive
    /// it. `None` where not even that would do: then it waits until a car is unplugged.
    fn who_makes_way(&self, waiting: usize) -> Option<[bool; MAX_SLAVES]> {
        let mut goes = [false; MAX_SLAVES];
        (0..).zip(&mut goes).for_each(|(slot, goes)| *goes = self.makes_way(slot));
        if self.guard.fits_without(waiting, &goes) {
            return Some(goes);
        }
        for asks in [false, true] {
            for (slot, (goes, slave)) in goes.iter_mut().zip(&self.slaves).enumerate() {
                *goes |= slave.as_ref().is_some_and(|slave| slave.asks == asks) && self.may_make_way(slot);
            }
            if self.helps(waiting, &goes) {
                return Some(goes);
            }
        }
        None
    }

    /// Whether it gives a waiting slave room that these get no heartbeats: they must be known to stop while others are
    /// served, or nobody else may be.
    fn helps(&self, waiting: usize, goes: &[bool; MAX_SLAVES]) -> bool {
        let (mut others_served, mut all_proven) = (false, true);
        for (slot, (slave, goes)) in self.slaves.iter().zip(goes).enumerate() {
            let linked = slave.as_ref().is_some_and(|slave| slave.phase == Phase::Linked);
            others_served |= linked && !goes;
            all_proven &= !goes || self.guard.stops_proven(slot);
        }
        (all_proven || !others_served) && self.guard.fits_without(waiting, goes)
    }

    fn makes_way(&self, slot: usize) -> bool {
        self.guard.withheld(slot) == Some(Withheld::Turn)
    }

    fn may_make_way(&self, slot: usize) -> bool {
        let may = |slave: &Slave| slave.phase == Phase::Linked && self.wish(slot, slave).may_wait;
        self.makes_way(slot) || self.slaves.get(slot).and_then(Option::as_ref).is_some_and(may)
    }

    /// Slaves that get no heartbeats and owe nothing, and may be back at any time. Nobody who was switched off on
    /// purpose, nor an id that never answered.
    fn away(&self) -> [bool; MAX_SLAVES] {
        let mut away = [false; MAX_SLAVES];
        for (slot, (away, slave)) in away.iter_mut().zip(&self.slaves).enumerate() {
            let is_away = |slave: &Slave| {
                let gone =
                    matches!(slave.phase, Phase::Silent { .. }) && slave.is_real && !slave.orders.expected_off;
                let on_purpose = self.guard.withheld(slot).is_some() && !self.guard.is_protected_from(slot);
                gone && self.guard.commitment(slot) == CentiAmps::ZERO && !on_purpose
            };
            *away = slave.as_ref().is_some_and(is_away);
        }
        away
    }

    /// Stops and starts what was ordered to.
    fn switch_as_ordered(&mut self, now: Instant) {
        for slot in 0..MAX_SLAVES {
            let strikes = self.guard.strikes(slot);
            let Some(Some(slave)) = self.slaves.get_mut(slot) else { continue };
            let id = slave.id;
            if slave.orders.hook_until.take_if(|until| now >= *until).is_some() {
                self.events.push(Event::HookFailed { slave: id });
            }
            let wanted = slave.orders.wanted(self.mode, || slave.usual_stop(strikes));
            let until = now + HOOK_DEADLINE;
            match slave.orders.switch(now, wanted, slave.profile().dwell) {
                Switch::None => slave.orders.dwells = None,
                Switch::NotBefore(until) => slave.orders.dwells = Some(until),
                Switch::Stop(Strategy::Withhold) => self.withhold(slot, Withheld::Ordered),
                Switch::Stop(Strategy::Hook) => {
                    slave.orders.hook_until = Some(until);
                    self.events.push(Event::HookDue { slave: id, stop: true, until });
                }
                // Somebody may have released it before.
                Switch::Start(Strategy::Withhold) if self.guard.withheld(slot).is_some() => {
                    self.let_back(slot, now);
                }
                Switch::Start(Strategy::Hook) => {
                    slave.orders.hook_until = Some(until);
                    self.events.push(Event::HookDue { slave: id, stop: false, until });
                }
                Switch::Stop(_) | Switch::Start(_) => {}
            }
        }
    }

    /// The most a slave may be offered, and what binds it there.
    fn cap(&self, slot: usize, slave: &Slave) -> (CentiAmps, Constraint) {
        self.bound(slave, self.guard.cap(slot).min(self.guard.site_limit()).max(FLOOR))
    }

    /// `cap`, or less where somebody or the car itself wants less.
    pub(crate) fn bound(&self, slave: &Slave, cap: CentiAmps) -> (CentiAmps, Constraint) {
        let mut bound = (cap, Constraint::Cap { cap });
        if let Some(cap) = slave.settings.cap.filter(|cap| *cap < bound.0) {
            bound = (cap, Constraint::SlaveCap { cap });
        }
        if let Some(cap) = slave.demand.cap().filter(|cap| *cap < bound.0) {
            bound = (cap, Constraint::Demand { cap });
        }
        let minimum = slave.profile().minimum.min(bound.0);
        if self.mode == Mode::Minimum {
            bound = (minimum, Constraint::Minimum);
        }
        bound
    }

    /// What every slave brings to the division. What silent slaves may still draw is not there to be divided.
    #[inline(never)] // Flash: as `transmit`.
    fn wishes(&self) -> Round {
        let mut round = Round {
            wishes: [NOBODY; MAX_SLAVES],
            count: 0,
            budget: CentiAmps::ZERO,
            away: self.away(),
            crowded_out: None,
        };
        let (mut reserved, mut returning) = (0_u16, FLOOR);
        for (slot, slave) in self.slaves.iter().enumerate() {
            let Some(slave) = slave else { continue };
            let waits = self.guard.withheld(slot) == Some(Withheld::Turn);
            let owes = self.guard.commitment(slot);
            let comes_back = slave.phase == Phase::Waiting || self.guard.is_protected_from(slot);
            if comes_back && owes == CentiAmps::ZERO {
                let needs = self.guard.takes_back(slot);
                if needs > returning {
                    (returning, round.crowded_out) = (needs, Some(slot));
                }
            }
            if matches!(slave.phase, Phase::Silent { .. }) && !waits {
                reserved = reserved.saturating_add(owes.value());
                continue;
            }
            if let Some(place) = round.wishes.get_mut(round.count) {
                *place = self.wish(slot, slave);
                round.count += 1;
            }
        }
        let site = self.guard.site_limit();
        let whole = self.budget.unwrap_or(site).min(site).value();
        let floors = FLOOR.value().saturating_mul(round.count as u16);
        let away = round.away.iter().filter(|away| **away).count() as u16 * FLOOR.value();
        let left = site.value().saturating_sub(reserved);
        let all_fit = floors.saturating_add(away) <= left;
        let kept = if all_fit { away } else { 0 };
        let all = whole.saturating_sub(reserved).min(left - kept);
        let extra = returning.value().saturating_sub(FLOOR.value());
        // What the others must leave beyond the floor so that a slave may come back that may resume with more; where
        // that does not fit beside their floors, they are lowered to these, and some make way.
        let fits = floors.saturating_add(extra) <= all;
        // Where there are more floors than fit, the share says who waits.
        round.crowded_out =
            round.crowded_out.filter(|slot| all_fit && !fits && self.who_makes_way(*slot).is_some());
        round.budget = match round.crowded_out {
            Some(_) => CentiAmps::new(all.min(floors)),
            None => CentiAmps::new(if fits { all - extra } else { all }),
        };
        round
    }

    fn wish(&self, slot: usize, slave: &Slave) -> Wish {
        let (cap, _) = self.cap(slot, slave);
        Wish {
            slave: slave.id,
            cap,
            minimum: slave.profile().minimum.min(cap),
            asks: slave.asks && slave.orders.stopped.is_none(),
            draws: slave.phase == Phase::Linked && slave.draws(),
            priority: slave.settings.priority,
            linked: slave.phase == Phase::Linked,
            may_wait: forgives(slave.profile(), self.guard.strikes(slot)),
            since: slave.since,
        }
    }

    fn take_targets(&mut self, now: Instant, round: &Round, targets: &Targets) {
        let wishes = round.wishes.get(..round.count).unwrap_or_default();
        let asking = wishes.iter().filter(|wish| wish.asks).count() as u8;
        let mut fitting = [None; MAX_SLAVES];
        for (wish, target) in wishes.iter().zip(targets) {
            let Some(slot) = self.slot_of(wish.slave) else { continue };
            match target {
                Target::Withhold if wish.linked && wish.may_wait => self.withhold(slot, Withheld::Turn),
                // Half an interruption would be one for nothing.
                Target::Amps(_) if round.crowded_out.is_none() && self.turn_is_back(slot, now) => {
                    self.let_back(slot, now);
                }
                _ => {}
            }
            let amps = target.amps().filter(|amps| *amps >= FLOOR).map(|amps| amps.min(wish.cap));
            let cure = self.cure(slot, now).filter(|_| wish.asks && amps.is_some());
            if let Some(place) = fitting.get_mut(slot) {
                *place = cure.or(amps);
            }
            if let Some(Some(slave)) = self.slaves.get_mut(slot) {
                slave.curing = cure;
            }
        }
        self.guard.fit(&mut fitting, &round.away, now);
        for wish in wishes {
            let Some(slot) = self.slot_of(wish.slave) else { continue };
            let Some(Some(slave)) = self.slaves.get(slot) else { continue };
            let bound = self.cap(slot, slave).1;
            let amps = fitting.get(slot).copied().flatten();
            let constraint = match amps {
                None => Constraint::Held(Refusal::NoShare),
                Some(_) if !wish.asks => Constraint::NoDemand,
                Some(amps) if slave.curing == Some(amps) => Constraint::Cure { amps },
                Some(amps) if amps == wish.cap => bound,
                Some(_) => Constraint::Share { budget: round.budget, asking },
            };
            self.aim_at(slot, now, amps, constraint);
        }
    }

    /// Whether a slave that made room for others may be served again: it must have stopped by now.
    fn turn_is_back(&self, slot: usize, now: Instant) -> bool {
        self.makes_way(slot) && self.guard.reservation_ends(slot).is_none_or(|at| now > at + MARGIN)
    }

    /// What frees a car that sticks at 6 A, while all of it is free: nobody is lowered for its sake.
    #[inline(never)] // Flash: as `transmit`.
    fn cure(&mut self, slot: usize, now: Instant) -> Option<CentiAmps> {
        let Some(Some(slave)) = self.slaves.get_mut(slot) else { return None };
        let cure = slave.profile().latch.filter(|_| slave.missed == 0 && slave.orders.stopped.is_none())?;
        let amps = slave.latch.cure(now, &cure)?;
        let allowed = slave.settings.cap.unwrap_or(amps).min(self.guard.cap(slot));
        let fits = allowed >= amps && self.guard.free(slot) >= amps.value();
        if !fits {
            slave.latch.drop_cure();
        }
        fits.then_some(amps)
    }

    /// Sets what a slave is to have. A lowering does not wait for its turn.
    fn aim_at(&mut self, slot: usize, now: Instant, amps: Option<CentiAmps>, constraint: Constraint) {
        let Some(Some(slave)) = self.slaves.get_mut(slot) else { return };
        let stopped = slave.orders.stopped;
        let zero = stopped == Some(Strategy::Zero) && slave.version == Version::P1;
        slave.zero = zero;
        slave.target = amps.unwrap_or_default();
        slave.entitlement = match (stopped, slave.orders.dwells) {
            (_, Some(until)) => Constraint::Dwell { until },
            (Some(strategy), None) => Constraint::Stopped { strategy },
            (None, None) => constraint,
        };
        if slave.offered.is_some_and(|offered| slave.target < offered && slave.target >= FLOOR) {
            slave.due = slave.due.min(now);
        }
        self.guard.record_ahead(slot, slave.target);
    }
}
