//! What happens, and when.

use core::fmt;
use core::time::Duration;

use super::units::{Limit, WattHours};
use crate::car::CarProfile;
use crate::fault::FaultPreset;

/// An action and its moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timed {
    /// After the start.
    pub time: Duration,
    /// What happens.
    pub action: Action,
}

/// A car and what it wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// What kind of car.
    pub car: CarProfile,
    /// What it wants.
    pub wants: WattHours,
}

/// What can happen. Chargers go by their index from 0 on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// A car is plugged in.
    Plug(usize, Visit),
    /// The car leaves.
    Unplug(usize),
    /// Somebody stops charging at the car.
    PauseCar(usize),
    /// Somebody allows charging at the car again.
    ResumeCar(usize),
    /// The button is held until the unit reboots.
    Reset(usize),
    /// The unit's breaker.
    Power(usize, bool),
    /// The unit's answers get lost for a while.
    Silence(usize, Duration),
    /// The unit hears nothing for a while.
    Deafen(usize, Duration),
    /// The cable is so bad from now on.
    Fault(FaultPreset),
    /// The converter holds everything back for a while.
    Stall(Duration),
    /// The shared circuit may carry this much from now on.
    Limit(Limit),
    /// The master is killed.
    KillMaster,
    /// A master starts, with what the one before wanted kept.
    StartMaster,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plug(charger, visit) => {
                write!(f, "plug {}: {} wants {} Wh", charger + 1, visit.car.name, visit.wants.0)
            }
            Self::Unplug(charger) => write!(f, "unplug {}", charger + 1),
            Self::PauseCar(charger) => write!(f, "pause the car at {}", charger + 1),
            Self::ResumeCar(charger) => write!(f, "resume the car at {}", charger + 1),
            Self::Reset(charger) => write!(f, "reset {}", charger + 1),
            Self::Power(charger, on) => write!(f, "power {} {}", charger + 1, if *on { "on" } else { "off" }),
            Self::Silence(charger, span) => write!(f, "silence {} for {span:?}", charger + 1),
            Self::Deafen(charger, span) => write!(f, "deafen {} for {span:?}", charger + 1),
            Self::Fault(preset) => write!(f, "line {preset}"),
            Self::Stall(span) => write!(f, "converter stalls for {span:?}"),
            Self::Limit(limit) => write!(f, "limit {}", limit.amps),
            Self::KillMaster => f.write_str("master killed"),
            Self::StartMaster => f.write_str("master started"),
        }
    }
}
