//! From a checked frame to a message.
//!
//! Every field has a fixed place in a body that is always as long as the longest one. Whether the fields of a code
//! are there is asked once, when the frame comes in; reading them can fail no more.

use super::{
    Ack, Control, Dangerous, Item, MasterHeartbeat, MasterLinkReady, Message, Query, Report, SlaveHeartbeat,
    SlaveLinkReady, Switch, Unknown,
};
use crate::error::ParseError;
use crate::frame::Body;
use crate::types::{BodyLen, Opcode};

impl Message {
    /// What a checked frame with all its fields says.
    #[inline]
    pub(super) fn of(body: &Body) -> Self {
        let bytes = body.bytes();
        match body.opcode() {
            Opcode::MASTER_HEARTBEAT => Self::MasterHeartbeat(MasterHeartbeat::of(bytes)),
            Opcode::SLAVE_HEARTBEAT => Self::SlaveHeartbeat(SlaveHeartbeat::of(bytes)),
            Opcode::LINK_READY_1 => Self::LinkReady1(MasterLinkReady::of(bytes)),
            Opcode::LINK_READY_2 => Self::LinkReady2(MasterLinkReady::of(bytes)),
            Opcode::SLAVE_LINK_READY => Self::SlaveLinkReady(SlaveLinkReady::of(bytes)),
            _ => Self::rarer(body),
        }
    }

    /// One in a hundred frames on a bus.
    #[inline(never)]
    fn rarer(body: &Body) -> Self {
        let (opcode, bytes) = (body.opcode(), body.bytes());
        match (opcode, Item::from_code(opcode.code())) {
            (Opcode::START, _) => Self::Start(Control::of(bytes)),
            (Opcode::STOP, _) => Self::Stop(Control::of(bytes)),
            (Opcode::START_ACK, _) => Self::Ack(Ack::of(Switch::Start, bytes)),
            (Opcode::STOP_ACK, _) => Self::Ack(Ack::of(Switch::Stop, bytes)),
            (Opcode::IDLE, _) => Self::Idle,
            (_, Some(item)) if opcode.kind() == 0xFB => Self::Query(Query::of(item, bytes)),
            (_, Some(item)) if opcode.kind() == 0xFD => Self::Report(Report::of(item, body)),
            _ if opcode.is_dangerous() => Self::Dangerous(Dangerous(*body)),
            _ => Self::Unknown(Unknown(*body)),
        }
    }
}

/// Whether a body of this length holds the fields of its code.
#[inline]
pub(crate) fn check_fields(opcode: Opcode, body_len: BodyLen) -> Result<(), ParseError> {
    let (needed, available) = (needed_len(opcode), body_len.get());
    if needed > available { Err(ParseError { opcode, needed, available }) } else { Ok(()) }
}

/// Body bytes that the fields of a code need, checksum included, where the shortest frame is too short for them.
#[inline]
const fn needed_len(opcode: Opcode) -> usize {
    match (opcode.kind(), opcode.code()) {
        (0xFD, 0xEB) => Report::PHASE_HALF_AMPS + 1,
        (0xFD, 0xED) => Report::TEXT + 11 + 1,
        (0xFD, 0x19 | 0x1A) => Report::OLD_TEXT + 11 + 1,
        _ => BodyLen::MIN,
    }
}
