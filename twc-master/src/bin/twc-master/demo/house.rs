//! The house: a roof with clouds over it, what a family switches on, a main fuse, and a garage with three wall connectors.

use std::time::Duration;

use twc_master::settings::Settings;
use twc_proto::{Instant, Link, TwcId};
use twc_sim::house::{
    BreakerConfig, BreakerPlace, Curve, House, HouseConfig, LoadProfile, MeterConfig, MeterPlace, Placement,
    SolarConfig, SolarProfile,
};
use twc_sim::scenario::MasterSpec;
use twc_sim::{
    Charger, ChargerConfig, Checker, CheckerConfig, Circuit, FaultPreset, Line, Sim, World, WorldConfig,
};

use crate::exit::Failure;
use crate::guest::Hosted;

/// What the master follows; `twc-master check` reads the same file.
const CONFIG: &str = include_str!("house.toml");
pub(super) const CONNECTORS: [TwcId; 3] = [TwcId::new(0x3495), TwcId::new(0x3496), TwcId::new(0x3497)];
/// Of the main fuse, as the configuration has it, in centiamps.
pub(super) const FUSE: u32 = 5_000;
/// Of the garage, likewise.
const GARAGE: u32 = 4_000;
/// What is over the main fuse must be gone after this: a value a second, 0.2 s on its way, one round of heartbeats, and
/// the slowest car.
const GONE_WITHIN: Duration = Duration::from_secs(15);

/// Everything, with the master in it.
pub(super) fn house(seed: u64) -> Result<Sim<Hosted>, Failure> {
    let mut world = World::new(WorldConfig { seed, fault: FaultPreset::Home, ..WorldConfig::default() });
    // The garage comes first: it is what the view tells.
    let garage = Circuit::below(1, "garage", GARAGE, 0..CONNECTORS.len());
    let fuse = Circuit { house: Some(GONE_WITHIN), name: "main fuse".to_owned(), ..Circuit::site(FUSE) };
    let circuits = vec![garage, fuse];
    world.attach_checker(Checker::new(CheckerConfig { circuits, ..CheckerConfig::without_limits(seed) }));
    let units = CONNECTORS.map(ChargerConfig::p2);
    for (index, unit) in (0..).zip(&units) {
        world.add_charger(Charger::new(unit.clone(), seed.wrapping_add(index), Instant::ZERO));
    }
    let built = building()?;
    let settings = Settings::parse(CONFIG).map_err(|error| Failure::config(error.to_string()))?;
    let spec = MasterSpec {
        limit: settings.site.limit,
        nodes: &[],
        chargers: &units,
        meters: &built.meters,
        delay: Duration::ZERO,
        seed,
        now: Instant::ZERO,
        settings: &toml::Table::new(),
    };
    let hosted = Hosted::configured(&spec, None, settings).map_err(Failure::failed)?;
    world.attach_house(House::new(built, seed, Instant::ZERO));
    Ok(Sim::with_world(world, Link::new(hosted)))
}

fn building() -> Result<HouseConfig, Failure> {
    let load = |name: &str, placement| Some((LoadProfile::by_name(name)?, placement));
    let oven = Placement::Single(Line::L1);
    let loads = [
        load("base", Placement::Balanced),
        load("heat_pump", Placement::Balanced),
        load("kettle", oven),
        load("oven", oven),
        load("washing_machine", Placement::Single(Line::L2)),
    ];
    let missing = || Failure::failed("the simulator does not know the demo's house any more");
    let loads: Option<Vec<_>> = loads.into_iter().collect();
    let roof = SolarConfig {
        profile: SolarProfile::by_name("cloudy").ok_or_else(missing)?,
        peak_watts: 15_000,
        placement: Placement::Balanced,
    };
    let fuse = BreakerConfig {
        name: "main fuse".to_owned(),
        rating_amps: u16::try_from(FUSE / 100).unwrap_or(u16::MAX),
        curve: Curve::FuseGg,
        place: BreakerPlace::Main,
    };
    Ok(HouseConfig {
        loads: loads.ok_or_else(missing)?,
        solar: Some(roof),
        breakers: vec![fuse],
        meters: vec![MeterConfig::new(MeterPlace::Grid)],
        ..HouseConfig::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_judge_has_the_limits_of_the_configuration_which_is_beyond_doubt() {
        let settings = Settings::parse(CONFIG).unwrap();
        assert!(settings.notes.is_empty(), "{:?}", settings.notes);
        assert_eq!(u32::from(settings.site.limit.value()), FUSE);
        assert_eq!(settings.circuits.iter().map(|of| u32::from(of.limit.value())).collect::<Vec<_>>(), [GARAGE]);
        assert!(settings.slaves.iter().map(|slave| slave.id).eq(CONNECTORS));
    }
}
