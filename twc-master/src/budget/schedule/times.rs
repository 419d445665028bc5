//! Days of the week and times of the day, as people write them.

use std::str::FromStr;
use std::string::{String, ToString};
use std::vec::Vec;
use std::{fmt, format};

use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use thiserror::Error;

/// A minute of the day by the clock on the wall, 00:00 to 24:00.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay(u16);

impl TimeOfDay {
    /// The first minute.
    pub const MIDNIGHT: Self = Self(0);
    /// The end of the day.
    pub const END: Self = Self(24 * 60);

    /// Minutes since midnight.
    pub const fn minutes(self) -> u16 {
        self.0
    }

    /// The instants at which a clock on the wall shows this on `date`: two where an hour is repeated.
    pub(super) fn instants(self, date: Date, zone: &TimeZone) -> Vec<Timestamp> {
        let (date, minutes) = match self {
            Self::END => (date.tomorrow().unwrap_or(date), 0),
            Self(minutes) => (date, minutes),
        };
        let local = date.at((minutes / 60) as i8, (minutes % 60) as i8, 0, 0);
        let at = zone.to_ambiguous_timestamp(local);
        [at.earlier(), at.later()].into_iter().flatten().collect()
    }
}

/// Text that is no time of the day.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no time of the day, write 00:00 to 24:00")]
pub struct ParseTimeError(String);

impl FromStr for TimeOfDay {
    type Err = ParseTimeError;

    fn from_str(text: &str) -> Result<Self, ParseTimeError> {
        let bad = || ParseTimeError(text.to_string());
        let two = |part: &str| {
            let digits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            part.parse::<u16>().ok().filter(|_| digits).ok_or_else(bad)
        };
        let (hour, minute) = text.split_once(':').ok_or_else(bad)?;
        let (hour, minute) = (two(hour)?, two(minute)?);
        let minutes = hour * 60 + minute;
        if minute > 59 || minutes > Self::END.0 { Err(bad()) } else { Ok(Self(minutes)) }
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

const NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Days of the week; never none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days(u8);

impl Days {
    /// Every day.
    pub const ALL: Self = Self(0x7F);

    /// Whether this day is one of them.
    pub fn contain(self, day: Weekday) -> bool {
        self.0 >> day.to_monday_zero_offset() & 1 == 1
    }
}

/// Text that names no days.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` names no days, write such as `daily`, `mon-fri`, `sat,sun` or `fri-mon`")]
pub struct ParseDaysError(String);

impl FromStr for Days {
    type Err = ParseDaysError;

    /// `daily`, or days and ranges with commas between: `mon-fri`, `sat,sun`. A range may go over Sunday.
    fn from_str(text: &str) -> Result<Self, ParseDaysError> {
        if text == "daily" {
            return Ok(Self::ALL);
        }
        let bad = || ParseDaysError(text.to_string());
        let index = |name: &str| NAMES.iter().position(|known| *known == name.trim()).ok_or_else(bad);
        let mut days = 0;
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last) = (index(first)?, index(last)?);
            for day in first..=(last + if last < first { 7 } else { 0 }) {
                days |= 1 << (day % 7);
            }
        }
        Ok(Self(days))
    }
}

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::ALL {
            return f.write_str("daily");
        }
        let named = (0..7).filter(|day| self.0 >> day & 1 == 1).filter_map(|day| NAMES.get(day).copied());
        f.write_str(&named.collect::<Vec<_>>().join(","))
    }
}

/// What clocks and calendars on the wall show.
#[derive(Debug, Clone, Copy)]
pub(super) struct Local {
    pub(super) date: Date,
    pub(super) minutes: u16,
}

impl Local {
    pub(super) fn of(at: Timestamp, zone: &TimeZone) -> Self {
        let local = at.to_zoned_datetime(zone.clone());
        let minutes = i16::from(local.hour()) * 60 + i16::from(local.minute());
        Self { date: local.date(), minutes: minutes.unsigned_abs() }
    }
}

/// The dates between two instants, and one more on each side: a window may begin the day before.
pub(super) fn dates(from: Timestamp, to: Timestamp, zone: &TimeZone) -> Vec<Date> {
    let date = |at: Timestamp| at.to_zoned_datetime(zone.clone()).date();
    let (mut day, last) = (date(from), date(to));
    day = day.yesterday().unwrap_or(day);
    let mut dates = Vec::new();
    while day <= last {
        dates.push(day);
        let Ok(next) = day.tomorrow() else { break };
        day = next;
    }
    dates
}

/// An instant as people of this zone write it.
pub(super) fn shown(at: Timestamp, zone: &TimeZone) -> String {
    format!("{}", at.to_zoned_datetime(zone.clone()).strftime("%a %Y-%m-%d %H:%M %Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_two_digits_and_the_day_may_end_at_24() {
        assert_eq!("00:00".parse(), Ok(TimeOfDay::MIDNIGHT));
        assert_eq!("24:00".parse(), Ok(TimeOfDay::END));
        for bad in ["", "7:00", "24:01", "12:60", "-1:00", "+7:00", "12.30", "12:3"] {
            assert!(bad.parse::<TimeOfDay>().is_err(), "{bad}");
        }
    }

    #[test]
    fn days_are_names_lists_and_ranges_that_may_go_over_sunday() {
        let shown = |text: &str| text.parse::<Days>().map(|days| days.to_string());
        assert_eq!(shown("mon-fri").unwrap(), "mon,tue,wed,thu,fri");
        assert_eq!(shown("fri-mon").unwrap(), "mon,fri,sat,sun");
        assert_eq!(shown("sat, sun").unwrap(), "sat,sun");
        assert_eq!(shown("mon-sun").unwrap(), "daily");
        for bad in ["", "monday", "mon-", "mon,,tue"] {
            assert!(shown(bad).is_err(), "{bad}");
        }
    }
}
