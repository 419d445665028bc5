//! Messages over a port of `embedded-io` or `embedded-io-async` (the features of these names).
//!
//! ```
//! use twc_proto::io::MessageReader;
//! use twc_proto::Message;
//!
//! let port: &[u8] = b"\xC0\xFC\x1D\0\0\0\0\0\0\0\0\0\0\0\x1D\xC0";
//! let mut reader = MessageReader::new(port);
//! let received = reader.read().unwrap().unwrap();
//! assert_eq!(received.message(), Message::Idle);
//! ```

use thiserror::Error;

use crate::error::DecodeError;
use crate::message::{Envelope, Received};
use crate::stream::{Decoder, DecoderStats};

/// What the reader takes from its port at once: more than the longest frame.
const CHUNK: usize = 64;

/// Reads messages from a port, and keeps what came along behind them.
///
/// ```
/// let mut reader = twc_proto::io::MessageReader::new(&b"\xC0\xFC\x1D\0\0\0\0\0\0\0\0\0\0\0\x1D\xC0"[..]);
/// assert!(reader.read().unwrap().is_ok());
/// assert_eq!(reader.stats().messages, 1);
/// ```
#[derive(Debug)]
pub struct MessageReader<R> {
    port: R,
    decoder: Decoder,
    chunk: [u8; CHUNK],
    /// The part of `chunk` that is not decoded yet.
    start: usize,
    end: usize,
}

/// Why no more messages come from a port.
///
/// ```
/// use twc_proto::io::{MessageReader, ReadError};
///
/// assert_eq!(MessageReader::new(&b"no frame"[..]).read(), Err(ReadError::Closed));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum ReadError<E> {
    /// The port has come to its end: it read zero bytes.
    #[error("the port was closed")]
    Closed,
    /// The port failed.
    #[error("the port failed")]
    Port(E),
}

impl<R> MessageReader<R> {
    /// A reader with a fresh decoder.
    ///
    /// ```
    /// let reader = twc_proto::io::MessageReader::new(&b""[..]);
    /// assert_eq!(reader.stats().messages, 0);
    /// ```
    pub const fn new(port: R) -> Self {
        Self { port, decoder: Decoder::new(), chunk: [0; CHUNK], start: 0, end: 0 }
    }

    /// What the decoder has counted.
    ///
    /// ```
    /// let mut reader = twc_proto::io::MessageReader::new(&b"noise"[..]);
    /// assert!(reader.read().is_err());
    /// assert_eq!(reader.stats().junk_bytes, 5);
    /// ```
    pub fn stats(&self) -> DecoderStats {
        self.decoder.stats()
    }

    /// The port, for example to write to it. Bytes read from it here are lost to the reader.
    ///
    /// ```
    /// let mut reader = twc_proto::io::MessageReader::new(&b"noise"[..]);
    /// assert_eq!(reader.port_mut().len(), 5);
    /// ```
    pub fn port_mut(&mut self) -> &mut R {
        &mut self.port
    }

    /// Gives the port back. Bytes that were taken from it and not decoded yet are lost.
    ///
    /// ```
    /// let reader = twc_proto::io::MessageReader::new(&b"noise"[..]);
    /// assert_eq!(reader.into_port(), b"noise");
    /// ```
    pub fn into_port(self) -> R {
        self.port
    }

    fn decode(&mut self) -> Option<Result<Received, DecodeError>> {
        let mut input = self.chunk.get(self.start..self.end).unwrap_or_default();
        let outcome = self.decoder.decode(&mut input);
        self.start = self.end - input.len();
        outcome
    }

    fn filled(&mut self, len: usize) {
        (self.start, self.end) = (0, len.min(CHUNK));
    }
}

impl<R: embedded_io::Read> MessageReader<R> {
    /// Waits for the next message, or for a damaged frame: after one of these, read on.
    ///
    /// # Errors
    /// When the port is at its end or fails. What was half received is kept; reading may be tried again.
    ///
    /// ```
    /// let mut reader = twc_proto::io::MessageReader::new(&b"\xC0\x00\x01\x02\x03\xC0"[..]);
    /// assert_eq!(reader.read().unwrap().unwrap_err().kind(), "too-short");
    /// assert_eq!(reader.read(), Err(twc_proto::io::ReadError::Closed));
    /// ```
    pub fn read(&mut self) -> Result<Result<Received, DecodeError>, ReadError<R::Error>> {
        loop {
            if let Some(outcome) = self.decode() {
                return Ok(outcome);
            }
            match self.port.read(&mut self.chunk).map_err(ReadError::Port)? {
                0 => return Err(ReadError::Closed),
                len => self.filled(len),
            }
        }
    }
}

#[cfg(feature = "embedded-io-async")]
impl<R: embedded_io_async::Read> MessageReader<R> {
    /// Like [`MessageReader::read`], for an async port. As safe to drop half-way as the port's own read.
    ///
    /// # Errors
    /// When the port is at its end or fails. What was half received is kept; reading may be tried again.
    ///
    /// ```
    /// # async fn example() {
    /// let mut reader = twc_proto::io::MessageReader::new(&b"\xC0\x00\x01\x02\x03\xC0"[..]);
    /// assert_eq!(reader.read_async().await.unwrap().unwrap_err().kind(), "too-short");
    /// assert_eq!(reader.read_async().await, Err(twc_proto::io::ReadError::Closed));
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example());
    /// ```
    pub async fn read_async(&mut self) -> Result<Result<Received, DecodeError>, ReadError<R::Error>> {
        loop {
            if let Some(outcome) = self.decode() {
                return Ok(outcome);
            }
            match self.port.read(&mut self.chunk).await.map_err(ReadError::Port)? {
                0 => return Err(ReadError::Closed),
                len => self.filled(len),
            }
        }
    }
}

/// Writes a frame and, behind it, the tail byte that real units leave (`Some(0xFE)` is what most do), and
/// waits until all is on its way.
///
/// # Errors
/// When the port fails. Part of the frame may be on the wire then.
///
/// ```
/// use twc_proto::{Envelope, Message, Version, io};
///
/// let mut port = [0; 17];
/// let idle = Envelope::canonical(Version::P2, Message::Idle)?;
/// io::write(&mut &mut port[..], &idle, Some(0xFE)).unwrap();
/// assert_eq!(port, *b"\xC0\xFC\x1D\0\0\0\0\0\0\0\0\0\0\0\x1D\xC0\xFE");
/// # Ok::<(), twc_proto::EnvelopeError>(())
/// ```
pub fn write<W: embedded_io::Write>(port: &mut W, envelope: &Envelope, tail: Option<u8>) -> Result<(), W::Error> {
    port.write_all(envelope.to_wire().with_tail(tail).as_ref())?;
    port.flush()
}

/// Like [`write()`], for an async port. Dropped half-way it leaves a cut frame on the wire.
///
/// # Errors
/// When the port fails. Part of the frame may be on the wire then.
///
/// ```
/// # async fn example() {
/// use twc_proto::{Envelope, Message, Version, io};
///
/// let mut port = [0; 17];
/// let idle = Envelope::canonical(Version::P2, Message::Idle).unwrap();
/// io::write_async(&mut &mut port[..], &idle, Some(0xFE)).await.unwrap();
/// assert_eq!(port, *b"\xC0\xFC\x1D\0\0\0\0\0\0\0\0\0\0\0\x1D\xC0\xFE");
/// # }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example());
/// ```
#[cfg(feature = "embedded-io-async")]
pub async fn write_async<W: embedded_io_async::Write>(
    port: &mut W,
    envelope: &Envelope,
    tail: Option<u8>,
) -> Result<(), W::Error> {
    port.write_all(envelope.to_wire().with_tail(tail).as_ref()).await?;
    port.flush().await
}
