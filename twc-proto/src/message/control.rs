//! FC B1 and FC B2: relays closed and opened, from firmware 4.5.3 on.

use super::Body;
use crate::frame::field::SENDER;
use crate::types::TwcId;

/// A start or stop for one slave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Control {
    /// The master's id.
    pub master: TwcId,
    /// The slave it is for.
    pub slave: TwcId,
}

impl Control {
    pub(super) const RECEIVER: usize = 4;
    pub(super) const END: usize = 6;

    pub(super) fn emit(&self, body: &mut Body) {
        body.put_id(SENDER, self.master);
        body.put_id(Self::RECEIVER, self.slave);
    }
}

/// Which of the two an [`Ack`] answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Switch {
    /// FC B1.
    Start,
    /// FC B2.
    Stop,
}

/// FD B1 or FD B2. It says that the command was heard, not that the current has stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ack {
    /// What it answers.
    pub switch: Switch,
    /// The slave's id.
    pub slave: TwcId,
}

impl Ack {
    pub(super) const END: usize = 4;

    pub(super) fn emit(&self, body: &mut Body) {
        body.put_id(SENDER, self.slave);
    }
}
