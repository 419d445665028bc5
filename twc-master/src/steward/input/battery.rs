//! What the home battery says.

use std::format;
use std::string::String;

use serde::Deserialize;
use serde_json::Value;

use super::{Heard, read};
use crate::budget::meter::hundredths;
use crate::budget::surplus::BatteryReading;
use crate::settings::BatterySign;
use crate::steward::Steward;

/// As it is written, by itself or in a meter's line.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Charge {
    watts: Option<f64>,
    soc: Option<f64>,
    age: Option<f64>,
}

impl Steward {
    pub(super) fn handle_battery_value(&mut self, heard: Heard, value: Value) -> Result<(), String> {
        self.handle_charge(heard, &read(value)?)
    }

    /// Power without a charge meets no condition; a charge without power says that nothing flows that could be given.
    pub(super) fn handle_charge(&mut self, heard: Heard, charge: &Charge) -> Result<(), String> {
        let settings =
            self.settings.battery.as_ref().ok_or("there is no [battery] whose values these could be")?;
        if charge.watts.is_none() && charge.soc.is_none() {
            return Err("neither watts nor soc".into());
        }
        let at = heard.at(charge.age)?;
        let watts = charge.watts.map_or(Some(0), |watts| hundredths(watts / 100.0));
        let watts = watts.filter(|watts| watts.abs() <= 1_000_000);
        let watts =
            watts.ok_or_else(|| format!("{} W is no battery's power", charge.watts.unwrap_or_default()))?;
        let watts = if settings.sign == BatterySign::DischargingPositive { -watts } else { watts };
        let percent = charge.soc.map(percent).transpose()?;
        self.handle_battery(BatteryReading { watts, percent, at });
        Ok(())
    }
}

/// Whole percent, rounded down: a condition is met when it is met.
fn percent(soc: f64) -> Result<u8, String> {
    let whole = hundredths(soc).filter(|hundredths| (0..=10_000).contains(hundredths));
    let whole = whole.and_then(|hundredths| u8::try_from(hundredths / 100).ok());
    whole.ok_or_else(|| format!("a charge of {soc} is not between 0 and 100 percent"))
}
