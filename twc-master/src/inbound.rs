//! What comes in: answers, their absence, and other masters.

use core::time::Duration;

use twc_proto::message::{Item, PlugState, Report, SlaveHeartbeat};
use twc_proto::{CentiAmps, Instant, Message, Received, TwcId};

use crate::event::{Constraint, Event};
use crate::foreign::Foreign;
use crate::guard::{Finding, Reservation, WindowShows};
use crate::knowledge::{Learnt, Plug};
use crate::master::Master;
use crate::share::Share;
use crate::slave::{Pending, Phase, Slave};
use crate::turn::Kind;

/// A slave whose amps others want is given up after this long without an answer, any other later.
const GIVE_UP: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_secs(20);
/// How often it is asked whether a car that sleeps is still plugged in.
const ASLEEP: Duration = Duration::from_secs(60);
/// A silent unit that may still hear us is called after a minute, and then after twice that each time, up to 16 minutes.
const MOST_DOUBLINGS: u8 = 4;
/// An answer later than this belongs to nothing we know of.
const MOST_LATE: Duration = Duration::from_secs(2);

impl<S: Share> Master<S> {
    #[inline(never)] // Flash: as `transmit`.
    pub(crate) fn receive(&mut self, now: Instant, received: &Received) {
        self.turn.rest_until(now + self.config.timing.quiet_gap);
        match &received.message() {
            Message::SlaveLinkReady(ready) => self.link_ready(now, ready, received.body_len()),
            Message::SlaveHeartbeat(heartbeat) => self.heartbeat(now, heartbeat),
            Message::Report(report) if self.told_by_slave(now, report) => {}
            Message::Ack(ack) => self.acknowledged(now, ack.slave),
            // Masters report about themselves unasked, slaves only when asked.
            Message::Report(_)
            | Message::LinkReady1(_)
            | Message::LinkReady2(_)
            | Message::MasterHeartbeat(_)
            | Message::Query(_)
            | Message::Start(_)
            | Message::Stop(_) => {
                let sender = received.message().sender();
                if let Some(sender) = sender.filter(|sender| self.slot_of(*sender).is_none()) {
                    self.foreign_frame(now, sender);
                }
            }
            _ => {}
        }
    }

    /// What a slave of ours reports of itself. Reports without a sender are nobody's.
    #[inline(never)] // Flash: as `transmit`.
    fn told_by_slave(&mut self, now: Instant, report: &Report) -> bool {
        let Some(slot) = report.sender().and_then(|sender| self.slot_of(sender)) else { return false };
        self.learn_from(slot, now, report);
        match *report {
            Report::Meter { sender, phase_half_amps: Some(amps), .. } if self.guard.carries(slot, amps) => {
                self.events.push(Event::PhasesVoid { slave: sender });
                self.hurry(now);
            }
            Report::PlugState { state: PlugState::UNPLUGGED, .. } => self.guard.forgive(slot),
            _ => {}
        }
        true
    }

    /// Keeps what a slave answered.
    #[inline(never)] // Flash: as `transmit`.
    fn learn_from(&mut self, slot: usize, now: Instant, report: &Report) {
        let asked = Kind::Query(report.item());
        if self.turn.exchange.is_some_and(|exchange| exchange.slot == slot && exchange.kind == asked) {
            self.turn.answered(now);
        }
        let Some(Some(slave)) = self.slaves.get_mut(slot) else { return };
        slave.questions.answered(report.item(), now, &self.queries);
        if matches!(report, Report::PlugState { state: PlugState::UNPLUGGED, .. }) {
            slave.car = None;
        }
        if slave.seems_empty() && slave.record.plug() == Plug::PluggedIn {
            // It sleeps; whether it is still there is asked again.
            slave.questions.ask([Item::PlugState], now + ASLEEP);
        }
        match slave.record.learn(now, report) {
            Learnt::Nothing => {}
            Learnt::Vin => {
                slave.car = self.vehicles.who(slave.record.vin()).1;
                self.events.push(Event::VinRead { slave: slave.id });
            }
            Learnt::DoubtfulVin => slave.questions.ask_vin(now),
        }
    }

    /// A slave has heard FC B1 or FC B2, which says nothing about its current.
    fn acknowledged(&mut self, now: Instant, slave: TwcId) {
        let slot = self.slot_of(slave);
        let ours =
            self.turn.exchange.filter(|exchange| Some(exchange.slot) == slot && exchange.kind == Kind::Control);
        if ours.is_some() {
            self.turn.answered(now);
        }
    }

    pub(crate) fn slot_of(&self, id: TwcId) -> Option<usize> {
        self.slaves.iter().position(|slave| slave.as_ref().is_some_and(|slave| slave.id == id))
    }

    fn heartbeat(&mut self, now: Instant, heartbeat: &SlaveHeartbeat) {
        let Some(slot) = self.slot_of(heartbeat.slave) else { return };
        let in_window = self.turn.exchange.filter(|exchange| {
            exchange.kind == Kind::Heartbeat && exchange.until.is_some_and(|until| now < until)
        });
        let until = in_window.filter(|exchange| exchange.slot == slot).and_then(|exchange| exchange.until);
        match until.filter(|_| heartbeat.master == self.config.id) {
            Some(until) => self.answer(slot, now, until, heartbeat),
            None => self.stray_answer(slot, now, heartbeat),
        }
    }

    /// The answer we are waiting for; it is believed once its window has closed without a second one.
    fn answer(&mut self, slot: usize, now: Instant, until: Instant, heartbeat: &SlaveHeartbeat) {
        self.turn.answered(now);
        let evidence = self.guard.evidence(slot, now);
        let Some(Some(slave)) = self.slaves.get_mut(slot) else { return };
        let first = !slave.answered_once;
        slave.pending = Some(Pending { until, heartbeat: *heartbeat, evidence, spoiled: false, differs: false });
        if slave.note(heartbeat, now) {
            let SlaveHeartbeat { slave, state, limit, drawn, .. } = *heartbeat;
            self.events.push(Event::SlaveChanged { slave, state, limit, drawn });
        }
        if slave.asks_for_a_limit() {
            slave.due = now;
        }
        if slave.hear_car(now, &self.queries, first) {
            self.events.push(Event::PluggedIn { slave: heartbeat.slave });
        }
        if first {
            self.events.push(Event::SlaveLinked { slave: heartbeat.slave });
        }
    }

    /// Late, second, misaddressed, or in somebody else's window: it confirms nothing and may warn of more.
    fn stray_answer(&mut self, slot: usize, now: Instant, heartbeat: &SlaveHeartbeat) {
        let addressed_elsewhere =
            self.turn.exchange.filter(|exchange| exchange.slot != slot).map(|exchange| exchange.slot);
        let others_offer = addressed_elsewhere.and_then(|other| self.slaves.get(other)?.as_ref()?.offered);
        self.guard.disturbed(slot, heartbeat.limit.max(others_offer.unwrap_or_default()), now);
        if let Some(Some(slave)) = self.slaves.get_mut(slot) {
            slave.heard = now;
            let late = slave.told_at.map(|at| now.since(at)).filter(|_| slave.missed > 0);
            if let Some(late) = late.filter(|late| *late < MOST_LATE) {
                self.turn.window.answered(late);
            }
            if let Some(pending) = &mut slave.pending {
                pending.spoiled = true;
                pending.differs |= pending.heartbeat != *heartbeat;
            }
        }
    }

    pub(crate) fn settle_answers(&mut self, now: Instant) {
        let mut double = None;
        for (slot, slave) in self.slaves.iter_mut().enumerate() {
            let Some(slave) = slave else { continue };
            let Some(pending) = slave.pending.take_if(|pending| now >= pending.until) else { continue };
            let shows = if pending.differs { WindowShows::Two } else { WindowShows::One };
            if self.guard.window_closed(slot, shows) {
                double = Some(slot);
            }
            if pending.spoiled {
                continue;
            }
            let SlaveHeartbeat { slave: id, limit, drawn, .. } = pending.heartbeat;
            match self.guard.answered(slot, pending.evidence, limit, drawn, now) {
                Finding::Nothing => {}
                Finding::Released => {
                    let commitment = self.guard.commitment(slot);
                    self.events.push(Event::Released { slave: id, commitment });
                }
                Finding::UnexpectedLimit => {
                    slave.state_again();
                    slave.due = now;
                    self.events.push(Event::UnexpectedLimit { slave: id, reported: limit });
                }
                Finding::OverDraw => self.events.push(Event::OverDraw { slave: id, limit, drawn }),
                Finding::Implausible => self.events.push(Event::Implausible { slave: id, limit, drawn }),
            }
        }
        if let Some(slot) = double {
            self.suspect_double(slot);
        }
    }

    pub(crate) fn end_exchange(&mut self, now: Instant) {
        let over = self.given_up_at().is_some_and(|at| now >= at);
        let Some(exchange) = self.turn.exchange.filter(|_| over) else { return };
        self.turn.exchange = None;
        if exchange.kind != Kind::Heartbeat {
            return;
        }
        self.guard.missed(exchange.slot, now);
        if self.guard.window_closed(exchange.slot, WindowShows::None) {
            self.suspect_double(exchange.slot);
        }
        if let Some(Some(slave)) = self.slaves.get_mut(exchange.slot) {
            slave.missed = slave.missed.saturating_add(1);
            slave.state_again();
        }
    }

    /// Only our silence stops a slave that we cannot hear. The sooner, where others want its amps.
    pub(crate) fn drop_the_silent(&mut self, now: Instant) {
        for slot in 0..self.slaves.len() {
            let asked = self.turn.exchange.is_some_and(|exchange| exchange.slot == slot);
            let Some(Some(slave)) = self.slaves.get(slot).filter(|_| !asked) else { continue };
            let heard = slave.heard;
            if slave.phase != Phase::Linked || slave.missed < 2 || now < heard + GIVE_UP {
                continue;
            }
            let wanted = self.slaves.iter().enumerate().any(|(other, slave)| {
                other != slot && slave.as_ref().is_some_and(|slave| slave.asks || slave.phase == Phase::Waiting)
            });
            if now >= heard + PATIENCE || wanted || self.guard.is_over(slot) {
                self.give_up(slot, now);
            }
        }
    }

    fn give_up(&mut self, slot: usize, now: Instant) {
        let Some(Some(slave)) = self.slaves.get_mut(slot) else { return };
        let (plugged, expected) = (slave.is_plugged(), slave.orders.expected_off);
        slave.leave();
        slave.explain(now, CentiAmps::ZERO, if expected { Constraint::PoweredOff } else { Constraint::Silent });
        self.guard.silence(slot, None, plugged);
        let (slave, reserved) = (slave.id, self.guard.commitment(slot));
        self.events.push(if expected {
            Event::PoweredOff { slave, reserved }
        } else {
            Event::SlaveSilenced { slave, reserved }
        });
    }

    pub(crate) fn end_reservations(&mut self, now: Instant) {
        let answers = |slave: &Slave| slave.phase == Phase::Linked && slave.answered_once && slave.missed == 0;
        let others_served = self.slaves.iter().flatten().any(answers);
        for (slot, place) in self.slaves.iter_mut().enumerate() {
            let Some(slave) = place else { continue };
            let kept = match slave.phase {
                Phase::Silent { kept } => Some(kept),
                // It has announced itself, and finds no room as long as what it may hold counts.
                Phase::Waiting if self.guard.is_silent(slot) => None,
                _ => continue,
            };
            let reserved = self.guard.commitment(slot);
            if reserved == CentiAmps::ZERO {
                if !slave.is_real && slave.orders.stopped.is_none() && self.guard.forgets(slot) {
                    // An id that damage made up, or one that took its floor unseen and needs no more than that again.
                    *place = None;
                }
                continue;
            }
            match self.guard.reservation(slot, now) {
                Reservation::Ended => self.events.push(Event::ReservationEnded { slave: slave.id }),
                Reservation::Unproven if kept == Some(true) => {
                    let stops_after = self.guard.stops_after().as_secs();
                    let patience = Duration::from_secs(stops_after << slave.called.min(MOST_DOUBLINGS));
                    // One without a supply hears nothing, and announces itself when it has one again.
                    let is_called =
                        others_served && self.guard.withheld(slot).is_none() && !slave.orders.expected_off;
                    if is_called && !self.guard.was_served_within(slot, patience, now) {
                        // It may hear others served and believe that it has a master. What it may hold stays counted.
                        // Nobody is called on a bus that is quiet: silence there is proof.
                        slave.called = slave.called.saturating_add(1);
                        slave.phase = Phase::Waiting;
                        slave.due = now;
                    }
                }
                Reservation::Unproven if kept == Some(false) => {
                    slave.phase = Phase::Silent { kept: true };
                    self.events.push(Event::ReservationKept { slave: slave.id, reserved });
                }
                Reservation::Running | Reservation::Unproven => {}
            }
        }
    }

    fn foreign_frame(&mut self, now: Instant, master: TwcId) {
        let was_active = self.is_hands_off();
        let foreign = Foreign::heard(self.foreign, now, master);
        self.foreign = Some(foreign);
        if !foreign.active {
            return;
        }
        self.guard.foreign_master(now);
        self.turn.exchange = None;
        if !was_active {
            self.events.push(Event::ForeignMaster { master });
        }
    }

    pub(crate) fn release_foreign(&mut self, now: Instant) {
        let Some(foreign) = self.foreign.filter(|foreign| now >= foreign.gone_at()) else { return };
        self.foreign = None;
        if !foreign.active {
            return;
        }
        self.events.push(Event::ForeignMasterGone { master: foreign.master });
        for slave in self.slaves.iter_mut().flatten() {
            slave.pending = None;
            slave.heard = now;
            slave.due = now;
            slave.state_again();
        }
    }
}
