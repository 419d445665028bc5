//! Cars: what they want, how fast they follow, and what they put up with.

mod catalogue;
mod plan;
mod profile;

use core::time::Duration;

use twc_proto::{CentiAmps, Instant};

pub use self::plan::CarPlan;
pub use self::profile::{CarProfile, Latch, OnStop, PhaseChange, Sleep, Taper, Window};
use crate::rng::Rng;

/// One car, what it still wants and what mood it is in.
///
/// A [`crate::Charger`] owns it while it is plugged in and tells it the time.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // Moods that vary apart from each other.
pub struct Car {
    profile: CarProfile,
    wanted_mj: u64,
    taken_mj: u64,
    /// What its battery held when it came.
    arrived_with_mj: u64,
    battery_mj: u64,
    ui_cap: Option<CentiAmps>,
    schedule: Option<Window>,
    shortfall: i16,
    interruptions: u32,
    is_paused: bool,
    has_fault: bool,
    /// Outside its own schedule.
    is_early: bool,
    schedule_at: Option<Instant>,
    is_asleep: bool,
    /// How long it needs to notice an offer in its present sleep.
    notices_in: Option<Duration>,
    sleeps_at: Option<Instant>,
    wakes_at: Option<Instant>,
    is_latched: bool,
    cured_at: Option<Instant>,
    phases: u8,
    has_started: bool,
    phase_change_at: Option<Instant>,
    /// FC B2 without a talk between unit and car: so many more it forgives.
    silent_stops_left: u8,
}

/// Millijoules in a watt-hour.
pub(crate) const MJ_PER_WH: u64 = 3_600_000;
/// To what a car charges that came without a state of charge.
const USUAL_GOAL_PERCENT: u64 = 80;

impl Car {
    /// A car that wants `wanted_watt_hours` and then is done. They bring it to 80 %; a wish its battery cannot
    /// hold makes the battery larger.
    pub fn new(profile: CarProfile, wanted_watt_hours: u32) -> Self {
        let wanted_mj = u64::from(wanted_watt_hours) * MJ_PER_WH;
        let needed = wanted_mj / USUAL_GOAL_PERCENT * 100;
        let battery_mj = (u64::from(profile.battery_watt_hours) * MJ_PER_WH).max(needed);
        let arrived_with_mj = (battery_mj / 100 * USUAL_GOAL_PERCENT).saturating_sub(wanted_mj);
        Self {
            wanted_mj,
            taken_mj: 0,
            arrived_with_mj,
            battery_mj,
            ui_cap: None,
            schedule: None,
            shortfall: profile.least_shortfall,
            interruptions: 0,
            is_paused: false,
            has_fault: false,
            is_early: false,
            schedule_at: None,
            is_asleep: false,
            notices_in: None,
            sleeps_at: None,
            wakes_at: None,
            is_latched: false,
            cured_at: None,
            phases: profile.phases,
            has_started: false,
            phase_change_at: None,
            silent_stops_left: 0,
            profile,
        }
    }

    /// The same car, coming with its battery `percent` full (0 to 100). What it wants is cut to what fits in.
    #[must_use]
    pub fn with_charge(mut self, percent: u8) -> Self {
        self.battery_mj = u64::from(self.profile.battery_watt_hours) * MJ_PER_WH;
        self.arrived_with_mj = self.battery_mj / 100 * u64::from(percent.min(100));
        self.wanted_mj = self.wanted_mj.min(self.battery_mj - self.arrived_with_mj);
        self
    }

    /// What kind of car it is.
    pub fn profile(&self) -> &CarProfile {
        &self.profile
    }

    /// What it has taken so far, in watt-hours.
    pub fn taken_watt_hours(&self) -> u64 {
        self.taken_mj / MJ_PER_WH
    }

    /// What it came for, in watt-hours.
    pub fn wanted_watt_hours(&self) -> u64 {
        self.wanted_mj / MJ_PER_WH
    }

    /// How full its battery is, in percent.
    pub fn charge_percent(&self) -> u8 {
        let percent = self.stored_mj().saturating_mul(100).checked_div(self.battery_mj).unwrap_or(100);
        u8::try_from(percent.min(100)).unwrap_or(100)
    }

    /// Whether it has what it wanted.
    pub fn is_full(&self) -> bool {
        self.taken_mj >= self.wanted_mj
    }

    /// Whether it would charge now if it were offered enough.
    pub fn wants_charge(&self) -> bool {
        self.asks_for_limit() && !self.is_early
    }

    /// Whether somebody told it, at the car or in the app, not to charge.
    pub fn is_paused(&self) -> bool {
        self.is_paused
    }

    /// Whether it refuses to charge until it is plugged in again.
    pub fn has_fault(&self) -> bool {
        self.has_fault
    }

    /// Whether it sleeps.
    pub fn is_asleep(&self) -> bool {
        self.is_asleep
    }

    /// Whether a raise has stuck it at a low current.
    pub fn is_latched(&self) -> bool {
        self.is_latched
    }

    /// How many phases it uses now.
    pub fn phases(&self) -> u8 {
        self.phases
    }

    /// The limit its owner has set, per phase.
    pub fn ui_cap(&self) -> Option<CentiAmps> {
        self.ui_cap
    }

    /// Its own schedule.
    pub fn schedule(&self) -> Option<Window> {
        self.schedule
    }

    /// How often its current was cut under it since it was plugged in.
    pub fn interruptions(&self) -> u32 {
        self.interruptions
    }

    /// Sets its own limit per phase. Plugged in, use [`crate::Charger::set_ui_cap`].
    pub fn set_ui_cap(&mut self, cap: Option<CentiAmps>) {
        self.ui_cap = cap;
    }

    /// Sets its own schedule, which begins to hold when it is plugged in.
    pub fn set_schedule(&mut self, schedule: Option<Window>) {
        self.schedule = schedule;
    }

    /// Waits for its schedule or charges: it shows that it wants a limit.
    pub(crate) fn asks_for_limit(&self) -> bool {
        !self.is_full() && !self.is_paused && !self.has_fault && !self.is_asleep
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        [self.schedule_at, self.sleeps_at, self.wakes_at, self.cured_at, self.phase_change_at]
            .into_iter()
            .flatten()
            .min()
    }

    /// Everything that is due at `now`.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        let is_due = |at: &mut Instant| *at <= now;
        if self.schedule_at.is_some_and(|at| at <= now) {
            self.look_at_schedule(now);
        }
        if self.sleeps_at.take_if(|at| is_due(at)).is_some() {
            self.fall_asleep(self.profile.sleep.map(|sleep| sleep.notices_in));
        }
        if self.wakes_at.take_if(|at| is_due(at)).is_some() {
            self.is_asleep = false;
        }
        if self.cured_at.take_if(|at| is_due(at)).is_some() {
            self.is_latched = false;
        }
        if self.phase_change_at.take_if(|at| is_due(at)).is_some() {
            self.phases = self.profile.phase_change.map_or(self.phases, |change| change.phases);
        }
    }

    pub(crate) fn plugged_in(&mut self, now: Instant, rng: &mut Rng) {
        let (least, greatest) = (self.profile.least_shortfall, self.profile.greatest_shortfall);
        let width = i32::from(greatest).saturating_sub(i32::from(least)).max(0).unsigned_abs();
        let extra = i16::try_from(rng.below(u64::from(width) + 1)).unwrap_or(0);
        self.shortfall = least.saturating_add(extra);
        self.silent_stops_left = rng.below(4) as u8;
        self.interruptions = 0;
        self.has_fault = false;
        self.is_latched = false;
        self.cured_at = None;
        self.phases = self.profile.phases;
        self.has_started = false;
        self.phase_change_at = None;
        self.wake();
        self.look_at_schedule(now);
    }

    fn look_at_schedule(&mut self, now: Instant) {
        let second = (now.as_micros() / 1_000_000 % 86_400) as u32;
        self.is_early = self.schedule.is_some_and(|window| !window.contains(second));
        let whole = Instant::from_secs(now.as_micros() / 1_000_000);
        self.schedule_at =
            self.schedule.map(|window| whole + Duration::from_secs(u64::from(window.next_edge(second))));
    }

    /// The relay opened under it.
    pub(crate) fn interrupted(&mut self) {
        self.interruptions = self.interruptions.saturating_add(1);
        if self.profile.forgiven_interruptions.is_some_and(|limit| self.interruptions > u32::from(limit)) {
            self.has_fault = true;
        }
    }

    /// FC B2 opened the relay. `is_told`: the unit talks to it (which makes it worse).
    pub(crate) fn stopped(&mut self, is_told: bool) {
        if self.profile.on_stop == OnStop::Resumes {
            return;
        }
        let is_forgiven = !is_told && self.silent_stops_left > 0;
        self.silent_stops_left = self.silent_stops_left.saturating_sub(1);
        self.has_fault |= !is_forgiven;
    }

    pub(crate) fn set_paused(&mut self, is_paused: bool) {
        self.is_paused = is_paused;
        if !is_paused {
            self.wake();
        }
    }

    /// Somebody wakes it: the app, a door, a card.
    pub(crate) fn wake(&mut self) {
        self.is_asleep = false;
        self.sleeps_at = None;
        self.wakes_at = None;
    }

    fn fall_asleep(&mut self, notices_in: Option<Duration>) {
        self.is_asleep = true;
        self.sleeps_at = None;
        self.notices_in = notices_in;
    }

    pub(crate) fn power_lost(&mut self) {
        if let Some(sleep) = self.profile.sleep {
            self.fall_asleep(sleep.notices_after_power_loss_in);
        }
    }

    /// Whether the unit offers it enough to charge.
    pub(crate) fn see_supply(&mut self, now: Instant, is_offered: bool) {
        let Some(sleep) = self.profile.sleep else {
            return;
        };
        if is_offered {
            self.sleeps_at = None;
            if self.is_asleep && self.wakes_at.is_none() {
                self.wakes_at = self.notices_in.map(|wait| now + wait);
            }
        } else {
            self.wakes_at = None;
            if !self.is_asleep && self.sleeps_at.is_none() {
                self.sleeps_at = Some(now + sleep.after);
            }
        }
    }

    /// It charges: the first time its phases may begin to change.
    pub(crate) fn started(&mut self, now: Instant) {
        if !core::mem::replace(&mut self.has_started, true) {
            self.phase_change_at = self.profile.phase_change.map(|change| now + change.after);
        }
    }

    /// The offer it follows changed while the relay is closed. `unit_max`: what the unit is built for.
    pub(crate) fn offer_changed(&mut self, now: Instant, old: CentiAmps, new: CentiAmps, unit_max: CentiAmps) {
        if old > CentiAmps::ZERO && self.profile.drops_below.is_some_and(|least| new < least) {
            self.has_fault = true;
        }
        let Some(latch) = self.profile.latch else {
            return;
        };
        self.is_latched |= old > CentiAmps::ZERO && new > old;
        let cure = cure(latch, unit_max);
        if !self.is_latched || new < cure {
            self.cured_at = None;
        } else if self.cured_at.is_none() {
            self.cured_at = Some(now + latch.hold);
        }
    }

    pub(crate) fn take(&mut self, energy_mj: u64) {
        self.taken_mj = self.taken_mj.saturating_add(energy_mj);
    }

    fn stored_mj(&self) -> u64 {
        self.arrived_with_mj.saturating_add(self.taken_mj)
    }

    /// The energy after which it is full or draws less than now.
    pub(crate) fn energy_to_next_change(&self) -> u64 {
        let missing = self.wanted_mj.saturating_sub(self.taken_mj);
        let Some(taper) = self.profile.taper else {
            return missing;
        };
        let next_percent = (self.charge_percent() + 1).max(taper.from_percent + 1);
        let boundary = self.battery_mj.saturating_mul(u64::from(next_percent)).div_ceil(100);
        match boundary.saturating_sub(self.stored_mj()) {
            0 => missing,
            step => missing.min(step),
        }
    }

    /// The current it settles at under an offer of `limit` from a unit built for `unit_max`.
    pub(crate) fn target(&self, limit: CentiAmps, unit_max: CentiAmps) -> CentiAmps {
        if !self.wants_charge() || limit < self.profile.minimum {
            return CentiAmps::ZERO;
        }
        self.appetite(limit, unit_max)
    }

    /// The same, whether it wants to or not.
    pub(crate) fn appetite(&self, limit: CentiAmps, unit_max: CentiAmps) -> CentiAmps {
        let wanted = i32::from(limit.value()) - i32::from(self.shortfall);
        let wanted = u16::try_from(wanted.max(0)).unwrap_or(u16::MAX);
        let mut most = self.profile.maximum.min(self.ui_cap.unwrap_or(self.profile.maximum));
        if let Some(taper) = self.profile.taper {
            most = most.min(self.tapered(taper));
        }
        if let Some(latch) = self.profile.latch.filter(|latch| self.is_latched && limit < cure(*latch, unit_max)) {
            most = most.min(latch.stuck_at);
        }
        CentiAmps::new(wanted).min(most)
    }

    fn tapered(&self, taper: Taper) -> CentiAmps {
        let over = u32::from(self.charge_percent().saturating_sub(taper.from_percent));
        let width = u32::from(100 - taper.from_percent.min(99));
        let range = u32::from(self.profile.maximum.value().saturating_sub(taper.last.value()));
        let less = range * over.min(width) / width;
        CentiAmps::new(self.profile.maximum.value().saturating_sub(less as u16))
    }
}

fn cure(latch: Latch, unit_max: CentiAmps) -> CentiAmps {
    if unit_max > CentiAmps::from_amps(32) { latch.cure_above_32_amps } else { latch.cure }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNIT: CentiAmps = CentiAmps::from_amps(32);

    #[test]
    fn a_car_stays_under_its_offer_and_its_own_maximum() {
        let mut car = Car::new(CarProfile::tesla(), 1_000);
        car.plugged_in(Instant::ZERO, &mut Rng::new(3));
        let target = |amps| car.target(CentiAmps::from_amps(amps), UNIT).value();
        assert!((1_860..=1_930).contains(&target(20)), "{}", target(20));
        assert_eq!((target(4), target(80)), (0, 3_200));
    }

    #[test]
    fn the_fourth_interruption_is_one_too_many_for_a_tesla() {
        let mut car = Car::new(CarProfile::tesla(), 1_000);
        for _ in 0..3 {
            car.interrupted();
        }
        assert!(car.wants_charge());
        car.interrupted();
        assert!(car.has_fault() && !car.wants_charge());
    }

    #[test]
    fn the_wish_brings_it_to_eighty_percent_or_makes_the_battery_larger() {
        let charge = |wish| Car::new(CarProfile::tesla(), wish).charge_percent();
        assert_eq!((charge(0), charge(60_000), charge(600_000)), (80, 0, 0));
        let car = Car::new(CarProfile::tesla(), 60_000).with_charge(90);
        assert_eq!((car.charge_percent(), car.wanted_watt_hours()), (90, 7_500));
    }
}
