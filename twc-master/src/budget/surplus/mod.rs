//! What the sun leaves for cars, without hunting after every cloud.
//!
//! A meter says what flows in or out; what our own cars drew when it looked is added back ([`Topology::Inside`]) or
//! not ([`Topology::Outside`]). The result is followed down at once and up in steps, each only after a new sample and
//! once the last change has arrived in the cars. Starting and stopping has delays and minimum times of its own, so
//! that the relays of a wall connector close a few times an hour at most, whatever the sky does.

mod battery;
mod config;
mod divide;
mod parts;
mod pool;
mod reason;
mod regulate;
mod switch;

use core::time::Duration;

use twc_proto::{CentiAmps, Instant, TwcId};

pub use self::battery::{BELIEVED, BatteryPolicy, BatteryReading};
pub use self::config::{MeterKind, Settlement, SurplusConfig, SurplusError, Topology};
pub use self::parts::Parts;
pub use self::pool::Pool;
pub use self::reason::SolarReason;
pub use self::switch::SwitchConfig;

use self::regulate::Regulator;
use self::switch::Switch;
use super::history::History;
use super::meter::{Freshness, Meter, Rejected, Sample};
use super::phases::{PhaseSet, watts};
use crate::config::MAX_SLAVES;

/// How long a car that does not settle can hold up the next change.
const SETTLES_WITHIN: Duration = Duration::from_secs(30);

/// How far back the average reaches that starts and stops look at beside the moment.
const MEMORY: Duration = Duration::from_secs(600);

/// A slave that lives on surplus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SolarWish {
    /// Who.
    pub slave: TwcId,
    /// The phases its car uses.
    pub phases: PhaseSet,
    /// The least its car charges with.
    pub minimum: CentiAmps,
    /// The most it may have.
    pub cap: CentiAmps,
    /// Whether there is, or may be, a car that wants energy.
    pub asks: bool,
    /// Whether its car draws.
    pub draws: bool,
    /// It has its minimum whatever the sky does (`min+solar`).
    pub keeps_minimum: bool,
    /// The higher is served first.
    pub priority: u8,
    /// Who waited longer is served first among equals.
    pub since: Instant,
}

/// What a slave gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SolarShare {
    /// How much; `None` is off.
    pub amps: Option<CentiAmps>,
    /// Why.
    pub reason: SolarReason,
}

/// Shares in the order of the wishes.
pub type SolarShares = [SolarShare; MAX_SLAVES];

/// The surplus of one meter.
#[derive(Debug, Clone)]
pub struct Surplus {
    config: SurplusConfig,
    meter: Meter,
    battery: Option<BatteryReading>,
    available: Option<Pool>,
    /// What was available on average, and at which sample.
    mean: Option<Pool>,
    mean_at: Instant,
    target: Option<Pool>,
    regulator: Regulator,
    switches: [Option<(TwcId, Switch)>; MAX_SLAVES],
    /// The number of the last sample that was acted on.
    seen: u32,
    changed: Option<Instant>,
    before: [Option<(TwcId, Option<CentiAmps>)>; MAX_SLAVES],
}

impl Surplus {
    /// A surplus whose meter has said nothing yet.
    ///
    /// # Errors
    /// When the settings do not work.
    pub fn new(config: SurplusConfig, now: Instant) -> Result<Self, SurplusError> {
        config.check()?;
        Ok(Self {
            config,
            meter: Meter::new(config.meter, now),
            battery: None,
            available: None,
            mean: None,
            mean_at: now,
            target: None,
            regulator: Regulator::default(),
            switches: [None; MAX_SLAVES],
            seen: 0,
            changed: None,
            before: [None; MAX_SLAVES],
        })
    }

    /// Its settings.
    pub const fn config(&self) -> &SurplusConfig {
        &self.config
    }

    /// Its meter.
    pub const fn meter(&self) -> &Meter {
        &self.meter
    }

    /// What the home battery said last.
    pub const fn battery(&self) -> Option<&BatteryReading> {
        self.battery.as_ref()
    }

    /// What the last sample left for cars.
    pub const fn available(&self) -> Option<Pool> {
        self.available
    }

    /// What was left on average, the last minutes counting most.
    pub const fn mean(&self) -> Option<Pool> {
        self.mean
    }

    /// Takes a sample. `own` is the history of what our wall connectors drew.
    ///
    /// # Errors
    /// Why it does not count.
    pub fn handle_sample(&mut self, sample: &Sample, own: &History) -> Result<(), Rejected> {
        let drawn = own.at(self.meter.describes(sample)).unwrap_or_default();
        let battery = self.battery.map_or(0, |battery| self.config.battery.share(&battery, sample.arrived));
        let pool = pool::available(&self.config, &sample.reading, drawn, battery).ok_or(Rejected::Empty)?;
        self.meter.handle_sample(sample, drawn)?;
        self.available = Some(pool);
        self.note_mean(sample.arrived, pool);
        Ok(())
    }

    /// The last minutes count most.
    fn note_mean(&mut self, now: Instant, pool: Pool) {
        let passed = now.since(self.mean_at).min(MEMORY).as_millis() as i64;
        let memory = MEMORY.as_millis() as i64;
        let join = |mean: i32, new: i32| {
            let step = (i64::from(new) - i64::from(mean)) * passed / memory;
            // Between two values of its type.
            mean.saturating_add(i32::try_from(step).unwrap_or(0))
        };
        self.mean = Some(self.mean.map_or(pool, |mean| mean.zip(pool, join)));
        self.mean_at = now;
    }

    /// The home battery's state, whenever it is known.
    pub fn handle_battery(&mut self, reading: BatteryReading) {
        self.battery = Some(reading);
    }

    /// Somebody else ended this slave's session: protection, or a person. Its pause begins.
    pub fn stop(&mut self, slave: TwcId, now: Instant) {
        for (_, switch) in self.switches.iter_mut().flatten().filter(|(id, _)| *id == slave) {
            switch.stop(now);
        }
    }

    /// Divides the surplus. `settled` says that every car has followed the last change. Wishes beyond
    /// [`MAX_SLAVES`] get nothing.
    pub fn divide(&mut self, now: Instant, settled: bool, wishes: &[SolarWish]) -> SolarShares {
        let wishes = wishes.get(..wishes.len().min(MAX_SLAVES)).unwrap_or_default();
        self.keep_switches_of(wishes);
        let freshness = self.meter.freshness(now);
        let new = freshness == Freshness::Fresh && self.is_due(now, settled);
        if let Some((available, sample)) = self.available.zip(self.meter.latest()).filter(|_| new) {
            self.seen = sample.number;
            self.target = Some(self.regulator.step(now, available, self.amp_watts(wishes)));
        }
        let shares = self.share(now, freshness, new, wishes);
        self.note_change(now, wishes, &shares);
        shares
    }

    /// When [`Surplus::divide`] may say something else although no sample came.
    pub fn poll_timeout(&self, now: Instant) -> Option<Instant> {
        let settles = self.changed.map(|at| at + SETTLES_WITHIN).filter(|at| *at > now);
        self.meter.poll_timeout(now).into_iter().chain(settles).min()
    }

    /// A sample that nobody acted on, of a time after the last change, and cars that followed it.
    fn is_due(&self, now: Instant, settled: bool) -> bool {
        let Some(sample) = self.meter.latest() else { return false };
        let after = |at: Instant| sample.at > at && (settled || now >= at + SETTLES_WITHIN);
        sample.number != self.seen && self.changed.is_none_or(after)
    }

    /// Watts of one ampere in the elements of the pool.
    fn amp_watts(&self, wishes: &[SolarWish]) -> i32 {
        let phases = match self.config.settlement {
            Settlement::PerPhase => 1,
            Settlement::NetSum => wishes.iter().map(|wish| wish.phases.count()).max().unwrap_or(3),
        };
        watts(100, self.config.volts).saturating_mul(phases.into())
    }

    /// Every wish has a switch; one of a slave that is not asking now keeps its pause while there is room for it.
    fn keep_switches_of(&mut self, wishes: &[SolarWish]) {
        for wish in wishes {
            if self.switches.iter().flatten().any(|(id, _)| *id == wish.slave) {
                continue;
            }
            let is_idle =
                |of: &Option<(TwcId, Switch)>| of.is_none_or(|(id, _)| wishes.iter().all(|wish| wish.slave != id));
            let free = self.switches.iter().position(Option::is_none);
            let place = free.or_else(|| self.switches.iter().position(is_idle));
            if let Some(slot) = place.and_then(|place| self.switches.get_mut(place)) {
                *slot = Some((wish.slave, Switch::default()));
            }
        }
    }

    /// Remembers what each slave has; a difference begins the dead time.
    fn note_change(&mut self, now: Instant, wishes: &[SolarWish], shares: &SolarShares) {
        let mut after = [None; MAX_SLAVES];
        for ((place, wish), share) in after.iter_mut().zip(wishes).zip(shares) {
            *place = Some((wish.slave, share.amps));
        }
        if after != self.before {
            self.before = after;
            self.changed = Some(now);
        }
    }

    fn had(&self, slave: TwcId) -> Option<CentiAmps> {
        self.before.iter().flatten().find(|(id, _)| *id == slave).and_then(|(_, amps)| *amps)
    }
}

#[cfg(test)]
mod tests;
