//! Who comes when, with which car, and wanting how much.

use std::time::Duration;

use twc_proto::Instant;
use twc_sim::{Car, CarProfile, Rng, World};

/// A car's stay at a connector, once it is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Visit {
    pub(crate) car: &'static str,
    pub(crate) connector: usize,
    pub(crate) arrived: Instant,
    pub(crate) left: Instant,
    pub(crate) wanted_watt_hours: u32,
    pub(crate) taken_watt_hours: u64,
}

/// Sends cars to the connectors and takes them away again.
#[derive(Debug)]
pub(crate) struct Guests {
    rng: Rng,
    places: Vec<Place>,
    visits: Vec<Visit>,
}

#[derive(Debug)]
enum Place {
    Empty { next: Instant },
    Taken { arrived: Instant, leaves: Instant, wanted_watt_hours: u32 },
}

impl Guests {
    pub(crate) fn new(seed: u64, connectors: usize) -> Self {
        let mut rng = Rng::new(seed ^ 0x6775_6573_7473);
        let places = (0..connectors).map(|_| Place::Empty { next: Instant::ZERO + minutes(&mut rng, 2, 90) });
        Self { places: places.collect(), rng, visits: Vec::new() }
    }

    /// Stays that are over, in the order they ended.
    pub(crate) fn visits(&self) -> &[Visit] {
        &self.visits
    }

    pub(crate) fn come_and_go(&mut self, now: Instant, world: &mut World) {
        for connector in 0..self.places.len() {
            match self.places.get(connector) {
                Some(Place::Empty { next }) if now >= *next => self.arrive(now, connector, world),
                Some(Place::Taken { leaves, .. }) if now >= *leaves => self.leave(now, connector, world),
                _ => {}
            }
        }
    }

    /// Ends all stays, so that they are on the list.
    pub(crate) fn everybody_leaves(&mut self, now: Instant, world: &mut World) {
        for connector in 0..self.places.len() {
            self.leave(now, connector, world);
        }
    }

    fn arrive(&mut self, now: Instant, connector: usize, world: &mut World) {
        let profile = match self.rng.below(4) {
            0 => CarProfile::i3(),
            1 => CarProfile::zoe(),
            _ => CarProfile::tesla(),
        };
        let wanted_watt_hours = 4_000 + self.rng.below(36) as u32 * 1_000;
        let leaves = now + minutes(&mut self.rng, 60, 600);
        let plugged = world
            .charger_mut(connector)
            .is_some_and(|charger| charger.plug_in(now, Car::new(profile, wanted_watt_hours)).is_ok());
        if let Some(place) = self.places.get_mut(connector).filter(|_| plugged) {
            *place = Place::Taken { arrived: now, leaves, wanted_watt_hours };
        }
    }

    fn leave(&mut self, now: Instant, connector: usize, world: &mut World) {
        let car = world.charger_mut(connector).and_then(|charger| charger.unplug(now));
        let next = now + minutes(&mut self.rng, 10, 240);
        let Some(place) = self.places.get_mut(connector) else { return };
        let before = std::mem::replace(place, Place::Empty { next });
        if let (Some(car), Place::Taken { arrived, wanted_watt_hours, .. }) = (car, before) {
            let (name, taken_watt_hours) = (car.profile().name, car.taken_watt_hours());
            self.visits.push(Visit {
                car: name,
                connector,
                arrived,
                left: now,
                wanted_watt_hours,
                taken_watt_hours,
            });
        }
    }
}

fn minutes(rng: &mut Rng, from: u64, to: u64) -> Duration {
    Duration::from_secs(60 * (from + rng.below(to - from + 1)))
}
