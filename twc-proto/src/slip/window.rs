//! Looks for the next delimiter eight bytes at a time, in plain integers: what a slice allows and a byte does not.
//!
//! Frames are 16 to 22 bytes long, so the cost is mispredicted branches, not bytes. Nothing here branches on where
//! between 8 and 20 the delimiter stands.

use super::{END, ESC, MAX_JUNK};
use crate::types::BodyLen;

/// Bytes looked at: the longest body, its delimiter, rounded up to whole words.
pub(crate) const REACH: usize = 24;

const LOWEST_BITS: u64 = u64::from_le_bytes([0x01; 8]);
const HIGHEST_BITS: u64 = u64::from_le_bytes([0x80; 8]);

/// What begins right behind a delimiter.
pub(crate) enum Ahead<'a> {
    /// One to three raw bytes, then a delimiter.
    Junk(u8),
    /// No escape and this many bytes before the delimiter, too few for a frame.
    Short(usize),
    /// No escape and 16 bytes, as nearly all frames on a bus have. Apart from the others so that the compiler works
    /// with two words and not three.
    Sixteen(Whole<'a>),
    /// No escape and as many bytes as a frame has.
    Whole(Whole<'a>),
    /// Something for the byte machine: an escape, no delimiter within reach, or the buffer ends.
    Unclear,
}

impl Ahead<'_> {
    /// Bytes before the delimiter, where that is clear.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Junk(len) => usize::from(*len),
            Self::Short(len) => *len,
            Self::Sixteen(_) => BodyLen::B16.get(),
            Self::Whole(whole) => whole.body_len.get(),
            Self::Unclear => 0,
        }
    }
}

/// A body of 13 to 20 bytes that needed no un-escaping.
#[derive(Clone, Copy)]
pub(crate) struct Whole<'a> {
    /// Where it stands.
    chunk: &'a [u8; REACH],
    /// Its first eight bytes.
    first: u64,
    /// The others without the last one, zeros behind them.
    rest: u128,
    last: u8,
    body_len: BodyLen,
}

impl<'a> Whole<'a> {
    /// The first `len` bytes of a buffer; `None` when no frame is that long.
    #[inline]
    pub(crate) fn of(chunk: &'a [u8; REACH], len: usize) -> Option<Self> {
        let body_len = BodyLen::new(len)?;
        let last = *chunk.get(len - 1)?;
        let (first, rest) = words(chunk);
        let bits_behind = 8 * (REACH + 1 - len) as u32;
        Some(Self { chunk, first, rest: rest & (u128::MAX >> bits_behind), last, body_len })
    }

    #[inline]
    pub(crate) const fn body_len(&self) -> BodyLen {
        self.body_len
    }

    /// The last byte: the checksum of a frame.
    #[inline]
    pub(crate) const fn last(&self) -> u8 {
        self.last
    }

    #[inline]
    pub(crate) const fn kind_and_code(&self) -> (u8, u8) {
        let [kind, code, ..] = *self.chunk;
        (kind, code)
    }

    /// The sum of all bytes but the first and the last.
    #[inline]
    pub(crate) const fn sum(&self) -> u8 {
        let pairs = pairwise(self.first & !0xFF) + pairwise(self.rest as u64) + pairwise((self.rest >> 64) as u64);
        // The product collects the four lanes in the uppermost, which holds 24 times 255 easily.
        (pairs.wrapping_mul(0x0001_0001_0001_0001) >> 48) as u8
    }

    /// The first fields behind the code. They are there in the shortest frame, so they come straight from the input.
    #[inline]
    pub(crate) const fn fields<const N: usize>(&self) -> [u8; N] {
        const { assert!(2 + N < BodyLen::MIN) };
        let (_, fields) = self.chunk.split_at(2);
        match fields.first_chunk() {
            Some(fields) => *fields,
            None => [0; N],
        }
    }

    /// What stands between `END` and the last byte, zeros behind it. Shifted out of the words, because reading back
    /// what was just written at another offset stalls the processor.
    #[inline]
    pub(crate) fn filling<const END: u32>(&self) -> [u8; BodyLen::MAX - 3] {
        let bytes = if END >= 8 {
            self.rest >> (8 * (END - 8))
        } else {
            self.rest << (8 * (8 - END)) | u128::from(self.first >> (8 * END))
        };
        let mut filling = [0; BodyLen::MAX - 3];
        if let Some(slots) = filling.first_chunk_mut() {
            *slots = bytes.to_le_bytes();
        }
        // There is a seventeenth byte when all of the payload is asked for.
        if let (true, [.., last]) = (END < 8, &mut filling) {
            *last = (self.rest >> (8 * (END + 8))) as u8;
        }
        filling
    }
}

/// Reads up to the next delimiter. The first byte of `input` is known to be none.
#[inline]
pub(crate) fn look(input: &[u8]) -> Ahead<'_> {
    let Some((chunk, _)) = input.split_first_chunk::<REACH>() else {
        return Ahead::Unclear;
    };
    let (first, rest) = words(chunk);
    let middle = rest as u64;
    let special = matches(first, END) | matches(first, ESC) | matches(middle, END) | matches(middle, ESC);
    if special == 0 && (rest >> 64) as u8 == END {
        let [.., last] = middle.to_le_bytes();
        let rest = u128::from(middle & (u64::MAX >> 8));
        return Ahead::Sixteen(Whole { chunk, first, rest, last, body_len: BodyLen::B16 });
    }
    let ends = matches(first, END);
    if ends != 0 {
        let len = ends.trailing_zeros() / 8;
        return if len <= u32::from(MAX_JUNK) {
            Ahead::Junk(len as u8)
        } else if matches(first & below(ends), ESC) != 0 {
            Ahead::Unclear
        } else {
            Ahead::Short(len as usize)
        };
    }
    let ends = matches_wide(rest, END);
    let len = 8 + ends.trailing_zeros() as usize / 8;
    let before = below_wide(ends);
    let rest = rest & before;
    if matches(first, ESC) | matches(rest as u64, ESC) | matches((rest >> 64) as u64, ESC) != 0 {
        return Ahead::Unclear;
    }
    match (BodyLen::new(len), chunk.get(len - 1)) {
        (Some(body_len), Some(&last)) => {
            Ahead::Whole(Whole { chunk, first, rest: rest & (before >> 8), last, body_len })
        }
        _ if len < BodyLen::MIN => Ahead::Short(len),
        _ => Ahead::Unclear,
    }
}

#[inline]
fn words(chunk: &[u8; REACH]) -> (u64, u128) {
    match (chunk.first_chunk(), chunk.last_chunk()) {
        (Some(first), Some(rest)) => (u64::from_le_bytes(*first), u128::from_le_bytes(*rest)),
        // Both are shorter than the chunk.
        _ => (0, 0),
    }
}

/// Bit 7 of the first byte equal to `byte`, and perhaps of bytes above it; 0 when there is none.
#[inline]
const fn matches(word: u64, byte: u8) -> u64 {
    let zeroed = word ^ (LOWEST_BITS * byte as u64);
    zeroed.wrapping_sub(LOWEST_BITS) & !zeroed & HIGHEST_BITS
}

#[inline]
const fn matches_wide(words: u128, byte: u8) -> u128 {
    matches(words as u64, byte) as u128 | (matches((words >> 64) as u64, byte) as u128) << 64
}

/// All bits of the bytes below the lowest match; all there are when nothing matched.
#[inline]
const fn below(matches: u64) -> u64 {
    let lowest = matches >> 7;
    lowest.wrapping_sub(1) & !lowest
}

#[inline]
const fn below_wide(matches: u128) -> u128 {
    let lowest = matches >> 7;
    lowest.wrapping_sub(1) & !lowest
}

/// The sums of neighbours, in four lanes.
#[inline]
const fn pairwise(word: u64) -> u64 {
    const EVEN: u64 = 0x00FF_00FF_00FF_00FF;
    (word & EVEN) + ((word >> 8) & EVEN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_at_every_place_is_found_and_nothing_else_is() {
        for byte in [END, ESC] {
            for other in 0..=u8::MAX {
                for place in 0..8 {
                    let mut bytes = [other; 8];
                    if let Some(slot) = bytes.get_mut(place) {
                        *slot = byte;
                    }
                    let found = matches(u64::from_le_bytes(bytes), byte);
                    let first = if other == byte { 0 } else { place as u32 };
                    assert_eq!(found.trailing_zeros() / 8, first, "{other:02X} {place}");
                }
                let none = matches(u64::from_le_bytes([other; 8]), byte) == 0;
                assert_eq!(none, other != byte);
            }
        }
    }

    #[test]
    fn every_length_is_cut_at_its_delimiter() {
        for len in 1..REACH {
            let mut bytes = [7; REACH];
            if let Some(slot) = bytes.get_mut(len) {
                *slot = END;
            }
            match look(&bytes) {
                Ahead::Junk(found) => assert_eq!((usize::from(found), len <= 3), (len, true)),
                Ahead::Short(found) => assert_eq!((found, (4..13).contains(&len)), (len, true)),
                Ahead::Sixteen(whole) | Ahead::Whole(whole) => {
                    assert_eq!(whole.body_len().get(), len);
                    assert_eq!((whole.last(), usize::from(whole.sum())), (7, 7 * (len - 2)));
                    assert!(
                        whole
                            .filling::<2>()
                            .iter()
                            .enumerate()
                            .all(|(at, byte)| *byte == 7 * u8::from(at + 3 < len))
                    );
                }
                Ahead::Unclear => assert!(len > BodyLen::MAX),
            }
        }
    }
}
