//! What energy costs, as far as somebody said.

use core::time::Duration;
use std::collections::BTreeMap;
use std::format;
use std::string::String;
use std::vec::Vec;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use twc_proto::Instant;

use super::Steward;
use super::input::{Heard, LineError, Said, each_value, read, timestamp};
use crate::budget::meter::hundredths;
use crate::budget::schedule::{Price, PriceSeries};
use crate::settings::PriceSettings;

/// Three weeks of quarters of an hour.
const MOST: usize = 2_016;
/// A price that has ended is remembered for so long: a clock may be set back.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);

/// Prices by their begin. What is said later holds where both speak.
///
/// ```
/// use core::time::Duration;
/// use twc_master::steward::Prices;
/// use twc_master::steward::input::Said;
///
/// let mut prices = Prices::new(Duration::from_secs(3_600));
/// let said = Said::line(r#"{"start": "2026-06-17T14:00+02:00", "price": 0.213}"#);
/// assert!(prices.handle_said(&said).is_empty());
/// assert_eq!(prices.series().at("2026-06-17T12:59:59Z".parse()?), Some(21_300));
/// # Ok::<(), jiff::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Prices {
    slots: BTreeMap<Timestamp, Slot>,
    lasts: SignedDuration,
    changed: bool,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    /// `None`: until the next one begins.
    to: Option<Timestamp>,
    price: i64,
}

/// As it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    start: String,
    end: Option<String>,
    price: f64,
}

impl Prices {
    /// No price yet; one without an end and without a successor `lasts` so long.
    pub fn new(lasts: Duration) -> Self {
        let lasts = SignedDuration::try_from(lasts).unwrap_or(SignedDuration::MAX);
        Self { slots: BTreeMap::new(), lasts, changed: false }
    }

    /// Takes in prices; what makes no sense is a gap and told.
    pub fn handle_said(&mut self, said: &Said<'_>) -> Vec<LineError> {
        if said.is_all {
            self.clear();
        }
        each_value(said, |value| self.handle_value(value))
    }

    /// All prices in order. A price ends where the next one begins.
    pub fn series(&self) -> PriceSeries {
        let next = self.slots.keys().skip(1).map(Some).chain([None]);
        let prices = self.slots.iter().zip(next).filter_map(|((from, slot), next)| {
            let own = slot.to.or_else(|| next.copied()).or_else(|| from.checked_add(self.lasts).ok())?;
            let to = next.map_or(own, |next| own.min(*next));
            Some(Price { from: *from, to, price: slot.price })
        });
        // In order, and each ends where the next begins at the latest: it cannot be refused.
        PriceSeries::new(prices.collect()).unwrap_or_default()
    }

    pub(super) fn clear(&mut self) {
        self.changed |= !self.slots.is_empty();
        self.slots.clear();
    }

    fn handle_value(&mut self, value: Value) -> Result<(), String> {
        let line: Line = read(value)?;
        let from = timestamp(&line.start)?;
        let to = line.end.as_deref().map(timestamp).transpose()?;
        if to.is_some_and(|to| to <= from) {
            return Err(format!("it ends at {} and begins at {}", line.end.unwrap_or_default(), line.start));
        }
        // Hundred thousandths, as price rules count.
        let price = hundredths(line.price * 1_000.0).map(i64::from);
        let price = price.ok_or_else(|| format!("{} is no price of a kilowatt hour", line.price))?;
        if let Some(to) = to {
            self.slots.retain(|known, _| *known < from || *known >= to);
        }
        if self.slots.len() >= MOST && !self.slots.contains_key(&from) {
            return Err(format!("more than {MOST} prices"));
        }
        self.slots.insert(from, Slot { to, price });
        self.changed = true;
        Ok(())
    }

    /// Forgets what is long past.
    fn forget(&mut self, wall: Timestamp) {
        let Ok(long_past) = wall.checked_sub(REMEMBERED) else { return };
        while let Some((first, second)) = self.slots.keys().zip(self.slots.keys().skip(1)).next() {
            if *second >= long_past {
                break;
            }
            let first = *first;
            self.slots.remove(&first);
        }
    }
}

/// Prices as a steward keeps them.
#[derive(Debug)]
pub(super) struct Market {
    pub(super) prices: Prices,
    max_age: Option<Duration>,
    /// When they are forgotten, unless some more come.
    until: Option<Instant>,
}

impl Market {
    pub(super) fn new(settings: Option<&PriceSettings>) -> Self {
        let lasts = settings.map_or(PriceSettings::USUAL_LASTS, |of| of.lasts);
        Self { prices: Prices::new(lasts), max_age: settings.and_then(|of| of.max_age), until: None }
    }
}

impl Steward {
    pub(super) fn handle_price_value(&mut self, heard: Heard, value: Value) -> Result<(), String> {
        let market = &mut self.market;
        let left = market.max_age.map(|most| most.checked_sub(heard.age).ok_or(most)).transpose();
        let left = left.map_err(|most| format!("{:?} old, more than {most:?}", heard.age))?;
        market.prices.handle_value(value)?;
        market.until = left.map(|left| heard.now + left).max(market.until);
        Ok(())
    }

    /// Hands news to the schedules.
    pub(super) fn note_prices(&mut self, now: Instant) {
        let wall = self.wall(now);
        let market = &mut self.market;
        if market.until.is_some_and(|until| now > until) {
            market.prices.clear();
        }
        if !core::mem::take(&mut market.prices.changed) {
            return;
        }
        if let Some(wall) = wall {
            market.prices.forget(wall);
        }
        let series = market.prices.series();
        for of in &mut self.settings.schedules {
            of.schedule.set_prices(series.clone());
        }
        self.clock.forget();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: &str) -> Timestamp {
        std::format!("2026-06-17T{time}:00Z").parse().unwrap()
    }

    fn prices(text: &str) -> (Prices, Vec<LineError>) {
        let mut prices = Prices::new(Duration::from_secs(900));
        let errors = prices.handle_said(&Said::line(text));
        (prices, errors)
    }

    #[test]
    fn a_price_ends_where_the_next_begins_and_the_last_one_after_its_time() {
        let (prices, errors) = prices(
            "[{\"start\": \"2026-06-17T15:00Z\", \"price\": -0.01}, {\"start\": \"2026-06-17T14:00Z\", \"price\": 0.3}]",
        );
        assert!(errors.is_empty(), "{errors:?}");
        let known =
            ["13:59", "14:00", "14:59", "15:00", "15:14", "15:15"].map(|time| prices.series().at(at(time)));
        assert_eq!(known, [None, Some(30_000), Some(30_000), Some(-1_000), Some(-1_000), None]);
    }

    #[test]
    fn what_is_said_later_holds_and_a_file_replaces_all() {
        let slot = |from: &str, to: &str, price| {
            std::format!(
                "{{\"start\": \"2026-06-17T{from}Z\", \"end\": \"2026-06-17T{to}Z\", \"price\": {price}}}"
            )
        };
        let (mut prices, _) = prices(&slot("10:00", "12:00", 1));
        assert!(prices.handle_said(&Said::line(&slot("11:00", "13:00", 2))).is_empty());
        let known = ["10:59", "11:00", "12:59"].map(|time| prices.series().at(at(time)));
        assert_eq!(known, [Some(100_000), Some(200_000), Some(200_000)]);
        prices.handle_said(&Said::line(&slot("10:30", "12:30", 3)));
        let known = ["10:00", "11:30", "12:30"].map(|time| prices.series().at(at(time)));
        assert_eq!(known, [Some(100_000), Some(300_000), None], "what was there is gone, whole");
        prices.handle_said(&Said { is_all: true, ..Said::line(&slot("20:00", "21:00", 4)) });
        assert_eq!(["11:00", "20:00"].map(|time| prices.series().at(at(time))), [None, Some(400_000)]);
    }

    #[test]
    fn a_line_that_makes_no_sense_is_a_gap_and_told() {
        let (prices, errors) = prices(
            "{\"start\": \"2026-06-17T10:00Z\", \"price\": 1}\n\
             {\"start\": \"2026-06-17T11:00\", \"price\": 1}\n\
             {\"start\": \"2026-06-17T12:00Z\", \"end\": \"2026-06-17T11:00Z\", \"price\": 1}\n\
             {\"start\": \"2026-06-17T13:00Z\", \"price\": \"free\"}\n\
             {\"start\": \"2026-06-17T14:00Z\", \"cost\": 1}\n",
        );
        let lines: Vec<usize> = errors.iter().map(|error| error.line).collect();
        assert_eq!(lines, [2, 3, 4, 5], "{errors:?}");
        assert_eq!(["10:05", "13:05"].map(|time| prices.series().at(at(time))), [Some(100_000), None]);
    }

    #[test]
    fn long_past_prices_make_room_but_the_one_that_holds_stays() {
        let (mut prices, _) = prices(
            "{\"start\": \"2026-06-10T10:00Z\", \"price\": 1}\n{\"start\": \"2026-06-12T10:00Z\", \"price\": 2}",
        );
        prices.forget(at("10:00"));
        assert_eq!(prices.slots.len(), 1);
    }
}
