//! A point in time that the caller supplies.
//!
//! State machines in this project never read a clock. [`Instant`] counts microseconds from an origin the
//! caller chooses, so that a test starts at [`Instant::ZERO`] and a trace replays exactly.

use core::fmt;
use core::num::NonZeroU64;
use core::ops::{Add, Sub};
use core::time::Duration;

/// Microseconds since an origin of the caller's choosing; monotonic by contract.
///
/// Arithmetic saturates: a deadline beyond the range never fires instead of wrapping into the past.
///
/// ```
/// use std::time::Duration;
/// use twc_proto::Instant;
///
/// let deadline = Instant::ZERO + Duration::from_secs(10);
/// assert_eq!(deadline - Duration::from_secs(4), Instant::from_secs(6));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant {
    /// One more than the microseconds: an `Option` of it takes no more room, and machines hold many.
    after: NonZeroU64,
}

impl Instant {
    /// The origin.
    pub const ZERO: Self = Self { after: NonZeroU64::MIN };

    /// The instant `micros` microseconds after the origin.
    ///
    /// ```
    /// use twc_proto::Instant;
    ///
    /// assert_eq!(Instant::from_micros(1_500).as_millis(), 1);
    /// ```
    pub const fn from_micros(micros: u64) -> Self {
        Self { after: NonZeroU64::MIN.saturating_add(micros) }
    }

    /// The instant `millis` milliseconds after the origin.
    ///
    /// ```
    /// use twc_proto::Instant;
    ///
    /// assert_eq!(Instant::from_millis(2).as_micros(), 2_000);
    /// ```
    pub const fn from_millis(millis: u64) -> Self {
        Self::from_micros(millis.saturating_mul(1_000))
    }

    /// The instant `secs` seconds after the origin.
    ///
    /// ```
    /// use twc_proto::Instant;
    ///
    /// assert_eq!(Instant::from_secs(2), Instant::from_millis(2_000));
    /// ```
    pub const fn from_secs(secs: u64) -> Self {
        Self::from_micros(secs.saturating_mul(1_000_000))
    }

    /// Microseconds since the origin.
    ///
    /// ```
    /// use twc_proto::Instant;
    ///
    /// assert_eq!(Instant::from_secs(1).as_micros(), 1_000_000);
    /// ```
    pub const fn as_micros(self) -> u64 {
        self.after.get() - 1
    }

    /// Whole milliseconds since the origin.
    ///
    /// ```
    /// use twc_proto::Instant;
    ///
    /// assert_eq!(Instant::from_secs(1).as_millis(), 1_000);
    /// ```
    pub const fn as_millis(self) -> u64 {
        self.as_micros() / 1_000
    }

    /// Time passed since `earlier`; zero when `earlier` lies in the future.
    ///
    /// ```
    /// use twc_proto::Instant;
    ///
    /// let (early, late) = (Instant::from_secs(1), Instant::from_secs(3));
    /// assert_eq!(late.since(early).as_secs(), 2);
    /// assert_eq!(early.since(late).as_secs(), 0);
    /// ```
    #[inline(never)] // Machines ask everywhere.
    pub const fn since(self, earlier: Self) -> Duration {
        let micros = self.after.get().saturating_sub(earlier.after.get());
        if cfg!(target_pointer_width = "64") { Duration::from_micros(micros) } else { by_digits(micros) }
    }
}

/// A span of so many microseconds, divided by digits of 16 bits: a microcontroller divides 32 bits at once and would
/// emulate 64. A million is 64 times 15,625.
const fn by_digits(micros: u64) -> Duration {
    let (coarse, mut secs, mut rest, mut shift) = (micros >> 6, 0_u64, 0_u32, 64);
    while shift > 0 {
        shift -= 16;
        rest = rest << 16 | (coarse >> shift) as u32 & 0xFFFF;
        secs = secs << 16 | (rest / 15_625) as u64;
        rest %= 15_625;
    }
    Duration::new(secs, (rest << 6 | micros as u32 & 0x3F) * 1_000)
}

impl Default for Instant {
    fn default() -> Self {
        Self::ZERO
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    #[inline(never)]
    fn add(self, rhs: Duration) -> Self {
        Self { after: self.after.saturating_add(micros(rhs)) }
    }
}

impl Sub<Duration> for Instant {
    type Output = Self;

    #[inline(never)]
    fn sub(self, rhs: Duration) -> Self {
        Self::from_micros(self.as_micros().saturating_sub(micros(rhs)))
    }
}

/// Whole microseconds. Out of line and without 128-bit arithmetic: machines add spans everywhere, and a
/// microcontroller emulates both.
#[inline(never)]
fn micros(span: Duration) -> u64 {
    span.as_secs().saturating_mul(1_000_000).saturating_add(u64::from(span.subsec_micros()))
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instant").field("micros", &self.as_micros()).finish()
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}s", self.as_micros() / 1_000_000, self.as_micros() % 1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_the_same_in_every_unit() {
        assert_eq!(Instant::default(), Instant::from_secs(0));
        let at = Instant::from_secs(5) + Duration::from_micros(1_999);
        assert_eq!((at.as_micros(), at.as_millis()), (5_001_999, 5_001));
        assert_eq!(at - Duration::from_micros(1_999), Instant::from_millis(5_000));
        assert_eq!(at.since(Instant::from_secs(5)), Duration::from_micros(1_999));
    }

    #[test]
    fn by_digits_comes_to_what_a_64_bit_division_does() {
        let edges = [0, 1, 63, 64, 999_999, 1_000_000, 1 << 32, (1 << 32) + 1, 1 << 38, u64::MAX];
        let spread = (0..10_000_u64).map(|step| step.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (step % 60));
        for micros in edges.into_iter().chain(spread) {
            assert_eq!(by_digits(micros), Duration::from_micros(micros), "{micros}");
        }
    }

    #[test]
    fn an_option_takes_no_more_room_and_nobody_sees_how() {
        assert_eq!(size_of::<Option<Instant>>(), size_of::<u64>());
        assert_eq!(std::format!("{:?}", Instant::from_millis(2)), "Instant { micros: 2000 }");
    }

    #[test]
    fn arithmetic_saturates_at_both_ends() {
        assert_eq!(Instant::ZERO - Duration::from_secs(1), Instant::ZERO);
        assert_eq!(Instant::from_micros(u64::MAX) + Duration::MAX, Instant::from_micros(u64::MAX));
        assert_eq!(Instant::ZERO.since(Instant::from_secs(1)), Duration::ZERO);
    }
}
