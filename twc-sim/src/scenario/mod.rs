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
mod recorder;
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
use crate::checker::Service;
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
    /// What the master of each bus may share out, where that is less than the whole site.
    pub shares: Vec<Option<Limit>>,
    /// Buses beside the first one, each with a master of its own.
    pub others: Vec<OtherBus>,
    /// What the judge is told beside the circuits.
    pub demands: Demands,
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

    /// The chargers on one bus, as they are set up, in the order of their numbers.
    pub(crate) fn chargers_on(&self, bus: usize) -> Vec<ChargerConfig> {
        let is_there = |index: &usize| self.bus_of(*index) == bus;
        let indices = (0..self.chargers.len()).filter(is_there);
        indices.filter_map(|index| self.chargers.get(index).cloned()).collect()
    }

    /// The bus a charger is on, counted from 0.
    pub(crate) fn bus_of(&self, charger: usize) -> usize {
        self.others.iter().position(|bus| bus.chargers.contains(&charger)).map_or(0, |other| other + 1)
    }

    /// What the master of a bus may share out.
    pub(crate) fn share_of(&self, bus: usize) -> Limit {
        self.shares.get(bus).copied().flatten().unwrap_or(self.limit)
    }

    /// Whether a master that knows only a fixed limit can be asked to keep it.
    pub fn is_pending(&self) -> bool {
        self.needs.is_some()
    }
}

/// A bus beside the first one, in the same house.
#[derive(Debug, Clone, PartialEq)]
pub struct OtherBus {
    /// How bad its line is at the start.
    pub fault: FaultRates,
    /// Its master hears itself.
    pub echo: bool,
    /// Between its master and it, each way.
    pub delay: Duration,
    /// The chargers on it, by their index.
    pub chargers: Vec<usize>,
    /// The settings of its master; those of the first bus's when `None`.
    pub master: Option<toml::Table>,
}

/// What the judge of a scenario is told beside the circuits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Demands {
    /// How long a damaged frame that nobody could recognise excuses what truly flows; the judge's own idea otherwise.
    pub excuse: Option<Duration>,
    /// What the master owes beyond keeping limits; only what is expected otherwise.
    pub service: Option<Service>,
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
    /// The site: what all chargers share. With several buses, what this one's may share.
    pub limit: CentiAmps,
    /// Circuits below it.
    pub nodes: &'a [Node],
    /// The chargers of its bus as they are set up.
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
