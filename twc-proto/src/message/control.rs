//! FC B1 and FC B2: relays closed and opened, from firmware 4.5.3 on.

use crate::frame::{Bytes, padded};
use crate::types::{Opcode, TwcId};

/// A start or stop for one slave.
///
/// ```
/// use twc_proto::message::Control;
/// use twc_proto::{Envelope, Message, TwcId, Version};
///
/// let (master, slave) = (TwcId::new(0x7777), TwcId::new(0x3495));
/// let start = Envelope::canonical(Version::P2, Message::Start(Control { master, slave }))?;
/// assert_eq!(start.to_string(), "FC B1 77 77 34 95 00 00 00 00 00 00 00 00 00 68");
/// # Ok::<(), twc_proto::EnvelopeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Control {
    /// The master's id.
    pub master: TwcId,
    /// The slave it is for.
    pub slave: TwcId,
}

impl Control {
    pub(super) const END: usize = 6;

    pub(super) const fn of([_, _, m0, m1, s0, s1, ..]: &Bytes) -> Self {
        Self { master: TwcId::from_bytes([*m0, *m1]), slave: TwcId::from_bytes([*s0, *s1]) }
    }

    pub(super) const fn emit(self, opcode: Opcode) -> Bytes {
        let ([kind, code], [m0, m1], [s0, s1]) =
            (opcode.to_bytes(), self.master.to_bytes(), self.slave.to_bytes());
        padded([kind, code, m0, m1, s0, s1])
    }
}

/// Which of the two an [`Ack`] answers.
///
/// ```
/// use twc_proto::message::{Ack, Switch};
/// use twc_proto::{Message, TwcId};
///
/// let heard = Message::Ack(Ack { switch: Switch::Stop, slave: TwcId::new(0x3495) });
/// assert_eq!(heard.opcode().to_string(), "FDB2");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Switch {
    /// FC B1.
    Start,
    /// FC B2.
    Stop,
}

/// FD B1 or FD B2. It says that the command was heard, not that the current has stopped.
///
/// ```
/// use twc_proto::{Decoder, Message, message::{Ack, Switch}, TwcId};
///
/// let wire = b"\xC0\xFD\xB1\x34\x95\0\0\0\0\0\0\0\0\0\0\0\x7A\xC0";
/// let received = Decoder::new().decode(&mut &wire[..]).unwrap()?;
/// assert_eq!(received.message(), Message::Ack(Ack { switch: Switch::Start, slave: TwcId::new(0x3495) }));
/// # Ok::<(), twc_proto::DecodeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ack {
    /// What it answers.
    pub switch: Switch,
    /// The slave's id.
    pub slave: TwcId,
}

impl Ack {
    pub(super) const END: usize = 4;

    pub(super) const fn of(switch: Switch, [_, _, s0, s1, ..]: &Bytes) -> Self {
        Self { switch, slave: TwcId::from_bytes([*s0, *s1]) }
    }

    pub(super) const fn opcode(self) -> Opcode {
        match self.switch {
            Switch::Start => Opcode::START_ACK,
            Switch::Stop => Opcode::STOP_ACK,
        }
    }

    pub(super) const fn emit(self) -> Bytes {
        let ([kind, code], [s0, s1]) = (self.opcode().to_bytes(), self.slave.to_bytes());
        padded([kind, code, s0, s1])
    }
}
