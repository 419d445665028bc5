//! From raw bytes to what lies between delimiters.

use super::window::{Ahead, REACH, look};
use super::{Candidate, END, ESC, ESC_END, ESC_ESC, MAX_JUNK};
use crate::error::SlipError;
use crate::types::BodyLen;

/// Takes bytes one at a time, or a slice, and hands out what lies between delimiters.
///
/// Bytes before the first delimiter belong to no candidate; they come out as [`Candidate::Junk`] one at a time.
#[derive(Debug, Clone)]
pub struct Deframer {
    /// The longest body, and room to read it in whole words.
    buffer: [u8; REACH],
    len: u8,
    /// Raw bytes of this candidate that are not in the buffer; stops at its maximum.
    unstored: u8,
    state: State,
}

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

impl Deframer {
    /// A deframer that waits for its first delimiter.
    pub const fn new() -> Self {
        Self { buffer: [0; REACH], len: 0, unstored: 0, state: State::Hunting }
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
        if byte == END {
            return self.finish();
        }
        if self.state == State::Hunting {
            return Some(Candidate::Junk(1));
        }
        self.take(byte);
        None
    }

    /// Takes a plain byte that fits, as nearly all are; false, and nothing done, for any other.
    #[inline]
    pub(crate) fn stores(&mut self, byte: u8) -> bool {
        if byte == END || byte == ESC || self.state != State::Body {
            return false;
        }
        match self.buffer.get_mut(usize::from(self.len)) {
            Some(slot) if usize::from(self.len) < BodyLen::MAX => {
                *slot = byte;
                self.len += 1;
                true
            }
            _ => false,
        }
    }

    /// Takes any byte of a candidate; false, and nothing done, before the first delimiter. Not for delimiters.
    #[inline]
    pub(crate) fn takes(&mut self, byte: u8) -> bool {
        let within = self.state != State::Hunting;
        if within && !self.stores(byte) {
            self.take(byte);
        }
        within
    }

    /// The bytes of the last [`Candidate::Body`], until the next byte is pushed.
    pub(crate) const fn buffer(&self) -> &[u8; REACH] {
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
                let ahead = look(input);
                let candidate = match &ahead {
                    Ahead::Junk(len) => Some(Candidate::Junk(*len)),
                    Ahead::Short(_) | Ahead::Sixteen(_) | Ahead::Whole(_) => {
                        input.get(..ahead.len()).map(Candidate::Body)
                    }
                    Ahead::Unclear => None,
                };
                if candidate.is_some() {
                    skip(input, ahead.len() + 1);
                    return candidate;
                }
            }
            let (byte, rest) = input.split_first()?;
            *input = rest;
            let hunting = self.state == State::Hunting;
            // Asked first, because an answer of `push` borrows `self` until it is dropped.
            if (*byte == END && !hunting && self.raw() > 0) || (*byte != END && hunting) {
                return self.push(*byte);
            }
            self.push(*byte);
        }
    }

    /// Whether a candidate begins at the front of `input`, once the delimiters there are taken.
    #[inline]
    pub(crate) fn skip_delimiters(&self, input: &mut &[u8]) -> bool {
        if self.raw() > 0 || self.state != State::Body {
            return false;
        }
        while let [END, rest @ ..] = input {
            *input = rest;
        }
        true
    }

    /// A byte of a candidate, so neither a delimiter nor before the first one.
    #[inline]
    fn take(&mut self, byte: u8) {
        match (self.state, byte) {
            (State::Body, ESC) => self.state = State::Escaped,
            (State::Body, plain) => return self.store(plain),
            (State::Escaped, ESC_END) => return self.store(END),
            (State::Escaped, ESC_ESC) => return self.store(ESC),
            (State::Escaped, found) => self.state = State::BadEscape(found),
            (State::Hunting | State::TooLong | State::BadEscape(_), _) => {}
        }
        self.unstored = self.unstored.saturating_add(1);
    }

    #[inline]
    fn store(&mut self, byte: u8) {
        self.state = match self.buffer.get_mut(usize::from(self.len)) {
            Some(slot) if usize::from(self.len) < BodyLen::MAX => {
                *slot = byte;
                self.len += 1;
                State::Body
            }
            _ => State::TooLong,
        };
    }

    /// Raw bytes since the last delimiter.
    #[inline]
    fn raw(&self) -> u8 {
        self.len.saturating_add(self.unstored)
    }

    fn finish(&mut self) -> Option<Candidate<'_>> {
        let (len, raw, state) = (self.len, self.raw(), self.state);
        self.len = 0;
        self.unstored = 0;
        self.state = State::Body;
        match state {
            State::Hunting => None,
            _ if raw == 0 => None,
            _ if raw <= MAX_JUNK => Some(Candidate::Junk(raw)),
            State::Escaped => Some(Candidate::Damaged(SlipError::DanglingEscape)),
            State::TooLong => Some(Candidate::Damaged(SlipError::TooLong { max: BodyLen::MAX })),
            State::BadEscape(found) => Some(Candidate::Damaged(SlipError::InvalidEscape { found })),
            State::Body => self.buffer.get(..usize::from(len)).map(Candidate::Body),
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
