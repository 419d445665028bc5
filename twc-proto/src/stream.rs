//! Bytes in, messages out, however the bytes are cut.

use crate::error::{DecodeError, FrameError, SlipError};
use crate::frame::Frame;
use crate::message::Received;
use crate::slip::{Candidate, Deframer};

/// Turns a byte stream into messages.
///
/// *An intact frame with a `C0` before and after it is delivered, whatever bytes came earlier and however the
/// stream is cut, also when it shares its delimiters with its neighbours.* Damaged frames come out as errors
/// and are counted; one to three bytes between delimiters are what real units leave there, and only counted.
///
/// ```
/// use twc_proto::Decoder;
///
/// let noise_then_idle = b"\x13\xC0\x07\xC0\xFC\x1D\0\0\0\0\0\0\0\0\0\0\0\x1D\xC0\xFE";
/// let mut decoder = Decoder::new();
/// let mut found = 0;
/// for byte in noise_then_idle {
///     if let Some(Ok(received)) = decoder.push(*byte) {
///         assert_eq!(*received.message(), twc_proto::Message::Idle);
///         found += 1;
///     }
/// }
/// assert_eq!(found, 1);
/// assert_eq!(decoder.stats().junk_bytes, 2);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Decoder {
    deframer: Deframer,
    stats: DecoderStats,
}

impl Decoder {
    /// A decoder that waits for its first delimiter.
    pub const fn new() -> Self {
        Self { deframer: Deframer::new(), stats: DecoderStats::ZERO }
    }

    /// Takes one byte. A closing delimiter may complete a message or show that one was damaged.
    pub fn push(&mut self, byte: u8) -> Option<Result<Received, DecodeError>> {
        let outcome = match self.deframer.push(byte)? {
            Candidate::Junk(bytes) => {
                self.stats.junk_bytes = self.stats.junk_bytes.saturating_add(u32::from(bytes));
                return None;
            }
            Candidate::Damaged(error) => Err(error.into()),
            Candidate::Body(body) => Frame::new_checked(body)
                .map_err(DecodeError::from)
                .and_then(|frame| Received::parse(&frame).map_err(DecodeError::from)),
        };
        self.stats.count(outcome.as_ref().err().copied());
        Some(outcome)
    }

    /// Takes bytes from the front of `input` up to and including the one that completes a message or an
    /// error; `None` when all are taken.
    pub fn decode(&mut self, input: &mut &[u8]) -> Option<Result<Received, DecodeError>> {
        while let Some((byte, rest)) = input.split_first() {
            *input = rest;
            if let Some(outcome) = self.push(*byte) {
                return Some(outcome);
            }
        }
        None
    }

    /// Forgets a half-received frame and waits for the next delimiter; keeps the counters.
    pub fn reset(&mut self) {
        self.deframer = Deframer::new();
    }

    /// What was delivered and rejected since the start.
    pub fn stats(&self) -> DecoderStats {
        self.stats
    }
}

/// Counts of what a [`Decoder`] has seen; they stop at their maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DecoderStats {
    /// Messages delivered.
    pub messages: u32,
    /// Bytes between frames that belong to none.
    pub junk_bytes: u32,
    /// Candidates under 13 bytes.
    pub too_short: u32,
    /// Candidates over 20 bytes.
    pub too_long: u32,
    /// Candidates with an impossible or unfinished escape.
    pub bad_escape: u32,
    /// Frames whose first byte is none of FB, FC, FD.
    pub bad_type: u32,
    /// Frames with a wrong sum.
    pub bad_checksum: u32,
    /// Frames with a known code that are too short for its fields.
    pub fields_missing: u32,
}

impl DecoderStats {
    const ZERO: Self = Self {
        messages: 0,
        junk_bytes: 0,
        too_short: 0,
        too_long: 0,
        bad_escape: 0,
        bad_type: 0,
        bad_checksum: 0,
        fields_missing: 0,
    };

    /// All rejected candidates together.
    pub fn rejected(&self) -> u32 {
        [self.too_short, self.too_long, self.bad_escape, self.bad_type, self.bad_checksum, self.fields_missing]
            .into_iter()
            .fold(0, u32::saturating_add)
    }

    fn count(&mut self, error: Option<DecodeError>) {
        let counter = match error {
            None => &mut self.messages,
            Some(
                DecodeError::Slip(SlipError::TooLong { .. }) | DecodeError::Frame(FrameError::TooLong { .. }),
            ) => &mut self.too_long,
            Some(DecodeError::Slip(_)) => &mut self.bad_escape,
            Some(DecodeError::Frame(FrameError::TooShort { .. })) => &mut self.too_short,
            Some(DecodeError::Frame(FrameError::BadType { .. })) => &mut self.bad_type,
            Some(DecodeError::Frame(FrameError::BadChecksum { .. })) => &mut self.bad_checksum,
            Some(DecodeError::Message(_)) => &mut self.fields_missing,
        };
        *counter = counter.saturating_add(1);
    }
}
