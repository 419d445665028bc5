//! The least a wall connector says.

use core::time::Duration;

use twc_proto::message::{MasterHeartbeat, SlaveHeartbeat, SlaveLinkReady};
use twc_proto::{CentiAmps, Envelope, Instant, Message, Node, Received, Sign, SlaveState, TwcId, Version};

/// A protocol 2 unit of 32 A that answers linkreadys and heartbeats, with or without a car that always wants more.
#[derive(Debug)]
pub struct Slave {
    id: TwcId,
    limit: Option<CentiAmps>,
    answer: Option<(Instant, Message)>,
}

impl Slave {
    const UNIT: CentiAmps = CentiAmps::from_amps(32);
    const LATENCY: Duration = Duration::from_millis(150);

    /// A unit just switched on.
    #[must_use]
    pub fn new(id: TwcId, car: bool) -> Self {
        Self { id, limit: car.then_some(CentiAmps::ZERO), answer: None }
    }

    fn heartbeat(&mut self, asked: &MasterHeartbeat) -> Message {
        if let (Some(limit), Some(told)) = (&mut self.limit, asked.limit()) {
            *limit = told.min(Self::UNIT);
        }
        let (state, limit) = match self.limit {
            None => (SlaveState::READY, CentiAmps::ZERO),
            Some(CentiAmps::ZERO) => (SlaveState::WANTS_CHARGE, CentiAmps::ZERO),
            Some(limit) => (SlaveState::CHARGING, limit),
        };
        Message::SlaveHeartbeat(SlaveHeartbeat {
            slave: self.id,
            master: asked.master,
            state,
            limit,
            drawn: limit,
        })
    }
}

impl Node for Slave {
    fn handle_message(&mut self, now: Instant, received: &Received) {
        let answer = match &received.message() {
            Message::LinkReady1(_) => Message::SlaveLinkReady(SlaveLinkReady {
                slave: self.id,
                sign: Sign::new(0x81),
                max_current: Self::UNIT,
            }),
            Message::MasterHeartbeat(asked) if asked.slave == self.id => self.heartbeat(asked),
            _ => return,
        };
        self.answer = Some((now + Self::LATENCY, answer));
    }

    fn handle_timeout(&mut self, _: Instant) {}

    fn poll_transmit(&mut self, now: Instant) -> Option<Envelope> {
        let (_, answer) = self.answer.take_if(|(due, _)| now >= *due)?;
        Envelope::canonical(Version::P2, answer).ok()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.answer.map(|(due, _)| due)
    }
}
