//! Cars that ask share the limit equally; what others still hold is waited for.

mod common;

use common::{Bench, amps};
use twc_master::Event;
use twc_sim::WorldConfig;

#[test]
fn three_cars_on_forty_amps_get_14_13_13() {
    let mut bench = Bench::new(40, 3, WorldConfig::default());
    bench.run_for(15);
    for charger in 0..3 {
        bench.plug_in(charger);
    }
    bench.run_for(120);
    assert_eq!(bench.limits(), [14, 13, 13]);
    bench.assert_kept();
}

#[test]
fn the_only_car_gets_all_that_the_floors_leave() {
    let mut bench = Bench::new(40, 3, WorldConfig::default());
    bench.run_for(15);
    bench.plug_in(1);
    bench.run_for(60);
    assert_eq!(bench.limits(), [0, 28, 0]);
    bench.assert_kept();
}

#[test]
fn a_second_car_is_raised_only_after_the_first_has_let_go() {
    let mut bench = Bench::new(40, 2, WorldConfig::default());
    bench.run_for(15);
    bench.plug_in(0);
    bench.run_for(60);
    assert_eq!(bench.limits(), [32, 0]);
    bench.plug_in(1);
    bench.run_for(60);
    assert_eq!(bench.limits(), [20, 20]);
    let released = |event: &Event| matches!(event, Event::Released { commitment, .. } if *commitment == amps(20));
    assert!(bench.happened(released));
    bench.assert_kept();
}

#[test]
fn a_slave_that_does_not_fit_gets_no_frame() {
    let mut bench = Bench::new(15, 3, WorldConfig::default());
    bench.run_for(60);
    let linked = bench.sim.world().chargers().filter(|charger| charger.is_linked()).count();
    assert_eq!(linked, 2);
    assert!(bench.happened(|event| matches!(event, Event::SlaveQueued { .. })));
    bench.assert_kept();
}

#[test]
fn a_car_that_wants_more_again_has_it_within_half_a_minute() {
    let mut bench = Bench::new(40, 2, WorldConfig::default());
    bench.run_for(15);
    bench.plug_in(0);
    bench.plug_in(1);
    bench.run_for(60);
    let set_ui_cap = |bench: &mut Bench, cap| {
        let now = bench.sim.now();
        bench.charger_mut(0).set_ui_cap(now, cap);
    };
    for cap in [14, 9] {
        set_ui_cap(&mut bench, Some(amps(cap)));
        bench.run_for(120);
        assert_eq!(bench.limits(), [cap + 2, 38 - cap]);
        set_ui_cap(&mut bench, None);
        bench.run_for(30);
        assert_eq!(bench.limits(), [20, 20], "after {cap} A");
    }
    bench.assert_kept();
}
