//! The message layer: what a checked frame says.
//!
//! A [`Message`] is a value without a length. [`Received`] adds the body length it came in and whatever stood
//! in bytes that are normally zero, so that odd but legal frames re-encode byte for byte. [`Envelope`] is a
//! message that may be sent.

mod control;
mod envelope;
mod heartbeat;
mod link_ready;
mod parse;
mod query;
mod report;
mod text;
mod unknown;

pub use control::{Ack, Control, Switch};
pub use envelope::{Envelope, Received};
pub use heartbeat::{ErrorBitmap, MasterHeartbeat, SlaveHeartbeat};
pub use link_ready::{MasterLinkReady, SlaveLinkReady};
pub(crate) use parse::check_fields;
pub use query::{Item, PlugState, Query};
pub use report::{PhaseHalfAmps, Report};
pub use text::Text;
pub use unknown::{Dangerous, Unknown};

use crate::frame::{Bytes, padded};
use crate::types::{BodyLen, Opcode, TwcId, Version};

/// Everything that can stand in a frame.
///
/// ```
/// use twc_proto::{Decoder, Message};
///
/// let wire = b"\xC0\xFD\xE2\x34\x95\x81\x0C\x80\0\0\0\0\0\0\0\0\xB8\xC0";
/// match Decoder::new().decode(&mut &wire[..]).unwrap()?.message() {
///     Message::SlaveLinkReady(ready) => assert_eq!(ready.slave.to_string(), "3495"),
///     other => panic!("{other:?}"),
/// }
/// # Ok::<(), twc_proto::DecodeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Message {
    /// FC E1: a master announces itself.
    LinkReady1(MasterLinkReady),
    /// FB E2: a master announces itself, second form.
    LinkReady2(MasterLinkReady),
    /// FD E2: a slave announces itself.
    SlaveLinkReady(SlaveLinkReady),
    /// FB E0: a master's command to one slave.
    MasterHeartbeat(MasterHeartbeat),
    /// FD E0: the slave's answer.
    SlaveHeartbeat(SlaveHeartbeat),
    /// FB xx: a master asks for one item.
    Query(Query),
    /// FD xx: a slave answers a query, or a master broadcasts the same about itself.
    Report(Report),
    /// FC B1: close the relays.
    Start(Control),
    /// FC B2: open the relays. A Tesla may refuse to charge until it is plugged in again.
    Stop(Control),
    /// FD B1, FD B2: a slave has heard a start or stop.
    Ack(Ack),
    /// FC 1D: sent by a master that sees no slave, without any id.
    Idle,
    /// A legal frame whose code nobody has explained.
    Unknown(Unknown),
    /// A frame that can brick or crash a unit; it can be shown and not sent.
    Dangerous(Dangerous),
}

impl Message {
    /// Type and code.
    ///
    /// ```
    /// assert_eq!(twc_proto::Message::Idle.opcode().to_string(), "FC1D");
    /// ```
    pub fn opcode(&self) -> Opcode {
        match self {
            Self::LinkReady1(_) => Opcode::LINK_READY_1,
            Self::LinkReady2(_) => Opcode::LINK_READY_2,
            Self::SlaveLinkReady(_) => Opcode::SLAVE_LINK_READY,
            Self::MasterHeartbeat(_) => Opcode::MASTER_HEARTBEAT,
            Self::SlaveHeartbeat(_) => Opcode::SLAVE_HEARTBEAT,
            Self::Query(query) => query.item.query_opcode(),
            Self::Report(report) => report.item().report_opcode(),
            Self::Start(_) => Opcode::START,
            Self::Stop(_) => Opcode::STOP,
            Self::Ack(ack) => ack.opcode(),
            Self::Idle => Opcode::IDLE,
            Self::Unknown(unknown) => unknown.opcode(),
            Self::Dangerous(dangerous) => dangerous.opcode(),
        }
    }

    /// Who sent it; `None` where the frame carries no sender, or its layout is unknown.
    ///
    /// ```
    /// use twc_proto::{Message, TwcId, message::MasterHeartbeat};
    ///
    /// let (master, slave) = (TwcId::new(0x7777), TwcId::new(0x3495));
    /// assert_eq!(Message::MasterHeartbeat(MasterHeartbeat::no_change(master, slave)).sender(), Some(master));
    /// assert_eq!(Message::Idle.sender(), None);
    /// ```
    pub fn sender(&self) -> Option<TwcId> {
        match self {
            Self::LinkReady1(m) | Self::LinkReady2(m) => Some(m.master),
            Self::SlaveLinkReady(m) => Some(m.slave),
            Self::MasterHeartbeat(m) => Some(m.master),
            Self::SlaveHeartbeat(m) => Some(m.slave),
            Self::Query(m) => Some(m.master),
            Self::Report(m) => m.sender(),
            Self::Start(m) | Self::Stop(m) => Some(m.master),
            Self::Ack(m) => Some(m.slave),
            Self::Idle | Self::Unknown(_) | Self::Dangerous(_) => None,
        }
    }

    /// Whom it is addressed to; `None` for broadcasts and where the layout is unknown.
    ///
    /// ```
    /// use twc_proto::{Message, TwcId, message::MasterHeartbeat};
    ///
    /// let (master, slave) = (TwcId::new(0x7777), TwcId::new(0x3495));
    /// assert_eq!(Message::MasterHeartbeat(MasterHeartbeat::no_change(master, slave)).receiver(), Some(slave));
    /// assert_eq!(Message::Idle.receiver(), None);
    /// ```
    pub fn receiver(&self) -> Option<TwcId> {
        match self {
            Self::MasterHeartbeat(m) => Some(m.slave),
            Self::SlaveHeartbeat(m) => Some(m.master),
            Self::Query(m) => Some(m.slave),
            Self::Start(m) | Self::Stop(m) => Some(m.slave),
            _ => None,
        }
    }

    /// Body bytes the fields need, checksum included.
    pub(crate) fn needed_len(&self) -> usize {
        self.fields_end() + 1
    }

    /// The offset behind the last field: what follows up to the checksum is normally zero.
    pub(crate) fn fields_end(&self) -> usize {
        match self {
            Self::LinkReady1(_) | Self::LinkReady2(_) => MasterLinkReady::END,
            Self::SlaveLinkReady(_) => SlaveLinkReady::END,
            Self::MasterHeartbeat(_) => MasterHeartbeat::END,
            Self::SlaveHeartbeat(_) => SlaveHeartbeat::END,
            Self::Query(_) => Query::END,
            Self::Report(report) => report.fields_end(),
            Self::Start(_) | Self::Stop(_) => Control::END,
            Self::Ack(_) => Ack::END,
            Self::Idle => 2,
            Self::Unknown(Unknown(body)) | Self::Dangerous(Dangerous(body)) => body.len().get() - 1,
        }
    }

    /// Opcode and fields, zeros behind them and in place of the checksum.
    #[inline]
    fn emit(&self) -> Bytes {
        match self {
            Self::MasterHeartbeat(m) => m.emit(),
            Self::SlaveHeartbeat(m) => m.emit(),
            Self::LinkReady1(m) => m.emit(Opcode::LINK_READY_1),
            Self::LinkReady2(m) => m.emit(Opcode::LINK_READY_2),
            Self::SlaveLinkReady(m) => m.emit(),
            _ => self.emit_rarer(),
        }
    }

    #[inline(never)]
    fn emit_rarer(&self) -> Bytes {
        match self {
            Self::Query(m) => m.emit(),
            Self::Report(m) => m.emit(),
            Self::Start(m) => m.emit(Opcode::START),
            Self::Stop(m) => m.emit(Opcode::STOP),
            Self::Ack(m) => m.emit(),
            Self::Unknown(Unknown(body)) => *body.bytes(),
            _ => padded(self.opcode().to_bytes()),
        }
    }
}

impl Version {
    /// The canonical body length of `message` when a unit of this version sends it (a slave) or is to
    /// receive it (a master's choice).
    ///
    /// ```
    /// use twc_proto::{BodyLen, Message, Version};
    ///
    /// assert_eq!(Version::P2.body_len(&Message::Idle), BodyLen::B14);
    /// ```
    pub fn body_len(self, message: &Message) -> BodyLen {
        match message {
            Message::Report(report) => report.canonical_len(),
            Message::Idle => BodyLen::B14,
            Message::Start(_) | Message::Stop(_) | Message::Ack(_) => BodyLen::B16,
            Message::Unknown(Unknown(body)) | Message::Dangerous(Dangerous(body)) => body.len(),
            _ => self.base_len(),
        }
    }
}
