//! `twc-sim serve`: how it ends, and with which exit code.
#![cfg(all(unix, feature = "cli"))]

mod serve_common;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use serve_common::{Client, Dir, SLAVE, Simulator, refused};

const TCP: [&str; 4] = ["--tcp", "127.0.0.1:0", "--speed", "5"];

fn verdict(simulator: &Simulator) -> Value {
    serde_json::from_str(simulator.rest().last().unwrap()).unwrap()
}

#[test]
fn seconds_end_it() {
    let start = Instant::now();
    let mut simulator = Simulator::start(&[&TCP[..], &["--seconds", "2"]].concat());
    assert!(simulator.end().success());
    assert!((0.4..3.0).contains(&start.elapsed().as_secs_f64()), "{:?}", start.elapsed());
}

#[test]
fn a_broken_expectation_is_a_failure() {
    let dir = Dir::new();
    let file =
        dir.write("scenario.toml", "[chargers]\ncount = 1\n\n[expect]\nlinked = 1\nlimit_at_least = \"6A\"\n");
    let mut simulator = Simulator::start(&[&TCP[..], &["--json", "--expect", &file, "--seconds", "1"]].concat());
    assert_eq!(simulator.end().code(), Some(1));
    let verdict = verdict(&simulator);
    assert_eq!(verdict["verdict"], "broken");
    let keys: Vec<_> = verdict["expectations"].as_array().unwrap().iter().map(|found| &found["key"]).collect();
    assert_eq!(keys, ["linked", "limit_at_least"]);
}

#[test]
fn kept_expectations_are_a_success_also_after_a_signal() {
    let dir = Dir::new();
    let expectations = "[expect]\nlinked = 1\nlimit_at_most = \"16A\"\nlimit_at_least = \"16A\"\n\
        max_heartbeat_gap = \"9s\"\nrelay_closings_at_most = 1\nenergy_wh_at_least = 0\n";
    let file = dir.write("expect.toml", expectations);
    let mut simulator = Simulator::start(&[&TCP[..], &["--car", "--json", "--expect", &file]].concat());
    Client::on_tcp(simulator.address()).heartbeat(SLAVE, |answer| answer.limit.value() == 1_600);
    let status = simulator.terminate();
    let verdict = verdict(&simulator);
    assert_eq!((status.code(), &verdict["verdict"]), (Some(0), &Value::from("kept")), "{verdict}");
    assert_eq!(verdict["expectations"].as_array().unwrap().len(), 6);
}

#[test]
fn an_invalid_expectation_is_named_with_its_line() {
    let dir = Dir::new();
    for (text, line, says) in [
        ("[expect]\nlinked = 1\nlimt = \"6A\"\n", 3, "limt"),
        ("[expect]\nlimit_at_most = 40\n", 2, "limit_at_most"),
        ("[expect]\n\nlimit_at_most = \"40\"\n", 3, "40A"),
        ("[expect]\nmax_heartbeat_gap = \"5\"\n", 2, "5s"),
        ("[expect]\nlinked = -1\n", 2, "linked"),
        ("[expect\n", 1, "[expect"),
    ] {
        let file = dir.write("expect.toml", text);
        let (code, error) = refused(&[&TCP[..], &["--expect", &file]].concat());
        let error = error.replace("32A", "40A");
        assert_eq!((code, error.lines().count()), (3, 1), "{text}: {error}");
        assert!(error.contains(&format!("{file}:{line}:")) && error.contains(says), "{text}: {error}");
    }
    let empty = dir.write("expect.toml", "");
    for file in [&empty, &dir.path("missing.toml")] {
        let (code, error) = refused(&[&TCP[..], &["--expect", file]].concat());
        assert_eq!(code, 3, "{error}");
        assert!(error.contains(file.as_str()), "{error}");
    }
}

#[test]
fn a_bad_command_line_is_usage() {
    for args in [
        &[][..],
        &["--pty", "a", "--tcp", "127.0.0.1:0"],
        &["--tcp", "9600"],
        &["--tcp", "127.0.0.1:0", "--max", "32"],
        &["--tcp", "127.0.0.1:0", "--max", "5A"],
        &["--tcp", "127.0.0.1:0", "--max", "81A"],
        &["--tcp", "127.0.0.1:0", "--slaves", "0"],
        &["--tcp", "127.0.0.1:0", "--cars", "2"],
        &["--tcp", "127.0.0.1:0", "--cars", "1", "--car"],
        &["--tcp", "127.0.0.1:0", "--protocol", "3"],
        &["--tcp", "127.0.0.1:0", "--seconds", "NaN"],
        &["--tcp", "127.0.0.1:0", "--speed", "0"],
    ] {
        let (code, error) = refused(args);
        assert_eq!(code, 2, "{args:?}: {error}");
    }
}

#[test]
fn output_that_nobody_reads_does_not_end_it() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_twc-sim"));
    let mut child = command.arg("serve").args(TCP).args(["--car", "--json", "--seconds", "10"]);
    child = child.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = child.spawn().unwrap();
    drop(child.stdout.take());
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(child.try_wait().unwrap(), None);
    assert!(child.wait().unwrap().success());
}
