//! Which charger hangs on which circuits, and sums along the tree.

use twc_proto::TwcId;

use super::CheckerConfig;
use crate::charger::Charger;

/// Centiamps of three phases.
pub(super) type Phases = [u32; 3];

/// A set of circuits, one bit each.
pub(super) type Circuits = u64;

#[derive(Debug, Default)]
pub(super) struct Tree {
    /// For each circuit the circuits it hangs on, itself included.
    above: Vec<Circuits>,
    units: Vec<Unit>,
}

/// What is known of one charger.
#[derive(Debug)]
struct Unit {
    bus: usize,
    id: TwcId,
    is_powered: bool,
    circuits: Circuits,
}

impl Tree {
    pub(super) fn new(config: &CheckerConfig) -> Self {
        let count = config.circuits.len().min(CheckerConfig::MAX_CIRCUITS);
        let above = (0..count).map(|circuit| {
            let (mut set, mut next) = (0, Some(circuit));
            // A circle ends where it began.
            while let Some(at) = next.filter(|at| *at < count && set & 1 << at == 0) {
                set |= 1 << at;
                next = config.circuits.get(at).and_then(|circuit| circuit.parent);
            }
            set
        });
        Self { above: above.collect(), units: Vec::new() }
    }

    pub(super) fn know(&mut self, bus: usize, index: usize, charger: &Charger, config: &CheckerConfig) {
        let circuits = self.circuits_of(bus, Some(index), config);
        self.units.truncate(index);
        let is_powered = charger.is_powered();
        self.units.push(Unit { bus, id: charger.id(), is_powered, circuits });
    }

    /// A charger may draw a new id, or lose its power.
    pub(super) fn note(&mut self, index: usize, charger: &Charger) {
        if let Some(unit) = self.units.get_mut(index) {
            (unit.id, unit.is_powered) = (charger.id(), charger.is_powered());
        }
    }

    /// Whether another unit that is switched on has the same id on the same bus.
    pub(super) fn has_twin(&self, index: usize) -> bool {
        let Some(unit) = self.units.get(index).filter(|unit| unit.is_powered) else {
            return false;
        };
        let is_like = |other: &Unit| other.is_powered && (other.bus, other.id) == (unit.bus, unit.id);
        self.units.iter().filter(|other| is_like(other)).count() > 1
    }

    /// A charger's id.
    pub(super) fn id(&self, index: usize) -> Option<TwcId> {
        self.units.get(index).map(|unit| unit.id)
    }

    /// The charger behind an id.
    pub(super) fn unit(&self, bus: usize, id: TwcId) -> Option<usize> {
        self.units.iter().position(|unit| unit.bus == bus && unit.id == id)
    }

    /// The circuits of a charger, or of a slave that nobody knows.
    pub(super) fn circuits(&self, bus: usize, unit: Option<usize>, config: &CheckerConfig) -> Circuits {
        match unit.and_then(|unit| self.units.get(unit)) {
            Some(unit) => unit.circuits,
            None => self.circuits_of(bus, None, config),
        }
    }

    fn circuits_of(&self, bus: usize, charger: Option<usize>, config: &CheckerConfig) -> Circuits {
        let mut set = 0;
        for ((index, circuit), above) in config.circuits.iter().enumerate().zip(&self.above) {
            let carries_all = circuit.parent.is_none() && circuit.bus.is_none_or(|only| only == bus);
            let lists_it = charger.is_some_and(|charger| circuit.chargers.contains(&charger));
            if carries_all {
                set |= 1 << index;
            }
            if lists_it {
                set |= above;
            }
        }
        set
    }
}

/// A sum for each circuit, kept up to date.
#[derive(Debug, Default)]
pub(super) struct Sums {
    of: Vec<Phases>,
    /// As they were at [`Sums::mark`].
    marked: Vec<Phases>,
}

impl Sums {
    pub(super) fn new(circuits: usize) -> Self {
        let of = vec![[0; 3]; circuits.min(CheckerConfig::MAX_CIRCUITS)];
        Self { marked: of.clone(), of }
    }

    /// Remembers the sums as they are.
    pub(super) fn mark(&mut self) {
        self.marked.copy_from_slice(&self.of);
    }

    /// Whether any phase carries more than when the sums were marked.
    pub(super) fn has_risen(&self, circuit: usize) -> bool {
        let marked = self.marked.get(circuit).copied().unwrap_or_default();
        self.of(circuit).iter().zip(marked).any(|(now, before)| *now > before)
    }

    /// What was there before is there no more, and the new is.
    pub(super) fn replace(&mut self, circuits: Circuits, before: Phases, after: Phases) {
        if before == after {
            return;
        }
        for (index, sum) in self.of.iter_mut().enumerate() {
            if circuits & 1 << index != 0 {
                for ((sum, before), after) in sum.iter_mut().zip(before).zip(after) {
                    *sum = sum.saturating_sub(before).saturating_add(after);
                }
            }
        }
    }

    pub(super) fn of(&self, circuit: usize) -> Phases {
        self.of.get(circuit).copied().unwrap_or_default()
    }
}

/// Whether any phase is over its limit and the tolerance that goes with it.
pub(super) fn exceeds(sum: Phases, limit: Phases, tolerance: impl Fn(u32) -> u32) -> bool {
    sum.iter().zip(limit).any(|(sum, limit)| *sum > limit.saturating_add(tolerance(limit)))
}

/// The greatest of three.
pub(super) fn greatest(phases: Phases) -> u32 {
    phases.into_iter().max().unwrap_or(0)
}
