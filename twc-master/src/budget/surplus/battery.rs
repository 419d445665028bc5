//! A home battery beside the cars: who comes first, and when it may help.

use core::time::Duration;

use twc_proto::Instant;

/// A battery's value older than this says only what would be worst, unless a policy says otherwise.
pub const BELIEVED: Duration = Duration::from_secs(60);

/// Who gets what the sun leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatteryPolicy {
    /// Below this state of charge the battery comes first: what it takes is not there for cars.
    pub priority_percent: u8,
    /// From this state of charge on the battery may give to cars; `None` never.
    pub buffer_percent: Option<u8>,
    /// A value older than this adds nothing and meets no condition.
    pub stale_after: Duration,
}

impl BatteryPolicy {
    /// Cars first whatever its charge, and it never gives to them.
    pub const NONE: Self = Self { priority_percent: 0, buffer_percent: None, stale_after: BELIEVED };
}

/// What a battery says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatteryReading {
    /// Positive while it charges.
    pub watts: i32,
    /// Its state of charge in percent, where known.
    pub percent: Option<u8>,
    /// When.
    pub at: Instant,
}

impl BatteryPolicy {
    /// Its state of charge, while that may be believed.
    pub(super) fn percent(&self, reading: &BatteryReading, now: Instant) -> Option<u8> {
        reading.percent.filter(|_| now.since(reading.at) <= self.stale_after)
    }

    /// Watts that the battery adds to the surplus; negative where it would be drained for the cars.
    pub(super) fn share(&self, reading: &BatteryReading, now: Instant) -> i32 {
        let percent = self.percent(reading, now);
        let charging = reading.watts.max(0);
        let discharging = reading.watts.min(0);
        let cars_first = percent.is_some_and(|percent| percent >= self.priority_percent);
        let may_give = percent.zip(self.buffer_percent).is_some_and(|(percent, buffer)| percent >= buffer);
        let taken = if cars_first { charging } else { 0 };
        let given = if may_give { 0 } else { discharging };
        taken.saturating_add(given)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_battery_comes_first_then_the_cars_and_when_full_it_helps() {
        let policy = BatteryPolicy { priority_percent: 50, buffer_percent: Some(90), ..BatteryPolicy::NONE };
        let share =
            |watts, percent| policy.share(&BatteryReading { watts, percent, at: Instant::ZERO }, Instant::ZERO);
        assert_eq!([share(2_000, Some(49)), share(2_000, Some(50)), share(2_000, None)], [0, 2_000, 0]);
        assert_eq!([share(-700, Some(49)), share(-700, Some(89)), share(-700, Some(90))], [-700, -700, 0]);
    }

    #[test]
    fn an_old_value_never_adds() {
        let policy = BatteryPolicy { buffer_percent: Some(0), ..BatteryPolicy::NONE };
        let share = |watts| {
            policy.share(&BatteryReading { watts, percent: Some(99), at: Instant::ZERO }, Instant::from_secs(61))
        };
        assert_eq!([share(2_000), share(-700)], [0, -700]);
    }
}
