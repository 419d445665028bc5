//! The machine itself: its books, its view from outside, and its place on the bus.

use core::time::Duration;

use twc_proto::message::SlaveLinkReady;
use twc_proto::{CentiAmps, DecodeError, Envelope, Instant, Node, Received, SlaveState, TwcId, Version};

use crate::config::{Config, ConfigError, FLOOR, MAX_SLAVES, Place};
use crate::event::{Constraint, Event, EventQueue, Refusal, Withheld};
use crate::foreign::Foreign;
use crate::guard::Guard;
use crate::order::{Mode, SlaveSettings};
use crate::query::QueryPlan;
use crate::share::Share;
use crate::slave::{Phase, Slave};
use crate::snapshot::{KnownSlave, Snapshot};
use crate::turn::{Announcement, Kind, Lateness, Turn, earliest};
use crate::vehicle::Vehicles;

/// A gap between two calls that means the process stood still. The bus never leaves us idle that long.
const STALL: Duration = Duration::from_secs(3);
/// What has waited in buffers while the process stood still comes in without such a pause.
const SETTLE: Duration = Duration::from_millis(300);

/// A master for one bus.
///
/// Methods come in four kinds: getters, `handle_*` for what happened, verbs for commands, `poll_*` for what is
/// due. After any call with `&mut self` drain [`Node::poll_transmit`] and [`Master::poll_event`], then wait
/// until [`Node::poll_timeout`] or the next input. [`twc_proto::Link`] puts it on a byte stream.
#[derive(Debug)]
pub struct Master<S> {
    pub(crate) config: Config,
    pub(crate) share: S,
    pub(crate) guard: Guard,
    pub(crate) slaves: [Option<Slave>; MAX_SLAVES],
    pub(crate) turn: Turn,
    pub(crate) announcement: Announcement,
    pub(crate) foreign: Option<Foreign>,
    pub(crate) surplus_slave: Option<TwcId>,
    /// Linkreadys that may have been damaged ones: each counts when it comes again.
    pub(crate) rumours: [Option<SlaveLinkReady>; MAX_SLAVES],
    pub(crate) events: EventQueue,
    pub(crate) garbled: u32,
    /// When a frame was last damaged.
    pub(crate) disturbed_at: Instant,
    /// When somebody is told how many of the expected slaves were heard.
    pub(crate) counts_slaves_at: Option<Instant>,
    /// After standing still, what comes in is ignored until nothing has come in for a while.
    settles_at: Option<Instant>,
    /// What is shared, where it is less than the limit.
    pub(crate) budget: Option<CentiAmps>,
    pub(crate) mode: Mode,
    pub(crate) queries: QueryPlan,
    pub(crate) vehicles: Vehicles,
    pub(crate) settings: [Option<(TwcId, SlaveSettings)>; MAX_SLAVES],
    /// The time of the last call.
    pub(crate) now: Instant,
}

/// What a master knows of a slave, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlaveStatus {
    /// Who.
    pub slave: TwcId,
    /// What it speaks.
    pub version: Version,
    /// Where it stands with us.
    pub standing: Standing,
    /// Its state, as last reported.
    pub state: SlaveState,
    /// What it is to have.
    pub target: CentiAmps,
    /// Why not more.
    pub constraint: Constraint,
    /// Since when target and constraint have been so.
    pub since: Instant,
    /// When that may change by itself, as far as it is known.
    pub next: Option<Instant>,
    /// What it was told last.
    pub offered: Option<CentiAmps>,
    /// The limit it reports.
    pub limit: CentiAmps,
    /// The current it reports.
    pub drawn: CentiAmps,
    /// What it may still draw, by the books.
    pub commitment: CentiAmps,
    /// Why it gets no heartbeats, if it could have some.
    pub withheld: Option<Withheld>,
    /// How often our silence has cut off the car that is plugged in there.
    pub strikes: u8,
    /// Whether it is proven that nothing flows: by silence that lasted, or by two answers in a row with limit 0 and
    /// at most 0.5 A.
    pub off: bool,
}

/// Where a slave stands with the master.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Known, without a heartbeat so far.
    Waiting,
    /// Heartbeats go there.
    Linked,
    /// It stopped answering.
    Silent,
    /// It gets no heartbeats on purpose.
    Withheld,
    /// Its supply was switched off, as was announced.
    PoweredOff,
}

impl<S: Share> Master<S> {
    /// A master that starts now and knows nobody.
    ///
    /// # Errors
    /// When the settings cannot be kept.
    #[inline(never)]
    pub fn new(config: Config, share: S, now: Instant) -> Result<Self, ConfigError> {
        config.check()?;
        Ok(Self {
            config,
            share,
            guard: Guard::new(&config, now),
            slaves: Default::default(),
            turn: Turn::new(now, &config.timing),
            announcement: Announcement::new(now, config.announce),
            foreign: None,
            surplus_slave: None,
            rumours: [None; MAX_SLAVES],
            events: EventQueue::new(),
            garbled: 0,
            disturbed_at: now,
            counts_slaves_at: (config.expected_slaves > 0).then(|| now + config.timing.stop_after),
            settles_at: None,
            budget: None,
            mode: Mode::Share,
            queries: QueryPlan::DEFAULT,
            vehicles: Vehicles::default(),
            settings: [None; MAX_SLAVES],
            now,
        })
    }

    /// Adds the slaves of an earlier run. Until each has confirmed its limit twice it counts as everything its
    /// unit can take. Those beyond [`MAX_SLAVES`] are ignored.
    pub fn restore(&mut self, known: impl IntoIterator<Item = KnownSlave>) {
        for known in known {
            let Some(slot) = self.slaves.iter().position(Option::is_none) else { break };
            self.guard.reopen(slot, &self.config, &known);
            let mut slave = Slave::new(known.id, known.version, known.unit_max, self.now);
            slave.sign = known.sign;
            // One that never had more than the floor may be an id that damage made up.
            slave.is_real = known.commitment > FLOOR;
            slave.settings = self.settings(known.id);
            if known.stopped || known.silent {
                slave.phase = Phase::Silent { kept: known.stopped };
            }
            if let Some(place) = self.slaves.get_mut(slot) {
                *place = Some(slave);
            }
        }
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Every slave.
    pub fn slaves(&self) -> impl Iterator<Item = SlaveStatus> {
        self.slaves.iter().enumerate().filter_map(|(slot, slave)| {
            let slave = slave.as_ref()?;
            Some(SlaveStatus {
                slave: slave.id,
                version: slave.version,
                standing: match slave.phase {
                    Phase::Waiting => Standing::Waiting,
                    Phase::Linked => Standing::Linked,
                    Phase::Silent { .. } if slave.orders.expected_off => Standing::PoweredOff,
                    Phase::Silent { .. } if self.guard.withheld(slot).is_some() => Standing::Withheld,
                    Phase::Silent { .. } => Standing::Silent,
                },
                state: slave.state,
                target: slave.aim,
                constraint: slave.constraint,
                since: slave.constrained_since,
                next: self.next_change(slot, slave),
                offered: slave.offered,
                limit: slave.reported,
                drawn: slave.drawn,
                commitment: self.guard.commitment(slot),
                withheld: self.guard.withheld(slot),
                strikes: self.guard.strikes(slot),
                off: self.guard.is_off(slot),
            })
        })
    }

    /// When what binds a slave may end by itself.
    fn next_change(&self, slot: usize, slave: &Slave) -> Option<Instant> {
        match slave.constraint {
            Constraint::Dwell { until }
            | Constraint::Held(Refusal::StartUp { until } | Refusal::PowerCut { until }) => Some(until),
            Constraint::Demand { .. } => slave.demand.next_probe(),
            Constraint::Share { .. }
            | Constraint::Withheld { why: Withheld::Turn }
            | Constraint::Held(Refusal::NoShare) => self.share.next_change(),
            Constraint::Silent | Constraint::PoweredOff | Constraint::Withheld { .. } => {
                self.guard.reservation_ends(slot).filter(|at| *at > self.now)
            }
            Constraint::Stopped { .. } => slave.orders.hook_until,
            _ => None,
        }
    }

    /// How late heartbeats left, since the start.
    pub fn lateness(&self) -> Lateness {
        self.turn.lateness
    }

    /// How long an answer is waited for on this link, as learnt from it.
    pub fn reply_window(&self) -> Duration {
        self.turn.window.length()
    }

    /// What all slaves together may draw by the books, in centiamps.
    pub fn committed(&self) -> u32 {
        self.guard.committed()
    }

    /// What may flow through a circuit by the books, on its fullest phase, in centiamps.
    pub fn committed_at(&self, place: Place) -> u32 {
        self.guard.committed_at(place)
    }

    /// Frames that arrived damaged.
    pub fn garbled_frames(&self) -> u32 {
        self.garbled
    }

    /// Whether another master is on the bus, so that nothing is sent.
    pub fn is_hands_off(&self) -> bool {
        self.foreign.is_some_and(|foreign| foreign.active)
    }

    /// What must survive a restart. With [`Config::durable`] write it whenever its revision changed.
    pub fn snapshot(&self) -> Snapshot {
        let mut slaves = [None; MAX_SLAVES];
        for (slot, (place, slave)) in slaves.iter_mut().zip(&self.slaves).enumerate() {
            let Some(slave) = slave else { continue };
            *place = self.guard.to_record(slot, slave.version, slave.sign);
        }
        Snapshot { revision: self.guard.revision(), slaves, state_lost: self.guard.state_lost() }
    }

    /// The snapshot with this revision is on disk.
    pub fn handle_saved(&mut self, revision: u32) {
        self.guard.saved(revision);
    }

    /// The oldest event nobody has fetched yet.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop()
    }

    /// Brings everything that depends on time up to date.
    fn advance(&mut self, now: Instant) {
        let before = self.now;
        self.now = before.max(now);
        let busy = !self.is_hands_off() && self.slaves.iter().flatten().any(|slave| slave.phase == Phase::Linked);
        if busy && now > before + STALL {
            self.stalled(now.since(before), now);
        }
        self.settle_answers(now);
        self.end_exchange(now);
        self.drop_the_silent(now);
        self.end_reservations(now);
        self.release_foreign(now);
        self.protect(now);
    }

    /// Whether something that came in now is too old to be used.
    fn is_settling(&mut self, now: Instant) -> bool {
        let settling = self.settles_at.is_some_and(|at| now < at);
        self.settles_at = settling.then(|| now + SETTLE);
        if settling {
            self.turn.rest_until(now + SETTLE);
        }
        settling
    }

    fn stalled(&mut self, gap: Duration, now: Instant) {
        let millis = gap.as_secs().saturating_mul(1_000).saturating_add(u64::from(gap.subsec_millis()));
        self.events.push(Event::Stalled { millis });
        self.guard.restart(now);
        self.settles_at = Some(now + SETTLE);
        self.turn.rest_until(now + SETTLE);
        for slave in self.slaves.iter_mut().flatten() {
            slave.pending = None;
            slave.state_again();
        }
    }
}

impl<S: Share> Node for Master<S> {
    fn handle_message(&mut self, now: Instant, received: &Received) {
        self.advance(now);
        if !self.is_settling(now) {
            self.receive(now, received);
        }
    }

    fn handle_decode_error(&mut self, now: Instant, _: DecodeError) {
        self.advance(now);
        self.garbled = self.garbled.saturating_add(1);
        self.disturbed_at = now;
        if self.is_settling(now) {
            return;
        }
        if let Some(exchange) = self.turn.exchange.filter(|exchange| exchange.kind == Kind::Heartbeat) {
            self.guard.window_damaged(exchange.slot);
        }
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.advance(now);
    }

    fn handle_sent(&mut self, now: Instant) {
        self.turn.rest_until(now + self.config.timing.quiet_gap);
        match self.turn.sent(now).filter(|exchange| exchange.kind == Kind::Heartbeat) {
            Some(exchange) => self.guard.sent(exchange.slot, now),
            None => self.guard.bus_used(now),
        }
    }

    fn handle_reconnected(&mut self, now: Instant) {
        self.advance(now);
        self.guard.connection_lost(now);
        self.turn.exchange = None;
        for slave in self.slaves.iter_mut().flatten() {
            slave.pending = None;
            slave.heard = now;
            slave.due = now;
            slave.told_at = None;
            slave.state_again();
        }
    }

    fn poll_transmit(&mut self, now: Instant) -> Option<Envelope> {
        self.advance(now);
        self.transmit(now)
    }

    #[inline(never)] // Flash: as `transmit`.
    fn poll_timeout(&self) -> Option<Instant> {
        let mut first = earliest(self.given_up_at(), self.foreign.map(|foreign| foreign.gone_at()));
        if self.turn.exchange.is_none() && !self.is_hands_off() {
            first = earliest(first, self.announcement.due().map(|due| due.max(self.turn.free_at)));
            first = earliest(first, self.extra_timeout());
        }
        first = earliest(first, self.guard.order_expires());
        first = earliest(first, self.counts_slaves_at);
        first = earliest(first, self.plan_timeout());
        for (slot, slave) in self.slaves.iter().enumerate() {
            let due = slave.as_ref().and_then(|slave| self.slave_timeout(slot, slave));
            first = earliest(first, due);
        }
        first
    }
}
