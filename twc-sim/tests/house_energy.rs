//! Where the energy goes: sun, battery, loads, cars and grid add up.

use core::time::Duration;

use twc_proto::{CentiAmps, Instant};
use twc_sim::Line;
use twc_sim::house::{
    BatteryConfig, BatteryMode, House, HouseConfig, LoadProfile, Placement, SolarConfig, SolarProfile,
};

const DAY: Instant = Instant::from_secs(86_400);

fn run(house: &mut House, until: Instant) -> u32 {
    let mut events = 0;
    while let Some(at) = house.poll_timeout().filter(|at| *at <= until) {
        house.handle_timeout(at);
        while house.poll_sample().is_some() {}
        events += 1;
    }
    house.handle_timeout(until);
    events
}

fn solar(name: &str) -> SolarConfig {
    let profile = SolarProfile::by_name(name).unwrap();
    SolarConfig { profile, peak_watts: 8_000, placement: Placement::Balanced }
}

fn family() -> HouseConfig {
    let placements = [Line::L1, Line::L2, Line::L3, Line::L1, Line::L2].map(Placement::Single);
    let loads = LoadProfile::NAMES.map(|name| LoadProfile::by_name(name).unwrap());
    HouseConfig { loads: loads.into_iter().zip(placements).collect(), ..HouseConfig::default() }
}

#[test]
fn what_comes_in_goes_out() {
    for weather in SolarProfile::NAMES {
        let config =
            HouseConfig { solar: Some(solar(weather)), battery: Some(BatteryConfig::default()), ..family() };
        let mut house = House::new(config, 3, Instant::ZERO);
        house.set_charger_currents(Instant::from_secs(3_600), 0, [CentiAmps::from_amps(8); 3]);
        run(&mut house, DAY);
        let energy = house.energy();
        let sources =
            energy.imported_watt_hours() + energy.solar_watt_hours() + energy.battery_discharged_watt_hours();
        let sinks = energy.exported_watt_hours()
            + energy.loads_watt_hours()
            + energy.charged_watt_hours()
            + energy.battery_charged_watt_hours();
        assert!(sources.abs_diff(sinks) <= 4, "{weather}: {energy:?}");
        assert_eq!(energy.charged_watt_hours(), 23 * 3 * 8 * 230);
        assert!((8_000..40_000).contains(&energy.loads_watt_hours()), "{energy:?}");
    }
}

#[test]
fn a_seed_is_one_day_and_another_seed_another() {
    let day = |seed| {
        let config = HouseConfig { solar: Some(solar("cloudy")), ..family() };
        let mut house = House::new(config, seed, Instant::ZERO);
        (run(&mut house, DAY), house.energy())
    };
    assert_eq!(day(1), day(1));
    assert_ne!(day(1), day(2));
}

#[test]
fn phases_are_netted_or_not() {
    let config = HouseConfig {
        solar: Some(SolarConfig { placement: Placement::Single(Line::L1), ..solar("summer") }),
        ..HouseConfig::default()
    };
    let mut house = House::new(config, 1, Instant::ZERO);
    house.set_solar_watts(Instant::ZERO, Some(2_300));
    house.set_charger_currents(Instant::ZERO, 0, [CentiAmps::ZERO, CentiAmps::from_amps(10), CentiAmps::ZERO]);
    assert_eq!((house.grid_centiamps(), house.grid_watts()), ([-1_000, 1_000, 0], 0));
    run(&mut house, Instant::from_secs(3_600));
    let energy = house.energy();
    assert_eq!((energy.imported_watt_hours(), energy.exported_watt_hours()), (0, 0));
    assert_eq!((energy.phase_imported_watt_hours(), energy.phase_exported_watt_hours()), (2_300, 2_300));
}

fn with_battery(battery: BatteryConfig) -> House {
    House::new(
        HouseConfig { battery: Some(battery), solar: Some(solar("summer")), ..HouseConfig::default() },
        1,
        Instant::ZERO,
    )
}

#[test]
fn a_battery_keeps_the_meter_at_zero_until_it_is_full_or_empty() {
    let mut house = with_battery(BatteryConfig { charge_percent: 50, ..BatteryConfig::default() });
    house.set_solar_watts(Instant::ZERO, Some(3_000));
    run(&mut house, Instant::from_secs(10));
    assert_eq!((house.grid_watts(), house.battery_watts()), (0, 3_000));
    // 6.75 kWh are missing: 8,100 s.
    run(&mut house, Instant::from_secs(8_090));
    assert_eq!(house.battery_watts(), 3_000);
    run(&mut house, Instant::from_secs(8_110));
    assert_eq!((house.grid_watts(), house.battery_watts(), house.battery_percent()), (-3_000, 0, Some(100)));
    house.set_solar_watts(Instant::from_secs(8_200), Some(0));
    house.set_extra_watts(Instant::from_secs(8_200), [4_000, 3_000, 0]);
    run(&mut house, Instant::from_secs(8_210));
    assert_eq!((house.grid_watts(), house.battery_watts()), (2_000, -5_000));
    run(&mut house, Instant::from_secs(30_000));
    assert_eq!((house.battery_watts(), house.battery_percent()), (0, Some(5)));
}

#[test]
fn a_battery_follows_after_its_response_and_need_not_feed_cars() {
    for (sees_chargers, gives) in [(true, -2_300), (false, 0)] {
        let response = Duration::from_secs(2);
        let mut house = with_battery(BatteryConfig { sees_chargers, response, ..BatteryConfig::default() });
        let ten = CentiAmps::from_amps(10);
        house.set_charger_currents(Instant::from_secs(10), 0, [ten, CentiAmps::ZERO, CentiAmps::ZERO]);
        run(&mut house, Instant::from_millis(11_990));
        assert_eq!(house.battery_watts(), 0);
        run(&mut house, Instant::from_secs(13));
        assert_eq!(house.battery_watts(), gives);
    }
}

#[test]
fn a_battery_can_be_told_to_rest_or_to_fill_itself() {
    let mut house = with_battery(BatteryConfig { mode: BatteryMode::Fill, ..BatteryConfig::default() });
    run(&mut house, Instant::from_secs(5));
    assert_eq!((house.battery_watts(), house.grid_watts()), (5_000, 5_000));
    house.set_battery_mode(Instant::from_secs(5), BatteryMode::Idle);
    run(&mut house, Instant::from_secs(10));
    assert_eq!((house.battery_watts(), house.grid_watts()), (0, 0));
}

#[test]
fn a_house_without_meters_sleeps_most_of_the_day() {
    let mut house = House::new(HouseConfig { solar: Some(solar("summer")), ..family() }, 1, Instant::ZERO);
    let events = run(&mut house, DAY);
    assert!(events < 3_000, "{events}");
    assert_eq!(House::new(HouseConfig::default(), 1, Instant::ZERO).poll_timeout(), None);
}
