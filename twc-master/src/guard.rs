//! What has been promised to whom, and the only way for a number onto the wire.
//!
//! A heartbeat to a slave can be built from an [`Offer`] and from nothing else, and only [`Guard::grant`] makes
//! offers. Whatever a [`crate::share::Share`] asks for, the sum of what all slaves *may* still draw stays
//! within the limit of every circuit and phase, at every instant:
//!
//! * A raise counts from before its frame leaves.
//! * A lowering counts after two exchanges in a row, each begun after it and answered exactly once in its
//!   window, have shown both limit and current at or under it.
//! * A slave that gets heartbeats counts at least 6.00 A, plugged in or not.
//! * A silent slave counts what it last had until it must have stopped by itself.
//!
//! Where a limit falls below what is in force, nothing on that circuit is raised, everybody is told to come down,
//! and who does not follow is silenced (`guard/escalate.rs`).

mod answers;
mod escalate;
mod fit;
mod ledger;
mod offer;
mod record;
mod silence;
#[cfg(test)]
mod tests;
mod tree;
mod twin;

use twc_proto::{CentiAmps, Instant, TwcId};

pub(crate) use self::answers::{Evidence, Finding};
pub(crate) use self::escalate::Insist;
use self::ledger::{Admission, Contact, Doubt, Ledger, PROOFS, Reach};
pub(crate) use self::offer::{LimitCommand, Offer};
pub(crate) use self::silence::Reservation;
use self::silence::StopTimes;
use self::tree::{Amounts, Limits, Load, Tree};
pub(crate) use self::twin::WindowShows;
use crate::config::{Config, FLOOR, MAX_SLAVES, PhaseAmps, Phases, Place};
use crate::event::Refusal;
use crate::snapshot::KnownSlave;

/// An offer, and what stood against more.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grant {
    pub(crate) offer: Offer,
    pub(crate) refused: Option<Refusal>,
    pub(crate) insist: Insist,
}

/// The books of one bus.
#[derive(Debug)]
pub(crate) struct Guard {
    tree: Tree,
    times: StopTimes,
    durable: bool,
    state_lost: bool,
    expected: usize,
    ledgers: [Option<Ledger>; MAX_SLAVES],
    /// Raises above the floor wait until then, or until every expected slave is confirmed.
    start_up: Option<Instant>,
    /// When anything of ours reached the wire last.
    bus_used: Instant,
    /// When a slave last got its first heartbeat.
    admitted: Option<Instant>,
    /// Who lost power last, and when several did at once.
    reboot: Option<(usize, Instant)>,
    power_cut: Option<Instant>,
    revision: u32,
}

impl Guard {
    pub(crate) fn new(config: &Config, now: Instant) -> Self {
        let times = StopTimes::new(&config.timing);
        Self {
            tree: Tree::new(config),
            times,
            durable: config.durable,
            state_lost: config.state_lost,
            expected: usize::from(config.expected_slaves).max(config.connections.iter().flatten().count()),
            ledgers: [None; MAX_SLAVES],
            start_up: Some(now + times.stop),
            bus_used: now,
            admitted: None,
            reboot: None,
            power_cut: None,
            revision: 0,
        }
    }

    /// Opens the books of a slave heard for the first time.
    pub(crate) fn open(&mut self, slot: usize, config: &Config, slave: TwcId, unit_max: CentiAmps) {
        let mut ledger = self.page(config, slave, unit_max);
        if self.state_lost && self.start_up.is_some() {
            // It may be one of those that the lost state was about.
            ledger.held = ledger.unit_max;
        }
        self.put(slot, ledger);
    }

    /// Opens the books of a slave known from an earlier run. It may still follow any limit its unit can take,
    /// unless that run has seen it stop.
    pub(crate) fn reopen(&mut self, slot: usize, config: &Config, known: &KnownSlave) {
        let mut ledger = self.page(config, known.id, known.unit_max);
        ledger.held = if known.stopped { known.commitment } else { known.unit_max }.value();
        // The run before may have asked it something.
        ledger.unclear_until = self.bus_used + self.times.late;
        ledger.lease = known.commitment.value();
        ledger.recorded = known.commitment.value();
        ledger.to_record = known.commitment.value();
        ledger.noticed = if known.stops_proven { PROOFS } else { 0 };
        ledger.contact = match (known.stopped, known.silent) {
            (true, _) => Contact::Stopped,
            (_, true) => Contact::Silent,
            _ => Contact::None,
        };
        ledger.strikes = known.strikes;
        ledger.served = !known.stopped;
        if known.phases_void {
            ledger.cancel_phases();
        }
        self.put(slot, ledger);
        self.expect_those_on_the_books();
    }

    fn page(&self, config: &Config, slave: TwcId, unit_max: CentiAmps) -> Ledger {
        let connection = config.connection(slave);
        let own_limit = config.own_limit(connection).value();
        let load = self.tree.load(connection);
        let mut ledger = Ledger::new(slave, load, unit_max.value(), own_limit, Reach::At(self.bus_used));
        if let Some(connection) = connection {
            ledger.terminals = connection.terminals();
        }
        ledger
    }

    fn put(&mut self, slot: usize, ledger: Ledger) {
        if let Some(slot) = self.ledgers.get_mut(slot) {
            *slot = Some(ledger);
        }
    }

    fn expect_those_on_the_books(&mut self) {
        let counted = self.ledgers.iter().flatten().filter(|ledger| ledger.commitment() > 0).count();
        self.expected = self.expected.max(counted);
    }

    /// Orders a limit for a circuit, at most the configured one, for as long as `until` says. What holds now, or
    /// `None` where there is no such circuit.
    pub(crate) fn order(&mut self, place: Place, limit: PhaseAmps, until: Option<Instant>) -> Option<PhaseAmps> {
        self.tree.order(place, limit, until)
    }

    /// Ends orders whose time has come. True when a limit may have fallen.
    pub(crate) fn expire_orders(&mut self, now: Instant) -> bool {
        self.tree.expire(now)
    }

    /// When the next order ends.
    pub(crate) fn order_expires(&self) -> Option<Instant> {
        self.tree.expires()
    }

    /// What may flow into the whole site now, on the tightest phase.
    pub(crate) fn site_limit(&self) -> CentiAmps {
        CentiAmps::new(self.tree.site_limit())
    }

    /// The least limit through which every slave's current flows, on its tightest phase, and whether it has fallen below
    /// the configured one.
    pub(crate) fn shared_limit(&self) -> (CentiAmps, bool) {
        let path = self.ledgers.iter().flatten().fold(u8::MAX, |path, ledger| path & ledger.load.path);
        // Without a slave only the site is anybody's.
        let path = if self.ledgers.iter().all(Option::is_none) { 1 } else { path };
        let (limit, fell) = self.tree.least_of(path);
        (CentiAmps::new(limit), fell)
    }

    /// The most a slave of this unit may ever be told: its unit and its own circuit allow no more.
    pub(crate) fn cap(&self, slot: usize) -> CentiAmps {
        CentiAmps::new(self.ledger(slot).map_or(FLOOR.value(), |ledger| ledger.cap().max(FLOOR.value())))
    }

    /// Asks to send `wanted` to a slave. What is granted may be less, with the reason beside it; never anything
    /// between 0 and the floor. A slave that is told 0 still counts its floor.
    ///
    /// # Errors
    /// When not even a first heartbeat may go there.
    pub(crate) fn grant(&mut self, slot: usize, wanted: CentiAmps, now: Instant) -> Result<Grant, Refusal> {
        let ledger = *self.ledger(slot).ok_or(Refusal::NoShare)?;
        if let Some(why) = ledger.withheld {
            return Err(Refusal::Withheld { why });
        }
        let returns = ledger.contact != Contact::Active;
        if let Some(until) = self.paced(now).filter(|_| returns) {
            return Err(Refusal::PowerCut { until });
        }
        if ledger.contact == Contact::Stopping {
            return Err(Refusal::NotSaved);
        }
        // Called again it would take its floor, and there may be none before others have let go. One that could not be
        // made to come down is not called before it must have stopped: it would count for ever.
        let ends = self.must_have_stopped_at(slot).filter(|_| ledger.contact == Contact::Silent);
        if ledger.contact == Contact::Silent {
            let free = self.left(Limits::Now, slot, self.at_most(Ledger::told_before));
            if FLOOR.value() > free || (ends.is_none_or(|at| now < at) && self.is_laggard(slot, now)) {
                return Err(self.no_room(slot, FLOOR.value()));
            }
        }
        let is_zero = wanted == CentiAmps::ZERO;
        let wanted = wanted.value().min(ledger.aim).min(ledger.cap()).max(FLOOR.value());
        let (amps, refused) = if ledger.is_new_contact() {
            self.first_contact(slot, wanted, now)?
        } else {
            match self.refuses_raise(slot, &ledger, wanted, now) {
                None => (wanted, None),
                refused => (ledger.told().min(wanted), refused),
            }
        };
        if returns {
            self.admitted = Some(now);
        }
        let amps = if is_zero { 0 } else { amps };
        let insist = self.insists(slot, now);
        let resumes_with = self.resumes_with(slot).value();
        if ledger.contact == Contact::Silent {
            self.changed();
        }
        if let Some(ledger) = self.ledger_mut(slot) {
            if ledger.contact == Contact::Stopped {
                ledger.held = resumes_with;
            }
            if ends.is_some_and(|at| now >= at) {
                // What it comes back with it has as long to let go as anybody.
                ledger.lags_since = None;
            }
            ledger.contact = Contact::Active;
            ledger.admission = Admission::None;
            ledger.reach = Reach::InFlight;
            ledger.held = ledger.held.max(amps);
            ledger.lease = ledger.lease.max(amps);
            ledger.note_sent(amps, now);
        }
        Ok(Grant { offer: Offer::new(CentiAmps::new(amps)), refused, insist })
    }

    /// A first heartbeat is a raise like any other: it needs room for the floor, and on the fixed limits for what a
    /// slave that stopped by itself may resume with. On a limit that has fallen that is a fall like any other: the
    /// slave is told less at once, counts, and has nobody raised until it has confirmed. What is left of `wanted` is
    /// the floor, or no frame at all.
    fn first_contact(
        &mut self,
        slot: usize,
        wanted: u16,
        now: Instant,
    ) -> Result<(u16, Option<Refusal>), Refusal> {
        let least = self.resumes_with(slot).value();
        if let Some(until) = self.start_up.filter(|until| now < *until && self.misses_somebody()) {
            return Err(Refusal::StartUp { until });
        }
        if let Some(refusal) = self.refuses_now(slot, FLOOR.value()) {
            return Err(refusal);
        }
        let free = self.free_of(Limits::Fixed, slot);
        if least > free {
            return Err(Refusal::NoRoom { wanted: CentiAmps::new(least), free: CentiAmps::new(free) });
        }
        if !self.admits(slot, least) {
            return Err(Refusal::NotSaved);
        }
        let refused = self.refuses_above_floor(wanted, now).or_else(|| self.refuses(slot, wanted.max(least)));
        Ok((if refused.is_some() { FLOOR.value() } else { wanted }, refused))
    }

    /// After the state was lost: whether a slave that was served by an earlier run may not have been heard yet.
    fn misses_somebody(&self) -> bool {
        let expected = if self.expected == 0 { MAX_SLAVES } else { self.expected };
        self.state_lost && self.ledgers.iter().flatten().count() < expected
    }

    /// Refuses what may put more into force than the books hold.
    ///
    /// While the books hold more than a limit, as after a start or a fall, what a slave counts is a fear and not a
    /// permission: nothing above what it was told last, or the floor, is known to be in force.
    fn refuses_raise(&mut self, slot: usize, ledger: &Ledger, wanted: u16, now: Instant) -> Option<Refusal> {
        if wanted > ledger.told() && self.is_over(slot) {
            return self.refuses_above_floor(wanted, now).or_else(|| Some(self.no_room(slot, wanted)));
        }
        if ledger.times_units(wanted) <= ledger.commitment() {
            return None;
        }
        self.refuses_above_floor(wanted, now).or_else(|| self.refuses(slot, wanted))
    }

    fn refuses_above_floor(&mut self, wanted: u16, now: Instant) -> Option<Refusal> {
        self.starting(now).filter(|_| wanted > FLOOR.value()).map(|until| Refusal::StartUp { until })
    }

    fn refuses(&mut self, slot: usize, wanted: u16) -> Option<Refusal> {
        self.refuses_now(slot, wanted)
            .or_else(|| (self.durable && !self.is_recorded(slot, wanted)).then_some(Refusal::NotSaved))
    }

    fn refuses_now(&self, slot: usize, wanted: u16) -> Option<Refusal> {
        if let Some(frozen) = self.ledgers.iter().flatten().find(|ledger| ledger.doubt != Doubt::None) {
            return Some(Refusal::Frozen { slave: frozen.slave });
        }
        (wanted > self.free(slot)).then(|| self.no_room(slot, wanted))
    }

    fn no_room(&self, slot: usize, wanted: u16) -> Refusal {
        Refusal::NoRoom { wanted: CentiAmps::new(wanted), free: CentiAmps::new(self.free(slot)) }
    }

    /// What the others leave on the tightest spot that this slave's current flows through.
    pub(crate) fn free(&self, slot: usize) -> u16 {
        self.free_of(Limits::Now, slot)
    }

    fn free_of(&self, limits: Limits, slot: usize) -> u16 {
        self.left(limits, slot, self.commitments())
    }

    /// Whether more is in force than a limit allows, somewhere this slave's current flows.
    pub(crate) fn is_over(&self, slot: usize) -> bool {
        self.room(slot, Limits::Now, &self.commitments()) < 0
    }

    fn room(&self, slot: usize, limits: Limits, amounts: &Amounts) -> i32 {
        self.ledger(slot).map_or(0, |ledger| self.tree.room(limits, ledger.load, &self.loads(), amounts))
    }

    fn loads(&self) -> [Load; MAX_SLAVES] {
        let nowhere = Load { path: 0, phases: Phases::NONE };
        self.ledgers.map(|ledger| ledger.map_or(nowhere, |ledger| ledger.load))
    }

    fn commitments(&self) -> Amounts {
        self.ledgers.map(|ledger| ledger.map_or(0, |ledger| ledger.commitment()))
    }

    /// When raises above the floor are allowed at the latest, if they are not yet.
    pub(crate) fn starting(&mut self, now: Instant) -> Option<Instant> {
        let until = self.start_up.filter(|until| now < *until);
        let confirmed = self.ledgers.iter().flatten().filter(|ledger| ledger.confirmed).count();
        let all = self.ledgers.iter().flatten().all(|ledger| ledger.confirmed || ledger.commitment() == 0);
        let everybody = self.expected > 0 && confirmed >= self.expected && all;
        self.start_up = until.filter(|_| !everybody);
        self.start_up
    }

    /// The room on the fixed limits that a slave without heartbeats needs before it can get one: all that we told it,
    /// and what it may hold without us as far as the others can ever leave that. Beyond it, waiting would be in vain, and what others
    /// left in force is not promised.
    pub(crate) fn resumes_with(&self, slot: usize) -> CentiAmps {
        let Some(ledger) = self.ledger(slot) else { return FLOOR };
        let feared = ledger.feared.min(self.left(Limits::Fixed, slot, self.floors()));
        CentiAmps::new(ledger.told_before().max(feared))
    }

    /// What there has to be of the site's limit, as it is now, for such a slave to come back.
    pub(crate) fn takes_back(&self, slot: usize) -> CentiAmps {
        CentiAmps::new(self.resumes_with(slot).value().saturating_sub(self.tree.lowered_by())).max(FLOOR)
    }

    /// The least that everybody who counts can be brought to count by heartbeats alone.
    fn floors(&self) -> Amounts {
        self.at_most(|_| FLOOR.value())
    }

    /// What everybody counts, but no more than `most`.
    fn at_most(&self, most: fn(&Ledger) -> u16) -> Amounts {
        self.ledgers
            .map(|ledger| ledger.map_or(0, |ledger| ledger.commitment().min(ledger.times_units(most(&ledger)))))
    }

    /// Whether a slave without heartbeats could come back if those in `away` had none either, and the others were down
    /// at their floors.
    pub(crate) fn fits_without(&self, slot: usize, away: &[bool; MAX_SLAVES]) -> bool {
        let (mut amounts, floors) = (self.commitments(), self.floors());
        for (((amount, floor), ledger), away) in amounts.iter_mut().zip(&floors).zip(&self.ledgers).zip(away) {
            if *away {
                *amount = 0;
            } else if ledger.is_some_and(|ledger| ledger.contact == Contact::Active) {
                *amount = *floor;
            }
        }
        self.resumes_with(slot).value() <= self.left(Limits::Fixed, slot, amounts)
            && FLOOR.value() <= self.left(Limits::Now, slot, amounts)
    }

    /// What `amounts` of the others leave for a slave; for each of two units with its id, half of that.
    fn left(&self, limits: Limits, slot: usize, mut amounts: Amounts) -> u16 {
        if let Some(own) = amounts.get_mut(slot) {
            *own = 0;
        }
        let is_doubled = self.ledger(slot).is_some_and(|ledger| ledger.doubled);
        let room = self.room(slot, limits, &amounts).max(0) >> u8::from(is_doubled);
        u16::try_from(room).unwrap_or(u16::MAX)
    }

    /// Whether a heartbeat to this slave would be its first.
    pub(crate) fn is_new_contact(&self, slot: usize) -> bool {
        self.ledger(slot).is_none_or(Ledger::is_new_contact)
    }

    /// The unit maximum may fall at once.
    pub(crate) fn set_unit_max(&mut self, slot: usize, unit_max: CentiAmps) {
        if let Some(ledger) = self.ledger_mut(slot) {
            ledger.unit_max = unit_max.value();
        }
    }

    /// What a slave may still draw.
    pub(crate) fn commitment(&self, slot: usize) -> CentiAmps {
        let amps = self.ledger(slot).map_or(0, Ledger::commitment);
        CentiAmps::new(u16::try_from(amps).unwrap_or(u16::MAX))
    }

    /// What all slaves together may still draw, in centiamps.
    pub(crate) fn committed(&self) -> u32 {
        self.commitments().iter().sum()
    }

    /// What may still flow through a place, on its fullest phase, in centiamps.
    pub(crate) fn committed_at(&self, place: Place) -> u32 {
        Tree::flowing(place, &self.loads(), &self.commitments())
    }

    /// Whether a slave's current flows through a place.
    pub(crate) fn hangs_below(&self, slot: usize, place: Place) -> bool {
        self.ledger(slot).is_some_and(|ledger| Tree::flows(ledger.load, place))
    }

    #[inline(never)]
    fn ledger(&self, slot: usize) -> Option<&Ledger> {
        self.ledgers.get(slot)?.as_ref()
    }

    #[inline(never)]
    fn ledger_mut(&mut self, slot: usize) -> Option<&mut Ledger> {
        self.ledgers.get_mut(slot)?.as_mut()
    }
}
