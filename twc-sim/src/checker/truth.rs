//! What is really in force and really flows.

use super::tree::{Circuits, Phases, Sums};
use crate::charger::Charger;

#[derive(Debug, Default)]
pub(super) struct Truth {
    units: Vec<Unit>,
    in_force: Sums,
    drawn: Sums,
}

/// A charger as it was when it was last looked at.
#[derive(Debug, Clone, Copy, Default)]
struct Unit {
    in_force: Phases,
    drawn: Phases,
}

impl Truth {
    pub(super) fn new(circuits: usize) -> Self {
        Self { units: Vec::new(), in_force: Sums::new(circuits), drawn: Sums::new(circuits) }
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
}
