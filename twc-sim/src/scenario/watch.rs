//! Watches a world for what is expected of it.

use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

use twc_proto::{CentiAmps, Decoder, Instant, Message};

use super::expect::{Code, Expectations, Finding, Moment};
use super::units::Of;
use crate::charger::Charger;
use crate::trace::Sender;
use crate::world::World;

/// What was seen so far, held against [`Expectations`].
#[derive(Debug)]
pub struct Watch {
    expectations: Expectations,
    slaves: Vec<Seen>,
    /// How many transmissions of each bus were looked at.
    heard: Vec<(u64, Decoder)>,
    sent: BTreeMap<Code, u32>,
    commanded: [u32; 256],
    greatest_limits: u32,
    greatest_drawn: u32,
    all_linked_at: Option<Instant>,
    /// Whether each thing that is to be said was.
    said: Vec<bool>,
    moments: Vec<Finding>,
    judged_moments: usize,
}

/// What was seen of one slave.
#[derive(Debug, Default)]
struct Seen {
    greatest_limit: CentiAmps,
    last_heartbeat: Option<Instant>,
    longest_gap: Duration,
    was_linked: bool,
    closings: u32,
    closings_of_the_hour: VecDeque<Instant>,
    most_closings_in_an_hour: u32,
    most_interruptions: u32,
    refused: bool,
    phase_switchings: u32,
    hot_phase_switchings: u32,
}

const HOUR: Duration = Duration::from_secs(3_600);

impl Watch {
    /// Nothing seen yet.
    pub fn new(mut expectations: Expectations) -> Self {
        expectations.at.sort_by_key(|moment| moment.time.get_ref().0);
        Self {
            said: vec![false; expectations.said.len()],
            expectations,
            slaves: Vec::new(),
            heard: Vec::new(),
            sent: BTreeMap::new(),
            commanded: [0; 256],
            greatest_limits: 0,
            greatest_drawn: 0,
            all_linked_at: None,
            moments: Vec::new(),
            judged_moments: 0,
        }
    }

    /// When it wants to look at the latest: at the next moment that something is expected of.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let moment = self.expectations.at.get(self.judged_moments)?;
        Some(Instant::ZERO + moment.time.get_ref().0)
    }

    /// Looks at the world, after every step of it.
    pub fn look(&mut self, now: Instant, world: &World) {
        self.listen(world);
        let (mut limits, mut drawn) = (0u32, 0u32);
        for (index, charger) in world.chargers().enumerate() {
            if self.slaves.len() <= index {
                self.slaves.push(Seen::default());
            }
            limits = limits.saturating_add(u32::from(charger.limit_in_force().value()));
            drawn = drawn.saturating_add(u32::from(charger.true_current().value()));
            if let Some(seen) = self.slaves.get_mut(index) {
                seen.look(now, charger);
            }
        }
        self.greatest_limits = self.greatest_limits.max(limits);
        self.greatest_drawn = self.greatest_drawn.max(drawn);
        if self.all_linked_at.is_none() && self.slaves.iter().all(|seen| seen.was_linked) {
            self.all_linked_at = Some(now);
        }
        while self.poll_timeout().is_some_and(|at| at <= now) {
            if let Some(moment) = self.expectations.at.get(self.judged_moments) {
                self.moments.extend(judge_moment(moment, self.judged_moments, world));
            }
            self.judged_moments += 1;
        }
    }

    /// The master told people something.
    pub fn hear_note(&mut self, note: &str) {
        for (wanted, said) in self.expectations.said.iter().zip(&mut self.said) {
            *said |= note.contains(wanted);
        }
    }

    /// What the stations outside put on their buses since the last look.
    fn listen(&mut self, world: &World) {
        let mut heard = core::mem::take(&mut self.heard);
        heard.resize_with(world.buses(), || (0, Decoder::new()));
        for (bus, (seen, decoder)) in heard.iter_mut().enumerate() {
            let Some(trace) = world.trace_of(bus) else { continue };
            for entry in trace.fresh(seen).filter(|entry| entry.sender == Sender::Outside) {
                let mut bytes = entry.bytes.as_slice();
                while let Some(outcome) = decoder.decode(&mut bytes) {
                    if let Ok(received) = outcome {
                        self.note(entry.at, &received.message(), bus, world);
                    }
                }
            }
        }
        self.heard = heard;
    }

    fn note(&mut self, at: Instant, message: &Message, bus: usize, world: &World) {
        let opcode = message.opcode();
        let code = Code(u16::from(opcode.kind()) << 8 | u16::from(opcode.code()));
        *self.sent.entry(code).or_default() += 1;
        let Message::MasterHeartbeat(heartbeat) = message else {
            return;
        };
        if let Some(count) = self.commanded.get_mut(usize::from(heartbeat.command.code())) {
            *count += 1;
        }
        if let Some(seen) = world.find_on(bus, heartbeat.slave).and_then(|index| self.slaves.get_mut(index)) {
            seen.longest_gap = seen.longest_gap.max(seen.waited(at));
            seen.last_heartbeat = Some(at);
        }
    }

    /// What became of every expectation, now that it is over.
    pub fn findings(&self, now: Instant, world: &World) -> Vec<Finding> {
        let mut book = Book::default();
        self.judge_links(&mut book, now, world);
        self.judge_currents(&mut book, world);
        self.judge_cars(&mut book);
        self.judge_frames(&mut book);
        for (wanted, said) in self.expectations.said.iter().zip(&self.said) {
            book.find("said", *said, wanted.clone(), if *said { "it" } else { "nothing of the kind" }.to_owned());
        }
        book.0.extend(self.moments.iter().cloned());
        let late = self.expectations.at.iter().enumerate().skip(self.judged_moments);
        for (index, moment) in late {
            book.find(
                &format!("at[{index}]"),
                false,
                format!("{:?} to come", moment.time.get_ref().0),
                "the end".to_owned(),
            );
        }
        book.0
    }

    fn judge_links(&self, book: &mut Book, now: Instant, world: &World) {
        if let Some(wanted) = self.expectations.linked {
            let linked = world.chargers().filter(|charger| charger.is_linked()).count();
            book.find("linked", linked == wanted, wanted.to_string(), linked.to_string());
        }
        if let Some(Of(by)) = self.expectations.linked_by {
            let ok = self.all_linked_at.is_some_and(|at| at <= Instant::ZERO + by);
            let seen = self.all_linked_at.map_or("never".to_owned(), |at| format!("{at}"));
            book.find("linked_by", ok, format!("{by:?}"), seen);
        }
        if let Some(Of(longest)) = self.expectations.max_heartbeat_gap {
            let gap = self.longest_gap(now);
            let seen = gap.map_or("a slave without heartbeats".to_owned(), |gap| format!("{gap:.3?}"));
            book.find("max_heartbeat_gap", gap.is_some_and(|gap| gap <= longest), format!("{longest:?}"), seen);
        }
    }

    fn judge_currents(&self, book: &mut Book, world: &World) {
        let expect = &self.expectations;
        let lowest = self.slaves.iter().map(|seen| seen.greatest_limit).min().unwrap_or_default();
        book.at_most("limit_at_most", expect.limit_at_most, self.greatest_limits);
        book.at_least("limit_at_least", expect.limit_at_least, u32::from(lowest.value()));
        book.at_most("drawn_at_most", expect.drawn_at_most, self.greatest_drawn);
        book.at_least("drawn_at_least", expect.drawn_at_least, self.greatest_drawn);
        let energies = || world.chargers().map(Charger::delivered_watt_hours);
        if let Some(least) = expect.energy_wh_at_least {
            let energy = energies().sum::<u64>();
            book.find("energy_wh_at_least", energy >= least, format!("{least} Wh"), format!("{energy} Wh"));
        }
        if let Some(least) = expect.energy_each_wh_at_least {
            let energy = energies().min().unwrap_or(0);
            book.find("energy_each_wh_at_least", energy >= least, format!("{least} Wh"), format!("{energy} Wh"));
        }
    }

    fn judge_cars(&self, book: &mut Book) {
        // Nobody has to ask for that.
        let hot: u32 = self.slaves.iter().map(|seen| seen.hot_phase_switchings).sum();
        if self.slaves.iter().any(|seen| seen.phase_switchings > 0) {
            book.find("phases switched under current", hot == 0, "never".to_owned(), hot.to_string());
        }
        let expect = &self.expectations;
        let most = |of: fn(&Seen) -> u32| self.slaves.iter().map(of).max().unwrap_or(0);
        let mut count = |key, limit: Option<u32>, seen: u32| {
            if let Some(limit) = limit {
                book.find(key, seen <= limit, limit.to_string(), seen.to_string());
            }
        };
        count("relay_closings_at_most", expect.relay_closings_at_most, most(|seen| seen.closings));
        let switchings = most(|seen| seen.phase_switchings);
        count("phase_switchings_at_most", expect.phase_switchings_at_most, switchings);
        let hourly = most(|seen| seen.most_closings_in_an_hour);
        count("relay_closings_per_hour_at_most", expect.relay_closings_per_hour_at_most, hourly);
        count("interruptions_at_most", expect.interruptions_at_most, most(|seen| seen.most_interruptions));
        if let Some(least) = expect.phase_switchings_at_least {
            book.find("phase_switchings_at_least", switchings >= least, least.to_string(), switchings.to_string());
        }
        if let Some(wanted) = expect.refusing_cars {
            let refused = self.slaves.iter().filter(|seen| seen.refused).count();
            book.find("refusing_cars", refused == wanted, wanted.to_string(), refused.to_string());
        }
    }

    fn judge_frames(&self, book: &mut Book) {
        let sent = |code| self.sent.get(&code).copied().unwrap_or(0);
        for code in &self.expectations.never_sent {
            let seen = sent(*code);
            book.find(&format!("never_sent {code}"), seen == 0, "none".to_owned(), seen.to_string());
        }
        for (code, most) in &self.expectations.sent_at_most {
            let seen = sent(*code);
            book.find(&format!("sent_at_most {code}"), seen <= *most, most.to_string(), seen.to_string());
        }
        for command in &self.expectations.never_commanded {
            let seen = self.commanded.get(usize::from(*command)).copied().unwrap_or(0);
            let key = format!("never_commanded {command:02X}");
            book.find(&key, seen == 0, "none".to_owned(), seen.to_string());
        }
    }

    /// Of all slaves; `None` when one never had a heartbeat.
    fn longest_gap(&self, now: Instant) -> Option<Duration> {
        self.slaves.iter().try_fold(Duration::ZERO, |longest, seen| {
            seen.last_heartbeat?;
            Some(longest.max(seen.longest_gap).max(seen.waited(now)))
        })
    }
}

impl Seen {
    fn waited(&self, now: Instant) -> Duration {
        self.last_heartbeat.map_or(Duration::ZERO, |last| now.since(last))
    }

    fn look(&mut self, now: Instant, charger: &Charger) {
        self.greatest_limit = self.greatest_limit.max(charger.limit());
        self.was_linked |= charger.is_linked();
        if let Some(car) = charger.car() {
            self.most_interruptions = self.most_interruptions.max(car.interruptions());
            self.refused |= car.has_fault();
        }
        self.phase_switchings = charger.phase_switchings();
        self.hot_phase_switchings = charger.hot_phase_switchings();
        let closings = charger.relay_closings();
        if closings == self.closings {
            return;
        }
        self.closings = closings;
        self.closings_of_the_hour.push_back(now);
        while self.closings_of_the_hour.front().is_some_and(|at| now.since(*at) >= HOUR) {
            self.closings_of_the_hour.pop_front();
        }
        let in_this_hour = u32::try_from(self.closings_of_the_hour.len()).unwrap_or(u32::MAX);
        self.most_closings_in_an_hour = self.most_closings_in_an_hour.max(in_this_hour);
    }
}

#[derive(Debug, Default)]
struct Book(Vec<Finding>);

impl Book {
    fn find(&mut self, key: &str, ok: bool, expected: String, seen: String) {
        self.0.push(Finding { key: key.to_owned(), ok, expected, seen });
    }

    fn at_most(&mut self, key: &str, limit: Option<Of<CentiAmps>>, seen: u32) {
        if let Some(Of(limit)) = limit {
            self.find(key, seen <= u32::from(limit.value()), limit.to_string(), in_amps(seen));
        }
    }

    fn at_least(&mut self, key: &str, limit: Option<Of<CentiAmps>>, seen: u32) {
        if let Some(Of(limit)) = limit {
            self.find(key, seen >= u32::from(limit.value()), limit.to_string(), in_amps(seen));
        }
    }
}

fn in_amps(centiamps: u32) -> String {
    format!("{}.{:02} A", centiamps / 100, centiamps % 100)
}

/// What one moment shows; one finding per charger and key.
fn judge_moment(moment: &Moment, number: usize, world: &World) -> Vec<Finding> {
    let mut book = Book::default();
    for (index, charger) in world.chargers().enumerate() {
        if moment.charger.as_ref().is_some_and(|wanted| *wanted.get_ref() != index + 1) {
            continue;
        }
        let key = |name: &str| format!("at[{number}] {:?} charger {} {name}", moment.time.get_ref().0, index + 1);
        let (limit, drawn) = (charger.limit(), u32::from(charger.true_current().value()));
        if let Some(state) = moment.state {
            let seen = charger.state();
            book.find(&key("state"), seen.code() == state, format!("{state:02X}"), seen.to_string());
        }
        if let Some(Of(wanted)) = moment.limit {
            book.find(&key("limit"), limit == wanted, wanted.to_string(), limit.to_string());
        }
        book.at_least(&key("limit_at_least"), moment.limit_at_least, u32::from(limit.value()));
        book.at_most(&key("limit_at_most"), moment.limit_at_most, u32::from(limit.value()));
        book.at_least(&key("drawn_at_least"), moment.drawn_at_least, drawn);
        book.at_most(&key("drawn_at_most"), moment.drawn_at_most, drawn);
        let mut is = |name, wanted: Option<bool>, seen: bool| {
            if let Some(wanted) = wanted {
                book.find(&key(name), seen == wanted, wanted.to_string(), seen.to_string());
            }
        };
        is("relay", moment.relay, charger.relay_closed());
        is("linked", moment.linked, charger.is_linked());
        is("single_phase", moment.single_phase, charger.has_one_phase());
        if let Some(led) = &moment.led {
            let seen = charger.led().to_string();
            book.find(&key("led"), seen == *led, led.clone(), seen);
        }
    }
    book.0
}
