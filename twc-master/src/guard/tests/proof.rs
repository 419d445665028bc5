//! What proves something, and what does not.

use super::*;

#[test]
fn after_a_reconnect_an_answer_proves_nothing_until_no_late_one_can_be_on_its_way() {
    let mut guard = guard(40);
    granted(&mut guard, 0, 30).unwrap();
    granted(&mut guard, 0, 6).unwrap();
    guard.connection_lost(Instant::from_secs(10));
    let mut committed = Vec::new();
    for seconds in [11, 12, 13, 14] {
        let now = Instant::from_secs(seconds);
        asked(&mut guard, 0, 6, now).unwrap();
        let evidence = guard.evidence(0, now);
        guard.answered(0, evidence, AMPS_6, amps(5), now);
        committed.push(guard.commitment(0));
    }
    assert_eq!(committed, [amps(30), amps(30), amps(30), AMPS_6]);
}

#[test]
fn a_slave_shows_that_it_stopped_by_announcing_itself_for_45_s_without_a_pause() {
    let all = [110, 120, 130, 140, 150, 160];
    for (announced, shows) in [(&all[..], true), (&[160][..], false), (&[110, 120, 130, 150, 160][..], false)] {
        let mut guard = guard(40);
        for slot in [0, 1] {
            granted(&mut guard, slot, 6).unwrap();
            guard.sent(slot, Instant::from_secs(100));
        }
        guard.silence(0, None, true);
        for second in announced {
            guard.announces(0, Instant::from_secs(*second));
        }
        guard.sent(1, Instant::from_secs(169));
        let expected = if shows { Reservation::Ended } else { Reservation::Unproven };
        assert_eq!(guard.reservation(0, Instant::from_secs(170)), expected, "{announced:?}");
    }
}

#[test]
fn silence_noticed_once_may_be_chance_and_twice_is_proof() {
    let mut guard = guard(40);
    let mut noticed = || (guard.noticed_silence(0), guard.stops_proven(0));
    assert_eq!([noticed(), noticed(), noticed()], [(false, false), (true, true), (false, true)]);
}

#[test]
fn a_car_that_took_too_much_when_it_fell_silent_needs_room_for_that_when_it_comes_back() {
    let mut guard = guard(40);
    granted(&mut guard, 0, 10).unwrap();
    for _ in 0..3 {
        answers(&mut guard, 0, amps(10), amps(15));
    }
    guard.sent(0, Instant::from_secs(100));
    guard.silence(0, None, true);
    assert_eq!(guard.reservation(0, Instant::from_secs(160)), Reservation::Ended);
    assert_eq!(guard.resumes_with(0), amps(15));
}

#[test]
fn whoever_is_withheld_before_it_was_served_is_not_in_the_state_file() {
    let settings = Config { durable: true, ..config(40) };
    let mut guard = Guard::new(&settings, T0);
    guard.open(0, &settings, TwcId::new(1), amps(32));
    assert_eq!(granted(&mut guard, 0, 6), Err(Refusal::NotSaved));
    assert!(guard.to_record(0, Version::P2, None).is_some(), "its first heartbeat waits for that");
    let asked = guard.revision();
    guard.silence(0, Some(Withheld::Ordered), false);
    assert_eq!(guard.to_record(0, Version::P2, None), None);
    assert_ne!(guard.revision(), asked, "the file is written again");
}
