//! The sun on the roof: a table per season, clouds over it.

use core::time::Duration;

use twc_proto::Instant;

use super::second_of_day;
use crate::rng::Rng;

/// A kind of day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SolarProfile {
    /// What [`SolarProfile::by_name`] finds it under.
    pub name: &'static str,
    /// Thousandths of the peak power at each full hour from 0 to 24; straight lines between them.
    pub hourly_permille: [u16; 25],
    /// What drifts by.
    pub clouds: Option<Clouds>,
}

/// Clouds: each lets another part of the sun through, for another time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clouds {
    /// The thickest lets through so many percent.
    pub least_percent: u8,
    /// The thinnest so many.
    pub greatest_percent: u8,
    /// The shortest takes so many seconds.
    pub least_secs: u32,
    /// The longest so many.
    pub greatest_secs: u32,
}

const SUMMER: [u16; 25] =
    [0, 0, 0, 0, 0, 15, 70, 180, 340, 510, 670, 800, 880, 900, 860, 770, 640, 490, 320, 170, 65, 12, 0, 0, 0];
/// A roof of 8 kW gives about 300 W at noon.
const WINTER: [u16; 25] = [0, 0, 0, 0, 0, 0, 0, 0, 3, 12, 24, 33, 37, 35, 26, 13, 3, 0, 0, 0, 0, 0, 0, 0, 0];

const ALL: [SolarProfile; 3] = [
    SolarProfile { name: "summer", hourly_permille: SUMMER, clouds: None },
    SolarProfile { name: "winter", hourly_permille: WINTER, clouds: None },
    SolarProfile {
        name: "cloudy",
        hourly_permille: SUMMER,
        clouds: Some(Clouds { least_percent: 15, greatest_percent: 100, least_secs: 20, greatest_secs: 600 }),
    },
];

impl SolarProfile {
    /// The names [`SolarProfile::by_name`] knows.
    pub const NAMES: [&'static str; 3] = ["summer", "winter", "cloudy"];

    /// The day with this name.
    pub fn by_name(name: &str) -> Option<Self> {
        ALL.into_iter().find(|profile| profile.name == name)
    }

    /// Thousandths of a thousandth of the peak at this second of the day, without clouds.
    fn ppm(&self, second: u32) -> u64 {
        let hour = (second / 3_600) as usize;
        let [from, to] = [hour, hour + 1].map(|hour| self.hourly_permille.get(hour).copied().unwrap_or(0));
        let into = u64::from(second % 3_600);
        (u64::from(from) * 1_000 * (3_600 - into) + u64::from(to) * 1_000 * into) / 3_600
    }
}

/// How often the sun's height is looked at.
const LOOK: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct Solar {
    profile: SolarProfile,
    peak_watts: u32,
    rng: Rng,
    sun_ppm: u64,
    through_percent: u8,
    sun_at: Instant,
    cloud_at: Option<Instant>,
    /// Somebody's hand over the whole: so many watts.
    forced_watts: Option<u32>,
}

impl Solar {
    pub(super) fn new(profile: SolarProfile, peak_watts: u32, rng: Rng, now: Instant) -> Self {
        let cloud_at = profile.clouds.map(|_| now);
        Self {
            profile,
            peak_watts,
            rng,
            sun_ppm: 0,
            through_percent: 100,
            sun_at: now,
            cloud_at,
            forced_watts: None,
        }
    }

    pub(super) fn force(&mut self, watts: Option<u32>) {
        self.forced_watts = watts;
    }

    pub(super) fn set_profile(&mut self, profile: SolarProfile, now: Instant) {
        self.through_percent = 100;
        self.cloud_at = profile.clouds.map(|_| now);
        self.sun_at = now;
        self.profile = profile;
    }

    pub(super) fn milliwatts(&self) -> i64 {
        if let Some(watts) = self.forced_watts {
            return i64::from(watts) * 1_000;
        }
        let clear = u64::from(self.peak_watts) * self.sun_ppm / 1_000;
        i64::try_from(clear * u64::from(self.through_percent) / 100).unwrap_or(i64::MAX)
    }

    pub(super) fn deadline(&self) -> Instant {
        self.cloud_at.map_or(self.sun_at, |at| at.min(self.sun_at))
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        if self.sun_at <= now {
            self.sun_ppm = self.profile.ppm(second_of_day(now));
            self.sun_at = now + LOOK;
        }
        if let (Some(clouds), true) = (self.profile.clouds, self.cloud_at.is_some_and(|at| at <= now)) {
            let width = u64::from(clouds.greatest_percent.saturating_sub(clouds.least_percent)) + 1;
            self.through_percent = clouds.least_percent.saturating_add(self.rng.below(width) as u8);
            let width = u64::from(clouds.greatest_secs.saturating_sub(clouds.least_secs)) + 1;
            let span = u64::from(clouds.least_secs.max(1)) + self.rng.below(width);
            self.cloud_at = Some(now + Duration::from_secs(span));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Watt-hours and the highest watts of a day.
    fn day(name: &str, seed: u64) -> (i64, i64) {
        let profile = SolarProfile::by_name(name).unwrap();
        let mut solar = Solar::new(profile, 8_000, Rng::new(seed), Instant::ZERO);
        let (mut energy, mut peak, mut now) = (0, 0, Instant::ZERO);
        while now < Instant::from_secs(86_400) {
            solar.handle_timeout(now);
            let next = solar.deadline();
            let millis = i64::try_from(next.since(now).as_millis()).unwrap();
            energy += solar.milliwatts() / 1_000 * millis;
            peak = peak.max(solar.milliwatts() / 1_000);
            now = next;
        }
        (energy / 3_600_000, peak)
    }

    #[test]
    fn a_summer_day_gives_fifty_kilowatt_hours_and_a_winter_day_300_watts_at_noon() {
        let (energy, peak) = day("summer", 1);
        assert!((50_000..65_000).contains(&energy) && (7_100..=7_200).contains(&peak), "{energy} {peak}");
        let (energy, peak) = day("winter", 1);
        assert!((1_000..2_000).contains(&energy) && (290..=300).contains(&peak), "{energy} {peak}");
    }

    #[test]
    fn clouds_take_a_part_and_another_with_another_seed() {
        let (clear, _) = day("summer", 1);
        let days: Vec<i64> = (0..5).map(|seed| day("cloudy", seed).0).collect();
        assert!(days.iter().all(|energy| *energy > clear / 3 && *energy < clear * 4 / 5), "{days:?}");
        assert!(days.windows(2).all(|pair| pair.first() != pair.last()));
        assert_eq!(day("cloudy", 3), day("cloudy", 3));
    }
}
