//! Who comes when, and what for.

use twc_proto::{CentiAmps, Instant};

use super::{Car, CarProfile, Window};

/// One visit of one car to one unit; [`crate::Charger::expect_car`] lives through it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarPlan {
    /// What kind of car.
    pub profile: CarProfile,
    /// When it is plugged in.
    pub arrives: Instant,
    /// When it is unplugged again, whatever it has by then; `None`: it stays.
    pub leaves: Option<Instant>,
    /// What it wants, in watt-hours.
    pub wanted_watt_hours: u32,
    /// Its state of charge when it comes, in percent; `None`: so that the wanted energy brings it to 80 %.
    pub charge_percent: Option<u8>,
    /// The limit its owner has set in the car, per phase.
    pub ui_cap: Option<CentiAmps>,
    /// It charges only at this time of day.
    pub schedule: Option<Window>,
}

impl CarPlan {
    /// It comes at `arrives` for `wanted_watt_hours` and stays.
    pub fn new(profile: CarProfile, arrives: Instant, wanted_watt_hours: u32) -> Self {
        Self {
            profile,
            arrives,
            leaves: None,
            wanted_watt_hours,
            charge_percent: None,
            ui_cap: None,
            schedule: None,
        }
    }

    /// The car as it comes.
    pub fn car(&self) -> Car {
        let mut car = Car::new(self.profile.clone(), self.wanted_watt_hours);
        if let Some(percent) = self.charge_percent {
            car = car.with_charge(percent);
        }
        car.set_ui_cap(self.ui_cap);
        car.set_schedule(self.schedule);
        car
    }
}
