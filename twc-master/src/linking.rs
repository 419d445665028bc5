//! Linkreadys: who is there, who is new, who restarted, and who may only be damage.

use core::ops::Range;
use core::time::Duration;

use twc_proto::message::SlaveLinkReady;
use twc_proto::{BodyLen, CentiAmps, Instant, SlaveState, Version};

use crate::event::Event;
use crate::master::Master;
use crate::share::Share;
use crate::slave::{Phase, Slave};
use crate::turn::Announcement;

/// So long after a damaged frame the bus is one that damages frames.
const DAMAGING: Duration = Duration::from_secs(3);
/// So long after its last heartbeat a slave announces itself again: about 10 s. Later may have another cause.
const SLAVE_NOTICES: Range<Duration> = Duration::from_secs(9)..Duration::from_secs(13);

impl<S: Share> Master<S> {
    pub(crate) fn link_ready(&mut self, now: Instant, ready: &SlaveLinkReady, body_len: BodyLen) {
        if ready.slave == self.config.id {
            self.events.push(Event::SlaveHasOurId);
            self.announcement = Announcement::new(now, true);
            return;
        }
        if !Slave::is_plausible(ready) {
            let (slave, limit) = (ready.slave, ready.max_current);
            self.events.push(Event::Implausible { slave, limit, drawn: CentiAmps::ZERO });
            return;
        }
        match self.slot_of(ready.slave) {
            Some(slot) => self.heard_again(slot, now, ready, body_len),
            None => self.heard_first(now, ready, body_len),
        }
    }

    fn heard_first(&mut self, now: Instant, ready: &SlaveLinkReady, body_len: BodyLen) {
        let Some(slot) = self.free_slot() else {
            if self.surplus_slave.replace(ready.slave) != Some(ready.slave) {
                self.events.push(Event::TooManySlaves { slave: ready.slave });
            }
            return;
        };
        if self.may_be_a_ghost(slot, now, ready) {
            return;
        }
        let version = Version::from_link_ready(body_len);
        let mut slave = Slave::new(ready.slave, version, ready.max_current, now);
        slave.sign = Some(ready.sign);
        slave.settings = self.settings(ready.slave);
        self.guard.open(slot, &self.config, ready.slave, ready.max_current);
        if let Some(place) = self.slaves.get_mut(slot) {
            *place = Some(slave);
        }
        self.announced(ready, version);
        self.compare(slot, ready);
    }

    /// A damaged linkready whose sum fits carries an id that nobody has. It must not take the place of a slave that
    /// is known, nor any place on a bus that damages frames, before it was heard twice.
    #[inline(never)] // Flash: as `transmit`.
    fn may_be_a_ghost(&mut self, slot: usize, now: Instant, ready: &SlaveLinkReady) -> bool {
        let replaces = self.slaves.get(slot).is_some_and(Option::is_some);
        let is_damaging = self.garbled > 0 && now < self.disturbed_at + DAMAGING;
        (replaces || is_damaging) && !self.was_rumoured(*ready)
    }

    /// Whether somebody said the same before; a few are remembered, for they may say it in turn.
    fn was_rumoured(&mut self, said: SlaveLinkReady) -> bool {
        let known = self.rumours.contains(&Some(said));
        if !known {
            let [a, b, _] = self.rumours;
            self.rumours = [Some(said), a, b];
        }
        known
    }

    fn announced(&mut self, ready: &SlaveLinkReady, version: Version) {
        let SlaveLinkReady { slave, sign, max_current } = *ready;
        self.events.push(Event::SlaveAnnounced { slave, sign, version, max_current });
    }

    /// Says what a new slave has others wonder about.
    fn compare(&mut self, slot: usize, ready: &SlaveLinkReady) {
        let SlaveLinkReady { slave, max_current, .. } = *ready;
        let (mut others, mut differs) = (0, false);
        for (other, known) in self.slaves.iter().enumerate() {
            let Some(known) = known.as_ref().filter(|_| other != slot) else { continue };
            others += 1;
            differs |= known.unit_max != max_current;
        }
        if differs {
            self.events.push(Event::UnequalMaxima { slave, max_current });
        }
        if self.config.expected_slaves > 0 && others >= self.config.expected_slaves {
            self.events.push(Event::UnexpectedSlave { slave });
        }
    }

    /// A place nobody has, or one whose slave is gone and owes nothing.
    fn free_slot(&self) -> Option<usize> {
        let gone = |(slot, slave): (usize, &Option<Slave>)| {
            let gone = |slave: &Slave| matches!(slave.phase, Phase::Silent { .. }) && !slave.orders.expected_off;
            let silent = slave.as_ref().is_some_and(gone) && self.guard.withheld(slot).is_none();
            (silent && self.guard.commitment(slot) == CentiAmps::ZERO).then_some(slot)
        };
        let empty = self.slaves.iter().position(Option::is_none);
        empty.or_else(|| self.slaves.iter().enumerate().find_map(gone))
    }

    fn heard_again(&mut self, slot: usize, now: Instant, ready: &SlaveLinkReady, body_len: BodyLen) {
        let was_served = self.guard.was_served_within(slot, SLAVE_NOTICES.start, now);
        let noticed = self.guard.was_silent_alone(slot, &SLAVE_NOTICES, now);
        let undisturbed_since = self.disturbed_at;
        let Some(Some(slave)) = self.slaves.get_mut(slot) else { return };
        let known_sign = slave.sign.replace(ready.sign);
        slave.learn(ready, body_len);
        slave.state_again();
        slave.due = now;
        let (was, version, unit_max) = (slave.phase, slave.version, slave.unit_max);
        slave.seems_deaf |= was_served;
        // A unit that restarted, or that does not hear us, announces itself too and proves nothing. On a bus that
        // loses frames the two cannot be told apart.
        let first = matches!(was, Phase::Silent { .. });
        let proves = first && noticed && !slave.seems_deaf && undisturbed_since < slave.heard;
        let other_sign = known_sign.filter(|sign| *sign != ready.sign);
        if other_sign.is_some() {
            slave.state = SlaveState::READY;
            slave.asks = false;
            self.events.push(Event::SlaveRestarted { slave: ready.slave });
            self.guard.rebooted(slot, now);
        } else if proves && known_sign.is_some() && self.guard.noticed_silence(slot) {
            self.events.push(Event::SilenceProven { slave: ready.slave });
        }
        self.guard.set_unit_max(slot, unit_max);
        self.guard.announces(slot, now);
        if other_sign.is_some_and(|known| self.guard.changed_sign(slot, known, ready.sign, now)) {
            self.suspect_double(slot);
        }
        let Some(Some(slave)) = self.slaves.get_mut(slot) else { return };
        // Somebody has switched it on again.
        slave.orders.expected_off = false;
        if self.guard.withheld(slot).is_some() {
            return;
        }
        if matches!(was, Phase::Silent { .. }) {
            slave.phase = Phase::Waiting;
        }
        if was != Phase::Linked {
            self.announced(ready, version);
        }
    }
}
