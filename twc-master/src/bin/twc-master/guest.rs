//! The project's master as a guest of the simulator's scenarios. Tests include this file.

use serde::Deserialize;
use twc_master::share::Equal;
use twc_master::{Circuit, Config, Connection, Master, PHASES, Place, Snapshot, Timing};
use twc_proto::{BodyLen, CentiAmps, DecodeError, Envelope, Instant, Node, Received, Sign, TwcId};
use twc_sim::Guest;
use twc_sim::scenario::{MasterSpec, units};

/// A legal id that no simulated slave has.
const ID: TwcId = TwcId::new(0x4242);
const SIGN: Sign = Sign::new(0x5A);

/// The `[master]` table of a scenario, as this master reads it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    /// Of each slave's own circuit.
    circuit_limit: Option<String>,
    expect_slaves: u8,
    announce: Option<bool>,
}

/// A [`Master`] that says what happens in words and keeps its books over a kill.
#[derive(Debug)]
pub(crate) struct Hosted(pub(crate) Master<Equal>);

impl Hosted {
    /// The master that `spec` asks for, with what the one before it wanted kept.
    ///
    /// # Errors
    /// What is wrong with its settings.
    pub(crate) fn new(spec: &MasterSpec<'_>, saved: Option<Snapshot>) -> Result<Self, String> {
        let settings: Settings =
            spec.settings.clone().try_into().map_err(|error| format!("table [master]: {error}"))?;
        let mut config = Config::new(ID, SIGN, spec.limit);
        config.circuit_limit = settings.circuit_limit.as_deref().map(units::amps).transpose()?;
        config.expected_slaves = settings.expect_slaves;
        config.announce = settings.announce.unwrap_or(true);
        if !spec.delay.is_zero() {
            config.timing = Timing::TCP;
        }
        for (node, slot) in spec.nodes.iter().zip(&mut config.circuits) {
            *slot = Some(Circuit::new(place(node.fed_by), [node.limit.amps; PHASES]));
        }
        let hangs = spec.chargers.iter().enumerate().map(|(index, charger)| {
            let node = spec.nodes.iter().position(|node| node.chargers.contains(&index));
            Connection::new(charger.id, place(node))
        });
        for (connection, slot) in hangs.zip(&mut config.connections) {
            *slot = Some(connection);
        }
        Self::with_config(config, spec.now, saved)
    }

    /// A master with this configuration.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn with_config(config: Config, now: Instant, saved: Option<Snapshot>) -> Result<Self, String> {
        let mut master = Master::new(config, Equal, now).map_err(|error| error.to_string())?;
        master.restore(saved.into_iter().flat_map(|snapshot| snapshot.slaves).flatten());
        Ok(Self(master))
    }
}

/// The site, or one of the circuits below it.
fn place(node: Option<usize>) -> Place {
    node.map_or(Place::Site, |node| Place::Circuit(u8::try_from(node).unwrap_or(u8::MAX)))
}

impl Guest for Hosted {
    type Saved = Snapshot;

    fn saved(&self) -> Snapshot {
        self.0.snapshot()
    }

    fn handle_limit(&mut self, now: Instant, node: Option<usize>, limit: CentiAmps) {
        // The scenario names only circuits that there are.
        let _ = self.0.order(now, place(node), [limit; PHASES]);
    }

    fn poll_note(&mut self) -> Option<String> {
        self.0.poll_event().map(|event| event.to_string())
    }
}

impl Node for Hosted {
    fn handle_message(&mut self, now: Instant, received: &Received) {
        self.0.handle_message(now, received);
    }

    fn handle_decode_error(&mut self, now: Instant, error: DecodeError) {
        self.0.handle_decode_error(now, error);
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.0.handle_timeout(now);
    }

    fn handle_sent(&mut self, now: Instant) {
        self.0.handle_sent(now);
    }

    fn handle_reconnected(&mut self, now: Instant) {
        self.0.handle_reconnected(now);
    }

    fn poll_transmit(&mut self, now: Instant) -> Option<Envelope> {
        self.0.poll_transmit(now)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.0.poll_timeout()
    }

    fn tail(&self, body_len: BodyLen) -> Option<u8> {
        self.0.tail(body_len)
    }
}
