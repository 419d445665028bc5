//! A part of the week.

use thiserror::Error;

use super::times::{Days, Local, TimeOfDay};
use super::{Action, Mode};

/// From one time to another on some days of the week. One that ends before it begins goes over midnight and belongs
/// to the day on which it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    days: Days,
    from: TimeOfDay,
    to: TimeOfDay,
    /// What is done in it.
    pub action: Action,
}

/// A window that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WindowError {
    /// Nothing, or everything?
    #[error("a window from {0} to {0} could be nothing or a whole day: write 00:00 to 24:00 for a whole day")]
    Equal(TimeOfDay),
    /// The day ends at 24:00; the next begins at 00:00.
    #[error("a window cannot begin at 24:00: write 00:00 of the next day")]
    BeginsAtTheEnd,
    /// A schedule cannot point to itself.
    #[error("a window cannot follow the schedule: write off, now, min+solar or solar")]
    Scheduled,
}

impl Window {
    /// A window.
    ///
    /// # Errors
    /// When it makes no sense.
    pub fn new(days: Days, from: TimeOfDay, to: TimeOfDay, action: Action) -> Result<Self, WindowError> {
        if from == TimeOfDay::END {
            return Err(WindowError::BeginsAtTheEnd);
        }
        if from == to {
            return Err(WindowError::Equal(from));
        }
        if action.mode == Mode::Scheduled {
            return Err(WindowError::Scheduled);
        }
        Ok(Self { days, from, to, action })
    }

    /// The days on which it begins.
    pub const fn days(&self) -> Days {
        self.days
    }

    /// Begin and end.
    pub const fn times(&self) -> (TimeOfDay, TimeOfDay) {
        (self.from, self.to)
    }

    pub(super) fn covers(&self, local: Local) -> bool {
        let (from, to) = (self.from.minutes(), self.to.minutes());
        let today = self.days.contain(local.date.weekday());
        if from < to {
            return today && (from..to).contains(&local.minutes);
        }
        let yesterday = self.days.contain(local.date.weekday().previous());
        (today && local.minutes >= from) || (yesterday && local.minutes < to)
    }

    pub(super) fn edges(&self) -> [TimeOfDay; 3] {
        [self.from, self.to, TimeOfDay::MIDNIGHT]
    }
}
