//! A house beside the buses of a run.

use twc_proto::Instant;

use super::expect::Finding;
use super::timeline::Action;
use crate::house::{BreakerPlace, House, HouseConfig, MeterSample};
use crate::world::World;

/// A house that knows what the chargers draw, and cuts them off when a fuse goes.
#[derive(Debug)]
pub(super) struct Household {
    house: House,
}

impl Household {
    pub(super) fn new(config: &HouseConfig, seed: u64) -> Self {
        Self { house: House::new(config.clone(), seed, Instant::ZERO) }
    }

    pub(super) fn house(&self) -> &House {
        &self.house
    }

    pub(super) fn act(&mut self, now: Instant, action: &Action) {
        action.apply_to_house(now, &mut self.house);
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.house.poll_timeout()
    }

    pub(super) fn poll_sample(&mut self) -> Option<MeterSample> {
        self.house.poll_sample()
    }

    /// Sees what the chargers draw now. Behind a fuse that went nothing has power any more.
    pub(super) fn look(&mut self, now: Instant, world: &mut World) {
        self.house.handle_timeout(now);
        for (index, charger) in world.chargers().enumerate() {
            self.house.set_charger_currents(now, index, charger.true_phase_currents());
        }
        while let Some(trip) = self.house.poll_trip() {
            let place = self.house.breakers().get(trip.breaker).map(|breaker| breaker.config().place);
            for index in 0..world.chargers().count() {
                let is_behind = place.is_some_and(|place| match place {
                    BreakerPlace::Charger(only) => only == index,
                    BreakerPlace::Main | BreakerPlace::Chargers => true,
                });
                if let Some(charger) = world.charger_mut(index).filter(|_| is_behind) {
                    charger.power_off(now);
                }
            }
        }
    }

    /// Every fuse is expected to hold.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let breakers = self.house.breakers().iter();
        breakers
            .map(|breaker| Finding {
                key: format!("fuse {}", breaker.config().name),
                ok: breaker.tripped().is_none(),
                expected: "holds".to_owned(),
                seen: breaker.tripped().map_or("holds".to_owned(), |(at, line)| format!("{line:?} went at {at}")),
            })
            .collect()
    }
}
