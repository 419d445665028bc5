//! Switches that take two phases away from a unit: when that is worth an interruption, and what they make of the sun.

use core::time::Duration;
use std::vec::Vec;

use twc_proto::{Instant, TwcId};

use super::look::Seen;
use crate::budget::phase_switch::{PhaseSwitch, Position, Shown, Task};
use crate::master::Standing;
use crate::settings::{PhaseUse, Program, SlaveSettings};

/// What the sun gives must have called for the other position for so long.
const WORTH_IT: Duration = Duration::from_secs(600);
/// All phases are worth it from a tenth above their minimum on.
const ABOVE_PERCENT: i32 = 110;
/// A phase with less has no supply.
const LIVE_VOLTS: u16 = 50;

/// Every such switch.
#[derive(Debug, Default)]
pub(super) struct Switches(Vec<Behind>);

/// One, and the wall connector behind it.
#[derive(Debug)]
pub(super) struct Behind {
    slave: TwcId,
    pub(super) program: Program,
    uses: PhaseUse,
    switch: PhaseSwitch,
    task: Task,
    /// Since when the other position is called for.
    calls: Option<(Position, Instant)>,
}

/// What speaks for a position.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sun {
    /// What decides.
    pub(super) calls: Calls,
    /// Its minimum on one phase, in watts.
    pub(super) least: i32,
    /// Whether its car bears one more interruption.
    pub(super) bears_it: bool,
}

/// What decides where a switch is to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Calls {
    /// So many watts on average for this car.
    Sun(i32),
    /// It is to have all it may.
    All,
    /// Nobody says anything: it stays where it is.
    Nothing,
}

impl Switches {
    pub(super) fn new(slaves: &[SlaveSettings]) -> Self {
        let behind = slaves.iter().filter_map(|slave| {
            let of = slave.phase_switch.as_ref()?;
            Some(Behind {
                slave: slave.id,
                program: of.program.clone(),
                uses: of.uses,
                switch: PhaseSwitch::new(of.config),
                task: Task::None,
                calls: None,
            })
        });
        Self(behind.collect())
    }

    pub(super) fn of(&self, slave: TwcId) -> Option<&Behind> {
        self.0.iter().find(|behind| behind.slave == slave)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Behind> {
        self.0.iter_mut()
    }

    pub(super) fn of_mut(&mut self, slave: TwcId) -> Option<&mut Behind> {
        self.0.iter_mut().find(|behind| behind.slave == slave)
    }
}

impl Behind {
    pub(super) fn slave(&self) -> TwcId {
        self.slave
    }

    pub(super) fn set_use(&mut self, uses: PhaseUse) {
        (self.uses, self.calls) = (uses, None);
    }

    pub(super) fn position(&self) -> Option<Position> {
        self.switch.position()
    }

    pub(super) fn under_way(&self) -> Option<Position> {
        self.switch.under_way()
    }

    pub(super) fn task(&self) -> Task {
        self.task
    }

    pub(super) fn ended(&mut self, now: Instant, worked: bool) {
        self.switch.ended(now, worked);
    }

    /// What the unit says about its supply.
    pub(super) fn note_supply(&mut self, volts: Option<([u16; 3], Instant)>) {
        if let Some((volts, at)) = volts {
            let live = volts.into_iter().filter(|volts| *volts >= LIVE_VOLTS).count();
            self.switch.note_supply(at, live as u8);
        }
    }

    /// Decides and goes on; the position to switch to, when that is due now.
    pub(super) fn step(&mut self, now: Instant, seen: &Seen, sun: Sun) -> Option<Position> {
        let wanted = self.wanted(now, seen, sun);
        let linked = seen.status.standing == Standing::Linked;
        let shown = Shown { off: seen.status.off && !linked, linked, plugged: seen.had_car };
        self.task = self.switch.step(now, wanted, shown);
        match self.task {
            Task::Switch(to) => Some(to),
            _ => None,
        }
    }

    fn wanted(&mut self, now: Instant, seen: &Seen, sun: Sun) -> Position {
        let stands = self.switch.position().unwrap_or(Position::Three);
        // Who gets no heartbeats shows no car that came meanwhile.
        let maybe_car = seen.had_car || seen.status.standing != Standing::Linked;
        if self.switch.under_way().is_none() && !(sun.bears_it && maybe_car) {
            return stands;
        }
        match self.uses {
            PhaseUse::One => Position::One,
            PhaseUse::Three => Position::Three,
            PhaseUse::Auto => self.called_for(now, stands, sun),
        }
    }

    /// What the sun has called for long enough; all phases at once where the car does not live on it.
    fn called_for(&mut self, now: Instant, stands: Position, sun: Sun) -> Position {
        let watts = match sun.calls {
            Calls::Sun(watts) => watts,
            Calls::All => return Position::Three,
            Calls::Nothing => return stands,
        };
        let all = sun.least.saturating_mul(3);
        let calls = match stands {
            Position::Three if watts < all && watts >= sun.least => Position::One,
            Position::One if watts >= all / 100 * ABOVE_PERCENT => Position::Three,
            stands => stands,
        };
        if calls == stands {
            self.calls = None;
            return stands;
        }
        let since = match self.calls {
            Some((position, since)) if position == calls => since,
            _ => now,
        };
        self.calls = Some((calls, since));
        if now.since(since) >= WORTH_IT { calls } else { stands }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::phase_switch::PhaseSwitchConfig;

    fn behind(uses: PhaseUse) -> Behind {
        let program = Program { command: std::vec!["switch".into()], deadline: Duration::from_secs(20) };
        let mut switch = PhaseSwitch::new(PhaseSwitchConfig::default());
        switch.note_supply(Instant::ZERO, 3);
        Behind { slave: TwcId::new(1), program, uses, switch, task: Task::None, calls: None }
    }

    fn called(behind: &mut Behind, seconds: u64, stands: Position, watts: Option<i32>) -> Position {
        let sun = Sun { calls: watts.map_or(Calls::All, Calls::Sun), least: 1_380, bears_it: true };
        behind.called_for(Instant::from_secs(seconds), stands, sun)
    }

    #[test]
    fn one_phase_is_worth_it_after_ten_minutes_of_too_little_for_three() {
        let mut auto = behind(PhaseUse::Auto);
        assert_eq!(called(&mut auto, 0, Position::Three, Some(3_000)), Position::Three);
        assert_eq!(called(&mut auto, 599, Position::Three, Some(3_000)), Position::Three);
        assert_eq!(called(&mut auto, 600, Position::Three, Some(3_000)), Position::One);
        // Too little even for one phase calls for nothing, and a moment of plenty begins anew.
        assert_eq!(called(&mut auto, 601, Position::Three, Some(1_000)), Position::Three);
        assert_eq!(called(&mut auto, 1_100, Position::Three, Some(3_000)), Position::Three);
    }

    #[test]
    fn all_phases_come_back_above_their_minimum_and_at_once_without_the_sun() {
        let mut auto = behind(PhaseUse::Auto);
        assert_eq!(called(&mut auto, 0, Position::One, Some(4_300)), Position::One);
        called(&mut auto, 1, Position::One, Some(4_600));
        assert_eq!(called(&mut auto, 601, Position::One, Some(4_600)), Position::Three);
        assert_eq!(called(&mut auto, 602, Position::One, None), Position::Three);
    }
}
