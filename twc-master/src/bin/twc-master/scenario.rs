//! Scenarios by file, by their name in the simulator's catalogue, or as a world of the soak.

use std::path::Path;
use std::time::Duration;

use twc_sim::scenario::{Scenario, by_name};
use twc_sim::soak;

use crate::exit::Failure;

/// The scenario called `name`, the one in the file of that name, or for `soak:SEED` or `soak:SEED:HOURS` that world.
pub(crate) fn load(name: &str) -> Result<Scenario, Failure> {
    if let Some(world) = name.strip_prefix("soak:") {
        return soaked(world).ok_or_else(|| {
            Failure::config(format!("{name}: give a seed and perhaps hours, like soak:7 or soak:7:24"))
        });
    }
    let text = match by_name(name) {
        Some(text) => text.to_owned(),
        None => std::fs::read_to_string(Path::new(name)).map_err(|error| {
            Failure::config(format!("cannot read {name}: {error}; give a file or a name of `twc-sim scenarios`"))
        })?,
    };
    Scenario::parse(&text).map_err(|error| Failure::config(format!("{name}:{error}")))
}

fn soaked(world: &str) -> Option<Scenario> {
    let (seed, hours) = world.split_once(':').unwrap_or((world, "1"));
    let hours: u64 = hours.parse().ok().filter(|hours| (1..=168).contains(hours))?;
    Some(soak::scenario(seed.parse().ok()?, Duration::from_secs(hours * 3_600)))
}
