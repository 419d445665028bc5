//! Bytes in, messages out, however the bytes are cut.

use crate::error::{DecodeError, FrameError, SlipError};
use crate::frame::{check_whole, wrong_len};
use crate::message::{Common, Received};
use crate::slip::{self, Ahead, Candidate, Deframer, Whole, look};
use crate::types::{BodyLen, Opcode};

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
    #[inline]
    pub fn push(&mut self, byte: u8) -> Option<Result<Received, DecodeError>> {
        if self.deframer.stores(byte) {
            return None;
        }
        self.push_unusual(byte)
    }

    /// A delimiter, an escape, or what follows one of those where it matters.
    #[inline(never)]
    fn push_unusual(&mut self, byte: u8) -> Option<Result<Received, DecodeError>> {
        let body = match self.deframer.push(byte)? {
            Candidate::Junk(bytes) => {
                self.stats.count_junk(bytes);
                return None;
            }
            Candidate::Damaged(error) => return self.reject(error),
            Candidate::Body(body) => body.len(),
        };
        // The body is still in the deframer's buffer, where it can be read in words.
        let buffer = *self.deframer.buffer();
        match Whole::of(&buffer, body) {
            Some(whole) => self.read_whole(&whole),
            None => self.reject(wrong_len(body)),
        }
    }

    /// Takes bytes from the front of `input` up to and including the one that completes a message or an
    /// error; `None` when all are taken.
    ///
    /// What comes out, in which order and how it is counted is as from [`Decoder::push`] with every byte, only
    /// faster: frames that lie in `input` as a whole and need no un-escaping are read where they are.
    #[allow(clippy::match_same_arms, reason = "each of two arms is compiled for its length")]
    // Not inlined: the outcome is then written once, straight to where the caller wants it.
    #[inline(never)]
    pub fn decode(&mut self, input: &mut &[u8]) -> Option<Result<Received, DecodeError>> {
        loop {
            if self.deframer.skip_delimiters(input) {
                let ahead = look(input);
                match &ahead {
                    Ahead::Sixteen(whole) => {
                        slip::skip(input, ahead.len() + 1);
                        return self.read_whole(whole);
                    }
                    Ahead::Whole(whole) => {
                        slip::skip(input, ahead.len() + 1);
                        return self.read_whole(whole);
                    }
                    Ahead::Short(len) => {
                        slip::skip(input, ahead.len() + 1);
                        return self.reject(wrong_len(*len));
                    }
                    Ahead::Junk(bytes) => {
                        slip::skip(input, ahead.len() + 1);
                        self.stats.count_junk(*bytes);
                        continue;
                    }
                    Ahead::Unclear => {}
                }
            }
            if let Some(outcome) = self.decode_bytes(input)? {
                return Some(outcome);
            }
        }
    }

    #[allow(clippy::inline_always, reason = "a call would move the message twice more, a third of the work")]
    #[inline(always)]
    fn read_whole(&mut self, whole: &Whole<'_>) -> Option<Result<Received, DecodeError>> {
        let opcode = match check_whole(whole) {
            Ok(opcode) => opcode,
            Err(error) => return self.reject(error),
        };
        // The rare and the damaged are calls of their own, so that their results do not meet this one on its way.
        let Some(common) = Common::of(opcode) else {
            return self.read_rarer(opcode, whole.body_len(), &whole.filling::<2>());
        };
        self.stats.messages = self.stats.messages.saturating_add(1);
        Some(Ok(Received::common(common, whole)))
    }

    #[inline(never)]
    fn read_rarer(
        &mut self,
        opcode: Opcode,
        body_len: BodyLen,
        payload: &[u8; BodyLen::MAX - 3],
    ) -> Option<Result<Received, DecodeError>> {
        match Received::rarer(opcode, body_len, payload) {
            Ok(received) => {
                self.stats.messages = self.stats.messages.saturating_add(1);
                Some(Ok(received))
            }
            Err(error) => self.reject(error),
        }
    }

    #[allow(clippy::unnecessary_wraps, reason = "the shape the callers return; made once and not moved")]
    #[inline(never)]
    fn reject_as(&mut self, error: DecodeError) -> Option<Result<Received, DecodeError>> {
        self.stats.count(Some(error));
        Some(Err(error))
    }

    fn reject(&mut self, error: impl Into<DecodeError>) -> Option<Result<Received, DecodeError>> {
        self.reject_as(error.into())
    }

    /// Byte by byte up to the next delimiter; `None` when there is none, else what it completes.
    #[allow(clippy::option_option, reason = "no delimiter, and one that completes nothing, are different answers")]
    fn decode_bytes(&mut self, input: &mut &[u8]) -> Option<Option<Result<Received, DecodeError>>> {
        loop {
            let (byte, rest) = input.split_first()?;
            *input = rest;
            if *byte == slip::END {
                return Some(self.push_unusual(*byte));
            }
            if !self.deframer.takes(*byte) {
                self.push_unusual(*byte);
            }
        }
    }

    /// The messages and errors in `input`, which may end in the middle of a frame: the next call goes on there.
    ///
    /// ```
    /// use twc_proto::Decoder;
    ///
    /// let mut decoder = Decoder::new();
    /// let idle = b"\xC0\xFC\x1D\0\0\0\0\0\0\0\0\0\0\0\x1D\xC0\xFE\xC0\xFC";
    /// assert_eq!(decoder.frames(idle).filter_map(Result::ok).count(), 1);
    /// assert_eq!(decoder.frames(&idle[2..]).filter_map(Result::ok).count(), 1);
    /// ```
    pub fn frames<'a>(&'a mut self, input: &'a [u8]) -> Frames<'a> {
        Frames { decoder: self, input }
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

/// The messages and errors of one slice, from [`Decoder::frames`].
///
/// Dropped early, it leaves the rest of the slice unread.
#[derive(Debug)]
pub struct Frames<'a> {
    decoder: &'a mut Decoder,
    input: &'a [u8],
}

impl Iterator for Frames<'_> {
    type Item = Result<Received, DecodeError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.decoder.decode(&mut self.input)
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

    #[inline]
    fn count_junk(&mut self, bytes: u8) {
        self.junk_bytes = self.junk_bytes.saturating_add(u32::from(bytes));
    }

    #[inline]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_without_counters_fits_64_bytes() {
        assert!(size_of::<Deframer>() <= 64);
        assert_eq!(size_of::<Decoder>(), size_of::<Deframer>().next_multiple_of(4) + size_of::<DecoderStats>());
    }
}
