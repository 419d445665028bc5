//! A message with its length: as it arrived, and as it may be sent.

use super::{Body, Message, Report};
use crate::error::{EncodeError, EnvelopeError};
use crate::frame::{FrameBuf, WireBuf};
use crate::types::{BodyLen, Command, Version};

/// What stands between the last field and the checksum; zero in nearly every frame.
pub(super) type Filling = [u8; BodyLen::MAX - 3];

/// A message as it came off the wire: what it says, how long it was, and what its unused bytes held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    message: Message,
    body_len: BodyLen,
    filling: Filling,
}

impl Received {
    pub(super) fn new(message: Message, body_len: BodyLen, filling: Filling) -> Self {
        Self { message, body_len, filling }
    }

    /// What it says.
    pub fn message(&self) -> &Message {
        &self.message
    }

    /// The length of the body it came in, checksum included.
    pub fn body_len(&self) -> BodyLen {
        self.body_len
    }

    /// The same frame for sending, byte for byte.
    ///
    /// # Errors
    /// When the frame may not be sent, see [`Envelope::new`].
    pub fn to_envelope(&self) -> Result<Envelope, EnvelopeError> {
        refuse_lock(&self.message)?;
        self.to_envelope_that_may_lock_a_slave()
    }

    /// The same frame for sending, also when it is a heartbeat with command 02, which **locks the slave that
    /// hears it until somebody resets it by hand**. For simulators and for showing frames.
    ///
    /// # Errors
    /// When the frame can brick or crash a unit.
    pub fn to_envelope_that_may_lock_a_slave(&self) -> Result<Envelope, EnvelopeError> {
        let envelope = Envelope::checked(self.message, self.body_len)?;
        Ok(Envelope { filling: self.filling, ..envelope })
    }
}

/// For the adapters that make messages of something other than bytes.
#[cfg(any(feature = "serde", feature = "arbitrary"))]
impl Received {
    /// What [`Received::parse`] makes of a frame with this message, length and filling. A shorter filling is
    /// continued with zeros, a longer one is cut.
    pub(crate) fn assembled(message: Message, body_len: BodyLen, filling: &[u8]) -> Result<Self, EnvelopeError> {
        let received = Self::new(message, body_len, [0; BodyLen::MAX - 3]);
        match Envelope::checked(message, body_len) {
            // It can be shown; `to_envelope` goes on refusing it.
            Err(EnvelopeError::Dangerous { .. }) if message.needed_len() == body_len.get() => Ok(received),
            Err(error) => Err(error),
            Ok(_) => {
                let mut kept = received.filling;
                for (slot, byte) in kept.iter_mut().zip(filling).take(received.filling().len()) {
                    *slot = *byte;
                }
                Ok(Self { filling: kept, ..received })
            }
        }
    }

    /// What stands between the last field and the checksum.
    pub(crate) fn filling(&self) -> &[u8] {
        let free = self.body_len.get().saturating_sub(self.message.needed_len());
        self.filling.get(..free).unwrap_or_default()
    }
}

/// A message that may be sent, with the body length its sender chose.
///
/// The only way to bytes. Frames that brick or crash a unit cannot become one, and a heartbeat with
/// command 02 only through a function whose name warns; so encoding an envelope cannot fail.
///
/// ```
/// use twc_proto::message::MasterHeartbeat;
/// use twc_proto::{CentiAmps, Command, Envelope, Message, TwcId, Version};
///
/// let (master, slave) = (TwcId::new(0x7777), TwcId::new(0x3495));
/// let heartbeat = MasterHeartbeat::with_limit(master, slave, Command::LIMIT, CentiAmps::from_amps(16));
/// let envelope = Envelope::canonical(Version::P2, Message::MasterHeartbeat(heartbeat))?;
/// assert_eq!(envelope.to_string(), "FB E0 77 77 34 95 09 06 40 00 00 00 00 00 00 E6");
/// # Ok::<(), twc_proto::EnvelopeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Envelope {
    message: Message,
    body_len: BodyLen,
    filling: Filling,
}

impl Envelope {
    /// `message` in a body of `body_len` bytes.
    ///
    /// # Errors
    /// When the frame could brick, crash or lock a unit, or its fields do not fit the length.
    pub fn new(message: Message, body_len: BodyLen) -> Result<Self, EnvelopeError> {
        refuse_lock(&message)?;
        Self::checked(message, body_len)
    }

    /// `message` in the length that `version` uses for it: a slave passes its own version, a master its
    /// receiver's.
    ///
    /// # Errors
    /// When the frame could brick, crash or lock a unit.
    pub fn canonical(version: Version, message: Message) -> Result<Self, EnvelopeError> {
        Self::new(message, version.body_len(&message))
    }

    /// Like [`Envelope::canonical`], also for a heartbeat with command 02, which **locks the slave that hears
    /// it until somebody resets it by hand**. For simulators of the masters that send it.
    ///
    /// # Errors
    /// When the frame could brick or crash a unit.
    pub fn that_may_lock_a_slave(version: Version, message: Message) -> Result<Self, EnvelopeError> {
        Self::checked(message, version.body_len(&message))
    }

    fn checked(message: Message, body_len: BodyLen) -> Result<Self, EnvelopeError> {
        let (needed, available) = (message.needed_len(), body_len.get());
        match &message {
            Message::Dangerous(_) => Err(EnvelopeError::Dangerous { opcode: message.opcode() }),
            Message::Unknown(_) if needed != available => {
                Err(EnvelopeError::UnknownLength { actual: needed, chosen: available })
            }
            _ if needed > available => Err(EnvelopeError::TooShort { needed, available }),
            // Filling up to a length that has currents would make them read as 0 A.
            Message::Report(Report::Meter { phase_half_amps: None, .. })
                if available > Report::MOST_WITHOUT_AMPS =>
            {
                Err(EnvelopeError::WouldReadAsZeroAmps { most: Report::MOST_WITHOUT_AMPS, chosen: available })
            }
            _ => Ok(Self { message, body_len, filling: [0; BodyLen::MAX - 3] }),
        }
    }

    /// What it says.
    pub fn message(&self) -> &Message {
        &self.message
    }

    /// The length of its body, checksum included.
    pub fn body_len(&self) -> BodyLen {
        self.body_len
    }

    /// The same as somebody who hears it sees it.
    #[cfg(feature = "serde")]
    pub(crate) fn as_received(&self) -> Received {
        Received { message: self.message, body_len: self.body_len, filling: self.filling }
    }

    /// The un-escaped body with its checksum.
    pub fn emit(&self) -> FrameBuf {
        let mut body = Body::ZERO;
        self.message.emit_fields(&mut body);
        // Zero in nearly every frame, and the body is zero already.
        if self.filling != [0; BodyLen::MAX - 3] {
            let start = self.message.fields_end();
            let free = (self.body_len.get() - 1).saturating_sub(start);
            body.put(start, self.filling.get(..free).unwrap_or_default());
        }
        FrameBuf::sealed(body.0, self.body_len)
    }

    /// The bytes for the wire, without a tail byte.
    pub fn to_wire(&self) -> WireBuf {
        self.emit().to_wire()
    }

    /// Writes the bytes for the wire into `out` and returns how many they are.
    ///
    /// # Errors
    /// When `out` is too small; [`crate::slip::max_encoded_len`] of 20 always suffices.
    pub fn encode(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        self.emit().encode(out)
    }
}

impl core::fmt::Display for Envelope {
    /// The un-escaped body as upper-case pairs.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        crate::hex::write(f, self.emit().as_ref())
    }
}

fn refuse_lock(message: &Message) -> Result<(), EnvelopeError> {
    match message {
        Message::MasterHeartbeat(heartbeat) if heartbeat.command == Command::ERROR => {
            Err(EnvelopeError::LocksSlave)
        }
        _ => Ok(()),
    }
}
