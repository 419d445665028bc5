//! Files that are read, and what is said about those that cannot be.

use std::path::Path;

use twc_sim::scenario::{self, Scenario, ScenarioError};

use crate::failure::Failure;

/// The text of a file.
pub(crate) fn read(path: &Path, advice: &str) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .map_err(|error| Failure::Config(format!("cannot read {}: {error}; {advice}", path.display())))
}

/// File and line before what is wrong there.
pub(crate) fn located(path: &Path, error: &ScenarioError) -> Failure {
    Failure::Config(format!("{}:{error}", path.display()))
}

/// A scenario: a file, or the name of one in the catalogue.
pub(crate) fn scenario(path: &Path) -> Result<Scenario, Failure> {
    let in_catalogue = path.to_str().and_then(scenario::by_name);
    let text = match in_catalogue {
        Some(text) => text.to_owned(),
        None => read(path, "give a file, or a name `twc-sim scenarios` lists")?,
    };
    Scenario::parse(&text).map_err(|error| located(path, &error))
}
