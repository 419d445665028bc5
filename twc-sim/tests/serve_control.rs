//! `twc-sim serve --control`: commands on standard input.
#![cfg(all(unix, feature = "cli"))]

mod serve_common;

use std::time::Duration;

use serde_json::json;
use serve_common::{Client, SLAVE, Simulator, is_link_ready};
use twc_proto::Message;

fn start(more: &[&str]) -> Simulator {
    Simulator::start(&[&["--tcp", "127.0.0.1:0", "--speed", "5", "--json", "--control"], more].concat())
}

#[test]
fn every_command_is_answered() {
    let mut simulator = start(&["--slaves", "2"]);
    for command in [
        "plug 1",
        "plug 3496 zoe",
        "cap 2 10A",
        "cap 2 off",
        "unplug 2",
        "reset 1",
        "silence 1 0.5",
        "deaf 2 0.5",
        "power 2 off",
        "power 2 on",
        "fault bad_cable",
        "fault clean",
    ] {
        assert_eq!(simulator.command(command), json!({ "ok": true, "command": command }));
    }
    let status = simulator.command("status");
    assert_eq!(status["slaves"].as_array().unwrap().len(), 2);
    assert_eq!((&status["slaves"][0]["car"], &status["slaves"][1]["car"]), (&json!("tesla"), &json!(null)));
}

#[test]
fn a_bad_command_is_answered_with_its_error() {
    let mut simulator = start(&[]);
    for (command, says) in [
        ("dance", "dance"),
        ("plug", "plug N [PROFILE]"),
        ("plug 2", "1 to 1"),
        ("plug 1 model-t", "zoe"),
        ("unplug 1", "no car"),
        ("silence 1 soon", "soon"),
        ("fault gremlins", "gremlins"),
        ("\u{1}\u{fffd}{}\"", "no such command"),
    ] {
        let answer = simulator.command(command);
        assert!(answer["error"].as_str().is_some_and(|error| error.contains(says)), "{command}: {answer}");
        assert!(answer.get("ok").is_none(), "{answer}");
    }
    assert_eq!(simulator.command("plug 1")["ok"], true);
    assert!(simulator.command("plug 1")["error"].as_str().unwrap().contains("unplug it first"));
}

#[test]
fn a_car_that_is_plugged_in_asks_for_a_limit_and_leaves_again() {
    let mut simulator = start(&[]);
    simulator.command("plug 1");
    simulator.json(|report| report["state"] == 4);
    simulator.command("unplug 1");
    simulator.json(|report| report["state"] == 0);
}

#[test]
fn a_silenced_slave_does_not_answer_until_it_is_over() {
    let mut simulator = start(&[]);
    let mut client = Client::on_tcp(simulator.address());
    client.heartbeat(SLAVE, |_| true);
    simulator.command("silence 1 5");
    while client.hear_within(Duration::from_millis(100), |_| true).is_some() {}
    client.send(serve_common::offer(SLAVE, 16));
    let answer = |message: &Message| matches!(message, Message::SlaveHeartbeat(_));
    assert_eq!(client.hear_within(Duration::from_millis(200), answer), None);
    client.heartbeat(SLAVE, |_| true);
}

#[test]
fn the_end_of_the_commands_is_not_the_end() {
    let mut simulator = start(&[]);
    simulator.close_stdin();
    Client::on_tcp(simulator.address()).hear(is_link_ready);
    std::thread::sleep(Duration::from_millis(100));
    assert!(simulator.is_running());
    assert!(simulator.terminate().success());
}
