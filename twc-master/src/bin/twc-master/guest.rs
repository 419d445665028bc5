//! The project's master as a guest of the simulator's scenarios. Tests include this file.

#[path = "steering.rs"]
mod steering;

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::Deserialize;
use twc_master::budget::plan::Decision;
use twc_master::settings;
use twc_master::share::Any;
use twc_master::steward::input::{Said, Source};
use twc_master::{Circuit, Config, Connection, Event, Master, PHASES, Place, Snapshot, Strategy, Timing};
use twc_proto::{BodyLen, CentiAmps, DecodeError, Envelope, Instant, Node, Received, Sign, TwcId};
use twc_sim::house::MeterSample;
use twc_sim::scenario::{MasterSpec, units};
use twc_sim::{Act, Guest};

use self::steering::{Explanation, Steering};

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
    /// A whole configuration, as `check` reads it. Its limits, circuits and meters hold then, and not the scenario's.
    config: Option<String>,
}

/// What a scenario can order of it by hand, beside what a configuration takes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ByHand {
    /// The car at a slave is to stop.
    Stop(StopOrder),
    /// It is left to the mode again.
    Release(String),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StopOrder {
    slave: String,
    /// As it is usual there when left out.
    how: Option<String>,
}

/// What a master wants kept over a kill.
#[derive(Debug, Clone)]
pub(crate) struct Saved {
    snapshot: Snapshot,
    orders: Option<String>,
}

/// A [`Master`] that says what happens in words and keeps its books over a kill.
#[derive(Debug)]
pub(crate) struct Hosted {
    pub(crate) master: Master<Any>,
    steering: Option<Steering>,
    /// What became of orders.
    notes: VecDeque<String>,
}

impl Hosted {
    /// The master that `spec` asks for, with what the one before it wanted kept.
    ///
    /// # Errors
    /// What is wrong with its settings.
    pub(crate) fn new(spec: &MasterSpec<'_>, saved: Option<Saved>) -> Result<Self, String> {
        let settings: Settings =
            spec.settings.clone().try_into().map_err(|error| format!("table [master]: {error}"))?;
        if let Some(text) = &settings.config {
            let config =
                settings::Settings::parse(text).map_err(|error| format!("table [master], config:{error}"))?;
            return Self::configured(spec, saved, config);
        }
        let mut config = Config::new(ID, SIGN, spec.limit);
        config.circuit_limit = settings.circuit_limit.as_deref().map(units::amps).transpose()?;
        config.expected_slaves = settings.expect_slaves;
        config.announce = settings.announce.unwrap_or(true);
        config.timing = timing(spec);
        for (node, slot) in spec.nodes.iter().zip(&mut config.circuits) {
            *slot = Some(Circuit::new(place(node.fed_by), [node.limit.amps; PHASES]));
        }
        // Of two units with one id only one can be written down.
        let is_first = |index: usize, id| spec.chargers.iter().position(|unit| unit.id == id) == Some(index);
        let units = spec.chargers.iter().enumerate().filter(|(index, unit)| is_first(*index, unit.id));
        let hangs = units.map(|(index, charger)| {
            let node = spec.nodes.iter().position(|node| node.chargers.contains(&index));
            Connection::new(charger.id, place(node))
        });
        for (connection, slot) in hangs.zip(&mut config.connections) {
            *slot = Some(connection);
        }
        Self::with_config(config, spec.now, saved.as_ref())
    }

    /// A master with this configuration.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn with_config(config: Config, now: Instant, saved: Option<&Saved>) -> Result<Self, String> {
        let mut master = Master::new(config, Any::default(), now).map_err(|error| error.to_string())?;
        master.restore(saved.iter().flat_map(|saved| saved.snapshot.slaves).flatten());
        Ok(Self { master, steering: None, notes: VecDeque::new() })
    }

    /// A master that a configuration steers.
    ///
    /// # Errors
    /// Where it cannot be followed.
    pub(crate) fn configured(
        spec: &MasterSpec<'_>,
        saved: Option<Saved>,
        settings: settings::Settings,
    ) -> Result<Self, String> {
        Self::configured_from(spec, saved, settings, None)
    }

    /// The same with the civil time of the simulation's begin.
    ///
    /// # Errors
    /// Where it cannot be followed.
    pub(crate) fn configured_from(
        spec: &MasterSpec<'_>,
        saved: Option<Saved>,
        settings: settings::Settings,
        begins: Option<Timestamp>,
    ) -> Result<Self, String> {
        let config = settings.config(ID, SIGN, timing(spec));
        let mut master = Master::new(config, settings.share, spec.now).map_err(|error| error.to_string())?;
        master.restore(saved.iter().flat_map(|saved| saved.snapshot.slaves).flatten());
        let mut steering = Steering::new(spec, settings, begins)?;
        if let Some(orders) = saved.and_then(|saved| saved.orders) {
            steering.restore(spec.now, &orders)?;
        }
        // Before the first frame: what is ordered while nobody has said anything holds from the start.
        steering.advance(spec.now, &mut master);
        Ok(Self { master, steering: Some(steering), notes: VecDeque::new() })
    }

    /// Lets a source of the configuration speak; nothing without one.
    #[allow(dead_code)] // Not everybody who includes this file has sources.
    pub(crate) fn hear(&mut self, now: Instant, source: Source, said: &Said<'_>) {
        if let Some(steering) = &mut self.steering {
            steering.hear(now, source, said);
        }
    }

    /// Says why every slave gets what it gets at a moment; nothing without a configuration.
    #[allow(dead_code)] // Not everybody who includes this file asks.
    pub(crate) fn explain(&mut self, explanation: Explanation) {
        if let Some(steering) = &mut self.steering {
            steering.explain(explanation);
        }
    }

    /// What the configuration decides at this moment, and why; nothing without one.
    #[allow(dead_code)] // Not everybody who includes this file asks.
    pub(crate) fn decisions(&self) -> impl Iterator<Item = &Decision> {
        self.steering.iter().flat_map(Steering::decisions)
    }

    /// The master's next event, for who wants no sentences; those about decisions are dropped.
    #[allow(dead_code)] // Not everybody who includes this file asks.
    pub(crate) fn poll_event(&mut self) -> Option<Event> {
        while self.steering.as_mut().and_then(Steering::poll_note).is_some() {}
        self.master.poll_event()
    }

    /// Stops a car, or lets it go on; says what that costs, or why it cannot be.
    ///
    /// # Errors
    /// When nobody can understand the order.
    fn by_hand(&mut self, now: Instant, order: ByHand) -> Result<String, String> {
        match order {
            ByHand::Stop(StopOrder { slave, how }) => {
                let id: TwcId = slave.parse().map_err(|error| format!("{slave}: {error}"))?;
                let way = how.as_deref().map(strategy).transpose()?;
                Ok(match self.master.stop(id, way) {
                    Ok(cost) => format!("{id} is stopped: {cost}"),
                    Err(refused) => format!("{id} is not stopped: {refused}"),
                })
            }
            ByHand::Release(slave) => {
                let id: TwcId = slave.parse().map_err(|error| format!("{slave}: {error}"))?;
                let known = self.master.release(now, id);
                Ok(format!("{id} is {}", if known { "left to the mode again" } else { "unknown" }))
            }
        }
    }

    fn steer(&mut self, now: Instant) {
        if let Some(steering) = &mut self.steering {
            steering.advance(now, &mut self.master);
        }
    }
}

fn strategy(name: &str) -> Result<Strategy, String> {
    let known = Strategy::ALL.into_iter().find(|strategy| strategy.name() == name);
    known.ok_or_else(|| {
        format!("`{name}` is no way to stop; there are {}", Strategy::ALL.map(Strategy::name).join(", "))
    })
}

fn timing(spec: &MasterSpec<'_>) -> Timing {
    if spec.delay.is_zero() { Timing::SERIAL } else { Timing::TCP }
}

/// The site, or one of the circuits below it.
fn place(node: Option<usize>) -> Place {
    node.map_or(Place::Site, |node| Place::Circuit(u8::try_from(node).unwrap_or(u8::MAX)))
}

impl Guest for Hosted {
    type Saved = Saved;

    fn saved(&self) -> Saved {
        Saved { snapshot: self.master.snapshot(), orders: self.steering.as_ref().and_then(Steering::kept) }
    }

    fn handle_limit(&mut self, now: Instant, node: Option<usize>, limit: CentiAmps) {
        // A configuration that has limits from outside learns of this one as it would on the wall.
        if self.steering.as_ref().is_some_and(Steering::has_caps) {
            return;
        }
        // The scenario names only circuits that there are.
        let _ = self.master.order(now, place(node), [limit; PHASES]);
    }

    fn handle_meter(&mut self, now: Instant, sample: &MeterSample) {
        if let Some(steering) = &mut self.steering {
            steering.handle_meter(now, sample);
            steering.advance(now, &mut self.master);
        }
    }

    fn handle_order(&mut self, now: Instant, order: &toml::Table) {
        if let Some(steering) = &mut self.steering {
            return steering.handle_order(now, order);
        }
        let order = order.clone().try_into::<ByHand>().map_err(|error| error.to_string());
        let done = order.and_then(|order| self.by_hand(now, order));
        self.notes.push_back(done.unwrap_or_else(|error| format!("an order that makes no sense: {error}")));
    }

    fn poll_act(&mut self) -> Option<Act> {
        self.steering.as_mut().and_then(Steering::poll_act)
    }

    fn poll_note(&mut self) -> Option<String> {
        let note = self.notes.pop_front().or_else(|| self.steering.as_mut().and_then(Steering::poll_note));
        note.or_else(|| self.master.poll_event().map(|event| event.to_string()))
    }
}

impl Node for Hosted {
    fn handle_message(&mut self, now: Instant, received: &Received) {
        self.master.handle_message(now, received);
    }

    fn handle_decode_error(&mut self, now: Instant, error: DecodeError) {
        self.master.handle_decode_error(now, error);
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.master.handle_timeout(now);
        self.steer(now);
    }

    fn handle_sent(&mut self, now: Instant) {
        self.master.handle_sent(now);
    }

    fn handle_reconnected(&mut self, now: Instant) {
        self.master.handle_reconnected(now);
    }

    fn poll_transmit(&mut self, now: Instant) -> Option<Envelope> {
        self.master.poll_transmit(now)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let steering = self.steering.as_ref().map(Steering::poll_timeout);
        self.master.poll_timeout().into_iter().chain(steering).min()
    }

    fn tail(&self, body_len: BodyLen) -> Option<u8> {
        self.master.tail(body_len)
    }
}
