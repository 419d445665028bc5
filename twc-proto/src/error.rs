//! Everything that can go wrong, one enum per operation. All are `Copy` and carry the numbers.

use thiserror::Error;

use crate::types::Opcode;

/// A candidate between two delimiters that is no SLIP body.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[error("buffer of {available} bytes, {needed} are needed")]
pub struct EncodeError {
    /// Bytes needed.
    pub needed: usize,
    /// Bytes there.
    pub available: usize,
}
