//! Claim: `monitor` shows what passes, sends nothing, outlives its link, and ends in order.
#![cfg(all(feature = "app", target_os = "linux"))]

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::time::Duration;

use rustix::io::ioctl_fionbio;
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use serde_json::Value;

/// A linkready of slave 3495, as it stands on the wire.
const LINK_READY: &[u8] = b"\xC0\xFD\xE2\x34\x95\x81\x0C\x80\0\0\0\0\0\0\0\0\xB8\xC0\xFC";
/// The same with a wrong sum.
const DAMAGED: &[u8] = b"\xC0\xFD\xE2\x34\x95\x81\x0C\x80\0\0\0\0\0\0\0\0\xB9\xC0\xFC";

struct Monitor {
    child: Child,
    shown: BufReader<ChildStdout>,
    told: BufReader<ChildStderr>,
}

impl Monitor {
    fn start(link: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_twc-master"))
            .args(["monitor", "--json", "--link", link])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let shown = BufReader::new(child.stdout.take().unwrap());
        let told = BufReader::new(child.stderr.take().unwrap());
        Self { child, shown, told }
    }

    fn next_object(&mut self) -> Value {
        let mut line = String::new();
        self.shown.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    fn next_message(&mut self) -> String {
        let mut line = String::new();
        self.told.read_line(&mut line).unwrap();
        line
    }

    /// Sends the signal and returns the last words.
    fn stop(mut self, signal: Signal) -> String {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        let mut told = String::new();
        self.told.read_to_string(&mut told).unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(0), "{told}");
        told
    }
}

fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let link = format!("tcp://{}", listener.local_addr().unwrap());
    (listener, link)
}

/// Everything the other end ever sent; it has hung up.
fn heard(mut stream: TcpStream) -> Vec<u8> {
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    bytes
}

#[test]
fn frames_and_damage_are_shown_and_nothing_is_sent() {
    let (listener, link) = listen();
    let mut monitor = Monitor::start(&link);
    let (mut stream, _) = listener.accept().unwrap();
    stream.write_all(&LINK_READY[..7]).unwrap();
    stream.write_all(&LINK_READY[7..]).unwrap();
    let frame = monitor.next_object();
    assert_eq!((&frame["kind"], &frame["sender"]), (&"slave_linkready".into(), &"3495".into()));
    assert!(frame["time"].is_number(), "{frame}");
    stream.write_all(DAMAGED).unwrap();
    let damage = monitor.next_object();
    assert_eq!(damage["error"], "bad-checksum");
    assert_eq!(damage["raw_input"], "C0 FD E2 34 95 81 0C 80 00 00 00 00 00 00 00 00 B9 C0");
    let told = monitor.stop(Signal::TERM);
    assert!(told.contains("1 frames, 1 damaged, 1 bytes between frames"), "{told}");
    assert!(heard(stream).is_empty());
}

#[test]
fn a_lost_link_is_opened_again_and_half_a_frame_is_forgotten() {
    let (listener, link) = listen();
    let mut monitor = Monitor::start(&link);
    let (mut first, _) = listener.accept().unwrap();
    first.write_all(&LINK_READY[..10]).unwrap();
    drop(first);
    let (mut second, _) = listener.accept().unwrap();
    second.write_all(LINK_READY).unwrap();
    assert_eq!(monitor.next_object()["kind"], "slave_linkready");
    let told = monitor.stop(Signal::INT);
    assert!(told.contains("lost: ") && told.contains("open again"), "{told}");
    assert!(told.contains("1 frames, 0 damaged"), "{told}");
}

#[test]
fn a_signal_also_ends_the_wait_for_a_lost_link() {
    let (listener, link) = listen();
    let mut monitor = Monitor::start(&link);
    let (stream, _) = listener.accept().unwrap();
    drop((stream, listener));
    assert!(monitor.next_message().contains("listening on"));
    assert!(monitor.next_message().contains("lost: "));
    monitor.stop(Signal::TERM);
}

#[test]
fn a_serial_port_is_only_listened_to() {
    let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    ioctl_fionbio(&controller, true).unwrap();
    grantpt(&controller).unwrap();
    unlockpt(&controller).unwrap();
    let port = ptsname(&controller, Vec::new()).unwrap().into_string().unwrap();
    let mut bus = File::from(controller);
    let mut monitor = Monitor::start(&port);
    assert!(monitor.next_message().contains(&format!("listening on serial:{port}")));
    bus.write_all(LINK_READY).unwrap();
    assert_eq!(monitor.next_object()["sender"], "3495");
    let sent = bus.read(&mut [0; 64]);
    assert!(sent.as_ref().is_err_and(|error| error.kind() == ErrorKind::WouldBlock), "{sent:?}");
    monitor.stop(Signal::TERM);
}

#[test]
fn seconds_bound_the_run() {
    let (listener, link) = listen();
    let output = Command::new(env!("CARGO_BIN_EXE_twc-master"))
        .args(["monitor", "--link", &link, "--seconds", "1"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    let (stream, _) = listener.accept().unwrap();
    assert!(heard(stream).is_empty());
}

#[test]
fn no_link_at_the_start_exits_4_and_names_the_remedy() {
    for (link, hint) in [("serial:/dev/no-such-port", "/dev/serial/by-id"), ("tcp://127.0.0.1:1", "converter")] {
        let output =
            Command::new(env!("CARGO_BIN_EXE_twc-master")).args(["monitor", "--link", link]).output().unwrap();
        assert_eq!(output.status.code(), Some(4), "{output:?}");
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(message.contains(hint) && message.lines().count() == 1, "{message}");
        assert!(output.stdout.is_empty());
    }
}
