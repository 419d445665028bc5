//! The real programs against each other: `twc-master run` and `twc-sim serve`.
#![allow(dead_code)]

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// A running program whose output is read line by line, with a bound on every wait.
pub(crate) struct Program {
    pub(crate) child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    seen: Vec<String>,
}

impl Program {
    pub(crate) fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let stdin = child.stdin.take();
        Self { child, stdin, lines, seen: Vec::new() }
    }

    /// The first line from now on for which `wanted` says something.
    #[track_caller]
    pub(crate) fn wait_for<T>(&mut self, seconds: u64, wanted: impl Fn(&str) -> Option<T>) -> T {
        let end = Instant::now() + Duration::from_secs(seconds);
        while let Ok(line) = self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
            let found = wanted(&line);
            self.seen.push(line);
            if let Some(found) = found {
                return found;
            }
        }
        panic!("nothing of the kind within {seconds} s; seen:\n{}", self.seen.join("\n"));
    }

    /// Waits until the events of a master, in any order, have all been seen once each.
    #[track_caller]
    pub(crate) fn wait_for_events(&mut self, seconds: u64, wanted: &[(&str, &str, Option<f64>)]) {
        let mut left: Vec<_> = wanted.to_vec();
        let matches = |line: &str, (event, slave, amps): &(&str, &str, Option<f64>)| {
            let Ok(value) = serde_json::from_str::<Value>(line) else { return false };
            let shown = value.get("to_amps").or(value.get("limit_amps")).and_then(Value::as_f64);
            value["event"] == *event && value["slave"] == *slave && (amps.is_none() || shown == *amps)
        };
        let end = Instant::now() + Duration::from_secs(seconds);
        while !left.is_empty() {
            let Ok(line) = self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) else {
                panic!("still missing {left:?}; seen:\n{}", self.seen.join("\n"));
            };
            left.retain(|wanted| !matches(&line, wanted));
            self.seen.push(line);
        }
    }

    pub(crate) fn say(&mut self, line: &str) {
        writeln!(self.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    /// kill -9.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn terminate(&mut self) -> ExitStatus {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.child.wait().unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The simulator's program. A workspace build puts it beside ours; otherwise it is built now.
fn twc_sim() -> PathBuf {
    let path = PathBuf::from(env!("CARGO_BIN_EXE_twc-master")).with_file_name("twc-sim");
    if !path.exists() {
        let built = Command::new(env!("CARGO")).args(["build", "-q", "-p", "twc-sim"]).status().unwrap();
        assert!(built.success() && path.exists(), "no twc-sim at {}", path.display());
    }
    path
}

/// Three chargers with cars; returns the program and what its ready line says after `pty=` or `tcp=`.
pub(crate) fn serve(link: &[&str], more: &[&str]) -> (Program, String) {
    let mut command = Command::new(twc_sim());
    command.arg("serve").args(link).args(["--slaves", "3", "--car", "--json"]).args(more);
    let mut sim = Program::start(command);
    let place = sim.wait_for(10, |line| line.strip_prefix("ready ")?.split_once('=').map(|(_, at)| at.to_owned()));
    (sim, place)
}

pub(crate) fn run(link: &str, state: &std::path::Path) -> Program {
    let mut command = Command::new(env!("CARGO_BIN_EXE_twc-master"));
    command.args(["run", "--link", link, "--limit", "40A", "--max-per-slave", "32A", "--expect-slaves", "3"]);
    command.arg("--json").arg("--state").arg(state);
    Program::start(command)
}

/// All three follow their equal share.
pub(crate) const SHARED: [(&str, &str, Option<f64>); 3] = [
    ("slave-changed", "3495", Some(14.0)),
    ("slave-changed", "3496", Some(13.0)),
    ("slave-changed", "3497", Some(13.0)),
];

/// A directory of this test's own.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let directory = std::env::temp_dir().join(format!("twc-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).unwrap();
    directory
}
