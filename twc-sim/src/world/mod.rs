//! The bus with everybody on it: chargers, and one station outside (somebody's master). Sans-IO like the rest.
//!
//! Frames take their time on the wire, two senders at once garble each other, and the line damages what it
//! likes. Listeners get the first byte when it is over, so that they know the line is taken, and the rest in
//! portions.

mod air;
mod outside;
mod run;
mod witness;

use core::time::Duration;

use twc_proto::{Instant, TwcId};

use self::air::Transmission;
pub use self::air::air_time;
use self::outside::Outside;
use self::run::Seat;
use self::witness::Witness;
use crate::charger::Charger;
use crate::checker::{ChargerSummary, Checker, Verdict};
use crate::fault::{FaultPreset, Faults};
use crate::rng::Rng;
use crate::trace::Trace;

/// A machine that wants to be woken again at once is woken after this long.
pub(crate) const BREATH: Duration = Duration::from_millis(1);

/// How a [`World`] is made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WorldConfig {
    /// Decides all damage.
    pub seed: u64,
    /// How bad the line is at the start.
    pub fault: FaultPreset,
    /// The station outside hears its own bytes.
    pub echo: bool,
    /// From the station to the wire, as through a network converter.
    pub delay_to_bus: Duration,
    /// From the wire to the station.
    pub delay_from_bus: Duration,
}

/// What a [`World`] has counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BusStats {
    /// Transmissions in all.
    pub transmissions: u64,
    /// Transmissions that met another.
    pub collided: u64,
    /// Transmissions the line damaged.
    pub damaged: u64,
    /// Messages somebody took for real though nobody sent them.
    pub undetected: u64,
    /// Bytes the station sent faster than the bus could take them.
    pub refused_bytes: u64,
}

/// The bus, its chargers and the station outside.
///
/// `handle_outside` and `handle_timeout` live through everything up to `now` in order. After either, drain
/// [`World::poll_outside`], then wait until [`World::poll_timeout`].
#[derive(Debug)]
pub struct World {
    config: WorldConfig,
    now: Instant,
    seats: Vec<Seat>,
    outside: Outside,
    on_air: Vec<Transmission>,
    /// When something happens next, as of the last change.
    next: Option<Instant>,
    /// Something changed since.
    is_stale: bool,
    faults: Faults,
    rng: Rng,
    trace: Trace,
    stats: BusStats,
    witness: Witness,
    checker: Option<Checker>,
}

impl World {
    /// A bus without chargers.
    pub fn new(config: WorldConfig) -> Self {
        let mut rng = Rng::new(config.seed);
        Self {
            now: Instant::ZERO,
            seats: Vec::new(),
            outside: Outside::new(config.delay_to_bus, config.delay_from_bus),
            on_air: Vec::new(),
            next: None,
            is_stale: true,
            faults: Faults::new(config.fault, rng.next_u64()),
            rng,
            trace: Trace::new(),
            stats: BusStats::default(),
            witness: Witness::default(),
            checker: None,
            config,
        }
    }

    /// Wires a charger to the bus; returns its index.
    pub fn add_charger(&mut self, charger: Charger) -> usize {
        if let Some(checker) = &mut self.checker {
            checker.know(&charger);
        }
        self.seats.push(Seat::new(charger));
        self.is_stale = true;
        self.seats.len() - 1
    }

    /// The charger with this index.
    pub fn charger(&self, index: usize) -> Option<&Charger> {
        self.seats.get(index).map(Seat::charger)
    }

    /// The charger with this index, for commands.
    pub fn charger_mut(&mut self, index: usize) -> Option<&mut Charger> {
        self.is_stale = true;
        self.seats.get_mut(index).map(Seat::charger_mut)
    }

    /// All chargers in the order they were added.
    pub fn chargers(&self) -> impl Iterator<Item = &Charger> {
        self.seats.iter().map(Seat::charger)
    }

    /// The first charger that has this id now.
    pub fn charger_by_id(&self, id: TwcId) -> Option<&Charger> {
        self.chargers().find(|charger| charger.id() == id)
    }

    /// How far the world has lived.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// How bad the line is from now on.
    pub fn set_fault(&mut self, preset: FaultPreset) {
        self.faults.set_preset(preset);
    }

    /// How bad the line is.
    pub fn fault(&self) -> FaultPreset {
        self.faults.preset()
    }

    /// The converter holds bytes in both directions for `span`, then delivers them in order.
    pub fn stall(&mut self, now: Instant, span: Duration) {
        self.handle_timeout(now);
        self.outside.stall(now + span);
        self.is_stale = true;
    }

    /// What was counted.
    pub fn stats(&self) -> BusStats {
        self.stats
    }

    /// The last transmissions.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// From now on `checker` sees everything.
    pub fn attach_checker(&mut self, mut checker: Checker) {
        for charger in self.chargers() {
            checker.know(charger);
        }
        self.checker = Some(checker);
    }

    /// The judge.
    pub fn checker(&self) -> Option<&Checker> {
        self.checker.as_ref()
    }

    /// The judge, to tell it what it cannot see.
    pub fn checker_mut(&mut self) -> Option<&mut Checker> {
        self.checker.as_mut()
    }

    /// The judge's verdict so far, if there is one.
    pub fn verdict(&self) -> Option<Verdict> {
        let mut verdict = self.checker.as_ref()?.verdict();
        let summary = |charger: &Charger| ChargerSummary {
            id: charger.id(),
            relay_closings: charger.relay_closings(),
            watt_hours: charger.delivered_watt_hours(),
        };
        verdict.chargers = self.chargers().map(summary).collect();
        Some(verdict)
    }

    /// The station outside puts bytes on the wire; they take their time.
    pub fn handle_outside(&mut self, now: Instant, bytes: &[u8]) {
        self.handle_timeout(now);
        self.is_stale = true;
        if !self.outside.push(now, bytes) {
            self.stats.refused_bytes = self.stats.refused_bytes.saturating_add(bytes.len() as u64);
        }
        self.handle_timeout(now);
    }

    /// What the station outside has heard since the last call.
    pub fn poll_outside(&mut self) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        self.take_outside(&mut bytes);
        if bytes.is_empty() { None } else { Some(bytes) }
    }

    /// The same, appended to a buffer of the caller's.
    pub fn take_outside(&mut self, out: &mut Vec<u8>) {
        self.outside.take(out);
    }

    /// Lives through everything up to `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        loop {
            self.next = self.poll_timeout();
            self.is_stale = false;
            let Some(at) = self.next.filter(|at| *at <= now) else {
                break;
            };
            self.now = self.now.max(at);
            self.step();
            self.is_stale = true;
        }
        self.now = self.now.max(now);
        self.judge();
    }

    /// When something happens next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        if !self.is_stale {
            return self.next;
        }
        let on_air = self.on_air.iter().map(Transmission::due).min();
        let seats = self.seats.iter().filter_map(Seat::wakes_at).min();
        [self.outside.next(), on_air, seats].into_iter().flatten().min()
    }
}
