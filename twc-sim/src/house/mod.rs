//! The house around the chargers: loads, sun, battery, fuses and meters on three phases.
//!
//! Sans-IO and event-driven like the rest: between two events every power is constant, so energy and heat are
//! exact. It does not know the chargers; somebody tells it what they draw and asks it what its meters say.
//!
//! ```
//! use twc_proto::{CentiAmps, Instant};
//! use twc_sim::house::{House, HouseConfig, MeterConfig, MeterPlace};
//!
//! let config = HouseConfig { meters: vec![MeterConfig::new(MeterPlace::Grid)], ..HouseConfig::default() };
//! let mut house = House::new(config, 1, Instant::ZERO);
//! house.set_charger_currents(Instant::ZERO, 0, [CentiAmps::from_amps(10), CentiAmps::ZERO, CentiAmps::ZERO]);
//! house.handle_timeout(Instant::from_secs(2));
//! let sample = house.poll_sample().unwrap();
//! assert_eq!((sample.watts, sample.centiamps), (2_300, Some([1_000, 0, 0])));
//! ```

mod battery;
mod breaker;
mod commands;
mod config;
mod energy;
mod load;
mod meter;
mod solar;

use std::collections::VecDeque;

use twc_proto::{CentiAmps, Instant};

use self::battery::Battery;
pub use self::battery::{BatteryConfig, BatteryMode};
pub use self::breaker::{Breaker, BreakerConfig, BreakerPlace, Curve};
pub use self::config::{HouseConfig, Placement, SolarConfig};
pub use self::energy::EnergyAccount;
use self::energy::Flows;
use self::load::Load;
pub use self::load::{LoadProfile, LoadStep};
use self::meter::{Meter, Reading};
pub use self::meter::{MeterConfig, MeterFault, MeterId, MeterPlace, MeterSample};
use self::solar::Solar;
pub use self::solar::{Clouds, SolarProfile};
use crate::charger::Line;
use crate::rng::Rng;

/// Trips that nobody asked for are forgotten beyond this.
const MAX_TRIPS: usize = 64;

/// A fuse or breaker opened. The house goes on as if it had not: who hears of it takes the power away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trip {
    /// Its index in [`HouseConfig::breakers`].
    pub breaker: usize,
    /// The pole that was too warm.
    pub line: Line,
    /// When.
    pub at: Instant,
}

/// A house. Midnight is [`Instant::ZERO`].
///
/// After any call with `&mut self`, drain [`House::poll_sample`] and [`House::poll_trip`], then wait until
/// [`House::poll_timeout`].
#[derive(Debug)]
pub struct House {
    volts: u16,
    loads: Vec<Load>,
    solar: Option<(Solar, Placement)>,
    battery: Option<Battery>,
    breakers: Vec<Breaker>,
    meters: Vec<Meter>,
    chargers: Vec<[CentiAmps; 3]>,
    extra_watts: [i32; 3],
    flows: Flows,
    energy: EnergyAccount,
    trips: VecDeque<Trip>,
    integrated_to: Instant,
    /// When something inside changes next.
    next: Option<Instant>,
}

impl House {
    /// A house at `now`; `seed` decides its habits and its clouds.
    pub fn new(config: HouseConfig, seed: u64, now: Instant) -> Self {
        let mut rng = Rng::new(seed);
        let mut load = |(profile, placement)| Load::new(profile, placement, rng.fork(), now);
        let loads = config.loads.into_iter().map(&mut load).collect();
        let meters = config.meters.into_iter().enumerate();
        let mut house = Self {
            volts: config.volts.max(1),
            loads,
            solar: config
                .solar
                .map(|solar| (Solar::new(solar.profile, solar.peak_watts, rng.fork(), now), solar.placement)),
            battery: config.battery.map(Battery::new),
            breakers: config.breakers.into_iter().map(Breaker::new).collect(),
            meters: meters.map(|(index, meter)| Meter::new(MeterId(index), meter, now)).collect(),
            chargers: Vec::new(),
            extra_watts: [0; 3],
            flows: Flows::default(),
            energy: EnergyAccount::default(),
            trips: VecDeque::new(),
            integrated_to: now,
            next: None,
        };
        if let Some(battery) = &mut house.battery {
            battery.notice(now);
        }
        house.flow(now);
        house
    }

    /// What went where so far.
    pub fn energy(&self) -> EnergyAccount {
        self.energy
    }

    /// The fuses and breakers.
    pub fn breakers(&self) -> &[Breaker] {
        &self.breakers
    }

    /// What comes from the grid per phase, in signed centiamps; negative while it is exported.
    pub fn grid_centiamps(&self) -> [i32; 3] {
        self.flows.grid().map(|milliwatts| self.centiamps(milliwatts))
    }

    /// What comes from the grid in all, in signed watts.
    pub fn grid_watts(&self) -> i64 {
        self.flows.grid().iter().sum::<i64>() / 1_000
    }

    /// What the sun gives, in watts.
    pub fn solar_watts(&self) -> i64 {
        self.flows.solar.iter().sum::<i64>() / 1_000
    }

    /// What the house uses without battery and chargers, in watts.
    pub fn loads_watts(&self) -> i64 {
        self.flows.loads.iter().sum::<i64>() / 1_000
    }

    /// What the battery takes, in signed watts; 0 without one.
    pub fn battery_watts(&self) -> i64 {
        self.flows.battery.iter().sum::<i64>() / 1_000
    }

    /// How full the battery is, in percent.
    pub fn battery_percent(&self) -> Option<u8> {
        self.battery.as_ref().map(Battery::charge_percent)
    }

    /// What is wrong with a meter.
    pub fn meter_fault(&self, meter: MeterId) -> Option<MeterFault> {
        self.meters.get(meter.0).map(Meter::fault)
    }

    /// The next sample that has arrived.
    pub fn poll_sample(&mut self) -> Option<MeterSample> {
        let now = self.integrated_to;
        let due = |meter: &&mut Meter| meter.arrives_at().is_some_and(|at| at <= now);
        let first = self.meters.iter_mut().filter(due).min_by_key(|meter| meter.arrives_at())?;
        first.poll(now)
    }

    /// The next fuse or breaker that opened.
    pub fn poll_trip(&mut self) -> Option<Trip> {
        self.trips.pop_front()
    }

    /// When something happens next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let arrivals = self.meters.iter().filter_map(Meter::arrives_at);
        arrivals.chain(self.next).min()
    }

    /// Lives through everything up to `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(at) = self.next.filter(|at| *at <= now) {
            self.integrate(at);
            self.fire(at);
        }
        self.integrate(now);
    }

    fn fire(&mut self, at: Instant) {
        for load in &mut self.loads {
            load.handle_timeout(at);
        }
        if let Some((solar, _)) = &mut self.solar {
            solar.handle_timeout(at);
        }
        for (index, breaker) in self.breakers.iter_mut().enumerate() {
            if let Some(line) = breaker.handle_timeout(at).filter(|_| self.trips.len() < MAX_TRIPS) {
                self.trips.push_back(Trip { breaker: index, line, at });
            }
        }
        let (flows, volts) = (self.flows, self.volts);
        for meter in &mut self.meters {
            let is_there = |_: &&Battery| meter.config.place == MeterPlace::Battery;
            let charge_percent = self.battery.as_ref().filter(is_there).map(Battery::charge_percent);
            let reading = Reading { charge_percent, ..reading(&flows, meter.config.place, volts) };
            meter.handle_timeout(at, reading);
        }
        let surplus = self.surplus();
        if let Some(battery) = &mut self.battery {
            battery.handle_timeout(at, surplus);
        }
        self.flow(at);
    }

    /// What the battery could take, in milliwatts.
    fn surplus(&self) -> i64 {
        let sees_chargers = self.battery.as_ref().is_none_or(|battery| battery.config.sees_chargers);
        let sum = |phases: &[i64; 3]| phases.iter().sum::<i64>();
        let chargers = if sees_chargers { sum(&self.flows.chargers) } else { 0 };
        sum(&self.flows.solar) - sum(&self.flows.loads) - chargers
    }

    /// Works out anew what flows.
    fn flow(&mut self, now: Instant) {
        let before = self.flows;
        self.flows = Flows {
            loads: self.load_flow(),
            chargers: self.charger_flow(),
            solar: self.solar.as_ref().map_or([0; 3], |(solar, place)| place.spread(solar.milliwatts())),
            battery: self
                .battery
                .as_ref()
                .map_or([0; 3], |battery| battery.config.placement.spread(battery.milliwatts())),
        };
        if before != self.flows {
            self.load_breakers();
        }
        let others = |flows: &Flows| (flows.loads, flows.chargers, flows.solar);
        let must_follow = others(&before) != others(&self.flows);
        if let Some(battery) = self.battery.as_mut().filter(|_| must_follow) {
            battery.notice(now);
        }
        self.refresh(now);
    }

    fn load_flow(&self) -> [i64; 3] {
        let mut sum = self.extra_watts.map(|watts| i64::from(watts) * 1_000);
        for load in &self.loads {
            add(&mut sum, load.placement.spread(load.milliwatts()));
        }
        sum
    }

    fn charger_flow(&self) -> [i64; 3] {
        let mut sum = [0; 3];
        for currents in &self.chargers {
            add(&mut sum, currents.map(|amps| i64::from(amps.value()) * i64::from(self.volts) * 10));
        }
        sum
    }

    fn load_breakers(&mut self) {
        let grid = self.flows.grid();
        for breaker in &mut self.breakers {
            let milliwatts = match breaker.config().place {
                BreakerPlace::Main => grid,
                BreakerPlace::Chargers => self.flows.chargers,
                BreakerPlace::Charger(index) => {
                    let currents = self.chargers.get(index).copied().unwrap_or_default();
                    currents.map(|amps| i64::from(amps.value()) * i64::from(self.volts) * 10)
                }
            };
            breaker.set_currents(milliwatts.map(|power| centiamps(power, self.volts).unsigned_abs()));
        }
    }

    fn refresh(&mut self, now: Instant) {
        let loads = self.loads.iter().map(Load::deadline);
        let meters = self.meters.iter().map(Meter::deadline);
        let breakers = self.breakers.iter().filter_map(|breaker| breaker.deadline(now));
        let solar = self.solar.as_ref().map(|(solar, _)| solar.deadline());
        let battery = self.battery.as_ref().and_then(Battery::deadline);
        self.next = loads.chain(meters).chain(breakers).chain(solar).chain(battery).min();
    }

    fn integrate(&mut self, now: Instant) {
        let micros = now.as_micros().saturating_sub(self.integrated_to.as_micros());
        if micros == 0 {
            return;
        }
        self.integrated_to = now;
        self.energy.add(&self.flows, micros);
        if let Some(battery) = &mut self.battery {
            battery.integrate(i128::from(micros));
        }
        for breaker in &mut self.breakers {
            breaker.integrate(micros);
        }
    }

    fn centiamps(&self, milliwatts: i64) -> i32 {
        centiamps(milliwatts, self.volts)
    }
}

fn add(sum: &mut [i64; 3], part: [i64; 3]) {
    for (slot, part) in sum.iter_mut().zip(part) {
        *slot += part;
    }
}

fn centiamps(milliwatts: i64, volts: u16) -> i32 {
    i32::try_from(milliwatts / (i64::from(volts) * 10)).unwrap_or(i32::MAX)
}

fn reading(flows: &Flows, place: MeterPlace, volts: u16) -> Reading {
    let milliwatts = match place {
        MeterPlace::Grid => flows.grid(),
        MeterPlace::GridWithoutChargers => Flows { chargers: [0; 3], ..*flows }.grid(),
        MeterPlace::Solar => flows.solar,
        MeterPlace::Battery => flows.battery,
        MeterPlace::Chargers => flows.chargers,
        MeterPlace::Loads => flows.loads,
    };
    Reading { milliwatts, centiamps: milliwatts.map(|power| centiamps(power, volts)), charge_percent: None }
}

/// The second of the day, counted from [`Instant::ZERO`].
fn second_of_day(now: Instant) -> u32 {
    (now.as_micros() / 1_000_000 % 86_400) as u32
}
