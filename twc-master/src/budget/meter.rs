//! What a meter says, and how long that may be believed.

mod plausible;

use core::time::Duration;

use thiserror::Error;
use twc_proto::{CentiAmps, Instant};

use self::plausible::Plausible;
use super::phases::PerPhase;

/// One set of values. Positive is import from the grid, or consumption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reading {
    /// Current per phase in centiamps, where the meter measures it.
    pub centiamps: Option<PerPhase>,
    /// Active power, where the meter measures it.
    pub watts: Option<Watts>,
}

/// Active power in watts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watts {
    /// Of all phases together.
    Total(i32),
    /// Of each phase.
    Phases(PerPhase),
}

impl Watts {
    /// All phases together.
    pub fn total(self) -> i32 {
        match self {
            Self::Total(watts) => watts,
            Self::Phases(watts) => watts.sum(),
        }
    }
}

/// A reading with its times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// The values.
    pub reading: Reading,
    /// When the meter took it, if it says so.
    pub measured: Option<Instant>,
    /// When it came in.
    pub arrived: Instant,
    /// Whether somebody kept it and delivered it again, as brokers do with retained messages.
    pub retained: bool,
}

/// What is known of a meter before it says anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MeterConfig {
    /// Time between two samples. Without a new one for twice this long nothing is raised.
    pub interval: Duration,
    /// Age at which every slave falls back to its failsafe current.
    pub failsafe_after: Duration,
    /// Age at which nothing is given any more; usually 60 s.
    pub withhold_after: Duration,
    /// The circuit is safe without this meter: failsafe is the last stage.
    pub independent: bool,
    /// How old a value is when it arrives, beyond what its own time says.
    pub latency: Duration,
    /// The largest current per phase that can be true.
    pub largest: CentiAmps,
    /// Whether our own wall connectors are behind this meter.
    pub sees_us: bool,
}

/// Age beyond which a meter that protects may not be believed, and the longest interval it may have.
pub const PROTECTING_AGE: Duration = Duration::from_secs(5);

impl MeterConfig {
    /// A meter with this interval that sees our wall connectors.
    pub const fn new(interval: Duration, failsafe_after: Duration) -> Self {
        Self {
            interval,
            failsafe_after,
            withhold_after: Duration::from_secs(60),
            independent: false,
            latency: Duration::ZERO,
            largest: CentiAmps::from_amps(200),
            sees_us: true,
        }
    }

    /// Checks the times; a meter that protects a fuse must be fast.
    ///
    /// # Errors
    /// What does not fit.
    pub fn check(&self, protecting: bool) -> Result<(), MeterError> {
        if protecting && (self.interval > PROTECTING_AGE || self.failsafe_after > PROTECTING_AGE) {
            return Err(MeterError::TooSlow);
        }
        if self.interval.is_zero() || self.failsafe_after <= self.interval {
            return Err(MeterError::Interval);
        }
        if self.withhold_after <= self.failsafe_after {
            return Err(MeterError::Order);
        }
        Ok(())
    }
}

/// Times of a meter that do not fit together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MeterError {
    /// Every sample would come too late.
    #[error("a meter falls back to failsafe only after more than one interval without a sample")]
    Interval,
    /// The stages are in the wrong order.
    #[error("withholding comes after failsafe, so its age must be larger")]
    Order,
    /// It may serve surplus, not protection.
    #[error("a meter that protects a fuse needs an interval and a failsafe age of 5 s at most")]
    TooSlow,
}

/// How far a meter may be believed, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Freshness {
    /// As it should be.
    Fresh,
    /// Late, or it does not follow what we do: nothing is raised.
    NoRaise,
    /// Every slave gets at most its failsafe current.
    Failsafe,
    /// Nothing is given.
    Withhold,
}

/// Why a sample is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Rejected {
    /// A stored value, of unknown age.
    #[error("a retained value says nothing about now")]
    Retained,
    /// Not newer than what is known.
    #[error("a value that is not newer than the last one")]
    Repeated,
    /// No values in it.
    #[error("a sample without values")]
    Empty,
    /// More than can be.
    #[error("a value beyond what the installation can carry")]
    Absurd,
    /// The same with the other sign, once; a second one counts.
    #[error("the last value with the opposite sign")]
    SignFlip,
}

/// A meter: the last sample that could be believed.
#[derive(Debug, Clone)]
pub struct Meter {
    config: MeterConfig,
    started: Instant,
    last: Option<Accepted>,
    measured: Option<Instant>,
    plausible: Plausible,
}

/// A sample that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted {
    /// The values.
    pub reading: Reading,
    /// The time they describe.
    pub at: Instant,
    /// Counts samples, so that a new one can be told from an old one.
    pub number: u32,
}

impl Meter {
    /// A meter that has said nothing so far: failsafe until it does.
    pub const fn new(config: MeterConfig, now: Instant) -> Self {
        Self { config, started: now, last: None, measured: None, plausible: Plausible::new() }
    }

    /// Its settings.
    pub const fn config(&self) -> &MeterConfig {
        &self.config
    }

    /// The last sample that counts.
    pub const fn latest(&self) -> Option<&Accepted> {
        self.last.as_ref()
    }

    /// Takes a sample. `own` is what our wall connectors drew when it was measured, in centiamps.
    ///
    /// # Errors
    /// Why it does not count. What was known goes on ageing then.
    pub fn handle_sample(&mut self, sample: &Sample, own: PerPhase) -> Result<Accepted, Rejected> {
        if sample.retained {
            return Err(Rejected::Retained);
        }
        let at = self.describes(sample);
        let older = |last: &Accepted| at < last.at;
        let repeated = sample.measured.zip(self.measured).is_some_and(|(new, known)| new <= known);
        if repeated || self.last.as_ref().is_some_and(older) {
            return Err(Rejected::Repeated);
        }
        let before = self.last.map(|last| last.reading);
        self.plausible.check(&self.config, &sample.reading, before.as_ref(), own)?;
        let number = self.last.map_or(1, |last| last.number.wrapping_add(1));
        let accepted = Accepted { reading: sample.reading, at, number };
        self.measured = sample.measured.or(self.measured);
        self.last = Some(accepted);
        Ok(accepted)
    }

    /// The time a sample describes: the older of its two times, less what the meter needs.
    pub fn describes(&self, sample: &Sample) -> Instant {
        sample.measured.map_or(sample.arrived, |measured| measured.min(sample.arrived)) - self.config.latency
    }

    /// How far it may be believed.
    pub fn freshness(&self, now: Instant) -> Freshness {
        let age = now.since(self.last.map_or(self.started, |last| last.at));
        let by_age = match age {
            _ if age > self.config.withhold_after && !self.config.independent => Freshness::Withhold,
            _ if age > self.config.failsafe_after => Freshness::Failsafe,
            _ if age > self.no_raise_after() => Freshness::NoRaise,
            _ => Freshness::Fresh,
        };
        let at_least = match self.last {
            None => Freshness::Failsafe,
            Some(_) if self.plausible.is_stuck() => Freshness::NoRaise,
            Some(_) => Freshness::Fresh,
        };
        by_age.max(at_least)
    }

    /// When the next stage begins if nothing comes.
    pub fn poll_timeout(&self, now: Instant) -> Option<Instant> {
        let since = self.last.map_or(self.started, |last| last.at);
        let stages = [self.no_raise_after(), self.config.failsafe_after, self.config.withhold_after];
        // A stage begins beyond its age, not at it.
        stages.into_iter().map(|age| since + age + Duration::from_micros(1)).filter(|at| *at > now).min()
    }

    fn no_raise_after(&self) -> Duration {
        self.config.interval.saturating_mul(2).min(self.config.failsafe_after)
    }
}

/// A decimal from a meter's text or registers as hundredths. Nothing that is not a number becomes one.
///
/// The only place where a float is looked at; what comes out is an integer or nothing.
pub fn hundredths(value: f64) -> Option<i32> {
    let scaled = value * 100.0;
    let in_range = scaled.is_finite() && scaled > -2_000_000_000.0 && scaled < 2_000_000_000.0;
    in_range.then_some(if scaled < 0.0 { (scaled - 0.5) as i32 } else { (scaled + 0.5) as i32 })
}

#[cfg(test)]
mod tests;
