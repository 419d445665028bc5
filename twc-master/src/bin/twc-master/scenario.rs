//! Scenarios by file or by their name in the simulator's catalogue.

use std::path::Path;

use twc_sim::scenario::{Scenario, by_name};

use crate::exit::Failure;

/// The scenario called `name`, or in the file of that name.
pub(crate) fn load(name: &str) -> Result<Scenario, Failure> {
    let text = match by_name(name) {
        Some(text) => text.to_owned(),
        None => std::fs::read_to_string(Path::new(name)).map_err(|error| {
            Failure::config(format!("cannot read {name}: {error}; give a file or a name of `twc-sim scenarios`"))
        })?,
    };
    Scenario::parse(&text).map_err(|error| Failure::config(format!("{name}:{error}")))
}
