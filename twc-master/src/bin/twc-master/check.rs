//! `twc-master check FILE`: whether a configuration makes sense, and what was understood.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use twc_master::settings::Settings;

use crate::exit::Failure;

/// Checks a configuration and says what was understood.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The configuration
    #[arg(value_name = "FILE", required_unless_present = "schema")]
    file: Option<PathBuf>,
    /// Print the JSON schema of configurations instead, for editors
    #[arg(long, conflicts_with = "file")]
    schema: bool,
}

pub(crate) fn run(args: &CheckArgs) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let Some(file) = args.file.as_deref().filter(|_| !args.schema) else {
        return written(writeln!(out, "{}", Settings::schema()));
    };
    let settings = read(file)?;
    for line in settings.summary() {
        written(writeln!(out, "{line}"))?;
    }
    settings.notes.iter().try_for_each(|note| written(writeln!(io::stderr(), "note: {note}")))
}

/// Reads a configuration.
pub(crate) fn read(file: &Path) -> Result<Settings, Failure> {
    let shown = file.display();
    let text = fs::read_to_string(file).map_err(|error| Failure::config(format!("{shown}: {error}")))?;
    Settings::parse(&text).map_err(|error| Failure::config(format!("{shown}:{error}")))
}

/// Whoever reads the output may have gone; that is no failure of the check.
fn written(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::failed(error.to_string())),
        _ => Ok(()),
    }
}
