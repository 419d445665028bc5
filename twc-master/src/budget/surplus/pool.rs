//! Power that may be given to cars, settled as a sum or phase by phase.

use super::{MeterKind, Settlement, SurplusConfig, Topology};
use crate::budget::meter::{Reading, Watts};
use crate::budget::phases::{PerPhase, PhaseSet, centiamps, watts};

/// Power in watts; negative where too much is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pool {
    /// All phases are settled against each other.
    Total(i32),
    /// Each phase counts by itself.
    Phases(PerPhase),
}

impl Pool {
    /// All of it in watts.
    pub fn total(self) -> i32 {
        match self {
            Self::Total(watts) => watts,
            Self::Phases(watts) => watts.sum(),
        }
    }

    /// The current that fits on every one of `phases`, in centiamps, rounded down; negative where it must shrink.
    pub(super) fn current(self, phases: PhaseSet, volts: u16) -> i32 {
        match self {
            Self::Total(watts) => centiamps(watts, phases.count(), volts),
            Self::Phases(watts) => {
                let used = (0..3).zip(watts.0).filter(|(phase, _)| phases.contains(*phase));
                used.map(|(_, watts)| centiamps(watts, 1, volts)).min().unwrap_or(i32::MIN)
            }
        }
    }

    /// What is left when `current` centiamps flow on each of `phases`.
    pub(super) fn less(self, phases: PhaseSet, current: i32, volts: u16) -> Self {
        let each = watts(current, volts);
        match self {
            Self::Total(left) => Self::Total(left.saturating_sub(each.saturating_mul(phases.count().into()))),
            Self::Phases(left) => {
                let used = PerPhase([0, 1, 2].map(|phase| if phases.contains(phase) { each } else { 0 }));
                Self::Phases(left.minus(used))
            }
        }
    }

    /// Element by element with another of the same kind; one of another kind replaces it.
    pub(super) fn zip(self, other: Self, mut join: impl FnMut(i32, i32) -> i32) -> Self {
        match (self, other) {
            (Self::Total(a), Self::Total(b)) => Self::Total(join(a, b)),
            (Self::Phases(a), Self::Phases(b)) => Self::Phases(a.zip(b, join)),
            (_, other) => other,
        }
    }
}

/// What the cars may take together, from what the meter said and what they drew at that time.
///
/// `None` where the meter does not tell what this settlement needs.
pub(super) fn available(config: &SurplusConfig, reading: &Reading, own: PerPhase, battery: i32) -> Option<Pool> {
    let own = match config.topology {
        Topology::Inside => own.map(|amps| watts(amps, config.volts)),
        // No feedback: the meter does not see the cars, so nothing comes back.
        Topology::Outside => PerPhase::ZERO,
    };
    let extra = battery.saturating_sub(config.reserve_watts);
    match config.settlement {
        Settlement::NetSum => {
            let grid = imported(config, total(config, reading)?, own.sum());
            Some(Pool::Total(own.sum().saturating_sub(grid).saturating_add(extra)))
        }
        Settlement::PerPhase => {
            let grid = per_phase(config, reading)?.zip(own, |grid, own| imported(config, grid, own));
            // Batteries and reserves are taken as spread over the phases.
            Some(Pool::Phases(own.minus(grid).map(|watts| watts.saturating_add(extra.div_euclid(3)))))
        }
    }
}

/// An export-only meter that shows nothing hides how much is imported: an eighth of what the cars draw is given
/// back per sample, one ampere at least, until export shows again.
fn imported(config: &SurplusConfig, grid: i32, own: i32) -> i32 {
    match config.kind {
        MeterKind::Net => grid,
        MeterKind::ExportOnly if grid < 0 => grid,
        MeterKind::ExportOnly => (own / 8).max(i32::from(config.volts)),
    }
}

fn total(config: &SurplusConfig, reading: &Reading) -> Option<i32> {
    let from_amps = |amps: PerPhase| amps.map(|amps| watts(amps, config.volts)).sum();
    reading.watts.map(Watts::total).or(reading.centiamps.map(from_amps))
}

fn per_phase(config: &SurplusConfig, reading: &Reading) -> Option<PerPhase> {
    match (reading.watts, reading.centiamps) {
        (Some(Watts::Phases(watts)), _) => Some(watts),
        (_, Some(amps)) => Some(amps.map(|amps| watts(amps, config.volts))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(watts: [i32; 3]) -> Reading {
        Reading { centiamps: None, watts: Some(Watts::Phases(PerPhase(watts))) }
    }

    fn three_phase_car() -> PerPhase {
        PerPhase([1_000; 3])
    }

    #[test]
    fn inside_the_meter_a_car_that_takes_the_surplus_does_not_make_it_vanish() {
        let config = SurplusConfig::default();
        let idle = available(&config, &reading([-2_300; 3]), PerPhase::ZERO, 0);
        let charging = available(&config, &reading([0; 3]), three_phase_car(), 0);
        assert_eq!((idle, charging), (Some(Pool::Total(6_900)), Some(Pool::Total(6_900))));
    }

    #[test]
    fn outside_the_meter_the_reading_is_the_budget_and_own_draw_comes_off_nowhere() {
        let config = SurplusConfig { topology: Topology::Outside, reserve_watts: 100, ..SurplusConfig::default() };
        assert_eq!(available(&config, &reading([-2_300; 3]), three_phase_car(), 0), Some(Pool::Total(6_800)));
    }

    #[test]
    fn settled_per_phase_the_worst_phase_of_the_car_decides() {
        let config = SurplusConfig { settlement: Settlement::PerPhase, ..SurplusConfig::default() };
        let pool = available(&config, &reading([-2_300, -1_380, 500]), PerPhase::ZERO, 0).unwrap();
        assert_eq!(pool.current(PhaseSet::new([true, true, false]).unwrap(), 230), 600);
        assert!(pool.current(PhaseSet::ALL, 230) < 0);
        let total =
            available(&SurplusConfig::default(), &reading([-2_300, -1_380, 500]), PerPhase::ZERO, 0).unwrap();
        assert_eq!(total.current(PhaseSet::new([true, false, false]).unwrap(), 230), 1_382);
    }

    #[test]
    fn an_export_only_meter_at_zero_makes_the_cars_give_back() {
        let config = SurplusConfig { kind: MeterKind::ExportOnly, ..SurplusConfig::default() };
        let pool = available(&config, &reading([0; 3]), three_phase_car(), 0);
        assert_eq!(pool, Some(Pool::Total(6_900 - 862)));
        assert_eq!(available(&config, &reading([300, 0, 0]), PerPhase::ZERO, 0), Some(Pool::Total(-230)));
    }
}
