//! What is measured: the truth of the simulated house, not what anybody reports.

use std::time::Duration;

use twc_proto::Instant;
use twc_sim::house::Breaker;
use twc_sim::{Sim, World};

use crate::policy::{Policy, Steered};
use crate::world::FUSE;

/// How one policy fared.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Figures {
    /// Watt hours the sun gave.
    pub(crate) solar: u64,
    /// Of them not used here.
    pub(crate) exported: u64,
    /// Watt hours from the grid, outside the night's hours and in them.
    pub(crate) by_day: u64,
    pub(crate) by_night: u64,
    /// Watt hours that cars left without.
    pub(crate) missed: u64,
    /// How often relays closed.
    pub(crate) closings: u32,
    /// How long more than its rating flowed through the main fuse, and the longest such time.
    pub(crate) over: Duration,
    pub(crate) longest: Duration,
    /// How many of those times began because cars took more.
    pub(crate) own: u32,
    /// The highest current through it, in centiamps.
    pub(crate) peak: u32,
    /// How near the fuse came to opening, in thousandths, and whether it did.
    pub(crate) heat: u16,
    pub(crate) tripped: bool,
    /// Rules of the judge that were broken.
    pub(crate) violations: u64,
}

impl Figures {
    /// Thousandths of the sun that were used here.
    pub(crate) fn self_consumption(&self) -> u64 {
        (self.solar - self.exported) * 1_000 / self.solar.max(1)
    }
}

/// Looks at the main fuse after every event; between two events nothing changes.
#[derive(Debug, Default)]
pub(crate) struct Watcher {
    at: Instant,
    /// Since when a phase carries too much.
    over_since: Option<Instant>,
    /// What the cars drew on each phase at the last look, in centiamps.
    cars: [i32; 3],
    grid: [i32; 3],
    /// Imported watt hours that are in the figures already.
    counted: u64,
    figures: Figures,
}

impl Watcher {
    /// The night's hours begin or end.
    pub(crate) fn night(&mut self, begins: bool, imported: u64) {
        let since = std::mem::replace(&mut self.counted, imported);
        let part = imported - since;
        *(if begins { &mut self.figures.by_day } else { &mut self.figures.by_night }) += part;
    }

    /// A car left with so much less than it wanted.
    pub(crate) fn departed(&mut self, missed: u64) {
        self.figures.missed += missed;
    }

    pub(crate) const fn figures(&self) -> Figures {
        self.figures
    }

    pub(crate) fn look(&mut self, now: Instant, world: &World) {
        let Some(house) = world.house() else { return };
        let (grid, before) = (house.grid_centiamps(), self.grid);
        let cars = drawn(world);
        if self.over_since.is_some() {
            self.figures.over += now.since(self.at);
        }
        let rating = i32::try_from(FUSE).unwrap_or(i32::MAX);
        let over = (0..3).find(|phase| grid[*phase] > rating);
        match (over, self.over_since) {
            (Some(phase), None) => {
                self.over_since = Some(now);
                let by_cars = cars[phase] - self.cars[phase];
                let by_all = grid[phase] - before[phase];
                self.figures.own += u32::from(by_cars * 2 > by_all);
            }
            (None, Some(since)) => {
                self.figures.longest = self.figures.longest.max(now.since(since));
                self.over_since = None;
            }
            _ => {}
        }
        let heat = house.breakers().iter().map(Breaker::heat_permille).max().unwrap_or_default();
        self.figures.heat = self.figures.heat.max(heat);
        (self.at, self.cars, self.grid) = (now, cars, grid);
    }

    pub(crate) fn finish<P: Policy>(mut self, sim: &Sim<Steered<P>>) -> Figures {
        self.look(sim.now(), sim.world());
        let imported = sim.world().house().map_or(0, |house| house.energy().imported_watt_hours());
        self.night(true, imported);
        let (verdict, house) = (sim.verdict(), sim.world().house().expect("a house"));
        let (energy, fuse) = (house.energy(), house.breakers().first().expect("a fuse"));
        Figures {
            solar: energy.solar_watt_hours(),
            exported: energy.exported_watt_hours(),
            closings: verdict.chargers.iter().map(|charger| charger.relay_closings).sum(),
            longest: self.over_since.map_or(self.figures.longest, |since| sim.now().since(since)),
            peak: fuse.peaks().into_iter().max().unwrap_or_default(),
            tripped: fuse.tripped().is_some(),
            violations: verdict.violations_seen,
            ..self.figures
        }
    }
}

/// What the cars draw on each phase, in centiamps.
fn drawn(world: &World) -> [i32; 3] {
    world.chargers().fold([0; 3], |sum, charger| {
        let currents = charger.true_phase_currents().map(|amps| i32::from(amps.value()));
        [sum[0] + currents[0], sum[1] + currents[1], sum[2] + currents[2]]
    })
}
