//! Everything that can go wrong, one enum per operation. All are `Copy` and carry the numbers.

use thiserror::Error;

use crate::types::Opcode;

/// A candidate between two delimiters that is no SLIP body.
///
/// ```
/// use twc_proto::error::SlipError;
/// use twc_proto::{DecodeError, Decoder};
///
/// let error = Decoder::new().decode(&mut &b"\xC0\x01\x02\x03\xDB\xC0"[..]).unwrap().unwrap_err();
/// assert_eq!(error, DecodeError::Slip(SlipError::DanglingEscape));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum SlipError {
    /// `DB` was followed by something other than `DC` or `DD`.
    #[error("escape DB followed by {found:02X}, only DC and DD may follow")]
    InvalidEscape {
        /// The byte that followed.
        found: u8,
    },
    /// The delimiter came right after `DB`.
    #[error("frame ends inside an escape")]
    DanglingEscape,
    /// More than 20 bytes after un-escaping.
    #[error("more than {max} bytes between delimiters")]
    TooLong {
        /// The longest body.
        max: usize,
    },
}

/// A body that fails the checks of [`crate::Frame::new_checked`].
///
/// ```
/// use twc_proto::Frame;
/// use twc_proto::error::FrameError;
///
/// assert_eq!(Frame::new_checked([0; 12]), Err(FrameError::TooShort { len: 12, min: 13 }));
/// assert_eq!(Frame::new_checked([0; 13]), Err(FrameError::BadType { found: 0 }));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum FrameError {
    /// Fewer than 13 bytes.
    #[error("body of {len} bytes, at least {min} are needed")]
    TooShort {
        /// Bytes found.
        len: usize,
        /// Bytes needed.
        min: usize,
    },
    /// More than 20 bytes.
    #[error("body of {len} bytes, at most {max} exist")]
    TooLong {
        /// Bytes found.
        len: usize,
        /// The longest body.
        max: usize,
    },
    /// The first byte, which the checksum does not cover, is none of FB, FC, FD.
    #[error("type byte {found:02X} is none of FB, FC, FD")]
    BadType {
        /// The byte found.
        found: u8,
    },
    /// The sum over all bytes but the first and the last differs from the last.
    #[error("checksum {received:02X}, computed {computed:02X}")]
    BadChecksum {
        /// What the bytes add up to.
        computed: u8,
        /// What the frame says.
        received: u8,
    },
}

/// A checked frame with a known code that is too short for its fields.
///
/// ```
/// use twc_proto::{Frame, Received};
///
/// // A meter report in 13 bytes would have to go without one of its voltages.
/// let frame = Frame::new_checked([0xFD, 0xEB, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xEB])?;
/// let error = Received::parse(&frame).unwrap_err();
/// assert_eq!((error.needed, error.available), (15, 13));
/// # Ok::<(), twc_proto::error::FrameError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[error("{opcode} needs {needed} bytes for its fields, {available} are there")]
pub struct ParseError {
    /// The code that was recognised.
    pub opcode: Opcode,
    /// Body bytes needed, checksum included.
    pub needed: usize,
    /// Body bytes there, checksum included.
    pub available: usize,
}

/// Why a candidate on the wire was not delivered.
///
/// ```
/// use twc_proto::{DecodeError, Decoder};
///
/// let error = Decoder::new().decode(&mut &b"\xC0four\xC0"[..]).unwrap().unwrap_err();
/// assert!(matches!(error, DecodeError::Frame(_)));
/// assert_eq!(error.to_string(), "body of 4 bytes, at least 13 are needed");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The bytes between the delimiters are no SLIP body.
    #[error(transparent)]
    Slip(#[from] SlipError),
    /// The body is no frame.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The frame has a known code but not all its fields.
    #[error(transparent)]
    Message(#[from] ParseError),
}

impl DecodeError {
    /// A stable kebab-case name, for logs, counters and JSON.
    ///
    /// ```
    /// let error = twc_proto::Decoder::new().decode(&mut &b"\xC0four\xC0"[..]).unwrap().unwrap_err();
    /// assert_eq!(error.kind(), "too-short");
    /// ```
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Slip(SlipError::InvalidEscape { .. }) => "invalid-escape",
            Self::Slip(SlipError::DanglingEscape) => "dangling-escape",
            Self::Slip(SlipError::TooLong { .. }) | Self::Frame(FrameError::TooLong { .. }) => "too-long",
            Self::Frame(FrameError::TooShort { .. }) => "too-short",
            Self::Frame(FrameError::BadType { .. }) => "bad-type",
            Self::Frame(FrameError::BadChecksum { .. }) => "bad-checksum",
            Self::Message(_) => "fields-missing",
        }
    }
}

/// Why a message may not be put on the wire.
///
/// ```
/// use twc_proto::message::{Item, Query};
/// use twc_proto::{BodyLen, Command, Envelope, EnvelopeError, Message, TwcId, message::MasterHeartbeat};
///
/// let heartbeat = MasterHeartbeat {
///     command: Command::ERROR,
///     ..MasterHeartbeat::no_change(TwcId::new(0x7777), TwcId::new(0x3495))
/// };
/// let refused = Envelope::new(Message::MasterHeartbeat(heartbeat), BodyLen::B16);
/// assert_eq!(refused, Err(EnvelopeError::LocksSlave));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// The frame can brick or crash a unit; there is no way to emit it.
    #[error("{opcode} can destroy or crash a wall connector and is never emitted")]
    Dangerous {
        /// The frame in question.
        opcode: Opcode,
    },
    /// Heartbeat command 02 locks the slave until somebody resets it by hand.
    #[error("heartbeat command 02 locks the slave until it is reset by hand")]
    LocksSlave,
    /// The chosen length does not hold the message's fields.
    #[error("the message needs {needed} body bytes, {available} were chosen")]
    TooShort {
        /// Body bytes needed, checksum included.
        needed: usize,
        /// Body bytes chosen.
        available: usize,
    },
    /// A meter report without currents would be read as one with 0 A.
    #[error("a meter report without currents in {chosen} body bytes reads as 0 A, {most} are the most")]
    WouldReadAsZeroAmps {
        /// The longest body without currents.
        most: usize,
        /// Body bytes chosen.
        chosen: usize,
    },
    /// An unknown message has exactly the length it came with.
    #[error("an unknown message of {actual} bytes cannot be sent with {chosen}")]
    UnknownLength {
        /// Its own length.
        actual: usize,
        /// The length asked for.
        chosen: usize,
    },
}

/// Why bytes cannot become an [`crate::message::Unknown`].
///
/// ```
/// use twc_proto::Opcode;
/// use twc_proto::error::UnknownError;
/// use twc_proto::message::Unknown;
///
/// let idle = Opcode::new(0xFC, 0x1D).unwrap();
/// assert_eq!(Unknown::new(idle, &[0; 11]), Err(UnknownError::Known { opcode: idle }));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum UnknownError {
    /// The opcode would encode to a frame that can brick or crash a unit.
    #[error("{opcode} can destroy or crash a wall connector and cannot be built")]
    Dangerous {
        /// The opcode asked for.
        opcode: Opcode,
    },
    /// The opcode has a message of its own; build that one.
    #[error("{opcode} is a known message")]
    Known {
        /// The opcode asked for.
        opcode: Opcode,
    },
    /// Opcode, payload and checksum must add up to 13 to 20 bytes.
    #[error("payload of {len} bytes, 10 to 17 fit a frame")]
    Length {
        /// The payload's length.
        len: usize,
    },
}

/// The output buffer is too small.
///
/// ```
/// use twc_proto::error::EncodeError;
/// use twc_proto::{Envelope, Message, Version};
///
/// let idle = Envelope::canonical(Version::P2, Message::Idle)?;
/// assert_eq!(idle.encode(&mut [0; 8]), Err(EncodeError { needed: 16, available: 8 }));
/// # Ok::<(), twc_proto::EnvelopeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[error("buffer of {available} bytes, {needed} are needed")]
pub struct EncodeError {
    /// Bytes needed.
    pub needed: usize,
    /// Bytes there.
    pub available: usize,
}
