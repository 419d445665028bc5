//! What a run of `serve` is expected to have shown, and the verdict.

use std::fmt;
use std::path::Path;

use serde::Serialize;
use twc_proto::Instant;
use twc_sim::World;
use twc_sim::scenario::{Expectations, Finding, Watch};

use crate::failure::Failure;
use crate::file;

/// The outcome.
#[derive(Debug, Serialize)]
pub(crate) struct Verdict {
    verdict: &'static str,
    expectations: Vec<Finding>,
}

/// Reads the `[expect]` table of `path`; the other tables of the file are left alone.
pub(crate) fn read(path: &Path) -> Result<Watch, Failure> {
    let text = file::read(path, "give --expect a TOML file")?;
    let expectations = Expectations::parse(&text).map_err(|error| file::located(path, &error))?;
    let none = || Failure::Config(format!("{} has no table [expect]; see `twc-sim serve --help`", path.display()));
    expectations.map(Watch::new).ok_or_else(none)
}

impl Verdict {
    /// What became of it all.
    pub(crate) fn of(watch: &Watch, now: Instant, world: &World) -> Self {
        let expectations = watch.findings(now, world);
        let kept = expectations.iter().all(|finding| finding.ok);
        Self { verdict: if kept { "kept" } else { "broken" }, expectations }
    }

    /// Whether every expectation was kept.
    pub(crate) fn is_kept(&self) -> bool {
        self.expectations.iter().all(|finding| finding.ok)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "verdict {}", self.verdict)?;
        self.expectations.iter().try_for_each(|finding| write!(f, "; {finding}"))
    }
}
