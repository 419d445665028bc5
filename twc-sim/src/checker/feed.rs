//! What the judge is told: frames sent and heard, and what happens to the line.

use core::time::Duration;

use twc_proto::message::{MasterHeartbeat, SlaveHeartbeat};
use twc_proto::{Instant, Message, TwcId};

use super::belief::late;
use super::tree::{exceeds, greatest};
use super::{Checker, Rule, SLOWER_BY, begins, listed};

/// So long after a stall the link delivers what the master could not know to be late.
const AFTERMATH: Duration = Duration::from_secs(5);

/// A master that has just been put in place may not have heard a byte of what is being sent.
const JUST_STARTED: Duration = Duration::from_millis(50);

/// So long after a limit fell a slave may still be silenced for it.
const PROTECTS: Duration = Duration::from_secs(40);

/// So long after a master was put in place, or its link let go again, it has told everybody.
const RETURNS: Duration = Duration::from_secs(30);

/// Who is talked over, and how well the master could know it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TalkedOver {
    pub(crate) slave: TwcId,
    /// When its first bit began.
    pub(crate) began: Instant,
    /// Its frame answers the master.
    pub(crate) is_answer: bool,
    /// The master hears every byte as it comes.
    pub(crate) is_heard: bool,
    /// When the master let go of what begins now.
    pub(crate) handed_over: Instant,
}

impl Checker {
    /// The master of a bus was killed or put in place: gaps around this moment are no fault of it.
    pub fn on_master_replaced(&mut self, bus: usize, now: Instant) {
        self.book.forget_exchange(bus, now + self.late(bus));
        self.forget_company(bus);
        for unit in self.units.iter_mut().filter(|unit| unit.bus == bus) {
            unit.is_doubted = false;
        }
        self.gives_time(now + RETURNS);
        if let Some(rhythm) = self.rhythm(bus) {
            rhythm.forget(now);
        }
    }

    /// The master of a bus sent a message, from the first bit at `start` to the last at `end`.
    pub fn on_sent(&mut self, bus: usize, start: Instant, end: Instant, message: &Message) {
        self.end_returns(start);
        self.book.mark();
        self.book.close_exchange(bus, self.late(bus));
        self.book.expire(start, &self.config);
        self.book.note_frame(bus, (start, end), message.receiver());
        self.judge_company(bus, start);
        match message {
            Message::MasterHeartbeat(heartbeat) => self.heartbeat(bus, (start, end), heartbeat),
            Message::Query(_) => {
                if let Some(rhythm) = self.rhythm(bus) {
                    rhythm.query(start);
                }
            }
            Message::Stop(control) => {
                let unit = self.tree.unit(bus, control.slave);
                if let Some(unit) = unit.and_then(|unit| self.units.get_mut(unit)) {
                    unit.wear.stopped_at = Some(end);
                }
            }
            _ => {}
        }
        for circuit in 0..self.states.len() {
            self.judge_promise(bus, start, circuit);
        }
    }

    /// So long after a request that seems unanswered its answer may still come in.
    fn late(&self, bus: usize) -> Duration {
        let is_slow = self.rhythms.get(bus).is_some_and(|rhythm| rhythm.is_slow);
        self.config.answer_window + late(is_slow)
    }

    fn heartbeat(&mut self, bus: usize, air: (Instant, Instant), heartbeat: &MasterHeartbeat) {
        let slave = heartbeat.slave;
        let unit = self.tree.unit(bus, slave);
        let circuits = self.tree.circuits(bus, unit, &self.config);
        let is_slow = self.rhythms.get(bus).is_some_and(|rhythm| rhythm.is_slow);
        let returns_within = self.config.fall.acknowledged + if is_slow { SLOWER_BY } else { Duration::ZERO };
        let last_end = self.book.entry(bus, slave).map(|entry| entry.last_end);
        if let Some(unit) = unit.filter(|_| last_end.is_none_or(|at| air.1 > at + self.config.max_gap)) {
            self.excused |= self.truth.comes_back(air.1, unit, &self.config);
        }
        self.book.send(bus, air.1, heartbeat, circuits, returns_within, &self.config);
        if let Some(unit) = unit.and_then(|unit| self.units.get_mut(unit)) {
            unit.linking.heartbeat();
        }
        if self.rhythms.len() <= bus {
            self.rhythms.resize_with(bus + 1, Default::default);
        }
        let gap = self.rhythms.get_mut(bus).and_then(|rhythm| rhythm.begin(slave, air, &self.config));
        if let Some(gap) = gap.filter(|gap| !self.may_have_protected(air.0 - *gap, circuits)) {
            let text = format!("{slave} waited {} ms for a heartbeat", gap.as_millis());
            self.find(Some(bus), air.0, Rule::HeartbeatGap, text);
        }
        let offer = heartbeat.limit().map_or(0, |limit| u32::from(limit.value()));
        if offer > 0 && offer < self.config.least_offer {
            let text = format!("{slave} was offered {offer}");
            self.find(Some(bus), air.0, Rule::BetweenZeroAndMinimum, text);
        }
    }

    /// Whether a slave may have been silenced around `since` for the sake of a limit.
    fn may_have_protected(&self, since: Instant, circuits: u64) -> bool {
        let states = self.states.iter().enumerate().filter(|(circuit, _)| circuits & 1 << circuit != 0);
        states.filter_map(|(_, state)| state.fell_at).any(|at| at + PROTECTS >= since)
            || self.truth.overdrawn_at(circuits).is_some_and(|at| at + PROTECTS >= since)
    }

    fn judge_promise(&mut self, bus: usize, now: Instant, circuit: usize) {
        let promised = self.book.promised().of(circuit);
        let limit = self.limit(circuit);
        // Below what is configured, what is told has to fit at once, and what a slave brings back beyond it in time.
        let fixed = self.states.get(circuit).map_or(limit, |state| state.configured);
        let sums = if exceeds(promised, fixed, |_| 0) { self.book.promised() } else { self.book.told() };
        let (sum, has_risen) = (sums.of(circuit), sums.has_risen(circuit));
        let waits = self.waits_for_silence(now, circuit, |entry| entry.committed > entry.target);
        let is_near_stranger = self.is_near_stranger(bus, now);
        let Some(state) = self.states.get_mut(circuit) else {
            return;
        };
        if !is_near_stranger {
            state.peaks.promised = state.peaks.promised.max(greatest(promised));
        }
        // What another master has told, ours has to take back first.
        let is_over =
            !is_near_stranger && exceeds(sum, limit, |_| 0) && ((now >= state.grace_until && !waits) || has_risen);
        if begins(&mut state.over, 0, is_over) {
            let text = format!(
                "{}: {} promised, {} allowed: {}",
                self.name(circuit),
                listed(sum),
                listed(limit),
                self.book.describe(circuit)
            );
            self.find(Some(bus), now, Rule::SentAndCommitted, text);
        }
    }

    /// Whoever had stopped and came back on a limit that has fallen reports in time what it was told, where frames pass.
    fn end_returns(&mut self, now: Instant) {
        let Some(late) = self.book.end_returns(now) else {
            return;
        };
        let (disturbed_at, interrupted_at) =
            self.rhythms.get(late.bus).map(super::Rhythm::troubles).unwrap_or_default();
        let mut states = self.states.iter().zip(&self.config.circuits).enumerate();
        let has_fallen = states.any(|(circuit, (state, config))| {
            late.circuits & 1 << circuit != 0
                && config.limit.iter().zip(state.configured).any(|(now, all)| *now < all)
        });
        if has_fallen && disturbed_at.max(interrupted_at) < late.at {
            let text = format!("{} came back and has not reported {}", late.slave, late.target);
            self.find(Some(late.bus), now, Rule::FallNotAcknowledged, text);
        }
    }

    /// The master of a bus heard a message.
    pub fn on_heard(&mut self, bus: usize, now: Instant, message: &Message) {
        if let Some(sender) = message.sender().filter(|_| !matches!(message, Message::SlaveLinkReady(_))) {
            self.book.note_heard(bus, now, sender);
        }
        match message {
            Message::SlaveHeartbeat(answer) => self.answer(bus, now, answer),
            Message::SlaveLinkReady(ready) => {
                self.book.announce(bus, now, ready.slave);
                if self.config.service.is_none() {
                    return;
                }
                let Some(index) = self.tree.unit(bus, ready.slave) else {
                    return;
                };
                if let Some(unit) = self.units.get_mut(index) {
                    unit.linking.announce(now);
                    if unit.sign.replace(ready.sign).is_some_and(|sign| sign != ready.sign) {
                        unit.rebooted_at = Some(now);
                        self.note_reboot(now, bus, index);
                    }
                }
            }
            _ => {}
        }
    }

    fn answer(&mut self, bus: usize, now: Instant, answer: &SlaveHeartbeat) {
        if !self.book.hear(bus, now, answer, &self.config) {
            return;
        }
        if let Some(rhythm) = self.rhythms.get_mut(bus) {
            rhythm.answered(answer.slave);
        }
        let Some(unit) = self.tree.unit(bus, answer.slave) else {
            return;
        };
        if self.excused != 0 {
            self.truth.note_exchange(now, unit, &self.config);
        }
        if self.book.entry(bus, answer.slave).is_some_and(|entry| entry.is_acknowledged) {
            self.truth.acknowledges(unit);
        }
    }

    /// Something on the wire was damaged: gaps around this moment are no fault of the master.
    pub fn on_damage(&mut self, bus: usize, now: Instant) {
        if let Some(rhythm) = self.rhythm(bus) {
            rhythm.disturb(now);
        }
    }

    /// The link between master and wire holds everything until `until`.
    pub(crate) fn on_stall(&mut self, bus: usize, until: Instant) {
        self.forget_company(bus);
        self.gives_time(until + RETURNS);
        if let Some(rhythm) = self.rhythm(bus) {
            rhythm.interrupt(until);
        }
    }

    /// Somebody on this bus took a message for real that nobody had sent; `unit` is the charger it concerns, where
    /// that is known.
    pub fn on_undetected(&mut self, bus: usize, unit: Option<usize>, now: Instant) {
        self.undetected = self.undetected.saturating_add(1);
        let circuits = self.tree.circuits(bus, unit, &self.config);
        self.truth.excuse(now, unit, circuits, &self.config);
        self.excused |= circuits;
    }

    /// The charger a message of a slave comes from.
    pub(crate) fn unit_behind(&self, bus: usize, message: &Message) -> Option<usize> {
        self.tree.unit(bus, message.sender()?)
    }

    /// The master began to talk while a charger did.
    pub(crate) fn on_talked_over(&mut self, bus: usize, now: Instant, over: TalkedOver) {
        let (_, interrupted_at) = self.rhythms.get(bus).map(super::Rhythm::troubles).unwrap_or_default();
        let hears = over.is_heard && now > interrupted_at + JUST_STARTED;
        let awaits = self.book.awaits_answer(bus, now, &over);
        let could_know = over.is_answer && awaits && now > interrupted_at + AFTERMATH;
        if hears || could_know {
            let text = format!("the master began while {} was sending", over.slave);
            self.find(Some(bus), now, Rule::TwoTalkers, text);
        }
    }

    /// A fuse or breaker of the house opened.
    pub(crate) fn on_trip(&mut self, now: Instant, text: String) {
        self.find(None, now, Rule::FuseTripped, text);
    }
}
