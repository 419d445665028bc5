//! What happened, with numbers; `Display` makes the sentence.

mod queue;
mod reason;
mod text;

use twc_proto::Instant;
use twc_proto::{CentiAmps, Sign, SlaveState, TwcId, Version};

pub(crate) use self::queue::EventQueue;
pub use self::reason::{Constraint, Refusal, Withheld};

/// Something a person or a log should know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A slave announced itself.
    SlaveAnnounced {
        /// Who.
        slave: TwcId,
        /// Its sign.
        sign: Sign,
        /// What it speaks.
        version: Version,
        /// What it is built for.
        max_current: CentiAmps,
    },
    /// A slave answered its first heartbeat.
    SlaveLinked {
        /// Who.
        slave: TwcId,
    },
    /// A linked slave announced itself with a new sign.
    SlaveRestarted {
        /// Who.
        slave: TwcId,
    },
    /// There is no room for a slave's first heartbeat.
    SlaveQueued {
        /// Who.
        slave: TwcId,
        /// Why.
        refusal: Refusal,
    },
    /// A slave reports another state or limit.
    SlaveChanged {
        /// Who.
        slave: TwcId,
        /// Its state.
        state: SlaveState,
        /// The limit in force.
        limit: CentiAmps,
        /// The current it reads.
        drawn: CentiAmps,
    },
    /// A slave's target changed, or what binds it.
    Target {
        /// Who.
        slave: TwcId,
        /// What it is to have.
        target: CentiAmps,
        /// Why not more.
        constraint: Constraint,
    },
    /// Another limit went on the wire.
    Offered {
        /// Who.
        slave: TwcId,
        /// What it was offered before, if anything.
        from: Option<CentiAmps>,
        /// What it is offered now.
        to: CentiAmps,
    },
    /// A slave has followed a lowering twice; its amps are free for others.
    Released {
        /// Who.
        slave: TwcId,
        /// What it may still draw.
        commitment: CentiAmps,
    },
    /// A slave whose supply was to be switched off does not answer any more.
    PoweredOff {
        /// Who.
        slave: TwcId,
        /// What stays reserved.
        reserved: CentiAmps,
    },
    /// A car was plugged in.
    PluggedIn {
        /// The slave.
        slave: TwcId,
    },
    /// The VIN of the car at a slave was read, or known to be none; see [`crate::Master::knowledge`].
    VinRead {
        /// The slave.
        slave: TwcId,
    },
    /// Somebody else is to stop or start the car now, and to tell [`crate::Master::handle_hook`] what came of it.
    HookDue {
        /// The slave.
        slave: TwcId,
        /// To stop it, or to start it.
        stop: bool,
        /// Afterwards it counts as failed.
        until: Instant,
    },
    /// A hook has failed, or said nothing in time: the car goes on.
    HookFailed {
        /// The slave.
        slave: TwcId,
    },
    /// A slave was told to open its relay several times, and its car still draws.
    StopFailed {
        /// The slave.
        slave: TwcId,
        /// What its car draws.
        drawn: CentiAmps,
    },
    /// A car sticks at 6 A and is offered what frees it for a moment.
    CureBegun {
        /// The slave.
        slave: TwcId,
        /// What it is offered.
        amps: CentiAmps,
    },
    /// A slave stopped answering; it gets no more heartbeats and keeps its share until it must have stopped.
    SlaveSilenced {
        /// Who.
        slave: TwcId,
        /// What stays reserved.
        reserved: CentiAmps,
    },
    /// A silent slave must have stopped; its share is free.
    ReservationEnded {
        /// Who.
        slave: TwcId,
    },
    /// A silent slave was never seen to stop by itself while others were served: its share stays reserved.
    ReservationKept {
        /// Who.
        slave: TwcId,
        /// What stays reserved.
        reserved: CentiAmps,
    },
    /// A slave is known to notice our silence while others are served.
    SilenceProven {
        /// Who.
        slave: TwcId,
    },
    /// A slave gets no more heartbeats on purpose, and stops within about 30 s.
    SlaveWithheld {
        /// Who.
        slave: TwcId,
        /// Why.
        why: Withheld,
        /// What stays reserved until it must have stopped.
        reserved: CentiAmps,
        /// How often our silence has cut off the car that is plugged in there.
        strikes: u8,
    },
    /// Current was seen on phases that a slave's configuration does not know: it counts on all of them now.
    PhasesVoid {
        /// Who.
        slave: TwcId,
    },
    /// Units with different maxima hang on one bus. A genuine master would refuse to run.
    UnequalMaxima {
        /// The one that differs.
        slave: TwcId,
        /// What it is built for.
        max_current: CentiAmps,
    },
    /// Fewer slaves than expected were heard since the start.
    SlavesMissing {
        /// How many there are.
        heard: u8,
        /// How many there should be.
        expected: u8,
    },
    /// A slave beyond those expected announced itself.
    UnexpectedSlave {
        /// Who.
        slave: TwcId,
    },
    /// A slave reports a limit that was never sent to it.
    UnexpectedLimit {
        /// Who.
        slave: TwcId,
        /// What it reports.
        reported: CentiAmps,
    },
    /// A slave reports what no such unit can do; the report is not used.
    Implausible {
        /// Who.
        slave: TwcId,
        /// The limit it reports.
        limit: CentiAmps,
        /// The current it reports.
        drawn: CentiAmps,
    },
    /// A car draws more than its slave's limit.
    OverDraw {
        /// Who.
        slave: TwcId,
        /// The limit in force.
        limit: CentiAmps,
        /// The current it reads.
        drawn: CentiAmps,
    },
    /// Another master talks on this bus; nothing is sent while it does.
    ForeignMaster {
        /// Its id; ours when it has the same.
        master: TwcId,
    },
    /// The other master has been quiet long enough.
    ForeignMasterGone {
        /// Its id.
        master: TwcId,
    },
    /// A slave has our id; it will choose another when it hears our linkreadys.
    SlaveHasOurId,
    /// A fourth slave announced itself; it gets no frame.
    TooManySlaves {
        /// Who.
        slave: TwcId,
    },
    /// The process or its link stood still; commitments are kept, raises wait.
    Stalled {
        /// For how long, in milliseconds.
        millis: u64,
    },
    /// Events were dropped because nobody fetched them.
    EventsLost {
        /// How many.
        count: u32,
    },
}

impl Event {
    /// A stable kebab-case name.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::SlaveAnnounced { .. } => "slave-announced",
            Self::SlaveLinked { .. } => "slave-linked",
            Self::SlaveRestarted { .. } => "slave-restarted",
            Self::SlaveQueued { .. } => "slave-queued",
            Self::SlaveChanged { .. } => "slave-changed",
            Self::Target { .. } => "target",
            Self::Offered { .. } => "offered",
            Self::Released { .. } => "released",
            Self::PoweredOff { .. } => "powered-off",
            Self::PluggedIn { .. } => "plugged-in",
            Self::VinRead { .. } => "vin-read",
            Self::HookDue { .. } => "hook-due",
            Self::HookFailed { .. } => "hook-failed",
            Self::StopFailed { .. } => "stop-failed",
            Self::CureBegun { .. } => "cure-begun",
            Self::SlaveSilenced { .. } => "slave-silenced",
            Self::ReservationEnded { .. } => "reservation-ended",
            Self::ReservationKept { .. } => "reservation-kept",
            Self::SilenceProven { .. } => "silence-proven",
            Self::SlaveWithheld { .. } => "slave-withheld",
            Self::PhasesVoid { .. } => "phases-void",
            Self::UnequalMaxima { .. } => "unequal-maxima",
            Self::SlavesMissing { .. } => "slaves-missing",
            Self::UnexpectedSlave { .. } => "unexpected-slave",
            Self::UnexpectedLimit { .. } => "unexpected-limit",
            Self::Implausible { .. } => "implausible",
            Self::OverDraw { .. } => "over-draw",
            Self::ForeignMaster { .. } => "foreign-master",
            Self::ForeignMasterGone { .. } => "foreign-master-gone",
            Self::SlaveHasOurId => "slave-has-our-id",
            Self::TooManySlaves { .. } => "too-many-slaves",
            Self::Stalled { .. } => "stalled",
            Self::EventsLost { .. } => "events-lost",
        }
    }

    /// The slave it is about.
    pub const fn slave(&self) -> Option<TwcId> {
        match self {
            Self::SlaveAnnounced { slave, .. }
            | Self::SlaveLinked { slave }
            | Self::SlaveRestarted { slave }
            | Self::SlaveQueued { slave, .. }
            | Self::SlaveChanged { slave, .. }
            | Self::Target { slave, .. }
            | Self::Offered { slave, .. }
            | Self::Released { slave, .. }
            | Self::PoweredOff { slave, .. }
            | Self::PluggedIn { slave }
            | Self::VinRead { slave }
            | Self::HookDue { slave, .. }
            | Self::HookFailed { slave }
            | Self::StopFailed { slave, .. }
            | Self::CureBegun { slave, .. }
            | Self::SlaveSilenced { slave, .. }
            | Self::ReservationEnded { slave }
            | Self::ReservationKept { slave, .. }
            | Self::SilenceProven { slave }
            | Self::SlaveWithheld { slave, .. }
            | Self::PhasesVoid { slave }
            | Self::UnequalMaxima { slave, .. }
            | Self::UnexpectedSlave { slave }
            | Self::UnexpectedLimit { slave, .. }
            | Self::Implausible { slave, .. }
            | Self::OverDraw { slave, .. }
            | Self::TooManySlaves { slave } => Some(*slave),
            _ => None,
        }
    }
}
