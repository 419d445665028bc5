//! A plain master: links whoever announces itself, and heartbeats one slave after the other.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use core::time::Duration;

use twc_proto::message::{Item, MasterHeartbeat, Query, SlaveHeartbeat};
use twc_proto::{CentiAmps, Command, Envelope, Instant, Message, Node, Received, TwcId, Version};

pub const MASTER: TwcId = TwcId::new(0x7777);

/// Heartbeats with the same limit for everybody, and a query every fourth turn.
#[derive(Debug)]
pub struct Poller {
    pub slaves: Vec<TwcId>,
    pub limit: CentiAmps,
    pub turn: Duration,
    pub answers: Vec<SlaveHeartbeat>,
    count: usize,
    next_at: Instant,
}

impl Poller {
    /// A turn every `millis`, ten amperes for everybody.
    pub fn new(millis: u64) -> Self {
        Self {
            slaves: Vec::new(),
            limit: CentiAmps::from_amps(10),
            turn: Duration::from_millis(millis),
            answers: Vec::new(),
            count: 0,
            next_at: Instant::ZERO,
        }
    }
}

impl Node for Poller {
    fn handle_message(&mut self, _: Instant, received: &Received) {
        match received.message() {
            Message::SlaveLinkReady(ready) if !self.slaves.contains(&ready.slave) => self.slaves.push(ready.slave),
            Message::SlaveHeartbeat(answer) => {
                self.answers.retain(|other| other.slave != answer.slave);
                self.answers.push(answer);
            }
            _ => {}
        }
    }

    fn handle_timeout(&mut self, _: Instant) {}

    fn poll_transmit(&mut self, now: Instant) -> Option<Envelope> {
        if now < self.next_at {
            return None;
        }
        self.next_at = now + self.turn;
        let slave = *self.slaves.get(self.count % self.slaves.len().max(1))?;
        self.count += 1;
        let message = if self.count % 13 == 0 {
            Message::Query(Query { item: Item::Meter, master: MASTER, slave })
        } else {
            let heartbeat = MasterHeartbeat::with_limit(MASTER, slave, Command::LIMIT, self.limit);
            Message::MasterHeartbeat(heartbeat)
        };
        Envelope::canonical(Version::P2, message).ok()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        Some(self.next_at)
    }
}
