extern crate std;
use proptest::prelude::*;
use std::vec::Vec;

use super::*;

const AMPS_20: CentiAmps = CentiAmps::from_amps(20);

fn config() -> HouseConfig {
    HouseConfig {
        limit: [AMPS_20; 3],
        margin: CentiAmps::ZERO,
        count_generation: false,
        failsafe: CentiAmps::from_amps(6),
        volts: 230,
        meter: MeterConfig::new(Duration::from_secs(1), Duration::from_secs(5)),
    }
}

fn sample(millis: u64, centiamps: [i32; 3]) -> Sample {
    let reading = Reading { centiamps: Some(PerPhase(centiamps)), watts: None };
    Sample { reading, measured: None, arrived: Instant::from_millis(millis), retained: false }
}

fn limit(house: &House, millis: u64) -> [u16; 3] {
    house.limit(Instant::from_millis(millis)).limit.map(CentiAmps::value)
}

#[test]
fn the_house_leaves_the_fuse_less_what_others_draw_on_each_phase() {
    let mut house = House::new(config(), Instant::ZERO).unwrap();
    let mut own = History::new();
    own.note(Instant::ZERO, PerPhase([600, 600, 600]));
    house.handle_sample(&sample(10_000, [1_600, 700, 600]), &own).unwrap();
    assert_eq!(limit(&house, 10_000), [1_000, 1_900, 2_000]);
}

#[test]
fn own_draw_comes_off_as_it_was_when_the_meter_looked() {
    let mut house = House::new(config(), Instant::ZERO).unwrap();
    let mut own = History::new();
    own.note(Instant::ZERO, PerPhase::ZERO);
    own.note(Instant::from_secs(9), PerPhase([1_600; 3]));
    let seen = Sample { measured: Some(Instant::from_secs(6)), ..sample(10_000, [400; 3]) };
    house.handle_sample(&seen, &own).unwrap();
    assert_eq!(limit(&house, 10_000), [1_600; 3]);
}

#[test]
fn generation_adds_nothing_unless_the_installer_says_so() {
    let mut house = House::new(config(), Instant::ZERO).unwrap();
    house.handle_sample(&sample(1_000, [-900; 3]), &History::new()).unwrap();
    assert_eq!(limit(&house, 1_000), [2_000; 3]);
    let mut house = House::new(HouseConfig { count_generation: true, ..config() }, Instant::ZERO).unwrap();
    house.handle_sample(&sample(1_000, [-900; 3]), &History::new()).unwrap();
    assert_eq!(limit(&house, 1_000), [2_900; 3]);
}

#[test]
fn a_suspect_sample_lowers_but_does_not_raise() {
    let mut house = House::new(HouseConfig { count_generation: true, ..config() }, Instant::ZERO).unwrap();
    house.handle_sample(&sample(1_000, [-900; 3]), &History::new()).unwrap();
    assert_eq!(house.handle_sample(&sample(2_000, [900; 3]), &History::new()), Err(Rejected::SignFlip));
    assert_eq!(limit(&house, 2_000), [1_100; 3]);
}

#[test]
fn a_meter_of_power_counts_at_the_lowest_legal_voltage_and_a_total_not_at_all() {
    let mut house = House::new(config(), Instant::ZERO).unwrap();
    let watts =
        |watts| Sample { reading: Reading { centiamps: None, watts: Some(watts) }, ..sample(1_000, [0; 3]) };
    house.handle_sample(&watts(Watts::Phases(PerPhase([2_070, 0, 0]))), &History::new()).unwrap();
    assert_eq!(limit(&house, 1_000)[0], 999);
    assert_eq!(house.handle_sample(&watts(Watts::Total(1)), &History::new()), Err(Rejected::Empty));
}

#[test]
fn without_a_meter_slaves_fall_to_failsafe_and_then_to_nothing() {
    let mut house = House::new(config(), Instant::ZERO).unwrap();
    house.handle_sample(&sample(0, [0; 3]), &History::new()).unwrap();
    let cap = |second| house.limit(Instant::from_secs(second)).slave_cap;
    assert_eq!([cap(5), cap(6), cap(61)], [None, Some(CentiAmps::from_amps(6)), Some(CentiAmps::ZERO)]);
    assert_eq!(limit(&house, 61_000), [0; 3]);
}

#[test]
fn a_failsafe_above_the_fuse_is_refused() {
    let bad = HouseConfig { failsafe: CentiAmps::from_amps(21), ..config() };
    let refused = HouseError::FailsafeAboveLimit { failsafe: CentiAmps::from_amps(21), limit: AMPS_20 };
    assert_eq!(House::new(bad, Instant::ZERO).err(), Some(refused));
}

#[test]
fn a_lack_lowers_at_once_and_cuts_off_only_where_it_lasts() {
    let mut house = House::new(config(), Instant::ZERO).unwrap();
    let floors = [CentiAmps::from_amps(12); 3];
    let mut node = |second: u64, amps: i32| {
        house.handle_sample(&sample(second * 1_000, [amps; 3]), &History::new()).unwrap();
        house.limit(Instant::from_secs(second)).beside(floors, floors)[0].value()
    };
    assert_eq!([node(1, 300), node(2, 1_500)], [1_700, 1_200]);
    let after: Vec<u16> = (3..12).map(|second| node(second, 1_500)).collect();
    let cut = after.iter().position(|amps| *amps == 500).unwrap();
    assert!((1..=5).contains(&cut) && after[..cut].iter().all(|amps| *amps == 1_200), "{after:?}");
    assert!(after[cut..].iter().all(|amps| *amps == 500), "{after:?}");
}

proptest! {
    /// Whatever comes in and when: a limit that a node takes rises only at a moment when a sample was believed that is
    /// not older than two intervals, and nothing older takes its place.
    #[test]
    fn stale_meter_never_raises(steps in prop::collection::vec(
        (0u64..4_000, prop::option::of((0u64..9_000, prop::array::uniform3(-4_000i32..4_000), any::<bool>()))),
        1..200,
    )) {
        let mut house = House::new(config(), Instant::ZERO).unwrap();
        let own = History::new();
        let (mut now, mut freshest, mut before) = (0, None, [CentiAmps::from_amps(20); 3]);
        for (wait, sampled) in steps {
            now += wait;
            if let Some((age, amps, retained)) = sampled {
                let measured = Instant::from_millis(now.saturating_sub(age));
                let sample = Sample { measured: Some(measured), retained, ..sample(now, amps) };
                if house.handle_sample(&sample, &own).is_ok() {
                    prop_assert!(!retained && freshest < Some(measured), "an old value counts");
                    freshest = Some(measured);
                }
            }
            let now = Instant::from_millis(now);
            let node = house.limit(now).beside(before, [CentiAmps::from_amps(12); 3]);
            let rises = node.iter().zip(&before).any(|(new, old)| new > old);
            let stale = freshest.is_none_or(|at| now.since(at) > Duration::from_secs(2));
            prop_assert!(!(rises && stale), "raised at {now} from a sample of {freshest:?}");
            before = node;
        }
    }

    /// The rest of the house, told by a naive sum over what is plugged in, together with what is granted never
    /// exceeds the fuse.
    #[test]
    fn house_and_grant_together_keep_to_the_fuse(
        others in prop::array::uniform3(0i32..3_000), own in prop::array::uniform3(0i32..3_200),
    ) {
        let mut house = House::new(config(), Instant::ZERO).unwrap();
        let mut history = History::new();
        history.note(Instant::ZERO, PerPhase(own));
        let reading: Vec<i32> = others.iter().zip(&own).map(|(other, own)| other + own).collect();
        house.handle_sample(&sample(9_000, [reading[0], reading[1], reading[2]]), &history).unwrap();
        for (other, granted) in others.iter().zip(limit(&house, 9_000)) {
            prop_assert_eq!(i32::from(granted), (2_000 - other).max(0));
        }
    }
}
