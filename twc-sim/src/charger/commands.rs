//! What people do to a unit: plug, unplug, press its button, cut its power, spoil its hearing.

use core::time::Duration;

use twc_proto::{CentiAmps, Instant};

use super::Charger;
use super::answer::Announcer;
use super::session::{Adjust, Session};
use crate::car::Car;

impl Charger {
    /// A car arrives. When one is plugged in already, the new one drives on.
    ///
    /// # Errors
    /// Gives the car back.
    #[allow(clippy::result_large_err)] // The error is the argument, handed back.
    pub fn plug_in(&mut self, now: Instant, mut car: Car) -> Result<(), Car> {
        self.advance(now);
        if self.car.is_some() {
            return Err(car);
        }
        car.plugged_in(&mut self.rng);
        self.car = Some(car);
        self.plugged_at = now;
        self.begin_session(now);
        Ok(())
    }

    /// The car leaves.
    pub fn unplug(&mut self, now: Instant) -> Option<Car> {
        self.advance(now);
        self.power.open(now);
        self.session = Session::Empty;
        self.adjust = Adjust::None;
        self.held_limit = CentiAmps::ZERO;
        self.is_blocked = false;
        self.owes_error = false;
        self.car.take()
    }

    /// Somebody stops charging at the car.
    pub fn pause_car(&mut self, now: Instant) {
        self.set_paused(now, true);
    }

    /// Somebody allows charging at the car again.
    pub fn resume_car(&mut self, now: Instant) {
        self.set_paused(now, false);
    }

    /// The button is held until the unit reboots: a new sign, the limit forgotten, a lock cleared unless it is
    /// one that only a power cycle clears.
    pub fn reset(&mut self, now: Instant) {
        self.advance(now);
        let kept = self.lock.filter(|lock| lock.bitmap.0 >= 0xF0);
        if self.is_powered {
            self.cut_power(now);
            self.boot(now);
            self.lock = kept;
        }
    }

    /// The supply fails.
    pub fn power_off(&mut self, now: Instant) {
        self.advance(now);
        if self.is_powered {
            self.cut_power(now);
            self.is_powered = false;
            self.announcer = Announcer::default();
        }
    }

    /// The supply returns.
    pub fn power_on(&mut self, now: Instant) {
        self.advance(now);
        if !self.is_powered {
            self.is_powered = true;
            self.id = self.config.id;
            self.boot(now);
        }
    }

    /// For `span` nothing it sends gets out.
    pub fn silence(&mut self, now: Instant, span: Duration) {
        self.advance(now);
        self.silent_until = now + span;
    }

    /// For `span` it hears nothing.
    pub fn deafen(&mut self, now: Instant, span: Duration) {
        self.advance(now);
        self.deaf_until = now + span;
    }
}
