//! What a master is told before it starts.

use core::time::Duration;

use thiserror::Error;
use twc_proto::{CentiAmps, Sign, TwcId};

pub use self::wiring::{Circuit, Connection, MAX_CIRCUITS, PHASES, PhaseAmps, Phases, Place};

mod wiring;

/// The current every slave we talk to may take unasked, and the least a protocol 2 unit can be told: 6.00 A.
pub const FLOOR: CentiAmps = CentiAmps::from_amps(6);
/// What a slave may draw while nobody has said what its circuit carries: 16 A.
pub const DEFAULT_CIRCUIT_LIMIT: CentiAmps = CentiAmps::from_amps(16);
/// No unit was ever built for more: 80 A.
pub const LARGEST_UNIT: CentiAmps = CentiAmps::from_amps(80);
/// How many slaves one bus allows.
pub const MAX_SLAVES: usize = 3;

/// Settings of a [`crate::Master`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    /// Our id on the bus.
    pub id: TwcId,
    /// Our sign.
    pub sign: Sign,
    /// The continuous limit that all slaves share, on each phase.
    pub limit: CentiAmps,
    /// The continuous limit of each slave's own circuit where its [`Connection`] names none;
    /// [`DEFAULT_CIRCUIT_LIMIT`] while unset.
    pub circuit_limit: Option<CentiAmps>,
    /// Circuits below the site that have limits of their own: [`Place::Circuit`] counts from 0 here.
    pub circuits: [Option<Circuit>; MAX_CIRCUITS],
    /// Where slaves are connected. One that is not listed counts on every circuit and on all phases.
    pub connections: [Option<Connection>; MAX_SLAVES],
    /// The state of an earlier run was there and could not be read: whoever is heard may still follow what that
    /// run sent, so that even first heartbeats wait where they do not fit beside every unit's maximum.
    pub state_lost: bool,
    /// How many slaves the installation has, if known, at least as many as there are connections: raises need not
    /// wait for others that may still appear.
    pub expected_slaves: u8,
    /// Whether to announce ourselves with linkreadys at the start. Slaves link without.
    pub announce: bool,
    /// Whether raises and first contacts wait until [`crate::Master::handle_saved`] says they are on disk.
    pub durable: bool,
    /// Times.
    pub timing: Timing,
}

/// Times that depend on the link, and the bounds that safety rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// How long after our frame an answer may end. Slaves begin to answer after 150–200 ms.
    pub reply_window: Duration,
    /// Silence before we talk again.
    pub quiet_gap: Duration,
    /// Aimed-at time between two heartbeats to one slave.
    pub heartbeat_period: Duration,
    /// A slave without heartbeats is held to have stopped after this long. Never under 45 s.
    pub stop_after: Duration,
    /// How much later than its completed write a byte may reach the wire: zero on a serial port.
    pub link_buffer: Duration,
}

impl Timing {
    /// For a local serial port or pseudo-terminal.
    pub const SERIAL: Self = Self {
        reply_window: Duration::from_millis(350),
        quiet_gap: Duration::from_millis(200),
        heartbeat_period: Duration::from_secs(1),
        stop_after: Duration::from_secs(60),
        link_buffer: Duration::ZERO,
    };

    /// For a TCP converter: it may sit on bytes for 5 s, and the kernel gives up unacknowledged ones after 2 s.
    pub const TCP: Self =
        Self { reply_window: Duration::from_millis(700), link_buffer: Duration::from_secs(7), ..Self::SERIAL };
}

/// Settings that no installation can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Less than one slave's floor.
    #[error("a limit of {limit} is less than the {FLOOR} that a single wall connector may take")]
    LimitTooLow {
        /// The limit asked for.
        limit: CentiAmps,
    },
    /// A slave's own circuit cannot carry its floor.
    #[error("a circuit limit of {limit} is less than the {FLOOR} that a wall connector may take")]
    CircuitLimitTooLow {
        /// The limit asked for.
        limit: CentiAmps,
    },
    /// More slaves than a bus allows.
    #[error("{count} slaves expected, a bus has at most {MAX_SLAVES}")]
    TooManySlaves {
        /// How many were expected.
        count: u8,
    },
    /// A circuit or connection is fed by a circuit that is not there.
    #[error("circuit {circuit} does not exist")]
    NoSuchCircuit {
        /// Its number.
        circuit: u8,
    },
    /// A circuit that feeds itself, directly or through others.
    #[error("circuit {circuit} feeds itself")]
    CircuitCycle {
        /// One of the circle.
        circuit: u8,
    },
    /// A slave is connected in two places.
    #[error("slave {slave} is connected twice")]
    ConnectedTwice {
        /// Which.
        slave: TwcId,
    },
    /// Slaves answer to the id that spoke to them, and 0000 cannot be told from a damaged answer.
    #[error("a master cannot have the id 0000")]
    NoId,
    /// A slave must be given time to stop by itself.
    #[error("a silent slave may draw for 30 s and more: {seconds} s is too short, 45 s is the least")]
    StopTooShort {
        /// What was asked for, in whole seconds.
        seconds: u64,
    },
}

impl Config {
    /// A master that shares `limit` among the slaves of a serial bus.
    pub const fn new(id: TwcId, sign: Sign, limit: CentiAmps) -> Self {
        Self {
            id,
            sign,
            limit,
            circuit_limit: None,
            circuits: [None; MAX_CIRCUITS],
            connections: [None; MAX_SLAVES],
            state_lost: false,
            expected_slaves: 0,
            announce: true,
            durable: false,
            timing: Timing::SERIAL,
        }
    }

    /// Checks that the settings can be kept.
    ///
    /// # Errors
    /// The first setting that no installation can have.
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.id == TwcId::new(0) {
            return Err(ConfigError::NoId);
        }
        if self.limit < FLOOR {
            return Err(ConfigError::LimitTooLow { limit: self.limit });
        }
        if let Some(limit) = self.circuit_limit.filter(|limit| *limit < FLOOR) {
            return Err(ConfigError::CircuitLimitTooLow { limit });
        }
        self.check_wiring()?;
        if usize::from(self.expected_slaves) > MAX_SLAVES {
            return Err(ConfigError::TooManySlaves { count: self.expected_slaves });
        }
        if self.timing.stop_after < Duration::from_secs(45) {
            return Err(ConfigError::StopTooShort { seconds: self.timing.stop_after.as_secs() });
        }
        Ok(())
    }

    /// Where a slave is connected, if that is known.
    pub(crate) fn connection(&self, slave: TwcId) -> Option<&Connection> {
        self.connections.iter().flatten().find(|connection| connection.slave == slave)
    }

    /// What the own circuit of a slave that is connected so carries.
    pub(crate) fn own_limit(&self, connection: Option<&Connection>) -> CentiAmps {
        let own = connection.and_then(|connection| connection.limit);
        own.or(self.circuit_limit).unwrap_or(DEFAULT_CIRCUIT_LIMIT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slave_without_a_circuit_limit_is_capped_at_16_amps() {
        let (listed, other) = (TwcId::new(2), TwcId::new(3));
        let mut config = Config::new(TwcId::new(1), Sign::new(1), CentiAmps::from_amps(40));
        assert_eq!(config.own_limit(config.connection(listed)), CentiAmps::from_amps(16));
        config.circuit_limit = Some(CentiAmps::from_amps(25));
        config.connections[0] =
            Some(Connection { limit: Some(CentiAmps::from_amps(20)), ..Connection::new(listed, Place::Site) });
        assert_eq!(config.own_limit(config.connection(listed)), CentiAmps::from_amps(20));
        assert_eq!(config.own_limit(config.connection(other)), CentiAmps::from_amps(25));
    }

    #[test]
    fn limits_under_one_floor_are_refused() {
        let config = Config::new(TwcId::new(1), Sign::new(1), CentiAmps::new(599));
        assert_eq!(config.check(), Err(ConfigError::LimitTooLow { limit: CentiAmps::new(599) }));
    }
}
