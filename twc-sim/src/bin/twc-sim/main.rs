//! `twc-sim`: simulated wall connectors for whoever writes or tests a master.

mod capture;
mod cli;
mod clock;
mod control;
mod draw;
mod expect;
mod failure;
mod file;
mod link;
mod list;
mod master;
mod output;
mod port;
mod pty;
mod replay;
mod report;
mod run;
mod serve;
mod tcp;
mod units;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let done = match cli::Cli::parse().command {
        cli::Command::Serve(args) => serve::serve(&args),
        cli::Command::Run(args) => run::run(&args),
        cli::Command::Replay(args) => replay::replay(&args),
        cli::Command::Report(args) => draw::draw(&args),
        cli::Command::Scenarios { name } => list::list(name.as_deref()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.print();
            failure.exit_code()
        }
    }
}
