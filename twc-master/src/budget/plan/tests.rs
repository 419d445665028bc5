extern crate std;
use proptest::prelude::*;
use std::string::ToString;

use super::*;

const AMPS: fn(u16) -> CentiAmps = CentiAmps::from_amps;

fn candidate(mode: Mode) -> Candidate {
    Candidate {
        slave: TwcId::new(0x3495),
        mode,
        scheduled: None,
        minimum: AMPS(6),
        cap: AMPS(16),
        protection: AMPS(80),
        phases: PhaseSet::ALL,
        asks: true,
        draws: false,
        watt_hours: None,
        priority: 0,
        since: Instant::ZERO,
    }
}

fn order(mode: Mode) -> Order {
    Order { mode, amps: None, watt_hours: None, until: None }
}

fn plan(planner: &mut Planner, second: u64, candidate: &Candidate) -> Decision {
    planner.plan(Instant::from_secs(second), true, core::slice::from_ref(candidate))[0].unwrap()
}

#[test]
fn the_order_is_protection_emergency_manual_schedule_otherwise() {
    let mut planner = Planner::new(None);
    let window = Scheduled { mode: Mode::Now, amps: Some(AMPS(8)), by_window: true, until: None };
    let mut slave = Candidate { scheduled: Some(window), ..candidate(Mode::Scheduled) };
    assert_eq!(plan(&mut planner, 0, &slave).amps, Some(AMPS(8)));
    planner.order(None, Order { amps: Some(AMPS(12)), ..order(Mode::Now) }).unwrap();
    assert_eq!(plan(&mut planner, 1, &slave).amps, Some(AMPS(12)));
    planner.emergency(AMPS(7), Some(Instant::from_secs(10)));
    let emergency = plan(&mut planner, 2, &slave);
    assert_eq!((emergency.amps, emergency.reason), (Some(AMPS(7)), Reason::Emergency { limit: AMPS(7) }));
    assert_eq!(emergency.next, Some(Instant::from_secs(10)));
    slave.protection = AMPS(6);
    assert_eq!(plan(&mut planner, 3, &slave).reason, Reason::Protection { allowed: AMPS(6) });
    slave.protection = CentiAmps::new(599);
    assert_eq!(plan(&mut planner, 4, &slave).amps, None, "never between off and the minimum");
    slave.protection = AMPS(80);
    assert_eq!(plan(&mut planner, 10, &slave).amps, Some(AMPS(12)));
    planner.release(None);
    slave.scheduled = Some(Scheduled { by_window: false, mode: Mode::Off, ..window });
    let otherwise = plan(&mut planner, 11, &slave);
    assert_eq!((otherwise.amps, otherwise.reason), (None, Reason::Off { by: Layer::Otherwise }));
}

#[test]
fn an_order_ends_at_its_time_or_with_its_energy() {
    let mut planner = Planner::new(None);
    let mut slave = Candidate { watt_hours: Some(1_000_000), ..candidate(Mode::Off) };
    planner.order(Some(slave.slave), Order { watt_hours: Some(5_000), ..order(Mode::Now) }).unwrap();
    assert_eq!(plan(&mut planner, 0, &slave).amps, Some(AMPS(16)));
    slave.watt_hours = Some(1_004_999);
    assert_eq!(plan(&mut planner, 60, &slave).since, Instant::ZERO);
    slave.watt_hours = Some(1_005_000);
    assert_eq!(plan(&mut planner, 61, &slave).amps, None);
    planner.order(None, Order { until: Some(Instant::from_secs(100)), ..order(Mode::Now) }).unwrap();
    assert_eq!(plan(&mut planner, 99, &slave).next, Some(Instant::from_secs(100)));
    assert_eq!(plan(&mut planner, 100, &slave).amps, None);
}

#[test]
fn releasing_one_slave_leaves_the_order_for_the_others() {
    let mut planner = Planner::new(None);
    let (first, second) = (candidate(Mode::Off), Candidate { slave: TwcId::new(0x3496), ..candidate(Mode::Off) });
    planner.order(None, order(Mode::Now)).unwrap();
    planner.release(Some(first.slave));
    let amps = planner.plan(Instant::ZERO, true, &[first, second]).map(|decision| decision.and_then(|of| of.amps));
    assert_eq!(amps, [None, Some(AMPS(16)), None]);
}

#[test]
fn solar_without_a_meter_says_so() {
    let decision = plan(&mut Planner::new(None), 0, &candidate(Mode::Solar));
    assert_eq!(decision.reason.to_string(), "surplus: solar, but no meter measures a surplus");
    assert_eq!(plan(&mut Planner::new(None), 0, &candidate(Mode::MinSolar)).amps, Some(AMPS(6)));
}

fn any_mode() -> impl Strategy<Value = Mode> {
    prop_oneof![Just(Mode::Off), Just(Mode::Now), Just(Mode::MinSolar), Just(Mode::Solar), Just(Mode::Scheduled)]
}

fn any_candidate() -> impl Strategy<Value = Candidate> {
    let amps = || (0u16..90).prop_map(AMPS);
    let scheduled = prop::option::of((any_mode(), prop::option::of(amps()), any::<bool>()));
    (any_mode(), scheduled, amps(), amps(), any::<bool>()).prop_map(|(mode, scheduled, cap, protection, asks)| {
        let scheduled = scheduled.map(|(mode, amps, by_window)| Scheduled { mode, amps, by_window, until: None });
        Candidate { scheduled, cap, protection, asks, ..candidate(mode) }
    })
}

proptest! {
    /// Whatever is ordered: never above protection, emergency or the cap, and never between nothing and the minimum.
    #[test]
    fn manual_never_exceeds_protection(
        steps in prop::collection::vec((any_candidate(), any_mode(), prop::option::of(0u16..200), 0u16..90), 1..40),
        emergency in prop::option::of(0u16..40),
    ) {
        let mut planner = Planner::new(None);
        if let Some(amps) = emergency {
            planner.emergency(AMPS(amps), None);
        }
        for (second, (slave, mode, amps, _)) in steps.into_iter().enumerate() {
            planner.order(None, Order { amps: amps.map(AMPS), ..order(mode) }).unwrap();
            let decision = plan(&mut planner, second as u64, &slave);
            let most = slave.protection.min(slave.cap).min(AMPS(emergency.unwrap_or(600)));
            let given = decision.amps.unwrap_or_default();
            prop_assert!(given <= most, "{given} of {most}: {}", decision.reason);
            prop_assert!(given == CentiAmps::ZERO || given >= slave.minimum);
        }
    }
}
