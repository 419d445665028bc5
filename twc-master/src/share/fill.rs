//! The two steps every share is made of: admit in an order, then fill up in whole amperes.

use core::cmp::Reverse;

use twc_proto::{CentiAmps, TwcId};

use super::{Target, Targets, Wish};
use crate::config::{FLOOR, MAX_SLAVES};

const AMPERE: u16 = 100;

/// Gives as many as fit their floor, in the order of `key`, then those who ask the rest of their minimum, in the
/// same order. Says what is left.
pub(super) fn admit<K: Ord>(budget: u16, wishes: &[Wish], targets: &mut Targets, key: impl Fn(&Wish) -> K) -> u16 {
    let mut left = budget;
    for step in [false, true] {
        let mut last: Option<(K, TwcId)> = None;
        for _ in 0..MAX_SLAVES {
            // The next in the order.
            let mut first: Option<((K, TwcId), &Wish, &mut Target)> = None;
            for (wish, target) in wishes.iter().zip(targets.iter_mut()) {
                let rank = (key(wish), wish.slave);
                let behind = last.as_ref().is_none_or(|last| rank > *last);
                if behind && first.as_ref().is_none_or(|(first, ..)| rank < *first) {
                    first = Some((rank, wish, target));
                }
            }
            let Some((rank, wish, target)) = first else { break };
            last = Some(rank);
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
        let mut next: Option<(_, &mut CentiAmps)> = None;
        for (wish, target) in wishes.iter().zip(targets.iter_mut()) {
            let Target::Amps(amps) = target else { continue };
            let rank = (Reverse(if by_priority { wish.priority } else { 0 }), *amps, wish.slave);
            let has_room = wish.cap.value() >= amps.value().saturating_add(AMPERE);
            let open = wish.asks && has_room && *amps >= wish.minimum;
            if open && next.as_ref().is_none_or(|(next, _)| rank < *next) {
                next = Some((rank, amps));
            }
        }
        let Some((_, amps)) = next else { break };
        left -= AMPERE;
        *amps = CentiAmps::new(amps.value().saturating_add(AMPERE));
    }
}
