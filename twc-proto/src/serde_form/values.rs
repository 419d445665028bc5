//! The small values.

use core::fmt::{self, Write};

use serde::de::{self, Deserialize, Deserializer, Unexpected, Visitor};
use serde::ser::{Serialize, Serializer};

use super::text::Short;
use crate::message::{ErrorBitmap, Item, PlugState, Switch};
use crate::stream::DecoderStats;
use crate::time::Instant;
use crate::types::{BodyLen, CentiAmps, Command, Opcode, Sign, SlaveState, TwcId, Version};

/// A newtype as the number in it.
macro_rules! number {
    ($type:ty, $inner:ty, $from:expr, $get:expr) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let get: fn(Self) -> $inner = $get;
                get(*self).serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <$inner>::deserialize(deserializer).map($from)
            }
        }
    };
}

number!(Sign, u8, Sign::new, Sign::value);
number!(CentiAmps, u16, CentiAmps::new, CentiAmps::value);
number!(SlaveState, u8, SlaveState::new, SlaveState::code);
number!(Command, u8, Command::new, Command::code);
number!(PlugState, u8, PlugState::new, PlugState::code);
number!(ErrorBitmap, u8, ErrorBitmap, |bitmap| bitmap.0);
number!(Instant, u64, Instant::from_micros, Instant::as_micros);

impl Serialize for BodyLen {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.get() as u8).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for BodyLen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let len = u8::deserialize(deserializer)?;
        BodyLen::new(usize::from(len))
            .ok_or_else(|| de::Error::invalid_value(Unexpected::Unsigned(len.into()), &"13 to 20"))
    }
}

impl Serialize for TwcId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        four_digits(self.value(), serializer)
    }
}

impl<'de> Deserialize<'de> for TwcId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_four_digits(deserializer).map(Self::new)
    }
}

impl Serialize for Opcode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        four_digits(u16::from_be_bytes([self.kind(), self.code()]), serializer)
    }
}

impl<'de> Deserialize<'de> for Opcode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let [kind, code] = from_four_digits(deserializer)?.to_be_bytes();
        Opcode::new(kind, code).ok_or_else(|| {
            de::Error::invalid_value(Unexpected::Unsigned(kind.into()), &"a type byte FB, FC or FD")
        })
    }
}

fn four_digits<S: Serializer>(value: u16, serializer: S) -> Result<S::Ok, S::Error> {
    if !serializer.is_human_readable() {
        return serializer.serialize_u16(value);
    }
    let mut text = Short::default();
    write!(text, "{value:04X}").map_err(serde::ser::Error::custom)?;
    serializer.serialize_str(text.as_str())
}

fn from_four_digits<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    if deserializer.is_human_readable() {
        deserializer.deserialize_str(FourDigits)
    } else {
        u16::deserialize(deserializer)
    }
}

struct FourDigits;

impl Visitor<'_> for FourDigits {
    type Value = u16;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("four hexadecimal digits")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<u16, E> {
        text.parse().map(TwcId::value).map_err(|_| E::invalid_value(Unexpected::Str(text), &self))
    }
}

/// An enum or struct of this crate in the form of its derived twin.
macro_rules! by_twin {
    ($type:ty, $twin:ident) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $twin::serialize(self, serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $twin::deserialize(deserializer)
            }
        }
    };
}
pub(super) use by_twin;

by_twin!(Version, VersionForm);
by_twin!(Switch, SwitchForm);
by_twin!(Item, ItemForm);

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(remote = "Version")]
enum VersionForm {
    P1,
    P2,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(remote = "Switch", rename_all = "snake_case")]
enum SwitchForm {
    Start,
    Stop,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(remote = "Item", rename_all = "snake_case")]
enum ItemForm {
    Meter,
    Firmware,
    Serial,
    #[serde(rename = "vin_part_1")]
    VinPart1,
    #[serde(rename = "vin_part_2")]
    VinPart2,
    #[serde(rename = "vin_part_3")]
    VinPart3,
    PlugState,
    OldSerial,
    OldModel,
    OldFirmware,
}

impl Serialize for DecoderStats {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        StatsForm::serialize(self, serializer)
    }
}

#[derive(serde::Serialize)]
#[serde(remote = "DecoderStats")]
struct StatsForm {
    messages: u32,
    junk_bytes: u32,
    too_short: u32,
    too_long: u32,
    bad_escape: u32,
    bad_type: u32,
    bad_checksum: u32,
    fields_missing: u32,
}
