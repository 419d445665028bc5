//! What stands in the house.

use super::battery::BatteryConfig;
use super::breaker::BreakerConfig;
use super::load::LoadProfile;
use super::meter::MeterConfig;
use super::solar::SolarProfile;
use crate::charger::Line;

/// On which phases something is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// On one.
    Single(Line),
    /// A third on each.
    Balanced,
}

impl Placement {
    /// `milliwatts` on the three phases.
    pub(super) fn spread(self, milliwatts: i64) -> [i64; 3] {
        match self {
            Self::Single(line) => {
                let mut out = [0; 3];
                if let Some(slot) = out.get_mut(line.index()) {
                    *slot = milliwatts;
                }
                out
            }
            Self::Balanced => [milliwatts / 3, milliwatts / 3, milliwatts - milliwatts / 3 * 2],
        }
    }
}

/// Panels on the roof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SolarConfig {
    /// What kind of day it is.
    pub profile: SolarProfile,
    /// What the panels give at most, in watts.
    pub peak_watts: u32,
    /// Where the inverter is connected.
    pub placement: Placement,
}

/// A house. The default is an empty one at 230 V.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HouseConfig {
    /// Volts between each phase and neutral.
    pub volts: u16,
    /// What runs in it, and where; see [`LoadProfile::by_name`].
    pub loads: Vec<(LoadProfile, Placement)>,
    /// The roof.
    pub solar: Option<SolarConfig>,
    /// The battery.
    pub battery: Option<BatteryConfig>,
    /// Fuses and breakers.
    pub breakers: Vec<BreakerConfig>,
    /// Meters; their place in the list is their [`super::MeterId`].
    pub meters: Vec<MeterConfig>,
}

impl Default for HouseConfig {
    fn default() -> Self {
        Self {
            volts: 230,
            loads: Vec::new(),
            solar: None,
            battery: None,
            breakers: Vec::new(),
            meters: Vec::new(),
        }
    }
}
