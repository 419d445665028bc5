//! Every slave can say at every moment what it is to have, what binds it, since when, and when that may change.

mod common;

use common::{Bench, IDS, amps};
use twc_master::{Constraint, Refusal, Standing, Strategy, Withheld};
use twc_proto::Instant;
use twc_sim::WorldConfig;

#[test]
fn the_reason_follows_what_happens() {
    let mut bench = Bench::new(40, 2, WorldConfig::default());
    bench.run_for(15);
    assert_eq!(bench.status(0).constraint, Constraint::NoDemand);
    bench.plug_in(0);
    bench.run_for(60);
    assert_eq!(bench.status(0).constraint, Constraint::Cap { cap: amps(32) });
    bench.plug_in(1);
    bench.run_for(60);
    let asked_at = bench.sim.now();
    let status = bench.status(0);
    assert_eq!((status.target, status.constraint), (amps(20), Constraint::Share { budget: amps(40), asking: 2 }));
    assert!(status.since > Instant::from_secs(75) && status.since < asked_at, "{:?}", status.since);
    bench.run_for(60);
    assert_eq!(bench.status(0).since, status.since, "since when, not when it was looked at");

    bench.master().set_cap(IDS[0], Some(amps(9))).unwrap();
    bench.run_for(10);
    assert_eq!(bench.status(0).constraint, Constraint::SlaveCap { cap: amps(9) });
    bench.master().stop(IDS[0], Some(Strategy::Withhold)).unwrap();
    bench.run_for(5);
    let status = bench.status(0);
    assert_eq!(status.constraint, Constraint::Withheld { why: Withheld::Ordered });
    assert!(status.next.is_some_and(|at| at > bench.sim.now()), "its share is free then: {status:?}");
    bench.assert_kept();
}

#[test]
fn a_start_that_comes_too_soon_says_until_when_it_waits() {
    let mut bench = Bench::new(40, 1, WorldConfig::default());
    bench.run_for(15);
    bench.plug_in(0);
    bench.run_for(60);
    bench.master().stop(IDS[0], Some(Strategy::Hook)).unwrap();
    bench.run_for(5);
    bench.master().start(IDS[0]).unwrap();
    bench.run_for(5);
    let status = bench.status(0);
    assert!(matches!(status.constraint, Constraint::Dwell { until } if status.next == Some(until)), "{status:?}");
}

#[test]
fn who_waits_without_a_heartbeat_says_so_too() {
    let mut bench = Bench::new(11, 2, WorldConfig::default());
    bench.run_for(60);
    let waiting: Vec<_> = bench.master().slaves().filter(|status| status.standing == Standing::Waiting).collect();
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].constraint, Constraint::Held(Refusal::NoShare));
}
