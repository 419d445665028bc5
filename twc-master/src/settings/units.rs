//! The units of a configuration.

use core::time::Duration;
use std::borrow::ToOwned;
use std::format;
use std::string::{String, ToString};

use twc_proto::{CentiAmps, TwcId};

use super::PhaseUse;
use super::value::{Value, decimal, split};
use crate::budget::PhaseSet;
use crate::budget::plan::Mode;
use crate::budget::schedule::{Days, TimeOfDay};
use crate::budget::surplus::{MeterKind, Settlement, Topology};
use crate::share::{Any, Equal, Priority, Rotation};
use crate::{Profile, Strategy};

/// A current on each phase: `40A`, `16.5A`, `3x20A`.
///
/// `3x20A` is 20 A on each of three phases, and so is `20A`: a wall connector counts its whole current on every phase.
///
/// # Errors
/// What to write instead.
pub fn amps(text: &str) -> Result<CentiAmps, String> {
    read(text)
}

/// A time span: `500ms`, `90s`, `10min`, `2h`.
///
/// # Errors
/// What to write instead.
pub fn span(text: &str) -> Result<Duration, String> {
    read(text)
}

/// A mode by its word.
///
/// # Errors
/// What to write instead.
pub fn mode(text: &str) -> Result<Mode, String> {
    read(text)
}

/// A value by itself; what to write instead where it is none.
fn read<T: Value>(text: &str) -> Result<T, String> {
    T::read(text).map_err(|reason| reason.unwrap_or_else(|| format!("write {}", T::LIKE)))
}

impl Value for CentiAmps {
    const NAME: &'static str = "Amps";
    const LIKE: &'static str = "amperes such as 40A, 16.5A or 3x20A";

    fn read(text: &str) -> Result<Self, Option<String>> {
        let per_phase = match text.split_once(['x', 'X']) {
            Some(("1" | "3", rest)) => rest,
            Some((phases, _)) => return Err(Some(format!("`{phases}` phases do not exist, write 1x or 3x"))),
            None => text,
        };
        let (number, unit) = split(per_phase);
        if !matches!(unit, "A" | "a") {
            return Err(None);
        }
        let centiamps = decimal(number, 100).and_then(|value| u16::try_from(value).ok());
        centiamps.map(Self::new).ok_or(None)
    }
}

/// Power, in watts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Power(pub(super) i32);

impl Value for Power {
    const NAME: &'static str = "Power";
    const LIKE: &'static str = "power such as 100W, 2.3kW or -50W";

    fn read(text: &str) -> Result<Self, Option<String>> {
        let (number, unit) = split(text);
        let scale = match unit {
            "W" => 1,
            "kW" => 1_000,
            _ => return Err(None),
        };
        // A megawatt is beyond any house.
        let watts = decimal(number, scale).filter(|watts| watts.abs() <= 1_000_000);
        watts.map(|watts| Self(watts as i32)).ok_or(None)
    }
}

/// Energy, in watt hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Energy(pub(super) u32);

impl Value for Energy {
    const NAME: &'static str = "Energy";
    const LIKE: &'static str = "energy such as 20kWh or 500Wh";

    fn read(text: &str) -> Result<Self, Option<String>> {
        let (number, unit) = split(text);
        let scale = match unit {
            "Wh" => 1,
            "kWh" => 1_000,
            _ => return Err(None),
        };
        let hours = decimal(number, scale).and_then(|hours| u32::try_from(hours).ok());
        hours.filter(|hours| *hours <= 1_000_000).map(Self).ok_or(None)
    }
}

impl Value for Duration {
    const NAME: &'static str = "Time span";
    const LIKE: &'static str = "a time such as 500ms, 90s, 10min or 2h";

    fn read(text: &str) -> Result<Self, Option<String>> {
        let (number, unit) = split(text);
        let scale = match unit {
            "ms" => 1,
            "s" => 1_000,
            "min" => 60_000,
            "h" => 3_600_000,
            _ => return Err(None),
        };
        let millis = decimal(number, scale).filter(|millis| (0..=604_800_000).contains(millis));
        millis.map(|millis| Self::from_millis(millis.unsigned_abs())).ok_or(None)
    }
}

/// A state of charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Percent(pub(super) u8);

impl Value for Percent {
    const NAME: &'static str = "Percent";
    const LIKE: &'static str = "a share such as 80%";

    fn read(text: &str) -> Result<Self, Option<String>> {
        let (number, unit) = split(text);
        let percent = decimal(number, 1).and_then(|percent| u8::try_from(percent).ok());
        percent.filter(|percent| unit == "%" && *percent <= 100).map(Self).ok_or(None)
    }
}

/// A price per kilowatt hour, in hundred thousandths of whatever the series counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PerKilowattHour(pub(super) i64);

impl Value for PerKilowattHour {
    const NAME: &'static str = "Price";
    const LIKE: &'static str = "a price per kWh such as 0.12 or -0.01, in quotes, in the unit of the price series";

    fn read(text: &str) -> Result<Self, Option<String>> {
        decimal(text.trim(), 100_000).map(Self).ok_or(None)
    }
}

impl Value for TwcId {
    const NAME: &'static str = "Id";
    const LIKE: &'static str = "an id of four hexadecimal digits, such as 3495";

    fn read(text: &str) -> Result<Self, Option<String>> {
        text.parse().map_err(|_| None)
    }
}

impl Value for TimeOfDay {
    const NAME: &'static str = "Time of day";
    const LIKE: &'static str = "a time of the day from 00:00 to 24:00";

    fn read(text: &str) -> Result<Self, Option<String>> {
        text.parse().map_err(|_| None)
    }
}

impl Value for Days {
    const NAME: &'static str = "Days";
    const LIKE: &'static str = "days such as daily, mon-fri or sat,sun";

    fn read(text: &str) -> Result<Self, Option<String>> {
        text.parse().map_err(|_| None)
    }
}

impl Value for PhaseSet {
    const NAME: &'static str = "Phases";
    const LIKE: &'static str = "the phases in use: all, L1, L2, L3, or two such as L1,L3";

    fn read(text: &str) -> Result<Self, Option<String>> {
        if text == "all" {
            return Ok(Self::ALL);
        }
        let mut used = [false; 3];
        for part in text.split(',') {
            let place = ["L1", "L2", "L3"].iter().position(|name| *name == part.trim()).ok_or(None)?;
            *used.get_mut(place).ok_or(None)? = true;
        }
        Self::new(used).ok_or(None)
    }
}

impl Value for Mode {
    const NAME: &'static str = "Mode";
    const LIKE: &'static str = "off, now, min+solar, solar or scheduled";
    const WORDS: &'static [&'static str] = &["off", "now", "min+solar", "solar", "scheduled"];

    fn read(text: &str) -> Result<Self, Option<String>> {
        const MODES: [Mode; 5] = [Mode::Off, Mode::Now, Mode::MinSolar, Mode::Solar, Mode::Scheduled];
        word(text, Self::WORDS, MODES)
    }
}

impl Value for Topology {
    const NAME: &'static str = "Topology";
    const LIKE: &'static str = "charger-inside, where the meter sees the cars, or charger-outside";
    const WORDS: &'static [&'static str] = &["charger-inside", "charger-outside"];

    fn read(text: &str) -> Result<Self, Option<String>> {
        word(text, Self::WORDS, [Self::Inside, Self::Outside])
    }
}

impl Value for Settlement {
    const NAME: &'static str = "Settlement";
    const LIKE: &'static str = "net-sum or per-phase";
    const WORDS: &'static [&'static str] = &["net-sum", "per-phase"];

    fn read(text: &str) -> Result<Self, Option<String>> {
        word(text, Self::WORDS, [Self::NetSum, Self::PerPhase])
    }
}

impl Value for MeterKind {
    const NAME: &'static str = "Meter kind";
    const LIKE: &'static str = "net or export-only";
    const WORDS: &'static [&'static str] = &["net", "export-only"];

    fn read(text: &str) -> Result<Self, Option<String>> {
        word(text, Self::WORDS, [Self::Net, Self::ExportOnly])
    }
}

impl Value for &'static Profile {
    const NAME: &'static str = "Car";
    const LIKE: &'static str = "a kind of car: unknown, tesla, tesla-latch, tesla-latch-80, i3, zoe or fiat-500e";
    const WORDS: &'static [&'static str] =
        &["unknown", "tesla", "tesla-latch", "tesla-latch-80", "i3", "zoe", "fiat-500e"];

    fn read(text: &str) -> Result<Self, Option<String>> {
        Profile::by_name(text).ok_or(None)
    }
}

impl Value for Strategy {
    const NAME: &'static str = "Way to stop";
    const LIKE: &'static str = "reduce, zero, withhold, command or hook";
    const WORDS: &'static [&'static str] = &["reduce", "zero", "withhold", "command", "hook"];

    fn read(text: &str) -> Result<Self, Option<String>> {
        const WAYS: [Strategy; 5] =
            [Strategy::ReduceToMinimum, Strategy::Zero, Strategy::Withhold, Strategy::Command, Strategy::Hook];
        word(text, Self::WORDS, WAYS)
    }
}

impl Value for Any {
    const NAME: &'static str = "Share";
    const LIKE: &'static str = "equal, priority or rotation";
    const WORDS: &'static [&'static str] = &["equal", "priority", "rotation"];

    fn read(text: &str) -> Result<Self, Option<String>> {
        let shares = [Self::Equal(Equal), Self::Priority(Priority), Self::Rotation(Rotation::default())];
        word(text, Self::WORDS, shares)
    }
}

/// Which way a meter counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// Import from the grid is positive.
    ImportPositive,
    /// Export is.
    ExportPositive,
}

impl Value for Sign {
    const NAME: &'static str = "Sign";
    const LIKE: &'static str = "import-positive or export-positive";
    const WORDS: &'static [&'static str] = &["import-positive", "export-positive"];

    fn read(text: &str) -> Result<Self, Option<String>> {
        word(text, Self::WORDS, [Self::ImportPositive, Self::ExportPositive])
    }
}

/// Which way a battery's power counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatterySign {
    /// Positive while it charges.
    ChargingPositive,
    /// Positive while it gives.
    DischargingPositive,
}

impl Value for BatterySign {
    const NAME: &'static str = "Battery sign";
    const LIKE: &'static str = "charging-positive or discharging-positive";
    const WORDS: &'static [&'static str] = &["charging-positive", "discharging-positive"];

    fn read(text: &str) -> Result<Self, Option<String>> {
        word(text, Self::WORDS, [Self::ChargingPositive, Self::DischargingPositive])
    }
}

/// What a meter tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// Each phase by itself.
    PerPhase,
    /// The sum only.
    Total,
}

impl Value for Values {
    const NAME: &'static str = "Values";
    const LIKE: &'static str = "per-phase or total";
    const WORDS: &'static [&'static str] = &["per-phase", "total"];

    fn read(text: &str) -> Result<Self, Option<String>> {
        word(text, Self::WORDS, [Self::PerPhase, Self::Total])
    }
}

impl Value for PhaseUse {
    const NAME: &'static str = "Phases in use";
    const LIKE: &'static str = "auto, one or three";
    const WORDS: &'static [&'static str] = &["auto", "one", "three"];

    fn read(text: &str) -> Result<Self, Option<String>> {
        word(text, Self::WORDS, [Self::Auto, Self::One, Self::Three])
    }
}

/// The value whose word this is.
fn word<T, const N: usize>(text: &str, words: &[&str], values: [T; N]) -> Result<T, Option<String>> {
    let place = words.iter().position(|word| *word == text).ok_or(None)?;
    values.into_iter().nth(place).ok_or(None)
}

/// A mode as it is written.
pub fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Off => "off",
        Mode::Now => "now",
        Mode::MinSolar => "min+solar",
        Mode::Solar => "solar",
        Mode::Scheduled => "scheduled",
    }
}

/// Whole amperes without decimals: `16A`, `6.5A`.
pub fn shown(amps: CentiAmps) -> String {
    let (whole, rest) = (amps.value() / 100, amps.value() % 100);
    let text = match rest {
        0 => whole.to_string(),
        _ => format!("{whole}.{rest:02}").trim_end_matches('0').to_owned(),
    };
    format!("{text}A")
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use super::*;

    fn reads<T: Value + Debug + PartialEq>(good: &[(&str, T)], bad: &[&str]) {
        for (text, value) in good {
            assert_eq!(T::read(text).as_ref(), Ok(value), "{text}");
        }
        for text in bad {
            assert!(T::read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn quantities_are_read_as_people_write_them() {
        let amps = [
            ("40A", CentiAmps::from_amps(40)),
            ("3x20A", CentiAmps::from_amps(20)),
            ("6.05a", CentiAmps::new(605)),
        ];
        reads(&amps, &["", "40", "-6A", "6.005A", "2x20A", "700A", "6,5A"]);
        reads(
            &[("2.3kW", Power(2_300)), ("-50W", Power(-50)), ("0 W", Power(0))],
            &["2.3", "2.3kWh", "0.5W", "9MW"],
        );
        reads(&[("20kWh", Energy(20_000)), ("0.5kWh", Energy(500))], &["20kW", "-1kWh", "20"]);
        let spans = [("90s", Duration::from_secs(90)), ("1.5min", Duration::from_secs(90))];
        reads(&spans, &["90", "-1s", "1d", "1000h", "5m"]);
        reads(&[("80%", Percent(80))], &["80", "101%", "0.5%"]);
        reads(&[("0.12", PerKilowattHour(12_000)), ("-0.01", PerKilowattHour(-1_000))], &["", "12ct"]);
    }

    #[test]
    fn phases_are_named_and_none_is_refused() {
        let one = PhaseSet::new([false, true, false]).unwrap();
        reads(&[("L2", one), ("all", PhaseSet::ALL), ("L1, L2,L3", PhaseSet::ALL)], &["", "L4", "1", "L1;L2"]);
    }

    #[test]
    fn every_kind_of_car_has_its_word() {
        let names = Profile::ALL.map(|profile| profile.name);
        assert_eq!(names.as_slice(), <&Profile>::WORDS);
    }

    #[test]
    fn every_mode_is_read_back_from_its_name() {
        for word in Mode::WORDS {
            assert_eq!(mode_name(Mode::read(word).unwrap()), *word);
        }
    }
}
