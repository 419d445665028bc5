//! The invariants of docs/safety.md as properties: whatever happens to master, units and wire, in any order.
//!
//! A failure shrinks to a list of [`Op`]s. The judge looks at frames and at what the units truly obey; it never asks
//! the master. Each property has a strategy that goes where it hurts; `everything` mixes all.

mod judge;
mod narrow;
mod stories;
mod unit;
mod world;

use core::time::Duration;

use proptest::prelude::*;
use proptest::sample::select;
use twc_master::{Circuit, Config, Connection, Phases, Place};
use twc_proto::message::MasterHeartbeat;
use twc_proto::{CentiAmps, Message, Sign, TwcId, Version};

use unit::{Mood, Unit};
use world::{SLOTS, World};

pub(crate) const IDS: [TwcId; SLOTS] = [TwcId::new(0x3495), TwcId::new(0x3496), TwcId::new(0x3497)];
const MASTER: TwcId = TwcId::new(0x4242);

/// Something that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    /// Nothing, for so many tenths of a second.
    Wait(u16),
    Plug(usize),
    Unplug(usize),
    ResetsItself(usize),
    Reboot(usize),
    Power(usize, bool),
    /// The next frames to, or answers from, this unit.
    Unheard(usize, u8),
    Unanswered(usize, u8),
    Late(usize),
    Doubled(usize, u8),
    Misaddressed(usize, u8),
    Unasked(usize),
    Garbage,
    /// The share asks for so many amperes.
    Ask(usize, u16),
    /// A limit in amperes for a node.
    Order(u8, u16),
    Mood(usize, Mood),
    Stall(u8),
    Restart(u8),
    DiskStuck(bool),
    ForeignFrame,
}

fn amps(amps: u16) -> CentiAmps {
    CentiAmps::from_amps(amps)
}

/// The installation: a site, a panel with two slaves and a circuit below it with one of them.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::struct_excessive_bools)] // Facts, each on its own.
struct House {
    site: u16,
    panel: u16,
    circuit: u16,
    listed: bool,
    single_phase: bool,
    expected: u8,
    refreshed_by_any: bool,
    first_is_p1: bool,
}

fn house() -> impl Strategy<Value = House> {
    let amps = (12..70_u16, 6..50_u16, 6..40_u16);
    (amps, any::<[bool; 4]>(), select(vec![0_u8, 3])).prop_map(|((site, panel, circuit), flags, expected)| {
        let [listed, single_phase, refreshed_by_any, first_is_p1] = flags;
        House { site, panel, circuit, listed, single_phase, expected, refreshed_by_any, first_is_p1 }
    })
}

impl House {
    fn config(&self) -> Config {
        let mut config = Config::new(MASTER, Sign::new(1), amps(self.site));
        config.circuit_limit = Some(amps(80));
        config.expected_slaves = self.expected;
        config.durable = true;
        config.circuits[0] = Some(Circuit::new(Place::Circuit(1), [amps(self.circuit); 3]));
        config.circuits[1] = Some(Circuit::new(Place::Site, [amps(self.panel); 3]));
        if self.listed {
            // Each of the two on a phase of its own: counted on all, they no longer fit beside each other.
            let phases = [Phases::L2, Phases::L3].map(|phase| [phase, Phases::NONE, Phases::NONE]);
            let places = [Place::Circuit(0), Place::Circuit(1), Place::Site];
            config.connections = [0, 1, 2].map(|slot: usize| {
                let phases = phases.get(slot).copied().filter(|_| self.single_phase);
                Some(Connection { phases, ..Connection::new(IDS[slot], places[slot]) })
            });
        }
        config
    }

    fn world(&self, asks: u16) -> World {
        let units = [0, 1, 2].map(|slot| {
            let version = if slot == 0 && self.first_is_p1 { Version::P1 } else { Version::P2 };
            let mut unit = Unit::new(IDS[slot], version, if slot == 1 { 8_000 } else { 3_200 });
            unit.refreshed_by_any = self.refreshed_by_any;
            unit
        });
        World::new(self.config(), units, [asks; SLOTS])
    }
}

fn slot() -> impl Strategy<Value = usize> {
    0..SLOTS
}

fn wait() -> impl Strategy<Value = Op> {
    prop_oneof![4 => 1..40_u16, 2 => 40..200_u16, 1 => 200..1_300_u16].prop_map(Op::Wait)
}

fn cars() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => slot().prop_map(Op::Plug),
        1 => slot().prop_map(Op::Unplug),
        1 => slot().prop_map(Op::ResetsItself),
        2 => (slot(), prop_oneof![0..80_u16, Just(655)]).prop_map(|(slot, amps)| Op::Ask(slot, amps)),
    ]
}

fn wire() -> impl Strategy<Value = Op> {
    prop_oneof![
        2 => (slot(), 1..25_u8).prop_map(|(slot, frames)| Op::Unheard(slot, frames)),
        2 => (slot(), 1..25_u8).prop_map(|(slot, frames)| Op::Unanswered(slot, frames)),
        1 => slot().prop_map(Op::Late),
        1 => (slot(), 1..5_u8).prop_map(|(slot, frames)| Op::Doubled(slot, frames)),
        1 => (slot(), 1..5_u8).prop_map(|(slot, frames)| Op::Misaddressed(slot, frames)),
        1 => slot().prop_map(Op::Unasked),
        1 => Just(Op::Garbage),
    ]
}

fn orders() -> impl Strategy<Value = Op> {
    (0..3_u8, prop_oneof![4 => 6..70_u16, 1 => 0..6_u16]).prop_map(|(node, amps)| Op::Order(node, amps))
}

fn machines() -> impl Strategy<Value = Op> {
    prop_oneof![
        2 => (1..12_u8).prop_map(Op::Stall),
        3 => (0..70_u8).prop_map(Op::Restart),
        1 => any::<bool>().prop_map(Op::DiskStuck),
        1 => Just(Op::ForeignFrame),
        1 => slot().prop_map(Op::Reboot),
        2 => (slot(), any::<bool>()).prop_map(|(slot, on)| Op::Power(slot, on)),
    ]
}

fn moods() -> impl Strategy<Value = Op> {
    let mood = prop_oneof![
        2 => Just(Mood::Honest),
        1 => (20..150_u16).prop_map(Mood::OverReads),
        2 => Just(Mood::KeepsDrawing),
        1 => (0..9_000_u16, 0..9_000_u16).prop_map(|(limit, drawn)| Mood::Boasts(limit, drawn)),
        1 => Just(Mood::Boasts(u16::MAX, u16::MAX)),
    ];
    (slot(), mood).prop_map(|(slot, mood)| Op::Mood(slot, mood))
}

fn ops(op: impl Strategy<Value = Op>) -> impl Strategy<Value = Vec<Op>> {
    prop::collection::vec(op, 1..120)
}

fn everything() -> impl Strategy<Value = Vec<Op>> {
    ops(prop_oneof![8 => wait(), 4 => cars(), 4 => wire(), 2 => orders(), 2 => machines(), 2 => moods()])
}

fn happen(world: &mut World, op: Op) {
    let now = world.now;
    match op {
        Op::Wait(tenths) => world.run_for(Duration::from_millis(u64::from(tenths) * 100)),
        Op::Plug(slot) => world.units[slot].plug(),
        Op::Unplug(slot) => world.units[slot].unplug(),
        Op::ResetsItself(slot) => world.units[slot].resets_itself(),
        Op::Reboot(slot) => world.units[slot].reboot(now),
        Op::Power(slot, on) => {
            let unit = &mut world.units[slot];
            if on && !unit.powered {
                unit.reboot(now);
            }
            unit.powered = on;
        }
        Op::Unheard(slot, frames) => world.trouble[slot].unheard = frames,
        Op::Unanswered(slot, frames) => world.trouble[slot].unanswered = frames,
        Op::Late(slot) => world.trouble[slot].late = 1,
        Op::Doubled(slot, frames) => world.trouble[slot].doubled = frames,
        Op::Misaddressed(slot, frames) => world.trouble[slot].misaddressed = frames,
        Op::Unasked(slot) => world.unasked(slot),
        Op::Garbage => world.garbage(),
        Op::Ask(slot, amps) => {
            let mut asks = world.share.0.get();
            asks[slot] = amps.saturating_mul(100);
            world.share.0.set(asks);
        }
        Op::Order(0, amps) => world.order(Place::Site, [CentiAmps::from_amps(amps); 3]),
        Op::Order(node, amps) => world.order(Place::Circuit(node - 1), [CentiAmps::from_amps(amps); 3]),
        Op::Mood(slot, mood) => world.units[slot].mood = mood,
        Op::Stall(seconds) => world.stall(Duration::from_secs(u64::from(seconds))),
        Op::Restart(seconds) => world.restart(Duration::from_secs(u64::from(seconds))),
        Op::DiskStuck(stuck) => world.disk_stuck = stuck,
        Op::ForeignFrame => {
            let heartbeat = MasterHeartbeat::no_change(TwcId::new(0x7973), IDS[0]);
            world.hears(Message::MasterHeartbeat(heartbeat));
            world.judge.forgive_deadlines();
        }
    }
}

/// Plays `ops` in a house whose share asks for everything.
fn play(house: House, ops: &[Op]) -> World {
    let mut world = house.world(u16::MAX);
    for op in ops {
        happen(&mut world, *op);
    }
    world.run_for(Duration::from_secs(3));
    world
}

fn holds(world: &World, rule: &str) -> Result<(), TestCaseError> {
    let Some(text) = world.judge.broken.get(rule) else { return Ok(()) };
    let said: Vec<_> = world.events.iter().map(|(at, event)| format!("{at} {event}")).collect();
    Err(TestCaseError::fail(format!("{text}; what the master said:\n{}", said.join("\n"))))
}

/// Fewer than usual, for each is minutes of bus time; `PROPTEST_CASES` sets another number.
fn cases() -> ProptestConfig {
    let set = std::env::var_os("PROPTEST_CASES").is_some();
    ProptestConfig {
        failure_persistence: None,
        ..if set { ProptestConfig::default() } else { ProptestConfig::with_cases(48) }
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn static_sum_at_every_instant(house in house(), ops in everything()) {
        holds(&play(house, &ops), "static_sum_at_every_instant")?;
    }

    #[test]
    fn lower_before_raise(house in house(), ops in ops(prop_oneof![4 => wait(), 3 => cars(), 2 => wire()])) {
        holds(&play(house, &ops), "lower_before_raise")?;
    }

    #[test]
    fn no_raise_while_over(
        house in house(),
        ops in ops(prop_oneof![4 => wait(), 3 => cars(), 3 => orders(), 1 => moods(), 1 => wire()]),
    ) {
        holds(&play(house, &ops), "no_raise_while_over")?;
    }

    #[test]
    fn dynamic_drop_lowers_within_deadline(
        house in house(),
        ops in ops(prop_oneof![4 => wait(), 3 => cars(), 3 => orders(), 1 => moods(), 1 => wire()]),
    ) {
        let world = play(house, &ops);
        holds(&world, "dynamic_drop_lowers_within_deadline")?;
        holds(&world, "orders_only_lower")?;
    }

    #[test]
    fn never_between_0_and_min(house in house(), ops in everything()) {
        let world = play(house, &ops);
        holds(&world, "never_between_0_and_min")?;
        holds(&world, "only_harmless_frames")?;
        holds(&world, "explicit_after_a_gap")?;
    }

    #[test]
    fn restart_never_raises(
        house in house(),
        ops in ops(prop_oneof![6 => wait(), 4 => cars(), 2 => wire(), 2 => orders(), 4 => machines()]),
    ) {
        let world = play(house, &ops);
        holds(&world, "static_sum_at_every_instant")?;
        holds(&world, "a_return_fits")?;
    }

    #[test]
    fn lost_slave_reserved(
        house in house().prop_map(|house| House { refreshed_by_any: true, ..house }),
        ops in ops(prop_oneof![6 => wait(), 3 => cars(), 6 => wire()]),
    ) {
        holds(&play(house, &ops), "static_sum_at_every_instant")?;
    }
}
