//! Quantities with their units, as people write them in scenario files and on command lines.

use core::fmt;
use core::marker::PhantomData;
use core::time::Duration;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use twc_proto::{CentiAmps, TwcId};

use super::error::did_you_mean;
use crate::car::{CarProfile, Window};
use crate::charger::Line;
use crate::fault::FaultPreset;
use crate::rng::Ratio;

/// Something written as a string.
pub(crate) trait Quantity: Sized {
    /// What it looks like, to follow "expected" and "give".
    const LIKE: &'static str;

    /// Reads it; the error says what is wrong beyond [`Quantity::LIKE`], if anything does.
    fn read(text: &str) -> Result<Self, Option<String>>;
}

/// A quantity in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Of<T>(pub(crate) T);

impl<'de, T: Quantity> Deserialize<'de> for Of<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Reader(PhantomData)).map(Of)
    }
}

struct Reader<T>(PhantomData<T>);

impl<T: Quantity> Visitor<'_> for Reader<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::LIKE)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        T::read(text).map_err(|hint| match hint {
            Some(hint) => E::custom(format!("`{text}`: {hint}")),
            None => E::custom(format!("`{text}` is no such value, give {}", T::LIKE)),
        })
    }
}

/// Reads a quantity on a command line.
///
/// # Errors
/// What to write instead.
pub(crate) fn read<T: Quantity>(text: &str) -> Result<T, String> {
    T::read(text).map_err(|hint| hint.unwrap_or_else(|| format!("give {}", T::LIKE)))
}

/// A current, in amperes with at most two decimals: `32A`, `16.5A`.
///
/// # Errors
/// What to write instead.
pub fn amps(text: &str) -> Result<CentiAmps, String> {
    read(text)
}

/// A span of time: `800ms`, `5s`, `2min`, `8h`, `1d`.
///
/// # Errors
/// What to write instead.
pub fn span(text: &str) -> Result<Duration, String> {
    read(text)
}

/// Energy in watt-hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct WattHours(pub u32);

/// Power in watts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Watts(pub i32);

/// The continuous limit of a circuit, per phase, in centiamps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Of each phase.
    pub amps: CentiAmps,
    /// How many phases were written down; `None` where only the current was.
    pub phases: Option<u8>,
}

impl Quantity for CentiAmps {
    const LIKE: &'static str = "amperes like \"32A\" or \"16.5A\", up to 655.35A";

    fn read(text: &str) -> Result<Self, Option<String>> {
        let number = text.trim().strip_suffix(['A', 'a']).map(str::trim_end).ok_or(None)?;
        let value = decimal(number, 100).and_then(|value| u16::try_from(value).ok());
        value.map(Self::new).ok_or(None)
    }
}

impl Quantity for Duration {
    const LIKE: &'static str = "a time like \"800ms\", \"5s\", \"2min\", \"8h\" or \"1d\"";

    fn read(text: &str) -> Result<Self, Option<String>> {
        let (number, unit) = split(text);
        let millis = match unit {
            "ms" => 1,
            "s" => 1_000,
            "min" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return Err(None),
        };
        // A hundred years are enough for anybody and cannot overflow.
        let millis = decimal(number, millis).filter(|millis| *millis <= 3_155_760_000_000);
        millis.map(Self::from_millis).ok_or(None)
    }
}

impl Quantity for WattHours {
    const LIKE: &'static str = "energy like \"500Wh\" or \"12.5kWh\"";

    fn read(text: &str) -> Result<Self, Option<String>> {
        let value = with_kilo(text, "Wh", "kWh").ok_or(None)?;
        u32::try_from(value).map(Self).map_err(|_| None)
    }
}

impl Quantity for Watts {
    const LIKE: &'static str = "power like \"300W\", \"-300W\" or \"2.3kW\"";

    fn read(text: &str) -> Result<Self, Option<String>> {
        let (sign, text) = text.trim().strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let value = with_kilo(text, "W", "kW").and_then(|value| i32::try_from(value).ok()).ok_or(None)?;
        Ok(Self(sign * value))
    }
}

impl Quantity for Limit {
    const LIKE: &'static str = "a limit like \"32A\" or \"3x20A\"";

    fn read(text: &str) -> Result<Self, Option<String>> {
        let (phases, amps) = match text.trim().split_once('x') {
            Some((phases @ ("1" | "2" | "3"), amps)) => (phases.parse().ok(), amps),
            Some(_) => return Err(None),
            None => (None, text),
        };
        Ok(Self { amps: CentiAmps::read(amps)?, phases })
    }
}

impl Quantity for Ratio {
    const LIKE: &'static str = "a chance like \"1/200\"";

    fn read(text: &str) -> Result<Self, Option<String>> {
        let (num, den) = text.split_once('/').ok_or(None)?;
        let (num, den) = num.trim().parse().ok().zip(den.trim().parse().ok()).ok_or(None)?;
        if den > 0 && num <= den { Ok(Self::new(num, den)) } else { Err(None) }
    }
}

impl Quantity for TwcId {
    const LIKE: &'static str = "an id of four hexadecimal digits like \"3495\"";

    fn read(text: &str) -> Result<Self, Option<String>> {
        text.parse().map_err(|_| None)
    }
}

impl Quantity for Line {
    const LIKE: &'static str = "a phase: \"L1\", \"L2\" or \"L3\"";

    fn read(text: &str) -> Result<Self, Option<String>> {
        match text {
            "L1" => Ok(Self::L1),
            "L2" => Ok(Self::L2),
            "L3" => Ok(Self::L3),
            _ => Err(None),
        }
    }
}

impl Quantity for Window {
    const LIKE: &'static str = "a time of day like \"23:00-07:00\"";

    fn read(text: &str) -> Result<Self, Option<String>> {
        let minutes = |text: &str| {
            let (hour, minute) = text.trim().split_once(':')?;
            let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
            (hour <= 24 && minute < 60).then(|| hour * 60 + minute).filter(|minutes| *minutes <= 24 * 60)
        };
        let (from, to) = text.split_once('-').ok_or(None)?;
        let (from, to) = minutes(from).zip(minutes(to)).ok_or(None)?;
        if from < 24 * 60 { Ok(Self { from, to }) } else { Err(None) }
    }
}

impl Quantity for FaultPreset {
    const LIKE: &'static str = "a line: \"clean\", \"home\", \"bad_cable\" or \"storm\"";

    fn read(text: &str) -> Result<Self, Option<String>> {
        text.parse().map_err(|_| Some(unknown("line", text, FaultPreset::ALL.map(FaultPreset::name))))
    }
}

impl Quantity for CarProfile {
    const LIKE: &'static str = "the name of a car";

    fn read(text: &str) -> Result<Self, Option<String>> {
        Self::by_name(text).ok_or_else(|| Some(unknown("car", text, Self::NAMES)))
    }
}

pub(super) fn unknown(what: &str, text: &str, names: impl IntoIterator<Item = &'static str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    let hint = did_you_mean(text, names.iter().copied())
        .map_or_else(String::new, |name| format!(", did you mean `{name}`?"));
    format!("no such {what}{hint}; there are {}", names.join(", "))
}

fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    text.split_at(text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len()))
}

fn with_kilo(text: &str, one: &str, thousand: &str) -> Option<u64> {
    let (number, unit) = split(text);
    let scale = if unit == one {
        1
    } else if unit == thousand {
        1_000
    } else {
        return None;
    };
    decimal(number, scale)
}

/// A number with decimals, times `scale`; nothing where that is no whole number.
fn decimal(number: &str, scale: u64) -> Option<u64> {
    let (whole, part) = number.trim().split_once('.').unwrap_or((number.trim(), "0"));
    let is_digits =
        |text: &str, most| !text.is_empty() && text.len() <= most && text.bytes().all(|b| b.is_ascii_digit());
    if !is_digits(whole, 10) || !is_digits(part, 6) {
        return None;
    }
    let tens = 10u64.pow(u32::try_from(part.len()).ok()?);
    let fraction = part.parse::<u64>().ok()? * scale;
    if fraction % tens != 0 {
        return None;
    }
    (whole.parse::<u64>().ok()? * scale).checked_add(fraction / tens)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amperes_need_their_unit_and_at_most_two_decimals() {
        for (text, centiamps) in
            [("32A", 3_200), ("16.5A", 1_650), ("6.05 a", 605), ("0A", 0), ("655.35A", 65_535)]
        {
            assert_eq!(amps(text), Ok(CentiAmps::new(centiamps)), "{text}");
        }
        for bad in ["32", "A", "1.234A", ".5A", "5.A", "-1A", "1e2A", "655.36A", "99999999999A", "NaNA"] {
            assert!(amps(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn times_need_their_unit() {
        for (text, millis) in
            [("5s", 5_000), ("1.5s", 1_500), ("800ms", 800), ("2min", 120_000), ("1.5h", 5_400_000), ("0s", 0)]
        {
            assert_eq!(span(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for bad in ["5", "s", "-1s", "5m", "infs", "1e99min", "9999999999d", "0.0001s"] {
            assert!(span(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn energy_power_and_limits_are_read_with_their_units() {
        assert_eq!(read("12.5kWh"), Ok(WattHours(12_500)));
        assert_eq!(read("-2.3kW"), Ok(Watts(-2_300)));
        assert_eq!(read("3x20A"), Ok(Limit { amps: CentiAmps::from_amps(20), phases: Some(3) }));
        assert_eq!(read("16A"), Ok(Limit { amps: CentiAmps::from_amps(16), phases: None }));
        assert_eq!(read("1/200"), Ok(Ratio::new(1, 200)));
        assert_eq!(read("23:00-7:30"), Ok(Window { from: 1_380, to: 450 }));
        for bad in ["4x20A", "3x20", "x20A"] {
            assert!(read::<Limit>(bad).is_err(), "{bad}");
        }
        assert!(
            read::<WattHours>("5kW").is_err() && read::<Ratio>("2/1").is_err() && read::<Ratio>("1/0").is_err()
        );
        for bad in ["24:01-1:00", "1:60-2:00", "1:00", "24:00-1:00"] {
            assert!(read::<Window>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_misspelt_name_is_met_with_the_one_that_was_meant() {
        assert!(read::<CarProfile>("tesle").unwrap_err().contains("did you mean `tesla`?"));
        assert!(read::<FaultPreset>("bad-cable").unwrap_err().contains("did you mean `bad_cable`?"));
    }
}
