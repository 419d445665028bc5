//! Whether the clock on the wall can be believed.

use jiff::Timestamp;
use twc_proto::Instant;

/// 2025-01-01: this program is younger, so a clock that shows less was never set.
const YOUNGEST: i64 = 1_735_689_600;
/// A difference that is a step and not a correction, in microseconds.
const STEP: i64 = 2_000_000;

/// Whether a clock that shows this was never set.
pub fn is_unset(now: Timestamp) -> bool {
    now.as_second() < YOUNGEST
}

/// Watches the civil clock beside the monotonic one.
#[derive(Debug, Clone, Copy, Default)]
pub struct CivilClock {
    /// Civil less monotonic time in microseconds.
    offset: Option<i64>,
}

/// What the clock did since it was last looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockNews {
    /// It runs.
    Steady,
    /// It was never set: schedules cannot be followed.
    Unset,
    /// It was set for the first time.
    Set,
    /// Somebody set it anew. No schedule makes up for what was skipped, nor does anything twice that was repeated
    /// except to hold as it would at that time.
    Stepped {
        /// By so many seconds, negative backwards.
        seconds: i64,
    },
}

impl CivilClock {
    /// Looks at both clocks.
    pub fn observe(&mut self, now: Instant, wall: Timestamp) -> ClockNews {
        if is_unset(wall) {
            self.offset = None;
            return ClockNews::Unset;
        }
        let monotonic = i64::try_from(now.as_micros()).unwrap_or(i64::MAX);
        let offset = wall.as_microsecond().saturating_sub(monotonic);
        match self.offset.replace(offset) {
            None => ClockNews::Set,
            Some(before) if offset.saturating_sub(before).saturating_abs() >= STEP => {
                ClockNews::Stepped { seconds: offset.saturating_sub(before) / 1_000_000 }
            }
            Some(_) => ClockNews::Steady,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unset_clock_a_first_setting_and_a_step_are_told_apart() {
        let mut clock = CivilClock::default();
        let wall = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(clock.observe(Instant::from_secs(1), wall(5)), ClockNews::Unset);
        assert_eq!(clock.observe(Instant::from_secs(2), wall(YOUNGEST)), ClockNews::Set);
        assert_eq!(clock.observe(Instant::from_secs(12), wall(YOUNGEST + 11)), ClockNews::Steady);
        let step = clock.observe(Instant::from_secs(22), wall(YOUNGEST + 3_621));
        assert_eq!(step, ClockNews::Stepped { seconds: 3_600 });
        assert_eq!(clock.observe(Instant::from_secs(32), wall(5)), ClockNews::Unset);
    }
}
