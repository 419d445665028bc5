//! What the car draws, step by step.

use core::time::Duration;

use twc_proto::{CentiAmps, Instant};

use super::Charger;
use super::power::{STEP, UNITS_PER_MJ};
use super::session::{Adjust, Session};

/// What a car draws while the unit says 08.
const STARTING_CURRENT: CentiAmps = CentiAmps::new(130);

impl Charger {
    /// Adds up the energy until `now`.
    pub(super) fn integrate(&mut self, now: Instant) {
        let span = now.since(self.power.integrated_to);
        self.power.integrated_to = self.power.integrated_to.max(now);
        if self.power.current() == CentiAmps::ZERO {
            return;
        }
        let micros = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
        let taken = self.power.add_energy(self.units_per_micro().saturating_mul(micros));
        if let Some(car) = &mut self.car {
            car.take(taken);
        }
    }

    pub(super) fn close_relay(&mut self, now: Instant) {
        self.power.close(now, self.config.welds_at_closing);
    }

    /// Lets the car follow its offer one step, and says when the next is due.
    pub(super) fn follow(&mut self, now: Instant) {
        let Some(car) = self.car.as_mut().filter(|_| self.power.is_closed()) else {
            return;
        };
        let (up, down) = (car.profile().ramp_up, car.profile().ramp_down);
        if self.power.is_ordered() {
            let (fall, rise) = (car.profile().reaction, car.profile().rise_delay);
            if let Some(old) = self.power.see_offer(now, self.held_limit, fall, rise) {
                car.offer_changed(now, old, self.held_limit, self.config.max_current);
            }
        }
        let target = self.target(now);
        if self.power.step_at.is_none_or(|at| at <= now) {
            if self.power.step_at.is_some() {
                self.power.step(target, up, down);
            }
            self.power.step_at = self.next_step(now, target);
        } else if self.power.current() != target {
            let soon = now + STEP;
            self.power.step_at = self.power.step_at.map(|at| at.min(soon));
        }
    }

    /// The next step of a ramp, the moment a ramp may begin, or the moment the car draws less or is full.
    fn next_step(&self, now: Instant, target: CentiAmps) -> Option<Instant> {
        if self.power.current() != target {
            return Some(now + STEP);
        }
        let fuller_at = self.fuller_at(now);
        let ramps_at = Some(self.power.ramp_from).filter(|at| *at > now);
        let restore_at = match self.adjust {
            Adjust::Lowering { restore_at, .. } => Some(restore_at).filter(|at| *at > now),
            _ => None,
        };
        [fuller_at, ramps_at, restore_at].into_iter().flatten().min()
    }

    fn fuller_at(&self, now: Instant) -> Option<Instant> {
        let missing = self.car.as_ref()?.energy_to_next_change().saturating_mul(UNITS_PER_MJ);
        let per_micro = self.units_per_micro();
        let micros = missing.checked_div(per_micro)?.saturating_add(1);
        Some(now + Duration::from_micros(micros))
    }

    fn target(&self, now: Instant) -> CentiAmps {
        let Some(car) = &self.car else {
            return CentiAmps::ZERO;
        };
        let (offer, unit_max) = (self.power.offer(), self.config.max_current);
        if !self.power.is_ordered() {
            // A welded contact: the car goes on with the last offer it had.
            return if car.is_full() { CentiAmps::ZERO } else { car.appetite(offer, unit_max) };
        }
        let target = car.target(offer, unit_max);
        let target = match self.session {
            Session::Starting { until: Some(_) } => target.min(STARTING_CURRENT),
            Session::Charging if now < self.power.ramp_from => target.min(STARTING_CURRENT),
            Session::Starting { until: None } | Session::Charging => target,
            _ => CentiAmps::ZERO,
        };
        match self.adjust {
            Adjust::Lowering { cap, restore_at, .. } if now < restore_at => target.min(cap),
            _ => target,
        }
    }

    pub(super) fn phases_in_use(&self) -> usize {
        self.car.as_ref().map_or(0, |car| usize::from(car.phases()))
    }

    /// Power, in units of 10 nJ per microsecond.
    fn units_per_micro(&self) -> u64 {
        let volts =
            self.config.volts.iter().take(self.phases_in_use()).map(|volts| u64::from(*volts)).sum::<u64>();
        volts * u64::from(self.power.current().value())
    }

    /// What each terminal carries, as the meter shows it in steps of half an ampere.
    pub(super) fn phase_half_amps(&self) -> [u8; 3] {
        let half_amps = u8::try_from(self.reported_current().value().saturating_add(25) / 50).unwrap_or(u8::MAX);
        let mut out = [0; 3];
        for (slot, volts) in out.iter_mut().zip(self.config.volts).take(self.phases_in_use()) {
            *slot = if volts == 0 { 0 } else { half_amps };
        }
        out
    }
}
