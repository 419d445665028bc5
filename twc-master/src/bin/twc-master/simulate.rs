//! `twc-master simulate`: a scenario with this master in it, as fast as the machine can.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use twc_master::settings::Settings;
use twc_master::steward::input::Source;
use twc_proto::Instant;
use twc_sim::report;
use twc_sim::scenario::{MasterSpec, Options, Record, run_with, units};

use crate::check;
use crate::exit::Failure;
use crate::guest::Hosted;
use crate::scenario;
use crate::sources::{self, Words};

/// Runs a scenario with this master and judges it.
#[derive(Debug, Args)]
pub(crate) struct SimulateArgs {
    /// A scenario file, a name that `twc-sim scenarios` lists, or `soak:SEED[:HOURS]`
    scenario: String,
    /// Another seed than the scenario's
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Let this configuration decide, instead of what the scenario says about its master
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Prices, one JSON object per line, instead of the configuration's source
    #[arg(long, value_name = "FILE", requires = "config")]
    prices: Option<PathBuf>,
    /// The civil time at which the simulation begins, such as 2026-03-28T00:00+01:00; 17 June 2026, midnight in the
    /// zone of the first schedule, otherwise
    #[arg(long, value_name = "TIME", requires = "config")]
    from: Option<Timestamp>,
    /// Print why every wall connector gets what it gets at this time of the run, such as 10h or 90min
    #[arg(long, value_name = "TIME", value_parser = units::span)]
    explain: Option<Duration>,
    /// The outcome as one JSON object
    #[arg(long)]
    json: bool,
    /// Write everything that happens to this file, one JSON object per line
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Draw the run into this HTML file
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

pub(crate) fn simulate(args: &SimulateArgs) -> Result<(), Failure> {
    let scenario = scenario::load(&args.scenario)?;
    let mut recording = Recording::start(args)?;
    let mut keep = |record: &Record| recording.keep(record);
    let wanted = args.trace.is_some() || args.report.is_some();
    let sink = if wanted { Some(&mut keep as &mut dyn FnMut(&Record)) } else { None };
    let seed = args.seed.unwrap_or(scenario.seed);
    let replay = format!("twc-master simulate {} --seed {seed}", args.scenario);
    let options = Options { seed: Some(seed), sink, replay };
    let settings = args.config.as_deref().map(check::read).transpose()?;
    let prices = settings.as_ref().map(|of| prices(args, of)).transpose()?.flatten();
    let said = Arc::new(Mutex::new(Vec::new()));
    let make = |spec: &MasterSpec<'_>, saved| {
        let mut hosted = match &settings {
            Some(settings) => Hosted::configured_from(spec, saved, settings.clone(), args.from)?,
            None => Hosted::new(spec, saved)?,
        };
        if let Some(prices) = &prices {
            hosted.hear(spec.now, Source::Prices, &prices.said());
        }
        if let Some(at) = args.explain {
            hosted.explain((Instant::ZERO + at, Arc::clone(&said)));
        }
        Ok::<_, String>(hosted)
    };
    let outcome = run_with(&scenario, options, make)
        .map_err(|error| Failure::config(format!("{}: {error}", args.scenario)))?;
    recording.finish(args)?;
    explain(args, &said)?;
    let text = if args.json { outcome.to_json() + "\n" } else { outcome.to_string() };
    // A reader that goes away early must not look like a failure.
    let _ = io::stdout().write_all(text.as_bytes());
    if outcome.is_kept() {
        return Ok(());
    }
    Err(Failure::failed(format!(
        "{} is broken; again: twc-master simulate {} --seed {}",
        outcome.scenario, args.scenario, outcome.seed
    )))
}

/// The prices of the file that is given, or that the configuration names. Programs are not run in a simulation.
fn prices(args: &SimulateArgs, settings: &Settings) -> Result<Option<Words>, Failure> {
    let folder = args.config.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
    Ok(sources::prices(args.prices.as_deref(), settings, folder)?.map(|(_, words)| words))
}

/// Prints what was said about the moment that was asked for; to where messages go, for the outcome is the data.
fn explain(args: &SimulateArgs, said: &Mutex<Vec<String>>) -> Result<(), Failure> {
    let Some(at) = args.explain else { return Ok(()) };
    let said = said.lock().map_err(|_| Failure::failed("nothing was explained"))?;
    if said.is_empty() {
        return Err(Failure::failed(format!(
            "nothing to explain at {at:?}: no configuration decides there, or no wall connector is known yet"
        )));
    }
    for sentence in said.iter() {
        let _ = writeln!(io::stderr(), "{sentence}");
    }
    Ok(())
}

/// What is written while it runs, and what is kept to be drawn.
struct Recording {
    trace: Option<BufWriter<File>>,
    failed: Option<io::Error>,
    drawn: Option<Vec<Record>>,
}

impl Recording {
    fn start(args: &SimulateArgs) -> Result<Self, Failure> {
        let open =
            |path: &PathBuf| File::create(path).map(BufWriter::new).map_err(|error| unwritten(path, &error));
        let trace = args.trace.as_ref().map(open).transpose()?;
        Ok(Self { trace, failed: None, drawn: args.report.as_ref().map(|_| Vec::new()) })
    }

    fn keep(&mut self, record: &Record) {
        if let Some(trace) = &mut self.trace {
            self.failed = self.failed.take().or(writeln!(trace, "{}", record.to_json()).err());
        }
        if let Some(drawn) = &mut self.drawn {
            drawn.push(record.clone());
        }
    }

    fn finish(self, args: &SimulateArgs) -> Result<(), Failure> {
        if let (Some(path), Some(mut trace)) = (&args.trace, self.trace) {
            let written = self.failed.map_or_else(|| trace.flush(), Err);
            written.map_err(|error| unwritten(path, &error))?;
        }
        if let (Some(path), Some(records)) = (&args.report, self.drawn) {
            let page = report::html(&records).map_err(|error| Failure::failed(error.to_string()))?;
            std::fs::write(path, page).map_err(|error| unwritten(path, &error))?;
        }
        Ok(())
    }
}

fn unwritten(path: &Path, error: &io::Error) -> Failure {
    Failure::failed(format!("cannot write {}: {error}", path.display()))
}
