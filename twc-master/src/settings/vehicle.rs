//! Cars that are known by their VIN, and guests.

use std::format;
use std::string::String;
use std::vec::Vec;

use twc_proto::Vin;

use super::build::Build;
use super::file::Rules;
use super::units::shown;
use super::value::Value;
use super::{ScheduleSettings, SettingsError, VehicleSettings};
use crate::config::FLOOR;
use crate::{MAX_VEHICLES, Profile};

impl Value for Vin {
    const NAME: &'static str = "VIN";
    const LIKE: &'static str = "the 17 characters of a VIN";

    fn read(text: &str) -> Result<Self, Option<String>> {
        text.parse().map_err(|error| Some(format!("{error}")))
    }
}

impl Build<'_> {
    pub(super) fn vehicles(&self, schedules: &[ScheduleSettings]) -> Result<Vec<VehicleSettings>, SettingsError> {
        let mut vehicles: Vec<VehicleSettings> = Vec::new();
        for (name, rules) in &self.file.vehicle {
            let Some(vin) = &rules.vin else {
                let error = self.missing(&format!("[vehicle.{name}]"), "nothing tells which car that is");
                return Err(error.hint("add its vin, or make it [guest]"));
            };
            if vehicles.len() == MAX_VEHICLES {
                return Err(self.wrong(vin, format!("no more than {MAX_VEHICLES} cars can be told apart")));
            }
            if let Some(same) = vehicles.iter().find(|known| known.vin == Some(vin.value)) {
                return Err(self.wrong(vin, format!("`{}` has this VIN", same.name)));
            }
            vehicles.push(self.rules(name, Some(vin.value), rules, schedules)?);
        }
        Ok(vehicles)
    }

    pub(super) fn guest(&self, schedules: &[ScheduleSettings]) -> Result<Option<VehicleSettings>, SettingsError> {
        if let Some(vin) = self.file.guest.as_ref().and_then(|rules| rules.vin.as_ref()) {
            return Err(self.wrong(vin, "who is known is no guest").hint("write [vehicle.NAME]"));
        }
        self.file.guest.as_ref().map(|rules| self.rules("a guest", None, rules, schedules)).transpose()
    }

    fn rules(
        &self,
        name: &str,
        vin: Option<Vin>,
        rules: &Rules,
        schedules: &[ScheduleSettings],
    ) -> Result<VehicleSettings, SettingsError> {
        if let Some(at) = rules.minimum.iter().chain(&rules.maximum).find(|at| at.value < FLOOR) {
            let error = self.wrong(at, "a wall connector takes 6A whatever it is told below that");
            return Err(error.hint("write 6A, or allow = false"));
        }
        let car = rules.car.as_ref().map(|at| at.value);
        let minimum = rules.minimum.as_ref().map(|at| at.value).or(car.map(|car| car.minimum));
        if let Some((at, least)) = rules.maximum.as_ref().zip(minimum).filter(|(at, least)| at.value < *least) {
            let reason = format!("less than the minimum of {}, so it could never charge", shown(least));
            return Err(self.wrong(at, reason).hint("write allow = false to keep it from charging"));
        }
        let says = rules.mode.is_some() || rules.schedule.is_some();
        let mode = self.mode(rules.schedule.as_ref(), rules.mode.as_ref(), schedules)?;
        Ok(VehicleSettings {
            name: name.into(),
            vin,
            // Only cars that tell their VIN can be known by it, and those are Teslas.
            car: car.or(vin.map(|_| &Profile::TESLA)),
            allow: rules.allow.unwrap_or(true),
            mode: says.then_some(mode),
            minimum,
            maximum: rules.maximum.as_ref().map(|at| at.value),
            priority: rules.priority,
        })
    }
}
