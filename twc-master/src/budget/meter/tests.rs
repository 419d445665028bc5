use super::*;

fn meter() -> Meter {
    Meter::new(MeterConfig::new(Duration::from_secs(1), Duration::from_secs(5)), Instant::ZERO)
}

fn amps(centiamps: [i32; 3]) -> Reading {
    Reading { centiamps: Some(PerPhase(centiamps)), watts: None }
}

fn at(second: u64, reading: Reading) -> Sample {
    Sample { reading, measured: None, arrived: Instant::from_secs(second), retained: false }
}

#[test]
fn a_restart_begins_in_the_failsafe_stage() {
    let mut meter = meter();
    assert_eq!(meter.freshness(Instant::ZERO), Freshness::Failsafe);
    meter.handle_sample(&at(1, amps([0; 3])), PerPhase::ZERO).unwrap();
    assert_eq!(meter.freshness(Instant::from_secs(1)), Freshness::Fresh);
}

#[test]
fn an_old_value_is_believed_less_and_less() {
    let mut meter = meter();
    meter.handle_sample(&at(0, amps([0; 3])), PerPhase::ZERO).unwrap();
    let stages =
        [(2, Freshness::Fresh), (3, Freshness::NoRaise), (6, Freshness::Failsafe), (61, Freshness::Withhold)];
    for (second, stage) in stages {
        assert_eq!(meter.freshness(Instant::from_secs(second)), stage, "{second} s");
    }
    let next = meter.poll_timeout(Instant::from_secs(3)).unwrap();
    assert_eq!(
        (meter.freshness(next), meter.freshness(next - Duration::from_micros(1))),
        (Freshness::Failsafe, Freshness::NoRaise)
    );
}

#[test]
fn an_independent_circuit_stays_at_failsafe() {
    let config = MeterConfig { independent: true, ..*meter().config() };
    let meter = Meter::new(config, Instant::ZERO);
    assert_eq!(meter.freshness(Instant::from_secs(3_600)), Freshness::Failsafe);
}

#[test]
fn age_counts_from_the_older_of_both_times_and_from_the_declared_latency() {
    let mut config = *meter().config();
    config.latency = Duration::from_secs(1);
    let mut meter = Meter::new(config, Instant::ZERO);
    let late = Sample { measured: Some(Instant::from_secs(4)), ..at(10, amps([0; 3])) };
    assert_eq!(meter.handle_sample(&late, PerPhase::ZERO).unwrap().at, Instant::from_secs(3));
    assert_eq!(meter.freshness(Instant::from_secs(10)), Freshness::Failsafe);
    let ahead = Sample { measured: Some(Instant::from_secs(900)), ..at(11, amps([1, 0, 0])) };
    assert_eq!(meter.handle_sample(&ahead, PerPhase::ZERO).unwrap().at, Instant::from_secs(10));
}

#[test]
fn retained_and_repeated_values_never_freshen_but_an_unchanged_one_does() {
    let mut meter = meter();
    let first = Sample { measured: Some(Instant::from_secs(1)), ..at(1, amps([500; 3])) };
    meter.handle_sample(&first, PerPhase::ZERO).unwrap();
    let again = Sample { arrived: Instant::from_secs(30), ..first };
    assert_eq!(meter.handle_sample(&again, PerPhase::ZERO), Err(Rejected::Repeated));
    let kept = Sample { retained: true, ..at(30, amps([0; 3])) };
    assert_eq!(meter.handle_sample(&kept, PerPhase::ZERO), Err(Rejected::Retained));
    assert_eq!(meter.freshness(Instant::from_secs(30)), Freshness::Failsafe);
    let unchanged = Sample { measured: Some(Instant::from_secs(30)), ..at(30, amps([500; 3])) };
    meter.handle_sample(&unchanged, PerPhase::ZERO).unwrap();
    assert_eq!(meter.freshness(Instant::from_secs(30)), Freshness::Fresh);
}

#[test]
fn absurd_empty_and_non_numbers_are_no_samples() {
    let mut meter = meter();
    assert_eq!(meter.handle_sample(&at(1, amps([20_001, 0, 0])), PerPhase::ZERO), Err(Rejected::Absurd));
    assert_eq!(meter.handle_sample(&at(1, Reading::default()), PerPhase::ZERO), Err(Rejected::Empty));
    let watts = Reading { centiamps: None, watts: Some(Watts::Total(8_732_946)) };
    assert_eq!(meter.handle_sample(&at(1, watts), PerPhase::ZERO), Err(Rejected::Absurd));
    assert_eq!(meter.latest(), None);
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300] {
        assert_eq!(hundredths(bad), None);
    }
    assert_eq!((hundredths(-16.004), hundredths(6.126)), (Some(-1_600), Some(613)));
}

#[test]
fn a_flipped_sign_counts_only_when_it_is_said_twice() {
    let mut meter = meter();
    meter.handle_sample(&at(1, amps([-1_500, -1_400, 20])), PerPhase::ZERO).unwrap();
    let flipped = amps([1_480, 1_420, 30]);
    assert_eq!(meter.handle_sample(&at(2, flipped), PerPhase::ZERO), Err(Rejected::SignFlip));
    assert!(meter.handle_sample(&at(3, flipped), PerPhase::ZERO).is_ok());
    // Where our own cars moved, the change has a reason.
    let own = PerPhase([3_000, 3_000, 0]);
    assert!(meter.handle_sample(&at(4, amps([-1_480, -1_420, 30])), own).is_ok());
}

#[test]
fn a_meter_that_stands_still_while_our_draw_moves_is_suspect() {
    let mut meter = meter();
    for second in 0..4_u8 {
        let own = PerPhase([i32::from(second) * 200, 0, 0]);
        meter.handle_sample(&at(second.into(), amps([700; 3])), own).unwrap();
    }
    assert_eq!(meter.freshness(Instant::from_secs(3)), Freshness::NoRaise);
    meter.handle_sample(&at(4, amps([710, 700, 700])), PerPhase([600, 0, 0])).unwrap();
    assert_eq!(meter.freshness(Instant::from_secs(4)), Freshness::Fresh);
}

#[test]
fn a_slow_meter_may_not_protect() {
    let slow = MeterConfig::new(Duration::from_secs(30), Duration::from_secs(50));
    assert_eq!((slow.check(false), slow.check(true)), (Ok(()), Err(MeterError::TooSlow)));
    let hasty = MeterConfig::new(Duration::from_secs(5), Duration::from_secs(5));
    assert_eq!(hasty.check(true), Err(MeterError::Interval));
    let swapped = MeterConfig { withhold_after: Duration::from_secs(5), ..*meter().config() };
    assert_eq!(swapped.check(true), Err(MeterError::Order));
}
