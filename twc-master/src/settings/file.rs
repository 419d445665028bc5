//! The file as it is written: every key, none of its meaning.

use core::time::Duration;
use std::collections::BTreeMap;
use std::string::String;
use std::vec::Vec;

use schemars::JsonSchema;
use serde::Deserialize;
use twc_proto::{CentiAmps, TwcId, Vin};

use super::PhaseUse;
use super::units::{BatterySign, Energy, PerKilowattHour, Percent, Power, Sign, Values};
use super::value::{At, Name};
use crate::budget::PhaseSet;
use crate::budget::plan::Mode;
use crate::budget::schedule::{Days, TimeOfDay};
use crate::budget::surplus::{MeterKind, Settlement, Topology};
use crate::share::Any;
use crate::{Profile, Strategy};

/// A configuration of twc-master.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// Where the bus is.
    pub(super) link: Option<Link>,
    /// What all wall connectors share.
    pub(super) site: Site,
    /// Circuits and panels below the site, each under a name of your own.
    #[serde(default)]
    pub(super) circuit: BTreeMap<String, Circuit>,
    /// The wall connectors, three at most.
    #[serde(default)]
    pub(super) slave: Vec<Slave>,
    /// Cars that are known by their VIN, each under a name of your own; four at most.
    #[serde(default)]
    pub(super) vehicle: BTreeMap<String, Rules>,
    /// Cars whose VIN is unknown, or that tell none.
    pub(super) guest: Option<Rules>,
    /// Meters, each under a name of your own.
    #[serde(default)]
    pub(super) meter: BTreeMap<String, Meter>,
    /// How the sun is used.
    pub(super) surplus: Option<Surplus>,
    /// The home battery's place beside the cars.
    pub(super) battery: Option<Battery>,
    /// Schedules, each under a name of your own.
    #[serde(default)]
    pub(super) schedule: BTreeMap<String, Schedule>,
    /// What energy costs.
    pub(super) prices: Option<Prices>,
    /// Limits that others order at run time, such as a grid operator, each under a name of your own.
    #[serde(default)]
    pub(super) cap: BTreeMap<String, ExternalCap>,
    /// Orders by people.
    pub(super) orders: Option<Orders>,
}

/// Where the bus is. What is given on the command line comes first.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Link {
    /// `serial:/dev/ttyUSB0`, `tcp://HOST:PORT`, or `sim`.
    pub(super) to: String,
    /// Our id on the bus; drawn at random and kept otherwise.
    pub(super) id: Option<At<TwcId>>,
}

/// What all wall connectors share.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Site {
    /// What may flow there for hours, on each phase.
    pub(super) continuous_limit: Option<At<CentiAmps>>,
    /// The breaker's rating instead; 80 % of it may flow continuously.
    pub(super) breaker_rating: Option<At<CentiAmps>>,
    /// The meter that sees everything under this limit, so that the house comes off it.
    pub(super) meter: Option<At<Name>>,
    /// Kept free below the limit where a meter watches it.
    pub(super) margin: Option<At<CentiAmps>>,
    /// What each wall connector may have while that meter is silent; 6A otherwise.
    pub(super) failsafe: Option<At<CentiAmps>>,
    /// Whether generation under this limit may be used up beside the whole limit.
    #[serde(default)]
    pub(super) count_generation: bool,
    /// Volts between phase and neutral; 230 otherwise.
    pub(super) volts: Option<u16>,
    /// How wall connectors share what there is; `rotation` otherwise.
    pub(super) share: Option<At<Any>>,
    /// The mode of every wall connector that has none of its own; `now` otherwise.
    pub(super) mode: Option<At<Mode>>,
}

/// A circuit or panel.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Circuit {
    /// What may flow there for hours, on each phase.
    pub(super) continuous_limit: Option<At<CentiAmps>>,
    /// The breaker's rating instead; 80 % of it may flow continuously.
    pub(super) breaker_rating: Option<At<CentiAmps>>,
    /// The circuit above it; the site otherwise.
    pub(super) fed_by: Option<At<Name>>,
    /// The meter that sees everything under this limit.
    pub(super) meter: Option<At<Name>>,
    /// Kept free below the limit where a meter watches it.
    pub(super) margin: Option<At<CentiAmps>>,
    /// What each wall connector may have while that meter is silent; 6A otherwise.
    pub(super) failsafe: Option<At<CentiAmps>>,
    /// Whether generation under this limit may be used up beside the whole limit.
    #[serde(default)]
    pub(super) count_generation: bool,
}

/// A wall connector.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Slave {
    /// The last four digits of its serial number, as a rule.
    pub(super) id: At<TwcId>,
    /// What people call it.
    pub(super) name: Option<String>,
    /// The circuit it hangs on; the site otherwise.
    pub(super) circuit: Option<At<Name>>,
    /// What its own wiring carries for hours; 16A otherwise.
    pub(super) continuous_limit: Option<At<CentiAmps>>,
    /// The rating of its own breaker instead.
    pub(super) breaker_rating: Option<At<CentiAmps>>,
    /// The phases of the house that it is connected to; all otherwise.
    pub(super) phases: Option<At<PhaseSet>>,
    /// The kind of its car; `unknown`, which is treated with most care, otherwise.
    pub(super) car: Option<At<&'static Profile>>,
    /// How its car is stopped; as its kind and its unit's protocol want otherwise.
    pub(super) stop: Option<At<Strategy>>,
    /// The least its car charges with; what its kind needs otherwise.
    pub(super) minimum: Option<At<CentiAmps>>,
    /// The most it is to have, where that is less than its wiring carries.
    pub(super) maximum: Option<At<CentiAmps>>,
    /// The higher is served first.
    #[serde(default)]
    pub(super) priority: u8,
    /// How it charges.
    pub(super) mode: Option<At<Mode>>,
    /// The schedule it follows in mode `scheduled`; the only one there is otherwise.
    pub(super) schedule: Option<At<Name>>,
    /// What `stop = "hook"` runs.
    pub(super) hook: Option<Hook>,
    /// What is run when its car may charge again and does not.
    pub(super) on_resume: Option<OnResume>,
    /// What takes two of its three phases away while the sun is weak.
    pub(super) phase_switch: Option<PhaseSwitch>,
}

/// How a car is served instead of as its wall connector says; what is left out is as there. Nothing here raises what a wall
/// connector may give.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Rules {
    /// Its VIN, by which it is known wherever it is plugged in. A guest has none.
    pub(super) vin: Option<At<Vin>>,
    /// Whether it may charge; it may otherwise.
    pub(super) allow: Option<bool>,
    /// Its kind; `tesla` for one with a VIN otherwise.
    pub(super) car: Option<At<&'static Profile>>,
    /// How it charges.
    pub(super) mode: Option<At<Mode>>,
    /// The schedule it follows, with its departures.
    pub(super) schedule: Option<At<Name>>,
    /// The least it charges with.
    pub(super) minimum: Option<At<CentiAmps>>,
    /// The most it is to have.
    pub(super) maximum: Option<At<CentiAmps>>,
    /// The higher is served first.
    pub(super) priority: Option<u8>,
}

/// A switch in front of a wall connector on three phases that leaves it one. It is moved only after it was proven that
/// nothing flows, a few times for each car, and a program that fails is not tried again before another car comes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PhaseSwitch {
    /// The program that moves it and its arguments; `TWC_WANTED` is `one-phase` or `three-phases`.
    pub(super) command: At<Vec<String>>,
    /// It is ended after so long, and has failed then; 20s otherwise, 50s at most.
    pub(super) deadline: Option<At<Duration>>,
    /// How many phases: `auto` follows the sun; otherwise.
    pub(super) phases: Option<At<PhaseUse>>,
    /// Between switching and the first current; 30s otherwise, 15s at least.
    pub(super) wait: Option<At<Duration>>,
    /// Between two switchings; 20min otherwise.
    pub(super) gap: Option<At<Duration>>,
    /// How often for one car; 4 otherwise. Each time is an interruption, of which a Tesla forgives two.
    pub(super) per_session: Option<u8>,
}

/// A program that stops its car and lets it go on: a contactor, the car's own interface. It finds `TWC_SLAVE`,
/// `TWC_NAME`, `TWC_WANTED` (`stop` or `start`) and `TWC_REASON` in its environment and says by its exit code whether it
/// has done that; what it says frees no current, only proof does.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Hook {
    /// The program and its arguments.
    pub(super) command: At<Vec<String>>,
    /// It is ended after so long, and has failed then; 20s otherwise, 50s at most.
    pub(super) deadline: Option<At<Duration>>,
    /// It takes away the wall connector's supply: that it falls silent is expected then.
    #[serde(default)]
    pub(super) contactor: bool,
    /// A program that reads the contactor's auxiliary contact and prints `open` or `closed`: open is proof that nothing
    /// flows.
    pub(super) feedback: Option<At<Vec<String>>>,
}

/// A program that wakes a car, with the same environment; `TWC_WANTED` is `wake`. It is run three times at most, each time
/// after twice as long.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OnResume {
    /// The program and its arguments.
    pub(super) command: At<Vec<String>>,
    /// It is ended after so long; 20s otherwise, 50s at most.
    pub(super) deadline: Option<At<Duration>>,
    /// So long the car may take to draw by itself; 2min otherwise.
    pub(super) after: Option<At<Duration>>,
}

/// A meter.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Meter {
    /// Where its values come from: `exec:COMMAND`, a program that prints one JSON object per line, or `file:PATH`.
    pub(super) source: Option<At<Name>>,
    /// Meters whose values add up to this one's, which has no source of its own: consumption.
    #[serde(default)]
    pub(super) plus: Vec<At<Name>>,
    /// Meters whose values come off, such as each inverter's.
    #[serde(default)]
    pub(super) minus: Vec<At<Name>>,
    /// Time between two values.
    pub(super) interval: At<Duration>,
    /// Age at which wall connectors fall back to their failsafe current; four intervals, and 5s at most for a meter
    /// that protects, otherwise.
    pub(super) failsafe_after: Option<At<Duration>>,
    /// Age at which nothing is given; 60s otherwise.
    pub(super) withhold_after: Option<At<Duration>>,
    /// How old a value is when it arrives.
    pub(super) latency: Option<At<Duration>>,
    /// Which way it counts; `import-positive` otherwise.
    pub(super) sign: Option<At<Sign>>,
    /// What it shows; `net` otherwise.
    pub(super) kind: Option<At<MeterKind>>,
    /// What it tells; `per-phase` otherwise.
    pub(super) values: Option<At<Values>>,
    /// The circuits are safe without it: wall connectors stay at failsafe when it is silent.
    #[serde(default)]
    pub(super) independent: bool,
}

/// How the sun is used.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Surplus {
    /// The meter that shows it.
    pub(super) meter: At<Name>,
    /// Whether that meter sees the cars.
    pub(super) topology: At<Topology>,
    /// How the utility counts; `net-sum` otherwise.
    pub(super) settlement: Option<At<Settlement>>,
    /// Always left for the grid; negative to import as much.
    pub(super) reserve: Option<At<Power>>,
    /// What may come from the grid so that a car reaches its minimum.
    pub(super) flex: Option<At<Power>>,
    /// The home battery's charge that `flex` needs.
    pub(super) flex_min_soc: Option<At<Percent>>,
    /// Whether a session may also start on `flex`.
    #[serde(default)]
    pub(super) flex_starts: bool,
    /// Enough for so long before a start; 60s otherwise.
    pub(super) start_delay: Option<At<Duration>>,
    /// Too little for so long before a stop; 180s otherwise.
    pub(super) stop_delay: Option<At<Duration>>,
    /// Energy that may be missing before a stop, however short the time.
    pub(super) deficit: Option<At<Energy>>,
    /// A session goes on for so long; 10min otherwise.
    pub(super) min_on: Option<At<Duration>>,
    /// A pause lasts so long; 5min otherwise.
    pub(super) min_off: Option<At<Duration>>,
    /// Steps of the current; 1A otherwise.
    pub(super) step: Option<At<CentiAmps>>,
    /// Each wall connector's current while the meter is silent; 6A otherwise.
    pub(super) failsafe: Option<At<CentiAmps>>,
}

/// The home battery's place beside the cars.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Battery {
    /// Where its values come from, if not with those of a meter: `exec:COMMAND` or `file:PATH`.
    pub(super) source: Option<At<Name>>,
    /// Which way its power counts; `charging-positive` otherwise.
    pub(super) sign: Option<At<BatterySign>>,
    /// Age at which its values are believed no more: nothing it takes is for cars then, and no condition on its charge
    /// holds; 60s otherwise.
    pub(super) stale_after: Option<At<Duration>>,
    /// Below this charge it comes first; 0% otherwise.
    pub(super) priority_soc: Option<At<Percent>>,
    /// From this charge on it may give to cars; never otherwise.
    pub(super) buffer_soc: Option<At<Percent>>,
}

/// A schedule.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Schedule {
    /// Its time zone, such as `Europe/Berlin`; the system's otherwise.
    pub(super) zone: Option<At<Name>>,
    /// What to do while no window holds. There is no default: a schedule must say it.
    pub(super) otherwise: At<Mode>,
    /// Parts of the week; of those that overlap the first holds.
    #[serde(default)]
    pub(super) window: Vec<Window>,
    /// Times by which a car has its energy.
    #[serde(default)]
    pub(super) departure: Vec<Departure>,
    /// What to do at a price.
    #[serde(default)]
    pub(super) price: Vec<Price>,
}

/// A part of the week.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Window {
    /// The days on which it begins; daily otherwise.
    pub(super) days: Option<At<Days>>,
    /// Its begin.
    pub(super) from: At<TimeOfDay>,
    /// Its end; before the begin for one over midnight.
    pub(super) to: At<TimeOfDay>,
    /// What to do in it.
    pub(super) mode: At<Mode>,
    /// With no more than this.
    pub(super) amps: Option<At<CentiAmps>>,
}

/// A time by which a car has its energy.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Departure {
    /// The days of the departure; daily otherwise.
    pub(super) days: Option<At<Days>>,
    /// The time.
    pub(super) by: At<TimeOfDay>,
    /// How much since the departure before.
    pub(super) energy: At<Energy>,
    /// The power that can be counted on.
    pub(super) power: At<Power>,
}

/// What to do at a price.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Price {
    /// While a kilowatt hour costs no more than this.
    pub(super) at_most: At<PerKilowattHour>,
    /// What to do.
    pub(super) mode: At<Mode>,
    /// With no more than this.
    pub(super) amps: Option<At<CentiAmps>>,
}

/// What energy costs.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Prices {
    /// Where they come from: `exec:COMMAND`, a program that prints one JSON object per line, or `file:PATH`.
    pub(super) source: Option<At<Name>>,
    /// How long a price holds that has no end and no successor; 1h otherwise.
    pub(super) lasts: Option<At<Duration>>,
    /// Age at which they are forgotten where the source brings none; until each one's end otherwise.
    pub(super) max_age: Option<At<Duration>>,
}

/// A limit that somebody orders at run time.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ExternalCap {
    /// The circuit that it lowers; the site otherwise.
    pub(super) circuit: Option<At<Name>>,
    /// Where orders come from: `exec:COMMAND`, a program that prints one JSON object per line, or `file:PATH`.
    pub(super) source: Option<At<Name>>,
    /// How long the source may say nothing.
    pub(super) silent_after: Option<At<Duration>>,
    /// What may flow on each phase of the circuit while the source is silent.
    pub(super) silent_limit: Option<At<CentiAmps>>,
}

/// Orders by people.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Orders {
    /// Where they come from: `exec:COMMAND`, a program that prints one JSON object per line, or `file:PATH`.
    pub(super) source: Option<At<Name>>,
}
