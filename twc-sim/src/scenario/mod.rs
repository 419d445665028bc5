//! Scenarios: a house, its wall connectors and cars, what happens to them, and what is expected of a master.
//!
//! A scenario is a TOML file. [`Scenario::parse`] reads one, [`run`] runs it with anybody's master (a
//! [`Guest`](crate::Guest)), and the [`Outcome`] says what the judge saw and which expectations were kept. The master's own
//! settings, table `[master]`, are handed on unread.
//!
//! ```
//! use twc_sim::scenario::Scenario;
//!
//! let error = Scenario::parse("name = \"x\"\nabout = \"\"\nduraton = \"1min\"").unwrap_err();
//! assert_eq!((error.line(), error.suggestion()), (3, Some("did you mean `duration`?")));
//! ```

mod apply;
mod build;
mod catalogue;
mod error;
mod expect;
mod file;
mod household;
mod outcome;
mod record;
mod run;
mod site;
mod switches;
mod timeline;
pub mod units;
mod watch;

use core::time::Duration;

use twc_proto::CentiAmps;

pub use self::catalogue::{CATALOGUE, by_name};
pub use self::error::ScenarioError;
pub use self::expect::{Expectations, Finding};
pub use self::file::Need;
pub use self::outcome::Outcome;
pub use self::record::{FORMAT, Record, TraceError, VERSION};
pub use self::run::{Options, run, run_with};
pub use self::timeline::{Action, Timed, Visit};
pub use self::units::{Limit, WattHours, Watts};
pub use self::watch::Watch;
use crate::charger::ChargerConfig;
use crate::fault::FaultRates;
use crate::house::{HouseConfig, MeterConfig};

/// A checked scenario. Plain data: it can as well be made by a program.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// Short, and the name of its file.
    pub name: String,
    /// What it is about, for people.
    pub about: String,
    /// Which of the known pains it guards against.
    pub pains: Vec<u8>,
    /// Which of the known setups it stands for.
    pub setups: Vec<u8>,
    /// What a master must have before it can keep this; counted as pending until then.
    pub needs: Option<Need>,
    /// Decides every chance.
    pub seed: u64,
    /// How long it takes.
    pub duration: Duration,
    /// The continuous limit of the site: all chargers together.
    pub limit: Limit,
    /// Circuits below it.
    pub nodes: Vec<Node>,
    /// Everything around the chargers; `None` where nothing is.
    pub house: Option<HouseConfig>,
    /// How bad the line is at the start.
    pub fault: FaultRates,
    /// The master hears itself.
    pub echo: bool,
    /// Between master and bus, each way.
    pub delay: Duration,
    /// The units, in the order of their numbers.
    pub chargers: Vec<ChargerConfig>,
    /// How long a damaged frame that nobody could recognise excuses what truly flows; the judge's own idea otherwise.
    pub excuse: Option<Duration>,
    /// What happens, in the order of time.
    pub timeline: Vec<Timed>,
    /// What a master is held to, beside the rules that always hold.
    pub expect: Expectations,
    /// The master's own settings, unread.
    pub master: toml::Table,
}

impl Scenario {
    /// Reads a scenario file.
    ///
    /// # Errors
    /// The first thing that makes no sense, with its line, its key and, where that can be guessed, what was meant.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        build::build(text)
    }

    /// The limit in centiamps, as the judge wants it.
    pub(crate) fn limit_centiamps(&self) -> u32 {
        u32::from(self.limit.amps.value())
    }

    /// Whether a master that knows only a fixed limit can be asked to keep it.
    pub fn is_pending(&self) -> bool {
        self.needs.is_some()
    }
}

/// A circuit below the site with a limit of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it is called.
    pub name: String,
    /// The circuit that feeds it, by its place in [`Scenario::nodes`]; the site when `None`.
    pub fed_by: Option<usize>,
    /// Its continuous limit.
    pub limit: Limit,
    /// The chargers directly on it, by their index.
    pub chargers: Vec<usize>,
}

/// What a master is told before it starts.
#[derive(Debug, Clone, Copy)]
pub struct MasterSpec<'a> {
    /// The site: what all chargers share.
    pub limit: CentiAmps,
    /// Circuits below it.
    pub nodes: &'a [Node],
    /// The chargers as they are set up.
    pub chargers: &'a [ChargerConfig],
    /// The meters whose samples it will get, in the order of their ids.
    pub meters: &'a [MeterConfig],
    /// Between master and bus, each way; above zero it is a network converter.
    pub delay: Duration,
    /// The seed of the run.
    pub seed: u64,
    /// When it starts.
    pub now: twc_proto::Instant,
    /// The scenario's `[master]` table.
    pub settings: &'a toml::Table,
}
