//! Which kinds of trouble a world knows: a random choice of them, so that some worlds know only two or three.

use core::time::Duration;

use super::site::Site;
use crate::rng::Rng;

/// What may happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A car comes or goes.
    Car,
    /// Somebody stops at the car, or allows charging again.
    Pause,
    /// A unit's answers are lost.
    Mute,
    /// A unit does not hear.
    Deaf,
    /// A unit reboots.
    Reboot,
    /// A unit loses power, or gets it back.
    Power,
    /// A unit forgets its limit and falls to 6 A.
    Forget,
    /// The master is killed and started again.
    Kill,
    /// The converter holds things up.
    Stall,
    /// The cable is better or worse from now on.
    Line,
    /// A limit falls or rises; everybody's floor fits.
    Limit,
    /// A limit falls, perhaps below the floors.
    Famine,
    /// Another master, or a clone of ours.
    Stranger,
    /// A second unit with the same id is switched on, for a while.
    Twin,
}

/// Every kind but cars, which are always there, and in how many worlds it is: one in so many.
const KINDS: [(Kind, u64); 13] = [
    (Kind::Pause, 2),
    (Kind::Mute, 2),
    (Kind::Deaf, 2),
    (Kind::Reboot, 2),
    (Kind::Power, 2),
    (Kind::Forget, 3),
    (Kind::Kill, 2),
    (Kind::Stall, 1),
    (Kind::Line, 2),
    (Kind::Limit, 2),
    (Kind::Famine, 16),
    (Kind::Stranger, 6),
    (Kind::Twin, 1),
];
/// How long it takes from one event to the next at most, in seconds.
const PACES: [u64; 3] = [30, 60, 240];

/// The kinds of one world, and how fast they come.
#[derive(Debug, Clone)]
pub(super) struct Swarm {
    kinds: Vec<Kind>,
    pace: u64,
    /// Cars that take more than they are offered come too.
    pub(super) has_greedy_cars: bool,
}

impl Swarm {
    pub(super) fn draw(rng: &mut Rng, site: &Site) -> Self {
        let can = |kind: Kind| match kind {
            Kind::Stall => !site.delay.is_zero(),
            Kind::Twin => site.has_twin,
            _ => true,
        };
        let kinds = KINDS.into_iter().filter(|(_, one_in)| rng.below(*one_in) == 0).map(|(kind, _)| kind);
        let kinds = kinds.filter(|kind| can(*kind)).collect();
        Self { kinds, pace: PACES[rng.below(PACES.len() as u64) as usize], has_greedy_cars: rng.below(8) == 0 }
    }

    pub(super) fn pause(&self, rng: &mut Rng) -> Duration {
        Duration::from_millis(rng.below(self.pace * 1_000))
    }

    /// What happens next: a car in one of three cases.
    pub(super) fn next(&self, rng: &mut Rng) -> Kind {
        let place = rng.below((self.kinds.len() + self.kinds.len() / 2 + 1) as u64) as usize;
        self.kinds.get(place).copied().unwrap_or(Kind::Car)
    }
}
