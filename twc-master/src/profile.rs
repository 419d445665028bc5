//! What is known of the habits of cars, as const data.

use core::time::Duration;

use twc_proto::CentiAmps;

use crate::config::FLOOR;
use crate::stop::Strategy;

/// The habits of a kind of car. Choose one per slave with [`crate::Master::set_slave`], by hand or by its VIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    /// What [`Profile::by_name`] finds it under.
    pub name: &'static str,
    /// The least it charges with, 6.00 A or more.
    pub minimum: CentiAmps,
    /// The least time between stopping and starting it by policy: relays and the car's own fault counter wear.
    pub dwell: Duration,
    /// How many interruptions by silence policy may ask of it per plug-in; `None` for any number.
    pub strikes: Option<u8>,
    /// How it is stopped; `None` for the default of the unit's protocol.
    pub stop: Option<Strategy>,
    /// Whether FC B1 and FC B2 were seen to start and stop it cleanly.
    pub obeys_commands: bool,
    /// How it is freed when it sticks at 6 A after a raise; `None` to leave it alone.
    pub latch: Option<LatchCure>,
}

/// The cure for a car that falls to 6 A at any raise and stays there: more than it was ever to have, for a
/// moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LatchCure {
    /// What must be offered; 0.01 A less was seen not to help.
    pub amps: CentiAmps,
    /// For how long; 3 s was seen not to help.
    pub hold: Duration,
    /// How often an hour at most.
    pub per_hour: u8,
}

impl Profile {
    /// Any car. A guess would be made at its expense, so it is treated like the most delicate one.
    pub const UNKNOWN: Self = Self {
        name: "unknown",
        minimum: FLOOR,
        dwell: Duration::from_secs(60),
        strikes: Some(2),
        stop: None,
        obeys_commands: false,
        latch: None,
    };
    /// A Tesla: about three interruptions per plug-in, then it refuses. Two leave one for accidents.
    pub const TESLA: Self = Self { name: "tesla", ..Self::UNKNOWN };
    /// A Tesla with the 6 A latch of late 2017, on a unit of 32 A. 16 A was enough at first, 17 A since 2018.
    pub const TESLA_LATCH: Self = Self { name: "tesla-latch", latch: Some(LatchCure::new(17)), ..Self::TESLA };
    /// The same on a unit of 80 A.
    pub const TESLA_LATCH_80: Self =
        Self { name: "tesla-latch-80", latch: Some(LatchCure::new(21)), ..Self::TESLA };
    /// A BMW i3: 6 A, as many interruptions as you like.
    pub const I3: Self = Self { name: "i3", strikes: None, ..Self::UNKNOWN };
    /// A Renault Zoe: not below 8 A.
    pub const ZOE: Self = Self { name: "zoe", minimum: CentiAmps::from_amps(8), strikes: None, ..Self::UNKNOWN };
    /// A Fiat 500e: stops and resumes cleanly by command.
    pub const FIAT_500E: Self = Self {
        name: "fiat-500e",
        strikes: None,
        stop: Some(Strategy::Command),
        obeys_commands: true,
        ..Self::UNKNOWN
    };

    /// Every profile here.
    pub const ALL: [&'static Self; 7] = [
        &Self::UNKNOWN,
        &Self::TESLA,
        &Self::TESLA_LATCH,
        &Self::TESLA_LATCH_80,
        &Self::I3,
        &Self::ZOE,
        &Self::FIAT_500E,
    ];

    /// The profile of this name.
    pub fn by_name(name: &str) -> Option<&'static Self> {
        Self::ALL.into_iter().find(|profile| profile.name == name)
    }
}

impl LatchCure {
    const fn new(amps: u16) -> Self {
        Self { amps: CentiAmps::from_amps(amps), hold: Duration::from_secs(6), per_hour: 3 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_minima_legal() {
        for profile in Profile::ALL {
            assert_eq!(Profile::by_name(profile.name), Some(profile));
            assert!(profile.minimum >= FLOOR, "{}", profile.name);
        }
        assert_eq!(Profile::by_name("trabant"), None);
    }

    #[test]
    fn nobody_is_freed_from_a_latch_unasked() {
        assert_eq!(Profile::UNKNOWN.latch, None);
        assert_eq!(Profile::TESLA.latch, None);
    }
}
