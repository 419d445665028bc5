//! Masters that are broken on purpose, for scenarios to find.
#![allow(dead_code)] // Each test file uses its part.

#[path = "../../src/bin/twc-master/guest.rs"]
mod guest;

use std::time::Duration;

use guest::{Hosted, Saved};
use twc_proto::message::{Control, MasterHeartbeat};
use twc_proto::{CentiAmps, Command, DecodeError, Envelope, Instant, Message, Node, Received, TwcId, Version};
use twc_sim::Guest;
use twc_sim::house::MeterSample;
use twc_sim::scenario::{MasterSpec, Outcome, Scenario, by_name, run};

/// What is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mutation {
    /// What is taken from one slave is given to the next at once.
    RaisesBeforeTheOtherHasLowered,
    /// While one slave does not answer, nobody gets a heartbeat.
    SilencesEverybody,
    /// A floor of 3 A instead of 6.
    OffersTooLittle,
    /// A lowering becomes FC B2.
    StopsInsteadOfThrottling,
    /// What the grid orders is not heard.
    IgnoresTheLimit,
    /// Limits are set with 05, also while charging.
    SetsLimitsWithFive,
    /// Every third second is spent on something else.
    DawdlesBetweenHeartbeats,
    /// Every few minutes 16 A, to free a stuck car.
    Spikes,
    /// The unit's maximum instead of its circuit's share.
    IgnoresTheShare,
    /// Meters, sun and schedule mean nothing to it; it only shares the limit.
    IgnoresItsConfiguration,
    /// Nothing is ever sent.
    SaysNothing,
    /// Heartbeats to an id that nobody has announced.
    TalksToNobody,
}

pub(crate) struct Mutant {
    mutation: Mutation,
    master: Hosted,
    limit: CentiAmps,
    /// What every slave was told last.
    told: Vec<(TwcId, u16)>,
    /// What was taken from somebody and not given to anybody yet.
    taken: u16,
    /// Since when a slave has owed an answer.
    unanswered: Option<(TwcId, u32)>,
    sleeps_until: Instant,
}

impl Mutant {
    fn told(&mut self, slave: TwcId) -> &mut u16 {
        let index = self.told.iter().position(|(known, _)| *known == slave);
        let index = index.unwrap_or_else(|| {
            self.told.push((slave, 600));
            self.told.len() - 1
        });
        &mut self.told[index].1
    }

    fn is_deserted(&self) -> bool {
        self.mutation == Mutation::SilencesEverybody && self.unanswered.is_some_and(|(_, missed)| missed > 2)
    }

    /// The heartbeat as this mutant sends it.
    fn tamper(&mut self, now: Instant, heartbeat: MasterHeartbeat) -> Message {
        let before = *self.told(heartbeat.slave);
        let limit = heartbeat.limit().map(CentiAmps::value);
        *self.told(heartbeat.slave) = limit.unwrap_or(before);
        let with = |command, amps| {
            MasterHeartbeat::with_limit(heartbeat.master, heartbeat.slave, command, CentiAmps::new(amps))
        };
        let sent = match (self.mutation, limit) {
            (Mutation::RaisesBeforeTheOtherHasLowered, Some(limit)) if limit < before => {
                self.taken = before - limit;
                heartbeat
            }
            (Mutation::RaisesBeforeTheOtherHasLowered, _) if self.taken > 0 => {
                let more = before + core::mem::take(&mut self.taken);
                *self.told(heartbeat.slave) = more;
                with(Command::LIMIT, more)
            }
            (Mutation::OffersTooLittle, Some(600)) => with(heartbeat.command, 300),
            (Mutation::StopsInsteadOfThrottling, Some(limit)) if limit < before => {
                return Message::Stop(Control { master: heartbeat.master, slave: heartbeat.slave });
            }
            (Mutation::SetsLimitsWithFive, Some(limit)) => with(Command::INITIAL_LIMIT, limit),
            (Mutation::Spikes, _) if now.as_millis() / 1_000 % 300 > 280 => with(Command::LIMIT, 1_600),
            (Mutation::IgnoresTheShare, Some(_)) => with(heartbeat.command, self.limit.value()),
            _ => heartbeat,
        };
        Message::MasterHeartbeat(sent)
    }
}

impl Node for Mutant {
    fn handle_message(&mut self, now: Instant, received: &Received) {
        if let Message::SlaveHeartbeat(answer) = received.message() {
            self.unanswered = self.unanswered.filter(|(slave, _)| *slave != answer.slave);
        }
        self.master.handle_message(now, received);
    }

    fn handle_decode_error(&mut self, now: Instant, error: DecodeError) {
        self.master.handle_decode_error(now, error);
    }

    fn handle_timeout(&mut self, now: Instant) {
        if now >= self.sleeps_until {
            self.master.handle_timeout(now);
        }
    }

    fn handle_sent(&mut self, now: Instant) {
        self.master.handle_sent(now);
    }

    fn poll_transmit(&mut self, now: Instant) -> Option<Envelope> {
        if now < self.sleeps_until || self.mutation == Mutation::SaysNothing {
            return None;
        }
        if self.mutation == Mutation::TalksToNobody {
            self.sleeps_until = now + Duration::from_secs(1);
            let heartbeat = MasterHeartbeat::no_change(TwcId::new(0x4242), TwcId::new(0x3499));
            return Envelope::canonical(Version::P2, Message::MasterHeartbeat(heartbeat)).ok();
        }
        let envelope = self.master.poll_transmit(now)?;
        let Message::MasterHeartbeat(heartbeat) = envelope.message() else { return Some(envelope) };
        if self.mutation == Mutation::DawdlesBetweenHeartbeats {
            self.sleeps_until = now + Duration::from_secs(3);
        }
        if self.is_deserted() {
            // It thinks that the frame is on its way.
            self.master.handle_sent(now);
            return None;
        }
        match &mut self.unanswered {
            Some((slave, missed)) if *slave == heartbeat.slave => *missed += 1,
            Some(_) => {}
            none => *none = Some((heartbeat.slave, 0)),
        }
        Envelope::new(self.tamper(now, heartbeat), envelope.body_len()).ok()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        match self.mutation {
            Mutation::SaysNothing => None,
            Mutation::TalksToNobody => Some(self.sleeps_until),
            _ => self.master.poll_timeout().map(|at| at.max(self.sleeps_until)),
        }
    }
}

impl Guest for Mutant {
    type Saved = Saved;

    fn saved(&self) -> Saved {
        self.master.saved()
    }

    fn handle_limit(&mut self, now: Instant, node: Option<usize>, limit: CentiAmps) {
        if self.mutation != Mutation::IgnoresTheLimit {
            self.master.handle_limit(now, node, limit);
        }
    }

    fn handle_meter(&mut self, now: Instant, sample: &MeterSample) {
        self.master.handle_meter(now, sample);
    }

    fn handle_order(&mut self, now: Instant, order: &toml::Table) {
        self.master.handle_order(now, order);
    }

    fn poll_note(&mut self) -> Option<String> {
        self.master.poll_note()
    }
}

pub(crate) fn outcome(scenario: &str, mutation: Mutation) -> Outcome {
    let scenario = Scenario::parse(by_name(scenario).unwrap()).unwrap();
    let plain: toml::Table = toml::from_str("circuit_limit = \"32A\"").unwrap();
    run(&scenario, scenario.seed, |spec, saved| {
        let ignores = mutation == Mutation::IgnoresItsConfiguration;
        let spec = &MasterSpec { settings: if ignores { &plain } else { spec.settings }, ..*spec };
        Hosted::new(spec, saved).map(|master| Mutant {
            mutation,
            master,
            limit: spec.limit,
            told: Vec::new(),
            taken: 0,
            unanswered: None,
            sleeps_until: spec.now,
        })
    })
    .unwrap()
}

/// Every rule and expectation that was broken.
pub(crate) fn broken(outcome: &Outcome) -> Vec<String> {
    let rules = outcome.verdict.violations.iter().map(|violation| violation.rule.to_string());
    let findings = outcome.findings.iter().filter(|finding| !finding.ok).map(|finding| finding.key.clone());
    rules.chain(findings).collect()
}
