//! What a slice allows and a byte does not: candidates that lie in it as a whole are read many bytes at a time.
//!
//! Frames are 16 to 22 bytes long, so the cost is mispredicted branches, not bytes. The commonest length is guessed
//! and checked; no other branch depends on where between 8 and 20 the delimiter stands.

use super::{END, ESC, ESC_END, ESC_ESC};
use crate::types::BodyLen;
use crate::words;

/// Bytes searched for a delimiter: the longest body, rounded up to whole words.
const REACH: usize = 24;

/// A guess: `N` bytes without an escape, then a delimiter.
#[inline]
pub(crate) fn plain<const N: usize>(input: &[u8]) -> Option<&[u8; N]> {
    let (bytes, [END, ..]) = input.split_first_chunk::<N>()? else { return None };
    if words::specials(words::words(bytes)) == 0 { Some(bytes) } else { None }
}

/// What stands in a buffer before the next delimiter.
pub(crate) enum Ahead<'a> {
    /// Nothing escaped, and at most as many bytes as the longest body has; the buffer goes on behind them.
    Plain(&'a [u8; BodyLen::MAX], usize),
    /// An escape, or no delimiter within reach. So many bytes are plain for certain.
    Unclear(usize),
}

/// Looks for the next delimiter; the first byte of `input` is known to be none.
#[inline]
pub(crate) fn look(input: &[u8]) -> Ahead<'_> {
    let (Some(chunk), Some(bytes)) = (input.first_chunk::<REACH>(), input.first_chunk()) else {
        return Ahead::Unclear(0);
    };
    let [first, second, third] = words::words(chunk);
    let ends = words::ends(first);
    let (len, escapes) = if ends == 0 {
        let ends = wide(words::ends(second), words::ends(third));
        let escapes = wide(words::escapes(second), words::escapes(third)) & below(ends);
        (8 + first_of(ends), (words::escapes(first), escapes))
    } else {
        (first_of(u128::from(ends)), (words::escapes(first) & below(u128::from(ends)) as u64, 0))
    };
    match escapes {
        (0, 0) if len <= BodyLen::MAX => Ahead::Plain(bytes, len),
        (0, escapes) => Ahead::Unclear(8 + first_of(escapes)),
        (escapes, _) => Ahead::Unclear(first_of(u128::from(escapes))),
    }
}

/// The byte with the lowest bit that is set; one too far when none is.
#[inline]
const fn first_of(bits: u128) -> usize {
    bits.trailing_zeros() as usize / 8
}

#[inline]
const fn wide(low: u64, high: u64) -> u128 {
    low as u128 | (high as u128) << 64
}

/// The bits below the lowest that is set; all when none is.
#[inline]
const fn below(bits: u128) -> u128 {
    bits.wrapping_sub(1) & !bits
}

/// A candidate with an escape, or at the end of its buffer.
pub(crate) struct Unescaped {
    /// Bytes that were meant.
    pub(crate) len: usize,
    /// Bytes on the wire, without the delimiter.
    pub(crate) raw: usize,
}

/// Reads up to the next delimiter, of which `plain` bytes are known to be neither that nor an escape. `None` when an
/// escape is wrong, a byte too many, or the buffer ends: that is for the byte machine to find out.
#[inline(never)]
pub(crate) fn unescape(input: &[u8], plain: usize, bytes: &mut [u8; BodyLen::MAX]) -> Option<Unescaped> {
    let mut len = 0;
    if let (1..=BodyLen::MAX, Some(front)) = (plain, input.first_chunk()) {
        *bytes = *front;
        len = plain;
    }
    let mut rest = input.get(len..).unwrap_or_default().iter();
    loop {
        let byte = match *rest.next()? {
            END => return Some(Unescaped { len, raw: input.len() - rest.len() - 1 }),
            ESC => match *rest.next()? {
                ESC_END => END,
                ESC_ESC => ESC,
                _ => return None,
            },
            plain => plain,
        };
        *bytes.get_mut(len)? = byte;
        len += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looked(input: &[u8]) -> Option<usize> {
        match look(input) {
            Ahead::Plain(_, len) => Some(len),
            Ahead::Unclear(_) => None,
        }
    }

    #[test]
    fn the_first_delimiter_counts_and_an_escape_only_before_it() {
        for end in 1..=REACH {
            for escape in 0..=REACH {
                let mut bytes = [0xC1; REACH + 1];
                bytes[end] = END;
                bytes[escape] = if escape == end { END } else { ESC };
                let expected = (end <= BodyLen::MAX && escape >= end).then_some(end);
                assert_eq!(looked(&bytes), expected, "{end} {escape}");
            }
        }
    }

    #[test]
    fn sixteen_bytes_are_a_guess_that_one_special_refutes() {
        let mut wire = [7; 18];
        assert_eq!(plain::<16>(&wire), None);
        wire[16] = END;
        assert_eq!(plain::<16>(&wire), Some(&[7; 16]));
        assert_eq!(plain::<16>(&wire[..16]), None);
        for special in [END, ESC] {
            for place in 0..16 {
                let mut wire = wire;
                wire[place] = special;
                assert_eq!(plain::<16>(&wire), None);
            }
        }
    }

    #[test]
    fn what_is_not_sound_or_not_whole_is_left_to_the_byte_machine() {
        let read = |wire: &[u8]| {
            let mut bytes = [0; BodyLen::MAX];
            unescape(wire, 0, &mut bytes).map(|read| (read.len, read.raw, bytes[0]))
        };
        assert_eq!(read(&[ESC, ESC_END, 1, ESC, ESC_ESC, END, 9]), Some((3, 5, END)));
        assert_eq!(read(&[1; 20]), None);
        assert_eq!(read(&[1, 1, ESC, ESC, END]), None);
        assert_eq!(read(&[1, 1, 1, ESC, END, END]), None);
        let mut longest = [1; 22];
        longest[20] = END;
        assert_eq!(read(&longest), Some((20, 20, 1)));
        longest[20] = 1;
        assert_eq!(read(&longest), None);
    }
}
