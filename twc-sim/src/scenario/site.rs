//! House, circuits and cable as they are written, and what they mean.

use core::fmt;
use core::time::Duration;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use toml::Spanned;
use twc_proto::CentiAmps;

use super::units::{Limit, Of, Quantity, WattHours, Watts, unknown};
use crate::charger::Line;
use crate::fault::{FaultPreset, FaultRates};
use crate::house::{
    BatteryConfig, BatteryMode, BreakerConfig, BreakerPlace, Curve, HouseConfig, LoadProfile, MeterConfig,
    MeterPlace, Placement, SolarConfig, SolarProfile,
};
use crate::rng::Ratio;

/// A circuit below the site with a limit of its own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenNode {
    pub(super) name: Spanned<String>,
    #[serde(rename = "in")]
    pub(super) fed_by: Option<Spanned<String>>,
    pub(super) limit: Of<Limit>,
    #[serde(default)]
    pub(super) chargers: Vec<Spanned<super::file::Which>>,
}

/// The house around the chargers.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct House {
    volts: Option<u16>,
    load: Vec<Load>,
    solar: Option<Solar>,
    battery: Option<Battery>,
    fuse: Vec<Fuse>,
    pub(super) meter: Vec<Meter>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Load {
    profile: Of<LoadProfile>,
    phase: Option<Of<Line>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Solar {
    day: Of<SolarProfile>,
    peak: Of<Watts>,
    phase: Option<Of<Line>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Battery {
    capacity: Of<WattHours>,
    charge: u8,
    reserve: Option<u8>,
    power: Of<Watts>,
    mode: Option<Of<BatteryMode>>,
    phase: Option<Of<Line>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fuse {
    name: String,
    rating: Of<CentiAmps>,
    curve: Of<Curve>,
    /// From 1 on; the main fuse when left out.
    charger: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Meter {
    pub(super) name: String,
    place: Of<MeterPlace>,
    interval: Option<Of<Duration>>,
    lag: Option<Of<Duration>>,
    per_phase: Option<bool>,
}

impl House {
    pub(super) fn config(&self) -> HouseConfig {
        let placement =
            |phase: Option<Of<Line>>| phase.map_or(Placement::Balanced, |Of(line)| Placement::Single(line));
        HouseConfig {
            volts: self.volts.unwrap_or(230),
            loads: self.load.iter().map(|load| (load.profile.0.clone(), placement(load.phase))).collect(),
            solar: self.solar.as_ref().map(|solar| SolarConfig {
                profile: solar.day.0.clone(),
                peak_watts: solar.peak.0.0.unsigned_abs(),
                placement: placement(solar.phase),
            }),
            battery: self.battery.as_ref().map(|battery| BatteryConfig {
                capacity_watt_hours: battery.capacity.0.0,
                charge_percent: battery.charge.min(100),
                reserve_percent: battery.reserve.unwrap_or(5).min(100),
                max_charge_watts: battery.power.0.0.unsigned_abs(),
                max_discharge_watts: battery.power.0.0.unsigned_abs(),
                mode: battery.mode.map_or(BatteryMode::SelfConsumption, |Of(mode)| mode),
                placement: placement(battery.phase),
                ..BatteryConfig::default()
            }),
            breakers: self.fuse.iter().map(Fuse::config).collect(),
            meters: self.meter.iter().map(Meter::config).collect(),
        }
    }
}

impl Fuse {
    fn config(&self) -> BreakerConfig {
        BreakerConfig {
            name: self.name.clone(),
            rating_amps: self.rating.0.value() / 100,
            curve: self.curve.0,
            place: match self.charger {
                Some(number) => BreakerPlace::Charger(number.saturating_sub(1)),
                None => BreakerPlace::Main,
            },
        }
    }
}

impl Meter {
    fn config(&self) -> MeterConfig {
        let usual = MeterConfig::new(self.place.0);
        MeterConfig {
            interval: self.interval.map_or(usual.interval, |Of(interval)| interval),
            lag: self.lag.map_or(usual.lag, |Of(lag)| lag),
            per_phase: self.per_phase.unwrap_or(usual.per_phase),
            ..usual
        }
    }
}

/// A cable: the name of a preset, or a table of chances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cable(pub(super) FaultRates);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rates {
    preset: Option<Of<FaultPreset>>,
    lost: Option<Of<Ratio>>,
    lost_to_slaves: Option<Of<Ratio>>,
    lost_to_master: Option<Of<Ratio>>,
    flipped: Option<Of<Ratio>>,
    twice_flipped: Option<Of<Ratio>>,
    compensated: Option<Of<Ratio>>,
    byte_lost: Option<Of<Ratio>>,
    byte_inserted: Option<Of<Ratio>>,
    delimiter_misread: Option<Of<Ratio>>,
    cut: Option<Of<Ratio>>,
    glued: Option<Of<Ratio>>,
    junk: Option<Of<Ratio>>,
    late: Option<Of<Ratio>>,
    late_by: Option<Of<Duration>>,
    doubled: Option<Of<Ratio>>,
    doubled_after: Option<Of<Duration>>,
}

impl Rates {
    fn rates(&self) -> FaultRates {
        let preset = self.preset.map_or(FaultPreset::Clean, |Of(preset)| preset).rates();
        let or = |chance: Option<Of<Ratio>>, usual: Ratio| chance.map_or(usual, |Of(ratio)| ratio);
        FaultRates {
            lost: or(self.lost, preset.lost),
            lost_to_slaves: or(self.lost_to_slaves, preset.lost_to_slaves),
            lost_to_master: or(self.lost_to_master, preset.lost_to_master),
            flipped: or(self.flipped, preset.flipped),
            twice_flipped: or(self.twice_flipped, preset.twice_flipped),
            compensated: or(self.compensated, preset.compensated),
            byte_lost: or(self.byte_lost, preset.byte_lost),
            byte_inserted: or(self.byte_inserted, preset.byte_inserted),
            delimiter_misread: or(self.delimiter_misread, preset.delimiter_misread),
            cut: or(self.cut, preset.cut),
            glued: or(self.glued, preset.glued),
            junk: or(self.junk, preset.junk),
            late: or(self.late, preset.late),
            late_by: self.late_by.map_or(preset.late_by, |Of(span)| span),
            doubled: or(self.doubled, preset.doubled),
            doubled_after: self.doubled_after.map_or(preset.doubled_after, |Of(span)| span),
        }
    }
}

impl<'de> Deserialize<'de> for Cable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CableVisitor)
    }
}

struct CableVisitor;

impl<'de> Visitor<'de> for CableVisitor {
    type Value = Cable;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, or a table of chances like {{ lost = \"1/100\" }}", FaultPreset::LIKE)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Cable, E> {
        let error = |hint: Option<String>| E::custom(format!("`{text}`: {}", hint.unwrap_or_default()));
        FaultPreset::read(text).map(|preset| Cable(preset.rates())).map_err(error)
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Cable, M::Error> {
        Rates::deserialize(MapAccessDeserializer::new(map)).map(|rates| Cable(rates.rates()))
    }
}

/// One of a few words.
fn word<T: Copy>(what: &str, text: &str, words: &[(&'static str, T)]) -> Result<T, Option<String>> {
    let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
    found.ok_or_else(|| Some(unknown(what, text, words.iter().map(|(word, _)| *word))))
}

impl Quantity for Curve {
    const LIKE: &'static str = "a curve: \"gG\" for a fuse, \"B\" for a breaker";

    fn read(text: &str) -> Result<Self, Option<String>> {
        word("curve", text, &[("gG", Self::FuseGg), ("B", Self::BreakerB)])
    }
}

impl Quantity for MeterPlace {
    const LIKE: &'static str = "what a meter measures, like \"grid\"";

    fn read(text: &str) -> Result<Self, Option<String>> {
        let places = [
            ("grid", Self::Grid),
            ("grid-without-chargers", Self::GridWithoutChargers),
            ("solar", Self::Solar),
            ("battery", Self::Battery),
            ("chargers", Self::Chargers),
            ("loads", Self::Loads),
        ];
        word("place", text, &places)
    }
}

impl Quantity for BatteryMode {
    const LIKE: &'static str = "what a battery does, like \"self-consumption\"";

    fn read(text: &str) -> Result<Self, Option<String>> {
        let modes = [("self-consumption", Self::SelfConsumption), ("idle", Self::Idle), ("fill", Self::Fill)];
        word("battery mode", text, &modes)
    }
}

impl Quantity for LoadProfile {
    const LIKE: &'static str = "a load, like \"kettle\"";

    fn read(text: &str) -> Result<Self, Option<String>> {
        Self::by_name(text).ok_or_else(|| Some(unknown("load", text, Self::NAMES)))
    }
}

impl Quantity for SolarProfile {
    const LIKE: &'static str = "a kind of day, like \"summer\"";

    fn read(text: &str) -> Result<Self, Option<String>> {
        Self::by_name(text).ok_or_else(|| Some(unknown("day", text, Self::NAMES)))
    }
}
