//! When to charge, minute by minute: the best there is, by dynamic programming over all states of two switches.
//!
//! A minute with a set of cars on is worth the watts of sun they use, less those they take from the grid beside it. A car
//! that went on stays so for ten minutes, one that went off for five. Whole amperes, ramps and full batteries are left to
//! the moment.

use std::time::Duration;

use twc_proto::Instant;

use super::Second;
use crate::world::{EACH, PHASES_USED};

/// Minutes that a switch stays on, and off.
const MIN_ON: u8 = 10;
const MIN_OFF: u8 = 5;
/// A start must be worth this much, in watt minutes, so that equals are not told apart by wear.
const START: i64 = 60;
const VOLTS: i64 = 230;
const FLOOR: i64 = 6;

/// A switch and how many minutes it still has to stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Switch {
    on: bool,
    stays: u8,
}

const STATES: usize = (MIN_ON + MIN_OFF) as usize + 2;

impl Switch {
    fn index(self) -> usize {
        usize::from(self.stays) + if self.on { usize::from(MIN_OFF) + 1 } else { 0 }
    }

    fn of(index: usize) -> Self {
        let offs = usize::from(MIN_OFF) + 1;
        if index < offs {
            Self { on: false, stays: index as u8 }
        } else {
            Self { on: true, stays: (index - offs) as u8 }
        }
    }

    /// After a minute in which it is `on`; `None` where it may not be.
    fn next(self, on: bool) -> Option<Self> {
        match (self.on == on, self.stays) {
            (true, stays) => Some(Self { on, stays: stays.saturating_sub(1) }),
            (false, 0) => Some(Self { on, stays: if on { MIN_ON } else { MIN_OFF } - 1 }),
            (false, _) => None,
        }
    }
}

/// Which cars are on in each minute.
#[derive(Debug)]
pub(super) struct Plan(Vec<[bool; 2]>);

impl Plan {
    pub(super) fn new(seconds: &[Second]) -> Self {
        let spare: Vec<i64> = seconds
            .chunks(60)
            .map(|minute| minute.iter().map(|second| i64::from(second.spare)).sum::<i64>() / 60)
            .collect();
        // From the end: the best choice for every state of both switches, then forward along the choices.
        let mut after = vec![0_i64; STATES * STATES];
        let mut choices = Vec::with_capacity(spare.len());
        for spare in spare.iter().rev() {
            let (worth, chosen) = step(*spare, &after);
            choices.push(chosen);
            after = worth;
        }
        let mut now = [Switch { on: false, stays: 0 }; 2];
        let plan = choices.iter().rev().map(|chosen| {
            let on = sets(chosen[now[0].index() * STATES + now[1].index()]);
            now = [0, 1].map(|car| now[car].next(on[car]).expect("only legal choices are chosen"));
            on
        });
        Self(plan.collect())
    }

    /// Who is on; who will be off within `early` is off already.
    pub(super) fn on(&self, now: Instant, early: Duration) -> [bool; 2] {
        let at = |now: Instant| self.0.get((now.as_millis() / 60_000) as usize).copied().unwrap_or_default();
        let (now, then) = (at(now), at(now + early));
        [now[0] && then[0], now[1] && then[1]]
    }
}

fn sets(choice: u8) -> [bool; 2] {
    [choice & 1 != 0, choice & 2 != 0]
}

/// One minute: what each state is worth, and what to do in it.
fn step(spare: i64, after: &[i64]) -> (Vec<i64>, Vec<u8>) {
    let gains = [0, 1, 2, 3].map(|choice| gain(spare, sets(choice)));
    let (mut worth, mut chosen) = (vec![0; after.len()], vec![0; after.len()]);
    for first in 0..STATES {
        for second in 0..STATES {
            let now = [Switch::of(first), Switch::of(second)];
            let best = (0..4_u8).filter_map(|choice| {
                let on = sets(choice);
                let next = [now[0].next(on[0])?, now[1].next(on[1])?];
                let starts = (0..2).map(|car| i64::from(on[car] && !now[car].on)).sum::<i64>();
                let later = after[next[0].index() * STATES + next[1].index()];
                Some((gains[usize::from(choice)] - starts * START + later, choice))
            });
            // Of equals the one with fewer cars on.
            let best = best.max_by_key(|(worth, choice)| (*worth, std::cmp::Reverse(*choice)));
            let place = first * STATES + second;
            (worth[place], chosen[place]) = best.expect("a switch may always stay");
        }
    }
    (worth, chosen)
}

/// Watts of sun used, less those from the grid.
fn gain(spare: i64, on: [bool; 2]) -> i64 {
    let watts = |amps: i64| -> i64 {
        (0..2).filter(|car| on[*car]).map(|car| amps * VOLTS * i64::from(PHASES_USED[car])).sum()
    };
    let (least, most) = (watts(FLOOR), watts(i64::from(EACH.value()) / 100));
    let sun = spare.max(0).min(most);
    sun - (least - sun).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(minutes: &[i32]) -> Vec<[bool; 2]> {
        let seconds = minutes.iter().flat_map(|watts| [Second { spare: *watts, grid: [0; 3] }; 60]);
        Plan::new(&seconds.collect::<Vec<_>>()).0
    }

    #[test]
    fn a_state_is_its_index() {
        for index in 0..STATES {
            assert_eq!(Switch::of(index).index(), index);
        }
    }

    #[test]
    fn it_charges_through_a_short_cloud_and_not_for_a_short_gap_in_them() {
        let mut sky = [9_000; 60];
        sky[30] = 0;
        assert_eq!(plan(&sky), [[true, false]; 60]);
        let mut sky = [0; 60];
        sky[30] = 9_000;
        assert_eq!(plan(&sky), [[false, false]; 60]);
    }

    #[test]
    fn what_feeds_one_phase_feeds_the_second_car() {
        assert_eq!(plan(&[2_000; 30]), [[false, true]; 30]);
    }
}
