//! Linkreadys: how masters and slaves announce themselves.

use super::Body;
use crate::frame::field::SENDER;
use crate::types::{CentiAmps, Sign, TwcId};

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
    pub(super) const SIGN: usize = 4;
    pub(super) const OFFSET_5: usize = 5;
    pub(super) const END: usize = 7;

    /// What a real master sends.
    pub const fn new(master: TwcId, sign: Sign) -> Self {
        Self { master, sign, offset_5: [0; 2] }
    }

    pub(super) fn emit(&self, body: &mut Body) {
        body.put_id(SENDER, self.master);
        body.put(Self::SIGN, &[self.sign.value()]);
        body.put(Self::OFFSET_5, &self.offset_5);
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
    pub(super) const SIGN: usize = 4;
    pub(super) const MAX_CURRENT: usize = 5;
    pub(super) const END: usize = 7;

    pub(super) fn emit(&self, body: &mut Body) {
        body.put_id(SENDER, self.slave);
        body.put(Self::SIGN, &[self.sign.value()]);
        body.put(Self::MAX_CURRENT, &self.max_current.value().to_be_bytes());
    }
}
