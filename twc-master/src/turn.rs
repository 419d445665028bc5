//! Whose turn it is on a bus without collision detection: one exchange at a time, then silence.

use core::time::Duration;

use twc_proto::message::{Item, MasterLinkReady};
use twc_proto::{Instant, Message};

use crate::config::{Config, Timing};

/// What an exchange is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Heartbeat,
    Query(Item),
    /// FC B1 or FC B2.
    Control,
}

/// An exchange under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exchange {
    pub(crate) slot: usize,
    pub(crate) kind: Kind,
    /// When our frame has left.
    pub(crate) sent: Option<Instant>,
    /// The end of the reply window; unknown until our frame has left.
    pub(crate) until: Option<Instant>,
}

impl Exchange {
    pub(crate) fn new(slot: usize, kind: Kind) -> Self {
        Self { slot, kind, sent: None, until: None }
    }
}

/// The state of the bus as far as our own talking is concerned.
#[derive(Debug)]
pub(crate) struct Turn {
    pub(crate) free_at: Instant,
    pub(crate) exchange: Option<Exchange>,
    pub(crate) window: ReplyWindow,
    pub(crate) lateness: Lateness,
    /// Heartbeats since the last query.
    pub(crate) since_query: u8,
}

impl Turn {
    pub(crate) fn new(now: Instant, timing: &Timing) -> Self {
        Self {
            free_at: now,
            exchange: None,
            window: ReplyWindow::new(timing),
            lateness: Lateness::default(),
            since_query: 0,
        }
    }

    pub(crate) fn is_free(&self, now: Instant) -> bool {
        self.exchange.is_none() && now >= self.free_at
    }

    /// Nobody talks before `at`.
    pub(crate) fn rest_until(&mut self, at: Instant) {
        self.free_at = self.free_at.max(at);
    }

    /// The frame of the exchange under way has left.
    pub(crate) fn sent(&mut self, now: Instant) -> Option<Exchange> {
        let exchange = self.exchange.as_mut()?;
        exchange.sent = Some(now);
        exchange.until = Some(now + self.window.length());
        Some(*exchange)
    }

    /// The answer has come.
    pub(crate) fn answered(&mut self, now: Instant) {
        if let Some(sent) = self.exchange.take().and_then(|exchange| exchange.sent) {
            self.window.answered(now.since(sent));
        }
    }
}

/// How long after our frame an answer may end: learnt from the answers of this link, within bounds.
///
/// It grows at once when answers take longer, and falls slowly. A window that is too short takes answers for
/// late ones, which confirm nothing; one that is too long costs time whenever an answer is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ReplyWindow {
    millis: u16,
    /// How long an answer usually takes.
    usual: u16,
    most: u16,
}

impl ReplyWindow {
    /// Slaves begin to answer after 150–200 ms and take 20 ms for it.
    const LEAST: u16 = 300;
    const MARGIN: u16 = 80;

    fn new(timing: &Timing) -> Self {
        let millis = whole_millis(timing.reply_window);
        Self { millis, usual: millis, most: millis.saturating_mul(2).max(Self::LEAST) }
    }

    pub(crate) fn length(&self) -> Duration {
        Duration::from_millis(u64::from(self.millis))
    }

    /// How long an exchange takes here when it is answered.
    pub(crate) fn usual(&self) -> Duration {
        Duration::from_millis(u64::from(self.usual))
    }

    /// An answer took so long, inside its window or late.
    pub(crate) fn answered(&mut self, latency: Duration) {
        let latency = whole_millis(latency);
        self.usual = if self.usual > latency { self.usual - (self.usual - latency) / 8 } else { latency };
        let wanted = latency.saturating_add(latency / 8).saturating_add(Self::MARGIN);
        let wanted = wanted.clamp(Self::LEAST.min(self.most), self.most);
        self.millis = if wanted > self.millis { wanted } else { self.millis - (self.millis - wanted) / 16 };
    }
}

/// Milliseconds, as many as 16 bits hold. The standard library counts them in 128.
#[inline(never)]
fn whole_millis(span: Duration) -> u16 {
    let secs = u16::try_from(span.as_secs()).unwrap_or(u16::MAX);
    u16::try_from(u32::from(secs) * 1_000 + span.subsec_millis()).unwrap_or(u16::MAX)
}

/// How late heartbeats left, counted from when they were due, one period after the one before.
///
/// With several slaves a round takes longer than a period and heartbeats are due before they can leave; what
/// slaves feel is the longest gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lateness {
    /// The longest.
    pub max: Duration,
    /// The longest time between two heartbeats to a slave that gets them; slaves give up after 10 s.
    pub longest_gap: Duration,
    /// How many were up to so late, by [`Lateness::BOUNDS`]; the last counts the rest.
    pub buckets: [u32; Self::BOUNDS.len() + 1],
}

impl Lateness {
    /// Upper bounds of the buckets.
    pub const BOUNDS: [Duration; 7] = [
        Duration::from_millis(10),
        Duration::from_millis(50),
        Duration::from_millis(200),
        Duration::from_millis(500),
        Duration::from_secs(1),
        Duration::from_millis(2_500),
        Duration::from_secs(5),
    ];

    /// A heartbeat leaves; it was due then, and the one before it left at `last`.
    pub(crate) fn note(&mut self, now: Instant, due: Instant, last: Option<Instant>) {
        for (longest, since) in [(&mut self.max, due), (&mut self.longest_gap, last.unwrap_or(now))] {
            *longest = now.since(since).max(*longest);
        }
        let bucket = Self::BOUNDS.iter().position(|bound| now <= due + *bound).unwrap_or(Self::BOUNDS.len());
        if let Some(count) = self.buckets.get_mut(bucket) {
            *count = count.saturating_add(1);
        }
    }

    /// How many heartbeats were counted.
    pub fn count(&self) -> u32 {
        self.buckets.iter().fold(0, |sum, bucket| sum.saturating_add(*bucket))
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

/// The earlier of two deadlines, where there are any. Out of line: it is asked for in a dozen places.
#[inline(never)]
pub(crate) fn earliest(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn a_window_follows_slow_answers_at_once_and_quick_ones_slowly_within_bounds() {
        let mut window = ReplyWindow::new(&Timing::SERIAL);
        assert_eq!(window.length(), ms(350));
        window.answered(ms(400));
        assert_eq!(window.length(), ms(530));
        window.answered(ms(9_000));
        assert_eq!(window.length(), ms(700));
        window.answered(ms(170));
        assert!(window.length() > ms(650));
        for _ in 0..200 {
            window.answered(ms(170));
        }
        assert!(window.length() >= ms(300) && window.length() <= ms(320), "{:?}", window.length());
        assert!(window.usual() >= ms(170) && window.usual() <= ms(180), "{:?}", window.usual());
    }

    #[test]
    fn lateness_counts_every_heartbeat_in_one_bucket() {
        let mut lateness = Lateness::default();
        for millis in [0, 10, 11, 400, 9_000] {
            let now = Instant::from_secs(20);
            lateness.note(now, now - ms(millis), Some(now - ms(millis + 1_000)));
        }
        assert_eq!(lateness.buckets, [2, 1, 0, 1, 0, 0, 0, 1]);
        assert_eq!((lateness.count(), lateness.max, lateness.longest_gap), (5, ms(9_000), ms(10_000)));
    }
}
