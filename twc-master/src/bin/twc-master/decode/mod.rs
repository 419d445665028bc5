//! `twc-master decode`: what recorded frames say.
//!
//! | module | does |
//! |---|---|
//! | `input` | a text file into rows: line number, time, direction, hexadecimal digits |
//! | `table` | the same for CSV with a header |
//! | `message` | hexadecimal digits into findings: frames and damage |
//! | `stream` | raw bytes into findings |
//! | `output` | a finding into one JSON object or one line |
//! | `human` | what a message says, in words |

mod human;
mod input;
mod message;
pub(crate) mod output;
pub(crate) mod stream;
mod table;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::exit::Failure;
use output::{Origin, Output};
use stream::Tap;

/// Shows what recorded frames say, one line per frame
#[derive(Debug, Args)]
pub(crate) struct DecodeArgs {
    /// A text or CSV file with frames as hexadecimal digits; - reads standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// One JSON object per line
    #[arg(long)]
    json: bool,
    /// The file holds the bytes themselves, as a serial port delivered them
    #[arg(long)]
    raw: bool,
}

/// Why decoding ended early.
enum Broken {
    Input(io::Error),
    Output(io::Error),
}

pub(crate) fn run(args: &DecodeArgs) -> Result<(), Failure> {
    let unreadable = |error: io::Error| Failure::failed(format!("cannot read {}: {error}", args.file.display()));
    let input = open(&args.file).map_err(unreadable)?;
    let mut output = Output::new(args.json);
    let done = if args.raw { decode_bytes(input, &mut output) } else { decode_rows(input, &mut output) };
    match done {
        Ok(()) => Ok(()),
        Err(Broken::Input(error)) => Err(unreadable(error)),
        // Whoever read our output has seen enough.
        Err(Broken::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(Broken::Output(error)) => Err(Failure::failed(format!("cannot write: {error}"))),
    }
}

fn open(path: &Path) -> io::Result<Box<dyn BufRead>> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin().lock()));
    }
    Ok(Box::new(BufReader::new(File::open(path)?)))
}

fn decode_rows(input: impl BufRead, output: &mut Output) -> Result<(), Broken> {
    let mut rows = input::Rows::new(input);
    while let Some(row) = rows.next_row().map_err(Broken::Input)? {
        let origin = Origin {
            position: Some(("line", row.line)),
            time: row.time.clone().map(Into::into),
            direction: row.direction.clone(),
        };
        for finding in message::findings(&row) {
            output.line(&origin, &finding).map_err(Broken::Output)?;
        }
    }
    Ok(())
}

fn decode_bytes(mut input: impl BufRead, output: &mut Output) -> Result<(), Broken> {
    let mut tap = Tap::new();
    let show = |(offset, finding): (u64, output::Finding)| {
        let origin = Origin { position: Some(("offset", offset)), ..Origin::default() };
        output.line(&origin, &finding).map_err(Broken::Output)
    };
    loop {
        let chunk = match input.fill_buf() {
            Ok([]) => break,
            Ok(chunk) => chunk,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Broken::Input(error)),
        };
        let len = chunk.len();
        for found in chunk.iter().filter_map(|byte| tap.push(*byte)) {
            show(found)?;
        }
        input.consume(len);
    }
    if let Some(found) = tap.finish() {
        show(found)?;
    }
    let _ = writeln!(io::stderr(), "{}", tap.summary());
    Ok(())
}
