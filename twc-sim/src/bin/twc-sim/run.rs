//! `run`: a scenario with the model of a real master.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use twc_sim::scenario::{Options, Record, run_with};

use crate::cli::RunArgs;
use crate::failure::Failure;
use crate::file;
use crate::master;

/// Runs and judges it.
pub(crate) fn run(args: &RunArgs) -> Result<(), Failure> {
    let scenario = file::scenario(&args.scenario)?;
    let unwritten =
        |path: &Path, error: &io::Error| Failure::Internal(format!("cannot write {}: {error}", path.display()));
    let open = |path: &Path| File::create(path).map(BufWriter::new).map_err(|error| unwritten(path, &error));
    let mut trace = args.trace.as_deref().map(open).transpose()?;
    let mut written = Ok(());
    let mut keep = |record: &Record| {
        if let (Some(trace), Ok(())) = (&mut trace, &written) {
            written = writeln!(trace, "{}", record.to_json());
        }
    };
    let sink = if args.trace.is_some() { Some(&mut keep as &mut dyn FnMut(&Record)) } else { None };
    let seed = args.seed.unwrap_or(scenario.seed);
    let replay = format!("twc-sim run {} --seed {seed}", args.scenario.display());
    let options = Options { seed: Some(seed), sink, replay };
    let outcome = run_with(&scenario, options, |spec, _| Ok::<_, Failure>(master::for_spec(spec)))?;
    if let (Some(path), Some(mut trace)) = (&args.trace, trace) {
        written.and_then(|()| trace.flush()).map_err(|error| unwritten(path, &error))?;
    }
    let text = if args.json { outcome.to_json() + "\n" } else { outcome.to_string() };
    // Nobody may be listening any more; the exit code still tells.
    let _ = io::stdout().write_all(text.as_bytes());
    if outcome.is_kept() { Ok(()) } else { Err(Failure::Broken) }
}
