//! A world with a master in it, run as fast as the machine can.

use twc_proto::slip::END;
use twc_proto::{Instant, Link, Node};

use crate::world::{BREATH, World, air_time};

/// A [`World`] and the master at its outside station.
///
/// Starts at the world's time. Commands to the master or the chargers go through [`Sim::master_mut`] and
/// [`Sim::world_mut`]; the next step drains their polls.
#[derive(Debug)]
pub struct Sim<N> {
    world: World,
    master: Option<Link<N>>,
    now: Instant,
    /// When the last byte of the frame on its way is on the wire.
    sent_at: Option<Instant>,
    /// The master is not woken before.
    rests_until: Instant,
    buffer: Vec<u8>,
}

impl<N: Node> Sim<N> {
    /// `master` on the bus of `world`.
    pub fn new(world: World, master: Link<N>) -> Self {
        let now = world.now();
        Self { world, master: Some(master), now, sent_at: None, rests_until: now, buffer: Vec::new() }
    }

    /// How far it has run.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// The bus and its chargers.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The bus and its chargers, for commands.
    pub fn world_mut(&mut self) -> &mut World {
        &mut self.world
    }

    /// The master, unless it was taken.
    pub fn master(&self) -> Option<&Link<N>> {
        self.master.as_ref()
    }

    /// The master, for commands.
    pub fn master_mut(&mut self) -> Option<&mut Link<N>> {
        self.master.as_mut()
    }

    /// Kills the master. What it has handed over still goes out.
    pub fn take_master(&mut self) -> Option<Link<N>> {
        self.sent_at = None;
        if let Some(checker) = self.world.checker_mut() {
            checker.on_master_replaced(self.now);
        }
        self.master.take()
    }

    /// Puts another master in place of the present one, which is returned.
    pub fn replace_master(&mut self, master: Link<N>) -> Option<Link<N>> {
        let old = self.take_master();
        self.master = Some(master);
        self.rests_until = self.now;
        old
    }

    /// Runs until `until`; `observe` is called after every step.
    pub fn run_until(&mut self, until: Instant, mut observe: impl FnMut(&mut Self)) {
        while self.now < until {
            self.step(until);
            observe(self);
        }
    }

    /// Goes on to the next event, not beyond `until`, and returns its time.
    pub fn step(&mut self, until: Instant) -> Instant {
        self.pump();
        let next = [self.world.poll_timeout(), self.master_deadline()].into_iter().flatten().min();
        self.now = next.map_or(until, |at| at.min(until)).max(self.now);
        self.world.handle_timeout(self.now);
        self.master_hears();
        if self.sent_at.is_some_and(|at| at <= self.now) {
            self.sent_at = None;
            if let Some(master) = &mut self.master {
                master.handle_sent(self.now);
            }
        }
        if self.master_deadline().is_some_and(|at| at <= self.now) {
            self.rests_until = self.now + BREATH;
            if let Some(master) = &mut self.master {
                master.handle_timeout(self.now);
            }
        }
        self.pump();
        self.now
    }

    fn master_deadline(&self) -> Option<Instant> {
        if self.sent_at.is_some() {
            return self.sent_at;
        }
        Some(self.master.as_ref()?.poll_timeout()?.max(self.rests_until))
    }

    /// Puts on the wire what the master has to send.
    fn pump(&mut self) {
        let Some(master) = &mut self.master else {
            return;
        };
        if let Some(wire) = master.poll_transmit(self.now) {
            let bytes = wire.as_ref();
            // The tail byte is not part of the frame: the master is told when the closing delimiter is over.
            let without_tail = bytes.iter().rposition(|byte| *byte == END).map_or(bytes.len(), |last| last + 1);
            self.sent_at = Some(self.now + air_time(without_tail));
            self.world.handle_outside(self.now, bytes);
        }
    }

    fn master_hears(&mut self) {
        self.buffer.clear();
        self.world.take_outside(&mut self.buffer);
        if let Some(master) = self.master.as_mut().filter(|_| !self.buffer.is_empty()) {
            master.handle_bytes(self.now, &self.buffer);
        }
    }
}
