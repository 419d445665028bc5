//! What flows into a car, how fast it follows, and when it has enough.

mod bench;

use bench::{A, Bench};
use twc_proto::{CentiAmps, Command, Node, SlaveState};
use twc_sim::{CarProfile, Charger, ChargerConfig};

/// Takes exactly what it is offered.
fn exact(phases: u8) -> CarProfile {
    CarProfile { phases, least_shortfall: 0, greatest_shortfall: 0, ..CarProfile::i3() }
}

#[test]
fn an_hour_at_ten_amps_and_230_volts_is_2300_watt_hours_per_phase() {
    for phases in 1..=3u8 {
        let mut bench = Bench::charging(ChargerConfig::p2(A), exact(phases), 1_000);
        let energy = |bench: &mut Bench| {
            bench.command(Charger::handle_timeout);
            bench.charger().delivered_millijoules()
        };
        let before = energy(&mut bench);
        bench.keep(3_600);
        let delivered = energy(&mut bench) - before;
        assert_eq!(delivered, u64::from(phases) * 2_300 * 3_600_000);
    }
}

#[test]
fn the_current_climbs_by_its_ramp_and_never_over_the_offer() {
    let mut bench = Bench::charging(ChargerConfig::p2(A), exact(1), 600);
    bench.heartbeat(Command::LIMIT, 1_600);
    let start = bench.charger().true_current().value();
    bench.keep(1);
    let climbed = bench.charger().true_current().value() - start;
    assert!((240..=330).contains(&climbed), "{climbed}");
    for _ in 0..20 {
        bench.keep(1);
        assert!(bench.charger().true_current() <= bench.charger().limit());
    }
    assert_eq!(bench.charger().true_current().value(), 1_600);
}

#[test]
fn a_lowered_offer_is_followed_after_the_cars_reaction() {
    let profile = CarProfile { reaction: core::time::Duration::from_secs(3), ..exact(1) };
    let mut bench = Bench::charging(ChargerConfig::p2(A), profile, 1_600);
    bench.heartbeat(Command::LIMIT, 1_000);
    bench.keep(2);
    assert_eq!(bench.charger().true_current().value(), 1_600);
    bench.keep(4);
    assert_eq!(bench.charger().true_current().value(), 1_000);
}

#[test]
fn a_full_car_stops_and_leaves_the_unit_in_03_at_six_amps() {
    let mut bench = Bench::new(ChargerConfig::p2(A));
    bench.plug(exact(3), 1_000);
    bench.keep(3);
    bench.heartbeat(Command::INITIAL_LIMIT, 1_600);
    let answer = bench.keep(400);
    assert_eq!((answer.state, answer.limit), (SlaveState::PLUGGED_IDLE, CentiAmps::from_amps(6)));
    assert_eq!((answer.drawn, bench.charger().relay_closed()), (CentiAmps::ZERO, false));
    let car = bench.command(twc_sim::Charger::unplug).unwrap();
    assert!(car.is_full());
    // The ramp down lets a little more through.
    assert!((1_000..1_010).contains(&car.taken_watt_hours()), "{}", car.taken_watt_hours());
    assert_eq!(bench.keep(1).state, SlaveState::READY);
}

#[test]
fn a_car_that_takes_too_much_can_be_had() {
    let greedy = CarProfile { least_shortfall: -300, greatest_shortfall: -300, ..exact(1) };
    let bench = Bench::charging(ChargerConfig::p2(A), greedy, 1_000);
    assert_eq!((bench.charger().limit().value(), bench.charger().true_current().value()), (1_000, 1_300));
}
