//! How large the budget is right now, and for whom.
//!
//! The guard keeps circuits safe whatever this module says. Here is decided how much of what is safe should be
//! used: what the house leaves free under its fuse ([`house`]), what the sun gives ([`surplus`]), what somebody
//! ordered from outside ([`fixed`]), and who has the last word ([`plan`]).
//!
//! Everything is integer arithmetic without a heap and takes the time as an argument. Currents are hundredths of an
//! ampere and signed where a meter is involved: positive flows in from the grid. Power is in watts.
//!
//! The order, written once: protection, emergency, manual order, schedule, surplus, otherwise.

pub mod fixed;
pub mod history;
pub mod house;
pub mod meter;
pub mod phase_switch;
mod phases;
pub mod plan;
#[cfg(feature = "std")]
pub mod schedule;
pub mod surplus;

pub use phases::{PerPhase, PhaseSet};
