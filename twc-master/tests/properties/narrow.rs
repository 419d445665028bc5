//! Properties that need a quieter world than "anything happens".

use core::time::Duration;

use proptest::prelude::*;
use twc_master::Strategy as StopStrategy;
use twc_proto::message::{Report, SlaveHeartbeat, SlaveLinkReady};
use twc_proto::{CentiAmps, Instant, Message, Sign, SlaveState, TwcId};

use crate::judge::Frame;
use crate::unit::Mood;
use crate::world::{Trouble, World};
use crate::{House, IDS, MASTER, Op, cars, cases, happen, holds, house, ops, orders, play, wait, wire};

const SECOND: Duration = Duration::from_secs(1);

/// Where nothing but the site limits.
pub(crate) fn open_house(site: u16) -> House {
    House {
        site,
        panel: 240,
        circuit: 240,
        listed: false,
        single_phase: false,
        expected: 3,
        refreshed_by_any: false,
        first_is_p1: false,
    }
}

/// Three cars that were given `asks` amperes, or what fits.
pub(crate) fn settled(site: u16, asks: [u16; 3]) -> World {
    let mut world = open_house(site).world(0);
    world.share.0.set(asks.map(|amps| amps * 100));
    world.run_for(10 * SECOND);
    world.units.iter_mut().for_each(crate::unit::Unit::plug);
    world.run_for(90 * SECOND);
    world
}

fn since(world: &World, from: Instant) -> Vec<Frame> {
    world.judge.log.iter().filter(|frame| frame.at >= from).copied().collect()
}

/// How an answer fails to be a clean one.
#[derive(Debug, Clone, Copy)]
enum Answer {
    Clean,
    Lost,
    Late,
    Doubled,
    Misaddressed,
    NotHeard,
}

fn trouble(answer: Answer) -> Trouble {
    let mut trouble = Trouble::default();
    match answer {
        Answer::Clean => {}
        Answer::Lost => trouble.unanswered = 1,
        Answer::Late => trouble.late = 1,
        Answer::Doubled => trouble.doubled = 1,
        Answer::Misaddressed => trouble.misaddressed = 1,
        Answer::NotHeard => trouble.unheard = 1,
    }
    trouble
}

fn answers() -> impl Strategy<Value = Vec<Answer>> {
    let bad = prop_oneof![
        Just(Answer::Lost),
        Just(Answer::Late),
        Just(Answer::Doubled),
        Just(Answer::Misaddressed),
        Just(Answer::NotHeard)
    ];
    // Never two clean ones in a row.
    prop::collection::vec((bad, any::<bool>()), 1..20).prop_map(|bad| {
        let pair = |(bad, clean)| if clean { vec![bad, Answer::Clean] } else { vec![bad] };
        bad.into_iter().flat_map(pair).collect()
    })
}

/// What a unit may report of its three terminals: nothing, next to nothing, and a current.
fn half_amps() -> impl Strategy<Value = [u8; 3]> {
    let one = || prop_oneof![Just(0_u8), Just(1), Just(2), Just(3), Just(40), any::<u8>()];
    [one(), one(), one()]
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn stale_ack_never_releases(answers in answers()) {
        let mut world = settled(40, [28, 6, 6]);
        prop_assert_eq!(world.units[0].in_force(), 2_800);
        world.share.0.set([600, 2_800, 600]);
        let from = world.now;
        for answer in answers {
            world.trouble[0] = trouble(answer);
            let asked = world.judge.log.iter().filter(|frame| frame.slot == 0).count();
            while world.judge.log.iter().filter(|frame| frame.slot == 0).count() == asked {
                world.run_for(SECOND / 20);
                if world.now.since(from) > 100 * SECOND {
                    return Ok(());
                }
            }
        }
        let raised = since(&world, from).into_iter().find(|frame| frame.slot == 1 && frame.limit > Some(600));
        prop_assert_eq!(raised, None);
    }

    #[test]
    fn over_reading_unit_neither_starves_nor_hunts(by in 0..100_u16, amps in 6..20_u16, which in 0..3_usize) {
        let mut world = open_house(40).world(600);
        world.units[which].mood = Mood::OverReads(by);
        let mut asks = [600, 600, 600];
        asks[which] = amps * 100;
        let other = (which + 1) % 3;
        asks[other] = (34 - amps) * 100;
        world.share.0.set(asks);
        world.units.iter_mut().for_each(crate::unit::Unit::plug);
        world.run_for(100 * SECOND);
        let settled = world.now;
        prop_assert_eq!([world.units[which].in_force(), world.units[other].in_force()], [asks[which], asks[other]]);
        world.run_for(60 * SECOND);
        for frame in since(&world, settled) {
            prop_assert!(frame.limit.is_none_or(|limit| limit == asks[frame.slot]), "{:?}", frame);
        }
    }

    #[test]
    fn bad_frame_no_state_change(
        house in house(),
        ops in ops(prop_oneof![4 => wait(), 3 => cars(), 2 => wire(), 2 => orders()]),
        bad in prop::collection::vec(0..6_u8, 1..10),
    ) {
        let mut world = play(house, &ops);
        world.run_for(SECOND / 3);
        let books = |world: &World| {
            let master = world.master.as_ref().unwrap();
            (master.slaves().collect::<Vec<_>>(), master.snapshot(), master.committed(), master.is_hands_off())
        };
        let before = books(&world);
        let stranger = TwcId::new(0x7A7A);
        for kind in bad {
            let ready = |slave, amps: u16| SlaveLinkReady { slave, sign: Sign::new(9), max_current: CentiAmps::new(amps) };
            let message = match kind {
                0 => {
                    world.garbage();
                    continue;
                }
                1 => Message::SlaveLinkReady(ready(IDS[0], 0)),
                2 => Message::SlaveLinkReady(ready(IDS[1], 11_881)),
                3 => Message::SlaveLinkReady(ready(stranger, u16::MAX)),
                4 => Message::SlaveHeartbeat(SlaveHeartbeat {
                    slave: stranger,
                    master: MASTER,
                    state: SlaveState::CHARGING,
                    limit: CentiAmps::new(3_200),
                    drawn: CentiAmps::new(3_200),
                }),
                _ => Message::Report(Report::OldFirmware { version: [1, 2, 3] }),
            };
            world.tell(message);
        }
        prop_assert_eq!(before, books(&world));
    }

    #[test]
    fn withhold_affects_only_target(which in 0..3_usize, waits in 0..30_u16, asks in [6..14_u16, 6..14_u16, 6..14_u16]) {
        let mut world = settled(40, asks);
        world.run_for(SECOND * u32::from(waits) / 10);
        world.master.as_mut().unwrap().stop(IDS[which], Some(StopStrategy::Withhold)).unwrap();
        let from = world.now;
        world.run_for(120 * SECOND);
        let frames = since(&world, from + SECOND);
        prop_assert!(frames.iter().all(|frame| frame.slot != which), "no heartbeat goes there");
        prop_assert_eq!(world.units[which].in_force(), 0);
        for other in (0..3).filter(|other| *other != which) {
            let theirs = since(&world, from - 3 * SECOND);
            let theirs: Vec<_> = theirs.iter().filter(|frame| frame.slot == other).collect();
            for pair in theirs.windows(2) {
                prop_assert!(pair[1].at.since(pair[0].at) <= SECOND * 5 / 2, "{:?}", pair);
            }
            prop_assert!(theirs.iter().all(|frame| frame.limit.is_none_or(|limit| limit >= asks[other] * 100)));
        }
    }

    #[test]
    fn one_phase_assumption_never_increases_limit(
        house in house(),
        ops in ops(prop_oneof![4 => wait(), 3 => cars(), 2 => wire()]),
        reports in prop::collection::vec((0..40_usize, 0..3_usize, half_amps()), 1..20),
    ) {
        // Without a configuration of phases nothing that units report of them changes a frame.
        let free = House { single_phase: false, ..house };
        let run = |tells: bool| {
            let mut world = free.world(u16::MAX);
            for (index, op) in ops.iter().enumerate() {
                happen(&mut world, *op);
                for (_, slot, half_amps) in reports.iter().filter(|(at, ..)| *at == index) {
                    world.carries(*slot, if tells { *half_amps } else { [0; 3] });
                }
            }
            world.judge.log
        };
        prop_assert_eq!(run(true), run(false));
        // A configuration that proves wrong is dropped at once: the slave counts on all phases.
        let single = House { listed: true, single_phase: true, ..house };
        let mut world = single.world(u16::MAX);
        for (index, op) in ops.iter().enumerate() {
            happen(&mut world, *op);
            for (_, slot, [_, b, c]) in reports.iter().filter(|(at, slot, _)| *at == index && *slot < 2) {
                let known = world.knows(*slot);
                world.carries(*slot, [0, *b, *c]);
                if known && (*b > 2 || *c > 2) {
                    world.judge.loads_all(world.now, *slot);
                }
            }
        }
        world.run_for(3 * SECOND);
        holds(&world, "no_raise_while_over")?;
        holds(&world, "dynamic_drop_lowers_within_deadline")?;
    }

    #[test]
    fn orders_never_rise_above_the_configuration(
        house in house(),
        ops in ops(prop_oneof![4 => wait(), 2 => cars(), 4 => orders(), 1 => (0..3_u8).prop_map(|node| Op::Order(node, 655))]),
    ) {
        let world = play(house, &ops);
        holds(&world, "orders_only_lower")?;
        holds(&world, "static_sum_at_every_instant")?;
    }
}
