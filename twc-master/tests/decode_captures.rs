//! Claim: `decode --json` names every captured frame, flags exactly the damaged ones, and shows bytes made from
//! what it understood.
#![cfg(feature = "app")]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

/// File, frames in it, damaged ones in it.
const FILES: [(&str, usize, usize); 16] = [
    ("frames.csv", 65, 1),
    ("corrupt.csv", 2, 7),
    ("master_power_on.txt", 44, 0),
    ("master_and_slave.txt", 62, 0),
    ("slave_reset.txt", 15, 0),
    ("sessions/s01_echo_loopback.txt", 8, 0),
    ("sessions/s02_echo_heartbeats.txt", 17, 0),
    ("sessions/s03_missing_bias_resistors.txt", 11, 1),
    ("sessions/s04_no_slave.txt", 8, 0),
    ("sessions/s06_three_slaves_converter_garbage.txt", 4, 1),
    ("sessions/s08_state8_to_state3.txt", 7, 0),
    ("sessions/s09_esp32_bad_checksum_unanswered.txt", 12, 4),
    ("sessions/s10_real_master_453_error5.txt", 6, 0),
    ("sessions/s12_offer_6_to_19A.txt", 8, 0),
    ("sessions/s14_p1_charge_negotiation.txt", 8, 0),
    ("sessions/s15_real_master_linkready.txt", 2, 0),
];

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../twc-proto/tests/captures").join(name)
}

fn decode(name: &str) -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_twc-master"))
        .args(["decode", "--json"])
        .arg(path(name))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn line(objects: &[Value], line: u64) -> &Value {
    objects.iter().find(|object| object["line"] == line).unwrap()
}

/// Compares an object but for its line and direction.
fn assert_shows(object: &Value, expected: &Value) {
    let mut object = object.clone();
    object.as_object_mut().unwrap().retain(|key, _| key != "line" && key != "direction");
    assert_eq!(&object, expected);
}

#[test]
fn every_frame_is_named_and_exactly_the_damaged_ones_are_flagged() {
    for (name, frames, damaged) in FILES {
        let objects = decode(name);
        let (bad, good): (Vec<_>, Vec<_>) = objects.iter().partition(|object| object.get("error").is_some());
        assert_eq!((good.len(), bad.len()), (frames, damaged), "{name}");
        assert!(good.iter().all(|object| object["kind"] != "unknown" && object["raw"].is_string()), "{name}");
        assert!(
            bad.iter().all(|object| object["detail"].is_string() && object["raw_input"].is_string()),
            "{name}"
        );
    }
}

#[test]
fn the_bytes_shown_are_the_bytes_captured() {
    for (name, _, _) in FILES {
        let text = std::fs::read_to_string(path(name)).unwrap();
        let lines: Vec<_> = text.lines().collect();
        for object in decode(name) {
            let row = lines[usize::try_from(object["line"].as_u64().unwrap()).unwrap() - 1];
            let shown = object.get("raw").or(object.get("raw_input")).unwrap().as_str().unwrap();
            assert!(row.contains(shown), "{name}: {object}");
        }
    }
}

#[test]
fn single_frames_show_their_fields() {
    let frames = decode("frames.csv");
    assert_shows(
        line(&frames, 12),
        &json!({
            "code": "FDE0", "kind": "slave_heartbeat", "sender": "2019", "receiver": "7777",
            "state": 8, "limit_amps": 6, "drawn_amps": 5.28,
            "raw": "FD E0 20 19 77 77 08 02 58 02 10 00 00 00 00 7B",
        }),
    );
    assert_shows(
        line(&frames, 46),
        &json!({
            "code": "FBE0", "kind": "master_heartbeat", "sender": "6090", "receiver": "7777",
            "command": 2, "error_bitmap": 5, "master_plugged": false,
            "raw": "FB E0 60 90 77 77 02 05 00 00 00 00 00 00 00 C5",
        }),
    );
    assert_shows(
        line(&frames, 34),
        &json!({
            "code": "FDEB", "kind": "report", "sender": "6061", "receiver": null,
            "kwh": 10_690_796, "volts": [241, 0, 0], "phase_amps": [0, 0, 0],
            "raw": "FD EB 60 61 00 A3 20 EC 00 F1 00 00 00 00 00 00 00 00 00 4C",
        }),
    );
    let idle = "FC 1D 00 00 00 00 00 00 00 00 00 00 00 1D";
    assert_shows(
        line(&frames, 33),
        &json!({ "code": "FC1D", "kind": "idle", "sender": null, "receiver": null, "raw": idle }),
    );
}

#[test]
fn a_plug_at_the_master_and_a_limit_stand_in_one_heartbeat() {
    let frames = decode("frames.csv");
    let plugged: Vec<_> = frames.iter().filter(|object| object["master_plugged"] == true).collect();
    assert_eq!(plugged.len(), 1);
    assert_eq!((&plugged[0]["command"], &plugged[0]["limit_amps"]), (&json!(5), &json!(20)));
}

#[test]
fn the_time_is_kept_and_junk_before_a_frame_is_not_part_of_it() {
    let frames = decode("slave_reset.txt");
    assert_shows(
        line(&frames, 4),
        &json!({
            "time": "11:05:50.094", "code": "FDE2", "kind": "slave_linkready", "sender": "3495", "receiver": null,
            "sign": 0x8E, "max_amps": 32, "raw": "FD E2 34 95 8E 0C 80 00 00 00 00 00 00 00 00 C5",
        }),
    );
    let serial = |object: &Value| Some((object["sender"].clone(), object.get("serial")?.clone()));
    let serials: Vec<_> = decode("master_and_slave.txt").iter().filter_map(serial).collect();
    assert_eq!(serials, [(json!("7973"), json!("A18G0017973")), (json!("3495"), json!("A17A0003495"))]);
}

#[test]
fn versions_vin_parts_and_directions_are_told() {
    let objects = decode("sessions/s10_real_master_453_error5.txt");
    assert_eq!((&objects[0]["version"], &objects[0]["direction"]), (&json!("4.5.3.2"), &json!("M>S")));
    assert_eq!((&objects[3]["vin_part"], &objects[3]["text"]), (&json!(1), &json!("")));
    // A time of `-` is none.
    assert_eq!(decode("sessions/s15_real_master_linkready.txt")[0].get("time"), None);
}

#[test]
fn damage_is_named_by_its_kind() {
    let kinds: Vec<_> = decode("corrupt.csv")
        .iter()
        .filter_map(|object| Some(object.get("error")?.as_str()?.to_owned()))
        .collect();
    let expected =
        ["bad-checksum", "bad-checksum", "bad-checksum", "bad-type", "unterminated", "too-short", "too-short"];
    assert_eq!(kinds, expected);
    let glued = &decode("sessions/s03_missing_bias_resistors.txt")[1];
    assert_eq!(glued["raw_input"], "FD E2 18 39 52 0C 80 00 00 00 00 00 00 00 00 11 FF");
}
