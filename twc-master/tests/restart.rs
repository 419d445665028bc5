//! Killed and started again, with and without its state: no excess, and the cars go on.

mod common;

use common::{Bench, config};
use twc_master::share::Equal;
use twc_master::{Config, Master, Snapshot};
use twc_proto::{Link, TwcId};
use twc_sim::WorldConfig;

fn three_cars() -> (Bench, Snapshot) {
    let mut bench = Bench::new(40, 3, WorldConfig::default());
    bench.run_for(15);
    bench.plug_in(0);
    bench.run_for(60);
    assert_eq!(bench.limits(), [28, 0, 0]);
    let snapshot = bench.sim.master().unwrap().node().snapshot();
    (bench, snapshot)
}

fn start(bench: &mut Bench, config: Config, snapshot: Option<Snapshot>) {
    let mut master = Master::new(config, Equal, bench.sim.now()).unwrap();
    master.restore(snapshot.into_iter().flat_map(|snapshot| snapshot.slaves).flatten());
    bench.sim.replace_master(Link::new(master));
}

#[test]
fn with_its_state_it_raises_as_soon_as_everybody_has_confirmed() {
    let (mut bench, snapshot) = three_cars();
    bench.sim.take_master();
    bench.run_for(2);
    start(&mut bench, config(40, 0), Some(snapshot));
    for charger in 1..3 {
        bench.plug_in(charger);
    }
    bench.run_for(30);
    assert_eq!(bench.limits(), [14, 13, 13]);
    bench.assert_kept();
}

#[test]
fn without_its_state_it_waits_for_slaves_it_cannot_know() {
    let (mut bench, _) = three_cars();
    bench.sim.take_master();
    bench.run_for(2);
    let stranger = Config { id: TwcId::new(0x5151), ..config(40, 0) };
    start(&mut bench, stranger, None);
    for charger in 1..3 {
        bench.plug_in(charger);
    }
    bench.run_for(50);
    assert!(bench.limits().iter().all(|limit| *limit <= 6), "{:?}", bench.limits());
    bench.run_for(60);
    assert_eq!(bench.limits(), [14, 13, 13]);
    bench.assert_kept();
}

#[test]
fn killed_at_any_moment_it_never_causes_an_excess() {
    for seed in 0..20 {
        let mut bench = Bench::new(40, 3, WorldConfig { seed, ..WorldConfig::default() });
        bench.run_for(12);
        for charger in 0..3 {
            bench.plug_in(charger);
            bench.run_for(3 + seed % 7);
            let snapshot = bench.sim.take_master().map(|link| link.node().snapshot());
            bench.run_for(seed % 5 * 3);
            start(&mut bench, config(40, 0), snapshot);
            bench.run_for(seed % 11);
        }
        bench.run_for(150);
        assert_eq!(bench.limits(), [14, 13, 13], "seed {seed}");
        bench.assert_kept();
    }
}
