//! Who has the last word over a slave: protection, then an emergency, then a person, then the schedule, then the sun,
//! then what the configuration says otherwise.
//!
//! [`Planner`] turns all of it into one wanted current per slave with the reason. It lowers and never raises what the
//! guard allows; what it wants still passes the guard.

mod reason;
mod resolve;

use twc_proto::{CentiAmps, Instant, TwcId};

pub use self::reason::{Layer, Reason};

use self::resolve::{Directive, resolve};
use super::fixed::Cap;
use super::phases::PhaseSet;
use super::surplus::{SolarReason, SolarShare, SolarWish, Surplus};
use crate::config::MAX_SLAVES;

/// How a slave is to charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Not at all.
    Off,
    /// With all it may have.
    Now,
    /// Its minimum always, more when the sun gives it.
    MinSolar,
    /// Only what the sun gives.
    Solar,
    /// As the schedule says.
    Scheduled,
}

/// What somebody orders for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// How to charge.
    pub mode: Mode,
    /// With no more than this.
    pub amps: Option<CentiAmps>,
    /// Until so much energy has gone into the car, in watt hours.
    pub watt_hours: Option<u32>,
    /// Until then.
    pub until: Option<Instant>,
}

/// What the schedule says about this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scheduled {
    /// How to charge; [`Mode::Scheduled`] counts as off, a schedule cannot point to itself.
    pub mode: Mode,
    /// With no more than this.
    pub amps: Option<CentiAmps>,
    /// Whether a window says so, and not what the schedule does otherwise.
    pub by_window: bool,
    /// When it says something else.
    pub until: Option<Instant>,
}

/// One slave at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Who.
    pub slave: TwcId,
    /// Its configured mode.
    pub mode: Mode,
    /// What its schedule says now, if it has one.
    pub scheduled: Option<Scheduled>,
    /// The least its car charges with.
    pub minimum: CentiAmps,
    /// The most it may have by configuration.
    pub cap: CentiAmps,
    /// The most that protection leaves it at this moment.
    pub protection: CentiAmps,
    /// The phases its car uses.
    pub phases: PhaseSet,
    /// Whether there is, or may be, a car that wants energy.
    pub asks: bool,
    /// Whether its car draws.
    pub draws: bool,
    /// The energy its unit ever gave, in watt hours, where known.
    pub watt_hours: Option<u32>,
    /// The higher is served first.
    pub priority: u8,
    /// Since when it waits.
    pub since: Instant,
}

/// What a slave is to have, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// Who.
    pub slave: TwcId,
    /// How much; `None` is off.
    pub amps: Option<CentiAmps>,
    /// What binds it.
    pub reason: Reason,
    /// Since when current and kind of reason have been so.
    pub since: Instant,
    /// When it changes by itself, if that is known.
    pub next: Option<Instant>,
}

/// Decisions in the order of the candidates.
pub type Decisions = [Option<Decision>; MAX_SLAVES];

/// Joins orders, schedule and surplus.
#[derive(Debug, Clone)]
pub struct Planner {
    surplus: Option<Surplus>,
    emergency: Cap,
    all: Option<Order>,
    own: [Option<Held>; MAX_SLAVES],
    last: Decisions,
}

/// An order for one slave, with what its car has got since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Held {
    slave: TwcId,
    /// `None`: this slave's order has ended or was released.
    order: Option<Order>,
    given: u32,
    /// What its counter showed last.
    counted: Option<u32>,
}

impl Held {
    /// Adds what has flowed since the last look. A counter that shows less begins anew, with a car or with us.
    fn count(&mut self, shows: Option<u32>) {
        let Some(shows) = shows else { return };
        let begins_anew = self.counted.is_some_and(|before| shows < before);
        let before = if begins_anew { 0 } else { self.counted.unwrap_or(shows) };
        self.given = self.given.saturating_add(shows.saturating_sub(before));
        self.counted = Some(shows);
    }
}

impl Planner {
    /// A planner; without a surplus the solar modes give nothing beyond a minimum.
    pub const fn new(surplus: Option<Surplus>) -> Self {
        let own = [None; MAX_SLAVES];
        Self { surplus, emergency: Cap::new(None), all: None, own, last: [None; MAX_SLAVES] }
    }

    /// The surplus, for its samples.
    pub const fn surplus_mut(&mut self) -> Option<&mut Surplus> {
        self.surplus.as_mut()
    }

    /// The surplus.
    pub const fn surplus(&self) -> Option<&Surplus> {
        self.surplus.as_ref()
    }

    /// Limits every slave to `limit` until `until`, above any order; zero stops all.
    pub fn emergency(&mut self, limit: CentiAmps, until: Option<Instant>) {
        self.emergency.set(limit, until);
    }

    /// Ends the emergency.
    pub fn end_emergency(&mut self) {
        self.emergency.clear();
    }

    /// Orders for one slave, or for all; the later order counts.
    ///
    /// # Errors
    /// When orders for [`MAX_SLAVES`] other slaves are held already.
    pub fn order(&mut self, slave: Option<TwcId>, order: Order) -> Result<(), TooManyOrders> {
        let Some(slave) = slave else {
            (self.all, self.own) = (Some(order), [None; MAX_SLAVES]);
            return Ok(());
        };
        self.hold(slave, Some(order)).ok_or(TooManyOrders)
    }

    /// Takes orders back, of one slave or of all.
    pub fn release(&mut self, slave: Option<TwcId>) {
        match slave {
            None => (self.all, self.own) = (None, [None; MAX_SLAVES]),
            // An order for all stays with the others.
            Some(slave) => {
                let _ = self.hold(slave, None);
            }
        }
    }

    /// Orders that are held, with what the car has got since in watt hours: the one for all, without a slave, and
    /// those of single slaves, which may be the same.
    pub fn orders(&self) -> impl Iterator<Item = (Option<TwcId>, Order, u32)> {
        self.held().filter_map(|(slave, order, given)| Some((slave, order?, given)))
    }

    /// Everything that is held, for who keeps it over a restart: whose, what, and what the car has got since. No order
    /// means that it was released although there is one for all.
    pub(crate) fn held(&self) -> impl Iterator<Item = (Option<TwcId>, Option<Order>, u32)> {
        let own = self.own.iter().flatten().map(|held| (Some(held.slave), held.order, held.given));
        self.all.map(|order| (None, Some(order), 0)).into_iter().chain(own)
    }

    /// Takes up what was [`Planner::held`] by an earlier run.
    #[cfg(feature = "settings")]
    pub(crate) fn restore(&mut self, slave: Option<TwcId>, order: Option<Order>, given: u32) {
        let Some(slave) = slave else {
            self.all = order;
            return;
        };
        // One that finds no place is one of more slaves than a bus allows.
        let _ = self.hold(slave, order);
        for held in self.own.iter_mut().flatten().filter(|held| held.slave == slave) {
            held.given = given;
        }
    }

    /// The emergency in force and its end.
    pub fn in_emergency(&self, now: Instant) -> Option<(CentiAmps, Option<Instant>)> {
        Some((self.emergency.limit(now)?, self.emergency.until(now)))
    }

    /// Decides for every candidate; those beyond [`MAX_SLAVES`] are ignored. `settled` says that every car has
    /// followed the last change.
    pub fn plan(&mut self, now: Instant, settled: bool, candidates: &[Candidate]) -> Decisions {
        let candidates = candidates.get(..candidates.len().min(MAX_SLAVES)).unwrap_or_default();
        let mut directives = [const { None }; MAX_SLAVES];
        for (place, candidate) in directives.iter_mut().zip(candidates) {
            let manual = self.manual(now, candidate);
            *place = Some(resolve(candidate, manual));
        }
        let solar = self.solar(now, settled, candidates, &directives);
        let mut decisions = [None; MAX_SLAVES];
        for (index, candidate) in candidates.iter().enumerate() {
            let Some(Some(directive)) = directives.get(index) else { continue };
            let share = solar.get(index).copied().flatten();
            let wanted = want(candidate, directive, share);
            let decision = self.keep_below(now, candidate, directive, wanted);
            if let Some(place) = decisions.get_mut(index) {
                *place = Some(decision);
            }
        }
        self.last = decisions;
        decisions
    }

    /// When [`Planner::plan`] may decide otherwise without news.
    pub fn poll_timeout(&self, now: Instant) -> Option<Instant> {
        let decisions = self.last.iter().flatten().filter_map(|decision| decision.next);
        let surplus = self.surplus.as_ref().and_then(|surplus| surplus.poll_timeout(now));
        decisions.chain(surplus).chain(self.emergency.until(now)).filter(|at| *at > now).min()
    }

    fn hold(&mut self, slave: TwcId, order: Option<Order>) -> Option<()> {
        let known = self.own.iter().position(|held| held.is_some_and(|held| held.slave == slave));
        let place = known.or_else(|| self.own.iter().position(Option::is_none))?;
        *self.own.get_mut(place)? = Some(Held { slave, order, given: 0, counted: None });
        Some(())
    }

    /// The order in force for a slave. One that has ended is forgotten.
    fn manual(&mut self, now: Instant, candidate: &Candidate) -> Option<Order> {
        let slave = candidate.slave;
        if !self.own.iter().flatten().any(|held| held.slave == slave) {
            self.hold(slave, Some(self.all?))?;
        }
        let held = self.own.iter_mut().flatten().find(|held| held.slave == slave)?;
        let order = held.order?;
        held.count(candidate.watt_hours);
        let late = order.until.is_some_and(|until| now >= until);
        if late || order.watt_hours.is_some_and(|goal| held.given >= goal) {
            held.order = None;
        }
        held.order
    }

    fn solar(
        &mut self,
        now: Instant,
        settled: bool,
        candidates: &[Candidate],
        directives: &[Option<Directive>; MAX_SLAVES],
    ) -> [Option<SolarShare>; MAX_SLAVES] {
        let mut shares = [None; MAX_SLAVES];
        let Some(surplus) = &mut self.surplus else { return shares };
        let nobody = SolarWish {
            slave: TwcId::new(0),
            phases: PhaseSet::ALL,
            minimum: CentiAmps::ZERO,
            cap: CentiAmps::ZERO,
            asks: false,
            draws: false,
            keeps_minimum: false,
            priority: 0,
            since: Instant::ZERO,
        };
        let (mut wishes, mut places, mut count) = ([nobody; MAX_SLAVES], [0; MAX_SLAVES], 0);
        let all = candidates.iter().zip(directives).enumerate();
        for (index, (candidate, directive)) in all {
            let Some(directive) = directive.as_ref().filter(|directive| directive.is_solar()) else { continue };
            if let (Some(wish), Some(place)) = (wishes.get_mut(count), places.get_mut(count)) {
                (*wish, *place) = (directive.wish(candidate), index);
                count += 1;
            }
        }
        let wishes = wishes.get(..count).unwrap_or_default();
        let divided = surplus.divide(now, settled, wishes);
        for (place, share) in places.iter().take(count).zip(divided) {
            if let Some(slot) = shares.get_mut(*place) {
                *slot = Some(share);
            }
        }
        shares
    }

    /// Nothing above protection and emergency, and nothing between off and the minimum.
    fn keep_below(
        &mut self,
        now: Instant,
        candidate: &Candidate,
        directive: &Directive,
        (wanted, reason): (Option<CentiAmps>, Reason),
    ) -> Decision {
        let emergency = self.emergency.limit(now);
        let allowed = candidate.protection.min(emergency.unwrap_or(CentiAmps::new(u16::MAX)));
        let (amps, reason) = match wanted {
            Some(amps) if amps > allowed => {
                let reason = match emergency.filter(|limit| *limit < candidate.protection) {
                    Some(limit) => Reason::Emergency { limit },
                    None => Reason::Protection { allowed },
                };
                (Some(allowed).filter(|amps| *amps >= candidate.minimum), reason)
            }
            wanted => (wanted, reason),
        };
        if let Some(surplus) = self.surplus.as_mut().filter(|_| amps.is_none()) {
            surplus.stop(candidate.slave, now);
        }
        let known = self.last.iter().flatten().find(|last| last.slave == candidate.slave);
        let same = known.filter(|last| last.amps == amps && last.reason.same_kind(reason));
        let next = match reason {
            Reason::Solar { reason, .. } if reason.next().is_some() => reason.next(),
            Reason::Emergency { .. } => self.emergency.until(now),
            Reason::Protection { .. } => None,
            _ => directive.until,
        };
        Decision { slave: candidate.slave, amps, reason, since: same.map_or(now, |last| last.since), next }
    }
}

/// What a directive wants before protection is asked.
fn want(candidate: &Candidate, directive: &Directive, share: Option<SolarShare>) -> (Option<CentiAmps>, Reason) {
    let by = directive.layer;
    let most = directive.amps.unwrap_or(candidate.cap).min(candidate.cap);
    match (directive.mode, share) {
        (Mode::Off | Mode::Scheduled, _) => (None, Reason::Off { by }),
        (Mode::Now, _) if most < candidate.minimum => (None, Reason::BelowMinimum { by, most }),
        (Mode::Now, _) => (Some(most), Reason::Full { by }),
        (Mode::MinSolar | Mode::Solar, Some(share)) => (share.amps, Reason::Solar { by, reason: share.reason }),
        (Mode::MinSolar, None) => {
            let reason = SolarReason::Minimum { missing: 0 };
            (Some(candidate.minimum).filter(|least| *least <= most), Reason::Solar { by, reason })
        }
        (Mode::Solar, None) => (None, Reason::NoSurplus { by }),
    }
}

/// Orders for more slaves than a bus can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("orders for {MAX_SLAVES} other wall connectors are held already")]
pub struct TooManyOrders;

#[cfg(test)]
mod tests;
