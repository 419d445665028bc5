//! Why a slave that lives on surplus gets what it gets.

use core::fmt;

use twc_proto::Instant;

use super::Freshness;

/// The reason of a [`super::SolarShare`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SolarReason {
    /// It charges on surplus.
    Share {
        /// Watts that were there for it and those after it.
        available: i32,
    },
    /// It keeps its minimum by its mode.
    Minimum {
        /// Watts of that from the grid.
        missing: u32,
    },
    /// The grid helps it to its minimum.
    Flex {
        /// With so many watts.
        missing: u32,
    },
    /// There is enough; it starts soon.
    Starting {
        /// When.
        at: Instant,
    },
    /// There is too little; it stops soon.
    Stopping {
        /// Watts missing.
        missing: u32,
        /// When.
        at: Instant,
    },
    /// There is too little to start.
    Insufficient {
        /// Watts there are.
        available: i32,
        /// Watts its minimum takes.
        needed: i32,
    },
    /// The meter is not believed.
    Silent {
        /// How far it still is.
        freshness: Freshness,
    },
    /// No car wants energy.
    NoDemand,
}

impl SolarReason {
    /// When it changes by itself.
    pub const fn next(self) -> Option<Instant> {
        match self {
            Self::Starting { at } | Self::Stopping { at, .. } => Some(at),
            _ => None,
        }
    }
}

impl fmt::Display for SolarReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Share { available } => write!(f, "charges on a surplus of {available} W"),
            Self::Minimum { missing: 0 } => f.write_str("its minimum, all from surplus"),
            Self::Minimum { missing } => write!(f, "its minimum, {missing} W of it from the grid"),
            Self::Flex { missing } => write!(f, "its minimum, with {missing} W allowed from the grid"),
            Self::Starting { at } => write!(f, "enough surplus, starts at {at}"),
            Self::Stopping { missing, at } => write!(f, "{missing} W are missing, stops at {at}"),
            Self::Insufficient { available, needed } => {
                write!(f, "a surplus of {available} W is less than the {needed} W it needs")
            }
            Self::Silent { freshness: Freshness::Withhold } => {
                f.write_str("the meter is silent, nothing is given")
            }
            Self::Silent { freshness: Freshness::Failsafe } => {
                f.write_str("the meter is silent, failsafe current")
            }
            Self::Silent { .. } => f.write_str("the meter is late, nothing is raised"),
            Self::NoDemand => f.write_str("no car wants energy"),
        }
    }
}
