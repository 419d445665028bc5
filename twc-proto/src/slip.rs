//! The byte layer: `C0 <escaped body> C0`, usually followed by one junk byte.
//!
//! **Every** `C0` ends a candidate and begins the next, also right after an escape byte. A start/end toggle
//! would lock on inverted after one lost byte; here an intact frame with a `C0` on either side is delivered
//! whatever came before it.
//!
//! This layer knows nothing of types and checksums. [`encode`] escapes whatever it is given, dangerous frames
//! included; [`crate::Envelope`] is the place that refuses those.

mod deframer;
mod window;

pub use self::deframer::Deframer;
pub(crate) use self::deframer::{Complete, skip};
pub(crate) use self::window::{Ahead, look, plain, unescape};
use crate::error::{EncodeError, SlipError};

/// The delimiter.
pub const END: u8 = 0xC0;
/// Starts an escape.
pub const ESC: u8 = 0xDB;
/// After [`ESC`]: a literal `C0`.
pub const ESC_END: u8 = 0xDC;
/// After [`ESC`]: a literal `DB`.
pub const ESC_ESC: u8 = 0xDD;

/// Candidates of up to this many raw bytes are what real units leave between frames, not broken frames.
pub const MAX_JUNK: u8 = 3;

/// The longest wire form of a body of `body_len` bytes: two delimiters and every byte escaped.
///
/// ```
/// const BUFFER: usize = twc_proto::slip::max_encoded_len(20);
/// assert_eq!(BUFFER, 42);
/// ```
pub const fn max_encoded_len(body_len: usize) -> usize {
    2 + 2 * body_len
}

/// The exact wire length of `body`.
///
/// ```
/// assert_eq!(twc_proto::slip::encoded_len(&[1, 2, 0xC0]), 6);
/// ```
pub fn encoded_len(body: &[u8]) -> usize {
    2 + body.iter().map(|b| 1 + usize::from(needs_escape(*b))).sum::<usize>()
}

/// Writes `body` in its wire form and returns the bytes written.
///
/// Only escapes: it checks neither length nor meaning of what it is given.
///
/// # Errors
/// When `out` is too small; nothing useful is in it then.
///
/// ```
/// let mut out = [0; 8];
/// let len = twc_proto::slip::encode(&[1, 0xC0, 0xDB], &mut out)?;
/// assert_eq!(out[..len], [0xC0, 1, 0xDB, 0xDC, 0xDB, 0xDD, 0xC0]);
/// # Ok::<(), twc_proto::error::EncodeError>(())
/// ```
pub fn encode(body: &[u8], out: &mut [u8]) -> Result<usize, EncodeError> {
    let needed = encoded_len(body);
    let error = EncodeError { needed, available: out.len() };
    let out = out.get_mut(..needed).ok_or(error)?;
    // Most frames have nothing to escape.
    match &mut *out {
        [first, middle @ .., last] if middle.len() == body.len() => {
            *first = END;
            middle.copy_from_slice(body);
            *last = END;
            return Ok(needed);
        }
        _ => {}
    }
    let mut slots = out.iter_mut();
    let mut put = |byte| {
        if let Some(slot) = slots.next() {
            *slot = byte;
        }
    };
    put(END);
    for &byte in body {
        match byte {
            END => {
                put(ESC);
                put(ESC_END);
            }
            ESC => {
                put(ESC);
                put(ESC_ESC);
            }
            other => put(other),
        }
    }
    put(END);
    Ok(needed)
}

const fn needs_escape(byte: u8) -> bool {
    byte == END || byte == ESC
}

/// What lay between two delimiters.
///
/// ```
/// use twc_proto::slip::{Candidate, Deframer};
///
/// let mut deframer = Deframer::new();
/// let mut input: &[u8] = b"\xC0body\xC0\xFE\xC0";
/// assert_eq!(deframer.pull(&mut input), Some(Candidate::Body(b"body")));
/// assert_eq!(deframer.pull(&mut input), Some(Candidate::Junk(1)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Candidate<'a> {
    /// Un-escaped bytes, 1 to 20 of them, in nothing checked but their escapes.
    Body(&'a [u8]),
    /// One to three raw bytes: what transceivers leave on the wire after a frame.
    Junk(u8),
    /// No SLIP body.
    Damaged(SlipError),
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    fn candidates(bytes: &[u8]) -> Vec<Result<Vec<u8>, Option<SlipError>>> {
        let mut deframer = Deframer::new();
        let mut out = Vec::new();
        for &byte in bytes {
            match deframer.push(byte) {
                Some(Candidate::Body(body)) => out.push(Ok(body.to_vec())),
                Some(Candidate::Junk(_)) => out.push(Err(None)),
                Some(Candidate::Damaged(error)) => out.push(Err(Some(error))),
                None => {}
            }
        }
        out
    }

    #[test]
    fn both_specials_are_escaped_wherever_they_stand() {
        let mut out = [0; 16];
        let len = encode(&[END, 1, ESC], &mut out).unwrap();
        assert_eq!(&out[..len], &[END, ESC, ESC_END, 1, ESC, ESC_ESC, END]);
    }

    #[test]
    fn a_small_buffer_is_refused_with_both_numbers() {
        assert_eq!(encode(&[END; 3], &mut [0; 7]), Err(EncodeError { needed: 8, available: 7 }));
    }

    #[test]
    fn neighbours_may_share_one_delimiter() {
        let found = candidates(&[END, 1, 2, 3, 4, END, 5, 6, 7, 8, END]);
        assert_eq!(found, [Ok(Vec::from([1, 2, 3, 4])), Ok(Vec::from([5, 6, 7, 8]))]);
    }

    #[test]
    fn a_delimiter_after_a_dangling_escape_still_begins_the_next_frame() {
        let found = candidates(&[END, 1, 2, 3, ESC, END, 5, 6, 7, 8, END]);
        assert_eq!(found, [Err(Some(SlipError::DanglingEscape)), Ok(Vec::from([5, 6, 7, 8]))]);
    }

    #[test]
    fn a_wrong_escape_spoils_only_its_own_candidate() {
        let found = candidates(&[END, 1, ESC, 2, 3, END, 5, 6, 7, 8, END]);
        assert_eq!(found, [Err(Some(SlipError::InvalidEscape { found: 2 })), Ok(Vec::from([5, 6, 7, 8]))]);
    }

    #[test]
    fn overlong_candidates_are_reported_once() {
        let mut bytes = Vec::from([END]);
        bytes.extend([7; 21]);
        bytes.push(END);
        assert_eq!(candidates(&bytes), [Err(Some(SlipError::TooLong { max: 20 }))]);
    }

    #[test]
    fn the_byte_between_frames_is_junk_and_bytes_before_the_first_delimiter_too() {
        assert_eq!(candidates(&[9, END, 0xFC, END]), [Err(None), Err(None)]);
    }

    proptest! {
        #[test]
        fn any_body_survives_the_wire(body in proptest::collection::vec(any::<u8>(), 4..=20)) {
            let mut wire = [0; max_encoded_len(20)];
            let len = encode(&body, &mut wire).unwrap();
            prop_assert_eq!(len, encoded_len(&body));
            prop_assert_eq!(candidates(&wire[..len]), [Ok(body)]);
        }
    }
}
