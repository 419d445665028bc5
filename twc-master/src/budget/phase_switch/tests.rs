use std::vec::Vec;

use proptest::prelude::*;

use super::*;

const CONFIG: PhaseSwitchConfig =
    PhaseSwitchConfig { wait: Duration::from_secs(30), per_session: 4, gap: Duration::from_secs(600) };

const DRAWS: Shown = Shown { off: false, linked: true, plugged: true };
const DARK: Shown = Shown { off: true, linked: false, plugged: true };

/// A unit that is off once it has been stopped for this many seconds; `None`: there never is proof.
#[derive(Debug, Clone, Copy)]
struct Unit {
    stops_after: Option<u64>,
    stopped: u64,
}

impl Unit {
    fn shown(&mut self, task: Task) -> Shown {
        self.stopped = match task {
            Task::Stop | Task::Switch(_) => self.stopped + 1,
            Task::None | Task::Reduce => 0,
        };
        match self.stops_after {
            Some(after) if self.stopped > after => DARK,
            _ => Shown { linked: self.stopped == 0, ..DRAWS },
        }
    }
}

fn new() -> PhaseSwitch {
    PhaseSwitch { position: Some(Position::Three), ..PhaseSwitch::new(CONFIG) }
}

#[test]
fn it_reduces_stops_sees_proof_switches_waits_and_allows_in_this_order() {
    let (mut switch, mut unit) = (new(), Unit { stops_after: Some(60), stopped: 0 });
    let (mut task, mut story) = (Task::None, Vec::new());
    for second in 0..200 {
        let now = Instant::from_secs(second);
        task = switch.step(now, Position::One, unit.shown(task));
        if matches!(task, Task::Switch(_)) {
            switch.ended(now, true);
        }
        if story.last().is_none_or(|(_, last)| *last != task) {
            story.push((second, task));
        }
    }
    let switched = Task::Switch(Position::One);
    let expected = [(0, Task::Reduce), (10, Task::Stop), (71, switched), (72, Task::Stop), (101, Task::None)];
    assert_eq!(story, expected);
    assert_eq!(switch.position(), Some(Position::One));
}

#[test]
fn without_proof_nothing_is_switched_and_nothing_is_tried_again() {
    let (mut switch, mut unit, mut task) = (new(), Unit { stops_after: None, stopped: 0 }, Task::None);
    let mut stops = 0;
    for second in 0..20_000 {
        task = switch.step(Instant::from_secs(second), Position::One, unit.shown(task));
        assert!(!matches!(task, Task::Switch(_)));
        stops += u32::from(task == Task::Stop);
    }
    assert_eq!(u64::from(stops), PROOF_WITHIN.as_secs());
    assert!(switch.has_failed());
    assert_eq!(switch.position(), Some(Position::Three));
}

#[test]
fn a_hook_that_fails_leaves_all_phases_assumed_until_another_car_comes() {
    let (mut switch, mut unit, mut task) = (new(), Unit { stops_after: Some(60), stopped: 0 }, Task::None);
    let mut switchings = 0;
    for second in 0..5_000 {
        let now = Instant::from_secs(second);
        task = switch.step(now, Position::One, unit.shown(task));
        if matches!(task, Task::Switch(_)) {
            switchings += 1;
            switch.ended(now, false);
        }
    }
    assert_eq!((switchings, switch.position()), (1, None));
    for second in 5_000..5_100 {
        switch.step(Instant::from_secs(second), Position::Three, Shown { plugged: false, ..DRAWS });
    }
    assert!(!switch.has_failed());
}

#[test]
fn a_supply_on_other_phases_takes_one_phase_back_at_once_and_an_old_reading_says_nothing() {
    let rests_since = Instant::from_secs(100);
    let mut switch = PhaseSwitch { position: Some(Position::One), rests_since, ..PhaseSwitch::new(CONFIG) };
    switch.note_supply(Instant::from_secs(99), 3);
    switch.note_supply(Instant::from_secs(101), 1);
    assert_eq!(switch.position(), Some(Position::One));
    switch.note_supply(Instant::from_secs(102), 3);
    assert_eq!(switch.position(), Some(Position::Three));
    switch.note_supply(Instant::from_secs(103), 1);
    assert_eq!(switch.position(), Some(Position::Three), "a car on one phase is no switch");
}

/// Seconds, what is wanted, whether the unit can be proven off, what the hook says.
fn wishes() -> impl Strategy<Value = Vec<(u16, bool, bool, Option<bool>)>> {
    let hook = prop_oneof![4 => Just(Some(true)), 1 => any::<Option<bool>>()];
    let one = (1_u16..2_000, any::<bool>(), proptest::bool::weighted(0.9), hook);
    proptest::collection::vec(one, 1..60)
}

proptest! {
    #[test]
    fn never_switched_while_current_may_flow(wishes in wishes()) {
        let mut switch = PhaseSwitch::new(CONFIG);
        let (mut task, mut now) = (Task::None, Instant::ZERO);
        let mut unit = Unit { stops_after: None, stopped: 0 };
        let (mut kept_until, mut switchings) = (Instant::ZERO, 0_u8);
        for (seconds, one, proof, hook) in wishes {
            unit.stops_after = proof.then_some(45);
            let wanted = if one { Position::One } else { Position::Three };
            for _ in 0..seconds {
                now = now + Duration::from_secs(1);
                let shown = unit.shown(task);
                task = switch.step(now, wanted, shown);
                if let Task::Switch(_) = task {
                    prop_assert!(shown.off && !shown.linked, "switched under {shown:?}");
                    kept_until = now + CONFIG.wait;
                    switchings += 1;
                    if let Some(worked) = hook {
                        switch.ended(now, worked);
                    } else {
                        kept_until = now + SWITCHES_WITHIN + CONFIG.wait;
                    }
                }
                // No current before the wait is over, and the hook has said something or was given up.
                prop_assert!(now >= kept_until || matches!(task, Task::Stop | Task::Switch(_)), "{task:?}");
            }
        }
        // Nobody was unplugged.
        prop_assert!(switchings <= CONFIG.per_session);
    }
}
