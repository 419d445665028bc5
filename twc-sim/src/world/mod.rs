//! One or several buses with everybody on them, the house they stand in, and the judge who sees it all. Sans-IO like the rest.
//!
//! On each bus there are chargers and one station outside (somebody's master, or nobody). Frames take their time
//! on the wire, two senders at once garble each other, and the line damages what it likes. Listeners get the
//! first byte when it is over, so that they know the line is taken, and the rest in portions; under a
//! [`crate::Sim`] an undamaged frame is handed on whole instead, when its last byte is over, to the same effect.
//!
//! What happens at one moment on several buses happens in the order of the buses.

mod air;
mod bus;
mod home;
mod outside;
mod run;
mod seat;
mod stranger;
mod witness;

use core::time::Duration;

use twc_proto::{Instant, TwcId};

pub(crate) use self::air::PORTION;
pub use self::air::air_time;
use self::bus::Bus;
pub use self::bus::BusStats;
use self::home::Home;
use self::seat::Seat;
use crate::charger::Charger;
use crate::checker::{ChargerSummary, Checker, Verdict};
use crate::earliest::earliest;
use crate::fault::{FaultPreset, FaultRates};
use crate::trace::Trace;

/// A machine that wants to be woken again at once is woken after this long.
pub(crate) const BREATH: Duration = Duration::from_millis(1);
/// So many of the last transmissions go with each violation.
const LAST_EVENTS: usize = 24;

/// How a bus is made, the first of a [`World`] or another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
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

/// The buses, their chargers and the stations outside.
///
/// Most worlds have one bus, number 0; methods that name no bus mean that one, or all where they say so. Chargers
/// are numbered over all buses in the order they were added.
///
/// `handle_outside` and `handle_timeout` live through everything up to `now` in order. After either, drain
/// [`World::poll_outside`], then wait until [`World::poll_timeout`].
#[derive(Debug)]
pub struct World {
    seed: u64,
    now: Instant,
    buses: Vec<Bus>,
    /// Bus and seat of each charger.
    places: Vec<(usize, usize)>,
    home: Option<Home>,
    checker: Option<Checker>,
    /// When house and judge last saw it.
    looked_at: Option<Instant>,
}

impl World {
    /// A bus without chargers.
    pub fn new(config: WorldConfig) -> Self {
        let bus = Bus::new(0, config);
        Self {
            seed: config.seed,
            now: Instant::ZERO,
            buses: vec![bus],
            places: Vec::new(),
            home: None,
            checker: None,
            looked_at: None,
        }
    }

    /// Adds a bus; returns its number. Its seed should differ from the others'.
    pub fn add_bus(&mut self, config: WorldConfig) -> usize {
        let index = self.buses.len();
        self.buses.push(Bus::new(index, config));
        index
    }

    /// How many buses there are.
    pub fn buses(&self) -> usize {
        self.buses.len()
    }

    /// What the world was made from.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Wires a charger to the first bus; returns its index.
    pub fn add_charger(&mut self, charger: Charger) -> usize {
        self.add_charger_on(0, charger)
    }

    /// Wires a charger to this bus (the first, if there is no such bus); returns its index.
    pub fn add_charger_on(&mut self, bus: usize, charger: Charger) -> usize {
        let bus = if bus < self.buses.len() { bus } else { 0 };
        let index = self.places.len();
        if let Some(checker) = &mut self.checker {
            let is_slow = self.buses.get(bus).is_some_and(|bus| bus.outside.is_slow());
            checker.know(bus, index, is_slow, &charger);
        }
        if let Some(slot) = self.buses.get_mut(bus) {
            slot.break_up_frames();
            slot.seats.push(Seat::new(index, charger));
            slot.touch();
            self.places.push((bus, slot.seats.len() - 1));
        }
        index
    }

    /// The charger with this index.
    pub fn charger(&self, index: usize) -> Option<&Charger> {
        let (bus, seat) = *self.places.get(index)?;
        Some(self.buses.get(bus)?.seats.get(seat)?.charger())
    }

    /// The charger with this index, for commands.
    pub fn charger_mut(&mut self, index: usize) -> Option<&mut Charger> {
        let (bus, seat) = *self.places.get(index)?;
        let bus = self.buses.get_mut(bus)?;
        bus.touch();
        Some(bus.seats.get_mut(seat)?.charger_mut())
    }

    /// All chargers in the order they were added.
    pub fn chargers(&self) -> impl Iterator<Item = &Charger> {
        (0..self.places.len()).filter_map(|index| self.charger(index))
    }

    /// The first charger that has this id now.
    pub fn charger_by_id(&self, id: TwcId) -> Option<&Charger> {
        self.chargers().find(|charger| charger.id() == id)
    }

    /// The index of the first charger on this bus that has this id now.
    #[cfg(feature = "scenario")]
    pub(crate) fn find_on(&self, bus: usize, id: TwcId) -> Option<usize> {
        let seats = &self.buses.get(bus)?.seats;
        seats.iter().find(|seat| seat.charger().id() == id).map(|seat| seat.index)
    }

    /// The bus a charger is on.
    pub fn bus_of(&self, charger: usize) -> Option<usize> {
        self.places.get(charger).map(|(bus, _)| *bus)
    }

    /// How far the world has lived.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// How bad every line is from now on: a preset, or rates of one's own.
    pub fn set_fault(&mut self, rates: impl Into<FaultRates>) {
        let rates = rates.into();
        self.buses.iter_mut().for_each(|bus| bus.faults.set_rates(rates));
    }

    /// How bad one line is from now on.
    pub fn set_fault_on(&mut self, bus: usize, rates: impl Into<FaultRates>) {
        if let Some(bus) = self.buses.get_mut(bus) {
            bus.faults.set_rates(rates);
        }
    }

    /// How bad the line is.
    pub fn fault(&self, bus: usize) -> Option<&FaultRates> {
        self.buses.get(bus).map(|bus| bus.faults.rates())
    }

    /// The converter of the first bus holds bytes in both directions for `span`, then delivers them in order.
    pub fn stall(&mut self, now: Instant, span: Duration) {
        self.stall_on(0, now, Some(span), Some(span));
    }

    /// The converter of this bus holds bytes on their way to the bus, on their way from it, or both.
    pub fn stall_on(&mut self, bus: usize, now: Instant, to_bus: Option<Duration>, from_bus: Option<Duration>) {
        self.handle_timeout(now);
        if let Some(slot) = self.buses.get_mut(bus) {
            slot.stall(to_bus, from_bus);
            if let Some(checker) = &mut self.checker {
                let span = to_bus.unwrap_or_default().max(from_bus.unwrap_or_default());
                checker.on_stall(bus, now + span);
            }
        }
    }

    /// What was counted on all buses.
    pub fn stats(&self) -> BusStats {
        self.buses.iter().fold(BusStats::default(), |sum, bus| sum.plus(&bus.stats))
    }

    /// The last transmissions on the first bus.
    pub fn trace(&self) -> &Trace {
        // There is always a first bus.
        static NONE: Trace = Trace::empty();
        self.trace_of(0).unwrap_or(&NONE)
    }

    /// The last transmissions on this bus.
    pub fn trace_of(&self, bus: usize) -> Option<&Trace> {
        self.buses.get(bus).map(|bus| &bus.trace)
    }

    /// From now on `checker` sees everything.
    pub fn attach_checker(&mut self, mut checker: Checker) {
        for (index, (bus, _)) in self.places.iter().enumerate() {
            if let Some(charger) = self.charger(index) {
                let is_slow = self.buses.get(*bus).is_some_and(|bus| bus.outside.is_slow());
                checker.know(*bus, index, is_slow, charger);
            }
        }
        self.checker = Some(checker);
        self.buses.iter_mut().for_each(Bus::touch_all);
    }

    /// The judge.
    pub fn checker(&self) -> Option<&Checker> {
        self.checker.as_ref()
    }

    /// The judge, to tell it what it cannot see.
    pub fn checker_mut(&mut self) -> Option<&mut Checker> {
        self.checker.as_mut()
    }

    /// Everything was put right: from now on every charger must be linked by its deadline. Nothing is demanded
    /// without [`crate::checker::CheckerConfig::service`].
    pub fn demand_recovery(&mut self) {
        let Some(checker) = &mut self.checker else {
            return;
        };
        for seat in self.buses.iter().flat_map(|bus| &bus.seats) {
            checker.demand_recovery(self.now, seat.index, seat.charger());
        }
    }

    /// The judge's verdict so far, if there is one.
    pub fn verdict(&self) -> Option<Verdict> {
        let mut verdict = self.checker.as_ref()?.verdict();
        let summary = |(index, charger): (usize, &Charger)| {
            let (strikes, longest_gap) = self.checker.as_ref()?.service_of(index);
            Some(ChargerSummary {
                id: charger.id(),
                relay_closings: charger.relay_closings(),
                watt_hours: charger.delivered_watt_hours(),
                strikes,
                longest_gap,
            })
        };
        verdict.chargers = self.chargers().enumerate().filter_map(summary).collect();
        Some(verdict)
    }

    /// The station outside the first bus puts bytes on the wire; they take their time.
    pub fn handle_outside(&mut self, now: Instant, bytes: &[u8]) {
        self.handle_outside_on(0, now, bytes);
    }

    /// The station outside this bus puts bytes on the wire.
    pub fn handle_outside_on(&mut self, bus: usize, now: Instant, bytes: &[u8]) {
        self.handle_timeout(now);
        if let Some(bus) = self.buses.get_mut(bus) {
            bus.handle_outside(bytes, self.checker.as_mut());
        }
        self.handle_timeout(now);
    }

    /// What the station outside the first bus has heard since the last call.
    pub fn poll_outside(&mut self) -> Option<Vec<u8>> {
        self.poll_outside_on(0)
    }

    /// What the station outside this bus has heard since the last call.
    pub fn poll_outside_on(&mut self, bus: usize) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        self.take_outside_on(bus, &mut bytes);
        if bytes.is_empty() { None } else { Some(bytes) }
    }

    /// The same, appended to a buffer of the caller's.
    pub fn take_outside_on(&mut self, bus: usize, out: &mut Vec<u8>) {
        if let Some(bus) = self.buses.get_mut(bus) {
            bus.outside.take(out);
        }
    }

    /// Lives through everything up to `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(at) = self.next().filter(|at| *at <= now) {
            self.now = self.now.max(at);
            for bus in &mut self.buses {
                if bus.refresh().is_some_and(|due| due <= at) {
                    bus.step(at, self.checker.as_mut());
                }
            }
            self.look_around();
        }
        self.now = self.now.max(now);
        for bus in &mut self.buses {
            bus.now = self.now;
        }
        if self.looked_at != Some(self.now) || self.buses.iter().any(|bus| bus.is_touched) {
            self.look_around();
        }
    }

    /// The house and the judge see what has happened.
    fn look_around(&mut self) {
        self.live_at_home();
        self.judge();
        self.looked_at = Some(self.now);
    }

    /// When something happens next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let home = self.home.as_ref().and_then(Home::next);
        self.buses.iter().fold(home, |next, bus| earliest([next, bus.poll_timeout()]))
    }

    fn next(&mut self) -> Option<Instant> {
        let home = self.home.as_ref().and_then(Home::next);
        self.buses.iter_mut().fold(home, |next, bus| earliest([next, bus.refresh()]))
    }

    /// Under a [`crate::Sim`], undamaged frames are handed on whole.
    pub(crate) fn set_quick(&mut self, bus: usize, is_quick: bool) {
        if let Some(bus) = self.buses.get_mut(bus) {
            bus.break_up_frames();
            bus.is_quick = is_quick;
        }
    }

    /// Every charger lives up to now, also one that nothing has happened to.
    pub(crate) fn catch_up(&mut self) {
        let now = self.now;
        for seat in self.buses.iter_mut().flat_map(|bus| &mut bus.seats) {
            seat.catch_up(now);
        }
    }

    /// Until when the line is taken by a frame that the station outside gets only at its end.
    pub(crate) fn taken_until(&self, bus: usize, now: Instant) -> Option<Instant> {
        self.buses.get(bus)?.taken_until(now)
    }

    /// What the station outside has heard before now, though it was to get it later as a whole.
    pub(crate) fn take_belated(&mut self, bus: usize) -> Vec<(Instant, Vec<u8>)> {
        self.buses.get_mut(bus).map(|bus| core::mem::take(&mut bus.outside.arrived_before)).unwrap_or_default()
    }

    /// Somebody joins in the middle.
    pub(crate) fn break_up_frames(&mut self, bus: usize) {
        if let Some(bus) = self.buses.get_mut(bus) {
            bus.break_up_frames();
        }
    }

    fn judge(&mut self) {
        let Some(checker) = &mut self.checker else {
            return;
        };
        for bus in self.buses.iter_mut().filter(|bus| bus.is_touched) {
            bus.is_touched = false;
            for seat in bus.seats.iter_mut().filter(|seat| seat.is_touched) {
                seat.is_touched = false;
                checker.look(self.now, bus.index, seat.index, seat.charger());
            }
        }
        checker.judge(self.now);
        while let Some(finding) = checker.poll_finding() {
            let trace = self.buses.get(finding.bus.unwrap_or(0)).map(|bus| &bus.trace);
            let trace = trace.filter(|_| checker.wants_events());
            let last_events = trace.map(|trace| trace.last(LAST_EVENTS)).unwrap_or_default();
            checker.keep(finding, last_events);
        }
    }
}
