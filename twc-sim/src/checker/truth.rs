//! What is really in force and really flows, and when an excess of it is the simulator's own doing.

use twc_proto::Instant;

use super::CheckerConfig;
use super::tree::{Circuits, Phases, Sums};
use crate::charger::Charger;

#[derive(Debug, Default)]
pub(super) struct Truth {
    units: Vec<Unit>,
    in_force: Sums,
    drawn: Sums,
    excuses: Vec<Excuse>,
}

/// A charger as it was when it was last looked at.
#[derive(Debug, Clone, Copy, Default)]
struct Unit {
    in_force: Phases,
    drawn: Phases,
}

/// A damaged frame that nobody could recognise has taken effect.
#[derive(Debug)]
struct Excuse {
    /// The charger it was about; `None` where it was about nobody known.
    unit: Option<usize>,
    circuits: Circuits,
    exchanges: u8,
    ends_at: Instant,
}

/// Two exchanges show a master what it cannot have seen before.
const EXCHANGES: u8 = 2;
/// So many excuses are kept; the next one takes the place of the oldest.
const MAX_EXCUSES: usize = 16;

impl Truth {
    pub(super) fn new(circuits: usize) -> Self {
        Self { in_force: Sums::new(circuits), drawn: Sums::new(circuits), ..Self::default() }
    }

    pub(super) fn in_force(&self) -> &Sums {
        &self.in_force
    }

    pub(super) fn drawn(&self) -> &Sums {
        &self.drawn
    }

    /// Looks at a charger; true when a sum is another now.
    pub(super) fn look(&mut self, index: usize, circuits: Circuits, charger: &Charger) -> bool {
        if self.units.len() <= index {
            self.units.resize(index + 1, Unit::default());
        }
        let Some(unit) = self.units.get_mut(index) else {
            return false;
        };
        let drawn = charger.true_phase_currents().map(|current| u32::from(current.value()));
        let now = Unit { in_force: [u32::from(charger.limit_in_force().value()); 3], drawn };
        let has_changed = now.in_force != unit.in_force || now.drawn != unit.drawn;
        if has_changed {
            self.in_force.replace(circuits, unit.in_force, now.in_force);
            self.drawn.replace(circuits, unit.drawn, now.drawn);
            *unit = now;
        }
        has_changed
    }

    /// Something that nobody sent was taken for real.
    pub(super) fn excuse(
        &mut self,
        now: Instant,
        unit: Option<usize>,
        circuits: Circuits,
        config: &CheckerConfig,
    ) {
        if self.excuses.len() >= MAX_EXCUSES {
            self.excuses.remove(0);
        }
        self.excuses.push(Excuse { unit, circuits, exchanges: 0, ends_at: now + config.excuse });
    }

    /// The master has heard a charger's answer.
    pub(super) fn note_exchange(&mut self, now: Instant, unit: usize, config: &CheckerConfig) {
        for excuse in self.excuses.iter_mut().filter(|excuse| excuse.unit == Some(unit)) {
            excuse.exchanges = excuse.exchanges.saturating_add(1);
            if excuse.exchanges == EXCHANGES {
                excuse.ends_at = excuse.ends_at.min(now + config.reaction);
            }
        }
    }

    /// The circuits whose excess is excused now.
    pub(super) fn excused(&mut self, now: Instant) -> Circuits {
        if !self.excuses.is_empty() {
            self.excuses.retain(|excuse| excuse.ends_at > now);
        }
        self.excuses.iter().fold(0, |set, excuse| set | excuse.circuits)
    }
}
