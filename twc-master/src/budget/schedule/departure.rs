//! A car that is to have its energy by a certain time.

use std::vec::Vec;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::price::PriceSeries;
use super::times::{self, Days, TimeOfDay};

/// On some days, by some time, with so much energy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Departure {
    /// The days of the departure.
    pub days: Days,
    /// The time.
    pub by: TimeOfDay,
    /// The energy since the departure before, in watt hours.
    pub watt_hours: u32,
    /// The power that can be counted on, in watts: whole voltage and phases of what the slave may have alone.
    pub watts: u32,
}

/// What a car has got so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Demand {
    /// Watt hours since the last departure, by the bus's own meter.
    pub given_watt_hours: u32,
    /// The departure with this index is being charged for. It goes on until the car has its energy: what is gained on the
    /// reserve ends no session, to begin another a minute later.
    pub serving: Option<usize>,
}

impl Demand {
    pub(super) fn of(self, departure: usize) -> Need {
        Need { given: self.given_watt_hours, charging: self.serving == Some(departure) }
    }
}

/// The demand as one departure sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Need {
    given: u32,
    charging: bool,
}

/// Ramps, other cars and pauses: a tenth more time than arithmetic says.
const RESERVE_TENTHS: i64 = 11;

impl Departure {
    /// Whether the time that is left is needed at `at`, as planned at `asked`.
    pub(super) fn needs(
        &self,
        asked: Timestamp,
        at: Timestamp,
        demand: Need,
        zone: &TimeZone,
        prices: &PriceSeries,
    ) -> bool {
        let Some(deadline) = self.next(at, zone) else { return false };
        let slots = self.plan(asked, deadline, demand, zone, prices);
        slots.iter().any(|(from, to)| (*from..*to).contains(&at))
    }

    /// Every instant after `asked` and up to `to` at which [`Departure::needs`] may change.
    pub(super) fn edges(
        &self,
        asked: Timestamp,
        to: Timestamp,
        demand: Need,
        zone: &TimeZone,
        prices: &PriceSeries,
    ) -> Vec<Timestamp> {
        let mut edges = Vec::new();
        let mut deadline = self.next(asked, zone);
        while let Some(at) = deadline {
            let slots = self.plan(asked, at, demand, zone, prices);
            edges.extend(slots.into_iter().flat_map(|(from, to)| [from, to]));
            deadline = self.next(at, zone).filter(|_| at < to);
        }
        edges
    }

    /// When to charge for a departure, seen from `asked`. What was given counts for the departure that is next then,
    /// not for later ones.
    fn plan(
        &self,
        asked: Timestamp,
        deadline: Timestamp,
        demand: Need,
        zone: &TimeZone,
        prices: &PriceSeries,
    ) -> Vec<(Timestamp, Timestamp)> {
        let first = self.next(asked, zone) == Some(deadline);
        let given = if first { demand.given } else { 0 };
        let planned = if first { asked } else { self.before(deadline, zone).unwrap_or(asked) };
        slots(
            planned,
            deadline,
            self.lasts(self.watt_hours.saturating_sub(given)),
            first && demand.charging,
            prices,
        )
    }

    fn lasts(&self, watt_hours: u32) -> SignedDuration {
        let seconds = i64::from(watt_hours) * 3_600 / i64::from(self.watts.max(1));
        SignedDuration::from_secs(seconds * RESERVE_TENTHS / 10)
    }

    /// The first departure after `at`.
    pub(super) fn next(&self, at: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let end = at.checked_add(super::HORIZON).ok()?;
        self.all(at, end, zone).into_iter().find(|departs| *departs > at)
    }

    /// The last departure before `at`.
    pub(super) fn before(&self, at: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let begin = at.checked_sub(super::HORIZON).ok()?;
        self.all(begin, at, zone).into_iter().rev().find(|departs| *departs < at)
    }

    /// Departures around two times, in order. Of a repeated hour the first counts: nobody is late then.
    fn all(&self, from: Timestamp, to: Timestamp, zone: &TimeZone) -> Vec<Timestamp> {
        let days = times::dates(from, to, zone).into_iter().filter(|date| self.days.contain(date.weekday()));
        days.filter_map(|date| self.by.instants(date, zone).into_iter().min()).collect()
    }
}

/// When to charge: the last moment that suffices, or the cheapest slots where all prices are known.
fn slots(
    planned: Timestamp,
    deadline: Timestamp,
    lasts: SignedDuration,
    charging: bool,
    prices: &PriceSeries,
) -> Vec<(Timestamp, Timestamp)> {
    if lasts.is_zero() {
        return Vec::new();
    }
    let latest = deadline.checked_sub(lasts).unwrap_or(planned);
    if latest <= planned {
        return [(planned, deadline)].into();
    }
    let begin = if charging { planned } else { latest };
    prices.cheapest(planned, deadline, lasts, charging).unwrap_or_else(|| [(begin, deadline)].into())
}
