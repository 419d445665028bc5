//! What comes from outside as text: one JSON value after the other, as a rule one per line.
//!
//! | source | what it says |
//! |---|---|
//! | a meter | `{"amps": [1.2, -0.4, 3.0], "watts": 870, "age": 0.5, "battery": {…}}` |
//! | the battery | `{"watts": 1200, "soc": 83, "age": 0.5}` |
//! | prices | `{"start": "2026-06-17T14:00+02:00", "end": …, "price": 0.213}`, or several in brackets |
//! | a limit | `{"amps": 10, "until": "2026-06-17T18:00+02:00"}`, `{"amps": [10, 10, 6], "for": "30min"}`, `{"release": true}` |
//! | orders | `{"slave": "3495", "mode": "now", "amps": 16, "kwh": 5, "for": "1h"}`, `{"slave": …, "release": true}`, `{"emergency": 0}` |
//!
//! Whoever speaks for all of them puts `"to"` in front: `meter.NAME`, `battery`, `prices`, `cap.NAME` or `orders`.

mod battery;
mod end;
mod meter;
mod order;
mod text;

use core::time::Duration;
use std::format;
use std::string::String;
use std::vec::Vec;

use serde::de::DeserializeOwned;
use serde_json::Value;
use thiserror::Error;
use twc_proto::Instant;

pub use self::end::End;
pub(super) use self::end::{Ends, Lasts, timestamp, until};
pub(super) use self::order::centiamps;
pub(super) use self::text::each_value;

use super::Steward;
use crate::settings::Settings;

/// Who says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// The meter with this index in [`Settings::meters`].
    Meter(usize),
    /// The home battery.
    Battery,
    /// Whoever knows prices.
    Prices,
    /// Whoever orders the limit with this index in [`Settings::caps`].
    Cap(usize),
    /// People.
    Orders,
    /// Anybody: every value names its source in `"to"`.
    Any,
}

/// What was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said<'a> {
    /// JSON values one after the other.
    pub text: &'a str,
    /// The number of its first line, from 1 on.
    pub first_line: usize,
    /// How long ago.
    pub age: Duration,
    /// It is all that the source has to say, like a file: what it said before is forgotten. Matters for prices.
    pub is_all: bool,
}

impl<'a> Said<'a> {
    /// A line that was said just now, beside others.
    pub const fn line(text: &'a str) -> Self {
        Self { text, first_line: 1, age: Duration::ZERO, is_all: false }
    }
}

/// Something that was said and makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: {reason}")]
pub struct LineError {
    /// Where.
    pub line: usize,
    /// Why.
    pub reason: String,
}

/// A value that is being taken in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heard {
    pub(super) now: Instant,
    pub(super) age: Duration,
}

impl Settings {
    /// Every source that is written down, to be opened: a program (`exec:COMMAND`) or a file (`file:PATH`).
    pub fn sources(&self) -> Vec<(Source, &str)> {
        let meters = self.meters.iter().enumerate();
        let caps = self.caps.iter().enumerate();
        let all = meters
            .map(|(index, meter)| (Source::Meter(index), meter.source.as_deref()))
            .chain([
                (Source::Battery, self.battery.as_ref().and_then(|of| of.source.as_deref())),
                (Source::Prices, self.prices.as_ref().and_then(|of| of.source.as_deref())),
                (Source::Orders, self.orders.as_deref()),
            ])
            .chain(caps.map(|(index, cap)| (Source::Cap(index), cap.source.as_deref())));
        all.filter_map(|(source, spec)| Some((source, spec?))).collect()
    }

    /// The source with this name, as `"to"` writes it.
    pub fn source(&self, name: &str) -> Option<Source> {
        match name {
            "battery" => Some(Source::Battery),
            "prices" => Some(Source::Prices),
            "orders" => Some(Source::Orders),
            _ => {
                let (kind, name) = name.split_once('.')?;
                let meter = || self.meters.iter().position(|meter| meter.name == name).map(Source::Meter);
                let cap = || self.caps.iter().position(|cap| cap.name == name).map(Source::Cap);
                match kind {
                    "meter" => meter(),
                    "cap" => cap(),
                    _ => None,
                }
            }
        }
    }

    /// A source's name, as `"to"` writes it.
    pub fn source_name(&self, source: Source) -> String {
        let meter = |index: usize| self.meters.get(index).map_or("?", |meter| meter.name.as_str());
        let cap = |index: usize| self.caps.get(index).map_or("?", |cap| cap.name.as_str());
        match source {
            Source::Meter(index) => format!("meter.{}", meter(index)),
            Source::Battery => "battery".into(),
            Source::Prices => "prices".into(),
            Source::Cap(index) => format!("cap.{}", cap(index)),
            Source::Orders => "orders".into(),
            Source::Any => "control".into(),
        }
    }
}

impl Steward {
    /// Takes in what a source says. What makes no sense is left out and told with its line and its reason; all else
    /// counts.
    pub fn handle_said(&mut self, now: Instant, source: Source, said: &Said<'_>) -> Vec<LineError> {
        if source == Source::Prices && said.is_all {
            self.market.prices.clear();
        }
        let heard = Heard { now, age: said.age };
        let mut errors = each_value(said, |value| self.handle_value(heard, source, value));
        errors.truncate(text::TOLD);
        errors
    }

    fn handle_value(&mut self, heard: Heard, source: Source, value: Value) -> Result<(), String> {
        match source {
            Source::Meter(index) => self.handle_meter_value(heard, index, value),
            Source::Battery => self.handle_battery_value(heard, value),
            Source::Prices => self.handle_price_value(heard, value),
            Source::Cap(index) => self.handle_cap_value(heard, index, value),
            Source::Orders => self.handle_order_value(heard, value),
            Source::Any => {
                let Value::Object(mut fields) = value else { return Err("not an object".into()) };
                let to = fields.remove("to");
                let to = to.as_ref().and_then(Value::as_str).ok_or("\"to\" must name whom it is for")?;
                let source = self.settings.source(to).ok_or_else(|| format!("nobody is called `{to}`"))?;
                self.handle_value(heard, source, Value::Object(fields))
            }
        }
    }
}

/// A value as what it should be.
pub(super) fn read<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| format!("{error}"))
}

/// A number of seconds, where it can be one.
pub(super) fn seconds(value: f64) -> Result<Duration, String> {
    Duration::try_from_secs_f64(value).map_err(|_| format!("{value} s is no time"))
}

impl Heard {
    /// When that was, at an age of its own beside that of the text. An age beyond our own start is none that could be
    /// told.
    pub(in crate::steward) fn at(self, age: Option<f64>) -> Result<Instant, String> {
        let age = self.aged(age)?.age;
        if age > self.now.since(Instant::ZERO) {
            return Err(format!("{} s old, older than this run", age.as_secs()));
        }
        Ok(self.now - age)
    }

    /// The same with an age of its own beside that of the text.
    pub(in crate::steward) fn aged(self, age: Option<f64>) -> Result<Self, String> {
        let own = age.map_or(Ok(Duration::ZERO), seconds)?;
        Ok(Self { age: self.age.saturating_add(own), ..self })
    }
}

#[cfg(test)]
mod tests;
