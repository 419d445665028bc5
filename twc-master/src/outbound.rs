//! What goes out: one frame at a time, heartbeats before anything else.

use core::time::Duration;

use twc_proto::message::{Control, Query};
use twc_proto::{CentiAmps, Envelope, Instant, Message};

use crate::config::{FLOOR, MAX_SLAVES};
use crate::event::{Constraint, Event, Refusal};
use crate::guard::Grant;
use crate::master::Master;
use crate::share::Share;
use crate::slave::{Phase, Slave};
use crate::turn::{Exchange, Kind, earliest};

/// How soon to look again whether the state file was written.
const SAVE_RETRY: Duration = Duration::from_millis(50);
/// How much later than planned a heartbeat may be for a query's sake.
const SLACK: Duration = Duration::from_millis(150);
/// One that gets its first heartbeat waits this much longer than one that would miss its next.
const NEWCOMER: Duration = Duration::from_millis(500);
/// A frame on the wire.
const FRAME: Duration = Duration::from_millis(20);

impl<S: Share> Master<S> {
    #[inline(never)] // Flash: in line in its only caller, whose frame is large, every access is longer; 1.4 KB.
    pub(crate) fn transmit(&mut self, now: Instant) -> Option<Envelope> {
        if self.is_hands_off() || !self.turn.is_free(now) {
            return None;
        }
        self.plan(now);
        if self.has_slack(now) {
            if let Some((slot, kind, message)) = self.control_due(now).or_else(|| self.query_due(now)) {
                self.turn.exchange = Some(Exchange::new(slot, kind));
                self.turn.since_query = 0;
                let version = self.slaves.get(slot)?.as_ref()?.version;
                return Envelope::canonical(version, message).ok();
            }
        }
        self.heartbeat_due(now).or_else(|| self.announce(now))
    }

    fn announce(&mut self, now: Instant) -> Option<Envelope> {
        let message = self.announcement.take(&self.config, now)?;
        // Nobody knows yet who listens; both generations take the longer form.
        Envelope::canonical(twc_proto::Version::P2, message).ok()
    }

    /// Whether something other than a heartbeat may go out: every linked slave has had one since the last such
    /// frame, each can have its next one in time, and none has still to be told to come down.
    pub(crate) fn has_slack(&self, now: Instant) -> bool {
        let mut count = 0;
        for slave in self.slaves.iter().flatten().filter(|slave| slave.phase == Phase::Linked) {
            if slave.missed > 0 || !slave.follows() || slave.asks_for_a_limit() {
                return false;
            }
            count += 1;
        }
        let rested = count > 0 && self.turn.since_query >= count.max(2);
        rested && !self.somebody_comes_down() && self.all_can_wait(None, now)
    }

    /// Whether every linked slave, but `except`, can still have its next heartbeat in time when somebody else has an
    /// exchange first. On a full bus, in time means one exchange later than without: a round has room for one frame
    /// out of turn, be it a question or a lowering.
    fn all_can_wait(&self, except: Option<usize>, now: Instant) -> bool {
        let timing = &self.config.timing;
        let around = timing.quiet_gap + FRAME;
        let exchange = self.turn.window.usual() + around;
        let mut round = exchange;
        for slave in self.slaves.iter().flatten() {
            if slave.phase == Phase::Linked {
                round += exchange;
            }
        }
        let in_time = timing.heartbeat_period.max(round) + SLACK;
        let over = now + self.turn.window.length() + around;
        for (slot, slave) in self.slaves.iter().enumerate() {
            let Some(slave) = slave else { continue };
            if slave.phase == Phase::Linked
                && Some(slot) != except
                && slave.told_at.is_none_or(|at| over > at + in_time)
            {
                return false;
            }
        }
        true
    }

    /// Whether a slave goes before those that have waited longer: it has to come down, and a limit depends on it, or
    /// nobody is late for it.
    fn goes_first(&self, slot: usize, now: Instant) -> bool {
        self.guard.comes_down(slot) && (self.guard.is_over(slot) || self.all_can_wait(Some(slot), now))
    }

    /// The next question that is due.
    fn query_due(&mut self, now: Instant) -> Option<(usize, Kind, Message)> {
        let master = self.config.id;
        for (slot, slave) in self.slaves.iter_mut().enumerate() {
            let Some(slave) = slave.as_mut().filter(|slave| slave.phase == Phase::Linked) else { continue };
            let Some(item) = slave.questions.due(now) else { continue };
            slave.questions.asked(item, now);
            return Some((slot, Kind::Query(item), Message::Query(Query { item, master, slave: slave.id })));
        }
        None
    }

    /// FC B1 or FC B2, where a car is stopped or started so.
    fn control_due(&mut self, now: Instant) -> Option<(usize, Kind, Message)> {
        let master = self.config.id;
        for (slot, slave) in self.slaves.iter_mut().enumerate() {
            let Some(slave) = slave.as_mut().filter(|slave| slave.phase == Phase::Linked) else { continue };
            if slave.orders.control_due().is_none_or(|at| now < at) {
                continue;
            }
            let stop = slave.orders.stopped.is_some();
            if slave.orders.control_sent(now) && stop && slave.draws() {
                self.events.push(Event::StopFailed { slave: slave.id, drawn: slave.drawn });
            }
            let control = Control { master, slave: slave.id };
            return Some((
                slot,
                Kind::Control,
                if stop { Message::Stop(control) } else { Message::Start(control) },
            ));
        }
        None
    }

    /// The heartbeat that has been due longest, or one that does not wait for its turn, if the guard lets it go.
    #[inline(never)] // Flash: as `transmit`.
    fn heartbeat_due(&mut self, now: Instant) -> Option<Envelope> {
        for _ in 0..MAX_SLAVES {
            let (mut first, mut least) = (None, None);
            for (slot, slave) in self.slaves.iter().enumerate() {
                let Some(slave) = slave else { continue };
                if now >= slave.due && !matches!(slave.phase, Phase::Silent { .. }) {
                    let due = if slave.told_at.is_none() { slave.due + NEWCOMER } else { slave.due };
                    let turn = (!self.goes_first(slot, now), due, slave.id);
                    if least.is_none_or(|least| turn < least) {
                        (first, least) = (Some(slot), Some(turn));
                    }
                }
            }
            if let Some(envelope) = self.heartbeat_to(first?, now) {
                return Some(envelope);
            }
        }
        None
    }

    fn heartbeat_to(&mut self, slot: usize, now: Instant) -> Option<Envelope> {
        let period = self.config.timing.heartbeat_period;
        let Some(Some(slave)) = self.slaves.get_mut(slot) else { return None };
        let due = core::mem::replace(&mut slave.due, now + period);
        // From the second missed answer on a slave hears only the floor, in case it hears us.
        let (wanted, constraint) = match slave.missed {
            0 | 1 => (slave.target, slave.entitlement),
            _ => (FLOOR, Constraint::Silent),
        };
        let granted = match wanted {
            CentiAmps::ZERO if self.guard.is_new_contact(slot) => Err(Refusal::NoShare),
            _ if slave.zero => self.guard.grant(slot, CentiAmps::ZERO, now),
            _ => self.guard.grant(slot, wanted.max(FLOOR), now),
        };
        let Grant { offer, refused, insist } = match granted {
            Ok(grant) => grant,
            Err(refusal) => {
                self.queue(slot, now, wanted, refusal);
                return None;
            }
        };
        let wanted = if slave.zero { CentiAmps::ZERO } else { wanted.max(FLOOR) };
        if slave.explain(now, wanted, refused.map_or(constraint, Constraint::Held)) {
            self.events.push(Event::Target { slave: slave.id, target: wanted, constraint: slave.constraint });
        }
        if slave.treat(now, offer.amps()) {
            self.events.push(Event::CureBegun { slave: slave.id, amps: offer.amps() });
        }
        let command = slave.command_for(offer.amps(), insist);
        let before = slave.offered.replace(offer.amps());
        if before != slave.offered {
            self.events.push(Event::Offered { slave: slave.id, from: before, to: offer.amps() });
        }
        slave.begin_exchange(now);
        self.turn.lateness.note(now, due, slave.told_at.replace(now));
        self.turn.since_query = self.turn.since_query.saturating_add(1);
        let heartbeat = offer.heartbeat(self.config.id, slave.id, command);
        self.turn.exchange = Some(Exchange::new(slot, Kind::Heartbeat));
        // Commands 00, 05, 08 and 09 always fit and never lock a slave, so this cannot fail.
        Envelope::canonical(slave.version, Message::MasterHeartbeat(heartbeat)).ok()
    }

    fn queue(&mut self, slot: usize, now: Instant, wanted: CentiAmps, refusal: Refusal) {
        let Some(Some(slave)) = self.slaves.get_mut(slot) else { return };
        if refusal == Refusal::NotSaved {
            slave.due = now + SAVE_RETRY;
        }
        if slave.explain(now, wanted, Constraint::Held(refusal)) && refusal != Refusal::NotSaved {
            self.events.push(Event::SlaveQueued { slave: slave.id, refusal });
        }
    }

    /// When something about this slave is next due.
    pub(crate) fn slave_timeout(&self, slot: usize, slave: &Slave) -> Option<Instant> {
        let settles = slave.pending.map(|pending| pending.until);
        let next = match slave.phase {
            Phase::Silent { kept: false } if self.guard.commitment(slot) > CentiAmps::ZERO => {
                self.guard.reservation_ends(slot)
            }
            Phase::Silent { .. } => None,
            _ if self.turn.exchange.is_some() || self.is_hands_off() => None,
            _ => Some(slave.due.max(self.turn.free_at)),
        };
        earliest(settles, next)
    }

    /// When the next frame that is no heartbeat can go out on a bus that is ours, where one is wanted and there is slack
    /// for it.
    #[inline(never)] // Flash: as `transmit`.
    pub(crate) fn extra_timeout(&self) -> Option<Instant> {
        let at = self.turn.free_at.max(self.now);
        if !self.has_slack(at) {
            return None;
        }
        let mut first = None;
        for slave in self.slaves.iter().flatten().filter(|slave| slave.phase == Phase::Linked) {
            first = earliest(first, earliest(slave.questions.next(), slave.orders.control_due()));
        }
        first.map(|due| due.max(at))
    }

    /// When the plan may change by itself.
    pub(crate) fn plan_timeout(&self) -> Option<Instant> {
        let ahead = |at: Option<Instant>| at.filter(|at| *at > self.now);
        let mut first = ahead(self.share.next_change());
        for slave in self.slaves.iter().flatten() {
            first = earliest(first, ahead(slave.orders.dwells));
            first = earliest(first, ahead(slave.orders.hook_until));
        }
        first
    }
}
