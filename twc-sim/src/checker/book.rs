//! What each slave may do because of what was sent to it.

use core::fmt::Write as _;
use std::collections::BTreeMap;

use twc_proto::message::{MasterHeartbeat, SlaveHeartbeat};
use twc_proto::{Command, Instant, Message, TwcId};

use super::{CheckerConfig, Rule, tolerance};

/// Two exchanges in a row must show a lowering before it counts.
const CONFIRMATIONS: u8 = 2;
/// What command 06 adds.
const RAISE: u32 = 200;

pub(super) type Finding = Option<(Rule, String)>;

#[derive(Debug, Default)]
pub(super) struct Book {
    slaves: BTreeMap<TwcId, Entry>,
    exchange: Option<Exchange>,
    last_frame_end: Instant,
    /// Gaps that began before this moment are not judged.
    rhythm_from: Instant,
}

#[derive(Debug)]
struct Entry {
    counts: bool,
    /// May be in force.
    committed: u32,
    /// Was sent last.
    target: u32,
    confirmed: u8,
    last_end: Instant,
    answered: bool,
    gap_reported: bool,
}

#[derive(Debug)]
struct Exchange {
    slave: TwcId,
    master: TwcId,
    end: Instant,
    /// It began after the limit it may confirm was sent.
    may_confirm: bool,
    answers: u8,
    limit: u32,
    drawn: u32,
}

impl Book {
    pub(super) fn sum(&self) -> u32 {
        let counting = self.slaves.values().filter(|entry| entry.counts);
        counting.fold(0, |sum, entry| sum.saturating_add(entry.committed))
    }

    pub(super) fn describe(&self) -> String {
        let mut text = String::new();
        for (id, entry) in self.slaves.iter().filter(|(_, entry)| entry.counts) {
            let separator = if text.is_empty() { "" } else { ", " };
            // Writing into a string does not fail.
            let _ = write!(text, "{separator}{id} {}", entry.committed);
            if entry.target != entry.committed {
                let _ = write!(text, " (told {}, confirmed {} of 2)", entry.target, entry.confirmed);
            }
        }
        text
    }

    /// The next frame begins: the exchange before it is over, and says what it says.
    pub(super) fn close_exchange(&mut self) {
        let Some(exchange) = self.exchange.take() else {
            return;
        };
        let Some(entry) = self.slaves.get_mut(&exchange.slave) else {
            return;
        };
        entry.answered = exchange.answers > 0;
        let shows = exchange.answers == 1
            && exchange.limit <= entry.target
            && exchange.drawn <= entry.target.saturating_add(tolerance(entry.target));
        entry.confirmed = if shows { entry.confirmed + u8::from(exchange.may_confirm) } else { 0 };
        if entry.confirmed >= CONFIRMATIONS {
            entry.confirmed = CONFIRMATIONS;
            entry.committed = entry.target;
        }
    }

    /// Slaves that must have stopped by themselves stop counting.
    pub(super) fn expire(&mut self, now: Instant, config: &CheckerConfig) {
        let last_frame_end = self.last_frame_end;
        for entry in self.slaves.values_mut() {
            let silent_since = if config.any_master_frame_refreshes { last_frame_end } else { entry.last_end };
            if now >= silent_since + config.t_off {
                entry.counts = false;
            }
        }
    }

    pub(super) fn send(
        &mut self,
        start: Instant,
        end: Instant,
        message: &Message,
        config: &CheckerConfig,
    ) -> [Finding; 2] {
        self.last_frame_end = end;
        let Message::MasterHeartbeat(heartbeat) = message else {
            return [None, None];
        };
        let gap = self.gap(start, heartbeat.slave, config);
        let floor = config.floor;
        let entry = self.slaves.entry(heartbeat.slave).or_insert(Entry {
            counts: false,
            committed: 0,
            target: floor,
            confirmed: 0,
            last_end: end,
            answered: false,
            gap_reported: false,
        });
        if !entry.counts {
            entry.link(floor, config.relinked_counts_held);
        }
        let target_before = entry.target;
        entry.obey(heartbeat, floor);
        entry.last_end = end;
        entry.answered = false;
        entry.gap_reported = false;
        self.exchange = Some(Exchange {
            slave: heartbeat.slave,
            master: heartbeat.master,
            end,
            may_confirm: entry.target == target_before,
            answers: 0,
            limit: 0,
            drawn: 0,
        });
        [gap, too_small(heartbeat, config)]
    }

    pub(super) fn hear(&mut self, now: Instant, answer: &SlaveHeartbeat, config: &CheckerConfig) {
        let Some(exchange) = &mut self.exchange else {
            return;
        };
        let in_window = now <= exchange.end + config.answer_window;
        if in_window && answer.slave == exchange.slave && answer.master == exchange.master {
            exchange.answers = exchange.answers.saturating_add(1);
            exchange.limit = u32::from(answer.limit.value());
            exchange.drawn = u32::from(answer.drawn.value());
        }
    }

    pub(super) fn forget_rhythm(&mut self, now: Instant) {
        self.rhythm_from = now;
        self.exchange = None;
        for entry in self.slaves.values_mut() {
            entry.answered = false;
        }
    }

    pub(super) fn note_damage(&mut self, now: Instant) {
        self.rhythm_from = now;
    }

    fn gap(&self, start: Instant, slave: TwcId, config: &CheckerConfig) -> Finding {
        let entry = self.slaves.get(&slave).filter(|entry| entry.answered && !entry.gap_reported)?;
        let gap = start.since(entry.last_end);
        let is_judged = entry.last_end > self.rhythm_from && gap < config.t_off;
        let text = || format!("{slave} waited {} ms for a heartbeat", gap.as_millis());
        (is_judged && gap > config.max_gap).then(|| (Rule::HeartbeatGap, text()))
    }

    /// A linked slave that is still waiting; each wait is reported once.
    pub(super) fn open_gap(&mut self, now: Instant, config: &CheckerConfig) -> Option<String> {
        let open = self.exchange.as_ref().filter(|exchange| exchange.answers > 0).map(|exchange| exchange.slave);
        let rhythm_from = self.rhythm_from;
        let (id, entry) = self.slaves.iter_mut().find(|(id, entry)| {
            (entry.answered || open == Some(**id))
                && !entry.gap_reported
                && entry.last_end > rhythm_from
                && now.since(entry.last_end) > config.max_gap
        })?;
        entry.gap_reported = true;
        Some(format!("{id} has had no heartbeat for {} ms", now.since(entry.last_end).as_millis()))
    }
}

impl Entry {
    fn link(&mut self, floor: u32, keeps_held: bool) {
        self.counts = true;
        self.committed = if keeps_held { self.committed.max(floor) } else { floor };
        self.target = self.committed;
        self.confirmed = 0;
    }

    fn obey(&mut self, heartbeat: &MasterHeartbeat, floor: u32) {
        let told = match heartbeat.limit() {
            Some(limit) => u32::from(limit.value()).max(floor),
            None if heartbeat.command == Command::RAISE => self.target.saturating_add(RAISE),
            None => return,
        };
        if told != self.target {
            self.target = told;
            self.confirmed = 0;
        }
        self.committed = self.committed.max(told);
    }
}

fn too_small(heartbeat: &MasterHeartbeat, config: &CheckerConfig) -> Finding {
    let limit = u32::from(heartbeat.limit()?.value());
    let text = || format!("{} was offered {limit}", heartbeat.slave);
    (limit > 0 && limit < config.least_offer).then(|| (Rule::BetweenZeroAndMinimum, text()))
}
