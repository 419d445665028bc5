//! Bytes and characters, as text for people and as bytes for machines.

use core::fmt::{self, Write};

use serde::de::{self, Deserialize, Deserializer, SeqAccess, Unexpected, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::message::Text;
use crate::types::BodyLen;

/// Text on the stack; 64 bytes hold 20 pairs with spaces and 11 escaped characters.
#[derive(Default)]
pub(super) struct Short {
    bytes: Octets<64>,
}

impl Short {
    pub(super) fn as_str(&self) -> &str {
        core::str::from_utf8(self.bytes.as_slice()).unwrap_or_default()
    }
}

impl Write for Short {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        s.bytes().try_for_each(|byte| self.bytes.push(byte).ok_or(fmt::Error))
    }
}

/// Up to `N` bytes without a meaning.
#[derive(Clone, Copy)]
pub(super) struct Octets<const N: usize = { BodyLen::MAX }> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> Default for Octets<N> {
    fn default() -> Self {
        Self { bytes: [0; N], len: 0 }
    }
}

impl<const N: usize> Octets<N> {
    pub(super) fn new(bytes: &[u8]) -> Self {
        let mut octets = Self::default();
        for byte in bytes {
            let _ = octets.push(*byte);
        }
        octets
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    pub(super) fn is_all_zero(&self) -> bool {
        self.as_slice().iter().all(|byte| *byte == 0)
    }

    /// `None` when it is full.
    pub(super) fn push(&mut self, byte: u8) -> Option<()> {
        *self.bytes.get_mut(self.len)? = byte;
        self.len += 1;
        Some(())
    }

    fn from_pairs(text: &str) -> Option<Self> {
        let mut octets = Self::default();
        for pair in text.split(' ').filter(|_| !text.is_empty()) {
            octets.push(hex_pair(pair)?)?;
        }
        Some(octets)
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        (bytes.len() <= N).then(|| Self::new(bytes))
    }

    /// Backslashes doubled, `\x1B` for what cannot be printed.
    fn from_escaped(text: &str) -> Option<Self> {
        let mut octets = Self::default();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let (byte, taken) = match first {
                '\\' if rest.starts_with("\\\\") => (b'\\', 2),
                '\\' => (hex_pair(rest.strip_prefix("\\x")?.get(..2)?)?, 4),
                ' '..='~' => (first as u8, 1),
                _ => return None,
            };
            octets.push(byte)?;
            rest = rest.get(taken..)?;
        }
        Some(octets)
    }
}

fn hex_pair(pair: &str) -> Option<u8> {
    let digits = pair.len() == 2 && pair.bytes().all(|byte| byte.is_ascii_hexdigit());
    if digits { u8::from_str_radix(pair, 16).ok() } else { None }
}

impl Serialize for Octets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return serializer.serialize_bytes(self.as_slice());
        }
        let mut text = Short::default();
        for (index, byte) in self.as_slice().iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(text, "{space}{byte:02X}").map_err(serde::ser::Error::custom)?;
        }
        serializer.serialize_str(text.as_str())
    }
}

impl<'de> Deserialize<'de> for Octets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "at most 20 bytes, as text in pairs of hexadecimal digits with single spaces";
        deserialize(deserializer, Octets::from_pairs, expected)
    }
}

impl<const N: usize> Serialize for Text<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return serializer.serialize_bytes(&self.0);
        }
        let end = self.0.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        let mut text = Short::default();
        for byte in self.0.iter().take(end) {
            match byte {
                b'\\' => text.write_str("\\\\"),
                b' '..=b'~' => text.write_char(char::from(*byte)),
                other => write!(text, "\\x{other:02X}"),
            }
            .map_err(serde::ser::Error::custom)?;
        }
        serializer.serialize_str(text.as_str())
    }
}

impl<'de, const N: usize> Deserialize<'de> for Text<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "printable ASCII, other bytes as \\x1B, no longer than the field";
        let octets: Octets<N> = deserialize(deserializer, Octets::from_escaped, expected)?;
        Ok(Self(octets.bytes))
    }
}

fn deserialize<'de, D: Deserializer<'de>, const N: usize>(
    deserializer: D,
    from_text: fn(&str) -> Option<Octets<N>>,
    expected: &'static str,
) -> Result<Octets<N>, D::Error> {
    let visitor = OctetsVisitor { from_text, expected };
    if deserializer.is_human_readable() {
        deserializer.deserialize_str(visitor)
    } else {
        deserializer.deserialize_bytes(visitor)
    }
}

struct OctetsVisitor<const N: usize> {
    from_text: fn(&str) -> Option<Octets<N>>,
    expected: &'static str,
}

impl<'de, const N: usize> Visitor<'de> for OctetsVisitor<N> {
    type Value = Octets<N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        (self.from_text)(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
        Octets::from_bytes(bytes).ok_or_else(|| E::invalid_length(bytes.len(), &self))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut octets = Octets::default();
        while let Some(byte) = seq.next_element()? {
            octets.push(byte).ok_or_else(|| de::Error::invalid_length(N + 1, &self))?;
        }
        Ok(octets)
    }
}
