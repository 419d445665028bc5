use std::collections::BTreeMap;
use std::vec;
use std::vec::Vec;

use proptest::prelude::*;
use twc_proto::{CentiAmps, Instant, TwcId};

use super::{Equal, Priority, Rotation, Share, Target, Targets, Wish};

fn wish(id: u16, cap: u16, asks: bool) -> Wish {
    Wish {
        slave: TwcId::new(id),
        cap: CentiAmps::from_amps(cap),
        minimum: CentiAmps::from_amps(6),
        asks,
        draws: asks,
        priority: 0,
        linked: true,
        may_wait: true,
        since: Instant::from_secs(u64::from(id)),
    }
}

fn in_amps(targets: Targets) -> [Option<u16>; 3] {
    targets.map(|target| target.amps().map(|amps| amps.value() / 100))
}

fn divide(share: &mut impl Share, budget: u16, wishes: &[Wish]) -> [Option<u16>; 3] {
    in_amps(share.divide(Instant::ZERO, CentiAmps::from_amps(budget), wishes))
}

#[test]
fn forty_over_three_is_14_13_13_by_id() {
    let wishes = [wish(3, 32, true), wish(1, 32, true), wish(2, 32, true)];
    assert_eq!(divide(&mut Equal, 40, &wishes), [Some(13), Some(14), Some(13)]);
    assert_eq!(divide(&mut Rotation::default(), 40, &wishes), [Some(13), Some(14), Some(13)]);
}

#[test]
fn who_does_not_ask_keeps_the_floor_and_leaves_the_rest() {
    assert_eq!(divide(&mut Equal, 40, &[wish(1, 32, false), wish(2, 32, true)]), [Some(6), Some(32), None]);
}

#[test]
fn what_a_capped_slave_cannot_take_goes_to_the_others() {
    let wishes = [wish(1, 8, true), wish(2, 32, true), wish(3, 32, true)];
    assert_eq!(divide(&mut Equal, 40, &wishes), [Some(8), Some(16), Some(16)]);
}

#[test]
fn who_does_not_fit_gets_nothing_and_the_longest_waiting_are_first() {
    let wishes = [wish(3, 32, true), wish(1, 32, true), wish(2, 32, true)];
    assert_eq!(divide(&mut Equal, 17, &wishes), [None, Some(9), Some(8)]);
}

#[test]
fn a_minimum_that_does_not_fit_leaves_the_floor_and_the_rest_to_others() {
    let zoe = Wish { minimum: CentiAmps::from_amps(8), ..wish(2, 32, true) };
    assert_eq!(divide(&mut Equal, 13, &[wish(1, 32, true), zoe]), [Some(7), Some(6), None]);
    assert_eq!(divide(&mut Equal, 20, &[wish(1, 32, true), zoe]), [Some(10), Some(10), None]);
}

#[test]
fn the_highest_priority_gets_all_it_can_take_before_the_next() {
    let first = Wish { priority: 2, ..wish(9, 20, true) };
    let wishes = [wish(1, 32, true), first, wish(3, 32, true)];
    assert_eq!(divide(&mut Priority, 40, &wishes), [Some(10), Some(20), Some(10)]);
    assert_eq!(divide(&mut Priority, 14, &wishes), [Some(6), Some(8), None]);
}

#[test]
fn a_starting_higher_priority_keeps_its_reservation() {
    let starting = Wish { priority: 1, draws: false, ..wish(2, 32, true) };
    assert_eq!(divide(&mut Priority, 40, &[wish(1, 32, true), starting]), [Some(8), Some(32), None]);
}

/// Slaves on a circuit that carries one at a time, as the guard would let them be served: who has its heartbeats
/// withheld may draw for a minute; only then the next one is linked.
struct House {
    share: Rotation,
    wishes: Vec<Wish>,
    has_car: Vec<bool>,
    blocked_until: u64,
    budget: u16,
    served: BTreeMap<u16, u64>,
    interruptions: u32,
}

impl House {
    fn new(budget: u16, wishes: Vec<Wish>) -> Self {
        let has_car = wishes.iter().map(|wish| wish.asks).collect();
        let idle = |wish: Wish| Wish { linked: false, asks: false, draws: false, ..wish };
        let wishes = wishes.into_iter().map(idle).collect();
        let share = Rotation::default();
        Self { share, wishes, has_car, blocked_until: 0, budget, served: BTreeMap::new(), interruptions: 0 }
    }

    fn run(&mut self, from: u64, to: u64) {
        for second in from..to {
            let now = Instant::from_secs(second);
            let targets = self.share.divide(now, CentiAmps::from_amps(self.budget), &self.wishes);
            for ((wish, target), has_car) in self.wishes.iter_mut().zip(targets).zip(&self.has_car) {
                match target {
                    Target::Withhold => {
                        assert!(wish.linked && wish.may_wait);
                        self.interruptions += u32::from(wish.draws);
                        (wish.linked, wish.asks, wish.draws) = (false, false, false);
                        self.blocked_until = second + 60;
                    }
                    Target::Amps(_) if second >= self.blocked_until => {
                        (wish.linked, wish.asks, wish.draws) = (true, *has_car, *has_car);
                    }
                    _ => {}
                }
                *self.served.entry(wish.slave.value()).or_default() += u64::from(wish.draws);
            }
            assert!(self.wishes.iter().filter(|wish| wish.linked).count() * 6 <= usize::from(self.budget));
        }
    }
}

#[test]
fn no_starvation_equal_priority() {
    let mut house = House::new(10, (1..=3).map(|id| wish(id, 32, true)).collect());
    house.run(0, 8 * 3_600);
    for (slave, seconds) in &house.served {
        assert!(*seconds > 2 * 3_600, "{slave} {seconds}");
    }
    assert!(house.interruptions <= 16, "{}", house.interruptions);
}

#[test]
fn a_slave_without_a_car_costs_the_others_little() {
    let mut house = House::new(10, vec![wish(1, 32, true), wish(2, 32, false), wish(3, 32, false)]);
    house.run(0, 8 * 3_600);
    assert!(house.served[&1] > 6 * 3_600, "{:?}", house.served);
}

#[test]
fn a_car_that_must_not_be_interrupted_keeps_its_turn() {
    let delicate = Wish { may_wait: false, ..wish(1, 32, true) };
    let mut house = House::new(10, vec![delicate, wish(2, 32, true)]);
    house.run(0, 3 * 3_600);
    assert_eq!((house.interruptions, house.served[&2]), (0, 0));
}

#[test]
fn a_higher_priority_that_draws_is_never_made_to_wait_for_a_lower_one() {
    let first = Wish { priority: 1, ..wish(2, 32, true) };
    let mut house = House::new(10, vec![wish(1, 32, true), first]);
    house.run(0, 4 * 3_600);
    assert_eq!(house.served[&1], 0, "{:?}", house.served);
    assert!(house.served[&2] > 3 * 3_600);
}

fn wishes() -> impl Strategy<Value = Vec<Wish>> {
    let one = (6..81_u16, 6..11_u16, any::<[bool; 4]>(), 0..3_u8, 0..100_u64);
    prop::collection::vec(one, 0..=3).prop_map(|drawn| {
        let numbered = (1..).zip(drawn);
        let build = numbered.map(|(id, (cap, minimum, flags, priority, since))| {
            let [asks, draws, linked, may_wait] = flags;
            Wish {
                slave: TwcId::new(id),
                cap: CentiAmps::from_amps(cap),
                minimum: CentiAmps::from_amps(minimum.min(cap)),
                asks,
                draws,
                priority,
                linked,
                may_wait,
                since: Instant::from_secs(since),
            }
        });
        build.collect()
    })
}

/// Equal shares one ampere at a time, as one would do it with a pencil.
fn by_pencil(budget: u16, wishes: &[Wish]) -> Vec<Option<u16>> {
    let mut amps: Vec<Option<u16>> = wishes.iter().map(|_| None).collect();
    let mut left = budget;
    let mut order: Vec<usize> = (0..wishes.len()).collect();
    order.sort_by_key(|index| (wishes[*index].since, wishes[*index].slave));
    for index in &order {
        if left >= 6 {
            (amps[*index], left) = (Some(6), left - 6);
        }
    }
    for index in &order {
        let more = wishes[*index].minimum.value() / 100 - 6;
        if wishes[*index].asks && amps[*index].is_some() && left >= more {
            (amps[*index], left) = (Some(6 + more), left - more);
        }
    }
    while left > 0 {
        let hungry = (0..wishes.len()).filter(|index| {
            let wish = &wishes[*index];
            let satisfied = |amps: u16| amps >= wish.cap.value() / 100 || amps < wish.minimum.value() / 100;
            wish.asks && amps[*index].is_some_and(|amps| !satisfied(amps))
        });
        let Some(index) = hungry.min_by_key(|index| (amps[*index], *index)) else { break };
        (amps[index], left) = (amps[index].map(|amps| amps + 1), left - 1);
    }
    amps
}

proptest! {
    #[test]
    fn equal_agrees_with_a_pencil(budget in 0..120_u16, wishes in wishes()) {
        let targets = divide(&mut Equal, budget, &wishes);
        prop_assert_eq!(&targets[..wishes.len()], &by_pencil(budget, &wishes)[..]);
    }

    #[test]
    fn never_over_the_budget_nor_between_zero_and_the_minimum(
        budget in 0..120_u16, wishes in wishes(), seconds in 0..100_000_u64,
    ) {
        let (now, budget) = (Instant::from_secs(seconds), CentiAmps::from_amps(budget));
        let all = [
            Equal.divide(now, budget, &wishes),
            Priority.divide(now, budget, &wishes),
            Rotation::default().divide(now, budget, &wishes),
        ];
        for targets in all {
            let sum: u32 = targets.iter().filter_map(|target| target.amps()).map(|amps| u32::from(amps.value())).sum();
            prop_assert!(sum <= u32::from(budget.value()));
            for (wish, target) in wishes.iter().zip(targets) {
                if let Some(amps) = target.amps() {
                    prop_assert!(amps >= CentiAmps::from_amps(6) && amps <= wish.cap);
                    prop_assert!(amps == CentiAmps::from_amps(6) || (wish.asks && amps >= wish.minimum));
                }
                prop_assert!(target != Target::Withhold || (wish.linked && wish.may_wait));
            }
        }
    }

    /// Where everybody fits everybody is in the plan.
    #[test]
    fn all_slaves_present_in_plan(more in 0..100_u16, wishes in wishes()) {
        let needed: u16 = wishes.iter().map(|wish| wish.minimum.value() / 100).sum();
        let budget = CentiAmps::from_amps(needed + more);
        for targets in [
            Equal.divide(Instant::ZERO, budget, &wishes),
            Priority.divide(Instant::ZERO, budget, &wishes),
            Rotation::default().divide(Instant::ZERO, budget, &wishes),
        ] {
            for (wish, target) in wishes.iter().zip(targets) {
                let least = if wish.asks { wish.minimum } else { CentiAmps::from_amps(6) };
                prop_assert!(target.amps().is_some_and(|amps| amps >= least));
            }
        }
    }

    #[test]
    fn unchanged_inputs_unchanged_targets(budget in 0..120_u16, wishes in wishes(), steps in 1..400_u64) {
        let budget = CentiAmps::from_amps(budget);
        let mut share = Rotation::default();
        share.divide(Instant::ZERO, budget, &wishes);
        let mut before = share.divide(Instant::ZERO, budget, &wishes);
        let mut next = share.next_change();
        for step in 1..steps {
            let now = Instant::from_secs(step * 10);
            let targets = share.divide(now, budget, &wishes);
            let announced = next.is_some_and(|at| at <= now);
            prop_assert!(targets == before || announced, "{now}: {before:?} -> {targets:?}, next {next:?}");
            (before, next) = (targets, share.next_change());
        }
    }
}
