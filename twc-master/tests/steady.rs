//! Who changes his mind without a cause wears out contactors.

mod common;

use common::{Bench, IDS, amps};
use twc_master::{Event, Mode, Profile, SlaveSettings, Strategy};
use twc_proto::error::FrameError;
use twc_proto::{DecodeError, Node};
use twc_sim::WorldConfig;

fn offers(bench: &Bench) -> usize {
    bench.events.iter().filter(|(_, event)| matches!(event, Event::Offered { .. })).count()
}

#[test]
fn unchanged_inputs_unchanged_targets() {
    let mut bench = Bench::new(40, 3, WorldConfig::default());
    bench.run_for(15);
    (0..3).for_each(|charger| bench.plug_in_a(charger, "tesla", 200_000));
    bench.run_for(120);
    let before = offers(&bench);
    bench.run_for(6 * 3_600);
    assert_eq!(offers(&bench), before);
    assert_eq!(bench.limits(), [14, 13, 13]);
    bench.assert_kept();
}

/// A mode that flips every seven seconds, on cars that are stopped by silence: the dwell bounds what comes of it.
#[test]
fn switches_per_hour_bounded() {
    let mut bench = Bench::new(40, 2, WorldConfig::default());
    for slave in [IDS[0], IDS[1]] {
        let profile = &Profile { stop: Some(Strategy::Withhold), ..Profile::I3 };
        let profile: &'static Profile = Box::leak(Box::new(*profile));
        bench.master().set_slave(slave, SlaveSettings { profile, ..SlaveSettings::DEFAULT }).unwrap();
    }
    bench.run_for(15);
    (0..2).for_each(|charger| bench.plug_in_a(charger, "i3", 80_000));
    bench.run_for(60);
    let before: u32 = bench.sim.world().chargers().map(twc_sim::Charger::relay_closings).sum();
    for step in 0..514 {
        bench.master().set_mode(if step % 2 == 0 { Mode::Off } else { Mode::Share });
        bench.run_for(7);
    }
    let after: u32 = bench.sim.world().chargers().map(twc_sim::Charger::relay_closings).sum();
    assert!(after - before <= 2 * 30, "{} closings of two contactors in an hour", after - before);
    bench.assert_kept();
}

#[test]
fn bad_frame_no_state_change() {
    let mut bench = Bench::new(40, 2, WorldConfig::default());
    bench.run_for(15);
    bench.plug_in(0);
    bench.run_for(60);
    let now = bench.sim.now();
    let before: Vec<_> = bench.master().slaves().collect();
    for computed in 0..50_u8 {
        let error = DecodeError::Frame(FrameError::BadChecksum { computed, received: computed + 1 });
        bench.master().handle_decode_error(now, error);
    }
    assert_eq!(bench.master().slaves().collect::<Vec<_>>(), before);
    assert!(bench.master().garbled_frames() >= 50);
}

#[test]
fn a_budget_that_wobbles_by_less_than_an_ampere_moves_nobody_below_it() {
    let mut bench = Bench::new(40, 2, WorldConfig::default());
    bench.run_for(15);
    (0..2).for_each(|charger| bench.plug_in_a(charger, "tesla", 80_000));
    bench.run_for(90);
    let before = offers(&bench);
    for step in 0..60 {
        let budget = twc_proto::CentiAmps::new(3_010 + 40 * (step % 2));
        bench.master().set_budget(Some(budget)).unwrap();
        bench.run_for(5);
    }
    assert!(offers(&bench) - before <= 2, "whole amperes do not see it: {}", offers(&bench) - before);
    assert_eq!(bench.limits(), [15, 15]);
    assert!(bench.status(0).target == amps(15));
}
