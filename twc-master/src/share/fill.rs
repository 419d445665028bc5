//! The two steps every share is made of: admit in an order, then fill up in whole amperes.

use core::cmp::Reverse;

use twc_proto::CentiAmps;

use super::{Target, Targets, Wish};
use crate::config::{FLOOR, MAX_SLAVES};

const AMPERE: u16 = 100;

/// Gives as many as fit their floor, in the order of `key`, then those who ask the rest of their minimum, in the
/// same order. Says what is left.
pub(super) fn admit<K: Ord>(budget: u16, wishes: &[Wish], targets: &mut Targets, key: impl Fn(&Wish) -> K) -> u16 {
    let mut left = budget;
    for step in [false, true] {
        let mut seen = [false; MAX_SLAVES];
        for _ in wishes.iter().take(MAX_SLAVES) {
            let waiting = wishes.iter().zip(targets.iter_mut()).zip(&mut seen).filter(|(_, seen)| !**seen);
            let first = waiting.min_by_key(|((wish, _), _)| (key(wish), wish.slave));
            let Some(((wish, target), seen)) = first else { break };
            *seen = true;
            let (has, wants) = if step {
                (target.amps().unwrap_or_default(), if wish.asks { wish.minimum } else { FLOOR })
            } else {
                (CentiAmps::ZERO, FLOOR)
            };
            if step && has == CentiAmps::ZERO {
                continue;
            }
            if let Some(rest) = left.checked_sub(wants.value().saturating_sub(has.value())) {
                *target = Target::Amps(wants.max(has));
                left = rest;
            }
        }
    }
    left
}

/// Gives what is left to those who ask, ampere by ampere to the one with the least, leftovers to the lowest ids.
/// With `by_priority` nobody gets one before all of higher priority are at their cap.
pub(super) fn fill(mut left: u16, wishes: &[Wish], targets: &mut Targets, by_priority: bool) {
    while left >= AMPERE {
        let open = wishes.iter().zip(targets.iter_mut()).filter_map(|(wish, target)| {
            let amps = target.amps()?;
            let room = wish.cap.value().checked_sub(amps.value())? >= AMPERE;
            let rank = Reverse(if by_priority { wish.priority } else { 0 });
            (wish.asks && room && amps >= wish.minimum).then_some((rank, amps, wish.slave, target))
        });
        let Some((_, amps, _, target)) = open.min_by_key(|(rank, amps, slave, _)| (*rank, *amps, *slave)) else {
            break;
        };
        left -= AMPERE;
        *target = Target::Amps(CentiAmps::new(amps.value().saturating_add(AMPERE)));
    }
}
