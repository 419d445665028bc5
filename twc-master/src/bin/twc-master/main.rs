//! A load-sharing master for Tesla Wall Connectors Gen 2, and tools to look at their bus.

mod amps;
mod check;
mod decode;
mod demo;
mod exit;
mod follow;
mod guest;
mod hooks;
mod link;
mod monitor;
mod orders;
mod report;
mod run;
mod scenario;
mod schedule;
mod sim_link;
mod simulate;
mod soak;
mod sources;
mod state;
mod stop;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Shares a current limit among Tesla Wall Connectors Gen 2 over their RS-485 bus.
#[derive(Debug, Parser)]
#[command(name = "twc-master", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::DemoArgs),
    Simulate(simulate::SimulateArgs),
    Soak(soak::SoakArgs),
    Run(run::RunArgs),
    Check(check::CheckArgs),
    Schedule(schedule::ScheduleArgs),
    Monitor(monitor::MonitorArgs),
    Decode(decode::DecodeArgs),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match &cli.command {
        Command::Demo(args) => demo::demo(args),
        Command::Simulate(args) => simulate::simulate(args),
        Command::Soak(args) => soak::soak(args),
        Command::Run(args) => run::run(args),
        Command::Check(args) => check::run(args),
        Command::Schedule(args) => schedule::run(args),
        Command::Monitor(args) => monitor::run(args),
        Command::Decode(args) => decode::run(args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Nobody may be listening any more; that is no reason to panic.
            let _ = writeln!(io::stderr(), "twc-master: {failure}");
            ExitCode::from(failure.code())
        }
    }
}
