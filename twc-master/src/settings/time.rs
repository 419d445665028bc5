//! Schedules.

use std::format;
use std::string::ToString;
use std::vec::Vec;

use twc_proto::CentiAmps;

use super::build::Build;
use super::file::{Departure, Price, Schedule, Window};
use super::value::At;
use super::{ScheduleSettings, SettingsError};
use crate::budget::plan::Mode;
use crate::budget::schedule::{self, Action, Days, PriceRule, WindowError};
use crate::config::FLOOR;

impl Build<'_> {
    pub(super) fn schedules(&self) -> Result<Vec<ScheduleSettings>, SettingsError> {
        self.file.schedule.iter().map(|(name, written)| self.schedule(name, written)).collect()
    }

    fn schedule(&self, name: &str, written: &Schedule) -> Result<ScheduleSettings, SettingsError> {
        let otherwise = self.action(&written.otherwise, None)?;
        let windows = written.window.iter().map(|window| self.window(window)).collect::<Result<_, _>>()?;
        let departures = written.departure.iter().map(|of| self.departure(of)).collect::<Result<_, _>>()?;
        let prices = written.price.iter().map(|price| self.price(price)).collect::<Result<_, _>>()?;
        let zone = written.zone.as_ref().map_or("system", |at| at.value.0.as_str());
        let schedule = schedule::Schedule::new(zone, windows, otherwise).map_err(|error| {
            let zone = written.zone.as_ref();
            zone.map_or_else(
                || self.missing("[schedule", error.to_string()),
                |at| self.wrong(at, error.to_string()),
            )
        })?;
        let schedule = schedule.with_departures(departures).with_price_rules(prices);
        Ok(ScheduleSettings { name: name.into(), schedule })
    }

    fn action(&self, mode: &At<Mode>, amps: Option<&At<CentiAmps>>) -> Result<Action, SettingsError> {
        match mode.value {
            Mode::Scheduled => {
                let error = self.wrong(mode, "a schedule cannot follow itself");
                return Err(error.hint("write off, now, min+solar or solar"));
            }
            Mode::Solar | Mode::MinSolar if self.file.surplus.is_none() => {
                return Err(self.wrong(mode, "there is no [surplus], so nothing measures the sun"));
            }
            _ => {}
        }
        match amps {
            Some(at) if at.value < FLOOR => {
                Err(self.wrong(at, "a wall connector takes 6A whatever it is told below that").hint("write 6A"))
            }
            Some(at) if mode.value == Mode::Off => Err(self.wrong(at, "nothing flows while the mode is off")),
            _ => Ok(Action { mode: mode.value, amps: amps.map(|at| at.value) }),
        }
    }

    fn window(&self, window: &Window) -> Result<schedule::Window, SettingsError> {
        let action = self.action(&window.mode, window.amps.as_ref())?;
        let days = window.days.as_ref().map_or(Days::ALL, |at| at.value);
        schedule::Window::new(days, window.from.value, window.to.value, action).map_err(|error| {
            let at = if error == WindowError::BeginsAtTheEnd { &window.from } else { &window.to };
            self.wrong(at, error.to_string())
        })
    }

    fn departure(&self, written: &Departure) -> Result<schedule::Departure, SettingsError> {
        let watts = u32::try_from(written.power.value.0).unwrap_or(0);
        if watts < 1_000 {
            let error = self.wrong(&written.power, "less than any car charges with");
            return Err(error.hint("three phases at 16A and 230 V are 11kW"));
        }
        let hours = f64::from(written.energy.value.0) / f64::from(watts);
        if hours > 24.0 {
            let reason = format!("at this power it takes {hours:.0} hours");
            return Err(self.wrong(&written.energy, reason).hint("a departure every day leaves 24"));
        }
        Ok(schedule::Departure {
            days: written.days.as_ref().map_or(Days::ALL, |at| at.value),
            by: written.by.value,
            watt_hours: written.energy.value.0,
            watts,
        })
    }

    fn price(&self, written: &Price) -> Result<PriceRule, SettingsError> {
        let action = self.action(&written.mode, written.amps.as_ref())?;
        Ok(PriceRule { at_most: written.at_most.value.0, action })
    }
}
