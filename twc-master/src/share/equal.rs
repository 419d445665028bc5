//! Everybody who asks gets the same, in whole amperes.

use twc_proto::{CentiAmps, Instant};

use super::{Share, Targets, Wish, fill};

/// Equal shares in whole amperes; what is left over goes to the lowest ids, one ampere each.
///
/// Slaves whose car does not ask keep the floor. Where not even the floors fit, those who have waited longest
/// are served and the others get nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Equal;

impl Share for Equal {
    fn divide(&mut self, _: Instant, budget: CentiAmps, wishes: &[Wish]) -> Targets {
        let mut targets = Targets::default();
        let left = fill::admit(budget.value(), wishes, &mut targets, |wish| wish.since);
        fill::fill(left, wishes, &mut targets, false);
        targets
    }
}
