//! What a bad line does, as both ends see it.

mod bench;
mod poller;

use core::time::Duration;

use bench::A;
use poller::Poller;
use twc_sim::{ChargerConfig, FaultRates, Ratio, Sim};

const ALWAYS: Ratio = Ratio::new(1, 1);

/// A unit and a plain master for a minute on a clean line, then one minute on this one.
fn run(rates: FaultRates) -> Sim<Poller> {
    let mut sim = Sim::new(1, Poller::new(1_000));
    sim.add_charger(ChargerConfig::p2(A));
    sim.run_for(Duration::from_secs(60));
    sim.world_mut().set_fault(rates);
    // What was under way is over.
    sim.run_for(Duration::from_secs(1));
    sim.master_mut().unwrap().node_mut().answers.clear();
    sim.run_for(Duration::from_secs(59));
    sim
}

fn answered(sim: &Sim<Poller>) -> bool {
    !sim.master().unwrap().node().answers.is_empty()
}

fn linked(sim: &Sim<Poller>) -> bool {
    sim.world().charger(0).unwrap().is_linked()
}

#[test]
fn one_way_loss_leaves_the_other_way_alone() {
    let none = FaultRates::NONE;
    let clean = run(none);
    assert!(answered(&clean) && linked(&clean));
    let to_slaves = run(FaultRates { lost_to_slaves: ALWAYS, ..none });
    assert!(!answered(&to_slaves) && !linked(&to_slaves));
    let to_master = run(FaultRates { lost_to_master: ALWAYS, ..none });
    assert!(!answered(&to_master) && linked(&to_master));
}

#[test]
fn frames_without_a_closing_delimiter_arrive_with_the_next_one() {
    // The charger answers each heartbeat when the frame after it begins, so the link holds.
    let glued = run(FaultRates { glued: ALWAYS, ..FaultRates::NONE });
    assert!(linked(&glued) && answered(&glued));
}

#[test]
fn bytes_around_a_frame_do_no_harm() {
    let junk = run(FaultRates { junk: ALWAYS, ..FaultRates::NONE });
    assert!(linked(&junk) && answered(&junk));
    let stats = junk.master().unwrap().decoder_stats();
    // More than three of them in a row look like a frame that is too short.
    assert!(stats.junk_bytes + stats.too_short > 60, "{stats:?}");
    assert_eq!(stats.rejected(), stats.too_short);
}

#[test]
fn late_and_doubled_answers_arrive_all_the_same() {
    let count = |rates| {
        let sim = run(rates);
        (sim.master().unwrap().decoder_stats().messages, sim.world().stats().transmissions)
    };
    let (clean, sent) = count(FaultRates::NONE);
    let late = FaultRates { late: ALWAYS, late_by: Duration::from_millis(300), ..FaultRates::NONE };
    // The last one is still under way.
    assert!((clean - 1..=clean).contains(&count(late).0));
    let doubled = FaultRates { doubled: ALWAYS, ..FaultRates::NONE };
    let (twice, sent_twice) = count(doubled);
    assert!((clean + 55..=clean + 60).contains(&twice) && sent_twice == sent, "{clean} {twice}");
}

#[test]
fn a_lost_frame_is_lost_and_nothing_else() {
    let lost = run(FaultRates { lost: ALWAYS, ..FaultRates::NONE });
    assert!(!answered(&lost) && !linked(&lost));
    assert_eq!(lost.master().unwrap().decoder_stats().rejected(), 0);
}

#[test]
fn a_cut_frame_is_mostly_lost_and_never_another() {
    let cut = run(FaultRates { cut: ALWAYS, ..FaultRates::NONE });
    let clean = run(FaultRates::NONE);
    let heard = |sim: &Sim<Poller>| sim.master().unwrap().decoder_stats().messages;
    assert!(heard(&cut) < heard(&clean) - 40 && cut.world().stats().undetected == 0);
}

#[test]
fn compensated_flips_are_taken_for_real_and_counted() {
    let sim = run(FaultRates { compensated: ALWAYS, ..FaultRates::NONE });
    assert!(sim.world().stats().undetected > 20, "{:?}", sim.world().stats());
    assert_eq!(sim.verdict().undetected, sim.world().stats().undetected);
}

#[test]
fn a_stall_of_one_direction_delivers_later_and_in_order() {
    for (to_bus, from_bus) in [(true, false), (false, true)] {
        let mut sim = run(FaultRates::NONE);
        let before = sim.master().unwrap().decoder_stats().messages;
        let (now, span) = (sim.now(), Duration::from_secs(4));
        sim.world_mut().stall_on(0, now, to_bus.then_some(span), from_bus.then_some(span));
        sim.run_for(Duration::from_millis(3_900));
        // One may have been beyond the converter already.
        assert!(sim.master().unwrap().decoder_stats().messages <= before + 1);
        sim.run_for(Duration::from_secs(3));
        let heard = sim.master().unwrap().decoder_stats().messages - before;
        // Heartbeats that arrive back to back are answered once; answers are all delivered.
        assert!(heard >= if to_bus { 3 } else { 6 }, "{to_bus} {heard}");
    }
}
