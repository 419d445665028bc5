use super::*;

fn program(name: &str) -> Program {
    Program { command: std::vec![name.into()], deadline: Duration::from_secs(20) }
}

fn hand() -> Hand {
    let hook = HookSettings { program: program("contactor"), contactor: true, feedback: None };
    let resume = ResumeSettings { program: program("wake"), after: Duration::from_secs(120) };
    Hand { done: Some(Wanted::Start), ..Hand::new(TwcId::new(0x3495), Some(hook), Some(resume)) }
}

/// Runs it second by second; every call ends as `outcome` says, or never. When there were calls, and the notes.
fn calls(
    hands: &mut Hands,
    seconds: core::ops::Range<u64>,
    stop: bool,
    outcome: Option<HookOutcome>,
) -> (Vec<u64>, Vec<Note>) {
    let (mut at, mut notes) = (Vec::new(), Vec::new());
    for second in seconds {
        let Hands { of, calls, notes: said, .. } = hands;
        of[0].want(stop);
        of[0].next(Instant::from_secs(second), &"why", calls, said);
        while let Some(call) = hands.poll_call() {
            at.push(second);
            if let Some(outcome) = outcome {
                hands.ended(call.slave, call.wanted, outcome);
            }
        }
        notes.extend(core::iter::from_fn(|| hands.poll_note()));
    }
    (at, notes)
}

fn hands() -> Hands {
    Hands { of: std::vec![hand()], ..Hands::default() }
}

#[test]
fn a_hook_that_works_is_run_once_for_a_change_and_not_sooner_than_a_minute_after_the_last() {
    let mut hands = hands();
    assert!(calls(&mut hands, 0..100, false, Some(HookOutcome::Done)).0.is_empty());
    assert_eq!(calls(&mut hands, 100..110, true, Some(HookOutcome::Done)).0, [100]);
    assert_eq!(calls(&mut hands, 110..1_000, false, Some(HookOutcome::Done)).0, [160]);
}

#[test]
fn one_that_fails_is_run_three_times_and_then_another_change_is_waited_for() {
    let mut hands = hands();
    let (at, notes) = calls(&mut hands, 0..3_600, true, Some(HookOutcome::Failed));
    assert_eq!(at, [0, 60, 120]);
    let again = notes.iter().map(|note| matches!(note, Note::Failed { again: true, .. }));
    assert_eq!(again.collect::<Vec<_>>(), [true, true, false]);
    assert_eq!(calls(&mut hands, 3_600..3_700, false, Some(HookOutcome::Done)).0, [3_600]);
}

#[test]
fn one_that_never_reports_has_failed_and_no_second_runs_beside_it() {
    let mut hands = hands();
    let (at, notes) = calls(&mut hands, 0..600, true, None);
    assert_eq!((at, notes.len()), (std::vec![0, 60, 120], 3));
    assert!(!hands.ended(TwcId::new(0x3495), Wanted::Stop, HookOutcome::ShownOpen), "it was given up");
}

#[test]
fn what_a_contactor_was_left_at_is_unknown_at_the_start() {
    let mut hands = Hands { of: std::vec![Hand { done: None, ..hand() }], ..Hands::default() };
    hands.look_for_unheard(Instant::ZERO, |_| false);
    assert_eq!(hands.poll_call(), None, "it may announce itself yet");
    hands.look_for_unheard(Instant::from_secs(60), |_| false);
    assert_eq!(hands.poll_call().map(|call| call.wanted), Some(Wanted::Start));
}

#[test]
fn a_sleeping_car_is_woken_three_times_each_after_twice_as_long_and_then_let_sleep() {
    let mut hands = hands();
    hands.of[0].resumed = Some(Resumed { since: Some(Instant::ZERO), tries: 0 });
    let (at, notes) = calls(&mut hands, 0..7_200, false, Some(HookOutcome::Done));
    assert_eq!(at, [120, 360, 840]);
    let last = Note::NotDrawing { slave: TwcId::new(0x3495), span: Duration::from_secs(960), wakes: false };
    assert_eq!((notes.len(), notes.last()), (4, Some(&last)));
}
