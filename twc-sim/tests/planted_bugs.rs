//! Three bugs planted in a small master: the judge finds each within a hundred seeds, and nothing without a bug.

mod bench;

use core::time::Duration;

use bench::{A, B, MASTER};
use twc_proto::message::{MasterHeartbeat, SlaveHeartbeat};
use twc_proto::{CentiAmps, Command, Envelope, Instant, Message, Node, Received, TwcId, Version};
use twc_sim::{CarProfile, ChargerConfig, Ratio, Rng, Rule, Sim, Verdict};

const LIMIT: u16 = 3_000;
const FLOOR: u16 = 600;
const T_OFF: Duration = Duration::from_secs(60);
const WINDOW: Duration = Duration::from_millis(300);
const TURN: Duration = Duration::from_millis(500);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bug {
    None,
    /// Whoever wants more gets it in the same round in which the other is told less.
    RaisesFirst,
    /// A slave that is silent counts as stopped so long after it was last *heard*, though it went on being told.
    CountsSilenceFromTheLastAnswer,
    /// One answer frees a lowering, also one that comes after its window.
    TrustsOneLateAcknowledgement,
}

/// One slave, as this master sees it.
#[derive(Debug, Clone, Copy)]
struct Slave {
    id: TwcId,
    /// May be in force.
    committed: u16,
    told: u16,
    confirmed: u8,
    /// The exchange under way began with this limit told already.
    may_confirm: bool,
    shown: Option<bool>,
    answers: u8,
    sent_at: Instant,
    heard_at: Instant,
    counts: bool,
    wants: bool,
}

impl Slave {
    fn new(id: TwcId, now: Instant) -> Self {
        Self {
            id,
            committed: FLOOR,
            told: FLOOR,
            confirmed: 0,
            may_confirm: false,
            shown: None,
            answers: 0,
            sent_at: now,
            heard_at: now,
            counts: false,
            wants: false,
        }
    }

    /// What the exchange that is over has shown.
    fn conclude(&mut self, needed: u8) {
        if self.shown.is_some() {
            self.heard_at = self.sent_at;
        }
        let shows = self.shown == Some(true) && self.answers == 1;
        self.confirmed = if shows { self.confirmed + u8::from(self.may_confirm) } else { 0 };
        if self.confirmed >= needed {
            self.committed = self.told;
        }
        (self.shown, self.answers) = (None, 0);
    }
}

/// Divides 30 A among two slaves: the one that wants charge alone gets 24 A, two get 15 A each.
#[derive(Debug)]
struct Steward {
    bug: Bug,
    slaves: Vec<Slave>,
    turn: usize,
    next_at: Instant,
}

impl Steward {
    fn target(&self, index: usize) -> u16 {
        let wanting = self.slaves.iter().filter(|slave| slave.wants && slave.counts).count();
        match self.slaves.get(index) {
            Some(slave) if slave.wants && wanting == 1 => LIMIT - FLOOR,
            Some(slave) if slave.wants => LIMIT / 2,
            _ => FLOOR,
        }
    }

    /// What is left beside the others.
    fn room(&self, index: usize) -> u16 {
        let load = |slave: &Slave| if self.bug == Bug::RaisesFirst { slave.told } else { slave.committed };
        let others = self.slaves.iter().enumerate().filter(|(other, slave)| *other != index && slave.counts);
        LIMIT.saturating_sub(others.map(|(_, slave)| load(slave)).sum())
    }

    fn expire(&mut self, now: Instant) {
        for slave in &mut self.slaves {
            let since =
                if self.bug == Bug::CountsSilenceFromTheLastAnswer { slave.heard_at } else { slave.sent_at };
            if slave.counts && now > since + T_OFF {
                slave.counts = false;
            }
        }
    }

    fn hear(&mut self, now: Instant, answer: &SlaveHeartbeat) {
        let believes_late = self.bug == Bug::TrustsOneLateAcknowledgement;
        for slave in self.slaves.iter_mut().filter(|slave| slave.id == answer.slave) {
            let is_late = now > slave.sent_at + WINDOW;
            if is_late && !believes_late {
                continue;
            }
            slave.wants = answer.state.code() != 0 && answer.state.code() != 3;
            let shows = answer.limit.value() <= slave.told && answer.drawn.value() <= slave.told + 100;
            slave.answers += 1;
            slave.shown = Some(shows && slave.shown != Some(false));
            if believes_late && shows {
                slave.committed = slave.told;
            }
        }
    }
}

impl Node for Steward {
    fn handle_message(&mut self, now: Instant, received: &Received) {
        match received.message() {
            Message::SlaveLinkReady(ready) if self.slaves.iter().all(|slave| slave.id != ready.slave) => {
                self.slaves.push(Slave::new(ready.slave, now));
            }
            Message::SlaveHeartbeat(answer) => self.hear(now, &answer),
            _ => {}
        }
    }

    fn handle_timeout(&mut self, _: Instant) {}

    fn poll_transmit(&mut self, now: Instant) -> Option<Envelope> {
        if now < self.next_at {
            return None;
        }
        self.next_at = now + TURN;
        self.expire(now);
        let needed = if self.bug == Bug::TrustsOneLateAcknowledgement { 1 } else { 2 };
        self.turn += 1;
        let index = self.turn % self.slaves.len().max(1);
        let (target, room) = (self.target(index), self.room(index));
        let bug = self.bug;
        let slave = self.slaves.get_mut(index)?;
        slave.conclude(needed);
        // Nobody who is silent for 20 s is told anything; this bug goes on telling for 55 s.
        let patience = if bug == Bug::CountsSilenceFromTheLastAnswer { 55 } else { 20 };
        let is_silent = now > slave.heard_at + Duration::from_secs(patience);
        // Whoever comes back may still hold what it had.
        let least = if slave.counts { FLOOR } else { slave.committed };
        if room < least || (slave.counts && is_silent) {
            return None;
        }
        let told = target.min(room).max(FLOOR);
        if !slave.counts {
            (slave.counts, slave.heard_at) = (true, now);
        }
        slave.may_confirm = told == slave.told;
        slave.confirmed = if slave.may_confirm { slave.confirmed } else { 0 };
        slave.told = told;
        slave.committed = slave.committed.max(told);
        slave.sent_at = now;
        let heartbeat = MasterHeartbeat::with_limit(MASTER, slave.id, Command::LIMIT, CentiAmps::new(told));
        Envelope::canonical(Version::P2, Message::MasterHeartbeat(heartbeat)).ok()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        Some(self.next_at)
    }
}

/// Cars come and go, units fall silent or deaf, answers are late or doubled, for an hour.
fn world(seed: u64, bug: Bug) -> Verdict {
    let mut rng = Rng::new(seed);
    let mut sim = Sim::new(seed, Steward { bug, slaves: Vec::new(), turn: 0, next_at: Instant::ZERO });
    sim.set_limit(CentiAmps::new(LIMIT));
    for id in [A, B] {
        sim.add_charger(ChargerConfig {
            late_answers: Ratio::new(1, 20),
            late_by: Duration::from_millis(900),
            doubled_answers: Ratio::new(1, 50),
            ..ChargerConfig::p2(id)
        });
    }
    for _ in 0..60 {
        let (now, which) = (sim.now(), rng.below(2) as usize);
        let span = Duration::from_secs(rng.below(120));
        let charger = sim.world_mut().charger_mut(which).unwrap();
        match rng.below(6) {
            0 => charger.silence(now, span),
            1 => drop(charger.unplug(now)),
            _ => drop(sim.add_car(which, CarProfile::i3(), 1_000 + rng.below(9_000) as u32)),
        }
        sim.run_for(Duration::from_secs(rng.below(120)));
    }
    sim.verdict()
}

/// The first seed of a hundred that convicts.
fn convicted(bug: Bug) -> Option<(u64, Verdict)> {
    (0..100).map(|seed| (seed, world(seed, bug))).find(|(_, verdict)| !verdict.is_ok())
}

#[test]
fn without_a_bug_nothing_is_found() {
    assert_eq!(convicted(Bug::None).map(|(seed, verdict)| format!("{seed}: {verdict}")), None);
}

#[test]
fn raises_before_others_are_lowered_are_found() {
    let (seed, verdict) = convicted(Bug::RaisesFirst).expect("a violation");
    println!("seed {seed}: {verdict}");
    assert_eq!(verdict.violations[0].rule, Rule::SentAndCommitted);
}

#[test]
fn silence_counted_from_the_last_answer_is_found() {
    let (seed, verdict) = convicted(Bug::CountsSilenceFromTheLastAnswer).expect("a violation");
    println!("seed {seed}: {verdict}");
    assert_eq!(verdict.violations[0].rule, Rule::SentAndCommitted);
}

#[test]
fn one_late_acknowledgement_that_is_trusted_is_found() {
    let (seed, verdict) = convicted(Bug::TrustsOneLateAcknowledgement).expect("a violation");
    println!("seed {seed}: {verdict}");
    assert_eq!(verdict.violations[0].rule, Rule::SentAndCommitted);
}
