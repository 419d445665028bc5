//! The house that the chargers of all buses share.

use std::collections::VecDeque;

use twc_proto::Instant;

use super::World;
use super::bus::Bus;
use crate::checker::Checker;
use crate::house::{House, MeterSample, Trip};

/// Samples and trips that nobody fetches are forgotten beyond this, the oldest first.
const MAX_WAITING: usize = 64;

/// A house, and what it has told and nobody has fetched.
#[derive(Debug)]
pub(super) struct Home {
    house: House,
    samples: VecDeque<MeterSample>,
    trips: VecDeque<Trip>,
}

impl Home {
    pub(super) fn next(&self) -> Option<Instant> {
        self.house.poll_timeout()
    }

    fn drain(&mut self, checker: Option<&mut Checker>) {
        while let Some(sample) = self.house.poll_sample() {
            keep(&mut self.samples, sample);
        }
        let mut checker = checker;
        while let Some(trip) = self.house.poll_trip() {
            keep(&mut self.trips, trip);
            if let Some(checker) = &mut checker {
                checker.on_trip(trip.at, format!("breaker {} of the house, {:?}", trip.breaker, trip.line));
            }
        }
    }
}

fn keep<T>(queue: &mut VecDeque<T>, item: T) {
    if queue.len() >= MAX_WAITING {
        queue.pop_front();
    }
    queue.push_back(item);
}

impl World {
    /// Puts a house around the chargers. Its fuses and its grid connection carry what the chargers truly draw; a
    /// [`crate::Circuit`] with [`crate::Circuit::house`] is judged by what comes from the grid.
    pub fn attach_house(&mut self, house: House) {
        self.home = Some(Home { house, samples: VecDeque::new(), trips: VecDeque::new() });
        self.buses.iter_mut().for_each(Bus::touch_all);
    }

    /// The house.
    pub fn house(&self) -> Option<&House> {
        self.home.as_ref().map(|home| &home.house)
    }

    /// The house, for commands. Fetch its samples and trips from the world.
    pub fn house_mut(&mut self) -> Option<&mut House> {
        self.home.as_mut().map(|home| &mut home.house)
    }

    /// The next meter sample that has arrived, for whoever hands it to a master.
    pub fn poll_sample(&mut self) -> Option<MeterSample> {
        self.home.as_mut()?.samples.pop_front()
    }

    /// The next fuse or breaker of the house that opened. The chargers behind it go on until somebody takes
    /// their power away.
    pub fn poll_trip(&mut self) -> Option<Trip> {
        self.home.as_mut()?.trips.pop_front()
    }

    /// The house lives up to `now` with the currents of the chargers that may have changed.
    pub(super) fn live_at_home(&mut self) {
        let Some(home) = &mut self.home else {
            return;
        };
        let now = self.now;
        for seat in self.buses.iter().flat_map(Bus::touched) {
            home.house.set_charger_currents(now, seat.index, seat.charger().true_phase_currents());
        }
        home.house.handle_timeout(now);
        home.drain(self.checker.as_mut());
        if let Some(checker) = &mut self.checker {
            checker.look_at_grid(now, home.house.grid_centiamps());
        }
    }
}
