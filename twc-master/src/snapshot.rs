//! What must survive a restart.

use twc_proto::{CentiAmps, Sign, TwcId, Version};

use crate::config::MAX_SLAVES;

/// A slave in the state file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // Facts, each on its own.
pub struct KnownSlave {
    /// Who.
    pub id: TwcId,
    /// What it spoke.
    pub version: Version,
    /// What its unit is built for.
    pub unit_max: CentiAmps,
    /// The most it was ever to have.
    pub commitment: CentiAmps,
    /// Whether it was seen to notice our silence while others were served.
    pub stops_proven: bool,
    /// Its sign: another one at the next start means that it lost power.
    pub sign: Option<Sign>,
    /// How often our silence cut off the car that is plugged in there.
    pub strikes: u8,
    /// Whether currents were seen on phases that its configuration does not know.
    pub phases_void: bool,
    /// Whether it must have stopped by itself: it gets no heartbeat before it announces itself.
    pub stopped: bool,
    /// Whether it got no heartbeats any more and need not have stopped yet: it gets none before it announces itself,
    /// and may go on meanwhile.
    pub silent: bool,
}

/// What must survive a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Snapshot {
    /// Hand it to [`crate::Master::handle_saved`] once the rest is on disk.
    pub revision: u32,
    /// The slaves.
    pub slaves: [Option<KnownSlave>; MAX_SLAVES],
    /// Slaves of an earlier run whose state was lost may still follow it: the next run needs to know, as
    /// [`crate::Config::state_lost`].
    pub state_lost: bool,
}
