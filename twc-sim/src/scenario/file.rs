//! The file as it is written: every key, none of its meaning. `scenarios/README.md` is its reference.

use core::fmt;
use core::time::Duration;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use toml::Spanned;
use twc_proto::{CentiAmps, TwcId};

use super::expect::Expectations;
use super::site::{Cable, House, WrittenNode};
use super::switches::Switches;
use super::units::{Limit, Of, Quantity, WattHours, Watts};
use crate::car::{CarProfile, Window};
use crate::charger::Line;
use crate::house::{BatteryMode, SolarProfile};

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
    pub(super) bus: Buses,
    pub(super) charger: Vec<Charger>,
    #[serde(default)]
    pub(super) node: Vec<WrittenNode>,
    pub(super) house: Option<House>,
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
    pub(super) fault: Option<Cable>,
    pub(super) echo: bool,
    pub(super) delay: Option<Of<Duration>>,
    pub(super) limit: Option<Of<Limit>>,
    pub(super) master: Option<toml::Table>,
}

/// `[bus]`, or one `[[bus]]` for each master in the house.
#[derive(Debug, Default)]
pub(super) struct Buses(pub(super) Vec<Bus>);

impl<'de> Deserialize<'de> for Buses {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(BusesVisitor)
    }
}

struct BusesVisitor;

impl<'de> Visitor<'de> for BusesVisitor {
    type Value = Buses;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table [bus], or several tables [[bus]]")
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Buses, M::Error> {
        Bus::deserialize(MapAccessDeserializer::new(map)).map(|bus| Buses(vec![bus]))
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut buses: S) -> Result<Buses, S::Error> {
        let mut all = Vec::new();
        while let Some(bus) = buses.next_element()? {
            all.push(bus);
        }
        Ok(Buses(all))
    }
}

/// One unit.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Charger {
    /// From 1 on; the first when left out.
    pub(super) bus: Option<Spanned<usize>>,
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
    pub(super) fault: Option<Cable>,
    pub(super) stall: Option<Stall>,
    pub(super) foreign_master: Option<ForeignMaster>,
    pub(super) limit: Option<Spanned<NewLimit>>,
    pub(super) house: Option<Of<Watts>>,
    pub(super) sun: Option<Of<Watts>>,
    pub(super) day: Option<Of<SolarProfile>>,
    pub(super) battery: Option<Of<BatteryMode>>,
    pub(super) meter: Option<BadMeter>,
    pub(super) tell_master: Option<toml::Table>,
    #[serde(default)]
    pub(super) kill_master: bool,
    #[serde(default)]
    pub(super) start_master: bool,
}

/// Another master on the bus.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ForeignMaster {
    pub(super) id: Of<TwcId>,
    pub(super) span: Of<Duration>,
    pub(super) limit: Option<Of<CentiAmps>>,
}

/// How long the converter holds back what goes each way.
#[derive(Debug)]
pub(super) struct Stall {
    pub(super) to_bus: Option<Duration>,
    pub(super) from_bus: Option<Duration>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OneWay {
    to_bus: Option<Of<Duration>>,
    from_bus: Option<Of<Duration>>,
}

impl<'de> Deserialize<'de> for Stall {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StallVisitor)
    }
}

struct StallVisitor;

impl<'de> Visitor<'de> for StallVisitor {
    type Value = Stall;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, or {{ to_bus = \"2s\" }}, or {{ from_bus = \"2s\" }}", Duration::LIKE)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Stall, E> {
        let error = |_| E::custom(format!("`{text}` is no such value, give {}", Duration::LIKE));
        Duration::read(text).map(|span| Stall { to_bus: Some(span), from_bus: Some(span) }).map_err(error)
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Stall, M::Error> {
        let OneWay { to_bus, from_bus } = OneWay::deserialize(MapAccessDeserializer::new(map))?;
        if to_bus.is_none() && from_bus.is_none() {
            return Err(de::Error::custom("nothing stalls, give `to_bus`, `from_bus` or both"));
        }
        Ok(Stall { to_bus: to_bus.map(|Of(span)| span), from_bus: from_bus.map(|Of(span)| span) })
    }
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

/// The limit of the site, or of one circuit.
#[derive(Debug)]
pub(super) struct NewLimit {
    pub(super) node: Option<Spanned<String>>,
    pub(super) to: Limit,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NodeLimit {
    node: Spanned<String>,
    to: Of<Limit>,
}

impl<'de> Deserialize<'de> for NewLimit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LimitVisitor)
    }
}

struct LimitVisitor;

impl<'de> Visitor<'de> for LimitVisitor {
    type Value = NewLimit;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, or {{ node = \"garage\", to = \"16A\" }}", Limit::LIKE)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<NewLimit, E> {
        let error = |_| E::custom(format!("`{text}` is no such value, give {}", Limit::LIKE));
        Limit::read(text).map(|to| NewLimit { node: None, to }).map_err(error)
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<NewLimit, M::Error> {
        let written = NodeLimit::deserialize(MapAccessDeserializer::new(map))?;
        Ok(NewLimit { node: Some(written.node), to: written.to.0 })
    }
}

/// A meter that goes wrong, or is right again.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BadMeter {
    pub(super) name: Spanned<String>,
    pub(super) fault: Spanned<String>,
    pub(super) by: Option<Of<CentiAmps>>,
    pub(super) time: Option<Of<Duration>>,
}

/// A charger that does not talk, or does not hear, for a while.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Muted {
    pub(super) charger: Spanned<Which>,
    pub(super) span: Of<Duration>,
}
