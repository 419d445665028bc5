//! A world with masters in it, run as fast as the machine can.

use core::time::Duration;

use twc_proto::slip::END;
use twc_proto::{CentiAmps, Instant, Link, Node};

use crate::car::{Car, CarProfile};
use crate::charger::{Charger, ChargerConfig};
use crate::checker::{Checker, CheckerConfig, Verdict};
use crate::earliest::earliest;
use crate::world::{BREATH, PORTION, World, WorldConfig, air_time};

/// A [`World`] with a master at the outside station of each bus, or at none.
///
/// ```
/// use core::time::Duration;
/// use twc_proto::{CentiAmps, TwcId};
/// use twc_sim::{CarProfile, ChargerConfig, Sim};
/// # struct MyMaster;
/// # impl twc_proto::Node for MyMaster {
/// #     fn handle_message(&mut self, _: twc_proto::Instant, _: &twc_proto::Received) {}
/// #     fn handle_timeout(&mut self, _: twc_proto::Instant) {}
/// #     fn poll_transmit(&mut self, _: twc_proto::Instant) -> Option<twc_proto::Envelope> { None }
/// #     fn poll_timeout(&self) -> Option<twc_proto::Instant> { None }
/// # }
///
/// let mut sim = Sim::new(7, MyMaster);
/// sim.set_limit(CentiAmps::from_amps(40));
/// let unit = sim.add_charger(ChargerConfig::p2(TwcId::new(0x3495)));
/// sim.add_car(unit, CarProfile::tesla(), 20_000);
/// sim.run_for(Duration::from_secs(3_600));
/// let verdict = sim.verdict();
/// assert!(verdict.is_ok(), "{verdict}");
/// ```
///
/// Commands to a master or the chargers go through [`Sim::master_mut`] and [`Sim::world_mut`]; the next step
/// drains their polls. There is always a judge: without one of the caller's it judges everything but limits.
#[derive(Debug)]
pub struct Sim<N> {
    world: World,
    desks: Vec<Desk<N>>,
    now: Instant,
    buffer: Vec<u8>,
    is_byte_by_byte: bool,
}

/// The station outside one bus.
#[derive(Debug)]
struct Desk<N> {
    master: Option<Link<N>>,
    /// When the last byte of the frame on its way is on the wire.
    sent_at: Option<Instant>,
    /// The master is not woken before.
    rests_until: Instant,
    /// What the master wants next, as of the last look.
    wakes_at: Option<Instant>,
    /// Somebody had their hands on it since.
    is_stale: bool,
}

impl<N> Desk<N> {
    fn new(master: Option<Link<N>>, now: Instant) -> Self {
        Self { master, sent_at: None, rests_until: now, wakes_at: None, is_stale: true }
    }
}

impl<N: Node> Sim<N> {
    /// `master` on a clean bus without chargers.
    pub fn new(seed: u64, master: N) -> Self {
        Self::with_world(World::new(WorldConfig { seed, ..WorldConfig::default() }), Link::new(master))
    }

    /// `master`, or nobody, on the first bus of `world`. Starts at the world's time.
    pub fn with_world(mut world: World, master: impl Into<Option<Link<N>>>) -> Self {
        let now = world.now();
        if world.checker().is_none() {
            world.attach_checker(Checker::new(CheckerConfig::without_limits(world.seed())));
        }
        let mut desks = vec![Desk::new(master.into(), now)];
        desks.resize_with(world.buses().max(1), || Desk::new(None, now));
        let mut sim = Self { world, desks, now, buffer: Vec::new(), is_byte_by_byte: false };
        for bus in 0..sim.desks.len() {
            sim.choose_way(bus);
        }
        sim
    }

    /// All chargers together may draw so much, per phase. Puts a new judge in place.
    pub fn set_limit(&mut self, limit: CentiAmps) {
        let config = CheckerConfig::new(self.world.seed(), u32::from(limit.value()));
        self.world.attach_checker(Checker::new(config));
    }

    /// Powers up a charger on the first bus; returns its index.
    pub fn add_charger(&mut self, config: ChargerConfig) -> usize {
        let index = self.world.chargers().count() as u64;
        let seed = self.world.seed().wrapping_add(index).wrapping_add(1);
        self.world.add_charger(Charger::new(config, seed, self.now))
    }

    /// Plugs in a car that wants so much; false where one is plugged in already, or there is no such charger.
    pub fn add_car(&mut self, charger: usize, profile: CarProfile, watt_hours: u32) -> bool {
        let now = self.now;
        let charger = self.world.charger_mut(charger);
        charger.is_some_and(|charger| charger.plug_in(now, Car::new(profile, watt_hours)).is_ok())
    }

    /// How far it has run.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// The buses and their chargers.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The buses and their chargers, for commands.
    pub fn world_mut(&mut self) -> &mut World {
        &mut self.world
    }

    /// The master on the first bus, unless it was taken.
    pub fn master(&self) -> Option<&Link<N>> {
        self.master_on(0)
    }

    /// The master on this bus.
    pub fn master_on(&self, bus: usize) -> Option<&Link<N>> {
        self.desks.get(bus)?.master.as_ref()
    }

    /// The master on the first bus, for commands.
    pub fn master_mut(&mut self) -> Option<&mut Link<N>> {
        self.master_mut_on(0)
    }

    /// The master on this bus, for commands.
    pub fn master_mut_on(&mut self, bus: usize) -> Option<&mut Link<N>> {
        let desk = self.desks.get_mut(bus)?;
        desk.is_stale = true;
        desk.master.as_mut()
    }

    /// Kills the master on the first bus. What it has handed over still goes out.
    pub fn take_master(&mut self) -> Option<Link<N>> {
        self.put_master_on(0, None)
    }

    /// Puts another master in place of the present one of the first bus, which is returned.
    pub fn replace_master(&mut self, master: Link<N>) -> Option<Link<N>> {
        self.put_master_on(0, Some(master))
    }

    /// Puts a master, or nobody, in place of the present one of this bus, which is returned.
    pub fn put_master_on(&mut self, bus: usize, master: Option<Link<N>>) -> Option<Link<N>> {
        self.world.break_up_frames(bus);
        // What the old one has heard of a frame under way, the new one has not.
        drop(self.world.take_belated(bus));
        if let Some(checker) = self.world.checker_mut() {
            checker.on_master_replaced(bus, self.now);
        }
        let desk = self.desks.get_mut(bus)?;
        let old = core::mem::replace(desk, Desk::new(master, self.now)).master;
        self.choose_way(bus);
        old
    }

    /// The judgement so far.
    pub fn verdict(&self) -> Verdict {
        self.world.verdict().unwrap_or_else(|| Checker::new(CheckerConfig::without_limits(0)).verdict())
    }

    /// Runs for `span`.
    pub fn run_for(&mut self, span: Duration) {
        self.run_until(self.now + span, |_| {});
    }

    /// Runs until `until`; `observe` is called after every step. At the end every charger's energy is counted
    /// to the last moment, in between only as far as the charger was busy.
    pub fn run_until(&mut self, until: Instant, mut observe: impl FnMut(&mut Self)) {
        while self.now < until {
            self.step(until);
            observe(self);
        }
        self.world.catch_up();
    }

    /// Goes on to the next event, not beyond `until`, and returns its time.
    pub fn step(&mut self, until: Instant) -> Instant {
        self.pump_all();
        let world = self.world.poll_timeout();
        let next = self.desks.iter().fold(world, |next, desk| earliest([next, desk.wakes_at]));
        self.now = next.map_or(until, |at| at.min(until)).max(self.now);
        self.world.handle_timeout(self.now);
        for bus in 0..self.desks.len() {
            self.serve(bus);
        }
        self.pump_all();
        self.now
    }

    /// Undamaged frames go byte by byte too, as damaged ones always do: slower, to the same effect.
    #[doc(hidden)]
    pub fn byte_by_byte(&mut self) {
        self.is_byte_by_byte = true;
        for bus in 0..self.desks.len() {
            self.choose_way(bus);
        }
    }

    /// Frames go whole where the master's link waits for their end anyway.
    fn choose_way(&mut self, bus: usize) {
        let master = self.master_on(bus);
        let waits = master.is_none_or(|master| master.settings().quiet_gap > air_time(PORTION));
        self.world.set_quick(bus, waits && !self.is_byte_by_byte);
    }

    /// What the master of one bus hears, and its deadlines.
    fn serve(&mut self, bus: usize) {
        self.buffer.clear();
        self.world.take_outside_on(bus, &mut self.buffer);
        let Some(desk) = self.desks.get_mut(bus) else {
            return;
        };
        let Some(master) = &mut desk.master else {
            return;
        };
        for (at, bytes) in self.world.take_belated(bus) {
            master.handle_bytes(at, &bytes);
            desk.is_stale = true;
        }
        let now = self.now;
        if !self.buffer.is_empty() {
            master.handle_bytes(now, &self.buffer);
            desk.is_stale = true;
        }
        if desk.wakes_at.is_none_or(|at| at > now) && !desk.is_stale {
            return;
        }
        if desk.sent_at.is_some_and(|at| at <= now) {
            desk.sent_at = None;
            master.handle_sent(now);
        }
        desk.is_stale = true;
        let is_due = desk.sent_at.is_none()
            && master.poll_timeout().is_some_and(|at| at.max(desk.rests_until) <= now)
            && self.world.taken_until(bus, now).is_none();
        if is_due {
            desk.rests_until = now + BREATH;
            master.handle_timeout(now);
        }
    }

    fn pump_all(&mut self) {
        for bus in 0..self.desks.len() {
            self.pump(bus);
        }
    }

    /// Puts on the wire what a master has to send, and asks when it wants to be woken.
    fn pump(&mut self, bus: usize) {
        let now = self.now;
        let Some(desk) = self.desks.get_mut(bus).filter(|desk| desk.is_stale) else {
            return;
        };
        desk.is_stale = false;
        desk.wakes_at = desk.sent_at;
        let Some(master) = &mut desk.master else {
            return;
        };
        // A frame that is handed over at its end keeps the line taken meanwhile.
        let taken_until = self.world.taken_until(bus, now);
        let wire = if taken_until.is_none() { master.poll_transmit(now) } else { None };
        if let Some(wire) = &wire {
            let bytes = wire.as_ref();
            // The tail byte is not part of the frame: the master is told when the closing delimiter is over.
            let without_tail = bytes.iter().rposition(|byte| *byte == END).map_or(bytes.len(), |last| last + 1);
            desk.sent_at = Some(now + air_time(without_tail));
            desk.wakes_at = desk.sent_at;
            self.world.handle_outside_on(bus, now, bytes);
        } else if desk.sent_at.is_none() {
            let wakes_at = master.poll_timeout().map(|at| at.max(desk.rests_until));
            desk.wakes_at = wakes_at.map(|at| taken_until.map_or(at, |until| at.max(until)));
        }
    }
}
