//! Why a slave is to have what it is to have; `Display` makes the sentence.

use core::fmt;
use core::mem::discriminant;

use twc_proto::CentiAmps;

use crate::budget::phase_switch::Position;
use crate::budget::surplus::SolarReason;

/// Who decided, from the strongest to the weakest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// A limit that keeps something from overload.
    Protection,
    /// An order above all persons.
    Emergency,
    /// A person, until the order ends.
    Manual,
    /// A window of the schedule.
    Schedule,
    /// The sun.
    Surplus,
    /// What holds when nobody else says anything.
    Otherwise,
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Protection => "protection",
            Self::Emergency => "emergency",
            Self::Manual => "manual order",
            Self::Schedule => "schedule",
            Self::Surplus => "surplus",
            Self::Otherwise => "otherwise",
        })
    }
}

/// What binds a slave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// A limit under which it stands leaves no more.
    Protection {
        /// The most it may have.
        allowed: CentiAmps,
    },
    /// An emergency leaves no more.
    Emergency {
        /// The most each may have.
        limit: CentiAmps,
    },
    /// It is switched off.
    Off {
        /// By whom.
        by: Layer,
    },
    /// It may have all that its order and its circuit allow.
    Full {
        /// By whom.
        by: Layer,
    },
    /// The order gives less than its car charges with.
    BelowMinimum {
        /// By whom.
        by: Layer,
        /// What the order gives.
        most: CentiAmps,
    },
    /// It lives on surplus.
    Solar {
        /// By whom.
        by: Layer,
        /// What that means now.
        reason: SolarReason,
    },
    /// The switch in front of it is about to move, and nothing may flow then.
    PhaseSwitch {
        /// To where.
        to: Position,
    },
    /// It is to live on surplus, and nothing measures any.
    NoSurplus {
        /// By whom.
        by: Layer,
    },
}

impl Reason {
    /// The layer that binds.
    pub const fn layer(self) -> Layer {
        match self {
            Self::Protection { .. } => Layer::Protection,
            Self::Emergency { .. } => Layer::Emergency,
            Self::PhaseSwitch { .. } => Layer::Otherwise,
            Self::Off { by }
            | Self::Full { by }
            | Self::BelowMinimum { by, .. }
            | Self::Solar { by, .. }
            | Self::NoSurplus { by } => by,
        }
    }

    /// Whether both say the same thing, maybe with other numbers.
    pub(super) fn same_kind(self, other: Self) -> bool {
        let kind = |reason: Self| match reason {
            Self::Solar { reason, .. } => Some(discriminant(&reason)),
            _ => None,
        };
        self.layer() == other.layer() && discriminant(&self) == discriminant(&other) && kind(self) == kind(other)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Protection { allowed } => write!(f, "protection: no more than {allowed}"),
            Self::Emergency { limit } => write!(f, "emergency: no more than {limit} each"),
            Self::Off { by } => write!(f, "{by}: off"),
            Self::Full { by } => write!(f, "{by}: all it may have"),
            Self::BelowMinimum { by, most } => write!(f, "{by}: {most} is less than its car charges with"),
            Self::Solar { by, reason } => write!(f, "{by}: {reason}"),
            Self::PhaseSwitch { to: Position::One } => f.write_str("one phase is to be left to it"),
            Self::PhaseSwitch { to: Position::Three } => f.write_str("it is to have all phases again"),
            Self::NoSurplus { by } => write!(f, "{by}: solar, but no meter measures a surplus"),
        }
    }
}
