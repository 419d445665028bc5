//! Values as people write them: strings with units, that remember where they stood.

use core::marker::PhantomData;
use core::ops::Range;
use std::borrow::{Cow, ToOwned};
use std::fmt;
use std::format;
use std::string::String;
use std::vec::Vec;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, Visitor};
use toml::Spanned;

use super::error::did_you_mean;

/// Something written as a string.
pub(super) trait Value: Sized {
    /// Its name in the schema.
    const NAME: &'static str;
    /// What it looks like, to follow "write".
    const LIKE: &'static str;
    /// Every word it can be, where those are few.
    const WORDS: &'static [&'static str] = &[];

    /// Reads it; the error is a reason beyond [`Value::LIKE`], if there is one.
    fn read(text: &str) -> Result<Self, Option<String>>;
}

/// A value in a file, with its place.
#[derive(Debug, Clone)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) span: Range<usize>,
}

impl<'de, T: Value> Deserialize<'de> for At<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Read<T>>::deserialize(deserializer)?;
        let span = spanned.span();
        Ok(Self { value: spanned.into_inner().0, span })
    }
}

impl<'de> Deserialize<'de> for At<Vec<String>> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Vec<String>>::deserialize(deserializer)?;
        let span = spanned.span();
        Ok(Self { value: spanned.into_inner(), span })
    }
}

impl JsonSchema for At<Vec<String>> {
    fn schema_name() -> Cow<'static, str> {
        "Command".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "array",
            "items": { "type": "string" },
            "minItems": 1,
            "description": "a program and its arguments, run without a shell",
        })
    }
}

impl<T: Value> JsonSchema for At<T> {
    fn schema_name() -> Cow<'static, str> {
        T::NAME.into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        if T::WORDS.is_empty() {
            return json_schema!({ "type": "string", "description": T::LIKE });
        }
        json_schema!({ "type": "string", "enum": T::WORDS })
    }
}

struct Read<T>(T);

impl<'de, T: Value> Deserialize<'de> for Read<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Reader(PhantomData)).map(Read)
    }
}

struct Reader<T>(PhantomData<T>);

impl<T: Value> Visitor<'_> for Reader<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::LIKE)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        T::read(text).map_err(|reason| match reason {
            Some(reason) => E::custom(reason),
            None => match did_you_mean(text, T::WORDS.iter().copied()) {
                Some(meant) => E::custom(format!("`{text}` is unknown here, did you mean `{meant}`?")),
                None => E::custom(format!("`{text}` makes no sense here, write {}", T::LIKE)),
            },
        })
    }
}

/// Splits `2.3kW` into `2.3` and `kW`.
pub(super) fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let unit = text.find(|c: char| c.is_alphabetic() || c == '%').unwrap_or(text.len());
    let (number, unit) = text.split_at(unit);
    (number.trim(), unit)
}

/// A decimal times `scale`, exactly; `None` where more digits are written than the scale can hold.
pub(super) fn decimal(number: &str, scale: i64) -> Option<i64> {
    let (negative, digits) = match number.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, number),
    };
    let (whole, mut fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 12 || !all_digits(whole) || !all_digits(fraction) || digits.ends_with('.')
    {
        return None;
    }
    let mut value = whole.parse::<i64>().ok()?.checked_mul(scale)?;
    let mut unit = scale;
    while let Some((digit, rest)) = fraction.split_at_checked(1) {
        if unit % 10 != 0 {
            return None;
        }
        unit /= 10;
        value = value.checked_add(digit.parse::<i64>().ok()? * unit)?;
        fraction = rest;
    }
    Some(if negative { -value } else { value })
}

/// A name that is given in this file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name(pub(super) String);

impl Value for Name {
    const NAME: &'static str = "Name";
    const LIKE: &'static str = "the name of a table in this file";

    fn read(text: &str) -> Result<Self, Option<String>> {
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact_or_refused() {
        for (number, scale, value) in
            [("16.5", 100, 1_650), ("2.3", 1_000, 2_300), ("-0.05", 100, -5), ("7", 1, 7)]
        {
            assert_eq!(decimal(number, scale), Some(value), "{number}");
        }
        for bad in ["", ".5", "5.", "1e3", "6.005", "+6", "99999999999999", "6,5", "--1"] {
            assert_eq!(decimal(bad, 100), None, "{bad}");
        }
    }
}
