//! A share that is chosen by a configuration.

use twc_proto::{CentiAmps, Instant};

use super::{Equal, Priority, Rotation, Share, Targets, Wish};

/// One of the shares of this crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Any {
    /// [`Equal`].
    Equal(Equal),
    /// [`Priority`].
    Priority(Priority),
    /// [`Rotation`].
    Rotation(Rotation),
}

impl Default for Any {
    fn default() -> Self {
        Self::Equal(Equal)
    }
}

impl Share for Any {
    fn divide(&mut self, now: Instant, budget: CentiAmps, wishes: &[Wish]) -> Targets {
        match self {
            Self::Equal(share) => share.divide(now, budget, wishes),
            Self::Priority(share) => share.divide(now, budget, wishes),
            Self::Rotation(share) => share.divide(now, budget, wishes),
        }
    }

    fn next_change(&self) -> Option<Instant> {
        match self {
            Self::Equal(share) => share.next_change(),
            Self::Priority(share) => share.next_change(),
            Self::Rotation(share) => share.next_change(),
        }
    }
}
