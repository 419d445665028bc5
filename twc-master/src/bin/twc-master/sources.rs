//! Sources of lines: `exec:COMMAND`, a program that goes on printing, `file:PATH`, a file that is read whenever it was
//! written, and standard input. What the lines mean is the library's business, [`twc_master::steward::input`].
//!
//! A program that ends is started again: what it said before goes on ageing meanwhile, which is all that matters.

use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc::Sender;
use twc_master::settings::{PriceSettings, Settings};
use twc_master::steward::Prices;
use twc_master::steward::input::{Said, Source};

use crate::exit::Failure;

/// Before a program that has ended is started again.
const AGAIN: Duration = Duration::from_secs(5);
/// Between two looks at a file.
const LOOK: Duration = Duration::from_secs(1);
/// No line is longer.
const LONGEST_LINE: u64 = 65_536;
/// No file is longer.
const LONGEST_FILE: u64 = 1_048_576;

/// What a source said.
#[derive(Debug)]
pub(crate) struct Words {
    pub(crate) source: Source,
    text: String,
    first_line: usize,
    age: Duration,
    is_all: bool,
}

impl Words {
    pub(crate) fn said(&self) -> Said<'_> {
        let Self { text, first_line, age, is_all, .. } = self;
        Said { text, first_line: *first_line, age: *age, is_all: *is_all }
    }
}

/// Opens a source in a thread of its own, for as long as somebody takes what it says. A file is looked for from
/// `folder` on.
pub(crate) fn start(source: Source, spec: &str, folder: &Path, words: Sender<Words>) {
    if let Some(path) = spec.strip_prefix("file:") {
        let path = folder.join(path);
        thread::spawn(move || watch(source, &path, &words));
        return;
    }
    let command = spec.trim_start_matches("exec:").to_owned();
    thread::spawn(move || {
        while !words.is_closed() {
            match spawn(&command) {
                Ok(child) => attend(source, child, &words),
                Err(error) => eprintln!("twc-master: cannot start `{command}`: {error}"),
            }
            thread::sleep(AGAIN);
        }
    });
}

/// Reads orders from standard input, each with the name of whom it is for.
pub(crate) fn control(words: Sender<Words>) {
    thread::spawn(move || read(Source::Any, io::stdin().lock(), &words));
}

/// The prices of a file, and what it says: the one that is given, or the one that a configuration in `folder` names.
pub(crate) fn prices(
    given: Option<&Path>,
    settings: &Settings,
    folder: &Path,
) -> Result<Option<(Prices, Words)>, Failure> {
    let written = settings.prices.as_ref().and_then(|of| of.source.as_deref()?.strip_prefix("file:"));
    let Some(path) = given.map(Path::to_owned).or_else(|| Some(folder.join(written?))) else { return Ok(None) };
    let cannot = |error: io::Error| Failure::config(format!("{}: {error}", path.display()));
    let mut words = match file(Source::Prices, &path) {
        Ok(words) => words,
        Err(error) if given.is_none() => {
            eprintln!("twc-master: no price is known: {}: {error}", path.display());
            return Ok(None);
        }
        Err(error) => return Err(cannot(error)),
    };
    words.age = Duration::ZERO;
    let lasts = settings.prices.as_ref().map_or(PriceSettings::USUAL_LASTS, |of| of.lasts);
    let mut prices = Prices::new(lasts);
    for error in prices.handle_said(&words.said()) {
        eprintln!("{}: {error}", path.display());
    }
    Ok(Some((prices, words)))
}

/// All that a file says, where it can be read.
pub(crate) fn file(source: Source, path: &Path) -> io::Result<Words> {
    let file = fs::File::open(path)?;
    let written = file.metadata()?.modified()?;
    let mut text = String::new();
    file.take(LONGEST_FILE).read_to_string(&mut text)?;
    // One that was written in the future was written just now, by another clock.
    let age = SystemTime::now().duration_since(written).unwrap_or_default();
    Ok(Words { source, text, first_line: 1, age, is_all: true })
}

fn spawn(command: &str) -> io::Result<Child> {
    let mut words = command.split_whitespace();
    let program = words.next().unwrap_or_default();
    Command::new(program).args(words).stdin(Stdio::null()).stdout(Stdio::piped()).spawn()
}

fn attend(source: Source, mut child: Child, words: &Sender<Words>) {
    if let Some(stdout) = child.stdout.take() {
        read(source, BufReader::new(stdout), words);
    }
    // It may have ended by itself; then there is nothing to kill.
    let _ = child.kill();
    let _ = child.wait();
}

fn read(source: Source, mut lines: impl BufRead, words: &Sender<Words>) {
    let mut number = 0;
    while !words.is_closed() {
        let mut text = String::new();
        match lines.by_ref().take(LONGEST_LINE).read_line(&mut text) {
            Ok(1..) => {}
            Ok(0) | Err(_) => break,
        }
        number += 1;
        if text.trim().is_empty() {
            continue;
        }
        let said = Words { source, text, first_line: number, age: Duration::ZERO, is_all: false };
        // Of a meter or a battery a bus that is busy takes the next value; an order must not get lost.
        let is_value = matches!(source, Source::Meter(_) | Source::Battery);
        let _ = if is_value { words.try_send(said).is_ok() } else { words.blocking_send(said).is_ok() };
    }
}

fn watch(source: Source, path: &PathBuf, words: &Sender<Words>) {
    let mut known = None;
    while !words.is_closed() {
        let written = fs::metadata(path).and_then(|file| Ok((file.modified()?, file.len()))).ok();
        if written.is_some() && written != known {
            match file(source, path) {
                Ok(said) => drop(words.blocking_send(said)),
                Err(error) => eprintln!("twc-master: cannot read {}: {error}", path.display()),
            }
        }
        known = written;
        thread::sleep(LOOK);
    }
}
