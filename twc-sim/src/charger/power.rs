//! Relay, current and energy. The current is constant between steps, so energy is exact.

use core::time::Duration;

use twc_proto::{CentiAmps, Instant};

/// A ramp moves in steps of this length.
pub(super) const STEP: Duration = Duration::from_millis(100);
const STEPS_PER_SECOND: u16 = 10;
/// A volt times a centiamp for a microsecond is 10 nJ.
pub(super) const UNITS_PER_MJ: u64 = 100_000;

#[derive(Debug)]
#[allow(clippy::struct_field_names)] // "current" is what it is about.
pub(super) struct Power {
    /// The unit wants its relay closed.
    is_ordered: bool,
    /// The contact does not open any more.
    is_welded: bool,
    closings: u32,
    hot_openings: u32,
    current: CentiAmps,
    pub(super) integrated_to: Instant,
    energy_mj: u64,
    /// Below a millijoule, in units of 10 nJ.
    energy_rest: u64,
    /// The offer the car follows; a new one reaches it after its reaction time.
    offer: CentiAmps,
    offer_changes_at: Option<Instant>,
    /// Before this the car draws what it draws in state 08.
    pub(super) ramp_from: Instant,
    pub(super) step_at: Option<Instant>,
}

impl Power {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            is_ordered: false,
            is_welded: false,
            closings: 0,
            hot_openings: 0,
            current: CentiAmps::ZERO,
            integrated_to: now,
            energy_mj: 0,
            energy_rest: 0,
            offer: CentiAmps::ZERO,
            offer_changes_at: None,
            ramp_from: now,
            step_at: None,
        }
    }

    pub(super) fn current(&self) -> CentiAmps {
        self.current
    }

    /// The contact is closed, whether the unit wants it or not.
    pub(super) fn is_closed(&self) -> bool {
        self.is_ordered || self.is_welded
    }

    pub(super) fn is_ordered(&self) -> bool {
        self.is_ordered
    }

    pub(super) fn is_welded(&self) -> bool {
        self.is_welded
    }

    pub(super) fn closings(&self) -> u32 {
        self.closings
    }

    pub(super) fn hot_openings(&self) -> u32 {
        self.hot_openings
    }

    pub(super) fn energy_mj(&self) -> u64 {
        self.energy_mj
    }

    pub(super) fn offer(&self) -> CentiAmps {
        self.offer
    }

    pub(super) fn weld(&mut self) {
        self.is_welded = true;
    }

    /// `welds_at`: the closing that is one too many for the contact.
    pub(super) fn close(&mut self, now: Instant, welds_at: Option<u32>) {
        if !self.is_ordered {
            self.is_ordered = true;
            self.closings = self.closings.saturating_add(1);
            self.is_welded |= welds_at == Some(self.closings);
            self.offer = CentiAmps::ZERO;
            self.ramp_from = now;
        }
    }

    /// The relay is ordered to open: nothing flows from here on, unless it cannot.
    pub(super) fn open(&mut self, now: Instant) {
        let is_hot = self.is_closed() && self.current > CentiAmps::ZERO;
        self.is_ordered = false;
        self.offer_changes_at = None;
        if !self.is_welded {
            self.hot_openings = self.hot_openings.saturating_add(u32::from(is_hot));
            self.cut(now);
        }
    }

    /// Nothing flows from here on: no supply, or no car.
    pub(super) fn cut(&mut self, now: Instant) {
        self.is_ordered = false;
        self.current = CentiAmps::ZERO;
        self.offer = CentiAmps::ZERO;
        self.offer_changes_at = None;
        self.step_at = None;
        self.integrated_to = self.integrated_to.max(now);
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        match (self.step_at, self.offer_changes_at) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// The unit offers `limit`; the car follows after its time. Returns the old offer when it is another now.
    pub(super) fn see_offer(
        &mut self,
        now: Instant,
        limit: CentiAmps,
        fall: Duration,
        rise: Duration,
    ) -> Option<CentiAmps> {
        if limit == self.offer {
            self.offer_changes_at = None;
            return None;
        }
        let delay = if limit < self.offer { fall } else { rise };
        if *self.offer_changes_at.get_or_insert(now + delay) > now {
            return None;
        }
        self.offer_changes_at = None;
        Some(core::mem::replace(&mut self.offer, limit))
    }

    /// One step towards `target`; `up` and `down` in centiamps per second.
    pub(super) fn step(&mut self, target: CentiAmps, up: u16, down: u16) {
        let (now, target) = (self.current.value(), target.value());
        let (up, down) = ((up / STEPS_PER_SECOND).max(1), (down / STEPS_PER_SECOND).max(1));
        let next =
            if now < target { target.min(now.saturating_add(up)) } else { target.max(now.saturating_sub(down)) };
        self.current = CentiAmps::new(next);
    }

    /// Adds energy in units of 10 nJ; returns the whole millijoules.
    pub(super) fn add_energy(&mut self, units: u64) -> u64 {
        let units = self.energy_rest.saturating_add(units);
        self.energy_rest = units % UNITS_PER_MJ;
        let whole = units / UNITS_PER_MJ;
        self.energy_mj = self.energy_mj.saturating_add(whole);
        whole
    }
}
