//! How a budget is divided. A [`Share`] can be unfair; the guard sees to it that it cannot be unsafe.

mod equal;

pub use equal::Equal;

use twc_proto::{CentiAmps, Instant, TwcId};

use crate::config::MAX_SLAVES;

/// What one slave brings to the division.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// Who.
    pub slave: TwcId,
    /// The most it may be offered.
    pub cap: CentiAmps,
    /// Whether its car wants to charge.
    pub asks: bool,
    /// Since when it has been waiting for its first heartbeat, or has been linked.
    pub since: Instant,
}

/// One target per wish, in the order of the wishes; `None` where nothing is left for a slave.
pub type Targets = [Option<CentiAmps>; MAX_SLAVES];

/// Divides a budget among slaves.
pub trait Share {
    /// Targets for `wishes` that together keep to `budget`. A target under 6.00 A counts as `None`.
    fn divide(&mut self, budget: CentiAmps, wishes: &[Wish]) -> Targets;
}
