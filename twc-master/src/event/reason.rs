//! Why a slave gets what it gets.

use core::mem::discriminant;

use twc_proto::{CentiAmps, Instant, TwcId};

use crate::stop::Strategy;

/// Why a slave is offered what it is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Constraint {
    /// Its share of the limit.
    Share {
        /// What was divided.
        budget: CentiAmps,
        /// Among how many slaves whose cars ask.
        asking: u8,
    },
    /// Its own circuit or unit allows no more.
    Cap {
        /// The most it may be offered.
        cap: CentiAmps,
    },
    /// It is set to have no more.
    SlaveCap {
        /// What was set.
        cap: CentiAmps,
    },
    /// Its car takes no more of what it is offered. A probe will ask whether that is still so.
    Demand {
        /// What it was seen to take, and 2 A.
        cap: CentiAmps,
    },
    /// Every car gets its minimum in this mode.
    Minimum,
    /// Its car does not ask: it keeps the floor.
    NoDemand,
    /// It does not answer.
    Silent,
    /// Its car is being stopped.
    Stopped {
        /// In which way.
        strategy: Strategy,
    },
    /// It gets no heartbeats.
    Withheld {
        /// Why.
        why: Withheld,
    },
    /// Its supply was switched off.
    PoweredOff,
    /// It was started or stopped too short a time ago to change that again.
    Dwell {
        /// When it may change.
        until: Instant,
    },
    /// Its car sticks at 6 A: for a moment it is offered what frees it.
    Cure {
        /// What it is offered.
        amps: CentiAmps,
    },
    /// A raise that the guard does not allow yet.
    Held(Refusal),
}

impl Constraint {
    /// Whether both say the same thing, maybe with other numbers.
    pub(crate) fn same_kind(self, other: Self) -> bool {
        match (self, other) {
            (Self::Held(a), Self::Held(b)) => discriminant(&a) == discriminant(&b),
            (a, b) => discriminant(&a) == discriminant(&b),
        }
    }
}

/// Why the guard refuses a raise or a first contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// Others may still draw what it would need.
    NoRoom {
        /// What the slave was to have.
        wanted: CentiAmps,
        /// What the others leave.
        free: CentiAmps,
    },
    /// After a start slaves may still follow limits that this process never sent.
    StartUp {
        /// When raises are allowed at the latest.
        until: Instant,
    },
    /// A slave reports a limit that was never sent to it.
    Frozen {
        /// Which.
        slave: TwcId,
    },
    /// The state file does not hold it yet.
    NotSaved,
    /// There is nothing in the division for it.
    NoShare,
    /// Several slaves lost power at once: they come back one after another.
    PowerCut {
        /// When it is the next one's turn.
        until: Instant,
    },
    /// It is to get no heartbeats.
    Withheld {
        /// Why.
        why: Withheld,
    },
}

/// Why a slave gets no heartbeats although it could have some.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Withheld {
    /// A limit fell so low that the floor has no room; it comes back when there is.
    NoRoom,
    /// It did not follow a lowering for 30 s while too much was in force; it comes back when what it took has room.
    DidNotFollow,
    /// Two units seem to have its id. Somebody has to look, and release it.
    DoubleId,
    /// Somebody ordered it off; it stays off until released.
    Ordered,
    /// Others have their turn; see [`crate::share::Target::Withhold`].
    Turn,
}
