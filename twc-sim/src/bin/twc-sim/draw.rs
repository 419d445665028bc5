//! `report`: a trace as one HTML file.

use std::io::{Read as _, Write as _};
use std::path::Path;

use twc_sim::report;
use twc_sim::scenario::Record;

use crate::cli::ReportArgs;
use crate::failure::Failure;
use crate::file;

/// Draws the trace.
pub(crate) fn draw(args: &ReportArgs) -> Result<(), Failure> {
    let name = args.trace.display();
    let text = trace(&args.trace)?;
    let records = Record::parse_all(&text).map_err(|error| Failure::Config(format!("{name}: {error}")))?;
    let page = report::html(&records).map_err(|error| Failure::Internal(format!("{name}: {error}")))?;
    if let Some(path) = &args.output {
        return std::fs::write(path, page)
            .map_err(|error| Failure::Internal(format!("cannot write {}: {error}", path.display())));
    }
    // Nobody may be listening any more; that is no failure.
    let _ = std::io::stdout().write_all(page.as_bytes());
    Ok(())
}

fn trace(path: &Path) -> Result<String, Failure> {
    if path != Path::new("-") {
        return file::read(path, "give a trace, made with --trace FILE");
    }
    let mut text = String::new();
    let read = std::io::stdin().read_to_string(&mut text);
    read.map_err(|error| Failure::Config(format!("cannot read standard input: {error}")))?;
    Ok(text)
}
