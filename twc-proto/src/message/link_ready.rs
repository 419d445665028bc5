//! Linkreadys: how masters and slaves announce themselves.

use crate::frame::{Bytes, padded};
use crate::types::{CentiAmps, Opcode, Sign, TwcId};

/// FC E1 or FB E2: "a master is here".
///
/// ```
/// use twc_proto::message::MasterLinkReady;
/// use twc_proto::{Envelope, Message, Sign, TwcId, Version};
///
/// let ready = MasterLinkReady::new(TwcId::new(0x7777), Sign::new(0x77));
/// let envelope = Envelope::canonical(Version::P2, Message::LinkReady1(ready))?;
/// assert_eq!(envelope.to_string(), "FC E1 77 77 77 00 00 00 00 00 00 00 00 00 00 46");
/// # Ok::<(), twc_proto::EnvelopeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MasterLinkReady {
    /// The master's id.
    pub master: TwcId,
    /// Its sign.
    pub sign: Sign,
    /// The two bytes at offset 5: zero from real masters, a current in disputed byte order from some others.
    pub offset_5: [u8; 2],
}

impl MasterLinkReady {
    pub(super) const END: usize = 7;

    /// What a real master sends.
    ///
    /// ```
    /// use twc_proto::message::MasterLinkReady;
    /// use twc_proto::{Sign, TwcId};
    ///
    /// assert_eq!(MasterLinkReady::new(TwcId::new(0x7777), Sign::new(1)).offset_5, [0, 0]);
    /// ```
    pub const fn new(master: TwcId, sign: Sign) -> Self {
        Self { master, sign, offset_5: [0; 2] }
    }

    #[inline]
    pub(super) const fn of([_, _, m0, m1, sign, b5, b6, ..]: &Bytes) -> Self {
        Self { master: TwcId::from_bytes([*m0, *m1]), sign: Sign::new(*sign), offset_5: [*b5, *b6] }
    }

    #[inline]
    pub(super) const fn emit(self, opcode: Opcode) -> Bytes {
        let ([kind, code], [m0, m1], [b5, b6]) = (opcode.to_bytes(), self.master.to_bytes(), self.offset_5);
        padded([kind, code, m0, m1, self.sign.value(), b5, b6])
    }
}

/// FD E2: "a slave is here".
///
/// ```
/// use twc_proto::message::SlaveLinkReady;
/// use twc_proto::{CentiAmps, Envelope, Message, Sign, TwcId, Version};
///
/// let ready =
///     SlaveLinkReady { slave: TwcId::new(0x3495), sign: Sign::new(0x81), max_current: CentiAmps::from_amps(32) };
/// let envelope = Envelope::canonical(Version::P2, Message::SlaveLinkReady(ready))?;
/// assert_eq!(envelope.to_string(), "FD E2 34 95 81 0C 80 00 00 00 00 00 00 00 00 B8");
/// # Ok::<(), twc_proto::EnvelopeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SlaveLinkReady {
    /// The slave's id.
    pub slave: TwcId,
    /// Its sign, new at every boot.
    pub sign: Sign,
    /// What the unit is built for: 80 A in North America, 32 A elsewhere.
    pub max_current: CentiAmps,
}

impl SlaveLinkReady {
    pub(super) const END: usize = 7;

    #[inline]
    pub(super) const fn of([_, _, s0, s1, sign, c0, c1, ..]: &Bytes) -> Self {
        Self {
            slave: TwcId::from_bytes([*s0, *s1]),
            sign: Sign::new(*sign),
            max_current: CentiAmps::from_bytes([*c0, *c1]),
        }
    }

    #[inline]
    pub(super) const fn emit(self) -> Bytes {
        let [kind, code] = Opcode::SLAVE_LINK_READY.to_bytes();
        let ([s0, s1], [c0, c1]) = (self.slave.to_bytes(), self.max_current.to_bytes());
        padded([kind, code, s0, s1, self.sign.value(), c0, c1])
    }
}
