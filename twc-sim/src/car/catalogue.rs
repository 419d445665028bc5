//! The cars there are, by name. What each value rests on is in `docs/fidelity.md`.

use core::time::Duration;

use twc_proto::CentiAmps;

use super::{CarProfile, Latch, OnStop, PhaseChange, Sleep, Taper};

/// Three phases, 32 A, no moods: a Tesla as far as every report agrees.
const TESLA: CarProfile = CarProfile {
    name: "tesla",
    minimum: CentiAmps::from_amps(5),
    maximum: CentiAmps::from_amps(32),
    phases: 3,
    least_shortfall: 70,
    greatest_shortfall: 140,
    ramp_up: 200,
    ramp_down: 400,
    reaction: Duration::from_secs(1),
    rise_delay: Duration::ZERO,
    start_delay: Duration::from_secs(2),
    is_tesla: true,
    forgiven_interruptions: Some(3),
    on_stop: OnStop::Refuses,
    drops_below: None,
    latch: None,
    sleep: None,
    taper: None,
    phase_change: None,
    battery_watt_hours: 75_000,
    vin: "5YJ3E7EA1KF000316",
};

/// Any other brand: one phase, 6–32 A, resumes as often as it is asked.
const OTHER: CarProfile = CarProfile {
    minimum: CentiAmps::from_amps(6),
    phases: 1,
    ramp_up: 300,
    start_delay: Duration::from_secs(3),
    is_tesla: false,
    forgiven_interruptions: None,
    on_stop: OnStop::Resumes,
    battery_watt_hours: 40_000,
    vin: "",
    ..TESLA
};

/// 13 A in about 5 s, 1 s after the offer.
const MODERN_RAMP: CarProfile = CarProfile { ramp_up: 300, rise_delay: Duration::from_secs(1), ..TESLA };

const LATCH: Latch = Latch {
    stuck_at: CentiAmps::new(520),
    cure: CentiAmps::from_amps(16),
    cure_above_32_amps: CentiAmps::from_amps(21),
    hold: Duration::from_secs(5),
};

const SLEEP: Sleep = Sleep {
    after: Duration::from_secs(600),
    notices_in: Duration::from_secs(10),
    notices_after_power_loss_in: Some(Duration::from_secs(900)),
};

const TAPER: Taper = Taper { from_percent: 95, last: CentiAmps::from_amps(5) };

pub(super) const ALL: [CarProfile; 12] = [
    TESLA,
    CarProfile {
        name: "tesla_2014",
        latch: Some(LATCH),
        sleep: Some(SLEEP),
        taper: Some(TAPER),
        battery_watt_hours: 85_000,
        vin: "5YJSA1H14EFP00316",
        ..MODERN_RAMP
    },
    // In mid-2018 one installation needed 17 A instead of 16.
    CarProfile {
        name: "tesla_2018",
        maximum: CentiAmps::from_amps(16),
        latch: Some(Latch { cure: CentiAmps::from_amps(17), ..LATCH }),
        sleep: Some(SLEEP),
        taper: Some(TAPER),
        vin: "5YJ3E7EA7JF000316",
        ..MODERN_RAMP
    },
    // No latch any more; after a power loss it does not wake by itself.
    CarProfile {
        name: "tesla_2019",
        maximum: CentiAmps::from_amps(16),
        sleep: Some(Sleep { notices_after_power_loss_in: None, ..SLEEP }),
        taper: Some(TAPER),
        ..MODERN_RAMP
    },
    CarProfile { name: "i3", minimum: CentiAmps::from_amps(5), battery_watt_hours: 33_000, ..OTHER },
    CarProfile {
        name: "zoe",
        minimum: CentiAmps::from_amps(8),
        phases: 3,
        ramp_up: 100,
        ramp_down: 300,
        reaction: Duration::from_secs(3),
        start_delay: Duration::from_secs(6),
        ..OTHER
    },
    CarProfile { name: "leaf", maximum: CentiAmps::from_amps(30), ..OTHER },
    CarProfile { name: "fiat_500e", maximum: CentiAmps::from_amps(30), battery_watt_hours: 24_000, ..OTHER },
    // "Low quality grid": under 8 A it gives up for good.
    CarProfile { name: "drops_and_stays", phases: 3, drops_below: Some(CentiAmps::from_amps(8)), ..OTHER },
    CarProfile { name: "overdraws", least_shortfall: -200, greatest_shortfall: -200, ..OTHER },
    CarProfile {
        name: "changes_phases",
        phases: 3,
        phase_change: Some(PhaseChange { after: Duration::from_secs(1_200), phases: 1 }),
        ..OTHER
    },
    CarProfile {
        name: "gains_phases",
        phase_change: Some(PhaseChange { after: Duration::from_secs(1_200), phases: 3 }),
        ..OTHER
    },
];

impl CarProfile {
    /// The names [`CarProfile::by_name`] knows.
    pub const NAMES: [&'static str; ALL.len()] = {
        let mut names = [""; ALL.len()];
        let mut index = 0;
        while index < ALL.len() {
            names[index] = ALL[index].name;
            index += 1;
        }
        names
    };

    /// Three phases, 32 A; after about three interruptions it refuses until plugged in again.
    pub const fn tesla() -> Self {
        TESLA
    }

    /// One phase, 5–32 A; resumes as often as it is asked.
    pub const fn i3() -> Self {
        let [_, _, _, _, i3, ..] = ALL;
        i3
    }

    /// Three phases, 32 A, draws nothing below 8 A and is slow.
    pub const fn zoe() -> Self {
        let [_, _, _, _, _, zoe, ..] = ALL;
        zoe
    }

    /// The profile with this name.
    pub fn by_name(name: &str) -> Option<Self> {
        ALL.into_iter().find(|profile| profile.name == name)
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
        assert_eq!([CarProfile::i3().name, CarProfile::zoe().name], ["i3", "zoe"]);
    }

    #[test]
    fn every_profile_makes_sense() {
        for profile in ALL {
            assert!((1..=3).contains(&profile.phases), "{}", profile.name);
            assert!(profile.minimum < profile.maximum && profile.ramp_up > 0 && profile.ramp_down > 0);
            assert!(profile.least_shortfall <= profile.greatest_shortfall);
            assert!(profile.is_tesla == (profile.vin.len() == 17));
        }
    }
}
