//! Frames and messages over `bytes` buffers (feature `bytes`), and [`Codec`] for `tokio-util` (feature `tokio`).

use bytes::{Buf, BufMut};

use crate::error::DecodeError;
use crate::message::{Envelope, Received};
use crate::stream::Decoder;

/// Takes bytes from `input`, chunk by chunk, up to and including the one that completes a message or an
/// error; `None` when all are taken.
///
/// ```
/// use twc_proto::{Decoder, Message, codec};
///
/// let (left, right) = b"\xC0\xFC\x1D\0\0\0\0\0\0\0\0\0\0\0\x1D\xC0\xFE".split_at(7);
/// let mut input = bytes::Buf::chain(left, right);
/// let mut decoder = Decoder::new();
/// let received = codec::decode(&mut decoder, &mut input).unwrap()?;
/// assert_eq!(received.message(), Message::Idle);
/// assert_eq!(codec::decode(&mut decoder, &mut input), None);
/// # Ok::<(), twc_proto::DecodeError>(())
/// ```
pub fn decode(decoder: &mut Decoder, input: &mut impl Buf) -> Option<Result<Received, DecodeError>> {
    while input.has_remaining() {
        let chunk = input.chunk();
        let mut rest = chunk;
        let outcome = decoder.decode(&mut rest);
        let taken = chunk.len() - rest.len();
        input.advance(taken);
        if outcome.is_some() {
            return outcome;
        }
    }
    None
}

/// Appends a frame and, behind it, the tail byte that real units leave.
///
/// # Panics
/// When `output` cannot hold them; [`crate::WireBuf::CAPACITY`] bytes always suffice. `BytesMut` and `Vec`
/// grow instead.
///
/// ```
/// use twc_proto::{Envelope, Message, Version, codec};
///
/// let mut output = bytes::BytesMut::new();
/// codec::encode(&Envelope::canonical(Version::P2, Message::Idle)?, Some(0xFE), &mut output);
/// assert_eq!(output[..], *b"\xC0\xFC\x1D\0\0\0\0\0\0\0\0\0\0\0\x1D\xC0\xFE");
/// # Ok::<(), twc_proto::EnvelopeError>(())
/// ```
pub fn encode(envelope: &Envelope, tail: Option<u8>, output: &mut impl BufMut) {
    output.put_slice(envelope.to_wire().with_tail(tail).as_ref());
}

/// For `FramedRead`, `FramedWrite` and `Framed` of `tokio-util`.
///
/// A damaged frame is an item and no error: `Framed` ends its stream at the first error, and a bus where
/// transceivers switch shows damaged frames all day. Errors are those of the port alone. Bytes left over at
/// the end are no error either, since every stream of this bus ends in the middle of something.
///
/// ```
/// use bytes::BytesMut;
/// use tokio_util::codec::{Decoder, Encoder};
/// use twc_proto::codec::Codec;
/// use twc_proto::{Envelope, Message, Version};
///
/// let (mut codec, mut buffer) = (Codec::new(), BytesMut::new());
/// codec.encode(Envelope::canonical(Version::P2, Message::Idle)?, &mut buffer)?;
/// let received = codec.decode(&mut buffer)?.unwrap()?;
/// assert_eq!(received.message(), Message::Idle);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg(feature = "tokio")]
#[derive(Debug, Clone)]
pub struct Codec {
    decoder: Decoder,
    tail: Option<u8>,
}

#[cfg(feature = "tokio")]
impl Codec {
    /// Writes the tail byte `FE`, as [`crate::Node::tail`] does.
    ///
    /// ```
    /// let codec = twc_proto::codec::Codec::new();
    /// assert_eq!(codec.stats().messages, 0);
    /// ```
    pub const fn new() -> Self {
        Self::with_tail(Some(0xFE))
    }

    /// Writes another tail byte behind each frame, or none.
    ///
    /// ```
    /// use tokio_util::codec::Encoder;
    /// use twc_proto::{Envelope, Message, Version};
    ///
    /// let mut buffer = bytes::BytesMut::new();
    /// let idle = Envelope::canonical(Version::P2, Message::Idle)?;
    /// twc_proto::codec::Codec::with_tail(None).encode(&idle, &mut buffer)?;
    /// assert_eq!(buffer.last(), Some(&0xC0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub const fn with_tail(tail: Option<u8>) -> Self {
        Self { decoder: Decoder::new(), tail }
    }

    /// What was delivered and rejected since the start.
    ///
    /// ```
    /// use tokio_util::codec::Decoder;
    ///
    /// let mut codec = twc_proto::codec::Codec::new();
    /// assert!(codec.decode(&mut bytes::BytesMut::from("noise"))?.is_none());
    /// assert_eq!(codec.stats().junk_bytes, 5);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn stats(&self) -> crate::DecoderStats {
        self.decoder.stats()
    }
}

#[cfg(feature = "tokio")]
impl Default for Codec {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(feature = "tokio")]
impl tokio_util::codec::Decoder for Codec {
    type Item = Result<Received, DecodeError>;
    type Error = std::io::Error;

    fn decode(&mut self, src: &mut bytes::BytesMut) -> Result<Option<Self::Item>, Self::Error> {
        Ok(decode(&mut self.decoder, src))
    }
}

#[cfg(feature = "tokio")]
impl tokio_util::codec::Encoder<&Envelope> for Codec {
    type Error = std::io::Error;

    fn encode(&mut self, envelope: &Envelope, dst: &mut bytes::BytesMut) -> Result<(), Self::Error> {
        encode(envelope, self.tail, dst);
        Ok(())
    }
}

#[cfg(feature = "tokio")]
impl tokio_util::codec::Encoder<Envelope> for Codec {
    type Error = std::io::Error;

    fn encode(&mut self, envelope: Envelope, dst: &mut bytes::BytesMut) -> Result<(), Self::Error> {
        encode(&envelope, self.tail, dst);
        Ok(())
    }
}
