//! Everybody who asks gets the same, in whole amperes.

use twc_proto::CentiAmps;

use super::{Share, Targets, Wish};
use crate::config::{FLOOR, MAX_SLAVES};

/// Equal shares in whole amperes; what is left over goes to the lowest ids, one ampere each.
///
/// Slaves whose car does not ask keep the floor. Where not even the floors fit, those who have waited longest
/// are served and the others get nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Equal;

impl Share for Equal {
    fn divide(&mut self, budget: CentiAmps, wishes: &[Wish]) -> Targets {
        let mut targets = Targets::default();
        let mut left = admit(budget.value(), wishes, &mut targets);
        while let Some(slot) = next(wishes, &targets) {
            if left < 100 {
                break;
            }
            left -= 100;
            if let Some(Some(target)) = targets.get_mut(slot) {
                *target = CentiAmps::new(target.value().saturating_add(100));
            }
        }
        targets
    }
}

/// Gives as many as fit their floor, and says what is left.
fn admit(budget: u16, wishes: &[Wish], targets: &mut Targets) -> u16 {
    let mut left = budget;
    for _ in wishes.iter().take(MAX_SLAVES) {
        let waiting = wishes.iter().zip(targets.iter_mut()).filter(|(_, target)| target.is_none());
        let Some((_, target)) = waiting.min_by_key(|(wish, _)| (wish.since, wish.slave)) else { break };
        let Some(rest) = left.checked_sub(FLOOR.value()) else { break };
        *target = Some(FLOOR);
        left = rest;
    }
    left
}

/// Who gets the next ampere: of those with the least, the lowest id, while it asks and its cap allows.
fn next(wishes: &[Wish], targets: &Targets) -> Option<usize> {
    let open = wishes.iter().zip(targets).enumerate().filter_map(|(slot, (wish, target))| {
        let target = (*target)?;
        let room = wish.cap.value().checked_sub(target.value())? >= 100;
        (wish.asks && room).then_some((target, wish.slave, slot))
    });
    open.min().map(|(_, _, slot)| slot)
}

#[cfg(test)]
mod tests {
    use twc_proto::{Instant, TwcId};

    use super::*;

    fn wish(id: u16, cap: u16, asks: bool) -> Wish {
        let since = Instant::from_secs(u64::from(id));
        Wish { slave: TwcId::new(id), cap: CentiAmps::from_amps(cap), asks, since }
    }

    fn amps(budget: u16, wishes: &[Wish]) -> [Option<u16>; 3] {
        Equal.divide(CentiAmps::from_amps(budget), wishes).map(|target| target.map(|amps| amps.value() / 100))
    }

    #[test]
    fn forty_over_three_is_14_13_13_by_id() {
        let wishes = [wish(3, 32, true), wish(1, 32, true), wish(2, 32, true)];
        assert_eq!(amps(40, &wishes), [Some(13), Some(14), Some(13)]);
    }

    #[test]
    fn who_does_not_ask_keeps_the_floor_and_leaves_the_rest() {
        assert_eq!(amps(40, &[wish(1, 32, false), wish(2, 32, true)]), [Some(6), Some(32), None]);
    }

    #[test]
    fn what_a_capped_slave_cannot_take_goes_to_the_others() {
        let wishes = [wish(1, 8, true), wish(2, 32, true), wish(3, 32, true)];
        assert_eq!(amps(40, &wishes), [Some(8), Some(16), Some(16)]);
    }

    #[test]
    fn who_does_not_fit_gets_nothing_and_the_longest_waiting_are_first() {
        let wishes = [wish(3, 32, true), wish(1, 32, true), wish(2, 32, true)];
        assert_eq!(amps(17, &wishes), [None, Some(9), Some(8)]);
    }
}
