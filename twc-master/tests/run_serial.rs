//! `run` on a pseudo-terminal: three slaves link and follow, and either side may be killed and started again.
#![cfg(feature = "app")]

mod programs;

use programs::{SHARED, run, scratch, serve};

#[test]
fn three_slaves_link_follow_and_survive_a_kill_of_either_side() {
    let place = scratch("serial");
    let pty = place.join("bus");
    let pty = pty.to_str().unwrap();
    let state = place.join("state.json");
    let (mut sim, _) = serve(&["--pty", pty], &[]);
    let mut master = run(&format!("serial:{pty}"), &state);
    master.wait_for_events(60, &SHARED);

    master.kill();
    let mut master = run(&format!("serial:{pty}"), &state);
    master.wait_for_events(60, &SHARED);

    sim.kill();
    let (mut sim, _) = serve(&["--pty", pty], &["--seed", "7"]);
    master.wait_for(20, |line| line.contains("\"reconnected\"").then_some(()));
    master.wait_for_events(90, &SHARED);

    assert_eq!(master.terminate().code(), Some(0));
    assert_eq!(sim.terminate().code(), Some(0));
    assert!(!std::path::Path::new(pty).exists());
}
