//! The invariants of the books, first by example, then against slaves that lose, repeat and delay frames.

extern crate std;

mod away;
mod proof;

use core::time::Duration;
use std::vec::Vec;

use proptest::prelude::*;
use twc_proto::{Sign, Version};

use super::*;
use crate::event::Withheld;

const T0: Instant = Instant::ZERO;
const AMPS_6: CentiAmps = CentiAmps::from_amps(6);

fn amps(amps: u16) -> CentiAmps {
    CentiAmps::from_amps(amps)
}

fn config(limit: u16) -> Config {
    Config { circuit_limit: Some(amps(32)), ..Config::new(TwcId::new(0x7777), Sign::new(1), amps(limit)) }
}

/// A guard over `limit` with two 32 A slaves, past its start.
fn guard(limit: u16) -> Guard {
    let settings = config(limit);
    let mut guard = Guard::new(&settings, T0);
    guard.start_up = None;
    for slot in [0, 1] {
        guard.open(slot, &settings, TwcId::new(slot as u16 + 1), amps(32));
    }
    guard
}

/// A 32 A slave of an earlier run.
fn known(id: u16) -> KnownSlave {
    KnownSlave {
        id: TwcId::new(id),
        version: twc_proto::Version::P2,
        unit_max: amps(32),
        commitment: amps(26),
        stops_proven: false,
        sign: None,
        strikes: 0,
        phases_void: false,
        stopped: false,
        silent: false,
    }
}

/// A clean answer to the exchange under way.
fn answers(guard: &mut Guard, slot: usize, limit: CentiAmps, drawn: CentiAmps) -> Finding {
    let evidence = guard.evidence(slot, T0);
    guard.answered(slot, evidence, limit, drawn, T0)
}

fn granted(guard: &mut Guard, slot: usize, wanted: u16) -> Result<u16, Refusal> {
    asked(guard, slot, wanted, T0).map(|offer| offer.value() / 100)
}

/// What the guard lets out when a share asks for `wanted`.
fn asked(guard: &mut Guard, slot: usize, wanted: u16, now: Instant) -> Result<CentiAmps, Refusal> {
    if let Some(ledger) = guard.ledger_mut(slot) {
        ledger.aim = wanted.saturating_mul(100);
    }
    guard.grant(slot, amps(wanted), now).map(|grant| grant.offer.amps())
}

#[test]
fn a_raise_counts_from_before_its_frame_leaves() {
    let mut guard = guard(40);
    assert_eq!(granted(&mut guard, 0, 30), Ok(30));
    assert_eq!(guard.committed(), 3_000);
    assert_eq!(granted(&mut guard, 1, 10), Ok(10));
    assert_eq!(granted(&mut guard, 1, 11), Ok(10));
}

#[test]
fn lower_before_raise_takes_two_clean_exchanges_begun_after_the_lowering() {
    let mut guard = guard(40);
    assert_eq!(granted(&mut guard, 0, 30), Ok(30));
    assert_eq!(granted(&mut guard, 1, 6), Ok(6));
    assert_eq!(granted(&mut guard, 0, 20), Ok(20));
    assert_eq!(answers(&mut guard, 0, amps(20), amps(19)), Finding::Nothing);
    for _ in 0..2 {
        assert_eq!(guard.commitment(0), amps(30));
        assert_eq!(granted(&mut guard, 1, 20), Ok(6));
        assert_eq!(granted(&mut guard, 0, 20), Ok(20));
        answers(&mut guard, 0, amps(20), amps(19));
    }
    assert_eq!(guard.commitment(0), amps(20));
    assert_eq!(granted(&mut guard, 1, 20), Ok(20));
}

#[test]
fn an_answer_believed_after_the_next_exchange_has_begun_confirms_only_its_own() {
    let mut guard = guard(40);
    granted(&mut guard, 0, 30).unwrap();
    for lowered in [20, 10] {
        granted(&mut guard, 0, lowered).unwrap();
        let evidence = guard.evidence(0, T0);
        for _ in 0..3 {
            // A slow link: the next heartbeat leaves before the reply window of this one has closed.
            granted(&mut guard, 0, lowered).unwrap();
            guard.answered(0, evidence, amps(lowered), amps(lowered), T0);
        }
        assert_eq!(guard.commitment(0), amps(30));
    }
}

#[test]
fn stale_ack_never_releases() {
    let mut guard = guard(40);
    granted(&mut guard, 0, 30).unwrap();
    for round in 0..20 {
        granted(&mut guard, 0, 20).unwrap();
        // Every other answer is late: it shows less and still confirms nothing.
        if round % 2 == 0 {
            answers(&mut guard, 0, amps(20), amps(19));
        } else {
            guard.disturbed(0, amps(20), T0);
        }
        assert_eq!(guard.commitment(0), amps(30), "{round}");
    }
}

#[test]
fn a_car_that_still_draws_keeps_its_commitment() {
    let mut guard = guard(40);
    granted(&mut guard, 0, 30).unwrap();
    for _ in 0..10 {
        granted(&mut guard, 0, 10).unwrap();
        answers(&mut guard, 0, amps(10), amps(25));
    }
    assert_eq!(guard.commitment(0), amps(30));
}

#[test]
fn over_reading_unit_neither_starves_nor_hunts() {
    let mut guard = guard(12);
    for _ in 0..10 {
        assert_eq!(granted(&mut guard, 0, 6), Ok(6));
        answers(&mut guard, 0, AMPS_6, CentiAmps::new(664));
    }
    assert_eq!(guard.commitment(0), AMPS_6);
    assert_eq!(granted(&mut guard, 1, 6), Ok(6));
}

#[test]
fn a_linked_slave_is_a_six_amp_risk_and_a_first_contact_needs_room() {
    let mut guard = guard(40);
    granted(&mut guard, 0, 32).unwrap();
    assert_eq!(granted(&mut guard, 1, 6), Ok(6));
    guard.open(2, &config(40), TwcId::new(3), amps(32));
    let refused = granted(&mut guard, 2, 6).unwrap_err();
    assert_eq!(refused, Refusal::NoRoom { wanted: AMPS_6, free: amps(2) });
    assert_eq!(guard.commitment(2), CentiAmps::ZERO);
}

#[test]
fn a_slave_that_is_told_zero_still_counts_its_floor() {
    let mut guard = guard(40);
    granted(&mut guard, 0, 10).unwrap();
    for _ in 0..3 {
        assert_eq!(guard.grant(0, CentiAmps::ZERO, T0).unwrap().offer.amps(), CentiAmps::ZERO);
        answers(&mut guard, 0, CentiAmps::ZERO, CentiAmps::ZERO);
    }
    assert_eq!(guard.commitment(0), AMPS_6);
}

#[test]
fn restart_never_raises_before_known_slaves_have_confirmed() {
    let settings = config(36);
    let mut guard = Guard::new(&settings, T0);
    guard.reopen(0, &settings, &known(1));
    guard.reopen(1, &settings, &known(2));
    assert_eq!(guard.committed(), 6_400);
    for slot in [0, 1] {
        // What the run before asked may be answered late.
        for now in (0..5).map(Instant::from_secs) {
            assert_eq!(asked(&mut guard, slot, 16, now), Ok(AMPS_6));
            let evidence = guard.evidence(slot, now);
            guard.answered(slot, evidence, AMPS_6, amps(5), now);
        }
    }
    assert_eq!(guard.committed(), 1_200);
    assert_eq!(granted(&mut guard, 0, 20), Ok(20));
}

#[test]
fn a_first_run_waits_for_slaves_it_has_not_heard_yet() {
    let settings = config(40);
    let mut guard = Guard::new(&settings, T0);
    guard.open(0, &settings, TwcId::new(1), amps(32));
    for _ in 0..5 {
        assert_eq!(granted(&mut guard, 0, 16), Ok(6));
        answers(&mut guard, 0, AMPS_6, amps(5));
    }
    assert_eq!(asked(&mut guard, 0, 16, Instant::from_secs(60)), Ok(amps(16)));
}

#[test]
fn a_limit_we_never_sent_freezes_raises_and_seen_twice_counts_as_true() {
    let mut guard = guard(40);
    granted(&mut guard, 0, 6).unwrap();
    assert_eq!(answers(&mut guard, 0, amps(20), amps(5)), Finding::UnexpectedLimit);
    assert_eq!(guard.commitment(0), AMPS_6);
    assert_eq!(granted(&mut guard, 1, 6), Err(Refusal::Frozen { slave: TwcId::new(1) }));
    granted(&mut guard, 0, 6).unwrap();
    assert_eq!(answers(&mut guard, 0, amps(20), amps(5)), Finding::UnexpectedLimit);
    assert_eq!(guard.commitment(0), amps(20));
    assert_eq!(granted(&mut guard, 1, 21), Ok(6), "20 A are left, and the floor fits");
}

#[test]
fn absurd_reports_are_not_used_and_hold_raises_back() {
    let mut guard = guard(40);
    granted(&mut guard, 0, 6).unwrap();
    assert_eq!(answers(&mut guard, 0, CentiAmps::new(u16::MAX), amps(5)), Finding::Implausible);
    assert_eq!(guard.commitment(0), AMPS_6);
    assert_eq!(granted(&mut guard, 0, 10), Ok(6));
}

#[test]
fn a_raise_waits_until_the_state_file_holds_it() {
    let settings = Config { durable: true, ..config(40) };
    let mut guard = Guard::new(&settings, T0);
    guard.start_up = None;
    guard.open(0, &settings, TwcId::new(1), amps(32));
    assert_eq!(granted(&mut guard, 0, 6), Err(Refusal::NotSaved));
    guard.saved(guard.revision());
    assert_eq!(granted(&mut guard, 0, 6), Ok(6));
    assert_eq!(granted(&mut guard, 0, 20), Ok(6));
    guard.saved(guard.revision().wrapping_sub(1));
    assert_eq!(granted(&mut guard, 0, 20), Ok(6));
    guard.saved(guard.revision());
    assert_eq!(granted(&mut guard, 0, 20), Ok(20));
}

#[test]
fn a_foreign_master_makes_every_slave_count_as_its_maximum() {
    let mut guard = guard(40);
    granted(&mut guard, 0, 6).unwrap();
    guard.foreign_master(Instant::from_secs(5));
    assert_eq!(guard.committed(), 6_400);
    assert_eq!(granted(&mut guard, 0, 10), Ok(6), "the other may have been told more");
}

/// One exchange as the wire may spoil it.
#[derive(Debug, Clone, Copy)]
struct Round {
    slot: usize,
    wanted: u16,
    heard: bool,
    answer: Answer,
    seconds: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Lost,
    True,
    /// An earlier answer, delivered late into this window.
    Stale,
    /// The true answer, after the window.
    Late,
}

fn rounds() -> impl Strategy<Value = Vec<Round>> {
    let answer = prop_oneof![
        1 => Just(Answer::Lost), 6 => Just(Answer::True), 1 => Just(Answer::Stale), 1 => Just(Answer::Late)
    ];
    let round = (0..3_usize, 0..700_u16, prop::bool::weighted(0.8), answer, 0..3_u64)
        .prop_map(|(slot, wanted, heard, answer, seconds)| Round { slot, wanted, heard, answer, seconds });
    prop::collection::vec(round, 1..200)
}

/// Plays `rounds` to three slaves that follow `in_force` so far, and checks the sum after every frame.
fn play(mut guard: Guard, limit: u16, mut in_force: [u16; 3], rounds: Vec<Round>) -> Result<(), TestCaseError> {
    let mut now = T0;
    let mut before = in_force;
    let mut was_stale = [false; 3];
    for Round { slot, wanted, heard, answer, seconds } in rounds {
        now = now + Duration::from_secs(seconds);
        let Ok(offered) = asked(&mut guard, slot, wanted, now).map(CentiAmps::value) else { continue };
        prop_assert!(offered == 0 || (600..=3_200).contains(&offered));
        if heard {
            before[slot] = in_force[slot];
            in_force[slot] = offered.max(600);
        }
        guard.sent(slot, now);
        let total: u32 = in_force.iter().map(|amps| u32::from(*amps)).sum();
        prop_assert!(total <= u32::from(limit) * 100, "{in_force:?} in force");
        let truth = CentiAmps::new(in_force[slot]);
        match answer {
            Answer::True => {
                answers(&mut guard, slot, truth, truth);
            }
            // A second stale answer in a row is beyond what the protocol lets anybody tell.
            Answer::Stale if !was_stale[slot] => {
                let old = CentiAmps::new(before[slot]);
                answers(&mut guard, slot, old, old);
            }
            Answer::Late => guard.disturbed(slot, truth, now),
            Answer::Lost | Answer::Stale => guard.missed(slot, now),
        }
        was_stale[slot] = answer == Answer::Stale;
    }
    Ok(())
}

proptest! {
    #[test]
    fn static_sum_at_every_instant(limit in 6..100_u16, rounds in rounds()) {
        let mut guard = guard(limit);
        guard.open(2, &config(40), TwcId::new(3), amps(32));
        play(guard, limit, [0; 3], rounds)?;
    }

    #[test]
    fn restart_never_raises(limit in 18..100_u16, cuts in [0..100_u16, 0..100_u16], rounds in rounds()) {
        let settings = config(limit);
        let mut guard = Guard::new(&settings, T0);
        // What the run before left in force: floors, and the rest of the limit split somehow.
        let spare = (limit - 18) * 100;
        let first = spare / 100 * cuts[0];
        let second = (spare - first) / 100 * cuts[1];
        let in_force = [first, second, spare - first - second].map(|amps| (600 + amps).min(3_200));
        for slot in 0..3 {
            guard.reopen(slot, &settings, &known(slot as u16));
        }
        play(guard, limit, in_force, rounds)?;
    }
}
