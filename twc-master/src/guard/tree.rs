//! The limits that hold now, on every circuit and phase, and who is under which.

use core::time::Duration;

use twc_proto::Instant;

use crate::config::{Circuit, Config, Connection, MAX_CIRCUITS, MAX_SLAVES, PHASES, PhaseAmps, Phases, Place};

/// How long before an order ends its limit falls. Slaves have to be confirmed lower, or silent, 20 s before the end:
/// 2 s until each is told, then 30 s until one that does not follow is silenced.
const LEAD: Duration = Duration::from_secs(52);

/// Instead of an `Option`: half as large, eight times.
const NEVER: Instant = Instant::from_micros(u64::MAX);

/// What each slave counts, in centiamps.
pub(super) type Amounts = [u32; MAX_SLAVES];

/// Where a slave's current flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Load {
    /// One bit per node: those that feed it.
    pub(super) path: u8,
    pub(super) phases: Phases,
}

/// Which limits there has to be room on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limits {
    /// Those that no order lowers: the configured ones, or what is lent of them.
    Fixed,
    /// Those that hold now: the configured ones, or what they have fallen to.
    Now,
}

#[derive(Debug, Clone, Copy)]
struct Node {
    /// One bit per node: this one, and those that feed it. Zero where there is none.
    path: u8,
    ceiling: [u16; PHASES],
    unordered: [u16; PHASES],
    now: [u16; PHASES],
    /// When the lease ends that set `now`; [`NEVER`] without one.
    until: Instant,
    /// An order without an end has set `now`. What a lease leaves is as fixed as the wires: others have the rest.
    is_ordered: bool,
}

/// The site and the circuits below it.
#[derive(Debug)]
pub(super) struct Tree {
    nodes: [Node; MAX_CIRCUITS + 1],
}

fn values(amps: PhaseAmps) -> [u16; PHASES] {
    amps.map(twc_proto::CentiAmps::value)
}

fn least(a: [u16; PHASES], b: [u16; PHASES]) -> [u16; PHASES] {
    let mut least = a;
    least.iter_mut().zip(b).for_each(|(least, b)| *least = (*least).min(b));
    least
}

fn index(place: Place) -> usize {
    match place {
        Place::Site => 0,
        Place::Circuit(number) => usize::from(number) + 1,
    }
}

impl Tree {
    /// The tree of a configuration that was checked.
    pub(super) fn new(config: &Config) -> Self {
        let nothing =
            Node { path: 0, ceiling: [0; 3], unordered: [0; 3], now: [0; 3], until: NEVER, is_ordered: false };
        let mut nodes = [nothing; MAX_CIRCUITS + 1];
        let site = Circuit::new(Place::Site, [config.limit; PHASES]);
        for (number, node) in nodes.iter_mut().enumerate() {
            let below = number.checked_sub(1);
            let circuit = below.map_or(Some(&site), |below| config.circuits.get(below)?.as_ref());
            let Some(circuit) = circuit else { continue };
            node.ceiling = values(circuit.limit);
            node.unordered = least(values(circuit.unordered), node.ceiling);
            node.now = node.unordered;
            node.path = 1 << number | 1;
            let mut above = circuit.fed_by;
            while let Place::Circuit(number) = above {
                let bit = 1 << index(above);
                let Some(Some(circuit)) = config.circuits.get(usize::from(number)) else { break };
                if node.path & bit != 0 {
                    break;
                }
                node.path |= bit;
                above = circuit.fed_by;
            }
        }
        Self { nodes }
    }

    /// The least that may flow now on any phase of the nodes on a path, and whether that is less than configured.
    pub(super) fn least_of(&self, path: u8) -> (u16, bool) {
        let nodes = self.nodes.iter().enumerate().filter(|(bit, _)| path >> bit & 1 == 1);
        let phases = nodes.flat_map(|(_, node)| node.now.into_iter().zip(node.ceiling));
        phases.min().map_or((0, false), |(now, ceiling)| (now, now < ceiling))
    }

    /// Where a slave's current flows: everywhere, as long as nobody has said where.
    pub(super) fn load(&self, connection: Option<&Connection>) -> Load {
        let everywhere = self.nodes.iter().fold(0, |all, node| all | node.path);
        match connection {
            None => Load { path: everywhere, phases: Phases::ALL },
            Some(connection) => {
                let node = self.nodes.get(index(connection.place));
                Load { path: node.map_or(everywhere, |node| node.path), phases: connection.loaded() }
            }
        }
    }

    /// Orders a limit: at most the configured one. What holds now, or `None` where there is no such circuit.
    pub(super) fn order(&mut self, place: Place, limit: PhaseAmps, until: Option<Instant>) -> Option<PhaseAmps> {
        let node = self.nodes.get_mut(index(place)).filter(|node| node.path != 0)?;
        node.now = least(values(limit), node.ceiling);
        node.until = until.unwrap_or(NEVER);
        node.is_ordered = until.is_none();
        Some(node.now.map(twc_proto::CentiAmps::new))
    }

    /// Ends orders whose time has come: early enough for slaves to follow.
    pub(super) fn expire(&mut self, now: Instant) -> bool {
        let mut fell = false;
        for node in &mut self.nodes {
            if node.until != NEVER && now + LEAD >= node.until {
                node.until = NEVER;
                node.now = least(node.now, node.unordered);
                fell = true;
            }
        }
        fell
    }

    /// When the next order ends.
    pub(super) fn expires(&self) -> Option<Instant> {
        self.nodes.iter().map(|node| node.until).min().filter(|until| *until != NEVER).map(|until| until - LEAD)
    }

    /// What may flow into the site on its tightest phase.
    pub(super) fn site_limit(&self) -> u16 {
        let [Node { now: [a, b, c], .. }, ..] = &self.nodes;
        *a.min(b).min(c)
    }

    /// How far below its fixed limit an order has brought the site.
    pub(super) fn lowered_by(&self) -> u16 {
        let [site, ..] = &self.nodes;
        let fixed = site.ceiling.iter().min().filter(|_| site.is_ordered).copied().unwrap_or_default();
        fixed.saturating_sub(self.site_limit())
    }

    /// Whether `load` flows through a place.
    pub(super) fn flows(load: Load, place: Place) -> bool {
        load.path >> index(place) & 1 == 1
    }

    /// What flows through a place on its fullest phase.
    pub(super) fn flowing(place: Place, loads: &[Load; MAX_SLAVES], amounts: &Amounts) -> u32 {
        let mut most = 0;
        for phase in 0..PHASES {
            let there = loads.iter().zip(amounts).filter(|(load, _)| Self::flows(**load, place));
            let there = there.filter(|(load, _)| load.phases.has(phase));
            most = most.max(there.fold(0_u32, |sum, (_, amount)| sum.saturating_add(*amount)));
        }
        most
    }

    /// What is left on the tightest spot that `load` flows through; negative where too much is counted.
    pub(super) fn room(&self, limits: Limits, load: Load, loads: &[Load; MAX_SLAVES], amounts: &Amounts) -> i32 {
        let mut room = i32::MAX;
        for (bit, node) in self.nodes.iter().enumerate().filter(|(bit, _)| load.path >> bit & 1 == 1) {
            let limits = if limits == Limits::Fixed && node.is_ordered { &node.ceiling } else { &node.now };
            for (phase, limit) in limits.iter().enumerate().filter(|(phase, _)| load.phases.has(*phase)) {
                let flows = |other: &Load| other.path >> bit & 1 == 1 && other.phases.has(phase);
                let there = loads.iter().zip(amounts).filter(|(other, _)| flows(other));
                let sum = there.fold(0_u32, |sum, (_, amount)| sum.saturating_add(*amount));
                room = room.min(i32::from(*limit) - i32::try_from(sum).unwrap_or(i32::MAX / 2));
            }
        }
        room
    }
}
