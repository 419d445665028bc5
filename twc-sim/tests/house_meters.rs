//! What meters say, when, and how they lie.

use core::time::Duration;

use twc_proto::{CentiAmps, Instant};
use twc_sim::house::{House, HouseConfig, MeterConfig, MeterFault, MeterId, MeterPlace, MeterSample};

const METER: MeterId = MeterId(0);

fn secs(secs: u64) -> Instant {
    Instant::from_secs(secs)
}

fn house(meter: MeterConfig) -> House {
    House::new(HouseConfig { meters: vec![meter], ..HouseConfig::default() }, 1, Instant::ZERO)
}

/// One phase with 10 A of a charger and 5 A of something else from the start; then so many seconds.
fn busy(meter: MeterConfig) -> House {
    let mut house = house(meter);
    house.set_extra_watts(Instant::ZERO, [0, 1_150, 0]);
    house.set_charger_currents(Instant::ZERO, 0, [CentiAmps::ZERO, CentiAmps::from_amps(10), CentiAmps::ZERO]);
    house
}

fn run(house: &mut House, until: Instant) -> Vec<MeterSample> {
    let mut samples = Vec::new();
    while let Some(at) = house.poll_timeout().filter(|at| *at <= until) {
        house.handle_timeout(at);
        samples.extend(core::iter::from_fn(|| house.poll_sample()));
    }
    house.handle_timeout(until);
    samples
}

#[test]
fn each_sample_has_the_time_it_was_taken_and_the_time_it_came() {
    let config = MeterConfig {
        interval: Duration::from_secs(5),
        lag: Duration::from_secs(2),
        ..MeterConfig::new(MeterPlace::Grid)
    };
    let samples = run(&mut busy(config), secs(20));
    let times: Vec<_> = samples.iter().map(|sample| (sample.at, sample.arrived)).collect();
    assert_eq!(times, [5, 10, 15].map(|at| (secs(at), secs(at + 2))));
    assert!(samples.iter().all(|s| s.watts == 3_450 && s.centiamps == Some([0, 1_500, 0])));
}

#[test]
fn a_lag_shows_the_past() {
    let config = MeterConfig { lag: Duration::from_secs(3), ..MeterConfig::new(MeterPlace::Grid) };
    let mut house = busy(config);
    run(&mut house, secs(10));
    house.set_extra_watts(secs(10), [0; 3]);
    let samples = run(&mut house, secs(14));
    let watts: Vec<_> = samples.iter().map(|sample| sample.watts).collect();
    assert_eq!(watts, [3_450, 3_450, 3_450, 2_300]);
}

#[test]
fn places_see_what_is_theirs() {
    for (place, watts) in [
        (MeterPlace::Grid, 3_450),
        (MeterPlace::GridWithoutChargers, 1_150),
        (MeterPlace::Chargers, 2_300),
        (MeterPlace::Loads, 1_150),
        (MeterPlace::Solar, 0),
        (MeterPlace::Battery, 0),
    ] {
        let samples = run(&mut busy(MeterConfig::new(place)), secs(3));
        assert_eq!(samples.first().map(|sample| sample.watts), Some(watts), "{place:?}");
    }
}

#[test]
fn a_total_meter_tells_no_phases() {
    let config = MeterConfig { per_phase: false, ..MeterConfig::new(MeterPlace::Grid) };
    let sample = run(&mut busy(config), secs(2))[0];
    assert_eq!((sample.watts, sample.centiamps), (3_450, None));
}

/// Ten good seconds, then ten with the fault after the load fell to 10 A.
fn broken(fault: MeterFault) -> Vec<MeterSample> {
    let mut house = busy(MeterConfig { lag: Duration::ZERO, ..MeterConfig::new(MeterPlace::Grid) });
    run(&mut house, secs(10));
    house.set_meter_fault(secs(10), METER, fault);
    house.set_extra_watts(secs(10), [0; 3]);
    run(&mut house, secs(20))
}

#[test]
fn an_outage_is_silence() {
    assert_eq!(broken(MeterFault::Outage), []);
}

#[test]
fn a_stale_source_repeats_its_old_time_and_a_stuck_one_makes_new_times() {
    let stale = broken(MeterFault::Stale);
    assert!(stale.len() == 10 && stale.iter().all(|s| s.at == secs(10) && s.watts == 3_450 && !s.is_retained));
    let stuck = broken(MeterFault::Stuck);
    assert!(stuck.len() == 10 && stuck.iter().all(|s| s.at == s.arrived && s.watts == 3_450));
    let retained = broken(MeterFault::Retained);
    assert!(retained.iter().all(|s| s.is_retained && s.at == secs(10) && s.watts == 3_450));
}

#[test]
fn a_spike_comes_once() {
    let samples = broken(MeterFault::Spike(10_000));
    let amps: Vec<_> = samples.iter().map(|s| s.centiamps.unwrap()[1]).collect();
    assert_eq!((amps[0], &amps[1..]), (11_000, &[1_000; 9][..]));
}

#[test]
fn a_sign_flip_shows_export_for_import() {
    assert!(broken(MeterFault::SignFlip).iter().all(|s| s.watts == -2_300 && s.centiamps == Some([0, -1_000, 0])));
}

#[test]
fn late_samples_keep_their_order() {
    let mut house = busy(MeterConfig { lag: Duration::ZERO, ..MeterConfig::new(MeterPlace::Grid) });
    house.set_meter_fault(Instant::ZERO, METER, MeterFault::Late(Duration::from_secs(5)));
    let mut samples = run(&mut house, secs(8));
    house.set_meter_fault(secs(8), METER, MeterFault::None);
    samples.extend(run(&mut house, secs(20)));
    assert!(samples.windows(2).all(|pair| pair[0].at < pair[1].at && pair[0].arrived <= pair[1].arrived));
    assert_eq!((samples[0].arrived, samples.len()), (secs(6), 20));
}
