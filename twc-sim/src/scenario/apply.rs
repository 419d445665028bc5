//! What the actions of a timeline do.

use core::time::Duration;

use twc_proto::Instant;

use super::timeline::Action;
use crate::charger::Charger;
use crate::house::House;
use crate::world::World;

/// How soon what is over a limit that fell must be gone.
const FALLEN_LIMIT: Duration = Duration::from_secs(10);

impl Action {
    /// Does it to the buses and their chargers; what concerns the master or the house does nothing here. Whoever is
    /// not there cannot be plugged in or out, and that changes nothing either.
    pub fn apply(&self, now: Instant, world: &mut World) {
        match self {
            Self::Fault(rates) => world.set_fault(*rates),
            Self::Stall { to_bus, from_bus } => world.stall_on(0, now, *to_bus, *from_bus),
            Self::DemandRecovery => world.demand_recovery(),
            Self::ForeignMaster { id, span, limit } => world.foreign_master(0, now, *id, *limit, *span),
            Self::Limit(node, limit) => {
                if let Some(checker) = world.checker_mut() {
                    let circuit = node.map_or(0, |node| node + 1);
                    checker.set_limit(now, circuit, [u32::from(limit.amps.value()); 3], FALLEN_LIMIT);
                }
            }
            Self::Plug(index, _)
            | Self::Unplug(index)
            | Self::PauseCar(index)
            | Self::ResumeCar(index)
            | Self::WakeCar(index)
            | Self::UiCap(index, _)
            | Self::Reset(index)
            | Self::ResetErrors(index)
            | Self::ResetLimit(index)
            | Self::WeldRelay(index)
            | Self::Power(index, _)
            | Self::Phases(index, _)
            | Self::Silence(index, _)
            | Self::Deafen(index, _) => {
                if let Some(charger) = world.charger_mut(*index) {
                    self.apply_to(now, charger);
                }
            }
            _ => {}
        }
    }

    fn apply_to(&self, now: Instant, charger: &mut Charger) {
        match self {
            // A car that finds the place taken drives on.
            Self::Plug(_, visit) => drop(charger.plug_in(now, visit.car())),
            Self::Unplug(_) => drop(charger.unplug(now)),
            Self::PauseCar(_) => charger.pause_car(now),
            Self::ResumeCar(_) => charger.resume_car(now),
            Self::WakeCar(_) => charger.wake_car(now),
            Self::UiCap(_, cap) => charger.set_ui_cap(now, *cap),
            Self::Reset(_) => charger.reset(now),
            Self::ResetErrors(_) => charger.reset_errors(now),
            Self::ResetLimit(_) => charger.reset_limit(now),
            Self::WeldRelay(_) => charger.weld_relay(now),
            Self::Power(_, true) => charger.power_on(now),
            Self::Power(_, false) => charger.power_off(now),
            Self::Phases(_, single) => charger.switch_phases(now, *single),
            Self::Silence(_, span) => charger.silence(now, *span),
            Self::Deafen(_, span) => charger.deafen(now, *span),
            _ => {}
        }
    }
}

impl Action {
    /// Does it to the house; what concerns anybody else does nothing here.
    pub(super) fn apply_to_house(&self, now: Instant, house: &mut House) {
        match self {
            Self::House(watts) => house.set_extra_watts(now, thirds(watts.0)),
            Self::Sun(watts) => house.set_solar_watts(now, u32::try_from(watts.0).ok()),
            Self::Day(day) => {
                house.set_solar_watts(now, None);
                house.set_solar_profile(now, day.clone());
            }
            Self::Battery(mode) => house.set_battery_mode(now, *mode),
            Self::Meter(meter, fault) => house.set_meter_fault(now, *meter, *fault),
            _ => {}
        }
    }
}

fn thirds(watts: i32) -> [i32; 3] {
    [watts / 3, watts / 3, watts - watts / 3 * 2]
}
