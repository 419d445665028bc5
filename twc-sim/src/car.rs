//! Cars: what they want, how fast they follow, and what they put up with.

use core::time::Duration;

use twc_proto::CentiAmps;

use crate::rng::Rng;

/// What kind of car it is. Plain data; the named constructors are starting points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarProfile {
    /// What [`CarProfile::by_name`] finds it under.
    pub name: &'static str,
    /// Below this offer it draws nothing.
    pub minimum: CentiAmps,
    /// What its charger takes at most, per phase.
    pub maximum: CentiAmps,
    /// How many phases it uses, 1 to 3.
    pub phases: u8,
    /// It stays at least this far under the offer, in centiamps; negative for a car that takes too much.
    pub least_shortfall: i16,
    /// It stays at most this far under the offer, in centiamps. Each car draws its own once per plug-in.
    pub greatest_shortfall: i16,
    /// How fast it draws more, in centiamps per second.
    pub ramp_up: u16,
    /// How fast it draws less, in centiamps per second.
    pub ramp_down: u16,
    /// How long it waits after an offer fell before it follows.
    pub reaction: Duration,
    /// How long it takes from an allowed start to its ramp.
    pub start_delay: Duration,
    /// It talks to the unit (VIN, clean stop at 0 A on protocol 1) and minds being switched off.
    pub is_tesla: bool,
    /// So many interruptions per plug-in it forgives; `None` for any number.
    pub forgiven_interruptions: Option<u8>,
    /// Seventeen characters; only a car that talks to the unit shows them.
    pub vin: &'static str,
}

impl CarProfile {
    /// The names [`CarProfile::by_name`] knows.
    pub const NAMES: [&'static str; 3] = ["tesla", "i3", "zoe"];

    /// Three phases, 32 A; after about three interruptions it refuses until plugged in again.
    pub fn tesla() -> Self {
        Self {
            name: "tesla",
            minimum: CentiAmps::from_amps(5),
            maximum: CentiAmps::from_amps(32),
            phases: 3,
            least_shortfall: 70,
            greatest_shortfall: 140,
            ramp_up: 200,
            ramp_down: 400,
            reaction: Duration::from_secs(1),
            start_delay: Duration::from_secs(2),
            is_tesla: true,
            forgiven_interruptions: Some(3),
            vin: "5YJ3E7EA1KF000316",
        }
    }

    /// One phase, 32 A; resumes as often as it is asked.
    pub fn i3() -> Self {
        Self {
            name: "i3",
            minimum: CentiAmps::from_amps(6),
            phases: 1,
            ramp_up: 300,
            start_delay: Duration::from_secs(3),
            is_tesla: false,
            forgiven_interruptions: None,
            vin: "",
            ..Self::tesla()
        }
    }

    /// Three phases, 32 A, does not start below 8 A and is slow.
    pub fn zoe() -> Self {
        Self {
            name: "zoe",
            minimum: CentiAmps::from_amps(8),
            phases: 3,
            ramp_up: 100,
            ramp_down: 300,
            reaction: Duration::from_secs(3),
            start_delay: Duration::from_secs(6),
            ..Self::i3()
        }
    }

    /// The profile with this name.
    pub fn by_name(name: &str) -> Option<Self> {
        [Self::tesla(), Self::i3(), Self::zoe()].into_iter().find(|profile| profile.name == name)
    }
}

/// One car and what it still wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Car {
    profile: CarProfile,
    wanted_mj: u64,
    taken_mj: u64,
    pub(crate) shortfall: i16,
    pub(crate) interruptions: u32,
    pub(crate) is_paused: bool,
    pub(crate) has_fault: bool,
}

/// Millijoules in a watt-hour.
pub(crate) const MJ_PER_WH: u64 = 3_600_000;

impl Car {
    /// A car that wants `wanted_watt_hours` and then is done.
    pub fn new(profile: CarProfile, wanted_watt_hours: u32) -> Self {
        let wanted_mj = u64::from(wanted_watt_hours) * MJ_PER_WH;
        let shortfall = profile.least_shortfall;
        Self { profile, wanted_mj, taken_mj: 0, shortfall, interruptions: 0, is_paused: false, has_fault: false }
    }

    /// What kind of car it is.
    pub fn profile(&self) -> &CarProfile {
        &self.profile
    }

    /// What it has taken so far, in watt-hours.
    pub fn taken_watt_hours(&self) -> u64 {
        self.taken_mj / MJ_PER_WH
    }

    /// Whether it has what it wanted.
    pub fn is_full(&self) -> bool {
        self.taken_mj >= self.wanted_mj
    }

    /// Whether it would charge if it were offered enough.
    pub fn wants_charge(&self) -> bool {
        !self.is_full() && !self.is_paused && !self.has_fault
    }

    /// Whether somebody told it, at the car, not to charge.
    pub fn is_paused(&self) -> bool {
        self.is_paused
    }

    /// Whether it refuses to charge until it is plugged in again.
    pub fn has_fault(&self) -> bool {
        self.has_fault
    }

    /// How often its current was cut under it since it was plugged in.
    pub fn interruptions(&self) -> u32 {
        self.interruptions
    }

    pub(crate) fn plugged_in(&mut self, rng: &mut Rng) {
        let (least, greatest) = (self.profile.least_shortfall, self.profile.greatest_shortfall);
        let width = i32::from(greatest).saturating_sub(i32::from(least)).max(0).unsigned_abs();
        let extra = i16::try_from(rng.below(u64::from(width) + 1)).unwrap_or(0);
        self.shortfall = least.saturating_add(extra);
        self.interruptions = 0;
        self.has_fault = false;
    }

    pub(crate) fn interrupted(&mut self) {
        self.interruptions = self.interruptions.saturating_add(1);
        if self.profile.forgiven_interruptions.is_some_and(|limit| self.interruptions > u32::from(limit)) {
            self.has_fault = true;
        }
    }

    pub(crate) fn take(&mut self, energy_mj: u64) {
        self.taken_mj = self.taken_mj.saturating_add(energy_mj);
    }

    pub(crate) fn missing_mj(&self) -> u64 {
        self.wanted_mj.saturating_sub(self.taken_mj)
    }

    /// The current it settles at under an offer of `limit`.
    pub(crate) fn target(&self, limit: CentiAmps) -> CentiAmps {
        if !self.wants_charge() || limit < self.profile.minimum {
            return CentiAmps::ZERO;
        }
        let wanted = i32::from(limit.value()) - i32::from(self.shortfall);
        let wanted = wanted.clamp(0, i32::from(self.profile.maximum.value()));
        CentiAmps::new(u16::try_from(wanted).unwrap_or(u16::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_finds_its_profile_and_nothing_else_does() {
        for name in CarProfile::NAMES {
            assert_eq!(CarProfile::by_name(name).unwrap().name, name);
        }
        assert_eq!(CarProfile::by_name("model t"), None);
    }

    #[test]
    fn a_car_stays_under_its_offer_and_its_own_maximum() {
        let mut car = Car::new(CarProfile::tesla(), 1_000);
        car.plugged_in(&mut Rng::new(3));
        let target = |amps| car.target(CentiAmps::from_amps(amps)).value();
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
}
