//! What the master does for the sake of limits: orders, withholding, and who may come back.

use core::time::Duration;

use twc_proto::{CentiAmps, Instant, TwcId};

use crate::config::{PhaseAmps, Place};
use crate::event::{Constraint, Event, Withheld};
use crate::master::Master;
use crate::share::Share;
use crate::slave::Phase;

impl<S: Share> Master<S> {
    /// Orders a limit for a circuit, until the next order. Returns what holds now: what lies above the configured
    /// limit counts as that, for nothing but the configuration raises a limit. `None`: there is no such circuit.
    ///
    /// Where the limit falls, nothing on that circuit is raised from this moment, and the next frames lower those
    /// who have to come down. Who does not follow is told again, after 30 s silenced.
    pub fn order(&mut self, now: Instant, place: Place, limit: PhaseAmps) -> Option<PhaseAmps> {
        self.order_until(now, place, limit, None)
    }

    /// Orders a limit for as long as a lease lasts, counted from the moment it was *requested*: nobody knows when
    /// the answer was sent. The circuit falls back to [`crate::Circuit::unordered`] so long before the end that
    /// every slave has confirmed 20 s before it, or has been silenced.
    pub fn lease(
        &mut self,
        now: Instant,
        place: Place,
        limit: PhaseAmps,
        requested: Instant,
        lasts: Duration,
    ) -> Option<PhaseAmps> {
        self.order_until(now, place, limit, Some(requested + lasts))
    }

    fn order_until(
        &mut self,
        now: Instant,
        place: Place,
        limit: PhaseAmps,
        until: Option<Instant>,
    ) -> Option<PhaseAmps> {
        let holds = self.guard.order(place, limit, until)?;
        self.guard.expire_orders(now);
        self.hurry(now);
        Some(holds)
    }

    /// Leaves a slave to the mode again, and ends its withholding, whatever that was for. False where it is unknown.
    pub fn release(&mut self, now: Instant, slave: TwcId) -> bool {
        let Some(slot) = self.slot_of(slave) else { return false };
        if let Some(Some(slave)) = self.slaves.get_mut(slot) {
            slave.orders.release();
        }
        if self.guard.withheld(slot).is_some() {
            self.let_back(slot, now);
        }
        true
    }

    /// An auxiliary contact shows that a slave's supply is cut: nothing flows there, and nothing is reserved for it
    /// until it announces itself again. The return code of whatever opened the contactor is no such proof.
    pub fn supply_is_cut(&mut self, slave: TwcId) -> bool {
        let Some(slot) = self.slot_of(slave) else { return false };
        // What it had not followed yet is of no concern any more.
        self.guard.silence(slot, None, false);
        self.guard.supply_is_cut(slot);
        if let Some(Some(slave)) = self.slaves.get_mut(slot) {
            slave.leave();
        }
        true
    }

    /// Stops the heartbeats to one slave, and to no other.
    pub(crate) fn withhold(&mut self, slot: usize, why: Withheld) {
        let Some(Some(slave)) = self.slaves.get_mut(slot) else { return };
        let plugged = slave.is_plugged();
        slave.leave();
        slave.explain(self.now, CentiAmps::ZERO, Constraint::Withheld { why });
        self.guard.silence(slot, Some(why), plugged);
        let (reserved, strikes) = (self.guard.commitment(slot), self.guard.strikes(slot));
        self.events.push(Event::SlaveWithheld { slave: slave.id, why, reserved, strikes });
    }

    pub(crate) fn let_back(&mut self, slot: usize, now: Instant) {
        self.guard.release(slot);
        if let Some(Some(slave)) = self.slaves.get_mut(slot) {
            slave.phase = Phase::Waiting;
            slave.since = now;
            slave.due = now;
        }
    }

    /// Ends orders, silences who breaks a limit, and lets back who fits again.
    pub(crate) fn protect(&mut self, now: Instant) {
        if self.guard.expire_orders(now) {
            self.hurry(now);
        }
        // An exchange under way is waited for: its answer may be the one that shows that a slave has followed.
        if self.turn.exchange.is_none() {
            while let Some((slot, why)) = self.guard.to_silence(now) {
                self.withhold(slot, why);
                if why == Withheld::DidNotFollow {
                    break;
                }
            }
        }
        for slot in 0..self.slaves.len() {
            if self.guard.fits_again(slot, now) {
                self.let_back(slot, now);
            }
        }
        self.guard.end_fears(now);
        if self.counts_slaves_at.take_if(|at| now >= *at).is_some() {
            let heard = self.slaves.iter().flatten().filter(|slave| slave.sign.is_some()).count() as u8;
            let expected = self.config.expected_slaves;
            if heard < expected {
                self.events.push(Event::SlavesMissing { heard, expected });
            }
        }
    }

    /// Every slave that gets heartbeats gets its next one now; those who have to come down first. The answer under way
    /// is waited for as long as is usual on such a link, not as long as was learnt from late ones.
    pub(crate) fn hurry(&mut self, now: Instant) {
        for slave in self.slaves.iter_mut().flatten().filter(|slave| slave.phase == Phase::Linked) {
            slave.due = slave.due.min(now);
        }
        let window = self.config.timing.reply_window;
        if let Some(exchange) = &mut self.turn.exchange {
            exchange.until =
                exchange.until.map(|until| until.min(exchange.sent.map_or(until, |sent| sent + window)));
        }
    }

    /// When an answer is no longer waited for: at the end of its window, or while somebody has yet to be told to come
    /// down, after what is usual on such a link.
    pub(crate) fn given_up_at(&self) -> Option<Instant> {
        let exchange = self.turn.exchange?;
        let until = exchange.until?;
        let usual = exchange.sent.map(|sent| sent + self.config.timing.reply_window);
        Some(usual.filter(|_| self.somebody_comes_down()).map_or(until, |usual| usual.min(until)))
    }

    /// Whether somebody has yet to be told to come down.
    pub(crate) fn somebody_comes_down(&self) -> bool {
        (0..self.slaves.len()).any(|slot| self.guard.comes_down(slot))
    }

    /// Two units seem to have one id: what is told to one is told to both.
    pub(crate) fn suspect_double(&mut self, slot: usize) {
        self.guard.doubled(slot);
        if self.guard.withheld(slot) == Some(Withheld::DoubleId) {
            return;
        }
        self.withhold(slot, Withheld::DoubleId);
    }
}
