//! What is going to happen to a unit: cars that come and go, a finger on its button, a limit it forgets.

use core::time::Duration;
use std::collections::VecDeque;

use twc_proto::{CentiAmps, Instant};

use super::Charger;
use super::session::Session;
use crate::car::{Car, CarPlan};

/// Visits planned at one time; more are refused.
const MAX_PLANS: usize = 256;
/// Cars that left are kept for reports, the last so many.
const MAX_DEPARTED: usize = 64;
/// Held so long, the button clears errors …
const SHORT_HOLD: Duration = Duration::from_secs(4);
/// … and so long, it reboots the unit.
const LONG_HOLD: Duration = Duration::from_secs(6);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reset {
    Errors,
    Reboot,
}

#[derive(Debug, Default)]
pub(super) struct Agenda {
    /// In order of arrival.
    plans: VecDeque<CarPlan>,
    leaves_at: Option<Instant>,
    departed: VecDeque<Car>,
    button: Option<(Instant, Reset)>,
    forgets_at: Option<Instant>,
    /// The earliest of them all.
    next: Option<Instant>,
}

impl Agenda {
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.next
    }

    fn refresh(&mut self) {
        let arrival = self.plans.front().map(|plan| plan.arrives);
        let button = self.button.map(|(at, _)| at);
        self.next = [arrival, self.leaves_at, button, self.forgets_at].into_iter().flatten().min();
    }

    fn take_arrival(&mut self, now: Instant) -> Option<CarPlan> {
        self.plans.front().filter(|plan| plan.arrives <= now)?;
        self.plans.pop_front()
    }

    fn departs(&mut self, car: Option<Car>) {
        if self.departed.len() >= MAX_DEPARTED {
            self.departed.pop_front();
        }
        self.departed.extend(car);
    }

    /// The unit has begun to charge; `after` so long it forgets its limit.
    pub(super) fn forget_after(&mut self, now: Instant, after: Option<Duration>) {
        self.forgets_at = after.map(|after| now + after);
        self.refresh();
    }

    /// The car is gone, by plan or not.
    pub(super) fn car_left(&mut self) {
        self.leaves_at = None;
        self.forgets_at = None;
        self.refresh();
    }
}

impl Charger {
    /// The car of `plan` comes and goes by itself. Where another is plugged in when it comes, it drives on.
    /// Returns false when too many visits are planned already.
    pub fn expect_car(&mut self, plan: CarPlan) -> bool {
        let agenda = &mut self.agenda;
        if agenda.plans.len() >= MAX_PLANS {
            return false;
        }
        let index = agenda.plans.partition_point(|other| other.arrives <= plan.arrives);
        agenda.plans.insert(index, plan);
        agenda.refresh();
        true
    }

    /// The visits still to come.
    pub fn expected_cars(&self) -> impl Iterator<Item = &CarPlan> {
        self.agenda.plans.iter()
    }

    /// The cars that left by their plan, the last of them last.
    pub fn departed_cars(&self) -> impl Iterator<Item = &Car> {
        self.agenda.departed.iter()
    }

    /// Somebody presses the button for `span`: from 4 s on it clears errors ([`Charger::reset_errors`]), from
    /// 6 s on it reboots the unit ([`Charger::reset`]), both when the time is over. While it is held the unit
    /// announces itself.
    pub fn hold_reset(&mut self, now: Instant, span: Duration) {
        self.advance(now);
        if !self.is_powered {
            return;
        }
        self.announcer.hold(now);
        self.agenda.button = if span >= LONG_HOLD {
            Some((now + LONG_HOLD, Reset::Reboot))
        } else {
            (span >= SHORT_HOLD).then_some((now + span, Reset::Errors))
        };
        self.agenda.refresh();
    }

    /// Lives through what is due.
    pub(super) fn keep_agenda(&mut self, now: Instant) {
        if self.agenda.leaves_at.is_some_and(|at| at <= now) {
            let car = self.take_car(now);
            self.agenda.departs(car);
        }
        while let Some(plan) = self.agenda.take_arrival(now) {
            if self.connect(now, plan.car()).is_ok() {
                self.agenda.leaves_at = plan.leaves;
            }
        }
        if let Some((_, reset)) = self.agenda.button.take_if(|(at, _)| *at <= now) {
            match reset {
                Reset::Errors => self.clear_errors(now),
                Reset::Reboot => self.reboot(now, Some(self.config.reset_boot_time)),
            }
        }
        if self.agenda.forgets_at.take_if(|at| *at <= now).is_some() {
            self.forget_limit();
        }
        self.agenda.refresh();
    }

    /// The limit falls to what a pause leaves, unasked; the unit sits in 08 until a new one comes.
    pub(super) fn forget_limit(&mut self) {
        if self.held_limit <= self.config.limit_after_pause {
            return;
        }
        self.held_limit = self.config.limit_after_pause;
        if self.session == Session::Charging && self.held_limit > CentiAmps::ZERO {
            self.session = Session::Starting { until: None };
        }
    }
}
