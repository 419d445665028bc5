//! `twc-sim serve --pty`: a terminal that outlives its clients.
#![cfg(all(unix, feature = "cli"))]

mod serve_common;

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::Signal;
use serve_common::{Client, Dir, SLAVE, Simulator, as_ordinary_user, eventually, is_link_ready, open, refused};
use twc_proto::Message;

#[test]
fn a_client_hears_linkreadys_and_answers_to_its_heartbeats() {
    let dir = Dir::new();
    let link = dir.path("bus");
    let simulator = Simulator::start(&["--pty", &link, "--speed", "5"]);
    assert_eq!(simulator.ready(), format!("ready pty={link}"));
    let mut client = Client::on_pty(&link);
    let heard = client.hear(is_link_ready);
    assert!(matches!(heard, Message::SlaveLinkReady(m) if m.slave == SLAVE), "{heard:?}");
    client.heartbeat(SLAVE, |answer| answer.master == serve_common::MASTER);
}

#[test]
fn a_limit_that_was_offered_shows_in_the_reports() {
    let dir = Dir::new();
    let link = dir.path("bus");
    let simulator = Simulator::start(&["--pty", &link, "--speed", "5", "--car", "--json"]);
    Client::on_pty(&link).heartbeat(SLAVE, |answer| answer.limit.value() == 1_600);
    let report = simulator.json(|report| report["limit_amps"] == 16.0);
    let keys: Vec<&str> = report.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["drawn_amps", "led", "limit_amps", "relay", "slave", "state", "time"]);
    assert_eq!(report["slave"], "3495");
    assert!(report["time"].is_f64() && report["state"].is_u64() && report["relay"].is_boolean(), "{report}");
}

#[test]
fn clients_come_and_go_however_they_end() {
    let dir = Dir::new();
    let link = dir.path("bus");
    let mut simulator = Simulator::start(&["--pty", &link, "--speed", "5"]);
    for _ in 0..3 {
        // The next comes at once, and once the simulator has noticed the end of the last.
        Client::on_pty(&link).heartbeat(SLAVE, |_| true);
        Client::on_pty(&link).heartbeat(SLAVE, |_| true);
        std::thread::sleep(Duration::from_millis(60));
    }
    let mut sleeper = std::process::Command::new("sh");
    let mut sleeper = sleeper.args(["-c", "exec 3<>\"$0\"; echo open; exec sleep 60", &link]);
    sleeper = sleeper.stdout(Stdio::piped());
    let mut sleeper = sleeper.spawn().unwrap();
    let mut opened = [0; 5];
    std::io::Read::read_exact(sleeper.stdout.as_mut().unwrap(), &mut opened).unwrap();
    sleeper.kill().unwrap();
    sleeper.wait().unwrap();
    Client::on_pty(&link).heartbeat(SLAVE, |_| true);
    assert!(simulator.is_running());
}

#[test]
fn what_a_client_says_before_it_hangs_up_at_once_is_heard() {
    let dir = Dir::new();
    let link = dir.path("bus");
    let mut simulator = Simulator::start(&["--pty", &link, "--speed", "5", "--car", "--json", "--control"]);
    simulator.json(|report| report["state"] == 4);
    // Said once, it must not meet a linkready on the bus: both would be garbled, as on a real one.
    simulator.command("silence 1 600");
    Client::on_pty(&link).send(serve_common::offer(SLAVE, 16));
    simulator.json(|report| report["limit_amps"] == 16.0);
}

#[test]
fn a_new_client_does_not_hear_what_the_last_one_left_unread_and_finds_a_raw_terminal() {
    let dir = Dir::new();
    let link = dir.path("bus");
    let _simulator = Simulator::start(&["--pty", &link, "--speed", "5"]);
    let idle = Client::on_pty(&link);
    let mut settings = rustix::termios::tcgetattr(idle.io()).unwrap();
    let raw = settings.local_modes;
    settings.local_modes |= rustix::termios::LocalModes::ICANON | rustix::termios::LocalModes::ECHO;
    rustix::termios::tcsetattr(idle.io(), rustix::termios::OptionalActions::Now, &settings).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    drop(idle);
    std::thread::sleep(Duration::from_millis(100));
    let mut client = Client::on_pty(&link);
    assert_eq!(rustix::termios::tcgetattr(client.io()).unwrap().local_modes, raw);
    assert_eq!(client.hear_within(Duration::from_millis(1), is_link_ready), None);
    client.hear(is_link_ready);
}

/// Whether an ordinary user can open it; `None` where that cannot be tried.
fn opens_for_ordinary_user(link: &str) -> Option<bool> {
    if !rustix::process::geteuid().is_root() {
        return Some(open(Path::new(link)).is_ok());
    }
    let mut shell = as_ordinary_user("env")?;
    let status = shell.args(["sh", "-c", "exec 3<>\"$0\"", link]).stderr(Stdio::null()).status().unwrap();
    Some(status.success())
}

fn check_exclusive_mode_is_cleared(link: &str) {
    let client = open(Path::new(link)).unwrap();
    rustix::termios::ioctl_tiocexcl(&client).unwrap();
    assert_ne!(opens_for_ordinary_user(link), Some(true), "exclusive mode works");
    drop(client);
    eventually("an ordinary user can open it again", || opens_for_ordinary_user(link) != Some(false));
    Client::on_pty(link).heartbeat(SLAVE, |_| true);
}

#[test]
fn exclusive_mode_goes_with_its_client() {
    let dir = Dir::new();
    let link = dir.path("bus");
    let mut simulator = Simulator::start(&["--pty", &link, "--speed", "5"]);
    check_exclusive_mode_is_cleared(&link);
    check_exclusive_mode_is_cleared(&link);
    assert!(simulator.terminate().success());
}

#[test]
fn exclusive_mode_goes_with_its_client_also_where_it_keeps_the_simulator_out() {
    let Some(mut program) = as_ordinary_user(env!("CARGO_BIN_EXE_twc-sim")) else {
        eprintln!("skipped: no ordinary user can run {}", env!("CARGO_BIN_EXE_twc-sim"));
        return;
    };
    let dir = Dir::new();
    let link = dir.path("bus");
    let mut simulator = Simulator::spawn(program.args(["serve", "--speed", "5", "--pty", &link]));
    check_exclusive_mode_is_cleared(&link);
    check_exclusive_mode_is_cleared(&link);
    assert!(simulator.terminate().success());
    assert!(Path::new(&link).symlink_metadata().is_err(), "the link it was turned to is removed");
}

#[test]
fn a_stale_link_is_replaced() {
    let dir = Dir::new();
    let link = dir.path("bus");
    symlink("/dev/pts/99999", &link).unwrap();
    let mut simulator = Simulator::start(&["--pty", &link, "--speed", "5"]);
    Client::on_pty(&link).hear(is_link_ready);
    simulator.signal(Signal::KILL);
    simulator.end();
    assert!(Path::new(&link).symlink_metadata().is_ok(), "a killed simulator leaves its link");
    drop(simulator);
    let _simulator = Simulator::start(&["--pty", &link, "--speed", "5"]);
    Client::on_pty(&link).hear(is_link_ready);
}

#[test]
fn other_files_are_left_alone() {
    let dir = Dir::new();
    let file = dir.write("precious", "text");
    let link = dir.path("link");
    symlink(&file, &link).unwrap();
    for path in [&file, &link, &dir.path("no/such/directory")] {
        let (code, error) = refused(&["--pty", path]);
        assert_eq!((code, error.lines().count()), (4, 1), "{error}");
        assert!(error.contains(path.as_str()), "{error}");
    }
    assert_eq!(std::fs::read_to_string(&link).unwrap(), "text");
}

#[test]
fn a_signal_removes_the_link_and_is_no_failure() {
    let dir = Dir::new();
    let link = dir.path("bus");
    for signal in [Signal::TERM, Signal::INT] {
        let mut simulator = Simulator::start(&["--pty", &link]);
        assert!(Path::new(&link).symlink_metadata().is_ok());
        simulator.signal(signal);
        assert!(simulator.end().success());
        assert!(Path::new(&link).symlink_metadata().is_err());
    }
}

#[test]
fn a_link_that_somebody_turned_elsewhere_stays() {
    let dir = Dir::new();
    let link = dir.path("bus");
    let mut simulator = Simulator::start(&["--pty", &link]);
    std::fs::remove_file(&link).unwrap();
    symlink("/elsewhere", &link).unwrap();
    assert!(simulator.terminate().success());
    assert_eq!(std::fs::read_link(&link).unwrap(), Path::new("/elsewhere"));
}
