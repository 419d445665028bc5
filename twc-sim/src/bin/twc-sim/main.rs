//! `twc-sim`: simulated wall connectors for whoever writes or tests a master.

mod cli;
mod clock;
mod control;
mod expect;
mod failure;
mod link;
mod output;
mod port;
mod pty;
mod report;
mod serve;
mod tcp;
mod units;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let cli::Command::Serve(args) = cli::Cli::parse().command;
    match serve::serve(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.print();
            failure.exit_code()
        }
    }
}
