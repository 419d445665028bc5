//! What `run` cannot do it says in one line that names the thing, with the exit code scripts rely on.
#![cfg(feature = "app")]

mod programs;

use std::process::Command;

use programs::scratch;

/// Exit code and standard error of `run` with these arguments.
fn refused(name: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_twc-master"))
        .arg("run")
        .args(arguments)
        .arg("--state")
        .arg(scratch(name).join("state.json"))
        .output()
        .unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_missing_port_is_exit_4_and_named() {
    let (code, message) = refused("missing", &["--link", "serial:/dev/no-such-port", "--limit", "40A"]);
    assert_eq!(code, Some(4), "{message}");
    assert!(message.contains("/dev/no-such-port") && message.lines().count() == 1, "{message}");
}

#[test]
fn a_converter_that_is_not_there_is_exit_4_and_named() {
    let (code, message) = refused("refused", &["--link", "tcp://127.0.0.1:1", "--limit", "40A"]);
    assert_eq!(code, Some(4), "{message}");
    assert!(message.contains("127.0.0.1:1") && message.lines().count() == 1, "{message}");
}

#[test]
fn a_lost_state_is_not_forgotten_by_a_start_that_finds_no_port() {
    let state = scratch("lost").join("state.json");
    std::fs::write(&state, "no state").unwrap();
    let arguments = ["run", "--link", "serial:/dev/no-such-port", "--limit", "40A", "--json", "--state"];
    for start in ["first", "second"] {
        let output = Command::new(env!("CARGO_BIN_EXE_twc-master")).args(arguments).arg(&state).output().unwrap();
        assert_eq!(output.status.code(), Some(4), "{start}");
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.contains("\"state-unreadable\""), "{start}: {said}");
    }
    assert_eq!(std::fs::read_to_string(state.with_extension("json.unreadable")).unwrap(), "no state");
    let mut third = programs::run("sim", &state);
    third.wait_for(10, |line| line.contains("\"state-unreadable\"").then_some(()));
    third.wait_for(10, |line| line.contains("\"connected\"").then_some(()));
}

#[test]
fn amps_that_make_no_sense_are_exit_2_and_named() {
    for limit in ["40", "5.99A", "A", "-1A", "700A"] {
        let (code, message) = refused("amps", &["--link", "serial:/dev/null", &format!("--limit={limit}")]);
        assert_eq!(code, Some(2), "{limit}: {message}");
    }
}

#[test]
fn a_second_master_on_the_same_state_is_exit_4() {
    let state = scratch("locked").join("state.json");
    let lock = std::fs::File::create(state.with_file_name("state.json.lock")).unwrap();
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::NonBlockingLockExclusive).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_twc-master"))
        .args(["run", "--link", "serial:/dev/null", "--limit", "40A", "--state"])
        .arg(&state)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(4), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_port_that_another_process_has_is_exit_4_and_named() {
    let place = scratch("in-use");
    let pty = place.join("bus");
    let (_sim, _) = programs::serve(&["--pty", pty.to_str().unwrap()], &[]);
    let link = format!("serial:{}", pty.display());
    let mut first = programs::run(&link, &place.join("first.json"));
    first.wait_for(10, |line| line.contains("\"connected\"").then_some(()));
    let (code, message) = refused("in-use-too", &["--link", &link, "--limit", "40A"]);
    assert_eq!(code, Some(4), "{message}");
    assert!(message.contains("in use") && message.lines().count() == 1, "{message}");
}

#[test]
fn a_scenario_that_is_not_there_is_exit_3_and_named() {
    let (code, message) = refused("scenario", &["--link", "sim:no_such_scenario", "--limit", "40A"]);
    assert_eq!(code, Some(3), "{message}");
    assert!(message.contains("no_such_scenario") && message.lines().count() == 1, "{message}");
}
