//! What the surplus must know about a house.

use core::time::Duration;

use thiserror::Error;
use twc_proto::CentiAmps;

use super::{BatteryPolicy, SwitchConfig};
use crate::budget::meter::{MeterConfig, MeterError};
use crate::config::FLOOR;

/// Where our wall connectors are, seen from the meter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topology {
    /// Behind it: what they draw shows in its values.
    Inside,
    /// Beside it: its values do not change when a car charges.
    Outside,
}

/// How the utility counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settlement {
    /// The sum of all phases; import on one is balanced by export on another.
    NetSum,
    /// Each phase by itself.
    PerPhase,
}

/// What the meter can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeterKind {
    /// Import and export.
    Net,
    /// Export only: zero while importing. Give such a meter `sees_us: false`, it may well stand still.
    ExportOnly,
}

/// Settings of the surplus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SurplusConfig {
    /// Where the cars are.
    pub topology: Topology,
    /// How energy is counted.
    pub settlement: Settlement,
    /// What the meter shows.
    pub kind: MeterKind,
    /// Volts between phase and neutral.
    pub volts: u16,
    /// Watts always left for the grid; negative to import as much.
    pub reserve_watts: i32,
    /// Watts that may come from the grid so that a car reaches its minimum.
    pub flex_watts: u16,
    /// The state of charge of the home battery that this needs, if any.
    pub flex_percent: Option<u8>,
    /// Whether a session may also start on it, not only go on.
    pub flex_starts: bool,
    /// The home battery's place.
    pub battery: BatteryPolicy,
    /// Delays and minimum times.
    pub switch: SwitchConfig,
    /// Steps of what is offered; whole amperes unless there is a reason.
    pub step: CentiAmps,
    /// Each slave's current while the meter is silent.
    pub failsafe: CentiAmps,
    /// The meter.
    pub meter: MeterConfig,
}

impl Default for SurplusConfig {
    fn default() -> Self {
        Self {
            topology: Topology::Inside,
            settlement: Settlement::NetSum,
            kind: MeterKind::Net,
            volts: 230,
            reserve_watts: 0,
            flex_watts: 0,
            flex_percent: None,
            flex_starts: false,
            battery: BatteryPolicy::NONE,
            switch: SwitchConfig::default(),
            step: CentiAmps::from_amps(1),
            failsafe: CentiAmps::from_amps(6),
            meter: MeterConfig::new(Duration::from_secs(5), Duration::from_secs(30)),
        }
    }
}

impl SurplusConfig {
    /// Checks what can be checked without knowing the installation.
    ///
    /// # Errors
    /// What does not work.
    pub fn check(&self) -> Result<(), SurplusError> {
        self.meter.check(false)?;
        if self.step.value() < 10 || self.step > FLOOR {
            return Err(SurplusError::Step { step: self.step });
        }
        if !(90..=300).contains(&self.volts) {
            return Err(SurplusError::Volts { volts: self.volts });
        }
        Ok(())
    }
}

/// Settings that do not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SurplusError {
    /// The meter's times.
    #[error(transparent)]
    Meter(#[from] MeterError),
    /// Too fine, or nothing at all.
    #[error("a step of {step} is not between 0.10 A and 6.00 A")]
    Step {
        /// The step.
        step: CentiAmps,
    },
    /// No house has that.
    #[error("{volts} V between phase and neutral")]
    Volts {
        /// The voltage.
        volts: u16,
    },
}
