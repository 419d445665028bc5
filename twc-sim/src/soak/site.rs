//! What a soak's world is made of: units, limits, cable, link.

use core::time::Duration;

use twc_proto::{CentiAmps, TwcId};

use crate::charger::{ChargerConfig, Line};
use crate::fault::{FaultPreset, FaultRates};
use crate::rng::{Ratio, Rng};
use crate::scenario::{Expectations, Limit, Node};

/// What a unit takes unasked.
const FLOOR: CentiAmps = CentiAmps::from_amps(6);
const FIRST_ID: u16 = 0x3495;
/// Which units there are, the usual ones more often.
const FIRMWARES: [&str; 6] = ["p1", "4.4", "4.5.3", "4.5.10", "4.5.10", "4.5.10"];
/// What units say they can take.
const MAXIMA: [u16; 4] = [32, 32, 32, 16];
/// Site limits.
const LIMITS: [u16; 6] = [16, 20, 25, 32, 40, 63];

pub(super) struct Site {
    pub(super) chargers: Vec<ChargerConfig>,
    /// The last unit has the id of the first and is switched off unless the story says otherwise.
    pub(super) has_twin: bool,
    pub(super) limit: Limit,
    pub(super) nodes: Vec<Node>,
    pub(super) line: FaultRates,
    pub(super) echo: bool,
    pub(super) delay: Duration,
    /// How many slaves the master is told of; 0: none.
    pub(super) expected: u16,
}

impl Site {
    pub(super) fn draw(rng: &mut Rng) -> Self {
        let slaves = 1 + rng.below(3) as u16;
        let has_twin = slaves > 1 && rng.below(8) == 0;
        let any_master_frame_refreshes = rng.below(4) == 0;
        let mut chargers: Vec<ChargerConfig> =
            (0..slaves).map(|number| unit(rng, FIRST_ID + number, any_master_frame_refreshes)).collect();
        if let ([first, .., last], true) = (&mut chargers[..], has_twin) {
            last.id = first.id;
        }
        let amps = LIMITS[rng.below(LIMITS.len() as u64) as usize];
        let mut nodes = if rng.below(3) == 0 { vec![panel(rng, amps, chargers.len())] } else { Vec::new() };
        if has_twin {
            // Behind another circuit than its namesake it would not be where its id is written down.
            nodes.clear();
        }
        let expected = if rng.below(2) == 0 { slaves - u16::from(has_twin) } else { 0 };
        Self {
            chargers,
            has_twin,
            limit: amount(amps),
            nodes,
            line: line(rng),
            echo: rng.below(3) == 0,
            delay: if rng.below(3) == 0 { Duration::from_millis(20 + rng.below(130)) } else { Duration::ZERO },
            expected,
        }
    }

    /// What must be so in the end. Where every unit can have 6 A, each is linked and has its share; else as many are
    /// linked as can have them.
    pub(super) fn well_at(&self, time: Duration) -> Expectations {
        let (count, floors) = (self.count(), usize::from(self.limit.amps.value() / FLOOR.value()));
        if floors < count {
            return Expectations::linked(floors);
        }
        Expectations::all_well_at(time, &self.shares())
    }

    fn count(&self) -> usize {
        self.chargers.len() - usize::from(self.has_twin)
    }

    /// The units that are there in the end, and what each has then at least.
    fn shares(&self) -> Vec<(usize, CentiAmps)> {
        let count = self.count();
        let of = |limit: Limit, sharers: usize| limit.amps.value() / sharers.max(1) as u16;
        let share = |index: usize| {
            let on_it = |node: &&Node| node.chargers.contains(&index);
            let on_node = |node: &Node| node.chargers.iter().filter(|other| **other < count).count();
            let panel = self.nodes.iter().filter(on_it).map(|node| of(node.limit, on_node(node))).min();
            let own = self.chargers.get(index).map_or(0, |unit| unit.max_current.value());
            let least = of(self.limit, count).min(panel.unwrap_or(u16::MAX)).min(own).min(3_200);
            // Whole amps: the last may get one less.
            (index, CentiAmps::new((least / 100).saturating_sub(1) * 100))
        };
        (0..count).map(share).collect()
    }
}

/// So many amps, wherever they flow.
pub(super) fn amount(amps: u16) -> Limit {
    Limit { amps: CentiAmps::from_amps(amps), phases: None }
}

/// A circuit that carries less than the site, with the last units on it.
fn panel(rng: &mut Rng, site: u16, units: usize) -> Node {
    let from = rng.below(units as u64) as usize;
    let least = 7 * (units - from) as u16;
    let limit = (least + rng.below(20) as u16).min(site);
    Node { name: "panel".to_owned(), fed_by: None, limit: amount(limit), chargers: (from..units).collect() }
}

fn unit(rng: &mut Rng, id: u16, any_master_frame_refreshes: bool) -> ChargerConfig {
    let id = TwcId::new(id);
    let name = FIRMWARES[rng.below(FIRMWARES.len() as u64) as usize];
    let config = ChargerConfig::by_firmware(name, id).unwrap_or_else(|| ChargerConfig::p2(id));
    let mut often = |one_in: u64| rng.below(one_in) == 0;
    let (resumes, slow_to_stop, forgets, deaf_talker, reads_idle) =
        (often(4), often(4), often(6), often(8), often(4));
    let (nonsense_kwh, single_phase, keeps_drawn_id) = (often(6), often(4), often(6));
    let config = ChargerConfig {
        any_master_frame_refreshes,
        max_current: CentiAmps::from_amps(MAXIMA[rng.below(MAXIMA.len() as u64) as usize]),
        // Readings seen in the field lie up to 0.4 A too low and 0.7 A too high.
        meter_error: rng.below(111) as i16 - 40,
        idle_reading: if reads_idle { CentiAmps::new(25) } else { CentiAmps::ZERO },
        resume_with_held_limit: resumes,
        // Owners report 10 to 30 s; what is promised holds for anything under T_off.
        cut_after: if slow_to_stop { Duration::from_secs(30 + rng.below(29)) } else { config.cut_after },
        forgets_limit_after: forgets.then(|| Duration::from_secs(60 + rng.below(1_800))),
        listens_first: !deaf_talker,
        kwh_upper_half: if nonsense_kwh { 0x00A3 } else { 0 },
        keeps_drawn_id,
        ..config
    };
    if single_phase { config.single_phase(Line::ALL[rng.below(3) as usize]) } else { config }
}

/// One of the presets, in a quarter of cases with answers that come late or twice as well.
pub(super) fn line(rng: &mut Rng) -> FaultRates {
    let rates = FaultPreset::ALL[rng.below(4) as usize].rates();
    match rng.below(8) {
        0 | 1 => FaultRates { late: Ratio::new(1, 30), doubled: Ratio::new(1, 30), ..rates },
        2 => FaultRates { lost_to_master: Ratio::new(1 + rng.below(5) as u32, 10), ..rates },
        3 => FaultRates { lost_to_slaves: Ratio::new(1 + rng.below(5) as u32, 10), ..rates },
        _ => rates,
    }
}
