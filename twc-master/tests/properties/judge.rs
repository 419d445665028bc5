//! What must hold, from the frames on the wire and from what the units truly obey; nothing is asked of the master.

use core::time::Duration;
use std::collections::BTreeMap;

use twc_master::{Config, FLOOR, MAX_CIRCUITS, PHASES, PhaseAmps, Phases, Place};
use twc_proto::message::{Item, MasterHeartbeat};
use twc_proto::{Command, Instant, Message};

use crate::unit::Unit;
use crate::world::{SLOTS, World};

const NODES: usize = MAX_CIRCUITS + 1;
/// A fall reaches every slave within this time.
const DEADLINE: Duration = Duration::from_millis(1_500);
/// Longer than any reply window.
const WINDOW: Duration = Duration::from_millis(700);
/// Without heartbeats for so long a unit has stopped.
const STOPS: Duration = Duration::from_secs(60);
/// After such a gap a unit may have forgotten its limit.
const GAP: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Copy)]
struct Node {
    fed_by: Option<usize>,
    ceiling: [u32; PHASES],
    now: [u32; PHASES],
}

/// What a frame said to one slave last.
#[derive(Debug, Clone, Copy, Default)]
struct Told {
    at: Option<Instant>,
    limit: Option<u16>,
    /// Clean answers since the limit last fell.
    clean: u8,
    /// What it may hold by the frames alone.
    may_hold: u16,
    /// It had been silent until it stops, or the master is a new one that cannot know; and it has not shown yet what it
    /// was told since.
    comes_back: bool,
}

/// A heartbeat as it left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) at: Instant,
    pub(crate) slot: usize,
    pub(crate) command: Command,
    pub(crate) limit: Option<u16>,
}

#[derive(Debug)]
pub(crate) struct Judge {
    nodes: [Option<Node>; NODES],
    places: [(Option<usize>, [bool; PHASES]); SLOTS],
    told: [Told; SLOTS],
    /// Who was asked last, when, and how often it has answered.
    asked: Option<(usize, Instant, u8)>,
    pub(crate) log: Vec<Frame>,
    fell: Option<Instant>,
    /// The last start was one with an old state file.
    is_misled: bool,
    /// The first breach of each rule.
    pub(crate) broken: BTreeMap<&'static str, String>,
}

fn index(place: Place) -> usize {
    match place {
        Place::Site => 0,
        Place::Circuit(number) => usize::from(number) + 1,
    }
}

fn values(amps: PhaseAmps) -> [u32; PHASES] {
    amps.map(|amps| u32::from(amps.value()))
}

impl Judge {
    pub(crate) fn new(config: &Config) -> Self {
        let site = [u32::from(config.limit.value()); PHASES];
        let mut nodes = [None; NODES];
        nodes[0] = Some(Node { fed_by: None, ceiling: site, now: site });
        for (node, circuit) in nodes[1..].iter_mut().zip(config.circuits) {
            *node = circuit.map(|circuit| {
                let (ceiling, unordered) = (values(circuit.limit), values(circuit.unordered));
                let now = [0, 1, 2].map(|phase| ceiling[phase].min(unordered[phase]));
                Node { fed_by: Some(index(circuit.fed_by)), ceiling, now }
            });
        }
        let places = crate::IDS.map(|id| {
            let connection = config.connections.iter().flatten().find(|connection| connection.slave == id);
            let loads = |phase| {
                let known = connection.and_then(|connection| connection.phases);
                let bit = [Phases::L1, Phases::L2, Phases::L3][phase];
                known.is_none_or(|known| known.iter().any(|load| load.and(bit) == *load))
            };
            (connection.map(|connection| index(connection.place)), [0, 1, 2].map(loads))
        });
        Self {
            nodes,
            places,
            told: [Told::default(); SLOTS],
            asked: None,
            log: Vec::new(),
            fell: None,
            is_misled: false,
            broken: BTreeMap::new(),
        }
    }

    fn breaks(&mut self, rule: &'static str, now: Instant, text: &str) {
        self.broken.entry(rule).or_insert_with(|| format!("{rule} at {now}: {text}"));
    }

    /// The nodes that feed a slave; all of them where nobody knows.
    fn feeds(&self, slot: usize) -> Vec<usize> {
        let Some(mut at) = self.places[slot].0 else {
            return (0..NODES).filter(|node| self.nodes[*node].is_some()).collect();
        };
        let mut path = vec![at];
        while let Some(above) = self.nodes[at].and_then(|node| node.fed_by) {
            path.push(above);
            at = above;
        }
        path
    }

    /// Every node and phase with the sum of `amounts` there.
    fn spots(&self, amounts: [u32; SLOTS]) -> Vec<(usize, usize, u32)> {
        let paths: Vec<_> = (0..SLOTS).map(|slot| self.feeds(slot)).collect();
        let mut spots = Vec::new();
        for node in (0..NODES).filter(|node| self.nodes[*node].is_some()) {
            for phase in 0..PHASES {
                let here = |slot: &usize| paths[*slot].contains(&node) && self.places[*slot].1[phase];
                spots.push((node, phase, (0..SLOTS).filter(here).map(|slot| amounts[slot]).sum()));
            }
        }
        spots
    }

    /// The units as they are: no static limit is exceeded.
    pub(crate) fn look(&mut self, now: Instant, units: &[Unit; SLOTS]) {
        let truth = [0, 1, 2].map(|slot| u32::from(units[slot].in_force()));
        for (node, phase, sum) in self.spots(truth) {
            if sum > self.nodes[node].unwrap().ceiling[phase] {
                self.breaks("static_sum_at_every_instant", now, &format!("{truth:?} on node {node}"));
            }
        }
        if self.fell.is_some_and(|fell| now > fell + DEADLINE) {
            self.fell = None;
            self.judge_fall(now);
        }
    }

    /// By now every slave that gets heartbeats was told what fits.
    fn judge_fall(&mut self, now: Instant) {
        let served = |told: &Told| told.at.is_some_and(|at| now.since(at) < Duration::from_secs(3));
        let amounts =
            self.told.map(|told| if served(&told) { u32::from(told.limit.unwrap_or(0).max(600)) } else { 0 });
        let floors = amounts.map(|amount| if amount > 0 { u32::from(FLOOR.value()) } else { 0 });
        let floors = self.spots(floors);
        for ((node, phase, sum), (_, _, floor)) in self.spots(amounts).into_iter().zip(floors) {
            if sum > self.nodes[node].unwrap().now[phase].max(floor) {
                self.breaks("dynamic_drop_lowers_within_deadline", now, &format!("{amounts:?} on node {node}"));
            }
        }
    }

    pub(crate) fn sent_other(&mut self, message: &Message) {
        let old = [Item::OldSerial, Item::OldModel, Item::OldFirmware];
        let harmless = match message {
            Message::LinkReady1(_) | Message::LinkReady2(_) => true,
            Message::Query(query) => !old.contains(&query.item),
            _ => false,
        };
        if !harmless {
            self.breaks("only_harmless_frames", Instant::ZERO, &format!("{message:?}"));
        }
    }

    pub(crate) fn sent(&mut self, now: Instant, heartbeat: &MasterHeartbeat, units: &[Unit; SLOTS]) {
        let Some(slot) = World::slot_of(heartbeat.slave) else { return };
        let known = [Command::NO_CHANGE, Command::INITIAL_LIMIT, Command::ACCEPT_START, Command::LIMIT];
        if !known.contains(&heartbeat.command) {
            self.breaks("only_harmless_frames", now, &format!("{heartbeat:?}"));
        }
        self.asked = Some((slot, now, 0));
        let limit = heartbeat.limit().map(twc_proto::CentiAmps::value);
        self.log.push(Frame { at: now, slot, command: heartbeat.command, limit });
        self.judge_return(now, slot);
        let before = self.told[slot];
        let after_gap = before.at.is_none_or(|at| now.since(at) > GAP);
        let Some(limit) = limit else {
            if after_gap {
                self.breaks("explicit_after_a_gap", now, &format!("{heartbeat:?}"));
            }
            self.told[slot].at = Some(now);
            return;
        };
        if (1..600).contains(&limit) || limit > units[slot].max.max(600) {
            self.breaks("never_between_0_and_min", now, &format!("{limit}"));
        }
        let floored = limit.max(600);
        // Only what this master told in this run is a floor for a raise; the first frames may be one.
        let raises = before.limit.is_none_or(|before| floored > before.max(600)) && floored > 600;
        let truth = [0, 1, 2].map(|slot| u32::from(units[slot].in_force()));
        if raises {
            let path = self.feeds(slot);
            for (node, phase, sum) in self.spots(truth) {
                let here = path.contains(&node) && self.places[slot].1[phase];
                if here && sum > self.nodes[node].unwrap().now[phase] {
                    self.breaks(
                        "no_raise_while_over",
                        now,
                        &format!("{slot} to {limit}, {truth:?} on node {node}"),
                    );
                }
            }
            let held = [0, 1, 2].map(|other| {
                let told = &self.told[other];
                if told.at.is_some_and(|at| now.since(at) >= STOPS) && other != slot {
                    return 0;
                }
                u32::from(if other == slot { floored.max(told.may_hold) } else { told.may_hold })
            });
            for (node, phase, sum) in self.spots(held) {
                let here = path.contains(&node) && self.places[slot].1[phase];
                if here && sum > self.nodes[node].unwrap().ceiling[phase] {
                    self.breaks("lower_before_raise", now, &format!("{slot} to {limit}, {held:?} on node {node}"));
                }
            }
        }
        let told = &mut self.told[slot];
        if told.limit != Some(limit) {
            told.clean = 0;
        }
        *told = Told {
            at: Some(now),
            limit: Some(limit),
            clean: told.clean,
            may_hold: told.may_hold.max(floored),
            comes_back: told.comes_back || told.at.is_some_and(|at| now.since(at) >= STOPS),
        };
    }

    /// The floor of one that must have stopped fits what holds now, beside what others may have. Of another that has
    /// just come back itself what it was told: what it brings back beyond that is a fall.
    fn judge_return(&mut self, now: Instant, slot: usize) {
        let has_stopped = self.told[slot].at.is_some_and(|at| now.since(at) >= STOPS);
        if self.is_misled || !has_stopped {
            return;
        }
        let held = [0, 1, 2].map(|other| match &self.told[other] {
            _ if other == slot => u32::from(FLOOR.value()),
            told if told.at.is_none_or(|at| now.since(at) >= STOPS) => 0,
            Told { comes_back: true, limit, .. } => limit.map_or(0, |limit| u32::from(limit.max(FLOOR.value()))),
            told => u32::from(told.may_hold),
        });
        let path = self.feeds(slot);
        for (node, phase, sum) in self.spots(held) {
            let here = path.contains(&node) && self.places[slot].1[phase];
            if here && sum > self.nodes[node].unwrap().now[phase] {
                self.breaks("a_return_fits", now, &format!("{slot}, {held:?} on node {node}"));
            }
        }
    }

    /// What the master hears: two answers that came in time free what was lowered; one alone does not.
    pub(crate) fn heard(&mut self, now: Instant, message: &Message) {
        let Message::SlaveHeartbeat(answer) = message else { return };
        let Some(slot) = World::slot_of(answer.slave) else { return };
        let in_time = |asked: &(usize, Instant, u8)| asked.0 == slot && now.since(asked.1) < WINDOW;
        let asked = self.asked.as_mut().filter(|asked| in_time(asked)).filter(|_| answer.master == crate::MASTER);
        let only = asked.is_some_and(|(.., answers)| {
            *answers += 1;
            *answers == 1
        });
        let told = &mut self.told[slot];
        let limit = told.limit.unwrap_or(0).max(600);
        if !only || answer.limit.value() > limit {
            told.clean = 0;
            return;
        }
        told.clean = told.clean.saturating_add(1);
        if told.clean >= 2 {
            told.may_hold = limit;
            told.comes_back = false;
        }
    }

    pub(crate) fn ordered(&mut self, now: Instant, place: Place, holds: PhaseAmps, asked: PhaseAmps) {
        let node = self.nodes[index(place)].as_mut().unwrap();
        let (before, asked) = (node.now, values(asked));
        node.now = [0, 1, 2].map(|phase| asked[phase].min(node.ceiling[phase]));
        let (now_holds, falls) = (node.now, (0..PHASES).any(|phase| node.now[phase] < before[phase]));
        if values(holds) != now_holds {
            self.breaks("orders_only_lower", now, &format!("{holds:?}"));
        }
        if falls {
            self.fell = Some(now);
        }
    }

    /// A slave turned out to load every phase.
    pub(crate) fn loads_all(&mut self, now: Instant, slot: usize) {
        self.places[slot].1 = [true; PHASES];
        self.fell = Some(now);
    }

    /// While the process stood still nothing could be sent.
    pub(crate) fn forgive_deadlines(&mut self) {
        self.fell = None;
    }

    /// A new process: it has told nobody anything, and hears of all orders at once.
    pub(crate) fn restarted(&mut self, is_misled: bool) {
        self.fell = None;
        self.is_misled = is_misled;
        for told in &mut self.told {
            *told = Told { limit: None, at: told.at, comes_back: true, ..*told };
        }
    }
}
