//! `twc-master schedule preview FILE`: what the schedules of a configuration will do.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use twc_master::budget::schedule::{Demand, Rule, Schedule, Stretch};
use twc_master::settings::{ScheduleSettings, Settings, mode_name, shown};

use crate::check;
use crate::exit::Failure;
use crate::sources;

/// Looks at schedules.
#[derive(Debug, Args)]
pub(crate) struct ScheduleArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Prints what the schedules of a configuration do in the next days
    Preview(PreviewArgs),
}

#[derive(Debug, Args)]
struct PreviewArgs {
    /// The configuration
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// How many days, 1 to 366
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=366))]
    days: u16,
    /// From when, such as 2026-03-28T18:00:00+01:00; now otherwise
    #[arg(long, value_name = "TIME")]
    from: Option<Timestamp>,
    /// Prices, one JSON object per line, instead of the file that the configuration names
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
    /// One JSON object per line
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &ScheduleArgs) -> Result<(), Failure> {
    let Command::Preview(args) = &args.command;
    let mut settings = check::read(&args.file)?;
    if settings.schedules.is_empty() {
        return Err(Failure::config(format!("{} has no [schedule.NAME]", args.file.display())));
    }
    know_prices(args, &mut settings)?;
    let from = args.from.unwrap_or_else(Timestamp::now);
    let lasts = SignedDuration::from_hours(24 * i64::from(args.days));
    let to = from.checked_add(lasts).map_err(|error| Failure::usage(error.to_string()))?;
    let several = settings.schedules.len() > 1;
    let print = |of| if args.json { print_json(of, from, to) } else { print_text(of, from, to, several) };
    let shown = settings.schedules.iter().try_for_each(print);
    match shown {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::failed(error.to_string())),
        _ => Ok(()),
    }
}

/// Hands the schedules the prices that are known.
fn know_prices(args: &PreviewArgs, settings: &mut Settings) -> Result<(), Failure> {
    let folder = args.file.parent().unwrap_or(Path::new(""));
    if let Some((prices, _)) = sources::prices(args.prices.as_deref(), settings, folder)? {
        let series = prices.series();
        settings.schedules.iter_mut().for_each(|of| of.schedule.set_prices(series.clone()));
    }
    Ok(())
}

fn print_text(of: &ScheduleSettings, from: Timestamp, to: Timestamp, several: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if several {
        writeln!(out, "schedule {}", of.name)?;
    }
    for part in of.schedule.preview(from, to, Demand::default()) {
        writeln!(out, "{}  {}", of.schedule.local(part.from), describe(&of.schedule, &part))?;
    }
    writeln!(out, "{}  end of the preview", of.schedule.local(to))
}

fn print_json(of: &ScheduleSettings, from: Timestamp, to: Timestamp) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for part in of.schedule.preview(from, to, Demand::default()) {
        let line = json!({
            "schedule": of.name,
            "from": part.from.to_string(),
            "to": part.to.to_string(),
            "mode": mode_name(part.action.mode),
            "amps": part.action.amps.map(crate::amps::json),
            "because": because(&of.schedule, part.rule),
        });
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// `now, at most 10A: window 1, mon,tue 23:00-07:00`
fn describe(schedule: &Schedule, part: &Stretch) -> String {
    let amps = part.action.amps.map_or_else(String::new, |amps| format!(", at most {}", shown(amps)));
    format!("{}{amps}: {}", mode_name(part.action.mode), because(schedule, part.rule))
}

fn because(schedule: &Schedule, rule: Rule) -> String {
    match rule {
        Rule::Window(index) => schedule.windows().get(index).map_or_else(String::new, |window| {
            let (from, to) = window.times();
            format!("window {}, {} {from}-{to}", index + 1, window.days())
        }),
        Rule::Departure(index) => format!("departure {}, all the energy still to come", index + 1),
        Rule::Price(index) => schedule
            .price_rules()
            .get(index)
            .map_or_else(String::new, |rule| format!("price rule {}, at most {}", index + 1, price(rule.at_most))),
        Rule::Otherwise => "otherwise".to_owned(),
        Rule::ClockUnset => "the clock is not set, so otherwise holds".to_owned(),
    }
}

/// `0.12` of hundred thousandths.
fn price(hundred_thousandths: i64) -> String {
    let sign = if hundred_thousandths < 0 { "-" } else { "" };
    let size = hundred_thousandths.unsigned_abs();
    let text = format!("{sign}{}.{:05}", size / 100_000, size % 100_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
