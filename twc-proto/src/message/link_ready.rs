//! Linkreadys: how masters and slaves announce themselves.

use crate::frame::{Bytes, padded};
use crate::types::{CentiAmps, Opcode, Sign, TwcId};

/// FC E1 or FB E2: "a master is here".
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
