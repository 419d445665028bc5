//! One step of a bus: what arrives, who is woken, who begins to send.

use twc_proto::{Decoder, Instant, Message};

use super::air::{LostTo, Transmission, Whole};
use super::bus::{Bus, Ghost};
use crate::checker::{Checker, TalkedOver};
use crate::fault::FaultEffect;
use crate::trace::Sender;

/// So many buffers are kept for use.
const SPARES: usize = 4;

/// Who watches, if anybody does.
pub(super) type Judge<'a> = Option<&'a mut Checker>;

impl Bus {
    /// Everything that is due at `now`.
    pub(super) fn step(&mut self, now: Instant, mut judge: Judge<'_>) {
        self.now = self.now.max(now);
        self.touch();
        while let Some(bytes) = self.outside.pop_arrival(self.now) {
            self.outside_hears(&bytes, &mut judge);
        }
        self.deliver(&mut judge);
        self.hear_stranger(&mut judge);
        while let Some(at) = self.ghosts.iter().position(|ghost| ghost.at <= self.now) {
            self.begin_ghost(at, &mut judge);
        }
        while let Some(bytes) = self.outside.pop_start(self.now) {
            self.begin_outside(&bytes, &mut judge);
        }
        self.wake_seats(&mut judge);
    }

    /// The station outside hands over bytes.
    pub(super) fn handle_outside(&mut self, bytes: &[u8], mut judge: Judge<'_>) {
        self.touch();
        if !bytes.is_empty() && self.outside.is_direct(self.now) && self.outside.starts_at(self.now) <= self.now {
            self.outside.note_start(self.now, bytes.len());
            self.begin_outside(bytes, &mut judge);
        } else if !self.outside.push(self.now, bytes) {
            self.stats.refused_bytes = self.stats.refused_bytes.saturating_add(bytes.len() as u64);
        }
    }

    fn wake_seats(&mut self, judge: &mut Judge<'_>) {
        for place in 0..self.seats.len() {
            let now = self.now;
            let Some(seat) = self.seats.get(place).filter(|seat| seat.wakes_at().is_some_and(|at| at <= now))
            else {
                continue;
            };
            let sender = Sender::Charger(seat.index);
            let taken = self.taken(now, sender);
            if let Some(frame) = self.seats.get_mut(place).and_then(|seat| seat.wake(now, taken)) {
                let transmission = self.transmission(sender, frame.wire.as_ref());
                self.witness.sent(&frame.whole.message);
                self.begin(transmission, Some(frame.whole), judge);
            }
        }
    }

    fn transmission(&mut self, sender: Sender, bytes: &[u8]) -> Transmission {
        let mut buffer = self.spare.pop().unwrap_or_default();
        buffer.clear();
        buffer.extend_from_slice(bytes);
        Transmission::new(sender, self.now, buffer)
    }

    fn begin_outside(&mut self, bytes: &[u8], judge: &mut Judge<'_>) {
        self.note_talking_over(judge);
        let transmission = self.transmission(Sender::Outside, bytes);
        let (bus, start, end) = (self.index, transmission.start, transmission.end());
        let master = &mut self.master;
        let whole = self.witness.each_outside_message(bytes, |message| {
            *master = message.sender().unwrap_or(*master);
            if let Some(checker) = judge {
                checker.on_sent(bus, start, end, message);
            }
        });
        self.begin(transmission, whole, judge);
    }

    /// The station outside begins; somebody else may be heard already.
    fn note_talking_over(&self, judge: &mut Judge<'_>) {
        let Some(checker) = judge else {
            return;
        };
        let is_heard = self.outside.is_direct(self.now);
        let handed_over = self.now - self.outside.delay_to_bus();
        // What the line lost nobody can have heard.
        let arrives = |other: &&Transmission| !other.lost_to.master && self.now <= other.audible_until();
        let begun = self.on_air.iter().filter(|other| !other.is_ghost && other.first_byte_over() <= self.now);
        for other in begun.filter(arrives) {
            let Sender::Charger(index) = other.sender else {
                continue;
            };
            let answers = |whole: &Whole| !matches!(whole.message, Message::SlaveLinkReady(_));
            let is_answer = other.says.as_ref().is_some_and(answers);
            let seat = self.seats.iter().find(|seat| seat.index == index);
            if let Some(slave) = seat.map(|seat| seat.charger().id()) {
                let over = TalkedOver { slave, began: other.start, is_answer, is_heard, handed_over };
                checker.on_talked_over(self.index, self.now, over);
            }
        }
    }

    fn begin_ghost(&mut self, at: usize, judge: &mut Judge<'_>) {
        let ghost = self.ghosts.remove(at);
        let mut transmission = Transmission::new(ghost.sender, self.now, ghost.bytes);
        transmission.is_ghost = true;
        self.doubt(judge);
        self.meet_others(&mut transmission, judge);
        self.on_air.push(transmission);
    }

    fn begin(&mut self, mut transmission: Transmission, whole: Option<Whole>, judge: &mut Judge<'_>) {
        self.stats.transmissions = self.stats.transmissions.saturating_add(1);
        let end = transmission.end();
        let effect = self.faults.apply(transmission.sender, &mut transmission.bytes);
        if let Some(effect) = effect {
            self.suffer(&mut transmission, effect, end, judge);
        }
        self.meet_others(&mut transmission, judge);
        if !transmission.is_damaged && !transmission.collides {
            transmission.says = whole;
            if whole.is_some() && self.is_quick_now(transmission.sender) {
                transmission.keep_whole();
            }
        }
        self.on_air.push(transmission);
    }

    fn suffer(&mut self, frame: &mut Transmission, effect: FaultEffect, end: Instant, judge: &mut Judge<'_>) {
        frame.is_damaged = true;
        frame.lost_to = LostTo { slaves: effect.lost_to_slaves, master: effect.lost_to_master };
        if let Some(again) = effect.again {
            self.ghosts.push(Ghost { at: end + again.after, sender: frame.sender, bytes: again.bytes });
        }
        self.stats.damaged = self.stats.damaged.saturating_add(1);
        self.doubt(judge);
    }

    fn meet_others(&mut self, transmission: &mut Transmission, judge: &mut Judge<'_>) {
        if self.on_air.is_empty() {
            return;
        }
        self.break_up_frames();
        self.on_air.iter_mut().for_each(|other| other.collides = true);
        transmission.collides = true;
        self.doubt(judge);
    }

    /// From here on a listener may take something for real that was not sent.
    fn doubt(&mut self, judge: &mut Judge<'_>) {
        self.witness.doubt(self.now);
        if let Some(checker) = judge {
            checker.on_damage(self.index, self.now);
        }
    }

    fn deliver(&mut self, judge: &mut Judge<'_>) {
        let mut index = 0;
        while let Some(transmission) = self.on_air.get(index) {
            if transmission.due > self.now {
                index += 1;
                continue;
            }
            let mut transmission = self.on_air.swap_remove(index);
            if let Some(whole) = transmission.says.filter(|_| transmission.is_whole) {
                self.hand_out_whole(&transmission, &whole, judge);
                self.finish(transmission, judge);
                continue;
            }
            let (sender, lost_to) = (transmission.sender, transmission.lost_to);
            let portion = transmission.next_portion(&mut self.rng);
            self.hand_out(sender, lost_to, portion, judge);
            if transmission.is_over() {
                self.finish(transmission, judge);
            } else {
                self.on_air.push(transmission);
            }
        }
    }

    fn hand_out_whole(&mut self, frame: &Transmission, whole: &Whole, judge: &mut Judge<'_>) {
        let (first, now) = (frame.first_byte_over(), self.now);
        let mut received = whole.received;
        for seat in &mut self.seats {
            if seat.is_sending || frame.sender == Sender::Charger(seat.index) {
                continue;
            }
            seat.note_bytes(first, now);
            if !seat.charger().minds(&whole.message) {
                continue;
            }
            if received.is_none() {
                received = Decoder::new().decode(&mut &frame.bytes[..]).and_then(Result::ok);
            }
            if let Some(received) = &received {
                seat.hear_whole(now, received);
            }
        }
        if frame.sender != Sender::Outside {
            self.outside.deliver_whole(&frame.bytes);
            if let Some(checker) = judge {
                checker.on_heard(self.index, now, &whole.message);
            }
        }
    }

    fn hand_out(&mut self, sender: Sender, lost_to: LostTo, bytes: &[u8], judge: &mut Judge<'_>) {
        let now = self.now;
        for seat in &mut self.seats {
            let listens = !lost_to.slaves && !seat.is_sending && sender != Sender::Charger(seat.index);
            if listens && seat.hear_bytes(now, bytes) {
                let heard = seat.charger().heard().last;
                if heard.is_some_and(|message| self.witness.is_invented(now, &message)) {
                    self.stats.undetected = self.stats.undetected.saturating_add(1);
                    if let Some(checker) = judge {
                        checker.on_undetected(self.index, Some(seat.index), now);
                    }
                }
            }
        }
        let is_sending = self.on_air.iter().any(|other| other.sender == Sender::Outside && !other.is_ghost);
        let hears = if sender == Sender::Outside { self.echo } else { self.echo || !is_sending };
        if hears && !lost_to.master && self.outside.deliver(now, bytes) {
            self.outside_hears(bytes, judge);
        }
    }

    fn outside_hears(&mut self, bytes: &[u8], judge: &mut Judge<'_>) {
        let (bus, now) = (self.index, self.now);
        let Some(checker) = judge else {
            return;
        };
        let undetected = &mut self.stats.undetected;
        self.witness.each_heard_message(now, bytes, |message, is_invented| {
            checker.on_heard(bus, now, message);
            if is_invented {
                *undetected = undetected.saturating_add(1);
                checker.on_undetected(bus, checker.unit_behind(bus, message), now);
            }
        });
    }

    fn finish(&mut self, transmission: Transmission, judge: &mut Judge<'_>) {
        let is_damaged = transmission.is_damaged || transmission.collides;
        if transmission.says.is_some() && !transmission.is_whole {
            self.settle_listeners(transmission.sender);
        }
        self.stats.collided = self.stats.collided.saturating_add(u64::from(transmission.collides));
        self.trace.record(transmission.start, transmission.sender, &transmission.bytes, is_damaged);
        if let (Sender::Charger(index), false) = (transmission.sender, transmission.is_ghost) {
            if let Some(seat) = self.seats.iter_mut().find(|seat| seat.index == index) {
                seat.sent(self.now);
            }
        }
        if let (Sender::Stranger, false, Some(checker)) = (transmission.sender, is_damaged, judge) {
            checker.on_stranger_heard(self.index, self.outside.hears_at(self.now));
        }
        if self.spare.len() < SPARES {
            self.spare.push(transmission.bytes);
        }
    }
}
