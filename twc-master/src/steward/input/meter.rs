//! A meter's values.

use core::time::Duration;
use std::string::{String, ToString};

use serde::Deserialize;
use serde_json::Value;

use super::battery::Charge;
use super::{Heard, read};
use crate::budget::PerPhase;
use crate::budget::meter::{Reading, Sample, Watts, hundredths};
use crate::settings::Sign;
use crate::steward::Steward;

/// As it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    amps: Option<[f64; 3]>,
    watts: Option<Power>,
    age: Option<f64>,
    battery: Option<Charge>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(untagged)]
enum Power {
    Total(f64),
    Phases([f64; 3]),
}

impl Steward {
    pub(super) fn handle_meter_value(&mut self, heard: Heard, meter: usize, value: Value) -> Result<(), String> {
        let line: Line = read(value)?;
        let at = heard.at(line.age)?;
        let sign = self.settings.meters.get(meter).map_or(Sign::ImportPositive, |meter| meter.sign);
        let reading = reading(&line, sign)?;
        if reading.is_none() && line.battery.is_none() {
            return Err("neither amps nor watts".into());
        }
        if let Some(charge) = line.battery {
            let heard = Heard { now: heard.now, age: heard.now.since(at) };
            self.handle_charge(heard, &charge)?;
        }
        let Some(reading) = reading else { return Ok(()) };
        let dated = line.age.is_some() || heard.age > Duration::ZERO;
        let sample = Sample { reading, measured: dated.then_some(at), arrived: heard.now, retained: false };
        self.handle_sample(meter, &sample).map_err(|rejected| rejected.to_string())
    }
}

/// Import positive; `None` where nothing is told.
fn reading(line: &Line, sign: Sign) -> Result<Option<Reading>, String> {
    let turned = |value: i32| if sign == Sign::ExportPositive { -value } else { value };
    let exact = |value: f64| hundredths(value).map(turned).ok_or_else(|| std::format!("{value} cannot be"));
    let phases = |[first, second, third]: [f64; 3]| {
        Ok::<_, String>(PerPhase([exact(first)?, exact(second)?, exact(third)?]))
    };
    let centiamps = line.amps.map(phases).transpose()?;
    let watts = match line.watts {
        Some(Power::Total(watts)) => Some(Watts::Total(exact(watts / 100.0)?)),
        Some(Power::Phases(watts)) => Some(Watts::Phases(phases(watts.map(|watts| watts / 100.0))?)),
        None => None,
    };
    Ok((centiamps.is_some() || watts.is_some()).then_some(Reading { centiamps, watts }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, sign: Sign) -> Result<Option<Reading>, String> {
        let value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        reading(&read(value)?, sign)
    }

    #[test]
    fn a_value_is_amperes_or_watts_with_a_sign() {
        let read = parse(r#"{"amps": [1.2, -0.4, 3], "age": 0.5}"#, Sign::ImportPositive).unwrap().unwrap();
        assert_eq!(read.centiamps, Some(PerPhase([120, -40, 300])));
        let read = parse(r#"{"watts": 870}"#, Sign::ExportPositive).unwrap().unwrap();
        assert_eq!(read.watts, Some(Watts::Total(-870)));
        let read = parse(r#"{"watts": [100, 200, -50.4]}"#, Sign::ImportPositive).unwrap().unwrap();
        assert_eq!(read.watts, Some(Watts::Phases(PerPhase([100, 200, -50]))));
    }

    #[test]
    fn what_makes_no_sense_is_no_value() {
        for text in
            ["", "12", r#"{"watt": 3}"#, r#"{"amps": [1, 2]}"#, r#"{"watts": 1e300}"#, r#"{"amps": [1, 2, null]}"#]
        {
            assert!(parse(text, Sign::ImportPositive).is_err(), "{text}");
        }
    }
}
