//! Real time, faster or slower, as the world's time.

use std::time::Duration;

use tokio::time::Instant as RealInstant;
use twc_proto::Instant;

/// Maps the runtime's clock onto the world's, whose origin is the start of the program.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    origin: RealInstant,
    speed: f64,
}

impl Clock {
    /// A clock that reads [`Instant::ZERO`] now and runs `speed` times as fast as real time.
    pub(crate) fn start(speed: f64) -> Self {
        Self { origin: RealInstant::now(), speed }
    }

    /// The world's time now.
    pub(crate) fn now(&self) -> Instant {
        Instant::ZERO + self.origin.elapsed().mul_f64(self.speed)
    }

    /// When the world's clock will read `at`.
    pub(crate) fn to_real(self, at: Instant) -> RealInstant {
        // A deadline beyond a year is no deadline, and the conversion cannot overflow.
        let seconds = at.since(Instant::ZERO).as_secs_f64() / self.speed;
        self.origin + Duration::from_secs_f64(seconds.min(365.0 * 86_400.0))
    }
}
