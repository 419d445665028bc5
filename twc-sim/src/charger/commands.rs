//! What people do to a unit: plug, unplug, press its button, cut its power, spoil its hearing.

use core::time::Duration;

use twc_proto::{CentiAmps, Instant};

use super::Charger;
use super::answer::Announcer;
use super::session::{Adjust, Session};
use crate::car::Car;

/// Error bitmaps from here on survive the short reset …
const NEEDS_REBOOT: u8 = 0xF0;
/// … and from here on the long one.
const NEEDS_POWER_CYCLE: u8 = 0xF8;

impl Charger {
    /// A car arrives. When one is plugged in already, the new one drives on.
    ///
    /// # Errors
    /// Gives the car back.
    #[allow(clippy::result_large_err)] // The error is the argument, handed back.
    pub fn plug_in(&mut self, now: Instant, car: Car) -> Result<(), Car> {
        self.advance(now);
        self.connect(now, car)
    }

    #[allow(clippy::result_large_err)] // As above.
    pub(super) fn connect(&mut self, now: Instant, mut car: Car) -> Result<(), Car> {
        if self.car.is_some() {
            return Err(car);
        }
        car.plugged_in(now, &mut self.rng);
        self.car = Some(car);
        self.plugged_at = now;
        self.begin_session(now);
        Ok(())
    }

    /// The car leaves.
    pub fn unplug(&mut self, now: Instant) -> Option<Car> {
        self.advance(now);
        self.take_car(now)
    }

    pub(super) fn take_car(&mut self, now: Instant) -> Option<Car> {
        self.power.open(now);
        self.power.cut(now);
        self.session = Session::Empty;
        self.adjust = Adjust::None;
        self.held_limit = CentiAmps::ZERO;
        self.is_blocked = false;
        self.owes_error = false;
        self.agenda.car_left();
        self.car.take()
    }

    /// Somebody sets the limit in the car, per phase; `None` takes it away.
    pub fn set_ui_cap(&mut self, now: Instant, cap: Option<CentiAmps>) {
        self.advance(now);
        if let Some(car) = &mut self.car {
            car.set_ui_cap(cap);
        }
        self.settle(now);
    }

    /// Somebody wakes the car.
    pub fn wake_car(&mut self, now: Instant) {
        self.advance(now);
        if let Some(car) = &mut self.car {
            car.wake();
        }
        self.settle(now);
    }

    /// The unit forgets its limit: it falls to what a pause leaves (6 A) and waits there for a new one.
    pub fn reset_limit(&mut self, now: Instant) {
        self.advance(now);
        self.forget_limit();
        self.settle(now);
    }

    /// The relay's contact welds as it stands closed: from now on it cannot open, whatever is ordered. An open
    /// one welds at its next closing.
    pub fn weld_relay(&mut self, now: Instant) {
        self.advance(now);
        if self.power.is_closed() {
            self.power.weld();
        } else {
            self.config.welds_at_closing = Some(self.power.closings().saturating_add(1));
        }
    }

    /// Somebody stops charging, at the car or in its app: 08, then 03, and the limit falls to 6.00 A.
    pub fn pause_car(&mut self, now: Instant) {
        self.set_paused(now, true);
    }

    /// Somebody allows charging again, at the car or in its app; wakes it.
    pub fn resume_car(&mut self, now: Instant) {
        self.set_paused(now, false);
    }

    /// The button was held until the unit reboots, about 6 s: a new sign, the limit forgotten, a lock cleared
    /// unless it is one that only a power cycle clears (bitmap F8 and above).
    pub fn reset(&mut self, now: Instant) {
        self.advance(now);
        self.reboot(now, None);
    }

    pub(super) fn reboot(&mut self, now: Instant, wait: Option<Duration>) {
        let kept = self.lock.filter(|lock| lock.bitmap.0 >= NEEDS_POWER_CYCLE);
        if self.is_powered {
            self.cut_power(now);
            self.boot(now, wait);
            self.lock = kept;
        }
    }

    /// The button was held for about 4 s: a lock is cleared unless its bitmap is F0 or above, an error due to a
    /// lost master is forgotten. Sign, limit and session stay.
    pub fn reset_errors(&mut self, now: Instant) {
        self.advance(now);
        self.clear_errors(now);
    }

    pub(super) fn clear_errors(&mut self, now: Instant) {
        if !self.is_powered {
            return;
        }
        self.lock = self.lock.filter(|lock| lock.bitmap.0 >= NEEDS_REBOOT);
        self.owes_error = false;
        if self.lock.is_none() {
            self.announcer.start_slow(now);
        }
        self.settle(now);
    }

    /// The supply fails.
    pub fn power_off(&mut self, now: Instant) {
        self.advance(now);
        if self.is_powered {
            self.cut_power(now);
            if let Some(car) = &mut self.car {
                car.power_lost();
            }
            self.is_powered = false;
            self.announcer = Announcer::default();
        }
    }

    /// A switch in front of the unit takes its second and third phase away, or gives them back. Under current that is
    /// counted against whoever did it: contacts that were not made for that burn.
    pub fn switch_phases(&mut self, now: Instant, single: bool) {
        self.advance(now);
        let hot = self.power.current() > CentiAmps::ZERO;
        self.phase_switchings = self.phase_switchings.saturating_add(1);
        self.hot_phase_switchings = self.hot_phase_switchings.saturating_add(u32::from(hot));
        let [first, ..] = self.wired_volts;
        self.config.volts = if single { [first, 0, 0] } else { self.wired_volts };
        self.settle(now);
    }

    /// The supply returns.
    pub fn power_on(&mut self, now: Instant) {
        self.advance(now);
        if !self.is_powered {
            self.is_powered = true;
            if !self.config.keeps_drawn_id {
                self.id = self.config.id;
            }
            self.boot(now, None);
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
