//! What the house uses, as data: programs of steps with a pause between two runs.

use core::time::Duration;

use twc_proto::Instant;

use super::{Placement, second_of_day};
use crate::car::Window;
use crate::rng::Rng;

/// One step of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoadStep {
    /// Power.
    pub watts: u32,
    /// It lasts at least so many seconds …
    pub least_secs: u32,
    /// … and at most so many.
    pub greatest_secs: u32,
}

const fn step(watts: u32, least_secs: u32, greatest_secs: u32) -> LoadStep {
    LoadStep { watts, least_secs, greatest_secs }
}

/// What something in the house does all day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadProfile {
    /// What [`LoadProfile::by_name`] finds it under.
    pub name: &'static str,
    /// Its program, from the first to the last step.
    pub steps: &'static [LoadStep],
    /// Seconds from the end of a run to the next, at least.
    pub least_pause_secs: u32,
    /// The same at most.
    pub greatest_pause_secs: u32,
    /// A run begins only at this time of day.
    pub starts: Option<Window>,
    /// Each step's power is off by up to so many percent, either way.
    pub jitter_percent: u8,
}

const OVEN_OFF: LoadStep = step(30, 60, 120);
const OVEN_ON: LoadStep = step(2_500, 40, 60);

const ALL: [LoadProfile; 5] = [
    LoadProfile {
        name: "base",
        steps: &[step(250, 60, 300)],
        least_pause_secs: 0,
        greatest_pause_secs: 0,
        starts: None,
        jitter_percent: 40,
    },
    LoadProfile {
        name: "kettle",
        steps: &[step(2_000, 120, 240)],
        least_pause_secs: 5_400,
        greatest_pause_secs: 14_400,
        starts: Some(Window { from: 390, to: 1_350 }),
        jitter_percent: 2,
    },
    // Fill, heat, wash, rinse, spin.
    LoadProfile {
        name: "washing_machine",
        steps: &[
            step(40, 90, 180),
            step(2_000, 720, 1_200),
            step(150, 1_200, 1_800),
            step(60, 600, 900),
            step(500, 300, 540),
        ],
        least_pause_secs: 86_400,
        greatest_pause_secs: 172_800,
        starts: Some(Window { from: 480, to: 1_200 }),
        jitter_percent: 5,
    },
    LoadProfile {
        name: "heat_pump",
        steps: &[step(1_800, 1_200, 2_400)],
        least_pause_secs: 1_200,
        greatest_pause_secs: 3_600,
        starts: None,
        jitter_percent: 10,
    },
    // Up to heat, then on and off by its thermostat.
    LoadProfile {
        name: "oven",
        steps: &[
            step(2_500, 480, 720),
            OVEN_OFF,
            OVEN_ON,
            OVEN_OFF,
            OVEN_ON,
            OVEN_OFF,
            OVEN_ON,
            OVEN_OFF,
            OVEN_ON,
            OVEN_OFF,
            OVEN_ON,
            OVEN_OFF,
            OVEN_ON,
        ],
        least_pause_secs: 64_800,
        greatest_pause_secs: 86_400,
        starts: Some(Window { from: 1_020, to: 1_200 }),
        jitter_percent: 2,
    },
];

impl LoadProfile {
    /// The names [`LoadProfile::by_name`] knows.
    pub const NAMES: [&'static str; 5] = ["base", "kettle", "washing_machine", "heat_pump", "oven"];

    /// The profile with this name.
    pub fn by_name(name: &str) -> Option<Self> {
        ALL.into_iter().find(|profile| profile.name == name)
    }
}

/// One appliance.
#[derive(Debug)]
pub(super) struct Load {
    profile: LoadProfile,
    pub(super) placement: Placement,
    rng: Rng,
    /// The step it is in; `None` between two runs.
    step: Option<usize>,
    watts: u32,
    next: Instant,
}

impl Load {
    /// Its first run begins somewhere within its longest pause, but at most within a day.
    pub(super) fn new(profile: LoadProfile, placement: Placement, mut rng: Rng, now: Instant) -> Self {
        let wait = rng.below(u64::from(profile.greatest_pause_secs.min(86_400)) + 1);
        Self { profile, placement, rng, step: None, watts: 0, next: now + Duration::from_secs(wait) }
    }

    pub(super) fn milliwatts(&self) -> i64 {
        i64::from(self.watts) * 1_000
    }

    pub(super) fn deadline(&self) -> Instant {
        self.next
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        if self.next > now {
            return;
        }
        let second = second_of_day(now);
        let starts = self.profile.starts;
        if let Some(window) = starts.filter(|window| self.step.is_none() && !window.contains(second)) {
            self.next = now + Duration::from_secs(u64::from(window.next_edge(second)));
            return;
        }
        let index = self.step.map_or(0, |step| step + 1);
        if let Some(step) = self.profile.steps.get(index).copied() {
            self.step = Some(index);
            self.watts = self.jittered(step.watts);
            self.next = now + self.span(step.least_secs.max(1), step.greatest_secs);
        } else {
            self.step = None;
            self.watts = 0;
            self.next = now + self.span(self.profile.least_pause_secs, self.profile.greatest_pause_secs);
        }
    }

    fn span(&mut self, least: u32, greatest: u32) -> Duration {
        let width = u64::from(greatest.saturating_sub(least)) + 1;
        Duration::from_secs(u64::from(least) + self.rng.below(width))
    }

    fn jittered(&mut self, watts: u32) -> u32 {
        let reach = watts / 100 * u32::from(self.profile.jitter_percent);
        let drawn = self.rng.below(u64::from(reach) * 2 + 1) as u32;
        watts.saturating_sub(reach).saturating_add(drawn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_finds_its_profile() {
        for name in LoadProfile::NAMES {
            assert_eq!(LoadProfile::by_name(name).unwrap().name, name);
        }
    }

    #[test]
    fn a_kettle_boils_a_few_times_a_day_and_never_at_night() {
        let profile = LoadProfile::by_name("kettle").unwrap();
        let mut load = Load::new(profile, Placement::Balanced, Rng::new(1), Instant::ZERO);
        let (mut runs, mut was_on) = (0, false);
        while load.deadline() < Instant::from_secs(86_400) {
            let now = load.deadline();
            load.handle_timeout(now);
            let is_on = load.milliwatts() > 0;
            if is_on && !was_on {
                runs += 1;
                assert!((390 * 60..1_350 * 60).contains(&second_of_day(now)), "{now}");
                assert!((1_960_000..=2_040_000).contains(&load.milliwatts()));
            }
            was_on = is_on;
        }
        assert!((3..=9).contains(&runs), "{runs}");
    }
}
