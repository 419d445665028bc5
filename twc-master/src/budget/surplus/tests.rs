extern crate std;
use proptest::prelude::*;
use std::vec::Vec;

use super::*;
use crate::budget::meter::{Reading, Watts};
use crate::budget::phases::PerPhase;

const AMPS: fn(u16) -> CentiAmps = CentiAmps::from_amps;

fn wish(id: u16) -> SolarWish {
    SolarWish {
        slave: TwcId::new(id),
        phases: PhaseSet::ALL,
        minimum: AMPS(6),
        cap: AMPS(16),
        asks: true,
        draws: true,
        keeps_minimum: false,
        priority: 0,
        since: Instant::ZERO,
    }
}

/// A house without lag: what was offered is drawn at once, and the meter sees sun, house and cars.
struct Bench {
    surplus: Surplus,
    own: History,
    second: u64,
}

impl Bench {
    fn new(config: SurplusConfig) -> Self {
        Self { surplus: Surplus::new(config, Instant::ZERO).unwrap(), own: History::new(), second: 0 }
    }

    /// Five seconds with so many watts of sun beyond the house; what each gets, in whole amperes.
    fn step(&mut self, sun: i32, wishes: &[SolarWish]) -> Vec<u16> {
        self.second += 5;
        let now = Instant::from_secs(self.second);
        let drawn = watts(self.own.latest().0[0], 230) * 3;
        let reading = Reading { centiamps: None, watts: Some(Watts::Total(drawn - sun)) };
        let sample = Sample { reading, measured: None, arrived: now, retained: false };
        // A wild sky may look like a flipped sign; such a sample does not count.
        let taken = self.surplus.handle_sample(&sample, &self.own);
        assert!(matches!(taken, Ok(()) | Err(Rejected::SignFlip)), "{taken:?}");
        let shares = self.surplus.divide(now, true, wishes);
        let amps: Vec<u16> =
            shares.iter().take(wishes.len()).map(|share| share.amps.unwrap_or_default().value() / 100).collect();
        let total = amps.iter().map(|amps| i32::from(*amps) * 100).sum();
        self.own.note(now, PerPhase([total; 3]));
        amps
    }

    fn run(&mut self, steps: usize, sun: i32, wishes: &[SolarWish]) -> Vec<u16> {
        (0..steps).map(|_| self.step(sun, wishes)).last().unwrap()
    }
}

#[test]
fn surplus_does_not_vanish_once_the_car_takes_it() {
    let mut bench = Bench::new(SurplusConfig::default());
    assert_eq!(bench.run(100, 7_000, &[wish(1)]), [10]);
    assert_eq!(bench.run(100, 7_000, &[wish(1)]), [10]);
}

#[test]
fn a_car_starts_after_the_delay_and_not_on_too_little() {
    let mut bench = Bench::new(SurplusConfig::default());
    assert_eq!(bench.run(200, 4_100, &[wish(1)]), [0]);
    // A minute, and the half that the average of ten minutes takes to be enough.
    let steps = (1..100).find(|_| bench.step(5_000, &[wish(1)]) == [7]).unwrap();
    assert!((13..=20).contains(&steps), "{steps}");
}

#[test]
fn a_gap_between_clouds_starts_nothing_and_a_cloud_in_the_sun_stops_nothing() {
    let mut bench = Bench::new(SurplusConfig::default());
    bench.run(200, 1_500, &[wish(1)]);
    assert_eq!(bench.run(50, 6_000, &[wish(1)]), [0]);
    bench.run(400, 6_000, &[wish(1)]);
    assert_eq!(bench.run(50, 3_000, &[wish(1)]), [6]);
    assert_eq!(bench.run(200, 3_000, &[wish(1)]), [0]);
}

#[test]
fn equals_take_turns_where_the_sun_feeds_one() {
    let mut bench = Bench::new(SurplusConfig::default());
    let (mut served, mut both) = ([0, 0], 0);
    for _ in 0..8 * 720 {
        let amps = bench.step(6_500, &[wish(1), wish(2)]);
        served = [served[0] + u32::from(amps[0] > 0), served[1] + u32::from(amps[1] > 0)];
        both += u32::from(amps[0] > 0 && amps[1] > 0);
    }
    assert!(served.iter().all(|steps| *steps > 2 * 720), "{served:?}");
    assert!(both < 720, "together for {both} steps of 5 s");
}

#[test]
fn the_largest_goes_first_where_there_is_plenty_and_the_most_modest_otherwise() {
    let modest = SolarWish { phases: PhaseSet::new([true, false, false]).unwrap(), ..wish(1) };
    let mut bench = Bench::new(SurplusConfig::default());
    assert_eq!(bench.run(300, 4_000, &[modest, wish(2)]), [16, 0]);
    let mut bench = Bench::new(SurplusConfig::default());
    assert_eq!(bench.run(300, 5_400, &[modest, wish(2)]), [0, 7]);
}

#[test]
fn flex_keeps_a_session_but_starts_none() {
    let config = SurplusConfig { flex_watts: 1_500, ..SurplusConfig::default() };
    let mut bench = Bench::new(config);
    assert_eq!(bench.run(200, 3_000, &[wish(1)]), [0]);
    bench.run(200, 5_000, &[wish(1)]);
    assert_eq!(bench.run(500, 3_000, &[wish(1)]), [6]);
    assert_eq!(bench.run(500, 2_000, &[wish(1)]), [0]);
    let config = SurplusConfig { flex_starts: true, ..config };
    assert_eq!(Bench::new(config).run(200, 3_000, &[wish(1)]), [6]);
}

#[test]
fn flex_for_a_full_battery_needs_a_full_battery() {
    let config =
        SurplusConfig { flex_watts: 4_200, flex_percent: Some(80), flex_starts: true, ..Default::default() };
    for (percent, amps) in [(79, 0), (80, 6)] {
        let mut bench = Bench::new(config);
        let mut last = 0;
        for _ in 0..50 {
            let at = Instant::from_secs(bench.second);
            bench.surplus.handle_battery(BatteryReading { watts: 0, percent: Some(percent), at });
            last = bench.step(100, &[wish(1)])[0];
        }
        assert_eq!(last, amps, "{percent} %");
    }
}

#[test]
fn two_cars_do_not_fight_between_one_and_two_minima() {
    let mut bench = Bench::new(SurplusConfig::default());
    assert_eq!(bench.run(300, 6_500, &[wish(1), wish(2)]), [9, 0]);
    let favoured = [wish(1), SolarWish { priority: 1, ..wish(2) }];
    assert_eq!(Bench::new(SurplusConfig::default()).run(300, 6_500, &favoured), [0, 9]);
    assert_eq!(bench.run(300, 11_000, &[wish(1), wish(2)]), [8, 7]);
    // The sun goes: the one served last stops, the first goes on.
    assert_eq!(bench.run(300, 5_000, &[wish(1), wish(2)]), [7, 0]);
}

#[test]
fn min_solar_has_its_minimum_at_night_and_more_by_day() {
    let wishes = [SolarWish { keeps_minimum: true, ..wish(1) }];
    let mut bench = Bench::new(SurplusConfig::default());
    assert_eq!(bench.run(10, -400, &wishes), [6]);
    assert_eq!(bench.run(100, 8_000, &wishes), [11]);
}

#[test]
fn a_silent_meter_raises_nothing_then_falls_back_then_lets_the_session_end() {
    let mut bench = Bench::new(SurplusConfig::default());
    let wishes = [wish(1)];
    assert_eq!(bench.run(100, 7_000, &wishes), [10]);
    let at = |bench: &mut Bench, after: u64| {
        let now = Instant::from_secs(bench.second + after);
        bench.surplus.divide(now, true, &wishes)[0]
    };
    assert_eq!(at(&mut bench, 11).amps, Some(AMPS(10)));
    assert_eq!(at(&mut bench, 11).reason, SolarReason::Silent { freshness: Freshness::NoRaise });
    assert_eq!(at(&mut bench, 31).amps, Some(AMPS(6)));
    for second in 61..900 {
        at(&mut bench, second);
    }
    assert_eq!(at(&mut bench, 900).amps, None);
}

#[test]
fn it_acts_once_per_sample_and_waits_for_cars_to_settle() {
    let mut bench = Bench::new(SurplusConfig::default());
    bench.run(100, 7_000, &[wish(1)]);
    bench.step(5_000, &[wish(1)]);
    let changed = bench.second;
    for (second, settled, due) in [(0, true, false), (5, false, false), (29, false, false), (31, false, true)] {
        let now = Instant::from_secs(changed + second);
        let reading = Reading { centiamps: None, watts: Some(Watts::Total(second as i32)) };
        let sample = Sample { reading, measured: None, arrived: now, retained: false };
        bench.surplus.handle_sample(&sample, &bench.own).unwrap();
        assert_eq!(bench.surplus.is_due(now, settled), due, "{second} s");
    }
}

#[test]
fn steps_finer_than_an_ampere_are_possible_and_odd_ones_refused() {
    let config = SurplusConfig { step: CentiAmps::new(50), ..SurplusConfig::default() };
    let mut bench = Bench::new(config);
    bench.run(100, 7_300, &[wish(1)]);
    let share = bench.surplus.divide(Instant::from_secs(bench.second), true, &[wish(1)])[0];
    assert_eq!(share.amps, Some(CentiAmps::new(1_050)));
    let refused = Surplus::new(SurplusConfig { step: CentiAmps::new(9), ..config }, Instant::ZERO);
    assert_eq!(refused.err(), Some(SurplusError::Step { step: CentiAmps::new(9) }));
}

/// Stretches of sun and of cloud, and flicker between them.
fn any_sky(stretches: usize) -> impl Strategy<Value = Vec<i32>> {
    let stretch = (-2_000i32..14_000, prop_oneof![1usize..4, 4usize..200]);
    let spread = |(sun, steps)| core::iter::repeat_n(sun, steps);
    prop::collection::vec(stretch, 1..stretches).prop_map(move |of| of.into_iter().flat_map(spread).collect())
}

proptest! {
    /// Whatever the sky does: starts per hour of each slave are bounded by the least session and the least pause.
    #[test]
    fn switches_per_hour_bounded(sky in any_sky(40), cars in 1u16..4) {
        let mut bench = Bench::new(SurplusConfig::default());
        let wishes: Vec<SolarWish> = (1..=cars).map(wish).collect();
        let (mut starts, mut before) = (Vec::new(), std::vec![0; usize::from(cars)]);
        for sun in sky {
            let amps = bench.step(sun, &wishes);
            for (car, (old, new)) in before.iter().zip(&amps).enumerate() {
                if *old == 0 && *new > 0 {
                    starts.push((car, bench.second));
                }
            }
            before = amps;
        }
        for car in 0..usize::from(cars) {
            let times: Vec<u64> = starts.iter().filter(|(of, _)| *of == car).map(|(_, at)| *at).collect();
            for (first, second) in times.iter().zip(times.iter().skip(1)) {
                prop_assert!(second - first >= 900, "started at {first} and {second}");
            }
        }
    }

    /// The same inputs, the same shares, in whatever order the wishes are listed.
    #[test]
    fn deterministic_given_inputs(sky in any_sky(20)) {
        let run = |wishes: [SolarWish; 3]| {
            let mut bench = Bench::new(SurplusConfig::default());
            let of = wishes.map(|wish| wish.slave);
            let step = |sun: &i32| {
                let mut shares: Vec<_> = of.into_iter().zip(bench.step(*sun, &wishes)).collect();
                shares.sort_unstable();
                shares
            };
            sky.iter().map(step).collect::<Vec<_>>()
        };
        let once = run([wish(1), wish(2), wish(3)]);
        prop_assert_eq!(&once, &run([wish(1), wish(2), wish(3)]));
        prop_assert_eq!(&once, &run([wish(3), wish(1), wish(2)]));
    }

    /// Whatever comes in and when: a share rises only at a moment when a sample was believed that is not older than two
    /// intervals.
    #[test]
    fn stale_meter_never_raises(steps in prop::collection::vec(
        (1u64..40, prop::option::weighted(0.7, (0u64..30, -2_000i32..14_000))), 1..300,
    )) {
        let config = SurplusConfig { step: CentiAmps::new(50), ..SurplusConfig::default() };
        let (mut surplus, own) = (Surplus::new(config, Instant::ZERO).unwrap(), History::new());
        let (mut now, mut freshest, mut before) = (Instant::ZERO, None, [CentiAmps::ZERO; 2]);
        for (wait, sampled) in steps {
            now = now + Duration::from_secs(wait);
            if let Some((age, sun)) = sampled {
                let measured = Instant::from_secs(now.since(Instant::ZERO).as_secs().saturating_sub(age));
                let reading = Reading { centiamps: None, watts: Some(Watts::Total(-sun)) };
                let sample = Sample { reading, measured: Some(measured), arrived: now, retained: false };
                if surplus.handle_sample(&sample, &own).is_ok() {
                    prop_assert!(freshest < Some(measured), "an old value counts");
                    freshest = Some(measured);
                }
            }
            let shares = surplus.divide(now, true, &[wish(1), wish(2)]);
            let stale = freshest.is_none_or(|at| now.since(at) > config.meter.interval * 2);
            for (old, share) in before.iter_mut().zip(shares) {
                let new = share.amps.unwrap_or_default();
                prop_assert!(!(stale && new > *old), "from {old} to {new} at {now}, {}", share.reason);
                *old = new;
            }
        }
    }

    /// A naive oracle: cars never take more than the sun gave them at the sample, beyond the dead band and what a
    /// running session may keep as its minimum.
    #[test]
    fn what_is_above_the_minimum_comes_from_the_sun(sky in prop::collection::vec(-2_000i32..14_000, 1..400)) {
        let mut bench = Bench::new(SurplusConfig::default());
        let mut before = 0;
        for sun in sky {
            let amps = i32::from(bench.step(sun, &[wish(1)])[0]);
            // After a change one sample passes unused.
            let used = before == amps || amps * 690 <= (sun + 207).max(6 * 690);
            prop_assert!(used, "{amps} A from {sun} W");
            before = amps;
        }
    }
}
