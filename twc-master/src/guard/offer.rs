//! Permission to send a limit. The constructor is the guard's alone.

use twc_proto::message::MasterHeartbeat;
use twc_proto::{CentiAmps, Command, TwcId};

/// Permission to send one heartbeat with, or keeping, a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Offer {
    amps: CentiAmps,
}

/// The commands that carry a limit and do nothing else. 06 and 07 move limits by themselves; 02 locks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LimitCommand {
    /// 05.
    Initial,
    /// 08.
    AcceptStart,
    /// 09.
    Now,
}

impl Offer {
    pub(super) fn new(amps: CentiAmps) -> Self {
        Self { amps }
    }

    pub(crate) fn amps(self) -> CentiAmps {
        self.amps
    }

    /// The heartbeat to send: one that states the limit, or one that changes nothing.
    pub(crate) fn heartbeat(self, master: TwcId, slave: TwcId, command: Option<LimitCommand>) -> MasterHeartbeat {
        let command = match command {
            None => return MasterHeartbeat::no_change(master, slave),
            Some(LimitCommand::Initial) => Command::INITIAL_LIMIT,
            Some(LimitCommand::AcceptStart) => Command::ACCEPT_START,
            Some(LimitCommand::Now) => Command::LIMIT,
        };
        MasterHeartbeat::with_limit(master, slave, command, self.amps)
    }
}
