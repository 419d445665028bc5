//! Orders by people.

use std::format;
use std::string::{String, ToString};

use serde::Deserialize;
use serde_json::Value;
use twc_proto::{CentiAmps, TwcId};

use super::end::Lasts;
use super::{Ends, Heard, read};
use crate::budget::meter::hundredths;
use crate::budget::plan::Order;
use crate::config::FLOOR;
use crate::settings;
use crate::steward::Steward;

/// As it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    /// All of them without one.
    slave: Option<String>,
    mode: Option<String>,
    amps: Option<f64>,
    kwh: Option<f64>,
    #[serde(default)]
    release: bool,
    emergency: Option<f64>,
    until: Option<String>,
    r#for: Option<Lasts>,
}

impl Steward {
    pub(super) fn handle_order_value(&mut self, heard: Heard, value: Value) -> Result<(), String> {
        let line: Line = read(value)?;
        let ends = Ends { until: line.until, r#for: line.r#for };
        let wall = self.wall(heard.now);
        let end = ends.end(heard, wall)?;
        if (end.civil.is_some() && wall.is_none()) && line.emergency.is_none() {
            return Err("the clock was never set, so nobody knows when that is; say for how long".into());
        }
        let slave = match line.slave {
            Some(id) => Some(id.parse::<TwcId>().map_err(|_| format!("`{id}` is no id such as 3495"))?),
            None => None,
        };
        match (line.release, line.emergency, line.mode) {
            (true, None, None) if slave.is_none() => {
                self.planner.end_emergency();
                self.planner.release(None);
            }
            (true, None, None) => self.planner.release(slave),
            (false, Some(limit), None) if slave.is_none() => self.planner.emergency(centiamps(limit)?, end.after),
            (false, Some(_), None) => return Err("an emergency is for all".into()),
            (false, None, Some(mode)) => {
                let mode = settings::mode(&mode).map_err(|hint| format!("`{mode}` is unknown, {hint}"))?;
                let amps = line.amps.map(centiamps).transpose()?;
                if let Some(amps) = amps.filter(|amps| *amps < FLOOR) {
                    return Err(format!(
                        "{amps}: a wall connector takes {FLOOR} unasked, order the mode off instead"
                    ));
                }
                let watt_hours = line.kwh.map(watt_hours).transpose()?;
                let order = Order { mode, amps, watt_hours, until: end.after };
                self.planner.order(slave, order).map_err(|error| error.to_string())?;
            }
            _ => return Err("give one of mode, release and emergency".into()),
        }
        Ok(())
    }
}

pub(in crate::steward) fn centiamps(amps: f64) -> Result<CentiAmps, String> {
    let value = hundredths(amps).and_then(|value| u16::try_from(value).ok());
    value.map(CentiAmps::new).ok_or_else(|| format!("{amps} A is no current"))
}

fn watt_hours(kwh: f64) -> Result<u32, String> {
    let value = hundredths(kwh * 10.0).and_then(|value| u32::try_from(value).ok());
    value.filter(|value| (1..=1_000_000).contains(value)).ok_or_else(|| format!("{kwh} kWh is no car's energy"))
}
