//! What the unit does with what it hears.

use core::time::Duration;

use twc_proto::message::{MasterHeartbeat, MasterLinkReady, Switch};
use twc_proto::{CentiAmps, Command, Instant, Message, Sign, TwcId};

use super::answer::{Announcer, Reply};
use super::session::{Adjust, Session};
use super::{Charger, Contact, Lock};

/// What command 06 adds and command 07 takes.
const NUDGE: u16 = 200;
/// So long after a linkready of a second master the lamp shows it.
const CROWDED_FOR: Duration = Duration::from_secs(10);

impl Charger {
    /// Whether the message can matter to this unit at all. A frame that does not is not handed to it when it
    /// comes in whole; saying yes too often costs only time.
    pub(crate) fn minds(&self, message: &Message) -> bool {
        match message {
            Message::MasterHeartbeat(heartbeat) => {
                heartbeat.slave == self.id || self.config.any_master_frame_refreshes
            }
            Message::SlaveHeartbeat(_) | Message::Report(_) | Message::Ack(_) | Message::SlaveLinkReady(_) => {
                false
            }
            _ => true,
        }
    }

    pub(super) fn hear(&mut self, now: Instant, message: &Message) {
        if is_for(self.id, message) {
            self.heard.count += 1;
            self.heard.last = Some(*message);
        }
        if self.config.any_master_frame_refreshes && self.has_master && self.contact == Contact::Heard {
            self.refresh_on_any(now, message);
        }
        self.look_for_another_master(now, message);
        match message {
            Message::MasterHeartbeat(heartbeat) if heartbeat.slave == self.id => self.heartbeat(now, heartbeat),
            Message::LinkReady1(ready) | Message::LinkReady2(ready) if ready.master == self.id => {
                self.draw_new_id(now, *ready);
            }
            Message::LinkReady2(_) => self.announcer.hear_link_ready_2(now, &self.config),
            Message::Query(query) if self.answers(query) => self.reply(now, Reply::Report(query.item)),
            Message::Start(control) if control.slave == self.id && self.config.has_reports() => {
                self.reply(now, Reply::Ack(Switch::Start));
                self.is_blocked = false;
                self.settle(now);
            }
            Message::Stop(control) if control.slave == self.id && self.config.has_reports() => {
                self.reply(now, Reply::Ack(Switch::Stop));
                self.stop(now);
            }
            _ => {}
        }
    }

    /// Two masters on the bus make every unit blink four times.
    fn look_for_another_master(&mut self, now: Instant, message: &Message) {
        let (Message::LinkReady1(ready) | Message::LinkReady2(ready)) = message else {
            return;
        };
        if self.has_master && ready.master != self.master && ready.master != self.id {
            self.crowded_until = now + CROWDED_FOR;
        }
    }

    fn refresh_on_any(&mut self, now: Instant, message: &Message) {
        let from_master = matches!(
            message,
            Message::LinkReady1(_)
                | Message::LinkReady2(_)
                | Message::MasterHeartbeat(_)
                | Message::Query(_)
                | Message::Start(_)
                | Message::Stop(_)
                | Message::Idle
        );
        if from_master {
            self.refresh(now);
        }
    }

    /// A master has our id: another one, and another sign.
    fn draw_new_id(&mut self, now: Instant, clash: MasterLinkReady) {
        while self.id == clash.master {
            self.id = TwcId::new(self.rng.below(0x1_0000) as u16);
        }
        self.sign = Sign::new(self.rng.byte());
        self.has_master = false;
        self.answer = None;
        self.announcer = Announcer::after_boot(now, None, &self.config, &mut self.rng);
    }

    fn heartbeat(&mut self, now: Instant, heartbeat: &MasterHeartbeat) {
        self.refresh(now);
        self.has_master = true;
        self.master = heartbeat.master;
        self.announcer.stop();
        if self.owes_error {
            self.come_back(now);
        } else {
            self.obey(now, heartbeat);
        }
        self.reply(now, Reply::Heartbeat(heartbeat.master));
    }

    /// The master is back after the current was cut. Its first frame is answered with 02 and changes nothing.
    fn come_back(&mut self, now: Instant) {
        if self.config.resume_with_held_limit {
            self.held_limit = self.cut_limit;
            self.settle(now);
        }
    }

    fn obey(&mut self, now: Instant, heartbeat: &MasterHeartbeat) {
        if let Some(bitmap) = heartbeat.error_bitmap() {
            if bitmap.blinks().is_some() {
                self.lock = Some(Lock { bitmap, answered: false });
                self.interrupt(now);
            }
            return;
        }
        if matches!(self.session, Session::Empty) {
            return;
        }
        if self.adjust == Adjust::Adjusted && heartbeat.command != Command::NO_CHANGE {
            self.adjust = Adjust::None;
        }
        let wanted = CentiAmps::new(heartbeat.argument);
        match heartbeat.command {
            Command::INITIAL_LIMIT if self.obeys_05() => self.set_limit(now, wanted, self.config.zero_05_is_zero),
            Command::ACCEPT_START if self.session != Session::Charging => self.set_limit(now, wanted, false),
            Command::LIMIT if self.is_p2() => self.set_limit_now(now, wanted),
            Command::RAISE if self.is_p2() => self.raise(now),
            Command::LOWER if self.is_p2() => self.lower(now),
            _ => {}
        }
        self.settle(now);
    }

    fn obeys_05(&self) -> bool {
        let charging = matches!(self.session, Session::Charging | Session::Pausing { .. });
        !self.is_p2() || !charging || self.config.obey_05_while_charging
    }

    /// P1 takes any limit as it is; P2 has no working zero.
    fn set_limit(&mut self, now: Instant, wanted: CentiAmps, zero_is_zero: bool) {
        let as_is = !self.is_p2() || (zero_is_zero && wanted == CentiAmps::ZERO);
        self.held_limit = if as_is { wanted } else { wanted.max(self.config.minimum) };
        if self.session == (Session::Starting { until: None }) {
            self.session = Session::Starting { until: Some(now + self.config.starting_time) };
        }
    }

    /// Command 09. The same limit again changes nothing.
    fn set_limit_now(&mut self, now: Instant, wanted: CentiAmps) {
        let before = self.held_limit;
        self.set_limit(now, wanted, false);
        if self.held_limit != before {
            self.adjust = Adjust::Setting { until: now + self.config.setting_time };
        }
    }

    fn raise(&mut self, now: Instant) {
        if self.held_limit > CentiAmps::ZERO {
            self.held_limit = CentiAmps::new(self.held_limit.value().saturating_add(NUDGE));
            self.adjust = Adjust::Raising { until: now + self.config.raising_time };
        }
    }

    fn lower(&mut self, now: Instant) {
        let cap = CentiAmps::new(self.true_current().value().saturating_sub(NUDGE));
        self.adjust = Adjust::Lowering {
            cap,
            restore_at: now + self.config.lowered_time,
            until: now + self.config.lowering_time,
        };
    }

    /// FC B2: the relay opens at once. What the car makes of it is in its profile.
    fn stop(&mut self, now: Instant) {
        self.is_blocked = true;
        self.power.open(now);
        if let Some(car) = &mut self.car {
            car.stopped(self.config.talks_to_car);
        }
        if !matches!(self.session, Session::Empty | Session::PluggedIn { .. }) {
            self.session = Session::Idle;
        }
        self.settle(now);
    }

    /// Queues an answer. While one is being prepared, a second request is lost.
    pub(super) fn reply(&mut self, now: Instant, reply: Reply) {
        if self.answer.is_none() {
            let latency = self.latency();
            self.answer = Some(super::Answer { due: now + latency, reply });
        }
    }

    fn latency(&mut self) -> Duration {
        let usual = self.rng.range_millis(self.config.least_latency, self.config.greatest_latency);
        let is_late = self.rng.chance(self.config.late_answers);
        if is_late { usual.saturating_add(self.config.late_by) } else { usual }
    }
}

/// Whether the message may change what `id` lets through.
fn is_for(id: TwcId, message: &Message) -> bool {
    match message {
        Message::MasterHeartbeat(heartbeat) => heartbeat.slave == id,
        Message::Start(control) | Message::Stop(control) => control.slave == id,
        Message::LinkReady1(ready) | Message::LinkReady2(ready) => ready.master == id,
        _ => false,
    }
}
