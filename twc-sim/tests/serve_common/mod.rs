//! A running `twc-sim serve` and raw clients for it. Every wait is bounded.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::OFlags;
use rustix::process::{Pid, Signal};
use serde_json::Value;
use twc_proto::message::MasterHeartbeat;
use twc_proto::{CentiAmps, Command as Wish, Decoder, Envelope, Message, TwcId, Version};

/// The id of the master that the clients play.
pub const MASTER: TwcId = TwcId::new(0x7777);

/// The id of the first simulated slave.
pub const SLAVE: TwcId = TwcId::new(0x3495);

/// The longest wait for anything.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// A simulator that is killed when the test is over.
pub struct Simulator {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    ready: String,
}

impl Simulator {
    /// Starts `twc-sim serve` and waits until it is ready.
    pub fn start(args: &[&str]) -> Self {
        Self::spawn(Command::new(env!("CARGO_BIN_EXE_twc-sim")).arg("serve").args(args))
    }

    /// Starts any command that becomes a simulator.
    pub fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let stdin = child.stdin.take();
        let mut simulator = Self { child, stdin, lines, ready: String::new() };
        simulator.ready = simulator.line();
        simulator
    }

    /// What stands behind the `=` of the ready line.
    pub fn address(&self) -> &str {
        let (_, address) = self.ready.split_once('=').unwrap();
        address
    }

    pub fn ready(&self) -> &str {
        &self.ready
    }

    /// The next line on standard output.
    pub fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("a line in time")
    }

    /// The next JSON line that `wanted` takes.
    pub fn json(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            let value = serde_json::from_str(&self.line()).expect("JSON");
            if wanted(&value) {
                return value;
            }
        }
        panic!("no such line in time");
    }

    /// The answer to a command.
    pub fn command(&mut self, line: &str) -> Value {
        writeln!(self.stdin.as_ref().unwrap(), "{line}").unwrap();
        self.json(|value| value.get("ok").is_some() || value.get("error").is_some())
    }

    pub fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// Sends SIGTERM and waits for the end.
    pub fn terminate(&mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.end()
    }

    pub fn signal(&self, signal: Signal) {
        rustix::process::kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for the end.
    pub fn end(&mut self) -> ExitStatus {
        wait(&mut self.child)
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// The lines that are left after the end.
    pub fn rest(&self) -> Vec<String> {
        self.lines.iter().collect()
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs `twc-sim serve` that is expected to end by itself; exit code and standard error.
pub fn refused(args: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_twc-sim"));
    let command = command.arg("serve").args(args).stdin(Stdio::null()).stdout(Stdio::null());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let status = wait(&mut child);
    let mut text = String::new();
    child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    (status.code().unwrap(), text)
}

fn wait(child: &mut Child) -> ExitStatus {
    let until = Instant::now() + PATIENCE;
    loop {
        match child.try_wait().unwrap() {
            Some(status) => return status,
            None if Instant::now() > until => {
                let _ = child.kill();
                panic!("it does not end");
            }
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}

/// Tries again and again until `done`.
pub fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < until, "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A client with nothing but a decoder.
pub struct Client {
    io: OwnedFd,
    decoder: Decoder,
    waiting: Vec<Message>,
}

impl Client {
    pub fn on_pty(link: impl AsRef<Path>) -> Self {
        Self::new(open(link.as_ref()).unwrap().into())
    }

    pub fn on_tcp(address: &str) -> Self {
        Self::new(TcpStream::connect(address).unwrap().into())
    }

    fn new(io: OwnedFd) -> Self {
        Self { io, decoder: Decoder::new(), waiting: Vec::new() }
    }

    pub fn io(&self) -> &OwnedFd {
        &self.io
    }

    /// The next message that `wanted` takes, if it comes within `span`.
    pub fn hear_within(&mut self, span: Duration, wanted: impl Fn(&Message) -> bool) -> Option<Message> {
        let until = Instant::now() + span;
        loop {
            while !self.waiting.is_empty() {
                let message = self.waiting.remove(0);
                if wanted(&message) {
                    return Some(message);
                }
            }
            let left = until.checked_duration_since(Instant::now())?;
            self.read(left);
        }
    }

    /// The next message that `wanted` takes.
    pub fn hear(&mut self, wanted: impl Fn(&Message) -> bool) -> Message {
        self.hear_within(PATIENCE, wanted).expect("a message in time")
    }

    pub fn send(&self, message: Message) {
        let wire = Envelope::canonical(Version::P2, message).unwrap().to_wire();
        assert_eq!(rustix::io::write(&self.io, wire.as_ref()), Ok(wire.as_ref().len()));
    }

    /// Heartbeats `slave`, offering 16 A, until it answers as `wanted`.
    pub fn heartbeat(&mut self, slave: TwcId, wanted: impl Fn(&twc_proto::message::SlaveHeartbeat) -> bool) {
        eventually("an answer in time", || {
            self.send(offer(slave, 16));
            let answer = |message: &Message| matches!(message, Message::SlaveHeartbeat(m) if m.slave == slave);
            let heard = self.hear_within(Duration::from_millis(250), answer);
            matches!(heard, Some(Message::SlaveHeartbeat(answer)) if wanted(&answer))
        });
    }

    fn read(&mut self, left: Duration) {
        let timeout = Timespec::try_from(left).unwrap();
        let mut polled = [PollFd::new(&self.io, PollFlags::IN)];
        if rustix::event::poll(&mut polled, Some(&timeout)).unwrap() == 0 {
            return;
        }
        let mut buffer = [0; 256];
        let len = rustix::io::read(&self.io, &mut buffer).unwrap();
        assert!(len > 0, "the simulator hung up");
        let mut bytes = &buffer[..len];
        while let Some(outcome) = self.decoder.decode(&mut bytes) {
            self.waiting.extend(outcome.map(|received| received.message()).ok());
        }
    }
}

/// A heartbeat that sets a limit.
pub fn offer(slave: TwcId, amps: u16) -> Message {
    Message::MasterHeartbeat(MasterHeartbeat::with_limit(MASTER, slave, Wish::LIMIT, CentiAmps::from_amps(amps)))
}

pub fn is_link_ready(message: &Message) -> bool {
    matches!(message, Message::SlaveLinkReady(_))
}

#[allow(clippy::cast_possible_wrap, reason = "a flag, far from the sign bit")]
const NOCTTY: i32 = OFlags::NOCTTY.bits() as i32;

/// Opens a terminal as a master would.
pub fn open(link: &Path) -> std::io::Result<File> {
    File::options().read(true).write(true).custom_flags(NOCTTY).open(link)
}

/// An empty directory that everybody may write to, gone with the test.
pub struct Dir(PathBuf);

impl Dir {
    pub fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("twc-sim-test-{}-{number}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o777)).unwrap();
        Self(path)
    }

    pub fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    pub fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A command that runs as an ordinary user: by `setpriv` where we are root, else as it is. `None` where that
/// cannot be done.
pub fn as_ordinary_user(program: &str) -> Option<Command> {
    if !rustix::process::geteuid().is_root() {
        return Some(Command::new(program));
    }
    let setpriv = || {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups", "--bounding-set=-all", "--"]);
        command
    };
    let works = setpriv().args([program, "--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    works.is_ok_and(|status| status.success()).then(|| {
        let mut command = setpriv();
        command.arg(program);
        command
    })
}
