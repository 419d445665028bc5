//! One step of the world: what arrives, who is woken, who begins to send.

use core::time::Duration;

use twc_proto::{Instant, Link, LinkSettings};

use super::air::Transmission;
use super::{BREATH, World};
use crate::charger::Charger;
use crate::trace::Sender;

/// A charger's place on the bus.
#[derive(Debug)]
pub(super) struct Seat {
    link: Link<Charger>,
    is_sending: bool,
    /// Not woken before.
    rests_until: Instant,
    heard: u64,
    /// When it wants to be woken, as of the last change.
    wakes_at: Option<Instant>,
    /// Somebody had their hands on it since.
    is_stale: bool,
}

impl Seat {
    pub(super) fn new(charger: Charger) -> Self {
        let mut settings = LinkSettings::default();
        if !charger.config().listens_first {
            settings.quiet_gap = Duration::ZERO;
        }
        Self {
            link: Link::with_settings(charger, settings),
            is_sending: false,
            rests_until: Instant::ZERO,
            heard: 0,
            wakes_at: None,
            is_stale: true,
        }
    }

    pub(super) fn charger(&self) -> &Charger {
        self.link.node()
    }

    pub(super) fn charger_mut(&mut self) -> &mut Charger {
        self.is_stale = true;
        self.link.node_mut()
    }

    pub(super) fn wakes_at(&self) -> Option<Instant> {
        if self.is_stale { self.next_wake() } else { self.wakes_at }
    }

    /// Works out anew when to wake it. Deadlines are asked for far more often than they change.
    fn refresh(&mut self) {
        self.wakes_at = self.next_wake();
        self.is_stale = false;
    }

    fn next_wake(&self) -> Option<Instant> {
        let talks_at = if self.is_sending { None } else { self.link.poll_timeout() };
        let changes_at = self.link.node().next_event();
        let at = [talks_at, changes_at].into_iter().flatten().min()?;
        Some(at.max(self.rests_until))
    }

    /// Its deadline, if it has come; what it begins to send.
    fn wake(&mut self, now: Instant) -> Option<Vec<u8>> {
        if self.wakes_at().is_none_or(|at| at > now) {
            return None;
        }
        self.link.handle_timeout(now);
        self.rests_until = now + BREATH;
        let wire = self.link.poll_transmit(now);
        self.is_sending |= wire.is_some();
        self.refresh();
        Some(wire?.as_ref().to_vec())
    }

    /// Returns whether it heard something it acts on. Bytes without a message can only put off what it wants
    /// to send; then it is woken in vain once, which costs less than working out its deadlines every time.
    fn hear(&mut self, now: Instant, bytes: &[u8]) -> bool {
        let before = self.link.decoder_stats().messages;
        self.link.handle_bytes(now, bytes);
        if self.link.decoder_stats().messages != before {
            self.refresh();
        }
        let count = self.charger().heard().count;
        core::mem::replace(&mut self.heard, count) != count
    }

    fn sent(&mut self, now: Instant) {
        self.is_sending = false;
        self.link.handle_sent(now);
        self.refresh();
    }
}

impl World {
    pub(super) fn step(&mut self) {
        while let Some(bytes) = self.outside.pop_arrival(self.now) {
            self.outside_hears(&bytes);
        }
        self.deliver();
        while let Some(bytes) = self.outside.pop_start(self.now) {
            self.begin(Sender::Outside, bytes);
        }
        let now = self.now;
        for index in 0..self.seats.len() {
            if let Some(bytes) = self.seats.get_mut(index).and_then(|seat| seat.wake(now)) {
                self.begin(Sender::Charger(index), bytes);
            }
        }
        self.judge();
    }

    fn begin(&mut self, sender: Sender, bytes: Vec<u8>) {
        self.stats.transmissions = self.stats.transmissions.saturating_add(1);
        let mut transmission = Transmission::new(sender, self.now, bytes);
        self.witness.sent(&transmission.bytes);
        if let (Sender::Outside, Some(checker)) = (sender, &mut self.checker) {
            let (start, end) = (transmission.start, transmission.end());
            self.witness.each_outside_message(&transmission.bytes, |message| checker.on_sent(start, end, message));
        }
        let effect = self.faults.apply(&mut transmission.bytes);
        if !effect.is_clean() {
            transmission.is_damaged = true;
            self.stats.damaged = self.stats.damaged.saturating_add(1);
            self.doubt();
        }
        for other in &mut self.on_air {
            other.collides = true;
            transmission.collides = true;
        }
        if transmission.collides {
            self.doubt();
        }
        self.on_air.push(transmission);
    }

    /// From here on a listener may take something for real that was not sent.
    fn doubt(&mut self) {
        self.witness.doubt(self.now);
        if let Some(checker) = &mut self.checker {
            checker.on_damage(self.now);
        }
    }

    fn deliver(&mut self) {
        let mut index = 0;
        while let Some(transmission) = self.on_air.get_mut(index) {
            if transmission.due() > self.now {
                index += 1;
                continue;
            }
            let mut transmission = self.on_air.swap_remove(index);
            let sender = transmission.sender;
            let portion = transmission.next_portion(&mut self.rng);
            self.hand_out(sender, portion);
            if transmission.is_over() {
                self.finish(&transmission);
            } else {
                self.on_air.push(transmission);
            }
        }
    }

    fn hand_out(&mut self, sender: Sender, bytes: &[u8]) {
        let now = self.now;
        let mut undetected = 0;
        for (index, seat) in self.seats.iter_mut().enumerate() {
            let listens = !seat.is_sending && sender != Sender::Charger(index);
            if listens && seat.hear(now, bytes) {
                let heard = seat.charger().heard().last;
                undetected += u64::from(self.witness.is_invented(now, heard.as_ref()));
            }
        }
        self.note_undetected(undetected);
        let is_sending = self.on_air.iter().any(|other| other.sender == Sender::Outside);
        let hears = if sender == Sender::Outside { self.config.echo } else { self.config.echo || !is_sending };
        if hears && self.outside.deliver(now, bytes) {
            self.outside_hears(bytes);
        }
    }

    fn outside_hears(&mut self, bytes: &[u8]) {
        if let Some(checker) = &mut self.checker {
            let now = self.now;
            let undetected = self.witness.each_heard_message(now, bytes, |message| checker.on_heard(now, message));
            self.note_undetected(undetected);
        }
    }

    fn note_undetected(&mut self, undetected: u64) {
        self.stats.undetected = self.stats.undetected.saturating_add(undetected);
        if let Some(checker) = self.checker.as_mut().filter(|_| undetected > 0) {
            checker.on_undetected(self.now);
        }
    }

    fn finish(&mut self, transmission: &Transmission) {
        let is_damaged = transmission.is_damaged || transmission.collides;
        self.stats.collided = self.stats.collided.saturating_add(u64::from(transmission.collides));
        self.trace.record(transmission.start, transmission.sender, &transmission.bytes, is_damaged);
        let Sender::Charger(index) = transmission.sender else {
            return;
        };
        if let Some(seat) = self.seats.get_mut(index) {
            seat.sent(self.now);
        }
    }

    pub(super) fn judge(&mut self) {
        if let Some(checker) = &mut self.checker {
            checker.judge(self.now, self.seats.iter().map(Seat::charger), &self.trace);
        }
    }
}
