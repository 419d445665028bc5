//! Who goes first gets all it can take.

use core::cmp::Reverse;

use twc_proto::{CentiAmps, Instant};

use super::{Share, Targets, Wish, fill};

/// Minima for as many as fit, the highest priority first; what is left goes to the highest priority up to its
/// cap, then to the next. Equals share as with [`super::Equal`].
///
/// A car that still starts keeps its reservation, whatever it draws. Who gets heartbeats keeps them: whether a
/// slave without has a car is unknown. Where that must change, use [`super::Rotation`], which minds priorities.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Priority;

impl Share for Priority {
    fn divide(&mut self, _: Instant, budget: CentiAmps, wishes: &[Wish]) -> Targets {
        let mut targets = Targets::default();
        let key = |wish: &Wish| {
            (Reverse(wish.linked), wish.may_wait, Reverse(wish.asks), Reverse(wish.priority), wish.since)
        };
        let left = fill::admit(budget.value(), wishes, &mut targets, key);
        fill::fill(left, wishes, &mut targets, true);
        targets
    }
}
