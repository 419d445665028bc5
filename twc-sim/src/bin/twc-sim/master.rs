//! The model of a real master, as `run` and `serve --master` use it.

use twc_proto::slip::END;
use twc_proto::{CentiAmps, Instant, Link, TwcId, Version};
use twc_sim::scenario::MasterSpec;
use twc_sim::world::air_time;
use twc_sim::{RealMaster, RealMasterConfig, World};

use crate::port::Port;

/// The id of the captured one.
const ID: TwcId = TwcId::new(0x7973);

/// A master of the slaves' own generation on a circuit of `limit`.
fn config(version: Version, unit_max: CentiAmps, limit: CentiAmps) -> RealMasterConfig {
    let config = match version {
        Version::P1 => RealMasterConfig::p1(ID),
        Version::P2 => RealMasterConfig::p2(ID),
    };
    RealMasterConfig { circuit: limit, max_current: unit_max, ..config }
}

/// The one that a scenario gets.
pub(crate) fn for_spec(spec: &MasterSpec<'_>) -> RealMaster {
    let (version, unit_max) = spec
        .chargers
        .first()
        .map_or((Version::P2, CentiAmps::from_amps(32)), |charger| (charger.version, charger.max_current));
    RealMaster::new(config(version, unit_max, spec.limit), spec.seed, spec.now)
}

/// A master among the clients of `serve`: all of them hear each other.
#[derive(Debug)]
pub(crate) struct Housed {
    link: Link<RealMaster>,
    /// When the last byte of the frame on its way is on the wire.
    sent_at: Option<Instant>,
}

impl Housed {
    /// The master of the slaves in `world`, on a circuit that carries what one of them is built for.
    pub(crate) fn new(world: &World, seed: u64) -> Self {
        let first = world.chargers().next().map(twc_sim::Charger::config);
        let (version, unit_max) =
            first.map_or((Version::P2, CentiAmps::from_amps(32)), |unit| (unit.version, unit.max_current));
        let master = RealMaster::new(config(version, unit_max, unit_max), seed, world.now());
        Self { link: Link::new(master), sent_at: None }
    }

    /// What slaves and clients say.
    pub(crate) fn hear(&mut self, now: Instant, bytes: &[u8]) {
        self.link.handle_bytes(now, bytes);
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.sent_at.or_else(|| self.link.poll_timeout())
    }

    /// Does what is due, and puts on the bus what it has to say.
    pub(crate) fn act(&mut self, now: Instant, world: &mut World, port: &Port) {
        if self.sent_at.take_if(|at| *at <= now).is_some() {
            self.link.handle_sent(now);
        }
        if self.sent_at.is_some() {
            return;
        }
        if self.link.poll_timeout().is_some_and(|at| at <= now) {
            self.link.handle_timeout(now);
        }
        if let Some(wire) = self.link.poll_transmit(now) {
            let bytes = wire.as_ref();
            // The tail byte is not part of the frame.
            let frame = bytes.iter().rposition(|byte| *byte == END).map_or(bytes.len(), |last| last + 1);
            self.sent_at = Some(now + air_time(frame));
            port.send(bytes);
            world.handle_outside(now, bytes);
        }
    }
}
