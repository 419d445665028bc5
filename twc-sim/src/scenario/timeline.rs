//! What happens, and when.

use core::fmt;
use core::time::Duration;

use twc_proto::{CentiAmps, Instant, TwcId};

use super::units::{Limit, WattHours, Watts};
use crate::car::{Car, CarPlan, CarProfile, Window};
use crate::fault::{FaultPreset, FaultRates};
use crate::house::{BatteryMode, MeterFault, MeterId, SolarProfile};

/// An action and its moment.
#[derive(Debug, Clone, PartialEq)]
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
    /// How full it comes, in percent; so that the wanted energy brings it to 80 % otherwise.
    pub charge_percent: Option<u8>,
    /// The limit set in the car, per phase.
    pub ui_cap: Option<CentiAmps>,
    /// When of the day it charges.
    pub schedule: Option<Window>,
}

impl Visit {
    /// A car that wants this much, with nothing special about it.
    pub fn new(car: CarProfile, wants: WattHours) -> Self {
        Self { car, wants, charge_percent: None, ui_cap: None, schedule: None }
    }

    /// The car as it comes.
    pub fn car(&self) -> Car {
        let mut plan = CarPlan::new(self.car.clone(), Instant::ZERO, self.wants.0);
        plan.charge_percent = self.charge_percent;
        plan.ui_cap = self.ui_cap;
        plan.schedule = self.schedule;
        plan.car()
    }
}

/// What can happen. Chargers go by their index from 0 on.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// A car is plugged in.
    Plug(usize, Visit),
    /// The car leaves.
    Unplug(usize),
    /// Somebody stops charging at the car.
    PauseCar(usize),
    /// Somebody allows charging at the car again.
    ResumeCar(usize),
    /// Somebody wakes the car.
    WakeCar(usize),
    /// Somebody sets the limit in the car, per phase, or takes it away.
    UiCap(usize, Option<CentiAmps>),
    /// The button is held until the unit reboots.
    Reset(usize),
    /// The button is held until errors are forgotten.
    ResetErrors(usize),
    /// The unit forgets its limit and falls to its minimum.
    ResetLimit(usize),
    /// The relay's contact welds.
    WeldRelay(usize),
    /// The unit's breaker.
    Power(usize, bool),
    /// The switch in front of the unit leaves it one phase, or all.
    Phases(usize, bool),
    /// The unit's answers get lost for a while.
    Silence(usize, Duration),
    /// The unit hears nothing for a while.
    Deafen(usize, Duration),
    /// The cable is so bad from now on.
    Fault(FaultRates),
    /// The converter of the first bus holds back what goes to the bus, what comes from it, or both, for a while.
    Stall {
        /// From the master to the bus.
        to_bus: Option<Duration>,
        /// From the bus to the master.
        from_bus: Option<Duration>,
    },
    /// Everything was put right: by their deadlines all units must be linked.
    DemandRecovery,
    /// Another master is on the first bus, and tells every charger this limit, or nothing.
    ForeignMaster {
        /// Its id; 0000 makes it a clone of the bus's own master.
        id: TwcId,
        /// For so long.
        span: Duration,
        /// What it says in its heartbeats.
        limit: Option<CentiAmps>,
    },
    /// The site, or the circuit with this place in [`super::Scenario::nodes`], may carry this much from now on.
    Limit(Option<usize>, Limit),
    /// Something else in the house draws so many watts, a third on each phase.
    House(Watts),
    /// The sun gives exactly this.
    Sun(Watts),
    /// Another kind of day.
    Day(SolarProfile),
    /// The battery does something else.
    Battery(BatteryMode),
    /// Something goes wrong with a meter, or is right again.
    Meter(MeterId, MeterFault),
    /// The master is told something that only it understands.
    TellMaster(toml::Table),
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
            Self::WakeCar(charger) => write!(f, "wake the car at {}", charger + 1),
            Self::UiCap(charger, Some(cap)) => write!(f, "the car at {} allows {cap}", charger + 1),
            Self::UiCap(charger, None) => write!(f, "the car at {} allows everything", charger + 1),
            Self::ResetErrors(charger) => write!(f, "reset the errors of {}", charger + 1),
            Self::ResetLimit(charger) => write!(f, "{} forgets its limit", charger + 1),
            Self::WeldRelay(charger) => write!(f, "the relay of {} welds", charger + 1),
            Self::Reset(charger) => write!(f, "reset {}", charger + 1),
            Self::Power(charger, on) => write!(f, "power {} {}", charger + 1, if *on { "on" } else { "off" }),
            Self::Phases(charger, true) => write!(f, "one phase is left to {}", charger + 1),
            Self::Phases(charger, false) => write!(f, "all phases go to {}", charger + 1),
            Self::Silence(charger, span) => write!(f, "silence {} for {span:?}", charger + 1),
            Self::Deafen(charger, span) => write!(f, "deafen {} for {span:?}", charger + 1),
            Self::Fault(rates) => match FaultPreset::ALL.into_iter().find(|preset| preset.rates() == *rates) {
                Some(preset) => write!(f, "line {preset}"),
                None => write!(f, "line {rates:?}"),
            },
            Self::House(watts) => write!(f, "the house draws {} W more", watts.0),
            Self::Sun(watts) => write!(f, "the sun gives {} W", watts.0),
            Self::Day(day) => write!(f, "a {} day", day.name),
            Self::Battery(mode) => write!(f, "battery: {mode:?}"),
            Self::Meter(meter, fault) => write!(f, "meter {}: {fault:?}", meter.0 + 1),
            Self::Stall { to_bus, from_bus } => match (to_bus, from_bus) {
                (Some(span), None) => write!(f, "converter stalls to the bus for {span:?}"),
                (None, Some(span)) => write!(f, "converter stalls from the bus for {span:?}"),
                (to_bus, _) => write!(f, "converter stalls for {:?}", to_bus.unwrap_or_default()),
            },
            Self::DemandRecovery => f.write_str("everything was put right"),
            Self::ForeignMaster { id, span, limit: Some(limit) } => {
                write!(f, "another master, {id}, for {span:?}: {limit}")
            }
            Self::ForeignMaster { id, span, limit: None } => write!(f, "another master, {id}, for {span:?}"),
            Self::Limit(None, limit) => write!(f, "limit {}", limit.amps),
            Self::Limit(Some(node), limit) => write!(f, "limit of circuit {}: {}", node + 1, limit.amps),
            Self::TellMaster(order) => {
                write!(f, "master told {}", serde_json::to_string(order).unwrap_or_default())
            }
            Self::KillMaster => f.write_str("master killed"),
            Self::StartMaster => f.write_str("master started"),
        }
    }
}
