//! Fuses and breakers of the house.

use twc_proto::{CentiAmps, Instant};
use twc_sim::Line;
use twc_sim::house::{BreakerConfig, BreakerPlace, Curve, House, HouseConfig, Trip};

fn house() -> House {
    let breaker =
        |name: &str, rating_amps, curve, place| BreakerConfig { name: name.into(), rating_amps, curve, place };
    let breakers = vec![
        breaker("main", 20, Curve::FuseGg, BreakerPlace::Main),
        breaker("garage", 16, Curve::BreakerB, BreakerPlace::Chargers),
        breaker("left", 10, Curve::BreakerB, BreakerPlace::Charger(0)),
    ];
    House::new(HouseConfig { breakers, ..HouseConfig::default() }, 1, Instant::ZERO)
}

fn run(house: &mut House, until: u64) -> Vec<Trip> {
    house.handle_timeout(Instant::from_secs(until));
    core::iter::from_fn(|| house.poll_trip()).collect()
}

fn on_l2(amps: u16) -> [CentiAmps; 3] {
    [CentiAmps::ZERO, CentiAmps::from_amps(amps), CentiAmps::ZERO]
}

#[test]
fn a_main_fuse_trips_by_what_house_and_cars_draw_together() {
    let mut house = house();
    house.set_charger_currents(Instant::ZERO, 1, on_l2(16));
    assert_eq!(run(&mut house, 86_400), []);
    // 24 A more on L2: twice the rating.
    house.set_extra_watts(Instant::from_secs(86_400), [0, 24 * 230, 0]);
    assert_eq!(run(&mut house, 86_400 + 119), []);
    let trips = run(&mut house, 86_400 + 121);
    assert_eq!(trips, [Trip { breaker: 0, line: Line::L2, at: Instant::from_secs(86_520) }]);
    assert_eq!(house.breakers()[0].tripped(), Some((Instant::from_secs(86_520), Line::L2)));
    assert_eq!(house.breakers()[0].peaks(), [0, 4_000, 0]);
    assert_eq!(run(&mut house, 90_000), []);
}

#[test]
fn a_circuits_breaker_sees_only_its_chargers() {
    let mut house = house();
    // With these 8 A it would be 150 percent of the breaker; for the main fuse it is 120, which it stands.
    house.set_extra_watts(Instant::ZERO, [0, 8 * 230, 0]);
    house.set_charger_currents(Instant::ZERO, 0, on_l2(4));
    house.set_charger_currents(Instant::ZERO, 1, on_l2(12));
    assert_eq!(run(&mut house, 600), []);
    house.set_extra_watts(Instant::from_secs(600), [0; 3]);
    house.set_charger_currents(Instant::from_secs(600), 1, on_l2(28));
    // Twice the rating of "garage" and less than that of "main".
    let trips = run(&mut house, 700);
    assert_eq!(trips.iter().map(|trip| trip.breaker).collect::<Vec<_>>(), [1]);
}

#[test]
fn one_chargers_own_breaker_trips_alone() {
    let mut house = house();
    house.set_charger_currents(Instant::ZERO, 0, on_l2(15));
    let trips = run(&mut house, 1_200);
    assert_eq!(trips.iter().map(|trip| trip.breaker).collect::<Vec<_>>(), [2]);
}

#[test]
fn what_the_sun_gives_relieves_the_fuse_and_a_reset_one_trips_again() {
    let mut house = house();
    house.set_charger_currents(Instant::ZERO, 1, on_l2(16));
    house.set_extra_watts(Instant::ZERO, [0, 24 * 230, 0]);
    assert_eq!(run(&mut house, 130).len(), 1);
    house.reset_breaker(Instant::from_secs(130), 0);
    assert_eq!(run(&mut house, 180), []);
    assert_eq!(run(&mut house, 200).len(), 1);
    let mut relieved = self::house();
    relieved.set_charger_currents(Instant::ZERO, 1, on_l2(16));
    relieved.set_extra_watts(Instant::ZERO, [0, 24 * 230 - 16 * 230, 0]);
    assert_eq!(run(&mut relieved, 86_400), []);
}
