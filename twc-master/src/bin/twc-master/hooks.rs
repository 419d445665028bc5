//! Runs the programs that a steward calls for, each in a thread of its own: nothing here can keep a heartbeat waiting.
//!
//! There is no shell unless the configuration names one. A program finds `TWC_SLAVE`, `TWC_NAME`, `TWC_WANTED` and
//! `TWC_REASON` in its environment, nothing on its standard input, and our standard error as its output. One that does
//! not end in time is ended with its children.

use std::io::{self, BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::Sender;
use twc_master::HookOutcome;
use twc_master::settings::Program;
use twc_master::steward::{Call, Wanted};
use twc_proto::TwcId;

/// Between two looks whether a program has ended.
const LOOK: Duration = Duration::from_millis(20);
/// What a program that reads a contact says is one word.
const LONGEST_WORD: u64 = 64;

/// What a program came to.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) slave: TwcId,
    pub(crate) wanted: Wanted,
    pub(crate) outcome: HookOutcome,
    /// What went wrong, or what was done.
    pub(crate) text: String,
}

/// Runs what is called for and reports to `ended`, within twice the programs' deadlines.
pub(crate) fn start(call: Call, ended: &Sender<Ended>) {
    let (slave, wanted) = (call.slave, call.wanted);
    let reports = ended.clone();
    let spawned = thread::Builder::new().name("twc-hook".into()).spawn(move || {
        let (outcome, text) = carry_out(&call);
        // Nobody listens any more when the program is about to end.
        let _ = reports.blocking_send(Ended { slave, wanted, outcome, text });
    });
    if let Err(error) = spawned {
        let text = format!("cannot run anything: {error}");
        let _ = ended.try_send(Ended { slave, wanted, outcome: HookOutcome::Failed, text });
    }
}

fn carry_out(call: &Call) -> (HookOutcome, String) {
    let Call { slave, wanted, .. } = call;
    match run(&call.program, call, Stdio::null()) {
        Ok((status, _)) if status.success() => {}
        Ok((status, _)) => {
            return (HookOutcome::Failed, format!("{} for {slave}: {status}", call.program));
        }
        Err(why) => return (HookOutcome::Failed, format!("{} for {slave}: {why}", call.program)),
    }
    let done = format!("{} for {slave}: done ({})", call.program, wanted.name());
    let Some(feedback) = &call.feedback else { return (HookOutcome::Done, done) };
    match run(feedback, call, Stdio::piped()) {
        Ok((status, said)) if status.success() && said.trim() == "open" => {
            (HookOutcome::ShownOpen, format!("{done}, and its contact is open"))
        }
        Ok((status, said)) => {
            (HookOutcome::Done, format!("{done}, but {feedback} says `{}`, {status}", said.trim()))
        }
        Err(why) => (HookOutcome::Done, format!("{done}, but {feedback}: {why}")),
    }
}

/// Runs a program to its end, or to its deadline.
fn run(program: &Program, call: &Call, output: Stdio) -> Result<(ExitStatus, String), String> {
    let deadline = Instant::now() + program.deadline;
    let mut child = spawn(program, call, output).map_err(|error| format!("cannot be started: {error}"))?;
    // A word fits into the pipe, so the program never waits for us to read it.
    let out = child.stdout.take();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => {
                let said = out.map_or_else(String::new, word);
                return Ok((status, said));
            }
            Ok(None) if Instant::now() < deadline => thread::sleep(LOOK),
            Ok(None) => {
                end(child);
                return Err("has not ended in time and was ended".to_owned());
            }
            Err(error) => {
                end(child);
                return Err(error.to_string());
            }
        }
    }
}

/// Its first line; a child that it left behind may hold the pipe open.
fn word(out: impl Read) -> String {
    let mut said = String::new();
    let _ = BufReader::new(out.take(LONGEST_WORD)).read_line(&mut said);
    said
}

fn spawn(program: &Program, call: &Call, output: Stdio) -> io::Result<Child> {
    let (name, arguments) = program.command.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let mut command = Command::new(name);
    command.args(arguments).stdin(Stdio::null()).stdout(output);
    command.env("TWC_SLAVE", call.slave.to_string()).env("TWC_NAME", call.name.as_deref().unwrap_or_default());
    command.env("TWC_WANTED", call.wanted.name()).env("TWC_REASON", &call.reason);
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.spawn()
}

/// Ends it with its children, and does not wait for one that cannot be ended.
fn end(mut child: Child) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        // It may have ended this moment.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.kill();
    let _ = thread::Builder::new().spawn(move || child.wait());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(command: &[&str], deadline: Duration) -> Call {
        let program = program(command, deadline);
        let reason = "manual order: off".to_owned();
        let (name, wanted) = (Some("garage".to_owned()), Wanted::Stop);
        Call { slave: TwcId::new(0x3495), name, wanted, reason, program, feedback: None }
    }

    fn program(command: &[&str], deadline: Duration) -> Program {
        Program { command: command.iter().map(|&word| word.to_owned()).collect(), deadline }
    }

    const SOON: Duration = Duration::from_secs(10);

    #[test]
    fn a_program_finds_who_what_and_why_and_its_exit_code_is_its_word() {
        let says = r#"test "$TWC_SLAVE $TWC_NAME $TWC_WANTED $TWC_REASON" = "3495 garage stop manual order: off""#;
        assert_eq!(carry_out(&call(&["/bin/sh", "-c", says], SOON)).0, HookOutcome::Done);
        let (outcome, text) = carry_out(&call(&["/bin/sh", "-c", "exit 3"], SOON));
        assert_eq!(outcome, HookOutcome::Failed);
        assert!(text.contains("exit status: 3"), "{text}");
    }

    #[test]
    fn there_is_no_shell_and_a_missing_program_has_failed() {
        assert_eq!(carry_out(&call(&["/bin/echo", ";", "exit", "3"], SOON)).0, HookOutcome::Done);
        let (outcome, text) = carry_out(&call(&["/nowhere/at-all"], SOON));
        assert_eq!(outcome, HookOutcome::Failed);
        assert!(text.contains("cannot be started"), "{text}");
    }

    #[test]
    fn one_that_hangs_is_ended_with_its_children() {
        let folder = std::env::temp_dir().join(format!("twc-hook-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let left = folder.join("left");
        let script = format!("(sleep 2; touch {}) & wait", left.display());
        let begun = Instant::now();
        let (outcome, text) = carry_out(&call(&["/bin/sh", "-c", &script], Duration::from_millis(300)));
        assert!(begun.elapsed() < Duration::from_millis(1_500), "{:?}", begun.elapsed());
        assert_eq!(outcome, HookOutcome::Failed);
        assert!(text.contains("not ended in time"), "{text}");
        thread::sleep(Duration::from_millis(2_500));
        assert!(!left.exists(), "a child went on");
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn only_a_contact_that_reads_open_is_proof() {
        let with = |says: &[&str]| {
            let call = call(&["/bin/true"], SOON);
            carry_out(&Call { feedback: Some(program(says, SOON)), ..call }).0
        };
        assert_eq!(with(&["/bin/echo", "open"]), HookOutcome::ShownOpen);
        assert_eq!(with(&["/bin/echo", "closed"]), HookOutcome::Done);
        assert_eq!(with(&["/bin/sh", "-c", "echo open; exit 1"]), HookOutcome::Done);
        assert_eq!(with(&["/nowhere/at-all"]), HookOutcome::Done);
    }
}
