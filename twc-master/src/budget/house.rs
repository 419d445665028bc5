//! What the rest of the house leaves free under its fuse, phase by phase.
//!
//! No sun, schedule or mode is needed for this, and none of them can overrule it: the result is the limit of a node
//! in the guard's tree that has fallen or may rise. A nested panel with a meter of its own is another [`House`].

use core::time::Duration;

use thiserror::Error;
use twc_proto::{CentiAmps, Instant};

use super::history::History;
use super::meter::{Freshness, Meter, MeterConfig, MeterError, Reading, Rejected, Sample, Watts};
use super::phases::{PerPhase, centiamps};

/// Heartbeats report a draw up to this much before or after the meter sees it; the least in between counts.
const SKEW: Duration = Duration::from_secs(2);

/// So long a lack must last, twice that at most, before it is worth cutting a car off: longer than the skew.
const LATELY: Duration = Duration::from_secs(3);

/// A fuse, or a panel's breaker, with the meter that watches it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HouseConfig {
    /// The continuous limit of each phase.
    pub limit: [CentiAmps; 3],
    /// Kept free below it, for what happens between two samples.
    pub margin: CentiAmps,
    /// Whether generation behind this fuse may be used up beside the whole limit. Off: a phase that exports leaves
    /// no more than the limit, so that a cloud cannot overload it.
    pub count_generation: bool,
    /// What each slave may have while the meter is silent.
    pub failsafe: CentiAmps,
    /// Volts between phase and neutral, for meters that only know power. 10 % less are assumed, which is the least
    /// a grid is allowed.
    pub volts: u16,
    /// The meter.
    pub meter: MeterConfig,
}

impl HouseConfig {
    /// Checks what can be checked without knowing the installation.
    ///
    /// # Errors
    /// What does not fit.
    pub fn check(&self) -> Result<(), HouseError> {
        let lowest = self.limit.into_iter().min().unwrap_or_default();
        if self.failsafe > lowest {
            return Err(HouseError::FailsafeAboveLimit { failsafe: self.failsafe, limit: lowest });
        }
        if self.margin >= lowest {
            return Err(HouseError::MarginAboveLimit { margin: self.margin, limit: lowest });
        }
        Ok(self.meter.check(true)?)
    }
}

/// Settings that cannot protect a fuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HouseError {
    /// What is safe without a meter cannot be more than the fuse.
    #[error("a failsafe current of {failsafe} is more than the limit of {limit}")]
    FailsafeAboveLimit {
        /// The failsafe current.
        failsafe: CentiAmps,
        /// The lowest limit of any phase.
        limit: CentiAmps,
    },
    /// Nothing would be left.
    #[error("a margin of {margin} leaves nothing of a limit of {limit}")]
    MarginAboveLimit {
        /// The margin.
        margin: CentiAmps,
        /// The lowest limit of any phase.
        limit: CentiAmps,
    },
    /// The meter's times.
    #[error(transparent)]
    Meter(#[from] MeterError),
}

/// What our wall connectors may draw together under this fuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HouseLimit {
    /// Per phase. Where [`HouseLimit::may_raise`] says no, a value above what is drawn now permits no raise.
    pub limit: [CentiAmps; 3],
    /// The most of that within the last seconds. A car that follows a raise is seen by the meter before it is heard of, and
    /// looks like the house meanwhile: reason enough to lower cars, not to cut one off.
    pub lately: [CentiAmps; 3],
    /// How far the meter may be believed.
    pub freshness: Freshness,
    /// The most each slave may have, while the meter is not believed.
    pub slave_cap: Option<CentiAmps>,
}

impl HouseLimit {
    /// Whether anything may be raised.
    pub const fn may_raise(&self) -> bool {
        matches!(self.freshness, Freshness::Fresh)
    }

    /// The limit as a guard's node takes it: `committed`, what may be in force on each phase already, is not
    /// exceeded while nothing may be raised. It falls below `floors`, the least with which the wall connectors that are
    /// linked go on, only where that was so for a while.
    pub fn beside(&self, committed: [CentiAmps; 3], floors: [CentiAmps; 3]) -> [CentiAmps; 3] {
        let mut limits = self.sparing(floors);
        if !self.may_raise() {
            limits.iter_mut().zip(committed).for_each(|(limit, committed)| *limit = (*limit).min(committed));
        }
        limits
    }

    /// The limit, below `floors` only where that was so for a while.
    pub(crate) fn sparing(&self, floors: [CentiAmps; 3]) -> [CentiAmps; 3] {
        let mut limits = self.limit;
        for ((limit, lately), floor) in limits.iter_mut().zip(self.lately).zip(floors) {
            *limit = (*limit).max(lately.min(floor));
        }
        limits
    }
}

/// The protection of one fuse.
#[derive(Debug, Clone)]
pub struct House {
    config: HouseConfig,
    meter: Meter,
    /// What the last sample left free.
    free: PerPhase,
    /// The most that was free since a time, and in the stretch of [`LATELY`] before it.
    lately: [PerPhase; 2],
    lately_since: Instant,
}

impl House {
    /// A fuse whose meter has said nothing yet.
    ///
    /// # Errors
    /// When the settings cannot protect it.
    pub fn new(config: HouseConfig, now: Instant) -> Result<Self, HouseError> {
        config.check()?;
        let free = usable(&config);
        Ok(Self { config, meter: Meter::new(config.meter, now), free, lately: [free; 2], lately_since: now })
    }

    /// Its settings.
    pub const fn config(&self) -> &HouseConfig {
        &self.config
    }

    /// Its meter.
    pub const fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Takes a sample. `own` is the history of what our wall connectors behind this meter drew.
    ///
    /// # Errors
    /// Why it does not count. A sample that only its sign makes suspect still lowers.
    pub fn handle_sample(&mut self, sample: &Sample, own: &History) -> Result<(), Rejected> {
        let Some(reading) = self.currents(&sample.reading) else { return Err(Rejected::Empty) };
        let at = self.meter.describes(sample);
        let drawn = own.lowest(at - SKEW, at + SKEW).unwrap_or(PerPhase::ZERO);
        let free = self.free_beside(reading, drawn);
        match self.meter.handle_sample(sample, own.at(at).unwrap_or_default()) {
            Ok(_) => self.set_free(sample.arrived, free),
            Err(Rejected::SignFlip) => {
                self.set_free(sample.arrived, self.free.zip(free, i32::min));
                return Err(Rejected::SignFlip);
            }
            Err(rejected) => return Err(rejected),
        }
        Ok(())
    }

    fn set_free(&mut self, now: Instant, free: PerPhase) {
        self.free = free;
        let [since, before] = self.lately;
        if now.since(self.lately_since) >= LATELY {
            (self.lately, self.lately_since) = ([free, since], now);
        } else {
            self.lately = [since.zip(free, i32::max), before];
        }
    }

    /// What may be drawn now.
    pub fn limit(&self, now: Instant) -> HouseLimit {
        let freshness = self.meter.freshness(now);
        let amps = |free: i32| match freshness {
            Freshness::Withhold => CentiAmps::ZERO,
            _ => CentiAmps::new(u16::try_from(free.max(0)).unwrap_or(u16::MAX)),
        };
        let limit = self.free.0.map(amps);
        let [since, before] = self.lately;
        let lately = since.zip(before, i32::max).0.map(amps);
        let slave_cap = match freshness {
            Freshness::Fresh | Freshness::NoRaise => None,
            Freshness::Failsafe => Some(self.config.failsafe),
            Freshness::Withhold => Some(CentiAmps::ZERO),
        };
        HouseLimit { limit, lately, freshness, slave_cap }
    }

    /// When [`House::limit`] changes by itself if no sample comes.
    pub fn poll_timeout(&self, now: Instant) -> Option<Instant> {
        self.meter.poll_timeout(now)
    }

    fn free_beside(&self, reading: PerPhase, own: PerPhase) -> PerPhase {
        let least = if self.config.count_generation { i32::MIN } else { 0 };
        let others = reading.minus(own).map(|amps| amps.max(least));
        usable(&self.config).minus(others)
    }

    /// The currents of a reading, from its power where it has no other.
    fn currents(&self, reading: &Reading) -> Option<PerPhase> {
        let volts = self.config.volts.saturating_sub(self.config.volts / 10);
        match (reading.centiamps, reading.watts) {
            (Some(centiamps), _) => Some(centiamps),
            (None, Some(Watts::Phases(watts))) => {
                Some(watts.map(|watts| centiamps(watts, 1, volts).saturating_add(1)))
            }
            // A total says nothing about the worst phase.
            (None, Some(Watts::Total(_)) | None) => None,
        }
    }
}

fn usable(config: &HouseConfig) -> PerPhase {
    PerPhase(config.limit.map(|limit| i32::from(limit.value().saturating_sub(config.margin.value()))))
}

#[cfg(test)]
mod tests;
