//! Claim: the scripts of examples/meters print what a configuration's meter understands, held against a gateway and a
//! Modbus meter that are made up here. Without Python nothing is claimed.
#![cfg(all(feature = "app", unix))]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

/// The first line that a script prints when it is pointed at `serve`; `None` where nobody can run it.
fn first_line(script: &str, scheme: &str, more: &[&str], serve: fn(TcpStream)) -> Option<String> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = format!("{scheme}{}", listener.local_addr().unwrap());
    thread::spawn(move || listener.incoming().flatten().for_each(serve));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/meters").join(script);
    let mut command = Command::new("python3");
    command.arg(path).arg(place).args(more).env_remove("ENVOY_TOKEN").stdout(Stdio::piped());
    let Ok(mut child) = command.spawn() else {
        println!("not run: there is no python3");
        return None;
    };
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    Some(line.trim().to_owned())
}

/// A gateway whose house exports.
fn envoy(mut link: TcpStream) {
    let _ = link.read(&mut [0; 4_096]);
    let body = r#"{"production": [{"type": "inverters", "wNow": 3000}], "consumption": [
        {"measurementType": "total-consumption", "activeCount": 1, "wNow": 1500.2},
        {"measurementType": "net-consumption", "activeCount": 1, "wNow": -1499.8}]}"#;
    let _ = write!(link, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
}

/// A device of the kind that `sunspec.py` reads: its common model of 4 registers, then a meter of model 203 with 230 V.
fn sunspec(mut link: TcpStream) {
    let mut registers = vec![0x5375_u16, 0x6E53, 1, 4, 0, 0, 0, 0, 203, 21];
    // 12.5 A, 3 A and nothing; the first phase imports 2,875 W, the second exports 690.
    registers.extend([155, 125, 30, 0, 0xFFFF, 0, 0, 0, 0, 0, 0, 0, 0, 0, 50, 0]);
    registers.extend([2_185, 2_875, 0_u16.wrapping_sub(690), 0, 0]);
    let mut asked = [0; 12];
    while link.read_exact(&mut asked).is_ok() {
        let word = |at: usize| usize::from(u16::from_be_bytes([asked[at], asked[at + 1]]));
        let (from, count) = (word(8) - 40_000, word(10));
        let mut answer = vec![asked[0], asked[1], 0, 0, 0, (3 + 2 * count) as u8, asked[6], 3, (2 * count) as u8];
        answer.extend(registers[from..from + count].iter().flat_map(|register| register.to_be_bytes()));
        if link.write_all(&answer).is_err() {
            return;
        }
    }
}

#[test]
fn a_gateways_export_is_negative_and_the_consumption_is_not_taken_for_it() {
    if let Some(line) = first_line("envoy.py", "http://", &["0.2"], envoy) {
        assert_eq!(line, r#"{"watts": -1499.8, "age": 0.0}"#);
    }
}

#[test]
fn a_modbus_meters_amperes_have_the_direction_of_their_phase() {
    if let Some(line) = first_line("sunspec.py", "", &["240", "0.2"], sunspec) {
        assert_eq!(line, r#"{"amps": [12.5, -3.0, 0.0], "watts": [2875, -690, 0]}"#);
    }
}
