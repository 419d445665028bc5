//! The world that every policy is put into: a roof, a family, a main fuse, and two cars that leave every morning.

use std::ops::Range;
use std::time::Duration;

use twc_master::share::Any;
use twc_master::{Config, Master};
use twc_proto::{CentiAmps, Instant, Link, TwcId};
use twc_sim::house::{
    BreakerConfig, BreakerPlace, Curve, HouseConfig, LoadProfile, MeterConfig, MeterPlace, Placement, SolarConfig,
    SolarProfile,
};
use twc_sim::{
    Car, CarProfile, Charger, ChargerConfig, Checker, CheckerConfig, Circuit, House, Line, Sim, World, WorldConfig,
};

use crate::figures::{Figures, Watcher};
use crate::policy::{Policy, Steered};

/// The wall connectors; the car at the first takes three phases, the one at the second the first phase only.
pub(crate) const UNITS: [TwcId; 2] = [TwcId::new(0x3495), TwcId::new(0x3496)];
/// How many phases each car uses.
pub(crate) const PHASES_USED: [u8; 2] = [3, 1];
/// Each car's own circuit.
pub(crate) const EACH: CentiAmps = CentiAmps::from_amps(16);
/// The main fuse and the wires to the garage, in centiamps.
pub(crate) const FUSE: u32 = 2_500;
/// What each car needs by the morning, in watt hours: more than most days give.
const WANTED: [u32; 2] = [40_000, 15_000];
/// Cars are there from nine until seven of the next morning.
const ARRIVES: u64 = 9;
const LEAVES: u64 = 7;
/// Hours in which everybody charges with all there is.
pub(crate) const NIGHT: Range<u64> = 1..6;
/// What is over the fuse must be gone after this: 2 s between two values, 0.5 s on their way, 1.6 s for a round of
/// heartbeats, and 6 s for a car that drops from 16 A to 6 A.
pub(crate) const GONE_WITHIN: Duration = Duration::from_millis(10_100);

/// Some days in a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Days {
    pub(crate) name: &'static str,
    /// One of [`SolarProfile::NAMES`] for each.
    pub(crate) sky: &'static [&'static str],
    pub(crate) seed: u64,
}

impl Days {
    /// The end: after the last departure.
    pub(crate) fn end(&self) -> Instant {
        Instant::from_secs((self.sky.len() as u64 * 24 + LEAVES) * 3_600)
    }
}

/// The house of these days.
pub(crate) fn house(days: &Days) -> House {
    let load = |name: &str, placement| (LoadProfile::by_name(name).expect("a load"), placement);
    let config = HouseConfig {
        loads: vec![
            load("base", Placement::Balanced),
            load("heat_pump", Placement::Single(Line::L1)),
            load("kettle", Placement::Single(Line::L1)),
            load("oven", Placement::Single(Line::L2)),
            load("washing_machine", Placement::Single(Line::L3)),
        ],
        solar: Some(SolarConfig { profile: sky(days, 0), peak_watts: 8_000, placement: Placement::Balanced }),
        breakers: vec![BreakerConfig {
            name: "main fuse".to_owned(),
            rating_amps: (FUSE / 100) as u16,
            curve: Curve::FuseGg,
            place: BreakerPlace::Main,
        }],
        meters: vec![MeterConfig {
            interval: Duration::from_secs(2),
            lag: Duration::from_millis(500),
            ..MeterConfig::new(MeterPlace::Grid)
        }],
        ..HouseConfig::default()
    };
    House::new(config, days.seed, Instant::ZERO)
}

/// The sky of a day; after the last one the last.
pub(crate) fn sky(days: &Days, day: usize) -> SolarProfile {
    let name = days.sky.get(day).or(days.sky.last()).expect("at least one day");
    SolarProfile::by_name(name).expect("a kind of day")
}

/// Lives through the days with a policy; every one begins with the same house, the same sky, the same cars.
pub(crate) fn live<P: Policy>(days: &Days, config: Config, policy: P) -> Figures {
    let mut world = World::new(WorldConfig { seed: days.seed, ..WorldConfig::default() });
    let fuse = Circuit { house: Some(GONE_WITHIN), name: "main fuse".to_owned(), ..Circuit::site(FUSE) };
    let garage = Circuit::below(0, "garage", FUSE, 0..UNITS.len());
    let circuits = vec![fuse, garage];
    world.attach_checker(Checker::new(CheckerConfig { circuits, ..CheckerConfig::without_limits(days.seed) }));
    for (seed, id) in (days.seed..).zip(UNITS) {
        world.add_charger(Charger::new(ChargerConfig::p2(id), seed, Instant::ZERO));
    }
    world.attach_house(house(days));
    let master = Master::new(config, Any::default(), Instant::ZERO).expect("a legal configuration");
    let mut sim = Sim::with_world(world, Link::new(Steered::new(master, policy)));
    let mut watcher = Watcher::default();
    for hour in 0..=days.end().as_millis() / 3_600_000 {
        let now = Instant::from_secs(hour * 3_600);
        sim.run_until(now, |sim| look(sim, &mut watcher));
        change_house(days, hour, sim.world_mut().house_mut().expect("a house"), &mut watcher);
        come_and_go(days, hour, &mut sim, &mut watcher);
    }
    watcher.finish(&sim)
}

/// What happens to the house at a full hour.
pub(crate) fn change_house(days: &Days, hour: u64, house: &mut House, watcher: &mut Watcher) {
    let is_night = |hour: u64| NIGHT.contains(&(hour % 24));
    if hour % 24 == 0 && hour > 0 {
        house.set_solar_profile(Instant::from_secs(hour * 3_600), sky(days, (hour / 24) as usize));
    }
    if hour > 0 && is_night(hour) != is_night(hour - 1) {
        watcher.night(is_night(hour), house.energy().imported_watt_hours());
    }
}

/// What happens to the cars.
fn come_and_go<P: Policy>(days: &Days, hour: u64, sim: &mut Sim<Steered<P>>, watcher: &mut Watcher) {
    let (now, day) = (sim.now(), (hour / 24) as usize);
    for (index, (phases, wanted)) in PHASES_USED.into_iter().zip(WANTED).enumerate() {
        let charger = sim.world_mut().charger_mut(index).expect("a unit");
        if hour % 24 == LEAVES {
            let car = charger.unplug(now);
            watcher.departed(car.map_or(0, |car| u64::from(wanted).saturating_sub(car.taken_watt_hours())));
        } else if hour % 24 == ARRIVES && day < days.sky.len() {
            let profile = CarProfile { phases, ..CarProfile::i3() };
            charger.plug_in(now, Car::new(profile, wanted)).expect("nobody is there");
        }
    }
}

/// Meter values to the policy, currents to the watcher.
fn look<P: Policy>(sim: &mut Sim<Steered<P>>, watcher: &mut Watcher) {
    let now = sim.now();
    watcher.look(now, sim.world());
    while let Some(sample) = sim.world_mut().poll_sample() {
        if let Some(link) = sim.master_mut() {
            link.node_mut().handle_meter(now, &sample);
        }
    }
}
