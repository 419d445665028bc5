//! What somebody wants of one slave, and how far that has come.

use core::fmt;
use core::time::Duration;

use twc_proto::{CentiAmps, Instant};

use crate::profile::Profile;
use crate::stop::Strategy;

/// How all slaves are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// The budget is shared.
    #[default]
    Share,
    /// Every car gets its minimum.
    Minimum,
    /// Every car is stopped, each in its own way, unless [`crate::Master::start`] says otherwise.
    Off,
}

/// What all slaves share at present, and what binds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// What there is on the tightest phase, before anybody's own limits.
    pub amps: CentiAmps,
    /// Why it is not more.
    pub bound: Bound,
}

/// Why a budget is not larger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// The configuration allows no more.
    Configured,
    /// A limit has fallen: the house leaves no more, somebody ordered it, or a lease is less.
    Fallen,
    /// [`crate::Master::set_budget`] says so.
    Set,
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Configured => "the configured limit",
            Self::Fallen => "a limit that has fallen",
            Self::Set => "a budget that was set",
        })
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Share => "share",
            Self::Minimum => "minimum",
            Self::Off => "off",
        })
    }
}

/// What is set for one slave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlaveSettings {
    /// The habits of its car.
    pub profile: &'static Profile,
    /// Higher goes first, where the [`crate::share::Share`] minds.
    pub priority: u8,
    /// The most it is to have, below what unit and circuit allow; at least 6.00 A counts.
    pub cap: Option<CentiAmps>,
}

impl SlaveSettings {
    /// Nothing special.
    pub const DEFAULT: Self = Self { profile: &Profile::UNKNOWN, priority: 0, cap: None };
}

/// What somebody ordered for one slave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Order {
    #[default]
    Automatic,
    Start,
    Stop(Strategy),
}

/// What a hook has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookOutcome {
    /// It says that it has done its work. That frees nothing: what it claims is not what flows.
    Done,
    /// It could not.
    Failed,
    /// A contactor has cut the unit off, and its auxiliary contact shows it open: the unit cannot draw.
    ShownOpen,
}

/// Orders for one slave and what is under way because of them.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Orders {
    pub(crate) order: Order,
    /// How it is being stopped at present.
    pub(crate) stopped: Option<Strategy>,
    /// Until when that must stay as it is, though something else is wanted.
    pub(crate) dwells: Option<Instant>,
    /// When it last changed.
    switched: Option<Instant>,
    /// The next FC B1 or FC B2, and how many are left.
    control: Option<Instant>,
    controls_left: u8,
    pub(crate) hook_until: Option<Instant>,
    /// Somebody has switched its supply off.
    pub(crate) expected_off: bool,
}

/// A change that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Switch {
    None,
    /// The car was switched too short a time ago.
    NotBefore(Instant),
    Stop(Strategy),
    /// It may charge again, after having been stopped so.
    Start(Strategy),
}

impl Orders {
    /// Between two commands to a car that still draws.
    const CONTROL_GAP: Duration = Duration::from_secs(5);
    /// A unit that does not obey so many never will.
    const CONTROLS: u8 = 6;

    /// How it is to be stopped, if at all.
    pub(crate) fn wanted(&self, mode: Mode, usual: impl FnOnce() -> Strategy) -> Option<Strategy> {
        match self.order {
            Order::Start => None,
            Order::Stop(strategy) => Some(strategy),
            Order::Automatic => (mode == Mode::Off).then(usual),
        }
    }

    /// Brings what is done in line with what is wanted, not more often than `dwell` allows.
    pub(crate) fn switch(&mut self, now: Instant, wanted: Option<Strategy>, dwell: Duration) -> Switch {
        if wanted == self.stopped {
            return Switch::None;
        }
        let wears = [wanted, self.stopped].into_iter().flatten().any(|way| way != Strategy::ReduceToMinimum);
        if let Some(until) = self.switched.map(|at| at + dwell).filter(|until| wears && now < *until) {
            return Switch::NotBefore(until);
        }
        let before = core::mem::replace(&mut self.stopped, wanted);
        if wears {
            self.switched = Some(now);
        }
        let commands = wanted.or(before).is_some_and(Strategy::is_command);
        (self.control, self.controls_left) = if commands { (Some(now), Self::CONTROLS) } else { (None, 0) };
        self.hook_until = None;
        match (wanted, before) {
            (Some(strategy), _) => Switch::Stop(strategy),
            (None, Some(before)) => Switch::Start(before),
            (None, None) => Switch::None,
        }
    }

    /// When the next command is due.
    pub(crate) fn control_due(&self) -> Option<Instant> {
        self.control
    }

    /// A command is going out. True when it was the last that will be tried.
    pub(crate) fn control_sent(&mut self, now: Instant) -> bool {
        self.controls_left = self.controls_left.saturating_sub(1);
        self.control = (self.controls_left > 0).then_some(now + Self::CONTROL_GAP);
        self.control.is_none()
    }

    /// The car does what was asked: no more commands. A car that begins to draw again is told again.
    pub(crate) fn note_current(&mut self, now: Instant, drawn: CentiAmps) {
        let flows = drawn > CentiAmps::new(50);
        match self.stopped {
            Some(way) if way.is_command() => {
                if !flows {
                    (self.control, self.controls_left) = (None, Self::CONTROLS);
                } else if self.control.is_none() && self.controls_left > 0 {
                    self.control = Some(now + Self::CONTROL_GAP);
                }
            }
            None if flows => self.control = None,
            _ => {}
        }
    }

    /// Nothing is ordered any more.
    pub(crate) fn release(&mut self) {
        self.order = Order::Automatic;
    }

    /// Another car: a start ordered for the last one ends, a stop stays.
    pub(crate) fn plugged_in(&mut self) {
        if self.order == Order::Start {
            self.order = Order::Automatic;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn nothing_that_wears_happens_twice_within_the_dwell() {
        let mut orders = Orders::default();
        let stop = Some(Strategy::Withhold);
        assert_eq!(orders.switch(Instant::ZERO, stop, MINUTE), Switch::Stop(Strategy::Withhold));
        let early = Instant::from_secs(59);
        assert_eq!(orders.switch(early, None, MINUTE), Switch::NotBefore(Instant::from_secs(60)));
        assert_eq!(orders.switch(Instant::from_secs(60), None, MINUTE), Switch::Start(Strategy::Withhold));
        let reduce = Some(Strategy::ReduceToMinimum);
        assert_eq!(orders.switch(Instant::from_secs(61), reduce, MINUTE), Switch::Stop(Strategy::ReduceToMinimum));
        assert_eq!(orders.switch(Instant::from_secs(62), None, MINUTE), Switch::Start(Strategy::ReduceToMinimum));
    }

    #[test]
    fn commands_are_repeated_while_the_car_draws_and_not_for_ever() {
        let mut orders = Orders::default();
        orders.switch(Instant::ZERO, Some(Strategy::Command), MINUTE);
        let mut sent = 0;
        for second in 0..120 {
            let now = Instant::from_secs(second);
            orders.note_current(now, CentiAmps::from_amps(10));
            if orders.control_due().is_some_and(|at| now >= at) {
                orders.control_sent(now);
                sent += 1;
            }
        }
        assert_eq!(sent, Orders::CONTROLS);
        orders.note_current(Instant::from_secs(121), CentiAmps::ZERO);
        orders.note_current(Instant::from_secs(122), CentiAmps::from_amps(10));
        assert_eq!(orders.control_due(), Some(Instant::from_secs(127)));
    }
}
