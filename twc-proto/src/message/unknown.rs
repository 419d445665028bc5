//! Frames without a known meaning, and frames nobody may send.

use core::fmt;

use super::{Body, Item};
use crate::error::UnknownError;
use crate::frame::field::PAYLOAD;
use crate::types::{BodyLen, Opcode};

/// The longest payload: a 20-byte body without opcode and checksum.
const MAX_PAYLOAD: usize = BodyLen::MAX - 3;

/// A legal frame whose code has no message of its own. Monitors show it; machines ignore it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Unknown {
    opcode: Opcode,
    body_len: BodyLen,
    payload: [u8; MAX_PAYLOAD],
}

impl Unknown {
    /// A frame with this opcode and payload (what stands between opcode and checksum, 10 to 17 bytes).
    ///
    /// # Errors
    /// When the payload fits no frame, the opcode has a message of its own, or the frame could brick or
    /// crash a unit.
    pub fn new(opcode: Opcode, payload: &[u8]) -> Result<Self, UnknownError> {
        if opcode.is_dangerous() {
            return Err(UnknownError::Dangerous { opcode });
        }
        if is_known(opcode) {
            return Err(UnknownError::Known { opcode });
        }
        let error = UnknownError::Length { len: payload.len() };
        let body_len = BodyLen::new(payload.len().saturating_add(3)).ok_or(error)?;
        let mut bytes = [0; MAX_PAYLOAD];
        bytes.get_mut(..payload.len()).ok_or(error)?.copy_from_slice(payload);
        Ok(Self { opcode, body_len, payload: bytes })
    }

    /// For the parser, which has checked the frame, and sorted out those with a message of their own.
    #[inline]
    pub(super) fn seen(opcode: Opcode, body_len: BodyLen, payload: [u8; MAX_PAYLOAD]) -> Self {
        Self { opcode, body_len, payload }
    }

    /// Type and code.
    pub fn opcode(&self) -> Opcode {
        self.opcode
    }

    /// What stands between opcode and checksum.
    pub fn payload(&self) -> &[u8] {
        self.payload.get(..self.body_len.get() - 3).unwrap_or_default()
    }

    pub(super) fn body_len(&self) -> BodyLen {
        self.body_len
    }

    pub(super) fn emit(&self, body: &mut Body) {
        body.put(PAYLOAD, self.payload());
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Dangerous {
    opcode: Opcode,
    body_len: BodyLen,
    body: [u8; BodyLen::MAX],
}

impl Dangerous {
    /// For the parser, which has checked the frame and passes what stands between code and checksum.
    pub(super) fn seen(opcode: Opcode, body_len: BodyLen, payload: &[u8]) -> Self {
        let mut body = [0; BodyLen::MAX];
        let fields = [opcode.kind(), opcode.code()];
        for (slot, byte) in body.iter_mut().zip(fields.iter().chain(payload)) {
            *slot = *byte;
        }
        let sum = payload.iter().fold(opcode.code(), |sum, byte| sum.wrapping_add(*byte));
        if let Some(last) = body.get_mut(body_len.get() - 1) {
            *last = sum;
        }
        Self { opcode, body_len, body }
    }

    /// Type and code.
    pub fn opcode(&self) -> Opcode {
        self.opcode
    }

    pub(super) fn body_len(&self) -> BodyLen {
        self.body_len
    }

    /// The bytes that were seen, to be shown.
    pub(crate) fn body(&self) -> &[u8] {
        self.body.get(..self.body_len.get()).unwrap_or_default()
    }
}

impl fmt::Display for Dangerous {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        crate::hex::write(f, self.body())
    }
}
