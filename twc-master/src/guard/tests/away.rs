//! Who falls silent, stops and comes back, and what is kept for it meanwhile.

use super::*;

#[test]
fn lost_slave_keeps_its_share_until_it_must_have_stopped() {
    let mut guard = guard(40);
    granted(&mut guard, 0, 20).unwrap();
    guard.sent(0, Instant::from_secs(100));
    guard.silence(0, None, true);
    assert_eq!(guard.reservation(0, Instant::from_secs(159)), Reservation::Running);
    assert_eq!(guard.commitment(0), amps(20));
    assert_eq!(guard.reservation(0, Instant::from_secs(160)), Reservation::Ended);
    assert_eq!(guard.commitment(0), CentiAmps::ZERO);
}

#[test]
fn after_a_missed_window_an_answer_proves_nothing_until_no_late_one_can_be_on_its_way() {
    let mut guard = guard(40);
    granted(&mut guard, 0, 30).unwrap();
    granted(&mut guard, 0, 6).unwrap();
    guard.missed(0, Instant::from_secs(10));
    let mut committed = Vec::new();
    for seconds in [11, 12, 13, 14] {
        let now = Instant::from_secs(seconds);
        asked(&mut guard, 0, 6, now).unwrap();
        let evidence = guard.evidence(0, now);
        guard.answered(0, evidence, AMPS_6, amps(5), now);
        committed.push(guard.commitment(0));
    }
    // The first may answer the request of second 10, the second one that of second 11.
    assert_eq!(committed, [amps(30), amps(30), amps(30), AMPS_6]);
}

#[test]
fn the_floors_of_slaves_that_are_away_are_kept_free_where_they_fit() {
    for (limit, kept) in [(20, 14), (12, 6), (11, 11)] {
        let mut guard = guard(limit);
        granted(&mut guard, 0, 6).unwrap();
        let mut targets = [Some(amps(20)), None, None];
        guard.fit(&mut targets, &[false, true, false], T0);
        assert_eq!(targets[0], Some(amps(kept)), "{limit} A");
    }
}

#[test]
fn what_others_told_a_slave_is_waited_for_only_as_far_as_there_can_be_room() {
    for (limit, needs) in [(20, 14), (45, 32)] {
        let mut guard = guard(limit);
        granted(&mut guard, 0, 6).unwrap();
        granted(&mut guard, 1, 6).unwrap();
        guard.foreign_master(Instant::from_secs(5));
        guard.silence(0, None, true);
        assert_eq!(guard.reservation(0, Instant::from_secs(65)), Reservation::Ended);
        assert_eq!(guard.resumes_with(0), amps(needs), "{limit} A");
    }
}

#[test]
fn whoever_never_had_more_than_its_floor_is_forgotten_once_it_must_have_stopped() {
    for (told, forgotten) in [(6, true), (7, false)] {
        let mut guard = guard(40);
        granted(&mut guard, 0, told).unwrap();
        guard.sent(0, T0);
        guard.silence(0, None, false);
        assert!(!guard.forgets(0));
        assert_eq!(guard.reservation(0, Instant::from_secs(60)), Reservation::Ended);
        assert_eq!((guard.forgets(0), guard.ledger(0).is_none()), (forgotten, forgotten));
    }
}

/// The first slave was told 30 A of `limit` and has stopped.
fn stopped_with_30(limit: u16) -> Guard {
    let mut guard = guard(limit);
    granted(&mut guard, 0, 30).unwrap();
    guard.sent(0, T0);
    guard.silence(0, None, true);
    assert_eq!(guard.reservation(0, Instant::from_secs(60)), Reservation::Ended);
    guard
}

#[test]
fn on_a_limit_that_has_fallen_a_stopped_slave_needs_room_for_its_floor_and_what_it_brings_back_is_a_fall() {
    let mut guard = stopped_with_30(40);
    guard.order(Place::Site, [amps(12); 3], None).unwrap();
    assert_eq!(granted(&mut guard, 0, 12), Ok(6), "told less at once");
    assert_eq!(guard.commitment(0), amps(30), "and counted");
    let refused = granted(&mut guard, 1, 6).unwrap_err();
    assert_eq!(refused, Refusal::NoRoom { wanted: AMPS_6, free: CentiAmps::ZERO }, "nothing is raised meanwhile");
    for _ in 0..3 {
        granted(&mut guard, 0, 6).unwrap();
        answers(&mut guard, 0, AMPS_6, amps(5));
    }
    assert_eq!(granted(&mut guard, 1, 6), Ok(6));
}

#[test]
fn on_fixed_limits_and_on_what_is_lent_a_stopped_slave_needs_room_for_all_it_may_bring_back() {
    let mut guard = stopped_with_30(40);
    assert_eq!(granted(&mut guard, 1, 20), Ok(20));
    assert_eq!(granted(&mut guard, 0, 6), Err(Refusal::NoRoom { wanted: amps(30), free: amps(20) }));
    // Orders do not change what the wires carry.
    guard.order(Place::Site, [amps(30); 3], None).unwrap();
    assert_eq!(granted(&mut guard, 0, 6), Err(Refusal::NoRoom { wanted: amps(30), free: amps(20) }));
    let mut guard = stopped_with_30(40);
    guard.order(Place::Site, [amps(20); 3], Some(Instant::from_secs(300))).unwrap();
    assert_eq!(granted(&mut guard, 0, 6), Err(Refusal::NoRoom { wanted: amps(30), free: amps(20) }));
}

#[test]
fn a_slave_that_fell_silent_is_not_called_by_whoever_starts_after_us_before_it_announces_itself_and_there_is_room()
{
    let settings = config(40);
    let mut guard = Guard::new(&settings, T0);
    guard.reopen(0, &settings, &known(1));
    guard.reopen(1, &settings, &KnownSlave { silent: true, ..known(2) });
    guard.order(Place::Site, [amps(11); 3], None).unwrap();
    assert_eq!(guard.to_silence(T0), None, "it has been silenced already");
    assert_eq!(granted(&mut guard, 0, 6), Ok(6));
    assert!(granted(&mut guard, 1, 6).is_err());
    assert_eq!(guard.commitment(1), amps(32));
}

#[test]
fn whoever_starts_tells_no_more_floors_than_fit() {
    let settings = config(13);
    let mut guard = Guard::new(&settings, T0);
    (0..3).for_each(|slot| guard.reopen(slot, &settings, &known(slot as u16 + 1)));
    assert_eq!(guard.to_silence(T0), Some((2, Withheld::NoRoom)));
    guard.silence(2, Some(Withheld::NoRoom), false);
    assert_eq!(guard.to_silence(T0), None);
    assert!(guard.is_silent(2) && guard.commitment(2) == amps(32), "it may go on until it must have stopped");
}

#[test]
fn a_slave_that_has_stopped_owes_nothing_when_it_is_withheld() {
    let mut guard = stopped_with_30(40);
    guard.doubled(0);
    guard.silence(0, Some(Withheld::DoubleId), true);
    assert_eq!(guard.commitment(0), CentiAmps::ZERO);
    assert!(guard.to_record(0, Version::P2, None).is_some_and(|known| known.stopped));
}

#[test]
fn a_slave_that_could_not_be_made_to_come_down_is_not_called_again_before_it_must_have_stopped() {
    let mut guard = guard(40);
    granted(&mut guard, 0, 30).unwrap();
    guard.order(Place::Site, [amps(20); 3], None).unwrap();
    let mut called = Vec::new();
    for second in [0, 10, 20, 29, 31, 88, 89] {
        let now = Instant::from_secs(second);
        called.push(asked(&mut guard, 0, 6, now).is_ok());
        assert_eq!(guard.to_silence(now), None, "nobody knows whether it follows");
        if called.last() == Some(&true) {
            guard.sent(0, now);
        }
        guard.silence(0, None, true);
    }
    assert_eq!(called, [true, true, true, true, false, false, true]);
    asked(&mut guard, 0, 6, Instant::from_secs(90)).unwrap();
    answers(&mut guard, 0, amps(30), CentiAmps::ZERO);
    assert_eq!(guard.to_silence(Instant::from_secs(91)), None, "it has just come back");
    assert_eq!(guard.to_silence(Instant::from_secs(119)), Some((0, Withheld::DidNotFollow)));
}

#[test]
fn a_silent_slave_that_still_counts_is_not_called_where_its_floor_does_not_fit() {
    let mut guard = two_floors(12);
    guard.silence(0, None, true);
    assert_eq!(granted(&mut guard, 0, 6), Ok(6));
    guard.silence(0, None, true);
    guard.order(Place::Site, [amps(11); 3], None).unwrap();
    assert_eq!(granted(&mut guard, 0, 6), Err(Refusal::NoRoom { wanted: AMPS_6, free: amps(5) }));
}

#[test]
fn a_car_whose_answers_cannot_be_trusted_yet_does_not_count_as_one_that_does_not_follow() {
    let mut guard = guard(40);
    granted(&mut guard, 1, 6).unwrap();
    granted(&mut guard, 0, 30).unwrap();
    granted(&mut guard, 0, 6).unwrap();
    guard.order(Place::Site, [amps(20); 3], None).unwrap();
    for seconds in 1..60 {
        let now = Instant::from_secs(seconds);
        guard.missed(0, now);
        asked(&mut guard, 0, 6, now).unwrap();
        let evidence = guard.evidence(0, now);
        guard.answered(0, evidence, AMPS_6, amps(5), now);
        assert_eq!(guard.to_silence(now), None, "{seconds} s");
    }
    assert_eq!(guard.commitment(0), amps(30));
}

/// Two slaves at their floors on a site that may carry no more than `limit` from now on; the first one charges.
fn two_floors(limit: u16) -> Guard {
    let mut guard = guard(40);
    for (slot, drawn) in [(0, AMPS_6), (1, CentiAmps::ZERO)] {
        granted(&mut guard, slot, 6).unwrap();
        answers(&mut guard, slot, AMPS_6, drawn);
        guard.sent(slot, Instant::from_secs(100));
    }
    guard.order(Place::Site, [amps(limit); 3], None).unwrap();
    guard
}

#[test]
fn of_two_floors_that_do_not_fit_the_one_without_a_charging_car_goes() {
    assert_eq!(two_floors(12).to_silence(T0), None);
    assert_eq!(two_floors(11).to_silence(T0), Some((1, Withheld::NoRoom)));
}

#[test]
fn what_a_car_leaves_when_it_is_cut_off_is_no_room_for_it_to_come_back() {
    let mut guard = two_floors(11);
    guard.silence(1, Some(Withheld::NoRoom), true);
    assert!(!guard.fits_again(1, Instant::from_secs(101)));
    guard.order(Place::Site, [amps(16); 3], None).unwrap();
    // Its car still charges; later a meter may see nothing but that it stopped.
    assert!(guard.fits_again(1, Instant::from_secs(119)));
    for second in [120, 130, 159] {
        assert!(!guard.fits_again(1, Instant::from_secs(second)), "{second} s");
    }
    assert!(guard.fits_again(1, Instant::from_secs(160)));
}

#[test]
fn a_slave_that_stopped_needs_room_for_what_it_may_resume_with() {
    let mut guard = guard(40);
    granted(&mut guard, 0, 26).unwrap();
    guard.sent(0, Instant::from_secs(100));
    guard.silence(0, None, true);
    assert_eq!(guard.reservation(0, Instant::from_secs(160)), Reservation::Ended);
    assert_eq!(granted(&mut guard, 1, 20), Ok(20));
    assert_eq!(granted(&mut guard, 0, 6), Err(Refusal::NoRoom { wanted: amps(26), free: amps(20) }));
    for _ in 0..3 {
        granted(&mut guard, 1, 14).unwrap();
        answers(&mut guard, 1, amps(14), amps(13));
    }
    assert_eq!(granted(&mut guard, 0, 6), Ok(6));
    assert_eq!(guard.commitment(0), amps(26), "until it has confirmed the floor twice");
}

#[test]
fn a_stopped_slave_is_remembered_before_its_amps_are_given_away() {
    let settings = Config { durable: true, ..config(40) };
    let mut guard = Guard::new(&settings, T0);
    guard.reopen(0, &settings, &known(1));
    guard.silence(0, None, true);
    assert_eq!(guard.reservation(0, Instant::from_secs(160)), Reservation::Ended);
    assert_eq!(guard.commitment(0), amps(32));
    assert_eq!(granted(&mut guard, 0, 6), Err(Refusal::NotSaved), "the file is about to say that it has stopped");
    assert_eq!(guard.reservation_ends(0), None, "no deadline in the past while the file is written");
    guard.saved(guard.revision());
    assert_eq!(guard.commitment(0), CentiAmps::ZERO);
    let mut after = Guard::new(&config(40), T0);
    after.reopen(0, &settings, &KnownSlave { stopped: true, ..known(1) });
    assert_eq!((after.commitment(0), after.resumes_with(0)), (CentiAmps::ZERO, amps(26)));
}

#[test]
fn lost_slave_reserved_while_others_are_served_unless_it_is_known_to_notice() {
    for proven in [false, true] {
        let mut guard = guard(40);
        granted(&mut guard, 0, 20).unwrap();
        guard.sent(0, Instant::from_secs(100));
        guard.silence(0, None, true);
        granted(&mut guard, 1, 20).unwrap();
        guard.sent(1, Instant::from_secs(150));
        if proven {
            assert!(!guard.noticed_silence(0), "once is chance");
            assert!(guard.noticed_silence(0));
        }
        let expected = if proven { Reservation::Ended } else { Reservation::Unproven };
        assert_eq!(guard.reservation(0, Instant::from_secs(170)), expected);
    }
}

#[test]
fn a_frame_of_which_nobody_knows_when_it_left_keeps_the_reservation() {
    let mut guard = guard(40);
    granted(&mut guard, 0, 20).unwrap();
    guard.silence(0, None, true);
    assert_eq!(guard.reservation(0, Instant::from_secs(1_000)), Reservation::Running);
    guard.connection_lost(Instant::from_secs(1_000));
    assert_eq!(guard.reservation(0, Instant::from_secs(1_059)), Reservation::Running);
    assert_eq!(guard.reservation(0, Instant::from_secs(1_060)), Reservation::Ended);
}
