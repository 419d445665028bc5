//! Relay, current and energy. The current is constant between steps, so energy is exact.

use core::time::Duration;

use twc_proto::{CentiAmps, Instant};

use super::Charger;
use super::session::{Adjust, Session};

/// A ramp moves in steps of this length.
const STEP: Duration = Duration::from_millis(100);
const STEPS_PER_SECOND: u16 = 10;
/// What a car draws while the unit says 08.
const STARTING_CURRENT: CentiAmps = CentiAmps::new(130);
/// A volt times a centiamp for a microsecond is 10 nJ.
const UNITS_PER_MJ: u64 = 100_000;

#[derive(Debug)]
pub(super) struct Power {
    relay_closed: bool,
    relay_closings: u32,
    current: CentiAmps,
    integrated_to: Instant,
    energy_mj: u64,
    /// Below a millijoule, in units of 10 nJ.
    energy_rest: u64,
    /// The offer the car follows; a lower one reaches it after its reaction time.
    offer: CentiAmps,
    falls_at: Option<Instant>,
    ramp_from: Instant,
    step_at: Option<Instant>,
}

impl Power {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            relay_closed: false,
            relay_closings: 0,
            current: CentiAmps::ZERO,
            integrated_to: now,
            energy_mj: 0,
            energy_rest: 0,
            offer: CentiAmps::ZERO,
            falls_at: None,
            ramp_from: now,
            step_at: None,
        }
    }

    pub(super) fn current(&self) -> CentiAmps {
        self.current
    }

    pub(super) fn relay_closed(&self) -> bool {
        self.relay_closed
    }

    pub(super) fn relay_closings(&self) -> u32 {
        self.relay_closings
    }

    pub(super) fn energy_mj(&self) -> u64 {
        self.energy_mj
    }

    pub(super) fn close(&mut self, now: Instant) {
        if !self.relay_closed {
            self.relay_closed = true;
            self.relay_closings = self.relay_closings.saturating_add(1);
            self.offer = CentiAmps::ZERO;
            self.ramp_from = now;
        }
    }

    /// Nothing flows from here on.
    pub(super) fn open(&mut self, now: Instant) {
        self.relay_closed = false;
        self.current = CentiAmps::ZERO;
        self.offer = CentiAmps::ZERO;
        self.falls_at = None;
        self.step_at = None;
        self.integrated_to = self.integrated_to.max(now);
    }

    pub(super) fn ramp_from(&mut self, at: Instant) {
        self.ramp_from = at;
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        match (self.step_at, self.falls_at) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    fn see_offer(&mut self, now: Instant, limit: CentiAmps, reaction: Duration) {
        if limit >= self.offer || self.falls_at.is_some_and(|at| at <= now) {
            self.offer = limit;
            self.falls_at = None;
        } else if self.falls_at.is_none() {
            self.falls_at = Some(now + reaction);
        }
    }

    /// One step towards `target`.
    fn step(&mut self, target: CentiAmps, up: u16, down: u16) {
        let (now, target) = (self.current.value(), target.value());
        let (up, down) = ((up / STEPS_PER_SECOND).max(1), (down / STEPS_PER_SECOND).max(1));
        let next =
            if now < target { target.min(now.saturating_add(up)) } else { target.max(now.saturating_sub(down)) };
        self.current = CentiAmps::new(next);
    }

    fn add_energy(&mut self, units: u64) -> u64 {
        let units = self.energy_rest.saturating_add(units);
        self.energy_rest = units % UNITS_PER_MJ;
        let whole = units / UNITS_PER_MJ;
        self.energy_mj = self.energy_mj.saturating_add(whole);
        whole
    }
}

impl Charger {
    /// Adds up the energy until `now`.
    pub(super) fn integrate(&mut self, now: Instant) {
        let span = now.since(self.power.integrated_to);
        self.power.integrated_to = self.power.integrated_to.max(now);
        if self.power.current == CentiAmps::ZERO {
            return;
        }
        let micros = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
        let taken = self.power.add_energy(self.units_per_micro().saturating_mul(micros));
        if let Some(car) = &mut self.car {
            car.take(taken);
        }
    }

    /// Lets the car follow its offer one step, and says when the next is due.
    pub(super) fn follow(&mut self, now: Instant) {
        let Some(car) = self.car.as_ref().filter(|_| self.power.relay_closed) else {
            return;
        };
        let (up, down, reaction) = (car.profile().ramp_up, car.profile().ramp_down, car.profile().reaction);
        self.power.see_offer(now, self.held_limit, reaction);
        let target = self.target(now);
        if self.power.step_at.is_none_or(|at| at <= now) {
            if self.power.step_at.is_some() {
                self.power.step(target, up, down);
            }
            self.power.step_at = self.next_step(now, target);
        } else if self.power.current != target {
            let soon = now + STEP;
            self.power.step_at = self.power.step_at.map(|at| at.min(soon));
        }
    }

    /// The next step of a ramp, the moment a ramp may begin, or the moment the car is full.
    fn next_step(&self, now: Instant, target: CentiAmps) -> Option<Instant> {
        if self.power.current != target {
            return Some(now + STEP);
        }
        let full_at = self.full_at(now);
        let ramps_at = Some(self.power.ramp_from).filter(|at| *at > now);
        let restore_at = match self.adjust {
            Adjust::Lowering { restore_at, .. } => Some(restore_at).filter(|at| *at > now),
            _ => None,
        };
        [full_at, ramps_at, restore_at].into_iter().flatten().min()
    }

    fn full_at(&self, now: Instant) -> Option<Instant> {
        let missing = self.car.as_ref()?.missing_mj().saturating_mul(UNITS_PER_MJ);
        let per_micro = self.units_per_micro();
        let micros = missing.checked_div(per_micro)?.saturating_add(1);
        Some(now + Duration::from_micros(micros))
    }

    fn target(&self, now: Instant) -> CentiAmps {
        let Some(car) = &self.car else {
            return CentiAmps::ZERO;
        };
        let target = car.target(self.power.offer);
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

    /// Power, in units of 10 nJ per microsecond.
    fn units_per_micro(&self) -> u64 {
        let phases = self.car.as_ref().map_or(0, |car| usize::from(car.profile().phases));
        let volts = self.config.volts.iter().take(phases).map(|volts| u64::from(*volts)).sum::<u64>();
        volts * u64::from(self.power.current.value())
    }

    /// What each phase carries, as the meter shows it in steps of half an ampere.
    pub(super) fn phase_half_amps(&self) -> [u8; 3] {
        let phases = self.car.as_ref().map_or(0, |car| usize::from(car.profile().phases));
        let half_amps = u8::try_from(self.reported_current().value().saturating_add(25) / 50).unwrap_or(u8::MAX);
        let mut out = [0; 3];
        for (slot, volts) in out.iter_mut().zip(self.config.volts).take(phases) {
            *slot = if volts == 0 { 0 } else { half_amps };
        }
        out
    }
}
