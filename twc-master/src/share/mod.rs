//! How a budget is divided. A [`Share`] can be unfair; the guard sees to it that it cannot be unsafe.
//!
//! | share | who is served when not even the minima fit | what is left |
//! |---|---|---|
//! | [`Equal`] | those who have waited longest | in equal parts |
//! | [`Priority`] | the highest priority, then those who have waited longest | to the highest priority first |
//! | [`Rotation`] | the highest priority, equals in turns | in equal parts |

mod any;
mod equal;
mod fill;
mod priority;
mod rotation;
#[cfg(test)]
mod tests;

pub use any::Any;
pub use equal::Equal;
pub use priority::Priority;
pub use rotation::Rotation;

use twc_proto::{CentiAmps, Instant, TwcId};

use crate::config::MAX_SLAVES;

/// What one slave brings to the division.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
// Four independent facts, each asked by its name.
#[allow(clippy::struct_excessive_bools)]
pub struct Wish {
    /// Who.
    pub slave: TwcId,
    /// The most it may be offered: by unit, circuit, command, and by what its car was seen to take. At least
    /// 6.00 A.
    pub cap: CentiAmps,
    /// The least its car charges with, between 6.00 A and `cap`.
    pub minimum: CentiAmps,
    /// Whether its car wants to charge.
    pub asks: bool,
    /// Whether its car draws current.
    pub draws: bool,
    /// Higher goes first.
    pub priority: u8,
    /// Whether it gets heartbeats.
    pub linked: bool,
    /// Whether its heartbeats may be withheld to serve another: not where that would cost more than its car
    /// forgives.
    pub may_wait: bool,
    /// Since when it has been waiting for its first heartbeat, or has been linked.
    pub since: Instant,
}

/// What one slave gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Target {
    /// Nothing is left for it. Without heartbeats it gets none; linked it keeps the 6.00 A it can take unasked.
    #[default]
    None,
    /// So much; under 6.00 A counts as [`Target::None`].
    Amps(CentiAmps),
    /// Its heartbeats are to stop, so that another can be served once it must have stopped.
    Withhold,
}

impl Target {
    /// The amperes, if there are any.
    pub const fn amps(self) -> Option<CentiAmps> {
        match self {
            Self::Amps(amps) => Some(amps),
            Self::None | Self::Withhold => None,
        }
    }
}

/// One target per wish, in the order of the wishes.
pub type Targets = [Target; MAX_SLAVES];

/// Divides a budget among slaves.
///
/// The same inputs at a later time must come to the same targets, unless a time that [`Share::next_change`] had
/// named has passed: whoever changes his mind without a cause wears out contactors.
pub trait Share {
    /// Targets for `wishes` that together keep to `budget`.
    fn divide(&mut self, now: Instant, budget: CentiAmps, wishes: &[Wish]) -> Targets;

    /// When the targets may change though nothing else does.
    fn next_change(&self) -> Option<Instant> {
        None
    }
}
