//! Fuses and breakers that trip by heat: how long a current may last before it is too much.
//!
//! Below the non-tripping current nothing happens for ever. Above it each moment uses up a part of the time that
//! this current would take to trip, and below it the part is given back slowly. The curves lie inside what the
//! standards for gG fuses and B characteristics allow; a real one may take longer.

use core::time::Duration;

use twc_proto::Instant;

use crate::charger::Line;

/// How fast it trips: (percent of the rating, milliseconds), from the first current that trips it at all.
type Points = &'static [(u32, u64)];

/// What kind of device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curve {
    /// A fuse, general purpose: up to 1.25 times its rating for ever, 1.6 times for 20 minutes.
    FuseGg,
    /// A circuit breaker, characteristic B: up to 1.13 times its rating for ever, 1.45 times for 10 minutes,
    /// 3 times not at all.
    BreakerB,
}

impl Curve {
    const fn points(self) -> Points {
        match self {
            Self::FuseGg => {
                &[(125, 14_400_000), (160, 1_200_000), (200, 120_000), (300, 10_000), (500, 1_000), (1_000, 50)]
            }
            Self::BreakerB => &[(113, 7_200_000), (145, 600_000), (200, 60_000), (255, 15_000), (300, 20)],
        }
    }

    /// How much of [`FULL`] a microsecond of this current uses up; 0 when it may flow for ever.
    fn rate(self, percent: u32) -> u64 {
        let points = self.points();
        let rate = |millis: u64| FULL / (millis * 1_000);
        for pair in points.windows(2) {
            let [(from, slow), (to, fast)] = *pair else { continue };
            if percent <= from {
                return 0;
            }
            if percent <= to {
                let (into, width) = (u64::from(percent - from), u64::from(to - from));
                return rate(slow) + (rate(fast) - rate(slow)) * into / width;
            }
        }
        points.last().map_or(0, |(_, millis)| rate(*millis))
    }
}

/// All the heat a device stands, in a unit of its own.
const FULL: u64 = 3_600_000_000_000_000;
/// Without current it is cold again after this.
const COOL_DOWN: Duration = Duration::from_secs(1_800);

/// What flows through it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerPlace {
    /// Everything between house and grid.
    Main,
    /// All chargers.
    Chargers,
    /// The charger with this index.
    Charger(usize),
}

/// A fuse or breaker, one pole per phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakerConfig {
    /// What it is called in reports.
    pub name: String,
    /// Its rating, in amperes.
    pub rating_amps: u16,
    /// How fast it trips.
    pub curve: Curve,
    /// What flows through it.
    pub place: BreakerPlace,
}

/// A fuse or breaker and how warm it is.
#[derive(Debug)]
pub struct Breaker {
    config: BreakerConfig,
    heat: [u64; 3],
    centiamps: [u32; 3],
    /// What each pole's heat grows by per microsecond; 0 while it cools.
    rates: [u64; 3],
    peak: [u32; 3],
    tripped: Option<(Instant, Line)>,
}

impl Breaker {
    pub(super) fn new(config: BreakerConfig) -> Self {
        Self { config, heat: [0; 3], centiamps: [0; 3], rates: [0; 3], peak: [0; 3], tripped: None }
    }

    /// What it is.
    pub fn config(&self) -> &BreakerConfig {
        &self.config
    }

    /// When and on which phase it tripped.
    pub fn tripped(&self) -> Option<(Instant, Line)> {
        self.tripped
    }

    /// How near it is to tripping, its warmest pole, in thousandths.
    pub fn heat_permille(&self) -> u16 {
        let warmest = self.heat.iter().max().copied().unwrap_or(0);
        u16::try_from(warmest / (FULL / 1_000)).unwrap_or(1_000).min(1_000)
    }

    /// The highest current each phase has carried, in centiamps.
    pub fn peaks(&self) -> [u32; 3] {
        self.peak
    }

    /// Somebody puts in a new fuse or switches it on again. It is still warm.
    pub(super) fn reset(&mut self) {
        self.tripped = None;
        self.heat = self.heat.map(|heat| heat.min(FULL / 2));
    }

    pub(super) fn set_currents(&mut self, centiamps: [u32; 3]) {
        if centiamps == self.centiamps {
            return;
        }
        self.centiamps = centiamps;
        let rating = u32::from(self.config.rating_amps.max(1));
        for ((amps, rate), peak) in centiamps.into_iter().zip(&mut self.rates).zip(&mut self.peak) {
            *rate = self.config.curve.rate(amps / rating);
            *peak = amps.max(*peak);
        }
    }

    pub(super) fn integrate(&mut self, micros: u64) {
        let cooling = FULL / u64::try_from(COOL_DOWN.as_micros()).unwrap_or(u64::MAX);
        for (heat, rate) in self.heat.iter_mut().zip(self.rates) {
            *heat = match rate {
                0 => heat.saturating_sub(cooling.saturating_mul(micros)),
                rate => heat.saturating_add(rate.saturating_mul(micros)).min(FULL),
            };
        }
    }

    /// When it trips at the present currents.
    pub(super) fn deadline(&self, now: Instant) -> Option<Instant> {
        if self.tripped.is_some() {
            return None;
        }
        let left = |(heat, rate): (&u64, &u64)| (FULL.saturating_sub(*heat)).div_ceil((*rate).max(1));
        let heating = self.heat.iter().zip(&self.rates).filter(|(_, rate)| **rate > 0);
        heating.map(left).min().map(|micros| now + Duration::from_micros(micros))
    }

    /// Returns the phase on which it trips now.
    pub(super) fn handle_timeout(&mut self, now: Instant) -> Option<Line> {
        if self.tripped.is_some() {
            return None;
        }
        let (_, line) = self.heat.iter().zip(Line::ALL).find(|(heat, _)| **heat >= FULL)?;
        self.tripped = Some((now, line));
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds until a 20 A device trips at so many percent.
    fn trips_after(curve: Curve, percent: u32) -> Option<u64> {
        let config = BreakerConfig { name: "x".into(), rating_amps: 20, curve, place: BreakerPlace::Main };
        let mut breaker = Breaker::new(config);
        breaker.set_currents([0, percent * 20, 0]);
        let at = breaker.deadline(Instant::ZERO)?;
        breaker.integrate(at.as_micros());
        assert_eq!(breaker.handle_timeout(at), Some(Line::L2));
        Some(at.as_micros() / 1_000_000)
    }

    #[test]
    fn a_fuse_bears_a_quarter_more_for_ever_and_twice_its_rating_for_two_minutes() {
        let trips = [100, 125, 160, 200, 300].map(|percent| trips_after(Curve::FuseGg, percent));
        assert_eq!(trips, [None, None, Some(1_200), Some(120), Some(10)]);
    }

    #[test]
    fn a_breaker_bears_13_percent_more_and_trips_at_once_at_three_times() {
        let trips = [100, 113, 145, 255, 300, 900].map(|percent| trips_after(Curve::BreakerB, percent));
        assert_eq!(trips, [None, None, Some(600), Some(15), Some(0), Some(0)]);
    }

    #[test]
    fn short_excesses_add_up_unless_it_cools_between_them() {
        let config = BreakerConfig {
            name: "main".into(),
            rating_amps: 20,
            curve: Curve::FuseGg,
            place: BreakerPlace::Main,
        };
        for (pause, trips) in [(10, true), (1_200, false)] {
            let mut breaker = Breaker::new(config.clone());
            let mut tripped = false;
            for _ in 0..3 {
                breaker.set_currents([4_000; 3]);
                breaker.integrate(60_000_000);
                tripped |= breaker.handle_timeout(Instant::ZERO).is_some();
                breaker.set_currents([1_000; 3]);
                breaker.integrate(pause * 1_000_000);
            }
            assert_eq!(tripped, trips, "{pause}");
        }
    }
}
