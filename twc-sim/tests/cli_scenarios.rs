//! `twc-sim run`, `replay`, `scenarios`, `report` and `serve --scenario`, as processes.
#![cfg(all(unix, feature = "cli"))]

mod serve_common;

use std::process::{Command, Output};

use serde_json::Value;
use serve_common::{Dir, Simulator};

fn twc_sim(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_twc-sim")).args(args).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn two_processes_tell_one_story() {
    let dir = Dir::new();
    let trace = |name: &str, seed: &str| {
        let path = dir.path(name);
        let run = twc_sim(&["run", "three-heartbeats", "--seed", seed, "--json", "--trace", &path]);
        (out(&run), std::fs::read(path).unwrap())
    };
    let (first, again, other) = (trace("first", "5"), trace("again", "5"), trace("other", "6"));
    assert!(first == again, "the same seed, another story");
    assert_ne!(first.0, other.0);
}

#[test]
fn a_run_says_what_was_broken_and_exits_1() {
    let dir = Dir::new();
    let scenario = "name = \"x\"\nabout = \"\"\nduration = \"1min\"\nlimit = \"32A\"\n[[charger]]\ncar = \"tesla\"\n\
        [expect]\nlinked = 2\n";
    let file = dir.write("x.toml", scenario);
    let run = twc_sim(&["run", &file, "--json"]);
    assert_eq!(run.status.code(), Some(1));
    let outcome: Value = serde_json::from_str(&out(&run)).unwrap();
    assert_eq!((&outcome["verdict"], &outcome["pending"]), (&Value::from("broken"), &Value::from(false)));
    assert_eq!(outcome["expectations"][0]["seen"], "1");
    assert_eq!(twc_sim(&["run", "no-such-scenario"]).status.code(), Some(3));
    let wrong = dir.write("wrong.toml", &scenario.replace("linked", "linkd"));
    let run = twc_sim(&["run", &wrong]);
    assert_eq!(run.status.code(), Some(3));
    let error = String::from_utf8(run.stderr).unwrap();
    assert!(error.contains(&format!("{wrong}:8:")) && error.contains("did you mean `linked`?"), "{error}");
}

#[test]
fn the_catalogue_is_listed_and_each_can_be_printed() {
    let list = out(&twc_sim(&["scenarios"]));
    assert!(list.contains("withhold-one") && !list.contains("pending"), "{list}");
    assert!(out(&twc_sim(&["scenarios", "withhold-one"])).starts_with("name = \"withhold-one\""));
    assert_eq!(twc_sim(&["scenarios", "withold"]).status.code(), Some(2));
}

#[test]
fn a_trace_becomes_one_page() {
    let dir = Dir::new();
    let (trace, page) = (dir.path("trace"), dir.path("page.html"));
    twc_sim(&["run", "one-heartbeat", "--trace", &trace]);
    assert!(twc_sim(&["report", &trace, "--output", &page]).status.success());
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.contains("3495: currents"), "{}", page.len());
    assert_eq!(twc_sim(&["report", &dir.write("no", "{}")]).status.code(), Some(3));
}

#[test]
fn serve_plays_a_scenario_and_judges_by_its_table() {
    let dir = Dir::new();
    let scenario = "name = \"x\"\nabout = \"\"\nduration = \"20s\"\nlimit = \"32A\"\n[[charger]]\n\
        [[at]]\ntime = \"5s\"\nplug = { charger = 1, car = \"i3\", wants = \"1kWh\" }\n\
        [expect]\nlinked = 1\n[[expect.at]]\ntime = \"15s\"\nlimit_at_least = \"6A\"\n";
    let file = dir.write("x.toml", scenario);
    let args = ["--tcp", "127.0.0.1:0", "--speed", "20", "--scenario", &file, "--json"];
    let mut alone = Simulator::start(&args);
    assert_eq!(alone.end().code(), Some(1), "nobody is master");
    let mut mastered = Simulator::start(&[&args[..], &["--master"]].concat());
    let code = mastered.end().code();
    assert_eq!(code, Some(0), "{:?}", mastered.rest().last());
}

#[test]
fn a_capture_is_printed_in_its_own_time_without_what_harms() {
    let dir = Dir::new();
    let capture = "11:05:44.078 - FD E2 34 95 8E 0C 80 00 00 00 00 00 00 00 00 C5\n\
        11:05:45 M>S FC 19 77 77 77 00 00 00 00 00 00 00 00 7E\n\
        11:05:50.094 M>S C0 FC E1 77 77 77 00 00 00 00 00 00 00 00 46 C0\n";
    let file = dir.write("capture", capture);
    let replay = twc_sim(&["replay", &file]);
    assert!(replay.status.success());
    let lines: Vec<String> = out(&replay).lines().map(|line| line.trim().to_owned()).collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].starts_with("0.000 ? C0 FD E2") && lines[1].starts_with("6.016 M>S C0 FC E1"), "{lines:?}");
    let warning = String::from_utf8(replay.stderr).unwrap();
    assert!(warning.contains("line 2 left out") && warning.contains("FC 19"), "{warning}");
    assert_eq!(out(&twc_sim(&["replay", &file, "--only", "master"])).lines().count(), 1);
}
