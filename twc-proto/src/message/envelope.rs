//! A message with its length: as it arrived, and as it may be sent.

use super::{Message, Report, check_fields};
use crate::error::{EncodeError, EnvelopeError, ParseError};
use crate::frame::{Body, Frame, FrameBuf, WireBuf};
use crate::types::{BodyLen, Command, Version};

/// A message as it came off the wire, byte for byte: what it says, how long it was, and what its unused bytes held.
///
/// ```
/// use twc_proto::{Decoder, Message};
///
/// let wire = b"\xC0\xFC\x1D\0\0\0\0\0\0\0\0\0\0\0\x1D\xC0";
/// let received = Decoder::new().decode(&mut &wire[..]).unwrap()?;
/// assert_eq!((received.message(), received.body_len().get()), (Message::Idle, 14));
/// // Whatever came in goes out again byte for byte, if it may go out at all.
/// assert_eq!(received.to_envelope().unwrap().to_wire().as_ref(), wire);
/// # Ok::<(), twc_proto::DecodeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Received {
    body: Body,
}

impl Received {
    /// Takes a checked frame, if the fields of its code are there.
    ///
    /// # Errors
    /// When the code is known and the body too short for its fields.
    ///
    /// ```
    /// use twc_proto::{Frame, Message, Received};
    ///
    /// let frame = Frame::new_checked([0xFC, 0x1D, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x1D])?;
    /// assert_eq!(Received::parse(&frame).unwrap().message(), Message::Idle);
    /// # Ok::<(), twc_proto::error::FrameError>(())
    /// ```
    pub fn parse<T: AsRef<[u8]>>(frame: &Frame<T>) -> Result<Self, ParseError> {
        check_fields(frame.opcode(), frame.body_len())?;
        Ok(Self { body: Body::from(frame) })
    }

    /// The same for a body that was checked in every respect.
    #[inline]
    pub(crate) const fn of(body: Body) -> Self {
        Self { body }
    }

    /// What it says.
    ///
    /// ```
    /// use twc_proto::{Decoder, Message};
    ///
    /// let wire = b"\xC0\xFD\xE2\x34\x95\x81\x0C\x80\0\0\0\0\0\0\0\0\xB8\xC0";
    /// let received = Decoder::new().decode(&mut &wire[..]).unwrap()?;
    /// let Message::SlaveLinkReady(ready) = received.message() else { panic!() };
    /// assert_eq!(ready.max_current.to_string(), "32.00 A");
    /// # Ok::<(), twc_proto::DecodeError>(())
    /// ```
    #[inline]
    pub fn message(&self) -> Message {
        Message::of(&self.body)
    }

    /// The length of the body it came in, checksum included.
    ///
    /// ```
    /// use twc_proto::{Decoder, Version};
    ///
    /// // What protocol a slave speaks shows in the length of its linkready.
    /// let wire = b"\xC0\xFD\xE2\x34\x95\x81\x0C\x80\0\0\0\0\0\0\0\0\xB8\xC0";
    /// let received = Decoder::new().decode(&mut &wire[..]).unwrap()?;
    /// assert_eq!(Version::from_link_ready(received.body_len()), Version::P2);
    /// # Ok::<(), twc_proto::DecodeError>(())
    /// ```
    #[inline]
    pub const fn body_len(&self) -> BodyLen {
        self.body.len()
    }

    /// The same frame for sending, byte for byte.
    ///
    /// # Errors
    /// When the frame may not be sent, see [`Envelope::new`].
    ///
    /// ```
    /// use twc_proto::{Decoder, EnvelopeError};
    ///
    /// // A frame that crashes wall connectors can be seen and not sent.
    /// let wire = b"\xC0\xFB\xE8\0\0\0\0\0\0\0\0\0\0\0\xE8\xC0";
    /// let received = Decoder::new().decode(&mut &wire[..]).unwrap()?;
    /// assert!(matches!(received.to_envelope(), Err(EnvelopeError::Dangerous { .. })));
    /// # Ok::<(), twc_proto::DecodeError>(())
    /// ```
    pub fn to_envelope(&self) -> Result<Envelope, EnvelopeError> {
        refuse_lock(&self.message())?;
        self.to_envelope_that_may_lock_a_slave()
    }

    /// The same frame for sending, also when it is a heartbeat with command 02, which **locks the slave that
    /// hears it until somebody resets it by hand**. For simulators and for showing frames.
    ///
    /// # Errors
    /// When the frame can brick or crash a unit.
    ///
    /// ```
    /// use twc_proto::{Decoder, EnvelopeError};
    ///
    /// let wire = b"\xC0\xFB\xE0\x77\x77\x34\x95\x02\0\0\0\0\0\0\0\0\x99\xC0";
    /// let received = Decoder::new().decode(&mut &wire[..]).unwrap()?;
    /// assert_eq!(received.to_envelope(), Err(EnvelopeError::LocksSlave));
    /// assert!(received.to_envelope_that_may_lock_a_slave().is_ok());
    /// # Ok::<(), twc_proto::DecodeError>(())
    /// ```
    pub fn to_envelope_that_may_lock_a_slave(&self) -> Result<Envelope, EnvelopeError> {
        let opcode = self.body.opcode();
        if opcode.is_dangerous() {
            return Err(EnvelopeError::Dangerous { opcode });
        }
        Ok(Envelope { body: self.body })
    }
}

impl core::fmt::Debug for Received {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Received").field("message", &self.message()).field("body", &self.body).finish()
    }
}

/// For the adapters that make messages of something other than bytes.
#[cfg(any(feature = "serde", feature = "arbitrary"))]
impl Received {
    /// What [`Received::parse`] makes of a frame with this message, length and filling. A shorter filling is
    /// continued with zeros, a longer one is cut.
    pub(crate) fn assembled(message: &Message, body_len: BodyLen, filling: &[u8]) -> Result<Self, EnvelopeError> {
        match message {
            // It can be shown; `to_envelope` goes on refusing it.
            Message::Dangerous(super::Dangerous(body)) if body.len() == body_len => Ok(Self { body: *body }),
            _ => {
                let mut bytes = *Envelope::checked(message, body_len)?.body.bytes();
                // The sum is made anew, and what reaches beyond the body does not count.
                for (slot, byte) in bytes.iter_mut().skip(message.fields_end()).zip(filling) {
                    *slot = *byte;
                }
                Ok(Self { body: Body::sealed(bytes, body_len) })
            }
        }
    }

    /// What stands between the last field and the checksum.
    pub(crate) fn filling(&self) -> &[u8] {
        self.body.behind(self.message().fields_end())
    }

    /// The whole body, dangerous ones included, to be shown.
    pub(crate) fn body(&self) -> &[u8] {
        self.body.as_slice()
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
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Envelope {
    body: Body,
}

impl Envelope {
    /// `message` in a body of `body_len` bytes.
    ///
    /// # Errors
    /// When the frame could brick, crash or lock a unit, or its fields do not fit the length.
    ///
    /// ```
    /// use twc_proto::{BodyLen, Envelope, EnvelopeError, Message};
    /// use twc_proto::message::{Item, Query};
    /// use twc_proto::TwcId;
    ///
    /// // Some masters send queries in 13 bytes.
    /// let query = Query { item: Item::Meter, master: TwcId::new(0x7777), slave: TwcId::new(0x3495) };
    /// let envelope = Envelope::new(Message::Query(query), BodyLen::B13)?;
    /// assert_eq!(envelope.to_string(), "FB EB 77 77 34 95 00 00 00 00 00 00 A2");
    /// # Ok::<(), EnvelopeError>(())
    /// ```
    pub fn new(message: Message, body_len: BodyLen) -> Result<Self, EnvelopeError> {
        refuse_lock(&message)?;
        Self::checked(&message, body_len)
    }

    /// `message` in the length that `version` uses for it: a slave passes its own version, a master its
    /// receiver's.
    ///
    /// # Errors
    /// When the frame could brick, crash or lock a unit.
    ///
    /// ```
    /// use twc_proto::message::MasterHeartbeat;
    /// use twc_proto::{Envelope, Message, TwcId, Version};
    ///
    /// let (master, slave) = (TwcId::new(0x7777), TwcId::new(0x3495));
    /// let heartbeat = Message::MasterHeartbeat(MasterHeartbeat::no_change(master, slave));
    /// assert_eq!(Envelope::canonical(Version::P1, heartbeat)?.body_len().get(), 14);
    /// assert_eq!(Envelope::canonical(Version::P2, heartbeat)?.body_len().get(), 16);
    /// # Ok::<(), twc_proto::EnvelopeError>(())
    /// ```
    pub fn canonical(version: Version, message: Message) -> Result<Self, EnvelopeError> {
        Self::new(message, version.body_len(&message))
    }

    /// Like [`Envelope::canonical`], also for a heartbeat with command 02, which **locks the slave that hears
    /// it until somebody resets it by hand**. For simulators of the masters that send it.
    ///
    /// # Errors
    /// When the frame could brick or crash a unit.
    ///
    /// ```
    /// use twc_proto::message::MasterHeartbeat;
    /// use twc_proto::{Command, Envelope, Message, TwcId, Version};
    ///
    /// let (master, slave) = (TwcId::new(0x7777), TwcId::new(0x3495));
    /// let complaint = MasterHeartbeat { command: Command::ERROR, ..MasterHeartbeat::no_change(master, slave) };
    /// assert!(Envelope::canonical(Version::P2, Message::MasterHeartbeat(complaint)).is_err());
    /// assert!(Envelope::that_may_lock_a_slave(Version::P2, Message::MasterHeartbeat(complaint)).is_ok());
    /// ```
    pub fn that_may_lock_a_slave(version: Version, message: Message) -> Result<Self, EnvelopeError> {
        Self::checked(&message, version.body_len(&message))
    }

    fn checked(message: &Message, body_len: BodyLen) -> Result<Self, EnvelopeError> {
        let (needed, available) = (message.needed_len(), body_len.get());
        match message {
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
            _ => Ok(Self { body: Body::sealed(message.emit(), body_len) }),
        }
    }

    /// What it says.
    ///
    /// ```
    /// use twc_proto::{Envelope, Message, Version};
    ///
    /// let idle = Envelope::canonical(Version::P2, Message::Idle)?;
    /// assert_eq!(idle.message(), Message::Idle);
    /// # Ok::<(), twc_proto::EnvelopeError>(())
    /// ```
    #[inline]
    pub fn message(&self) -> Message {
        Message::of(&self.body)
    }

    /// The length of its body, checksum included.
    ///
    /// ```
    /// use twc_proto::{Envelope, Message, Version};
    ///
    /// let idle = Envelope::canonical(Version::P2, Message::Idle)?;
    /// assert_eq!(idle.body_len().get(), 14);
    /// # Ok::<(), twc_proto::EnvelopeError>(())
    /// ```
    #[inline]
    pub const fn body_len(&self) -> BodyLen {
        self.body.len()
    }

    /// The same as somebody who hears it sees it.
    #[cfg(feature = "serde")]
    pub(crate) const fn as_received(&self) -> Received {
        Received { body: self.body }
    }

    /// The un-escaped body with its checksum.
    ///
    /// ```
    /// use twc_proto::{Envelope, Message, Version};
    ///
    /// let idle = Envelope::canonical(Version::P2, Message::Idle)?;
    /// assert_eq!(idle.emit().as_ref(), &[0xFC, 0x1D, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x1D]);
    /// # Ok::<(), twc_proto::EnvelopeError>(())
    /// ```
    #[inline]
    pub const fn emit(&self) -> FrameBuf {
        FrameBuf(self.body)
    }

    /// The bytes for the wire, without a tail byte.
    ///
    /// ```
    /// use twc_proto::{Envelope, Message, Version};
    ///
    /// let idle = Envelope::canonical(Version::P2, Message::Idle)?;
    /// assert_eq!(idle.to_wire().as_ref(), b"\xC0\xFC\x1D\0\0\0\0\0\0\0\0\0\0\0\x1D\xC0");
    /// # Ok::<(), twc_proto::EnvelopeError>(())
    /// ```
    pub fn to_wire(&self) -> WireBuf {
        self.emit().to_wire()
    }

    /// Writes the bytes for the wire into `out` and returns how many they are.
    ///
    /// # Errors
    /// When `out` is too small; [`crate::slip::max_encoded_len`] of 20 always suffices.
    ///
    /// ```
    /// use twc_proto::{Envelope, Message, Version};
    ///
    /// let idle = Envelope::canonical(Version::P2, Message::Idle)?;
    /// let mut buffer = [0; twc_proto::slip::max_encoded_len(20)];
    /// let len = idle.encode(&mut buffer).unwrap();
    /// assert_eq!(&buffer[..len], idle.to_wire().as_ref());
    /// # Ok::<(), twc_proto::EnvelopeError>(())
    /// ```
    pub fn encode(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        self.emit().encode(out)
    }
}

impl core::fmt::Debug for Envelope {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Envelope").field("message", &self.message()).field("body", &self.body).finish()
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
