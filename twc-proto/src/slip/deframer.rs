//! From raw bytes to what lies between delimiters.

use super::window::{Ahead, look};
use super::{Candidate, END, ESC, ESC_END, ESC_ESC, MAX_JUNK};
use crate::error::SlipError;
use crate::types::BodyLen;

/// Takes bytes one at a time, or a slice, and hands out what lies between delimiters.
///
/// Bytes before the first delimiter belong to no candidate; they come out as [`Candidate::Junk`] one at a time.
///
/// ```
/// use twc_proto::slip::{Candidate, Deframer};
///
/// let mut deframer = Deframer::new();
/// let mut found = Vec::new();
/// for byte in *b"\xC0four\xC0five.\xC0" {
///     if let Some(Candidate::Body(body)) = deframer.push(byte) {
///         found.push(body.to_vec());
///     }
/// }
/// assert_eq!(found, [b"four".to_vec(), b"five.".to_vec()]);
/// ```
#[derive(Debug, Clone)]
pub struct Deframer {
    buffer: [u8; BodyLen::MAX],
    /// Where the next plain byte goes. Beyond the buffer (by [`CLOSED`]) in every state but [`State::Body`], so that
    /// one comparison tells whether it may go there.
    next: u8,
    /// Raw bytes of this candidate that are not in the buffer; stops at its maximum.
    unstored: u8,
    state: State,
}

/// Added to a place in the buffer where no plain byte may go now.
const CLOSED: u8 = 0x80;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// No delimiter was seen yet.
    Hunting,
    Body,
    Escaped,
    /// The rest of the candidate is skipped.
    TooLong,
    /// The same, after an escape and this byte.
    BadEscape(u8),
}

/// What a delimiter completes.
pub(crate) enum Complete {
    /// So many bytes, in the buffer until the next one is taken.
    Body(usize),
    Junk(u8),
    Damaged(SlipError),
}

impl Deframer {
    /// A deframer that waits for its first delimiter.
    ///
    /// ```
    /// use twc_proto::slip::{Candidate, Deframer};
    ///
    /// // Whatever comes before the first delimiter belongs to nothing.
    /// assert_eq!(Deframer::new().push(0x55), Some(Candidate::Junk(1)));
    /// ```
    pub const fn new() -> Self {
        Self { buffer: [0; BodyLen::MAX], next: CLOSED, unstored: 0, state: State::Hunting }
    }

    /// Takes the next byte; a delimiter completes what came before it.
    ///
    /// ```
    /// use twc_proto::slip::{Candidate, Deframer};
    ///
    /// let mut deframer = Deframer::new();
    /// for byte in [0xC0, 1, 2, 3, 0xDB, 0xDC] {
    ///     assert_eq!(deframer.push(byte), None);
    /// }
    /// assert_eq!(deframer.push(0xC0), Some(Candidate::Body(&[1, 2, 3, 0xC0])));
    /// ```
    #[inline]
    pub fn push(&mut self, byte: u8) -> Option<Candidate<'_>> {
        Some(match self.complete(byte)? {
            Complete::Body(len) => Candidate::Body(self.buffer.get(..len).unwrap_or_default()),
            Complete::Junk(bytes) => Candidate::Junk(bytes),
            Complete::Damaged(error) => Candidate::Damaged(error),
        })
    }

    /// [`Deframer::push`] without the borrow.
    #[inline]
    pub(crate) fn complete(&mut self, byte: u8) -> Option<Complete> {
        if byte == END {
            return self.finish();
        }
        if self.state == State::Hunting {
            return Some(Complete::Junk(1));
        }
        self.take(byte);
        None
    }

    /// Takes a plain byte that fits, as nearly all are; false, and nothing done, for any other.
    #[inline]
    pub(crate) fn stores(&mut self, byte: u8) -> bool {
        if byte == END || byte == ESC {
            return false;
        }
        match self.buffer.get_mut(usize::from(self.next)) {
            Some(slot) => {
                *slot = byte;
                self.next += 1;
                true
            }
            None => false,
        }
    }

    /// Takes any byte of a candidate; false, and nothing done, before the first delimiter. Not for delimiters.
    #[inline]
    pub(crate) fn takes(&mut self, byte: u8) -> bool {
        if self.stores(byte) {
            return true;
        }
        let within = self.state != State::Hunting;
        if within {
            self.take(byte);
        }
        within
    }

    /// The bytes of the last [`Complete::Body`].
    #[inline]
    pub(crate) const fn buffer(&self) -> &[u8; BodyLen::MAX] {
        &self.buffer
    }

    /// Takes bytes from the front of `input` up to and including the one that completes a candidate; `None` when
    /// all are taken.
    ///
    /// The candidates are those of [`Deframer::push`]; a body without an escape that lies in `input` as a whole
    /// is borrowed from there.
    ///
    /// ```
    /// use twc_proto::slip::{Candidate, Deframer};
    ///
    /// let mut input: &[u8] = &[0xC0, 1, 2, 3, 4, 0xC0, 0xFE, 0xC0];
    /// let mut deframer = Deframer::new();
    /// assert_eq!(deframer.pull(&mut input), Some(Candidate::Body(&[1, 2, 3, 4])));
    /// assert_eq!(deframer.pull(&mut input), Some(Candidate::Junk(1)));
    /// assert_eq!(deframer.pull(&mut input), None);
    /// ```
    pub fn pull<'a, 'b: 'a>(&'a mut self, input: &mut &'b [u8]) -> Option<Candidate<'a>> {
        loop {
            if self.skip_delimiters(input) {
                if let Ahead::Plain(bytes, len) = look(input) {
                    skip(input, len + 1);
                    return match len as u8 {
                        junk @ 0..=MAX_JUNK => Some(Candidate::Junk(junk)),
                        _ => bytes.get(..len).map(Candidate::Body),
                    };
                }
            }
            let (byte, rest) = input.split_first()?;
            *input = rest;
            // Asked first, because an answer of `push` borrows `self` until it is dropped. A delimiter that completes
            // nothing was skipped above, but for the first one.
            let hunting = self.state == State::Hunting;
            if (*byte == END) != hunting {
                return self.push(*byte);
            }
            self.push(*byte);
        }
    }

    /// Whether a candidate begins at the front of `input`, once the delimiters there are taken.
    #[inline]
    pub(crate) fn skip_delimiters(&self, input: &mut &[u8]) -> bool {
        if self.next != 0 {
            return false;
        }
        while let [END, rest @ ..] = input {
            *input = rest;
        }
        true
    }

    /// A byte of a candidate, so neither a delimiter nor before the first one.
    fn take(&mut self, byte: u8) {
        self.state = match (self.state, byte) {
            (State::Body, ESC) => State::Escaped,
            (State::Body, plain) => return self.store(plain),
            (State::Escaped, ESC_END) => return self.store(END),
            (State::Escaped, ESC_ESC) => return self.store(ESC),
            (State::Escaped, found) => State::BadEscape(found),
            (skipping, _) => skipping,
        };
        self.next |= CLOSED;
        self.unstored = self.unstored.saturating_add(1);
    }

    fn store(&mut self, byte: u8) {
        self.next &= !CLOSED;
        if let Some(slot) = self.buffer.get_mut(usize::from(self.next)) {
            *slot = byte;
            self.next += 1;
            self.state = State::Body;
        } else {
            self.next |= CLOSED;
            self.state = State::TooLong;
        }
    }

    /// Raw bytes since the last delimiter.
    #[inline]
    const fn raw(&self) -> u8 {
        (self.next & !CLOSED).saturating_add(self.unstored)
    }

    fn finish(&mut self) -> Option<Complete> {
        let (len, raw, state) = (self.next & !CLOSED, self.raw(), self.state);
        self.next = 0;
        self.unstored = 0;
        self.state = State::Body;
        match state {
            State::Hunting => None,
            _ if raw == 0 => None,
            _ if raw <= MAX_JUNK => Some(Complete::Junk(raw)),
            State::Escaped => Some(Complete::Damaged(SlipError::DanglingEscape)),
            State::TooLong => Some(Complete::Damaged(SlipError::TooLong { max: BodyLen::MAX })),
            State::BadEscape(found) => Some(Complete::Damaged(SlipError::InvalidEscape { found })),
            State::Body => Some(Complete::Body(usize::from(len))),
        }
    }
}

/// Takes `len` bytes from the front of `input`.
#[inline]
pub(crate) fn skip(input: &mut &[u8], len: usize) {
    *input = input.get(len..).unwrap_or_default();
}

impl Default for Deframer {
    fn default() -> Self {
        Self::new()
    }
}
