//! What the bus tells: a stream of what happens, and how things stand.

use std::string::String;

use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::watch;
use twc_proto::node::LinkStats;
use twc_proto::{CentiAmps, DecoderStats, Instant, Link};

use crate::config::MAX_SLAVES;
use crate::event::Event;
use crate::master::{Master, SlaveStatus};
use crate::order::{Bound, Budget, Mode};
use crate::share::Share;
use crate::turn::Lateness;

/// How many notices wait for a slow reader; a busy day has about one a second.
const WAITING: usize = 256;
/// How old a [`Status`] may be while nothing happens.
const STATUS_AGE: core::time::Duration = core::time::Duration::from_millis(250);

/// A change of the budget by so much is told.
const WORTH_A_WORD: u16 = 200;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// The link is open for the first time.
    Connected,
    /// The link is lost and being opened again.
    Disconnected {
        /// What went wrong.
        why: String,
    },
    /// The lost link is open again.
    Reconnected,
    /// What the master says.
    Event(Event),
    /// All slaves are served in another way.
    Mode(Mode),
    /// What all slaves share is bound by something else, or has changed by 2 A.
    Budget(Budget),
    /// Frames arrived damaged.
    Damaged {
        /// How many since the start.
        total: u32,
    },
    /// The state cannot be saved: nothing is raised until it is.
    NotSaved {
        /// What went wrong.
        why: String,
    },
    /// The state can be saved again.
    SavedAgain,
    /// This reader was too slow for the notices before the next one.
    Missed {
        /// How many it has lost.
        count: u64,
    },
}

/// How things stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// When, since the start.
    pub at: Instant,
    /// Whether the link is open.
    pub is_connected: bool,
    /// Whether another master is on the bus, so that nothing is sent.
    pub is_hands_off: bool,
    /// How all slaves are served.
    pub mode: Mode,
    /// What they share, and what binds it.
    pub budget: Budget,
    /// Every slave.
    pub slaves: [Option<SlaveStatus>; MAX_SLAVES],
    /// What all slaves together may draw by the books, in centiamps.
    pub committed: u32,
    /// How late heartbeats were.
    pub lateness: Lateness,
    /// Bytes and frames.
    pub decoder: DecoderStats,
    /// Frames sent, echoes.
    pub link: LinkStats,
}

impl Status {
    fn nothing() -> Self {
        Self {
            at: Instant::ZERO,
            is_connected: false,
            is_hands_off: false,
            mode: Mode::default(),
            budget: Budget { amps: CentiAmps::ZERO, bound: Bound::Configured },
            slaves: [None; MAX_SLAVES],
            committed: 0,
            lateness: Lateness::default(),
            decoder: DecoderStats::default(),
            link: LinkStats::default(),
        }
    }

    pub(super) fn of<S: Share>(link: &Link<Master<S>>, at: Instant, is_connected: bool) -> Self {
        let mut slaves = [None; MAX_SLAVES];
        for (place, slave) in slaves.iter_mut().zip(link.node().slaves()) {
            *place = Some(slave);
        }
        Self {
            at,
            is_connected,
            is_hands_off: link.node().is_hands_off(),
            mode: link.node().mode(),
            budget: link.node().budget(),
            slaves,
            committed: link.node().committed(),
            lateness: link.node().lateness(),
            decoder: link.decoder_stats(),
            link: link.stats(),
        }
    }
}

/// A reader of what happens. The bus never waits for one: who reads too slowly loses the oldest notices.
#[derive(Debug)]
pub struct Notices {
    receiver: broadcast::Receiver<(Instant, Notice)>,
    last: Instant,
}

impl Notices {
    pub(super) fn new(receiver: broadcast::Receiver<(Instant, Notice)>) -> Self {
        Self { receiver, last: Instant::ZERO }
    }

    /// Of a bus that has ended.
    pub(super) fn ended() -> Self {
        Self::new(broadcast::channel(1).1)
    }

    /// The next notice and when it happened; `None` after the last one of a bus that has ended.
    pub async fn next(&mut self) -> Option<(Instant, Notice)> {
        match self.receiver.recv().await {
            Ok((at, notice)) => {
                self.last = at;
                Some((at, notice))
            }
            Err(RecvError::Lagged(count)) => Some((self.last, Notice::Missed { count })),
            Err(RecvError::Closed) => None,
        }
    }
}

/// The bus's end.
#[derive(Debug)]
pub(super) struct Teller {
    notices: broadcast::Sender<(Instant, Notice)>,
    status: watch::Sender<Status>,
    is_news: bool,
    damaged: u32,
    told: Option<(Mode, Budget)>,
    shown_at: Instant,
}

impl Teller {
    pub(super) fn new() -> Self {
        Self {
            notices: broadcast::Sender::new(WAITING),
            status: watch::Sender::new(Status::nothing()),
            is_news: true,
            damaged: 0,
            told: None,
            shown_at: Instant::ZERO,
        }
    }

    /// For those who want to read.
    pub(super) fn outlets(&self) -> (broadcast::WeakSender<(Instant, Notice)>, watch::Receiver<Status>) {
        (self.notices.downgrade(), self.status.subscribe())
    }

    pub(super) fn tell(&mut self, now: Instant, notice: Notice) {
        self.is_news = true;
        // Nobody may be reading.
        let _ = self.notices.send((now, notice));
    }

    /// A house's meter moves the budget every second; what is worth a line is less.
    fn tell_budget(&mut self, now: Instant, mode: Mode, budget: Budget) {
        let (told, known) = self.told.unzip();
        if told.unwrap_or_default() != mode {
            self.tell(now, Notice::Mode(mode));
        }
        let moved = |known: Budget| {
            known.bound != budget.bound || known.amps.value().abs_diff(budget.amps.value()) >= WORTH_A_WORD
        };
        let news = known.is_none_or(moved);
        if news {
            self.tell(now, Notice::Budget(budget));
        }
        self.told = Some((mode, known.filter(|_| !news).unwrap_or(budget)));
    }

    /// Tells what the master has to say, and how things stand where that is worth it.
    pub(super) fn step<S: Share>(&mut self, link: &mut Link<Master<S>>, now: Instant, is_connected: bool) {
        while let Some(event) = link.node_mut().poll_event() {
            self.tell(now, Notice::Event(event));
        }
        self.tell_budget(now, link.node().mode(), link.node().budget());
        let total = link.decoder_stats().rejected();
        if total != self.damaged {
            self.damaged = total;
            self.tell(now, Notice::Damaged { total });
        }
        if core::mem::take(&mut self.is_news) || now.since(self.shown_at) >= STATUS_AGE {
            self.shown_at = now;
            self.status.send_replace(Status::of(link, now, is_connected));
        }
    }
}
