//! Claim: `decode` reads whatever it is given, says what it could not read, and stops quietly when nobody reads on.
#![cfg(feature = "app")]

use std::io::{Read, Write};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const IDLE: &str = "FC 1D 00 00 00 00 00 00 00 00 00 00 00 1D";
const IDLE_BYTES: [u8; 14] = [0xFC, 0x1D, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x1D];

fn decode(args: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_twc-master"))
        .arg("decode")
        .args(args)
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    output
}

fn objects(output: &Output) -> Vec<Value> {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn errors(output: &Output) -> Vec<Value> {
    objects(output).into_iter().map(|mut object| object["error"].take()).collect()
}

#[test]
fn damage_does_not_stop_the_run() {
    let text = format!("{IDLE}\nnonsense\n\n# skipped\nFC 1\nC0 {IDLE}\n{}\n", IDLE.replace(' ', ""));
    let expected = [Value::Null, "bad-hex".into(), "bad-hex".into(), "unterminated".into(), Value::Null];
    assert_eq!(errors(&decode(&["--json"], text.as_bytes())), expected);
}

#[test]
fn bytes_that_are_no_text_and_endless_lines_are_survived() {
    let mut input = b"\xFF\xFE\0\x80 \x1B[2J\n\0\n".to_vec();
    input.extend(vec![b'A'; 300_000]);
    input.extend(format!("\n{IDLE}").bytes());
    let expected = ["bad-hex".into(), "bad-hex".into(), "line-too-long".into(), Value::Null];
    assert_eq!(errors(&decode(&["--json"], &input)), expected);
    let human = decode(&[], &input);
    assert!(human.status.success() && !human.stdout.contains(&0x1B), "{human:?}");
}

#[test]
fn several_frames_in_one_row_are_one_object_each() {
    let text = format!("10:00:00 M>S C0 {IDLE} C0 FC C0 {IDLE} C0 FE\n");
    let objects = objects(&decode(&["--json"], text.as_bytes()));
    assert_eq!(objects.len(), 2);
    assert!(objects.iter().all(|object| object["line"] == 1 && object["kind"] == "idle"));
}

#[test]
fn a_frame_nobody_may_send_is_shown_as_dangerous() {
    let shown = &objects(&decode(&["--json"], b"FB E8 00 00 00 00 00 00 00 00 00 00 E8"))[0];
    assert_eq!((&shown["kind"], &shown["dangerous"]), (&"unknown".into(), &true.into()));
    assert_eq!(shown["raw"], "FB E8 00 00 00 00 00 00 00 00 00 00 E8");
}

#[test]
fn a_raw_stream_is_shown_by_offsets_and_counted() {
    let mut stream = vec![1, 2, 0xC0];
    for _ in 0..1_000 {
        stream.extend(IDLE_BYTES);
        stream.extend([0xC0, 0xFC, 0xC0]);
    }
    stream.extend([9; 5]);
    let output = decode(&["--json", "--raw"], &stream);
    let objects = objects(&output);
    assert_eq!((&objects[0]["offset"], &objects[999]["offset"]), (&2.into(), &(2 + 999 * 17).into()));
    assert_eq!((&objects[1_000]["error"], objects[0].get("line")), (&"unterminated".into(), None));
    assert_eq!(output.stderr, b"1000 frames, 1 damaged, 1002 bytes between frames\n");
}

#[test]
fn an_empty_file_is_no_failure() {
    let output = decode(&["--json"], b"");
    assert!(output.status.success() && output.stdout.is_empty() && output.stderr.is_empty(), "{output:?}");
}

#[test]
fn a_file_that_cannot_be_read_fails_with_one_line() {
    for path in ["/no/such/file", "/"] {
        let output = Command::new(env!("CARGO_BIN_EXE_twc-master")).args(["decode", path]).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(message.contains(path) && message.lines().count() == 1, "{message}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_reader_that_goes_away_ends_the_run_quietly() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_twc-master"))
        .args(["decode", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    // The child may be gone before it has read everything.
    let _ = child.stdin.take().unwrap().write_all(format!("{IDLE}\n").repeat(20_000).as_bytes());
    assert!(child.wait().unwrap().success());
    let mut message = String::new();
    child.stderr.take().unwrap().read_to_string(&mut message).unwrap();
    assert_eq!(message, "");
}
