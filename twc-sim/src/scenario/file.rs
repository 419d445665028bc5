//! The file as it is written: every key, none of its meaning. `scenarios/README.md` is its reference.

use core::time::Duration;

use serde::Deserialize;
use toml::Spanned;
use twc_proto::{CentiAmps, TwcId};

use super::expect::Expectations;
use super::switches::Switches;
use super::units::{Limit, Of, WattHours};
use crate::car::{CarProfile, Window};
use crate::charger::Line;
use crate::fault::FaultPreset;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) name: Spanned<String>,
    pub(super) about: String,
    #[serde(default)]
    pub(super) pains: Vec<Spanned<u8>>,
    #[serde(default)]
    pub(super) setups: Vec<Spanned<u8>>,
    pub(super) needs: Option<Need>,
    #[serde(default = "one")]
    pub(super) seed: u64,
    pub(super) duration: Spanned<Of<Duration>>,
    pub(super) limit: Spanned<Of<Limit>>,
    #[serde(default)]
    pub(super) bus: Bus,
    pub(super) charger: Vec<Charger>,
    #[serde(default)]
    pub(super) at: Vec<At>,
    #[serde(default)]
    pub(super) expect: Expectations,
    #[serde(default)]
    pub(super) master: toml::Table,
}

/// What a master must have before the scenario can be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// A budget that follows meters, prices or the sun.
    Budget,
}

fn one() -> u64 {
    1
}

/// The cable and what is between it and the master.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Bus {
    pub(super) fault: Option<Of<FaultPreset>>,
    pub(super) echo: bool,
    pub(super) delay: Option<Of<Duration>>,
}

/// One unit.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Charger {
    pub(super) id: Option<Spanned<Of<TwcId>>>,
    pub(super) firmware: Option<Spanned<String>>,
    pub(super) max: Option<Of<CentiAmps>>,
    pub(super) single_phase: Option<Of<Line>>,
    pub(super) first_phase: Option<Of<Line>>,
    pub(super) car: Option<Of<CarProfile>>,
    pub(super) wants: Option<Of<WattHours>>,
    #[serde(default)]
    pub(super) switches: Switches,
    #[serde(default)]
    pub(super) visit: Vec<Visit>,
}

/// A car that comes and, perhaps, goes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Visit {
    pub(super) car: Of<CarProfile>,
    pub(super) wants: Of<WattHours>,
    pub(super) charge: Option<u8>,
    pub(super) ui_cap: Option<Of<CentiAmps>>,
    pub(super) schedule: Option<Of<Window>>,
    pub(super) arrives: Spanned<Of<Duration>>,
    pub(super) departs: Option<Spanned<Of<Duration>>>,
}

/// A charger by its number from 1 on or by its id.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Which {
    Number(usize),
    Id(String),
}

/// What happens at one moment; each key that is there happens, in the order of this table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct At {
    pub(super) time: Spanned<Of<Duration>>,
    pub(super) plug: Option<Plug>,
    pub(super) unplug: Option<Spanned<Which>>,
    pub(super) pause_car: Option<Spanned<Which>>,
    pub(super) resume_car: Option<Spanned<Which>>,
    pub(super) wake_car: Option<Spanned<Which>>,
    pub(super) ui_cap: Option<UiCap>,
    pub(super) reset: Option<Spanned<Which>>,
    pub(super) reset_errors: Option<Spanned<Which>>,
    pub(super) reset_limit: Option<Spanned<Which>>,
    pub(super) weld_relay: Option<Spanned<Which>>,
    pub(super) power_off: Option<Spanned<Which>>,
    pub(super) power_on: Option<Spanned<Which>>,
    pub(super) silence: Option<Muted>,
    pub(super) deaf: Option<Muted>,
    pub(super) fault: Option<Of<FaultPreset>>,
    pub(super) stall: Option<Of<Duration>>,
    pub(super) limit: Option<Of<Limit>>,
    pub(super) tell_master: Option<toml::Table>,
    #[serde(default)]
    pub(super) kill_master: bool,
    #[serde(default)]
    pub(super) start_master: bool,
}

/// A car plugged in by hand.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Plug {
    pub(super) charger: Spanned<Which>,
    pub(super) car: Of<CarProfile>,
    pub(super) wants: Of<WattHours>,
}

/// A limit set in the car; without `to` it is taken away.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UiCap {
    pub(super) charger: Spanned<Which>,
    pub(super) to: Option<Of<CentiAmps>>,
}

/// A charger that does not talk, or does not hear, for a while.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Muted {
    pub(super) charger: Spanned<Which>,
    pub(super) span: Of<Duration>,
}
