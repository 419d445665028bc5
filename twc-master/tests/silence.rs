//! A slave that stops answering keeps its share until it must have stopped, and comes back without being asked.

mod common;

use core::time::Duration;

use common::{Bench, IDS, amps, config};
use twc_master::Event;
use twc_sim::{ChargerConfig, WorldConfig};

fn two_cars() -> Bench {
    let mut bench = Bench::new(40, 2, WorldConfig::default());
    bench.run_for(15);
    bench.plug_in(0);
    bench.plug_in(1);
    bench.run_for(60);
    assert_eq!(bench.limits(), [20, 20]);
    bench
}

fn charger(bench: &mut Bench, index: usize) -> &mut twc_sim::Charger {
    bench.sim.world_mut().charger_mut(index).unwrap()
}

#[test]
fn the_share_of_a_mute_slave_is_not_given_away_while_it_still_hears_us() {
    let mut bench = two_cars();
    let now = bench.sim.now();
    charger(&mut bench, 0).silence(now, Duration::from_secs(300));
    bench.run_for(30);
    assert!(bench.happened(|event| *event == Event::SlaveSilenced { slave: IDS[0], reserved: amps(20) }));
    bench.run_for(120);
    assert_eq!(bench.limits()[1], 20, "it was never seen to stop while others are served");
    assert!(bench.happened(|event| matches!(event, Event::ReservationKept { .. })));
    bench.assert_kept();
}

#[test]
fn a_slave_seen_to_notice_silence_frees_its_share_the_next_time() {
    let mut bench = two_cars();
    // It answers nothing for 15 s: we go silent at 10 s, it announces itself again 10 s later.
    for _ in 0..2 {
        assert!(!bench.happened(|event| matches!(event, Event::SilenceProven { .. })), "once is chance");
        let now = bench.sim.now();
        charger(&mut bench, 0).silence(now, Duration::from_secs(15));
        bench.run_for(60);
    }
    assert!(bench.happened(|event| *event == Event::SilenceProven { slave: IDS[0] }));
    assert_eq!(bench.limits(), [20, 20]);

    let now = bench.sim.now();
    charger(&mut bench, 0).power_off(now);
    bench.run_for(60);
    assert_eq!(bench.limits()[1], 20);
    bench.run_for(60);
    assert!(bench.happened(|event| *event == Event::ReservationEnded { slave: IDS[0] }));
    assert_eq!(bench.limits()[1], 32);
    bench.assert_kept();
}

#[test]
fn a_rebooted_slave_is_linked_again_within_two_seconds_of_its_linkready() {
    let mut bench = two_cars();
    let now = bench.sim.now();
    charger(&mut bench, 0).power_off(now);
    bench.run_for(25);
    let now = bench.sim.now();
    charger(&mut bench, 0).power_on(now);
    bench.run_for(3);
    assert!(charger(&mut bench, 0).is_linked());
    bench.run_for(60);
    assert_eq!(bench.limits(), [20, 20]);
    bench.assert_kept();
}

#[test]
fn a_slave_that_hears_nothing_does_not_stop_the_others() {
    let mut bench = two_cars();
    let now = bench.sim.now();
    charger(&mut bench, 0).deafen(now, Duration::from_secs(120));
    bench.run_for(100);
    assert!(charger(&mut bench, 1).is_linked());
    assert_eq!(bench.limits()[1], 20);
    bench.run_for(120);
    assert_eq!(bench.limits(), [20, 20]);
    bench.assert_kept();
}

#[test]
fn a_mute_slave_that_takes_any_frame_for_its_masters_is_called_again() {
    let unit = |id| ChargerConfig { any_master_frame_refreshes: true, ..ChargerConfig::p2(id) };
    let units = IDS[..2].iter().copied().map(unit).collect();
    let mut bench = Bench::with_units(config(40, 2), units, WorldConfig::default());
    bench.run_for(15);
    bench.plug_in(0);
    bench.plug_in(1);
    bench.run_for(60);
    let now = bench.sim.now();
    charger(&mut bench, 0).silence(now, Duration::from_secs(40));
    bench.run_for(60);
    assert!(bench.happened(|event| matches!(event, Event::SlaveSilenced { .. })), "it announces nothing");
    bench.run_for(60);
    assert_eq!(bench.limits(), [20, 20]);
    bench.assert_kept();
}

#[test]
fn whoever_is_away_finds_its_floor_free_beside_whoever_is_lost_meanwhile() {
    let mut bench = Bench::new(20, 2, WorldConfig::default());
    bench.run_for(15);
    bench.plug_in(0);
    bench.plug_in(1);
    bench.run_for(60);
    for lost in [0, 1] {
        // Alone it gets all but the floor of the other one.
        let now = bench.sim.now();
        charger(&mut bench, lost).power_off(now);
        bench.run_for(10);
        let now = bench.sim.now();
        charger(&mut bench, 1 - lost).power_off(now);
        bench.run_for(150);
        let now = bench.sim.now();
        charger(&mut bench, 1 - lost).power_on(now);
        bench.run_for(60);
        assert_eq!(bench.limits()[1 - lost], 14);
        // It is lost with that, and the other one is back first.
        let now = bench.sim.now();
        charger(&mut bench, 1 - lost).power_off(now);
        charger(&mut bench, lost).power_on(now);
        bench.run_for(100);
        let now = bench.sim.now();
        charger(&mut bench, 1 - lost).power_on(now);
        bench.run_for(60);
        assert_eq!(bench.limits(), [10, 10]);
    }
    let makes_way = |event: &Event| matches!(event, Event::SlaveWithheld { .. });
    assert!(!bench.happened(makes_way), "nobody was cut off for it");
    bench.assert_kept();
}
