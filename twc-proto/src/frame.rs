//! The frame layer: an un-escaped body whose length, type and checksum have been checked.

mod body;

pub(crate) use self::body::{Body, Bytes, padded};
use crate::error::{EncodeError, FrameError};
use crate::slip;
use crate::types::{BodyLen, Opcode};
use crate::words;

/// The sum over all bytes but the first and the last, modulo 256.
///
/// The type byte is not covered, so [`Frame::new_checked`] compares it with the three that exist.
///
/// ```
/// let body = [0xFD, 0xE2, 0x34, 0x95, 0x81, 0x0C, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0xB8];
/// assert_eq!(twc_proto::frame::checksum(&body), 0xB8);
/// ```
pub fn checksum(body: &[u8]) -> u8 {
    match body {
        [_, summed @ .., _] => summed.iter().fold(0, |sum, byte| sum.wrapping_add(*byte)),
        _ => 0,
    }
}

/// A checked view of an un-escaped body, checksum included.
///
/// ```
/// use twc_proto::{Frame, Message, Received};
///
/// let body = [0xFC, 0x1D, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x1D];
/// let frame = Frame::new_checked(&body)?;
/// assert_eq!(Received::parse(&frame).unwrap().message(), Message::Idle);
/// # Ok::<(), twc_proto::error::FrameError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<T> {
    buffer: T,
    opcode: Opcode,
    body_len: BodyLen,
}

impl<T: AsRef<[u8]>> Frame<T> {
    /// Checks length (13 to 20), type byte and checksum.
    ///
    /// # Errors
    /// The first check that fails, with its numbers.
    ///
    /// ```
    /// use twc_proto::Frame;
    /// use twc_proto::error::FrameError;
    ///
    /// let mut body = [0xFC, 0x1D, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x1D];
    /// assert!(Frame::new_checked(&body).is_ok());
    /// body[5] = 1;
    /// assert_eq!(Frame::new_checked(&body), Err(FrameError::BadChecksum { computed: 0x1E, received: 0x1D }));
    /// ```
    pub fn new_checked(buffer: T) -> Result<Self, FrameError> {
        let body = buffer.as_ref();
        let Some(body_len) = BodyLen::new(body.len()) else {
            return Err(wrong_len(body.len()));
        };
        let byte = |offset: usize| body.get(offset).copied().unwrap_or_default();
        let kind = byte(0);
        let opcode = Opcode::new(kind, byte(1)).ok_or(FrameError::BadType { found: kind })?;
        let (computed, received) = (checksum(body), byte(body.len() - 1));
        if computed != received {
            return Err(FrameError::BadChecksum { computed, received });
        }
        Ok(Self { buffer, opcode, body_len })
    }

    /// Type and code.
    ///
    /// ```
    /// let body = [0xFC, 0x1D, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x1D];
    /// let frame = twc_proto::Frame::new_checked(&body)?;
    /// assert_eq!(frame.opcode().to_string(), "FC1D");
    /// # Ok::<(), twc_proto::error::FrameError>(())
    /// ```
    pub fn opcode(&self) -> Opcode {
        self.opcode
    }

    /// The length of the body, checksum included.
    ///
    /// ```
    /// let body = [0xFC, 0x1D, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x1D];
    /// let frame = twc_proto::Frame::new_checked(&body)?;
    /// assert_eq!(frame.body_len().get(), 14);
    /// # Ok::<(), twc_proto::error::FrameError>(())
    /// ```
    pub fn body_len(&self) -> BodyLen {
        self.body_len
    }

    /// The whole body, checksum included.
    ///
    /// ```
    /// let body = [0xFC, 0x1D, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x1D];
    /// let frame = twc_proto::Frame::new_checked(&body)?;
    /// assert_eq!(frame.body(), &body);
    /// # Ok::<(), twc_proto::error::FrameError>(())
    /// ```
    pub fn body(&self) -> &[u8] {
        self.buffer.as_ref()
    }

    /// What stands between opcode and checksum: 10 to 17 bytes.
    ///
    /// ```
    /// let body = [0xFC, 0x1D, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x1D];
    /// let frame = twc_proto::Frame::new_checked(&body)?;
    /// assert_eq!(frame.payload(), &[0; 11]);
    /// # Ok::<(), twc_proto::error::FrameError>(())
    /// ```
    pub fn payload(&self) -> &[u8] {
        self.body().get(2..self.body_len.get() - 1).unwrap_or_default()
    }
}

/// The error for a body that is no [`BodyLen`] long.
pub(crate) fn wrong_len(len: usize) -> FrameError {
    if len < BodyLen::MIN {
        FrameError::TooShort { len, min: BodyLen::MIN }
    } else {
        FrameError::TooLong { len, max: BodyLen::MAX }
    }
}

/// An un-escaped body ready to send, made by [`crate::Envelope::emit`] and by nothing else.
///
/// ```
/// use twc_proto::{Envelope, Message, Version};
///
/// let idle = Envelope::canonical(Version::P2, Message::Idle)?;
/// let frame = idle.emit();
/// assert_eq!(frame.as_ref(), &[0xFC, 0x1D, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x1D]);
/// # Ok::<(), twc_proto::EnvelopeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameBuf(pub(crate) Body);

impl FrameBuf {
    /// The wire form: escaped, between delimiters.
    ///
    /// ```
    /// use twc_proto::{Envelope, Message, Version};
    ///
    /// let idle = Envelope::canonical(Version::P2, Message::Idle)?;
    /// assert_eq!(idle.emit().to_wire(), idle.to_wire());
    /// # Ok::<(), twc_proto::EnvelopeError>(())
    /// ```
    pub fn to_wire(&self) -> WireBuf {
        let mut wire = WireBuf { bytes: [0; WireBuf::CAPACITY], len: 0 };
        // The capacity is that of the longest body fully escaped plus a tail, so this cannot fail.
        wire.len = self.encode(&mut wire.bytes).unwrap_or(0) as u8;
        wire
    }

    /// [`slip::encode`] with a copy of fixed length for the commonest body, 16 bytes with nothing to escape.
    #[inline]
    pub(crate) fn encode(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        if let (BodyLen::B16, Some(body), Some(wire)) =
            (self.0.len(), self.0.bytes().first_chunk(), out.first_chunk_mut::<18>())
        {
            // Written from the words that were looked at: read anew in one piece, they would have to be stored first.
            let words = words::words::<16>(body);
            if words::specials(words) == 0 {
                let ([first, middle @ .., last], [low, high, _]) = (wire, words);
                *middle = (u128::from(low) | u128::from(high) << 64).to_le_bytes();
                (*first, *last) = (slip::END, slip::END);
                return Ok(18);
            }
        }
        slip::encode(self.as_ref(), out)
    }
}

impl AsRef<[u8]> for FrameBuf {
    fn as_ref(&self) -> &[u8] {
        self.0.as_slice()
    }
}

/// The bytes of one frame as they go on the wire, with the tail byte if the sender adds one.
///
/// ```
/// use twc_proto::{Envelope, Message, Version};
///
/// let idle = Envelope::canonical(Version::P2, Message::Idle)?;
/// assert_eq!(idle.to_wire().as_ref(), b"\xC0\xFC\x1D\0\0\0\0\0\0\0\0\0\0\0\x1D\xC0");
/// # Ok::<(), twc_proto::EnvelopeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WireBuf {
    bytes: [u8; Self::CAPACITY],
    len: u8,
}

impl WireBuf {
    /// The longest wire form and one tail byte.
    pub const CAPACITY: usize = slip::max_encoded_len(BodyLen::MAX) + 1;

    /// Adds the byte that real units leave behind the closing delimiter. Does nothing on a full buffer.
    ///
    /// ```
    /// use twc_proto::{Envelope, Message, Version};
    ///
    /// let idle = Envelope::canonical(Version::P2, Message::Idle)?;
    /// let wire = idle.to_wire().with_tail(Some(0xFE));
    /// assert!(wire.as_ref().ends_with(b"\x1D\xC0\xFE"));
    /// assert_eq!(idle.to_wire().with_tail(None), idle.to_wire());
    /// # Ok::<(), twc_proto::EnvelopeError>(())
    /// ```
    #[must_use]
    pub fn with_tail(mut self, tail: Option<u8>) -> Self {
        if let (Some(tail), Some(slot)) = (tail, self.bytes.get_mut(usize::from(self.len))) {
            *slot = tail;
            self.len += 1;
        }
        self
    }
}

impl AsRef<[u8]> for WireBuf {
    fn as_ref(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::string::ToString;

    use super::*;

    const LINK_READY: [u8; 16] = [0xFD, 0xE2, 0x34, 0x95, 0x81, 0x0C, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0xB8];

    #[test]
    fn the_type_byte_is_outside_the_sum_and_checked_apart() {
        let mut body = LINK_READY;
        body[0] = 0xF9;
        assert_eq!(checksum(&body), 0xB8);
        assert_eq!(Frame::new_checked(body), Err(FrameError::BadType { found: 0xF9 }));
    }

    #[test]
    fn a_damaged_byte_shows_both_sums() {
        let mut body = LINK_READY;
        body[5] ^= 1;
        assert_eq!(Frame::new_checked(body), Err(FrameError::BadChecksum { computed: 0xB9, received: 0xB8 }));
    }

    #[test]
    fn a_view_shows_the_parts_of_its_body() {
        let frame = Frame::new_checked(LINK_READY).unwrap();
        assert_eq!((frame.opcode().to_string().as_str(), frame.body_len()), ("FDE2", BodyLen::B16));
        assert_eq!((frame.body(), frame.payload()), (&LINK_READY[..], &LINK_READY[2..15]));
    }

    #[test]
    fn the_longest_wire_form_and_a_tail_have_room() {
        let (delimiters, body, tail) = (2, 2 * 20, 1);
        assert_eq!(WireBuf::CAPACITY, delimiters + body + tail);
        let full = WireBuf { bytes: [1; WireBuf::CAPACITY], len: WireBuf::CAPACITY as u8 };
        assert_eq!(full.with_tail(Some(9)), full);
    }

    #[test]
    fn bodies_outside_13_to_20_bytes_are_refused() {
        assert_eq!(Frame::new_checked(&LINK_READY[..12]), Err(FrameError::TooShort { len: 12, min: 13 }));
        assert_eq!(Frame::new_checked([0; 21]), Err(FrameError::TooLong { len: 21, max: 20 }));
    }
}
