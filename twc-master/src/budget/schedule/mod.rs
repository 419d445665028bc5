//! When to charge: weekly windows, departures, prices.
//!
//! A [`Schedule`] is a function of the civil time: at every instant exactly one of its rules holds, or what it does
//! otherwise. Nothing fires; a clock that is set, or an hour that summer time skips or repeats, changes what holds and
//! leaves nothing undone or done twice.
//!
//! From strongest to weakest: windows that switch off, departures, the other windows in their order, prices,
//! otherwise.
//!
//! ```
//! use twc_master::budget::plan::Mode;
//! use twc_master::budget::schedule::{Action, Demand, Rule, Schedule, Window};
//!
//! let night = Window::new("mon-fri".parse()?, "23:00".parse()?, "07:00".parse()?, Action::new(Mode::Now))?;
//! let schedule = Schedule::new("Europe/Berlin", vec![night], Action::new(Mode::Solar))?;
//! let friday_night = "2026-03-28T01:00:00Z".parse()?;
//! let verdict = schedule.verdict(friday_night, Demand::default());
//! assert_eq!((verdict.rule, verdict.action.mode), (Rule::Window(0), Mode::Now));
//! // Saturday, at seven by the clock on the wall.
//! assert_eq!(verdict.until, Some("2026-03-28T06:00:00Z".parse()?));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod clock;
mod departure;
mod price;
mod times;
mod window;

use std::string::{String, ToString};
use std::vec::Vec;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use thiserror::Error;
use twc_proto::{CentiAmps, Instant};

pub use self::clock::{CivilClock, ClockNews, is_unset};
pub use self::departure::{Demand, Departure};
pub use self::price::{Price, PriceError, PriceRule, PriceSeries};
pub use self::times::{Days, ParseDaysError, ParseTimeError, TimeOfDay};
pub use self::window::{Window, WindowError};

use self::times::Local;
use super::plan::{Mode, Scheduled};

/// How far ahead [`Schedule::verdict`] looks for a change.
const HORIZON: SignedDuration = SignedDuration::from_hours(8 * 24);

/// What is done while a rule holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Action {
    /// How to charge.
    pub mode: Mode,
    /// With no more than this.
    pub amps: Option<CentiAmps>,
}

impl Action {
    /// A mode without a limit of its own.
    pub const fn new(mode: Mode) -> Self {
        Self { mode, amps: None }
    }
}

/// Which rule holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// The window with this index.
    Window(usize),
    /// The departure with this index needs the time that is left.
    Departure(usize),
    /// The price rule with this index.
    Price(usize),
    /// None.
    Otherwise,
    /// The clock cannot be right, so no rule can be told to hold.
    ClockUnset,
}

/// What a schedule says about an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Which rule holds.
    pub rule: Rule,
    /// What to do.
    pub action: Action,
    /// When another rule or action begins; `None` if not within eight days.
    pub until: Option<Timestamp>,
}

/// A stretch of time with one verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// Its first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
    /// Which rule holds.
    pub rule: Rule,
    /// What to do.
    pub action: Action,
}

/// A schedule for one slave, or for all.
#[derive(Debug, Clone)]
pub struct Schedule {
    zone: TimeZone,
    windows: Vec<Window>,
    departures: Vec<Departure>,
    price_rules: Vec<PriceRule>,
    prices: PriceSeries,
    otherwise: Action,
}

/// A zone that nobody knows.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no time zone, write one such as Europe/Berlin or UTC")]
pub struct UnknownZone(pub String);

impl Schedule {
    /// A schedule in a zone of the IANA database, or `system`. Of windows that overlap the first holds.
    ///
    /// # Errors
    /// When nobody knows the zone.
    pub fn new(zone: &str, windows: Vec<Window>, otherwise: Action) -> Result<Self, UnknownZone> {
        let zone = match zone {
            "system" => TimeZone::system(),
            name => TimeZone::get(name).map_err(|_| UnknownZone(name.to_string()))?,
        };
        let (departures, price_rules, prices) = (Vec::new(), Vec::new(), PriceSeries::default());
        Ok(Self { zone, windows, departures, price_rules, prices, otherwise })
    }

    /// Adds departures: by then a car is to have its energy.
    #[must_use]
    pub fn with_departures(self, departures: Vec<Departure>) -> Self {
        Self { departures, ..self }
    }

    /// Adds price rules; the prices come with [`Schedule::set_prices`].
    #[must_use]
    pub fn with_price_rules(self, price_rules: Vec<PriceRule>) -> Self {
        Self { price_rules, ..self }
    }

    /// The prices known from now on.
    pub fn set_prices(&mut self, prices: PriceSeries) {
        self.prices = prices;
    }

    /// Its zone.
    pub const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Its windows.
    pub fn windows(&self) -> &[Window] {
        &self.windows
    }

    /// Its departures.
    pub fn departures(&self) -> &[Departure] {
        &self.departures
    }

    /// Its price rules.
    pub fn price_rules(&self) -> &[PriceRule] {
        &self.price_rules
    }

    /// What to do while no rule holds.
    pub const fn otherwise(&self) -> Action {
        self.otherwise
    }

    /// The departure that is served for after `now`, where `verdict` was given at `then`: one that has passed since is over,
    /// whether its car has got what it was to have or not.
    pub fn still_serves(&self, verdict: &Verdict, then: Timestamp, now: Timestamp) -> Option<usize> {
        let Rule::Departure(index) = verdict.rule else { return None };
        let departure = self.departures.get(index)?;
        (departure.next(then, &self.zone) == departure.next(now, &self.zone)).then_some(index)
    }

    /// The last of its departures before `now`.
    pub fn last_departure(&self, now: Timestamp) -> Option<Timestamp> {
        self.departures.iter().filter_map(|departure| departure.before(now, &self.zone)).max()
    }

    /// An instant as people of its zone write it: `Sat 2026-03-28 07:00 CET`.
    pub fn local(&self, at: Timestamp) -> String {
        times::shown(at, &self.zone)
    }

    /// What holds now. `demand` is what the car still needs for its next departure.
    pub fn verdict(&self, now: Timestamp, demand: Demand) -> Verdict {
        if clock::is_unset(now) {
            return Verdict { rule: Rule::ClockUnset, action: self.otherwise, until: None };
        }
        let (rule, action) = self.holds(now, now, demand);
        let end = now.checked_add(HORIZON).unwrap_or(Timestamp::MAX);
        let until =
            self.edges(now, end, demand).into_iter().find(|at| self.holds(now, *at, demand) != (rule, action));
        Verdict { rule, action, until }
    }

    /// What it would do from `from` to `to`, seen from `from`: stretches without gap or overlap.
    pub fn preview(&self, from: Timestamp, to: Timestamp, demand: Demand) -> Vec<Stretch> {
        let mut stretches: Vec<Stretch> = Vec::new();
        let mut begin = from;
        for edge in self.edges(from, to, demand).into_iter().chain([to]).filter(|edge| *edge > from) {
            let (rule, action) = self.holds(from, begin, demand);
            match stretches.last_mut() {
                Some(last) if (last.rule, last.action) == (rule, action) => last.to = edge,
                _ => stretches.push(Stretch { from: begin, to: edge, rule, action }),
            }
            begin = edge;
        }
        stretches
    }

    /// What holds at `at`, as planned at `asked`.
    fn holds(&self, asked: Timestamp, at: Timestamp, demand: Demand) -> (Rule, Action) {
        let local = Local::of(at, &self.zone);
        let covers = |(_, window): &(usize, &Window)| window.covers(local);
        let off =
            self.windows.iter().enumerate().filter(covers).find(|(_, window)| window.action.mode == Mode::Off);
        let departs = |(index, departure): (usize, &Departure)| {
            let must = departure.needs(asked, at, demand.of(index), &self.zone, &self.prices);
            must.then_some((Rule::Departure(index), Action::new(Mode::Now)))
        };
        let cheap = |(index, rule): (usize, &PriceRule)| {
            let low = self.prices.at(at).is_some_and(|price| price <= rule.at_most);
            low.then_some((Rule::Price(index), rule.action))
        };
        let window = |(index, window): (usize, &Window)| (Rule::Window(index), window.action);
        off.map(window)
            .or_else(|| self.departures.iter().enumerate().find_map(departs))
            .or_else(|| self.windows.iter().enumerate().find(covers).map(window))
            .or_else(|| self.price_rules.iter().enumerate().find_map(cheap))
            .unwrap_or((Rule::Otherwise, self.otherwise))
    }

    /// Every instant after `from` and before `to` at which another rule may begin, in order.
    fn edges(&self, from: Timestamp, to: Timestamp, demand: Demand) -> Vec<Timestamp> {
        let mut edges: Vec<Timestamp> =
            self.zone.following(from).map(|change| change.timestamp()).take_while(|at| *at < to).collect();
        let times = self.windows.iter().flat_map(Window::edges).chain(self.departures.iter().map(|of| of.by));
        let times: Vec<TimeOfDay> = times.collect();
        for date in times::dates(from, to, &self.zone) {
            edges.extend(times.iter().flat_map(|time| time.instants(date, &self.zone)));
        }
        edges.extend(self.prices.edges());
        for (index, departure) in self.departures.iter().enumerate() {
            edges.extend(departure.edges(from, to, demand.of(index), &self.zone, &self.prices));
        }
        edges.retain(|at| *at > from && *at < to);
        edges.sort_unstable();
        edges.dedup();
        edges
    }
}

impl Verdict {
    /// The same for the planner, whose clock showed `now` when the verdict was given for `asked`.
    pub fn scheduled(&self, now: Instant, asked: Timestamp) -> Scheduled {
        let until = self.until.map(|at| {
            let left = core::time::Duration::try_from(at.duration_since(asked)).unwrap_or_default();
            now + left
        });
        let by_window = !matches!(self.rule, Rule::Otherwise | Rule::ClockUnset);
        Scheduled { mode: self.action.mode, amps: self.action.amps, by_window, until }
    }
}

#[cfg(test)]
mod tests;
