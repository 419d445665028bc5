//! What "no current for this car" means on a unit, and what it costs.

use core::fmt;
use core::time::Duration;

use twc_proto::vin::VinState;
use twc_proto::{CentiAmps, Firmware, Version};

use crate::config::FLOOR;
use crate::profile::Profile;

/// A way to stop a car. None of them is free; see [`Cost`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Strategy {
    /// Offer the least: the default on protocol 2, which has no working zero.
    ReduceToMinimum,
    /// Offer 0 A: the default on protocol 1, where it stops a Tesla cleanly.
    Zero,
    /// Send no more heartbeats to this slave; it cuts the current after about 30 s.
    Withhold,
    /// FC B2, for units from firmware 4.5.3 on and cars whose profile says that it works.
    Command,
    /// FC B2 also where it is known to leave a Tesla in a fault until somebody plugs it in again.
    CommandThatMayNeedReplugging,
    /// Somebody else does it: the car's own interface, a contactor. See [`crate::Event::HookDue`].
    Hook,
}

/// What a stop costs, or what it leaves undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cost {
    /// The car goes on with this much.
    GoesOn {
        /// What it may still draw.
        at_least: CentiAmps,
    },
    /// A Tesla stops and resumes cleanly; another car may not stop.
    CleanForTesla,
    /// An interruption, after about 30 s.
    Interruption {
        /// Which one of this plug-in it is.
        number: u8,
        /// How many the car forgives, if that is known.
        of: Option<u8>,
    },
    /// Clean for a car of this profile.
    CleanByCommand,
    /// A Tesla will refuse to charge until it is plugged in again.
    Replugging,
    /// What the hook costs; until it is done the car goes on with the least.
    Hook {
        /// How long it has for it.
        within: Duration,
    },
}

/// Why a car cannot be stopped in the way asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StopRefusal {
    /// No such slave is known.
    UnknownSlave,
    /// 0 A works on protocol 1 only.
    NeedsProtocol1,
    /// One more interruption may leave the car refusing to charge until it is plugged in again.
    StrikesSpent {
        /// Interruptions of this plug-in so far.
        used: u8,
    },
    /// The profile does not say that commands work.
    NotInProfile,
    /// Units before 4.5.3 do not know the command.
    TooOld,
    /// The car told its VIN, so it is a Tesla with its CAN on: the command would leave it in a fault.
    TeslaOnCan,
    /// Every way that is left needs somebody to plug it in again.
    CannotWithoutReplugging,
}

impl Strategy {
    /// Every strategy.
    pub const ALL: [Self; 6] = [
        Self::ReduceToMinimum,
        Self::Zero,
        Self::Withhold,
        Self::Command,
        Self::CommandThatMayNeedReplugging,
        Self::Hook,
    ];

    /// What is done where nobody says how.
    pub const fn default_of(version: Version) -> Self {
        match version {
            Version::P1 => Self::Zero,
            Version::P2 => Self::ReduceToMinimum,
        }
    }

    /// A stable kebab-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ReduceToMinimum => "reduce-to-minimum",
            Self::Zero => "zero",
            Self::Withhold => "withhold",
            Self::Command => "command",
            Self::CommandThatMayNeedReplugging => "command-that-may-need-replugging",
            Self::Hook => "hook",
        }
    }

    /// Whether it sends FC B2.
    pub(crate) const fn is_command(self) -> bool {
        matches!(self, Self::Command | Self::CommandThatMayNeedReplugging)
    }
}

/// So long a hook has to report before the stop counts as failed.
pub const HOOK_DEADLINE: Duration = Duration::from_secs(60);

/// Whether a car forgives one more interruption after so many.
pub(crate) fn forgives(profile: &Profile, strikes: u8) -> bool {
    profile.strikes.is_none_or(|most| strikes < most)
}

/// What decides whether a car can be stopped in some way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Situation {
    pub(crate) version: Version,
    pub(crate) profile: &'static Profile,
    pub(crate) strikes: u8,
    pub(crate) firmware: Option<Firmware>,
    pub(crate) vin: VinState,
}

impl Situation {
    /// What `strategy` costs here.
    pub(crate) fn cost(&self, strategy: Strategy) -> Result<Cost, StopRefusal> {
        match strategy {
            Strategy::ReduceToMinimum => Ok(Cost::GoesOn { at_least: FLOOR }),
            Strategy::Zero if self.version == Version::P1 => Ok(Cost::CleanForTesla),
            Strategy::Zero => Err(StopRefusal::NeedsProtocol1),
            Strategy::Withhold => self.interruption(),
            Strategy::Command => self.command(),
            Strategy::CommandThatMayNeedReplugging => match self.command() {
                Ok(cost) => Ok(cost),
                Err(StopRefusal::TooOld) => Err(StopRefusal::TooOld),
                Err(_) => Ok(Cost::Replugging),
            },
            Strategy::Hook => Ok(Cost::Hook { within: HOOK_DEADLINE }),
        }
    }

    fn interruption(&self) -> Result<Cost, StopRefusal> {
        if !forgives(self.profile, self.strikes) {
            return Err(StopRefusal::StrikesSpent { used: self.strikes });
        }
        Ok(Cost::Interruption { number: self.strikes.saturating_add(1), of: self.profile.strikes })
    }

    fn command(&self) -> Result<Cost, StopRefusal> {
        if self.version == Version::P1 || self.firmware.is_some_and(|firmware| !firmware.has_reports()) {
            return Err(StopRefusal::TooOld);
        }
        if matches!(self.vin, VinState::Known(_) | VinState::Doubtful(_)) {
            return Err(StopRefusal::TeslaOnCan);
        }
        if self.profile.obeys_commands { Ok(Cost::CleanByCommand) } else { Err(StopRefusal::NotInProfile) }
    }

    /// The mildest way that really stops this car.
    pub(crate) fn mildest(&self) -> Result<(Strategy, Cost), StopRefusal> {
        let stops = [Strategy::Zero, Strategy::Command, Strategy::Withhold];
        let open = stops.into_iter().find_map(|strategy| Some((strategy, self.cost(strategy).ok()?)));
        open.ok_or(StopRefusal::CannotWithoutReplugging)
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GoesOn { at_least } => write!(f, "the car goes on with {at_least}"),
            Self::CleanForTesla => f.write_str("a Tesla stops and resumes cleanly, another car may not stop"),
            Self::Interruption { number, of: Some(of) } => {
                write!(f, "stops in about 30 s: interruption {number} of the {of} it is asked to bear per plug-in")
            }
            Self::Interruption { number, of: None } => {
                write!(f, "stops in about 30 s: interruption {number} since it was plugged in")
            }
            Self::CleanByCommand => f.write_str("stops and resumes by command"),
            Self::Replugging => {
                f.write_str("a Tesla will not charge again before somebody has plugged it in anew")
            }
            Self::Hook { within } => {
                write!(f, "whatever the hook does; it has {} s, until then the car goes on", within.as_secs())
            }
        }
    }
}

impl fmt::Display for StopRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownSlave => f.write_str("no such slave"),
            Self::NeedsProtocol1 => f.write_str("protocol 2 has no working zero: 0 A becomes 6.00 A"),
            Self::StrikesSpent { used } => write!(
                f,
                "interrupted {used} times since it was plugged in: once more and it may refuse to charge"
            ),
            Self::NotInProfile => f.write_str("its profile does not say that commands stop this car"),
            Self::TooOld => f.write_str("units before firmware 4.5.3 do not know the command"),
            Self::TeslaOnCan => {
                f.write_str("a Tesla that tells its VIN would go into a fault until plugged in anew")
            }
            Self::CannotWithoutReplugging => {
                f.write_str("cannot be stopped without plugging it in anew afterwards")
            }
        }
    }
}

impl core::error::Error for StopRefusal {}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    fn tesla(strikes: u8) -> Situation {
        let vin = VinState::Known("1M8GDM9AXKP042788".parse().unwrap());
        Situation { version: Version::P2, profile: &Profile::TESLA, strikes, firmware: None, vin }
    }

    #[test]
    fn a_spent_strike_budget_is_an_answer() {
        assert_eq!(tesla(1).mildest(), Ok((Strategy::Withhold, Cost::Interruption { number: 2, of: Some(2) })));
        assert_eq!(tesla(2).mildest(), Err(StopRefusal::CannotWithoutReplugging));
        assert_eq!(tesla(2).cost(Strategy::Withhold), Err(StopRefusal::StrikesSpent { used: 2 }));
    }

    #[test]
    fn a_tesla_on_can_is_never_stopped_by_command_unless_the_name_warns() {
        let obedient = Situation { profile: &Profile::FIAT_500E, ..tesla(0) };
        assert_eq!(obedient.cost(Strategy::Command), Err(StopRefusal::TeslaOnCan));
        assert_eq!(obedient.cost(Strategy::CommandThatMayNeedReplugging), Ok(Cost::Replugging));
        let fiat = Situation { vin: VinState::None, ..obedient };
        assert_eq!(fiat.mildest(), Ok((Strategy::Command, Cost::CleanByCommand)));
        let old = Situation { firmware: Some(Firmware::new(4, 4, 13, None)), ..fiat };
        assert_eq!(old.cost(Strategy::CommandThatMayNeedReplugging), Err(StopRefusal::TooOld));
    }

    #[test]
    fn zero_is_for_protocol_1_and_every_cost_is_a_sentence() {
        let p1 = Situation { version: Version::P1, ..tesla(5) };
        assert_eq!(p1.mildest(), Ok((Strategy::Zero, Cost::CleanForTesla)));
        assert_eq!(tesla(0).cost(Strategy::Zero), Err(StopRefusal::NeedsProtocol1));
        for strategy in Strategy::ALL {
            let said = tesla(0).cost(strategy).map_or_else(|error| error.to_string(), |cost| cost.to_string());
            assert!(said.len() > 20, "{strategy}: {said}");
        }
        let twice = Cost::Interruption { number: 2, of: Some(2) }.to_string();
        assert_eq!(twice, "stops in about 30 s: interruption 2 of the 2 it is asked to bear per plug-in");
    }
}
