//! What each slave may do because of what was sent to it.

use core::fmt::Write as _;
use core::time::Duration;

use twc_proto::message::{MasterHeartbeat, SlaveHeartbeat};
use twc_proto::{Instant, TwcId};

use super::belief::Shown;
use super::entry::{Entry, Totals};
use super::tree::{Circuits, Sums};
use super::{CheckerConfig, TalkedOver, tolerance};

/// The byte behind a frame is on the wire when the frame is over.
const TAIL: Duration = Duration::from_millis(2);
/// Longer than this between two linkreadys, and something may have kept the unit going in between.
const ANNOUNCES_EVERY: Duration = Duration::from_secs(13);
/// Two exchanges in a row must show a lowering before it counts.
const CONFIRMATIONS: u8 = 2;
/// More slaves than any bus has are not remembered.
const MAX_HEARD: usize = 16;
/// From the beginning of a question to that of an answer in time: 25 ms for the one, 150 to 200 ms between them.
const IN_TIME: Duration = Duration::from_millis(300);

#[derive(Debug, Default)]
pub(super) struct Book {
    /// By bus and id.
    entries: Vec<Entry>,
    lines: Vec<Line>,
    totals: Totals,
}

/// What is known of one bus.
#[derive(Debug, Default)]
struct Line {
    exchange: Option<Exchange>,
    last_frame_end: Instant,
    /// Who was asked last, and when that began.
    asked: Option<(TwcId, Instant)>,
    /// When the master last heard each slave answer.
    heard: Vec<(TwcId, Instant)>,
}

/// A slave that came back and has not taken what it was told.
#[derive(Debug)]
pub(super) struct Return {
    pub(super) bus: usize,
    pub(super) slave: TwcId,
    pub(super) circuits: Circuits,
    pub(super) target: u32,
    pub(super) at: Instant,
}

#[derive(Debug)]
struct Exchange {
    slave: TwcId,
    master: TwcId,
    end: Instant,
    /// It began after the limit it may confirm was sent.
    may_confirm: bool,
    answers: u8,
    /// The last of them.
    answered_at: Instant,
    limit: u32,
    drawn: u32,
}

impl Book {
    pub(super) fn new(circuits: usize) -> Self {
        let totals = Totals { promised: Sums::new(circuits), told: Sums::new(circuits) };
        Self { totals, ..Self::default() }
    }

    pub(super) fn promised(&self) -> &Sums {
        &self.totals.promised
    }

    /// What is promised, where whoever has just come back counts what it was told. On a limit that has fallen, what it
    /// brings back beyond that is a fall like any other.
    pub(super) fn told(&self) -> &Sums {
        &self.totals.told
    }

    pub(super) fn mark(&mut self) {
        self.totals.promised.mark();
        self.totals.told.mark();
    }

    /// Ends the time that those have who came back. Returns one that answers and has not reported what it was told.
    pub(super) fn end_returns(&mut self, now: Instant) -> Option<Return> {
        let mut late = None;
        let is_over = |entry: &Entry| entry.returns_until.is_some_and(|until| until < now);
        for entry in self.entries.iter_mut().filter(|entry| is_over(entry)) {
            entry.change(&mut self.totals, |entry| entry.returns_until = None);
            if entry.counts && entry.has_answered_since(entry.resumed_at) && entry.comes_down() {
                let Entry { bus, slave, circuits, target, resumed_at, .. } = *entry;
                late = Some(Return { bus, slave, circuits, target, at: resumed_at });
            }
        }
        late
    }

    pub(super) fn entry(&self, bus: usize, slave: TwcId) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.is(bus, slave))
    }

    /// Everything that counts on a circuit.
    pub(super) fn on_circuit(&self, circuit: usize) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.counts && entry.circuits & 1 << circuit != 0)
    }

    /// What a master may believe that the others have on a circuit.
    pub(super) fn believed_beside(&self, circuit: usize, bus: usize, slave: TwcId) -> u32 {
        let others = self.on_circuit(circuit).filter(|entry| !entry.is(bus, slave));
        others.fold(0, |sum, entry| sum.saturating_add(entry.believed()))
    }

    /// The same in words.
    pub(super) fn describe(&self, circuit: usize) -> String {
        let mut text = String::new();
        for entry in self.on_circuit(circuit) {
            let separator = if text.is_empty() { "" } else { ", " };
            // Writing into a string does not fail.
            let _ = write!(text, "{separator}{} {}", entry.slave, entry.committed);
            if entry.target != entry.committed {
                let _ = write!(text, " (told {}, confirmed {} of 2)", entry.target, entry.confirmed);
            }
        }
        text
    }

    /// The next frame begins: the exchange before it is over, and says what it says. Returns the slave if it
    /// answered. A missed answer may come in `late`.
    pub(super) fn close_exchange(&mut self, bus: usize, late: Duration) -> Option<TwcId> {
        let exchange = self.line(bus)?.exchange.take()?;
        let totals = &mut self.totals;
        let entry = self.entries.iter_mut().find(|entry| entry.is(bus, exchange.slave))?;
        let shows = exchange.answers == 1
            && exchange.limit <= entry.target
            && exchange.drawn <= entry.target.saturating_add(tolerance(entry.target));
        entry.answers = exchange.answers > 0;
        if !entry.answers {
            entry.missed_at = exchange.end;
            entry.belief.blur(exchange.end + late);
        }
        let at = (exchange.answers == 1).then_some(exchange.answered_at);
        let Exchange { may_confirm, limit, drawn, .. } = exchange;
        entry.is_known |= entry.belief.show(entry.target, Shown { at, may_confirm, limit, drawn });
        entry.confirmed = if shows { entry.confirmed + u8::from(exchange.may_confirm) } else { 0 };
        if entry.confirmed >= CONFIRMATIONS {
            entry.confirmed = CONFIRMATIONS;
            entry.change(totals, |entry| {
                entry.committed = entry.target;
                entry.returns_until = None;
            });
        }
        (exchange.answers > 0).then_some(exchange.slave)
    }

    /// Slaves that must have stopped by themselves stop counting.
    pub(super) fn expire(&mut self, now: Instant, config: &CheckerConfig) {
        let t_off = config.t_off.saturating_sub(TAIL);
        for entry in self.entries.iter_mut().filter(|entry| entry.counts) {
            let last_frame_end = self.lines.get(entry.bus).map_or(entry.last_end, |line| line.last_frame_end);
            let is_kept_going = config.any_master_frame_refreshes
                && now < last_frame_end + t_off
                && !entry.has_announced_long_enough();
            if now >= entry.last_end + t_off && !is_kept_going {
                entry.change(&mut self.totals, |entry| entry.counts = false);
            }
        }
    }

    /// Another master may keep every slave going that has not stopped.
    pub(super) fn keep_going(&mut self, bus: usize, now: Instant) {
        for entry in self.entries.iter_mut().filter(|entry| entry.bus == bus && entry.counts) {
            entry.last_end = entry.last_end.max(now);
        }
        self.doubt(bus);
    }

    /// A slave says that it has no master.
    pub(super) fn announce(&mut self, bus: usize, now: Instant, slave: TwcId) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.is(bus, slave)) {
            let goes_on = entry.announces.filter(|(_, last)| now.since(*last) <= ANNOUNCES_EVERY);
            entry.announces = Some((goes_on.map_or(now, |(first, _)| first), now));
        }
    }

    /// The master speaks; `circuits` are those of the slave it speaks to.
    pub(super) fn send(
        &mut self,
        bus: usize,
        end: Instant,
        heartbeat: &MasterHeartbeat,
        circuits: Circuits,
        returns_within: Duration,
        config: &CheckerConfig,
    ) {
        let index = self.index_of(bus, heartbeat.slave, circuits, config.floor, end);
        let totals = &mut self.totals;
        let Some(entry) = self.entries.get_mut(index) else {
            return;
        };
        let floor = config.floor;
        let returns = !entry.counts;
        if returns {
            entry.circuits = circuits;
            entry.change(totals, |entry| entry.link(floor, config.relinked_counts_held));
        }
        if end > entry.last_end + config.max_gap {
            entry.resumed_at = end;
        }
        let target_before = entry.target;
        entry.change(totals, |entry| {
            entry.obey(heartbeat, floor);
            if returns && entry.target < entry.committed {
                entry.returns_until = Some(end + returns_within);
            }
        });
        entry.last_end = end;
        entry.announces = None;
        let may_confirm = entry.target == target_before;
        if !may_confirm {
            entry.target_since = end;
        }
        entry.is_acknowledged &= may_confirm;
        let (slave, master) = (heartbeat.slave, heartbeat.master);
        let exchange =
            Exchange { slave, master, end, may_confirm, answers: 0, answered_at: end, limit: 0, drawn: 0 };
        if let Some(line) = self.line(bus) {
            line.exchange = Some(exchange);
        }
    }

    /// Any frame of the master.
    pub(super) fn note_frame(&mut self, bus: usize, (start, end): (Instant, Instant), to: Option<TwcId>) {
        if let Some(line) = self.line(bus) {
            line.last_frame_end = end;
            line.asked = to.map(|slave| (slave, start));
        }
    }

    /// The master has heard something that a slave only says when it is asked, be it late.
    pub(super) fn note_heard(&mut self, bus: usize, now: Instant, slave: TwcId) {
        let Some(line) = self.line(bus) else {
            return;
        };
        let is_full = line.heard.len() >= MAX_HEARD;
        match line.heard.iter_mut().find(|(known, _)| *known == slave) {
            Some((_, at)) => *at = now,
            None if !is_full => line.heard.push((slave, now)),
            None => {}
        }
    }

    /// Returns whether it is the answer to the exchange under way.
    pub(super) fn hear(
        &mut self,
        bus: usize,
        now: Instant,
        answer: &SlaveHeartbeat,
        config: &CheckerConfig,
    ) -> bool {
        let exchange = self.lines.get_mut(bus).and_then(|line| line.exchange.as_mut());
        let Some(exchange) = exchange else {
            return false;
        };
        // What is complete before the request is over answers an earlier one.
        let in_window = (exchange.end..=exchange.end + config.answer_window).contains(&now);
        if !in_window || answer.slave != exchange.slave || answer.master != exchange.master {
            // Whoever answers for another may have taken what that one was told.
            let taken = exchange.slave;
            let taken = self.entry(bus, taken).filter(|_| taken != answer.slave).map_or(0, |entry| entry.target);
            let limit = u32::from(answer.limit.value()).max(taken);
            if let Some(entry) = self.entries.iter_mut().find(|entry| entry.is(bus, answer.slave)) {
                entry.belief.stray(limit);
            }
            return false;
        }
        exchange.answers = exchange.answers.saturating_add(1);
        exchange.answered_at = now;
        exchange.limit = u32::from(answer.limit.value());
        exchange.drawn = u32::from(answer.drawn.value());
        let limit = exchange.limit;
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.is(bus, answer.slave)) {
            let acknowledges = limit <= entry.target;
            if acknowledges && !entry.is_acknowledged {
                entry.acknowledged_at = now;
            }
            entry.is_acknowledged = acknowledges;
        }
        true
    }

    /// Whether the one who answers was asked last, and the master has heard nothing yet that it could take for the
    /// answer: what was late before its own question was out and comes after, it cannot tell from that.
    pub(super) fn awaits_answer(&self, bus: usize, now: Instant, over: &TalkedOver) -> bool {
        let Some(line) = self.lines.get(bus) else {
            return false;
        };
        let Some((_, asked_at)) =
            line.asked.filter(|(slave, at)| *slave == over.slave && over.began <= *at + IN_TIME)
        else {
            return false;
        };
        let let_go_at = asked_at - now.since(over.handed_over);
        let heard = line.heard.iter().find(|(slave, _)| *slave == over.slave);
        !heard.is_some_and(|(_, at)| (let_go_at..=over.handed_over).contains(at))
    }

    /// A new master knows nothing of the exchange under way.
    pub(super) fn forget_exchange(&mut self, bus: usize, clear_at: Instant) {
        if let Some(line) = self.line(bus) {
            line.exchange = None;
            line.asked = None;
        }
        self.doubt(bus);
        self.entries.iter_mut().filter(|entry| entry.bus == bus).for_each(|entry| entry.belief.blur(clear_at));
    }

    /// The master may not know what its slaves were told: it is another, or another one was there.
    fn doubt(&mut self, bus: usize) {
        self.entries.iter_mut().filter(|entry| entry.bus == bus).for_each(|entry| entry.is_known = false);
    }

    /// What those held who were lost while they shared a circuit with this slave, and count no more.
    pub(super) fn lost(&self, circuits: Circuits, bus: usize, slave: TwcId) -> u32 {
        let is_lost = |entry: &&Entry| {
            !entry.counts && !entry.answers && entry.circuits & circuits != 0 && !entry.is(bus, slave)
        };
        self.entries.iter().filter(is_lost).fold(0, |sum, entry| sum.saturating_add(entry.believed()))
    }

    /// Whether the master knows what everybody may have who shares a circuit with this slave.
    pub(super) fn knows_all_but(&self, circuits: Circuits, bus: usize, slave: TwcId) -> bool {
        let shares = |entry: &&Entry| entry.counts && entry.circuits & circuits != 0 && !entry.is(bus, slave);
        self.entries.iter().filter(shares).all(|entry| entry.is_known)
    }

    fn line(&mut self, bus: usize) -> Option<&mut Line> {
        if self.lines.len() <= bus {
            self.lines.resize_with(bus + 1, Line::default);
        }
        self.lines.get_mut(bus)
    }

    fn index_of(&mut self, bus: usize, slave: TwcId, circuits: Circuits, floor: u32, end: Instant) -> usize {
        self.entries.binary_search_by_key(&(bus, slave), |entry| (entry.bus, entry.slave)).unwrap_or_else(
            |index| {
                let entry = Entry::new(bus, slave, circuits, floor, end);
                self.entries.insert(index, entry);
                index
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLAVE: TwcId = TwcId::new(0x3495);

    fn ms(millis: u64) -> Instant {
        Instant::from_millis(millis)
    }

    /// Asked at 1,000 ms, and talked over at the given times, 100 ms after it was handed over.
    fn awaits(heard: Option<u64>, began: u64, now: u64) -> bool {
        let mut book = Book::new(0);
        book.note_frame(0, (ms(1_000), ms(1_020)), Some(SLAVE));
        if let Some(heard) = heard {
            book.note_heard(0, ms(heard), SLAVE);
        }
        let over = TalkedOver {
            slave: SLAVE,
            began: ms(began),
            is_answer: true,
            is_heard: false,
            handed_over: ms(now - 100),
        };
        book.awaits_answer(0, ms(now), &over)
    }

    #[test]
    fn an_answer_in_time_is_waited_for() {
        assert!(awaits(None, 1_200, 1_210));
    }

    #[test]
    fn what_is_late_and_heard_after_the_question_was_handed_over_passes_for_its_answer() {
        assert!(!awaits(Some(950), 1_200, 1_210));
        // Heard before, it was none; heard after the next frame was handed over, it came too late to matter.
        assert!(awaits(Some(890), 1_200, 1_210) && awaits(Some(1_150), 1_200, 1_210));
    }

    #[test]
    fn nobody_waits_for_an_answer_that_begins_late() {
        assert!(!awaits(None, 1_400, 1_410));
    }
}
