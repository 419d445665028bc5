//! A body by value: what came off the wire, or is to go there.

use super::checksum;
use crate::error::FrameError;
use crate::types::{BodyLen, Opcode};
use crate::words::{self, Words};

/// The longest body.
pub(crate) type Bytes = [u8; BodyLen::MAX];

/// 13 to 20 bytes with the checksum. What stands behind them does not count, and fields that a code needs are not there.
#[derive(Clone, Copy)]
pub(crate) struct Body {
    bytes: Bytes,
    len: BodyLen,
}

impl Body {
    /// A length that is known when this is compiled. `None` when no frame is that long.
    #[inline]
    pub(crate) const fn of<const N: usize>(bytes: &[u8; N]) -> Option<Self> {
        let Some(len) = BodyLen::new(N) else { return None };
        Some(Self { bytes: padded(*bytes), len })
    }

    /// The first `len` bytes of a buffer.
    #[inline]
    pub(crate) const fn of_first(bytes: &Bytes, len: BodyLen) -> Self {
        Self { bytes: *bytes, len }
    }

    /// Fields, with zeros behind them, and their checksum.
    #[inline]
    pub(crate) fn sealed(bytes: Bytes, len: BodyLen) -> Self {
        let mut body = Self { bytes, len };
        let [first, second, third] = body.words();
        let sum = words::sum([first & !0xFF, second, third]);
        if let Some(last) = body.bytes.get_mut(len.get() - 1) {
            *last = sum.wrapping_sub(*last);
        }
        body
    }

    /// Checks type byte and checksum.
    #[inline]
    pub(crate) fn check(&self) -> Result<Opcode, FrameError> {
        let words = self.words();
        let [kind, code, ..] = words[0].to_le_bytes();
        let opcode = Opcode::new(kind, code).ok_or(FrameError::BadType { found: kind })?;
        let received = self.last(words);
        let computed = words::sum(words).wrapping_sub(kind).wrapping_sub(received);
        if computed == received { Ok(opcode) } else { Err(FrameError::BadChecksum { computed, received }) }
    }

    /// The last byte, out of the words where its place is known: the bytes need not be in memory then.
    #[inline]
    fn last(&self, [_, second, third]: Words) -> u8 {
        match self.len {
            BodyLen::B14 => (second >> 40) as u8,
            BodyLen::B16 => (second >> 56) as u8,
            BodyLen::B20 => (third >> 24) as u8,
            len => self.bytes.get(len.get() - 1).copied().unwrap_or_default(),
        }
    }

    /// Zeros behind the body.
    #[inline]
    const fn words(&self) -> Words {
        let [first, second, third] = words::words(&self.bytes);
        let mask = u128::MAX >> (8 * (24 - self.len.get()));
        [first, second & mask as u64, third & (mask >> 64) as u64]
    }

    #[inline]
    pub(crate) const fn len(&self) -> BodyLen {
        self.len
    }

    /// Fields are read from here by position, whatever the length.
    #[inline]
    pub(crate) const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Type and code of a body that was checked.
    #[inline]
    pub(crate) const fn opcode(&self) -> Opcode {
        let [kind, code, ..] = self.bytes;
        Opcode::raw(kind, code)
    }

    #[inline]
    pub(crate) fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.len.get()).unwrap_or_default()
    }

    /// What stands between opcode and checksum.
    pub(crate) fn payload(&self) -> &[u8] {
        self.behind(2)
    }

    /// What stands between `fields_end` and the checksum.
    pub(crate) fn behind(&self, fields_end: usize) -> &[u8] {
        self.bytes.get(fields_end..self.len.get() - 1).unwrap_or_default()
    }
}

impl PartialEq for Body {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl Eq for Body {}

impl core::hash::Hash for Body {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.as_slice().hash(state);
    }
}

impl core::fmt::Debug for Body {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        crate::hex::write(f, self.as_slice())
    }
}

/// The longest body with `fields` at its front and zeros behind them.
#[inline]
pub(crate) const fn padded<const N: usize>(fields: [u8; N]) -> Bytes {
    let mut bytes = [0; BodyLen::MAX];
    if let Some((front, _)) = bytes.split_first_chunk_mut() {
        *front = fields;
    }
    bytes
}

/// For a view that was checked already.
impl<T: AsRef<[u8]>> From<&super::Frame<T>> for Body {
    fn from(frame: &super::Frame<T>) -> Self {
        let mut bytes = [0; BodyLen::MAX];
        for (slot, byte) in bytes.iter_mut().zip(frame.body()) {
            *slot = *byte;
        }
        debug_assert_eq!(checksum(frame.body()), frame.body().last().copied().unwrap_or_default());
        Self { bytes, len: frame.body_len() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_has_13_to_20_bytes() {
        assert_eq!(Body::of(&[7; 12]), None);
        assert_eq!(Body::of(&[7; 13]).map(|body| body.len().get()), Some(13));
        assert_eq!(Body::of(&[7; 20]).map(|body| body.len().get()), Some(20));
        assert_eq!(Body::of(&[7; 21]), None);
    }
}
