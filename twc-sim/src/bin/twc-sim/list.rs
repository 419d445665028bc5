//! `scenarios`: what there is to run.

use std::fmt::Write as _;
use std::io::Write as _;

use twc_sim::scenario::{CATALOGUE, Scenario, by_name};

use crate::failure::Failure;

/// Lists the catalogue, or prints the file of one scenario.
pub(crate) fn list(name: Option<&str>) -> Result<(), Failure> {
    let mut text = String::new();
    match name {
        Some(name) => {
            let none = || Failure::Usage(format!("no scenario {name}; `twc-sim scenarios` lists them"));
            text.push_str(by_name(name).ok_or_else(none)?);
        }
        None => {
            for (name, file) in CATALOGUE.iter().copied() {
                let scenario =
                    Scenario::parse(file).map_err(|error| Failure::Internal(format!("{name}:{error}")))?;
                let pending = if scenario.is_pending() { " (pending: needs a budget)" } else { "" };
                // Writing into a string does not fail.
                let _ = writeln!(text, "{name:<24} {}{pending}", scenario.about);
            }
        }
    }
    // Nobody may be listening any more; that is no failure.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(())
}
