//! Bytes in, messages out, however the bytes are cut.

use crate::error::{DecodeError, FrameError, SlipError};
use crate::frame::{Body, Bytes, wrong_len};
use crate::message::{Received, check_fields};
use crate::slip::{self, Ahead, Complete, Deframer};
use crate::types::BodyLen;

/// What one candidate between delimiters was.
type Outcome = Result<Received, DecodeError>;

/// Turns a byte stream into messages.
///
/// *An intact frame with a `C0` before and after it is delivered, whatever bytes came earlier and however the
/// stream is cut, also when it shares its delimiters with its neighbours.* Damaged frames come out as errors
/// and are counted; one to three bytes between delimiters are what real units leave there, and only counted.
///
/// A pause ends nothing: the decoder has no clock. A caller that has one, and wants a frame to end where bytes stop
/// coming, pushes a [`slip::END`] there. The guarantee above is for callers that do not.
///
/// ```
/// use twc_proto::Decoder;
///
/// let noise_then_idle = b"\x13\xC0\x07\xC0\xFC\x1D\0\0\0\0\0\0\0\0\0\0\0\x1D\xC0\xFE";
/// let mut decoder = Decoder::new();
/// let mut found = 0;
/// for byte in noise_then_idle {
///     if let Some(Ok(received)) = decoder.push(*byte) {
///         assert_eq!(received.message(), twc_proto::Message::Idle);
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
    ///
    /// ```
    /// assert_eq!(twc_proto::Decoder::new().stats().messages, 0);
    /// ```
    pub const fn new() -> Self {
        Self { deframer: Deframer::new(), stats: DecoderStats::ZERO }
    }

    /// Takes one byte. A closing delimiter may complete a message or show that one was damaged.
    ///
    /// ```
    /// use twc_proto::{Decoder, Message};
    ///
    /// // In an interrupt handler: one byte, and now and then a message.
    /// let mut decoder = Decoder::new();
    /// for byte in b"\xC0\xFC\x1D\0\0\0\0\0\0\0\0\0\0\0\x1D" {
    ///     assert_eq!(decoder.push(*byte), None);
    /// }
    /// assert_eq!(decoder.push(0xC0).unwrap()?.message(), Message::Idle);
    /// # Ok::<(), twc_proto::DecodeError>(())
    /// ```
    #[inline]
    pub fn push(&mut self, byte: u8) -> Option<Outcome> {
        if self.deframer.stores(byte) {
            return None;
        }
        self.push_unusual(byte)
    }

    /// A delimiter, an escape, or what follows one of those where it matters.
    #[inline(never)]
    fn push_unusual(&mut self, byte: u8) -> Option<Outcome> {
        match self.deframer.complete(byte)? {
            Complete::Body(len) => {
                let bytes = *self.deframer.buffer();
                self.read_any(&bytes, len)
            }
            Complete::Junk(bytes) => {
                self.stats.count_junk(bytes);
                None
            }
            Complete::Damaged(error) => self.reject(error.into()),
        }
    }

    /// Takes bytes from the front of `input` up to and including the one that completes a message or an
    /// error; `None` when all are taken.
    ///
    /// What comes out, in which order and how it is counted is as from [`Decoder::push`] with every byte, only
    /// faster: what lies in `input` as a whole is read from there.
    ///
    /// ```
    /// use twc_proto::{Decoder, Message};
    ///
    /// let mut decoder = Decoder::new();
    /// let mut input: &[u8] = b"\xC0\xFC\x1D\0\0\0\0\0\0\0\0\0\0\0\x1D\xC0\xC0half a fra";
    /// assert_eq!(decoder.decode(&mut input).unwrap()?.message(), Message::Idle);
    /// assert_eq!(input.len(), 11, "what is behind the first frame is still there");
    /// assert_eq!(decoder.decode(&mut input), None);
    /// assert!(input.is_empty(), "and now it is in the decoder");
    /// # Ok::<(), twc_proto::DecodeError>(())
    /// ```
    #[inline]
    pub fn decode(&mut self, input: &mut &[u8]) -> Option<Outcome> {
        while self.deframer.skip_delimiters(input) {
            if let Some(body) = guess::<16>(input) {
                return self.read(body);
            }
            // The byte that real units leave behind a frame.
            let [_, slip::END, rest @ ..] = *input else { return self.decode_other(input) };
            *input = rest;
            self.stats.count_junk(1);
        }
        self.decode_any(input)
    }

    /// The lengths that are not as common.
    #[inline(never)]
    fn decode_other(&mut self, input: &mut &[u8]) -> Option<Outcome> {
        if let Some(body) = guess::<14>(input) {
            return self.read(body);
        }
        if let Some(body) = guess::<20>(input) {
            return self.read(body);
        }
        self.decode_any(input)
    }

    /// Whatever there is: any length, escapes, damage, and what began in an earlier slice.
    #[inline(never)]
    fn decode_any(&mut self, input: &mut &[u8]) -> Option<Outcome> {
        loop {
            let mut unescaped = [0; BodyLen::MAX];
            let whole = if self.deframer.skip_delimiters(input) {
                match slip::look(input) {
                    Ahead::Plain(bytes, len) => Some((bytes, len, len)),
                    Ahead::Unclear(plain) => {
                        let found = slip::unescape(input, plain, &mut unescaped);
                        found.map(|found| (&unescaped, found.len, found.raw))
                    }
                }
            } else {
                None
            };
            if let Some((bytes, len, raw)) = whole {
                slip::skip(input, raw + 1);
                if raw > usize::from(slip::MAX_JUNK) {
                    return self.read_any(bytes, len);
                }
                self.stats.count_junk(raw as u8);
            } else if let Some(outcome) = self.decode_bytes(input)? {
                return Some(outcome);
            }
        }
    }

    /// What stood between two delimiters, un-escaped.
    #[inline(never)]
    fn read_any(&mut self, bytes: &Bytes, len: usize) -> Option<Outcome> {
        match BodyLen::new(len) {
            Some(len) => self.read(Body::of_first(bytes, len)),
            None => self.reject(wrong_len(len).into()),
        }
    }

    #[allow(
        clippy::inline_always,
        reason = "compiled for each length; as a call it would find the body on the stack"
    )]
    #[inline(always)]
    fn read(&mut self, body: Body) -> Option<Outcome> {
        let opcode = match body.check() {
            Ok(opcode) => opcode,
            Err(error) => return self.reject(error.into()),
        };
        // From 16 bytes on there is room for whatever a code may need.
        if body.len() < BodyLen::B16 {
            if let Err(error) = check_fields(opcode, body.len()) {
                return self.reject(error.into());
            }
        }
        self.stats.messages = self.stats.messages.saturating_add(1);
        Some(Ok(Received::of(body)))
    }

    /// A call of its own, so that errors and messages do not meet in registers on their way out.
    #[allow(clippy::unnecessary_wraps, reason = "the shape the callers return; made once and not moved")]
    #[cold]
    #[inline(never)]
    fn reject(&mut self, error: DecodeError) -> Option<Outcome> {
        self.stats.count(error);
        Some(Err(error))
    }

    /// Byte by byte up to the next delimiter; `None` when there is none, else what it completes.
    #[allow(clippy::option_option, reason = "no delimiter, and one that completes nothing, are different answers")]
    fn decode_bytes(&mut self, input: &mut &[u8]) -> Option<Option<Outcome>> {
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
    ///
    /// ```
    /// use twc_proto::Decoder;
    ///
    /// let mut decoder = Decoder::new();
    /// decoder.decode(&mut &b"\xC0\xFC\x1D\0\0\0\0"[..]);
    /// decoder.reset(); // The cable was out.
    /// assert_eq!(decoder.decode(&mut &b"\0\0\0\0\0\0\0\x1D\xC0"[..]), None);
    /// ```
    pub fn reset(&mut self) {
        self.deframer = Deframer::new();
    }

    /// What was delivered and rejected since the start.
    ///
    /// ```
    /// let mut decoder = twc_proto::Decoder::new();
    /// decoder.frames(b"\xC0four\xC0").for_each(drop);
    /// assert_eq!((decoder.stats().messages, decoder.stats().too_short), (0, 1));
    /// ```
    pub fn stats(&self) -> DecoderStats {
        self.stats
    }
}

/// Takes a body of `N` bytes that needs no un-escaping, if that is what `input` begins with.
#[inline]
fn guess<const N: usize>(input: &mut &[u8]) -> Option<Body> {
    let body = slip::plain::<N>(input).and_then(Body::of);
    if body.is_some() {
        slip::skip(input, N + 1);
    }
    body
}

/// The messages and errors of one slice, from [`Decoder::frames`].
///
/// Dropped early, it leaves the rest of the slice unread.
///
/// ```
/// let mut decoder = twc_proto::Decoder::new();
/// let (good, bad): (Vec<_>, Vec<_>) = decoder
///     .frames(b"\xC0four\xC0\xFC\x1D\0\0\0\0\0\0\0\0\0\0\0\x1D\xC0")
///     .partition(Result::is_ok);
/// assert_eq!((good.len(), bad.len()), (1, 1));
/// ```
#[derive(Debug)]
pub struct Frames<'a> {
    decoder: &'a mut Decoder,
    input: &'a [u8],
}

impl Iterator for Frames<'_> {
    type Item = Outcome;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.decoder.decode(&mut self.input)
    }
}

/// Counts of what a [`Decoder`] has seen; they stop at their maximum.
///
/// ```
/// let mut decoder = twc_proto::Decoder::new();
/// decoder.frames(b"\xC0four\xC0\xFE\xC0").for_each(drop);
/// let stats = decoder.stats();
/// assert_eq!((stats.too_short, stats.junk_bytes), (1, 1));
/// ```
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
    ///
    /// ```
    /// let mut decoder = twc_proto::Decoder::new();
    /// decoder.frames(b"\xC0four\xC0five.\xDB\xC0").for_each(drop);
    /// assert_eq!(decoder.stats().rejected(), 2);
    /// ```
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
    fn count(&mut self, error: DecodeError) {
        let counter = match error {
            DecodeError::Slip(SlipError::TooLong { .. }) | DecodeError::Frame(FrameError::TooLong { .. }) => {
                &mut self.too_long
            }
            DecodeError::Slip(_) => &mut self.bad_escape,
            DecodeError::Frame(FrameError::TooShort { .. }) => &mut self.too_short,
            DecodeError::Frame(FrameError::BadType { .. }) => &mut self.bad_type,
            DecodeError::Frame(FrameError::BadChecksum { .. }) => &mut self.bad_checksum,
            DecodeError::Message(_) => &mut self.fields_missing,
        };
        *counter = counter.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: [u8; 16] = [0xC0, 0xFC, 0x1D, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x1D, 0xC0];

    #[test]
    fn a_reset_forgets_the_half_frame_and_keeps_the_counters() {
        let (early, late) = IDLE.split_at(9);
        let mut decoder = Decoder::new();
        assert_eq!(decoder.frames(&IDLE).count(), 1);
        assert_eq!(decoder.frames(early).count(), 0);
        decoder.reset();
        assert_eq!(decoder.frames(late).count(), 0);
        assert_eq!((decoder.stats().messages, decoder.stats().junk_bytes), (1, late.len() as u32 - 1));
        assert_eq!(decoder.frames(&IDLE[1..]).count(), 1);
    }

    #[test]
    fn the_state_without_counters_fits_64_bytes() {
        assert!(size_of::<Deframer>() <= 64);
        assert_eq!(size_of::<Decoder>(), size_of::<Deframer>().next_multiple_of(4) + size_of::<DecoderStats>());
    }
}
