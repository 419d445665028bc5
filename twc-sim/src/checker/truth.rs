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
    /// What nobody promises anything about, and until when.
    troubles: Vec<(Circuits, Instant)>,
}

/// A charger as it was when it was last looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Unit {
    in_force: Phases,
    drawn: Phases,
    /// Its car takes more than it is offered, by what kind of car it is.
    overdraws: bool,
    overdrawn_at: Option<Instant>,
    circuits: Circuits,
    /// So many exchanges have to show what it was told before a limit is gone that our master never sent.
    strange: u8,
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
    pub(super) fn look(&mut self, now: Instant, index: usize, circuits: Circuits, charger: &Charger) -> bool {
        if self.units.len() <= index {
            self.units.resize(index + 1, Unit::default());
        }
        let Some(unit) = self.units.get_mut(index) else {
            return false;
        };
        let drawn = charger.true_phase_currents().map(|current| u32::from(current.value()));
        let limit = u32::from(charger.limit_in_force().value());
        let takes_more = charger.car().is_some_and(|car| car.profile().greatest_shortfall < 0);
        let overdraws = takes_more && u32::from(charger.true_current().value()) > limit;
        if overdraws {
            unit.overdrawn_at = Some(now);
        }
        let now = Unit { in_force: [limit; 3], drawn, overdraws, circuits, ..*unit };
        let has_changed = now != *unit;
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
        if let Some(unit) = unit {
            self.estrange(unit);
        }
    }

    /// This charger may hold a limit that our master never sent.
    pub(super) fn estrange(&mut self, unit: usize) {
        if let Some(unit) = self.units.get_mut(unit) {
            unit.strange = EXCHANGES;
        }
    }

    /// The master speaks to a charger after a while without. Whatever it holds that nobody of ours told it, it brings
    /// back. Returns its circuits where that is so.
    pub(super) fn comes_back(&mut self, now: Instant, unit: usize, config: &CheckerConfig) -> Circuits {
        let Some(Unit { circuits, .. }) = self.units.get(unit).copied().filter(|unit| unit.strange > 0) else {
            return 0;
        };
        self.excuse(now, Some(unit), circuits, config);
        circuits
    }

    /// A charger has shown what it was told.
    pub(super) fn acknowledges(&mut self, unit: usize) {
        if let Some(unit) = self.units.get_mut(unit) {
            unit.strange = unit.strange.saturating_sub(1);
        }
    }

    /// Until then nobody promises what flows on these circuits. Returns them.
    pub(super) fn trouble(&mut self, circuits: Circuits, until: Instant) -> Circuits {
        match self.troubles.iter_mut().find(|(known, _)| *known == circuits) {
            Some((_, ends_at)) => *ends_at = until.max(*ends_at),
            None => self.troubles.push((circuits, until)),
        }
        circuits
    }

    /// Whether a car on this circuit takes more than it is offered.
    pub(super) fn is_overdrawn(&self, circuit: usize) -> bool {
        self.units.iter().any(|unit| unit.overdraws && unit.circuits & 1 << circuit != 0)
    }

    /// When a car on one of these circuits last took more than it was offered.
    pub(super) fn overdrawn_at(&self, circuits: Circuits) -> Option<Instant> {
        self.units.iter().filter(|unit| unit.circuits & circuits != 0).filter_map(|unit| unit.overdrawn_at).max()
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
        self.troubles.retain(|(_, until)| *until > now);
        let troubled = self.troubles.iter().fold(0, |set, (circuits, _)| set | circuits);
        self.excuses.iter().fold(troubled, |set, excuse| set | excuse.circuits)
    }
}
