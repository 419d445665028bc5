//! No bytes and no commands make the world fall over.

mod bench;

use core::time::Duration;

use bench::{A, B, Bench};
use proptest::prelude::*;
use twc_sim::{Car, CarProfile, Charger, ChargerConfig, Checker, CheckerConfig, FaultPreset, WorldConfig};

#[derive(Debug, Clone)]
enum Act {
    Bytes(Vec<u8>),
    Heartbeat(u8, u16),
    Wait(u16),
    Command(u8),
    Fault(u8),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        proptest::collection::vec(prop_oneof![any::<u8>(), Just(0xC0), Just(0xFB)], 0..60).prop_map(Act::Bytes),
        (any::<u8>(), any::<u16>()).prop_map(|(command, amps)| Act::Heartbeat(command % 12, amps)),
        any::<u16>().prop_map(Act::Wait),
        any::<u8>().prop_map(Act::Command),
        (0..4u8).prop_map(Act::Fault),
    ]
}

fn command(charger: &mut Charger, now: twc_proto::Instant, which: u8) {
    let span = Duration::from_secs(u64::from(which));
    match which % 10 {
        0 => drop(charger.plug_in(now, Car::new(CarProfile::tesla(), 10))),
        1 => drop(charger.unplug(now)),
        2 => charger.reset(now),
        3 => charger.power_off(now),
        4 => charger.power_on(now),
        5 => charger.silence(now, span),
        6 => charger.deafen(now, span),
        7 => charger.pause_car(now),
        8 => charger.resume_car(now),
        _ => drop(charger.plug_in(now, Car::new(CarProfile::zoe(), 1_000_000))),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn anything_may_come(acts in proptest::collection::vec(act(), 0..60)) {
        let chargers = [ChargerConfig::p2(A), ChargerConfig::p1(B)];
        let mut bench = Bench::with(WorldConfig { echo: true, ..WorldConfig::default() }, chargers);
        bench.world.attach_checker(Checker::new(CheckerConfig::new(0, 3_200)));
        for act in acts {
            match act {
                Act::Bytes(bytes) => bench.world.handle_outside(bench.now, &bytes),
                Act::Heartbeat(command, amps) => drop(bench.heartbeat(twc_proto::Command::new(command), amps)),
                Act::Wait(millis) => bench.run(Duration::from_millis(u64::from(millis))),
                Act::Command(which) => bench.command(|charger, now| command(charger, now, which)),
                Act::Fault(which) => bench.world.set_fault(FaultPreset::ALL[usize::from(which)]),
            }
            for charger in bench.world.chargers() {
                prop_assert!(charger.true_current() <= charger.limit().max(twc_proto::CentiAmps::from_amps(32)));
                prop_assert!(charger.relay_closed() || charger.true_current().value() == 0);
                prop_assert!(charger.car().is_some() || charger.limit().value() == 0);
                prop_assert!(charger.is_powered() || !charger.relay_closed());
            }
        }
        let verdict = bench.world.verdict().unwrap().to_string();
        prop_assert!(verdict.contains("limit 32.00 A"));
    }
}
