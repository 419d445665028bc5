//! The wiring as far as it limits: site, panels, circuits, and where slaves hang on them.

use twc_proto::{CentiAmps, TwcId};

use super::{Config, ConfigError, FLOOR, MAX_SLAVES};

/// How many circuits with limits of their own there may be below the site.
pub const MAX_CIRCUITS: usize = 7;
/// How many phases there are at most.
pub const PHASES: usize = 3;

/// A current on each phase.
pub type PhaseAmps = [CentiAmps; PHASES];

/// Where a limit stands in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The root: everything hangs below it.
    Site,
    /// The circuit with this number in [`Config::circuits`].
    Circuit(u8),
}

/// A panel, a breaker, a meter's fuse, a grid order, a lease: anything with a limit that several slaves share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Circuit {
    /// What feeds it.
    pub fed_by: Place,
    /// The continuous limit on each phase. Nothing but the configuration can raise it.
    pub limit: PhaseAmps,
    /// What holds while nobody has ordered a limit, and again when an order has ended; more than `limit` counts as
    /// `limit`. Zero for a lease, the failsafe current for a circuit that a meter protects.
    pub unordered: PhaseAmps,
}

impl Circuit {
    /// A circuit that carries `limit` continuously, whatever happens elsewhere.
    pub const fn new(fed_by: Place, limit: PhaseAmps) -> Self {
        Self { fed_by, limit, unordered: limit }
    }

    /// A circuit behind a breaker: 80 % of its rating may flow continuously.
    pub const fn behind_breaker(fed_by: Place, rating: CentiAmps) -> Self {
        Self::new(fed_by, [continuous(rating); PHASES])
    }
}

/// What a breaker with this rating carries continuously: 80 %.
const fn continuous(rating: CentiAmps) -> CentiAmps {
    let rating = rating.value();
    CentiAmps::new(rating - rating.div_ceil(5))
}

/// Some of the phases of the wiring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Phases(u8);

impl Phases {
    /// Not connected.
    pub const NONE: Self = Self(0);
    /// The first phase, or the first leg of a split-phase supply.
    pub const L1: Self = Self(1);
    /// The second phase, or leg.
    pub const L2: Self = Self(2);
    /// The third phase.
    pub const L3: Self = Self(4);
    /// All of them.
    pub const ALL: Self = Self(7);

    /// These and those.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the phase with this number is one of them.
    pub(crate) const fn has(self, phase: usize) -> bool {
        self.0 >> phase & 1 == 1
    }
}

/// Where one slave hangs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connection {
    /// Which.
    pub slave: TwcId,
    /// The circuit that feeds its own.
    pub place: Place,
    /// The continuous limit of its own circuit; [`Config::circuit_limit`] where unset.
    pub limit: Option<CentiAmps>,
    /// Which phases of the wiring each of the unit's three terminals loads. `None`: its current counts on all
    /// phases. A unit on one phase has `[Phases::L2, Phases::NONE, Phases::NONE]`; between two legs its current
    /// counts on both: `[Phases::L1.and(Phases::L2), Phases::NONE, Phases::NONE]`.
    ///
    /// A current of more than 1 A at a terminal that is [`Phases::NONE`] here proves this wrong and cancels it.
    pub phases: Option<[Phases; PHASES]>,
}

impl Connection {
    /// A slave on a circuit, with nothing else known.
    pub const fn new(slave: TwcId, place: Place) -> Self {
        Self { slave, place, limit: None, phases: None }
    }

    /// The phases that its current counts on.
    pub(crate) fn loaded(&self) -> Phases {
        self.phases.map_or(Phases::ALL, |[a, b, c]| a.and(b).and(c))
    }

    /// One bit per terminal that is connected.
    pub(crate) fn terminals(&self) -> u8 {
        let connected =
            self.phases.unwrap_or([Phases::ALL; PHASES]).map(|phases| u8::from(phases != Phases::NONE));
        connected.iter().rev().fold(0, |bits, connected| bits << 1 | connected)
    }
}

impl Config {
    /// The circuit at a place below the site.
    fn circuit(&self, place: Place) -> Result<Option<&Circuit>, ConfigError> {
        match place {
            Place::Site => Ok(None),
            Place::Circuit(number) => match self.circuits.get(usize::from(number)) {
                Some(Some(circuit)) => Ok(Some(circuit)),
                _ => Err(ConfigError::NoSuchCircuit { circuit: number }),
            },
        }
    }

    /// Every feed exists and leads to the site; no slave hangs twice.
    pub(super) fn check_wiring(&self) -> Result<(), ConfigError> {
        for (number, circuit) in (0..).zip(&self.circuits) {
            let Some(circuit) = circuit else { continue };
            let mut place = circuit.fed_by;
            for _ in 0..MAX_CIRCUITS {
                place = self.circuit(place)?.map_or(Place::Site, |above| above.fed_by);
            }
            if place != Place::Site {
                return Err(ConfigError::CircuitCycle { circuit: number });
            }
        }
        for (index, connection) in self.connections.iter().enumerate() {
            let Some(Connection { slave, place, limit, .. }) = *connection else { continue };
            self.circuit(place)?;
            if let Some(limit) = limit.filter(|limit| *limit < FLOOR) {
                return Err(ConfigError::CircuitLimitTooLow { limit });
            }
            let others = self.connections.get(index + 1..MAX_SLAVES).unwrap_or_default();
            if others.iter().flatten().any(|other| other.slave == slave) {
                return Err(ConfigError::ConnectedTwice { slave });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use twc_proto::Sign;

    use super::*;

    fn config(feeds: &[Place]) -> Config {
        let mut config = Config::new(TwcId::new(1), Sign::new(1), CentiAmps::from_amps(40));
        for (place, fed_by) in config.circuits.iter_mut().zip(feeds) {
            *place = Some(Circuit::behind_breaker(*fed_by, CentiAmps::from_amps(40)));
        }
        config
    }

    #[test]
    fn circuits_may_be_listed_in_any_order_and_larger_than_what_feeds_them() {
        assert_eq!(config(&[Place::Circuit(1), Place::Circuit(2), Place::Site]).check(), Ok(()));
    }

    #[test]
    fn cycles_and_missing_circuits_are_refused() {
        for (feeds, circuit) in [(&[Place::Circuit(0)][..], 0), (&[Place::Circuit(1), Place::Circuit(0)], 0)] {
            assert_eq!(config(feeds).check(), Err(ConfigError::CircuitCycle { circuit }));
        }
        for circuit in [1, 7, 255] {
            assert_eq!(config(&[Place::Circuit(circuit)]).check(), Err(ConfigError::NoSuchCircuit { circuit }));
        }
    }

    #[test]
    fn a_slave_hangs_in_one_place_that_exists() {
        let slave = TwcId::new(7);
        let mut config = config(&[Place::Site]);
        config.connections[0] = Some(Connection::new(slave, Place::Circuit(0)));
        assert_eq!(config.check(), Ok(()));
        config.connections[2] = Some(Connection::new(slave, Place::Site));
        assert_eq!(config.check(), Err(ConfigError::ConnectedTwice { slave }));
        config.connections[0] = Some(Connection::new(slave, Place::Circuit(1)));
        assert_eq!(config.check(), Err(ConfigError::NoSuchCircuit { circuit: 1 }));
    }

    #[test]
    fn four_fifths_of_a_breaker_flow_continuously_and_never_more() {
        for rating in 0..=u16::MAX {
            let allowed = u32::from(continuous(CentiAmps::new(rating)).value());
            assert!(allowed * 5 <= u32::from(rating) * 4 && (allowed + 1) * 5 > u32::from(rating) * 4);
        }
    }
}
