//! What people write: a configuration in TOML, with units and names, checked before anything runs.
//!
//! ```
//! use twc_master::settings::Settings;
//!
//! let settings = Settings::parse(
//!     r#"
//!     [site]
//!     continuous_limit = "3x20A"
//!
//!     [[slave]]
//!     id = "3495"
//!     continuous_limit = "16A"
//!     "#,
//! )?;
//! assert_eq!(settings.slaves.len(), 1);
//! let wrong = Settings::parse("[site]\ncontinuous_limt = \"40A\"").unwrap_err();
//! assert_eq!((wrong.line(), wrong.suggestion()), (2, Some("did you mean `continuous_limit`?")));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The file is read-only for the program: nothing at run time raises a limit that stands here.

mod build;
mod config;
mod error;
mod file;
mod hook;
mod meter;
mod slave;
mod source;
mod summary;
mod time;
mod units;
mod value;
mod vehicle;
mod wiring;

use core::time::Duration;
use std::string::String;
use std::vec::Vec;

use serde::Deserialize;
use twc_proto::{CentiAmps, TwcId, Vin};

pub use self::error::SettingsError;
pub(crate) use self::meter::MOST_PARTS;
pub use self::units::{BatterySign, Sign, Values, amps, mode, mode_name, shown, span};

use self::file::File;
use crate::budget::PhaseSet;
use crate::budget::house::HouseConfig;
use crate::budget::meter::MeterConfig;
use crate::budget::phase_switch::PhaseSwitchConfig;
use crate::budget::plan::Mode;
use crate::budget::schedule::Schedule;
use crate::budget::surplus::{MeterKind, SurplusConfig};
use crate::share::Any;
use crate::{Profile, Strategy};

/// A configuration that makes sense.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the bus is, where that is written.
    pub link: Option<String>,
    /// Our id, where that is written.
    pub id: Option<TwcId>,
    /// The limit that all share.
    pub site: CircuitSettings,
    /// Volts between phase and neutral.
    pub volts: u16,
    /// How wall connectors share.
    pub share: Any,
    /// Circuits below the site.
    pub circuits: Vec<CircuitSettings>,
    /// The wall connectors.
    pub slaves: Vec<SlaveSettings>,
    /// Cars that are known by their VIN.
    pub vehicles: Vec<VehicleSettings>,
    /// Cars that are not, where something is written about them.
    pub guest: Option<VehicleSettings>,
    /// The meters.
    pub meters: Vec<MeterSettings>,
    /// How the sun is used.
    pub surplus: Option<SurplusSettings>,
    /// Where the home battery's values come from, where there is one.
    pub battery: Option<BatterySettings>,
    /// The schedules.
    pub schedules: Vec<ScheduleSettings>,
    /// Where prices come from.
    pub prices: Option<PriceSettings>,
    /// Limits that others order.
    pub caps: Vec<CapSettings>,
    /// Where orders by people come from.
    pub orders: Option<String>,
    /// What is legal and perhaps not meant.
    pub notes: Vec<String>,
}

/// A circuit, or the site.
#[derive(Debug, Clone)]
pub struct CircuitSettings {
    /// Its name.
    pub name: String,
    /// Its continuous limit on each phase.
    pub limit: CentiAmps,
    /// The circuit above it, as an index into [`Settings::circuits`]; `None` is the site.
    pub fed_by: Option<usize>,
    /// What protects it where others load it too.
    pub house: Option<HouseSettings>,
}

/// A limit that a meter watches.
#[derive(Debug, Clone, Copy)]
pub struct HouseSettings {
    /// The meter, as an index into [`Settings::meters`].
    pub meter: usize,
    /// For [`crate::budget::house::House`].
    pub config: HouseConfig,
}

/// A wall connector.
#[derive(Debug, Clone)]
pub struct SlaveSettings {
    /// Its id.
    pub id: TwcId,
    /// What people call it.
    pub name: Option<String>,
    /// Its circuit, as an index into [`Settings::circuits`]; `None` is the site.
    pub circuit: Option<usize>,
    /// What its own wiring carries.
    pub limit: CentiAmps,
    /// The phases it is connected to.
    pub phases: PhaseSet,
    /// Whether the phases are written down and not assumed.
    pub phases_known: bool,
    /// The kind of its car.
    pub car: &'static Profile,
    /// How its car is stopped; `None` for what car and unit want.
    pub stop: Option<Strategy>,
    /// The least its car charges with.
    pub minimum: CentiAmps,
    /// The most it is to have.
    pub maximum: CentiAmps,
    /// The higher is served first.
    pub priority: u8,
    /// How it charges.
    pub mode: Mode,
    /// The schedule it follows, as an index into [`Settings::schedules`].
    pub schedule: Option<usize>,
    /// What stops its car where that is somebody else's work.
    pub hook: Option<HookSettings>,
    /// What is run when its car may charge again and does not.
    pub on_resume: Option<ResumeSettings>,
    /// What takes two of its phases away.
    pub phase_switch: Option<PhaseSwitchSettings>,
}

/// How a car is served; what is `None` is as its wall connector says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VehicleSettings {
    /// What people call it.
    pub name: String,
    /// Its VIN; a guest has none.
    pub vin: Option<Vin>,
    /// Its kind.
    pub car: Option<&'static Profile>,
    /// Whether it may charge.
    pub allow: bool,
    /// How it charges, with the schedule that it follows.
    pub mode: Option<(Mode, Option<usize>)>,
    /// The least it charges with.
    pub minimum: Option<CentiAmps>,
    /// The most it is to have; its wall connector's maximum holds beside it.
    pub maximum: Option<CentiAmps>,
    /// The higher is served first.
    pub priority: Option<u8>,
}

/// A switch in front of a wall connector that leaves it one phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhaseSwitchSettings {
    /// What moves it.
    pub program: Program,
    /// Its interlock.
    pub config: PhaseSwitchConfig,
    /// Where it is to stand.
    pub uses: PhaseUse,
}

/// How many phases a wall connector behind such a switch is to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PhaseUse {
    /// As the sun calls for; all without it.
    #[default]
    Auto,
    /// One.
    One,
    /// All.
    Three,
}

/// A program that is run now and then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// The program and its arguments; the first is there.
    pub command: Vec<String>,
    /// After so long it is ended and has failed.
    pub deadline: Duration,
}

/// What stops a car and lets it go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookSettings {
    /// What is run for both.
    pub program: Program,
    /// It takes away the wall connector's supply.
    pub contactor: bool,
    /// Reads whether the contactor is open.
    pub feedback: Option<Program>,
}

/// What wakes a car.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResumeSettings {
    /// What is run.
    pub program: Program,
    /// So long the car may take to draw by itself.
    pub after: Duration,
}

/// A meter.
#[derive(Debug, Clone)]
pub struct MeterSettings {
    /// Its name.
    pub name: String,
    /// Where its values come from.
    pub source: Option<String>,
    /// The meters whose sum it is, as indices into [`Settings::meters`], with whether they come off; none of one with
    /// values of its own.
    pub parts: Vec<(usize, bool)>,
    /// Which way it counts.
    pub sign: Sign,
    /// What it shows.
    pub kind: MeterKind,
    /// What it tells.
    pub values: Values,
    /// Its times.
    pub config: MeterConfig,
}

/// How the sun is used.
#[derive(Debug, Clone, Copy)]
pub struct SurplusSettings {
    /// The meter, as an index into [`Settings::meters`].
    pub meter: usize,
    /// For [`crate::budget::surplus::Surplus`].
    pub config: SurplusConfig,
}

/// Where the home battery's values come from. Its place beside the cars is in [`SurplusSettings`].
#[derive(Debug, Clone)]
pub struct BatterySettings {
    /// The source, if it is not a meter that tells of it.
    pub source: Option<String>,
    /// Which way its power counts.
    pub sign: BatterySign,
}

/// Where prices come from.
#[derive(Debug, Clone)]
pub struct PriceSettings {
    /// The source.
    pub source: Option<String>,
    /// How long a price holds that has no end and no successor.
    pub lasts: Duration,
    /// Age at which they are forgotten where the source brings none.
    pub max_age: Option<Duration>,
}

/// A limit that somebody orders at run time.
#[derive(Debug, Clone)]
pub struct CapSettings {
    /// Its name.
    pub name: String,
    /// The circuit that it lowers, as an index into [`Settings::circuits`]; `None` is the site.
    pub circuit: Option<usize>,
    /// The source of orders.
    pub source: Option<String>,
    /// What holds while nobody says anything.
    pub silent: Option<Silent>,
}

/// What holds while a source is silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Silent {
    /// After so long.
    pub after: Duration,
    /// So much may flow on each phase then.
    pub limit: CentiAmps,
}

/// A schedule.
#[derive(Debug, Clone)]
pub struct ScheduleSettings {
    /// Its name.
    pub name: String,
    /// What it says.
    pub schedule: Schedule,
}

impl Settings {
    /// Reads a configuration and checks it.
    ///
    /// # Errors
    /// The first thing that makes no sense, with its line, key, value and, where that is clear, what was meant.
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        let document =
            toml::de::Deserializer::parse(text).map_err(|error| SettingsError::from_toml(text, &error))?;
        let file = File::deserialize(document).map_err(|error| SettingsError::from_toml(text, &error))?;
        build::Build::new(text, &file).settings()
    }

    /// The JSON schema of the file, for editors.
    pub fn schema() -> String {
        let schema = schemars::schema_for!(File);
        serde_json::to_string_pretty(schema.as_value()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
