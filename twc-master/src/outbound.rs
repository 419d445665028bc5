//! What goes out: targets, then one frame at a time.

use core::time::Duration;

use twc_proto::{CentiAmps, Envelope, Instant, Message, TwcId};

use crate::config::{FLOOR, MAX_SLAVES};
use crate::event::{Constraint, Event, Refusal};
use crate::guard::Grant;
use crate::master::Master;
use crate::share::{Share, Targets, Wish};
use crate::slave::{Phase, Slave};
use crate::turn::Exchange;

/// How soon to look again whether the state file was written.
const SAVE_RETRY: Duration = Duration::from_millis(50);

impl<S: Share> Master<S> {
    pub(crate) fn transmit(&mut self, now: Instant) -> Option<Envelope> {
        if self.is_hands_off() || !self.turn.is_free(now) {
            return None;
        }
        self.plan(now);
        self.heartbeat_due(now).or_else(|| self.announce(now))
    }

    fn announce(&mut self, now: Instant) -> Option<Envelope> {
        let message = self.announcement.take(&self.config, now)?;
        // Nobody knows yet who listens; both generations take the longer form.
        Envelope::canonical(twc_proto::Version::P2, message).ok()
    }

    /// Sets every slave's target. What silent slaves may still draw is not there to be divided.
    fn plan(&mut self, now: Instant) {
        let nobody = Wish { slave: TwcId::new(0), cap: FLOOR, asks: false, since: Instant::ZERO };
        let (mut wishes, mut slots, mut count) = ([nobody; MAX_SLAVES], [0; MAX_SLAVES], 0);
        let (mut reserved, mut returning) = (0_u16, FLOOR);
        for (slot, slave) in self.slaves.iter().enumerate() {
            let Some(slave) = slave else { continue };
            if matches!(slave.phase, Phase::Silent { .. }) {
                reserved = reserved.saturating_add(self.guard.commitment(slot).value());
                continue;
            }
            if slave.phase == Phase::Waiting && self.guard.commitment(slot) == CentiAmps::ZERO {
                returning = returning.max(self.guard.resumes_with(slot));
            }
            let cap = self.guard.cap(slot).min(self.config.limit);
            let wish = Wish { slave: slave.id, cap, asks: slave.asks, since: slave.since };
            if let (Some(place), Some(index)) = (wishes.get_mut(count), slots.get_mut(count)) {
                (*place, *index) = (wish, slot);
                count += 1;
            }
        }
        let all = self.config.limit.value().saturating_sub(reserved);
        let budget = CentiAmps::new(all.saturating_sub(room_to_return(all, count, returning)));
        let wishes = wishes.get(..count).unwrap_or_default();
        let targets = self.share.divide(budget, wishes);
        self.take_targets(now, budget, wishes, &slots, &targets);
    }

    fn take_targets(
        &mut self,
        now: Instant,
        budget: CentiAmps,
        wishes: &[Wish],
        slots: &[usize; MAX_SLAVES],
        targets: &Targets,
    ) {
        let asking = wishes.iter().filter(|wish| wish.asks).count() as u8;
        let mut fitting = [None; MAX_SLAVES];
        for (slot, target) in slots.iter().zip(targets).take(wishes.len()) {
            if let Some(place) = fitting.get_mut(*slot) {
                *place = target.filter(|target| *target >= FLOOR);
            }
        }
        self.guard.fit(&mut fitting, now);
        for (wish, slot) in wishes.iter().zip(slots) {
            let target = fitting.get(*slot).copied().flatten();
            let constraint = match target {
                None => Constraint::Held(Refusal::NoShare),
                Some(_) if !wish.asks => Constraint::NoDemand,
                Some(target) if target == wish.cap => Constraint::Cap { cap: wish.cap },
                Some(_) => Constraint::Share { budget, asking },
            };
            if let Some(Some(slave)) = self.slaves.get_mut(*slot) {
                slave.target = target.unwrap_or(CentiAmps::ZERO);
                slave.entitlement = constraint;
                self.guard.record_ahead(*slot, slave.target);
            }
        }
    }

    /// The heartbeat that has been due longest, if the guard lets it go.
    fn heartbeat_due(&mut self, now: Instant) -> Option<Envelope> {
        for _ in 0..MAX_SLAVES {
            let due = |(slot, slave): (usize, &Option<Slave>)| {
                let slave = slave.as_ref()?;
                let live = !matches!(slave.phase, Phase::Silent { .. });
                let first = !self.guard.comes_down(slot);
                (live && now >= slave.due).then_some((first, slave.due, slave.id, slot))
            };
            let (_, _, _, slot) = self.slaves.iter().enumerate().filter_map(due).min()?;
            if let Some(envelope) = self.heartbeat_to(slot, now) {
                return Some(envelope);
            }
        }
        None
    }

    fn heartbeat_to(&mut self, slot: usize, now: Instant) -> Option<Envelope> {
        let period = self.config.timing.heartbeat_period;
        let Some(Some(slave)) = self.slaves.get_mut(slot) else { return None };
        slave.due = now + period;
        // From the second missed answer on a slave hears only the floor, in case it hears us.
        let (wanted, constraint) = match slave.missed {
            0 | 1 => (slave.target, slave.entitlement),
            _ => (FLOOR, Constraint::Silent),
        };
        let first_contact = self.guard.is_new_contact(slot);
        let granted = match wanted {
            CentiAmps::ZERO if first_contact => Err(Refusal::NoShare),
            _ => self.guard.grant(slot, wanted.max(FLOOR), now),
        };
        let Grant { offer, refused, insist } = match granted {
            Ok(grant) => grant,
            Err(refusal) => {
                self.queue(slot, now, wanted, refusal);
                return None;
            }
        };
        let wanted = wanted.max(FLOOR);
        if slave.explain(now, wanted, refused.map_or(constraint, Constraint::Held)) {
            self.events.push(Event::Target { slave: slave.id, target: wanted, constraint: slave.constraint });
        }
        let command = slave.command_for(offer.amps(), insist);
        let before = slave.offered.replace(offer.amps());
        if before != slave.offered {
            self.events.push(Event::Offered { slave: slave.id, from: before, to: offer.amps() });
        }
        slave.begin_exchange(now);
        let heartbeat = offer.heartbeat(self.config.id, slave.id, command);
        self.turn.exchange = Some(Exchange { slot, until: None });
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
        settles.into_iter().chain(next).min()
    }
}

/// What the others must leave beyond the floor so that a slave may come back that may resume with more. Nothing,
/// where that would not fit beside their floors.
fn room_to_return(budget: u16, slaves: usize, returning: CentiAmps) -> u16 {
    let floors = FLOOR.value().saturating_mul(slaves as u16);
    let extra = returning.value().saturating_sub(FLOOR.value());
    if floors.saturating_add(extra) <= budget { extra } else { 0 }
}
