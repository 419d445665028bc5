//! A slave that stopped with more than the floors of the others leave comes back: they make way for it, together.

mod common;

use common::{Bench, IDS, config};
use twc_master::{Event, Withheld};
use twc_sim::{ChargerConfig, WorldConfig};

/// The first slave was told 32 A when it was alone, and lost its supply; then the others got theirs.
fn crowded_out(limit: u16, slaves: usize) -> Bench {
    let units = IDS.into_iter().take(slaves).map(ChargerConfig::p2).collect();
    let mut bench = Bench::with_units(config(limit, 1), units, WorldConfig::default());
    for late in 1..slaves {
        let now = bench.sim.now();
        bench.charger_mut(late).power_off(now);
    }
    bench.run_for(15);
    bench.plug_in(0);
    bench.run_for(60);
    assert_eq!(bench.limits()[0], 32);
    switch(&mut bench, 0, false);
    bench.run_for(120);
    for late in 1..slaves {
        switch(&mut bench, late, true);
    }
    bench.run_for(60);
    bench
}

fn switch(bench: &mut Bench, charger: usize, on: bool) {
    let now = bench.sim.now();
    let charger = bench.charger_mut(charger);
    if on { charger.power_on(now) } else { charger.power_off(now) }
}

/// When each slave was told to make way.
fn made_way(bench: &Bench) -> Vec<(twc_proto::TwcId, u64)> {
    let turns = bench.events.iter().filter_map(|(at, event)| match event {
        Event::SlaveWithheld { slave, why: Withheld::Turn, .. } => Some((*slave, at.as_millis() / 1_000)),
        _ => None,
    });
    turns.collect()
}

#[test]
fn one_makes_way_where_its_floor_is_too_much_and_is_back_afterwards() {
    let mut bench = crowded_out(36, 2);
    assert!(bench.charger(1).is_linked());
    switch(&mut bench, 0, true);
    bench.run_for(300);
    assert!(bench.charger(0).is_linked() && bench.charger(1).is_linked(), "{:#?}", bench.events);
    let slaves: Vec<_> = made_way(&bench).into_iter().map(|(slave, _)| slave).collect();
    assert_eq!(slaves, [IDS[1]]);
}

#[test]
fn where_nobody_is_known_to_stop_beside_others_all_make_way_at_once() {
    let mut bench = crowded_out(40, 3);
    bench.plug_in(2);
    bench.run_for(60);
    switch(&mut bench, 0, true);
    bench.run_for(300);
    assert!((0..3).all(|charger| bench.charger(charger).is_linked()), "{:#?}", bench.events);
    let made_way = made_way(&bench);
    assert!(matches!(made_way[..], [(a, first), (b, second)] if a != b && second <= first + 1), "{made_way:?}");
}
