//! Frames without a known meaning, and frames nobody may send.

use core::fmt;

use super::Item;
use crate::error::UnknownError;
use crate::frame::{Body, padded};
use crate::types::{BodyLen, Opcode};

/// A legal frame whose code has no message of its own. Monitors show it; machines ignore it.
///
/// ```
/// use twc_proto::message::Unknown;
/// use twc_proto::{BodyLen, Envelope, Message, Opcode};
///
/// let unknown = Unknown::new(Opcode::new(0xFC, 0xA1).unwrap(), &[0; 13])?;
/// let envelope = Envelope::new(Message::Unknown(unknown), BodyLen::B16).unwrap();
/// assert_eq!(envelope.to_string(), "FC A1 00 00 00 00 00 00 00 00 00 00 00 00 00 A1");
/// # Ok::<(), twc_proto::error::UnknownError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Unknown(pub(super) Body);

impl Unknown {
    /// A frame with this opcode and payload (what stands between opcode and checksum, 10 to 17 bytes).
    ///
    /// # Errors
    /// When the payload fits no frame, the opcode has a message of its own, or the frame could brick or
    /// crash a unit.
    ///
    /// ```
    /// use twc_proto::Opcode;
    /// use twc_proto::error::UnknownError;
    /// use twc_proto::message::Unknown;
    ///
    /// assert!(Unknown::new(Opcode::new(0xFC, 0xA1).unwrap(), &[0; 13]).is_ok());
    /// // This one writes memory that can be written once.
    /// let deadly = Opcode::new(0xFC, 0x19).unwrap();
    /// assert_eq!(Unknown::new(deadly, &[0; 13]), Err(UnknownError::Dangerous { opcode: deadly }));
    /// ```
    pub fn new(opcode: Opcode, payload: &[u8]) -> Result<Self, UnknownError> {
        if opcode.is_dangerous() {
            return Err(UnknownError::Dangerous { opcode });
        }
        if is_known(opcode) {
            return Err(UnknownError::Known { opcode });
        }
        let error = UnknownError::Length { len: payload.len() };
        let len = BodyLen::new(payload.len().saturating_add(3)).ok_or(error)?;
        let mut bytes = padded(opcode.to_bytes());
        for (slot, byte) in bytes.iter_mut().skip(2).zip(payload) {
            *slot = *byte;
        }
        Ok(Self(Body::sealed(bytes, len)))
    }

    /// Type and code.
    ///
    /// ```
    /// use twc_proto::{Opcode, message::Unknown};
    ///
    /// let unknown = Unknown::new(Opcode::new(0xFC, 0xA1).unwrap(), &[0; 13])?;
    /// assert_eq!(unknown.opcode().to_string(), "FCA1");
    /// # Ok::<(), twc_proto::error::UnknownError>(())
    /// ```
    pub fn opcode(&self) -> Opcode {
        self.0.opcode()
    }

    /// What stands between opcode and checksum.
    ///
    /// ```
    /// use twc_proto::{Opcode, message::Unknown};
    ///
    /// let unknown = Unknown::new(Opcode::new(0xFC, 0xA1).unwrap(), &[0; 13])?;
    /// assert_eq!(unknown.payload(), &[0; 13]);
    /// # Ok::<(), twc_proto::error::UnknownError>(())
    /// ```
    pub fn payload(&self) -> &[u8] {
        self.0.payload()
    }
}

fn is_known(opcode: Opcode) -> bool {
    let named = [
        Opcode::LINK_READY_1,
        Opcode::LINK_READY_2,
        Opcode::SLAVE_LINK_READY,
        Opcode::MASTER_HEARTBEAT,
        Opcode::SLAVE_HEARTBEAT,
        Opcode::START,
        Opcode::STOP,
        Opcode::START_ACK,
        Opcode::STOP_ACK,
        Opcode::IDLE,
    ];
    named.contains(&opcode) || (matches!(opcode.kind(), 0xFB | 0xFD) && Item::from_code(opcode.code()).is_some())
}

/// A frame that writes one-time-programmable memory (FC 19, FC 1A) or crashes a unit (FB E8), as it was seen.
///
/// There is no constructor and no way to encode it; `{}` prints its bytes for a monitor.
///
/// ```
/// use twc_proto::{Decoder, Message};
///
/// let wire = b"\xC0\xFB\xE8\0\0\0\0\0\0\0\0\0\0\0\xE8\xC0";
/// let received = Decoder::new().decode(&mut &wire[..]).unwrap()?;
/// let Message::Dangerous(seen) = received.message() else { panic!() };
/// assert_eq!(seen.to_string(), "FB E8 00 00 00 00 00 00 00 00 00 00 00 E8");
/// # Ok::<(), twc_proto::DecodeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Dangerous(pub(super) Body);

impl Dangerous {
    /// Type and code.
    ///
    /// ```
    /// use twc_proto::{Decoder, Message};
    ///
    /// let wire = b"\xC0\xFB\xE8\0\0\0\0\0\0\0\0\0\0\0\xE8\xC0";
    /// let received = Decoder::new().decode(&mut &wire[..]).unwrap()?;
    /// let Message::Dangerous(seen) = received.message() else { panic!() };
    /// assert!(seen.opcode().is_dangerous());
    /// # Ok::<(), twc_proto::DecodeError>(())
    /// ```
    pub fn opcode(&self) -> Opcode {
        self.0.opcode()
    }

    /// The bytes that were seen, to be shown.
    pub(crate) fn body(&self) -> &[u8] {
        self.0.as_slice()
    }
}

impl fmt::Display for Dangerous {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        crate::hex::write(f, self.body())
    }
}
