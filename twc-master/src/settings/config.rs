//! From a configuration to the types of the master.

use twc_proto::{CentiAmps, Sign, TwcId};

use super::{CircuitSettings, Settings, SlaveSettings};
use crate::config::{Circuit, Config, Connection, PHASES, PhaseAmps, Phases, Place, Timing};

/// Below this a house has legs, not phases: what hangs between two is one circuit that loads both.
const SPLIT_PHASE_BELOW: u16 = 150;

impl Settings {
    /// What the master is told: the limits, the circuits, and where every wall connector hangs.
    pub fn config(&self, id: TwcId, sign: Sign, timing: Timing) -> Config {
        let mut config = Config::new(id, sign, self.site.limit);
        config.timing = timing;
        config.expected_slaves = self.slaves.len() as u8;
        let site = self.site.house.is_some().then_some(&self.site);
        let all = site.into_iter().chain(&self.circuits);
        for (slot, circuit) in config.circuits.iter_mut().zip(all) {
            let fed_by = if core::ptr::eq(circuit, &raw const self.site) {
                Place::Site
            } else {
                self.place(circuit.fed_by)
            };
            let unordered = self.failsafe(circuit).unwrap_or([circuit.limit; PHASES]);
            *slot = Some(Circuit { unordered, ..Circuit::new(fed_by, [circuit.limit; PHASES]) });
        }
        for (slot, slave) in config.connections.iter_mut().zip(&self.slaves) {
            let phases = self.terminals(slave);
            *slot = Some(Connection {
                limit: Some(slave.limit),
                phases,
                ..Connection::new(slave.id, self.place(slave.circuit))
            });
        }
        config
    }

    /// Where a circuit of this index stands in the master's tree. A site that a meter watches is a circuit there.
    pub(crate) fn place(&self, circuit: Option<usize>) -> Place {
        let watched = usize::from(self.site.house.is_some());
        match circuit {
            None if watched == 0 => Place::Site,
            None => Place::Circuit(0),
            Some(index) => Place::Circuit(u8::try_from(index + watched).unwrap_or(u8::MAX)),
        }
    }

    /// What the configuration says of a wall connector, if it lists it.
    pub(crate) fn listed(&self, id: TwcId) -> Option<&SlaveSettings> {
        self.slaves.iter().find(|slave| slave.id == id)
    }

    /// Whether a wall connector hangs below a circuit, directly or not; everything hangs below the site.
    pub(crate) fn is_below(&self, slave: &SlaveSettings, circuit: Option<usize>) -> bool {
        let mut place = slave.circuit;
        for _ in 0..=self.circuits.len() {
            if place == circuit {
                return true;
            }
            place = place.and_then(|index| self.circuits.get(index)?.fed_by);
        }
        circuit.is_none()
    }

    /// What a watched circuit carries while its meter is silent: every wall connector at its failsafe current.
    pub(crate) fn failsafe(&self, circuit: &CircuitSettings) -> Option<PhaseAmps> {
        let house = circuit.house.as_ref()?;
        let index = self.circuits.iter().position(|of| of.name == circuit.name);
        // Without a list there may be as many as a bus allows.
        let listed = self.slaves.iter().filter(|slave| self.is_below(slave, index)).count();
        let count = if self.slaves.is_empty() { crate::config::MAX_SLAVES } else { listed };
        let all = house.config.failsafe.value().saturating_mul(count as u16);
        Some([CentiAmps::new(all).min(circuit.limit); PHASES])
    }

    fn terminals(&self, slave: &SlaveSettings) -> Option<[Phases; PHASES]> {
        const LINES: [Phases; PHASES] = [Phases::L1, Phases::L2, Phases::L3];
        if !slave.phases_known {
            return None;
        }
        let mut used = [Phases::NONE; PHASES];
        let lines = LINES.into_iter().enumerate().filter(|(index, _)| slave.phases.contains(*index));
        for (slot, (_, line)) in used.iter_mut().zip(lines) {
            *slot = line;
        }
        let [first, second, third] = used;
        let legs = self.volts < SPLIT_PHASE_BELOW && third == Phases::NONE;
        Some(if legs { [first.and(second), Phases::NONE, Phases::NONE] } else { used })
    }
}
