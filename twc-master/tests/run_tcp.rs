//! `run` over TCP: the same as on a serial port, with a converter that goes away and comes back.
#![cfg(feature = "app")]

mod programs;

use programs::{SHARED, run, scratch, serve};

#[test]
fn three_slaves_link_follow_and_survive_a_converter_that_restarts() {
    let state = scratch("tcp").join("state.json");
    let (mut sim, address) = serve(&["--tcp", "127.0.0.1:0"], &["--echo"]);
    let mut master = run(&format!("tcp://{address}"), &state);
    master.wait_for_events(60, &SHARED);

    sim.kill();
    let (_sim, _) = serve(&["--tcp", &address], &["--echo", "--seed", "7"]);
    master.wait_for_events(90, &SHARED);

    master.kill();
    let mut master = run(&format!("tcp://{address}"), &state);
    master.wait_for_events(60, &SHARED);
    assert_eq!(master.terminate().code(), Some(0));
}
