//! Meters: what they measure, how late they say it, and how they lie.

use core::time::Duration;
use std::collections::VecDeque;

use twc_proto::Instant;

/// Which meter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MeterId(pub usize);

/// What it measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeterPlace {
    /// Between house and grid, the chargers included; import is positive.
    Grid,
    /// The same with the chargers connected before the meter: it does not see them.
    GridWithoutChargers,
    /// What the sun gives; positive.
    Solar,
    /// What the battery takes; negative when it gives.
    Battery,
    /// What the chargers take.
    Chargers,
    /// What everything else takes.
    Loads,
}

/// How a meter is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeterConfig {
    /// What it measures.
    pub place: MeterPlace,
    /// From one measurement to the next.
    pub interval: Duration,
    /// From a measurement to its arrival.
    pub lag: Duration,
    /// It tells each phase, not only the sum.
    pub per_phase: bool,
}

impl MeterConfig {
    /// Each phase every second, there after 200 ms.
    pub const fn new(place: MeterPlace) -> Self {
        Self { place, interval: Duration::from_secs(1), lag: Duration::from_millis(200), per_phase: true }
    }
}

/// What is wrong with a meter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeterFault {
    /// Nothing.
    None,
    /// Nothing arrives.
    Outage,
    /// It measures no more; the last sample comes again and again with its old time.
    Stale,
    /// The source is gone; a broker hands out its last value again and again, marked as retained.
    Retained,
    /// New times, old values.
    Stuck,
    /// The next sample is off by so many centiamps on each phase; then all is well again.
    Spike(i32),
    /// Import and export are mixed up.
    SignFlip,
    /// Samples arrive so much later.
    Late(Duration),
}

/// One value of one meter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MeterSample {
    /// Whose.
    pub meter: MeterId,
    /// When it was measured, by the source's clock.
    pub at: Instant,
    /// When it arrived.
    pub arrived: Instant,
    /// Per phase, in signed centiamps; `None` from a meter that tells only the sum.
    pub centiamps: Option<[i32; 3]>,
    /// Power of all phases, in signed watts.
    pub watts: i64,
    /// How full the battery is, in percent; only from a meter there.
    pub charge_percent: Option<u8>,
    /// A broker kept it; nobody knows for how long.
    pub is_retained: bool,
}

/// What a meter sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Reading {
    pub(super) milliwatts: [i64; 3],
    pub(super) centiamps: [i32; 3],
    pub(super) charge_percent: Option<u8>,
}

/// Samples on their way at one time; a longer lag drops the oldest.
const MAX_UNDER_WAY: usize = 256;

#[derive(Debug)]
pub(super) struct Meter {
    id: MeterId,
    pub(super) config: MeterConfig,
    fault: MeterFault,
    measures_at: Instant,
    last: Option<MeterSample>,
    under_way: VecDeque<MeterSample>,
}

impl Meter {
    pub(super) fn new(id: MeterId, config: MeterConfig, now: Instant) -> Self {
        let measures_at = now + config.interval;
        Self { id, config, fault: MeterFault::None, measures_at, last: None, under_way: VecDeque::new() }
    }

    pub(super) fn fault(&self) -> MeterFault {
        self.fault
    }

    pub(super) fn set_fault(&mut self, fault: MeterFault) {
        self.fault = fault;
    }

    pub(super) fn deadline(&self) -> Instant {
        self.measures_at
    }

    /// When the next sample arrives.
    pub(super) fn arrives_at(&self) -> Option<Instant> {
        self.under_way.front().map(|sample| sample.arrived)
    }

    pub(super) fn poll(&mut self, now: Instant) -> Option<MeterSample> {
        self.under_way.front().filter(|sample| sample.arrived <= now)?;
        self.under_way.pop_front()
    }

    pub(super) fn handle_timeout(&mut self, now: Instant, reading: Reading) {
        if self.measures_at > now {
            return;
        }
        self.measures_at = now + self.config.interval.max(Duration::from_millis(10));
        let Some(sample) = self.sample(now, reading) else {
            return;
        };
        let late = if let MeterFault::Late(late) = self.fault { late } else { Duration::ZERO };
        let arrived = now + self.config.lag.saturating_add(late);
        // One connection: nothing overtakes.
        let arrived = self.under_way.back().map_or(arrived, |before| arrived.max(before.arrived));
        if self.under_way.len() >= MAX_UNDER_WAY {
            self.under_way.pop_front();
        }
        self.under_way.push_back(MeterSample { arrived, ..sample });
    }

    fn sample(&mut self, now: Instant, reading: Reading) -> Option<MeterSample> {
        let true_one = MeterSample {
            meter: self.id,
            at: now,
            arrived: now,
            centiamps: self.config.per_phase.then_some(reading.centiamps),
            watts: reading.milliwatts.iter().sum::<i64>() / 1_000,
            charge_percent: reading.charge_percent,
            is_retained: false,
        };
        let sample = match self.fault {
            MeterFault::Outage => return None,
            MeterFault::Stale => return Some(self.last.unwrap_or(true_one)),
            MeterFault::Retained => {
                return Some(MeterSample { is_retained: true, ..self.last.unwrap_or(true_one) });
            }
            MeterFault::Stuck => MeterSample { at: now, ..self.last.unwrap_or(true_one) },
            MeterFault::Spike(off) => {
                self.fault = MeterFault::None;
                let watts = true_one.watts.saturating_add(i64::from(off) * 3 * 230 / 100);
                let centiamps = true_one.centiamps.map(|amps| amps.map(|amps| amps.saturating_add(off)));
                return Some(MeterSample { centiamps, watts, ..true_one });
            }
            MeterFault::SignFlip => {
                let centiamps = true_one.centiamps.map(|amps| amps.map(i32::saturating_neg));
                MeterSample { centiamps, watts: -true_one.watts, ..true_one }
            }
            MeterFault::None | MeterFault::Late(_) => true_one,
        };
        self.last = Some(sample);
        Some(sample)
    }
}
