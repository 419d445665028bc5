//! Whose turn it is on a bus without collision detection: one exchange at a time, then silence.

use core::time::Duration;

use twc_proto::message::MasterLinkReady;
use twc_proto::{Instant, Message};

use crate::config::Config;

/// An exchange under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exchange {
    pub(crate) slot: usize,
    /// The end of the reply window; unknown until our frame has left.
    pub(crate) until: Option<Instant>,
}

/// The state of the bus as far as our own talking is concerned.
#[derive(Debug)]
pub(crate) struct Turn {
    pub(crate) free_at: Instant,
    pub(crate) exchange: Option<Exchange>,
}

impl Turn {
    pub(crate) fn new(now: Instant) -> Self {
        Self { free_at: now, exchange: None }
    }

    pub(crate) fn is_free(&self, now: Instant) -> bool {
        self.exchange.is_none() && now >= self.free_at
    }

    /// Nobody talks before `at`.
    pub(crate) fn rest_until(&mut self, at: Instant) {
        self.free_at = self.free_at.max(at);
    }
}

/// The linkreadys of a start. Slaves link without them, but a slave with our id needs to hear them.
#[derive(Debug)]
pub(crate) struct Announcement {
    left: u8,
    next: Instant,
}

impl Announcement {
    /// Five of each kind, as third-party masters send them; real ones send 5–7 and 3–5.
    const FRAMES: u8 = 10;
    const GAP: Duration = Duration::from_millis(700);

    pub(crate) fn new(now: Instant, wanted: bool) -> Self {
        Self { left: if wanted { Self::FRAMES } else { 0 }, next: now }
    }

    pub(crate) fn due(&self) -> Option<Instant> {
        (self.left > 0).then_some(self.next)
    }

    pub(crate) fn take(&mut self, config: &Config, now: Instant) -> Option<Message> {
        self.due().filter(|due| now >= *due)?;
        self.next = now + Self::GAP;
        self.left -= 1;
        let ready = MasterLinkReady::new(config.id, config.sign);
        Some(if self.left >= Self::FRAMES / 2 { Message::LinkReady1(ready) } else { Message::LinkReady2(ready) })
    }
}
