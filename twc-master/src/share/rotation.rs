//! Where not all fit at once, equals take turns.

use core::cmp::Reverse;
use core::time::Duration;

use twc_proto::{CentiAmps, Instant, TwcId};

use super::{Share, Target, Targets, Wish, fill};
use crate::config::{FLOOR, MAX_SLAVES};

/// As long as every minimum fits, equal shares. Where not, as many as fit have a turn, by priority and by how
/// long they have waited; equals change places when a turn is over.
///
/// A change costs the one who leaves an interruption, about a minute passes before it must have stopped, and
/// only then its successor gets its first heartbeat: that is why turns are long. Whether a slave without
/// heartbeats has a car is unknown; so each is tried, and one that draws nothing loses its turn and is tried
/// again later and later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    turn: Duration,
    patience: Duration,
    places: [Option<Place>; MAX_SLAVES],
    next: Option<Instant>,
}

/// What is remembered of one slave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    slave: TwcId,
    /// Whether it has a turn, and since when it could use it.
    holds: bool,
    linked: Option<Instant>,
    /// When it drew last, or got its turn.
    drew: Instant,
    /// Since when it has been waiting.
    waits: Instant,
    /// Until when it is tried only if nobody else wants the room, and how often that was so.
    rests_until: Instant,
    idle_turns: u8,
}

/// See [`Rotation::rank`].
type Rank = (Reverse<bool>, bool, Reverse<u8>, Reverse<bool>, Instant);

impl Default for Rotation {
    /// Turns of half an hour; 90 s to begin to draw.
    fn default() -> Self {
        Self::new(Duration::from_secs(1_800))
    }
}

impl Rotation {
    const PATIENCE: Duration = Duration::from_secs(90);
    /// The longest rest of a slave that never draws is 2^5 times the shortest: 48 minutes.
    const MOST_DOUBLINGS: u8 = 5;

    /// Turns of this length, five minutes at least.
    pub const fn new(turn: Duration) -> Self {
        let turn = if turn.as_secs() < 300 { Duration::from_secs(300) } else { turn };
        Self { turn, patience: Self::PATIENCE, places: [None; MAX_SLAVES], next: None }
    }

    fn place(&mut self, now: Instant, wish: &Wish) -> Option<&mut Place> {
        let known = self.places.iter().position(|place| place.is_some_and(|place| place.slave == wish.slave));
        let slot = known.or_else(|| self.places.iter().position(Option::is_none))?;
        let fresh = Place {
            slave: wish.slave,
            holds: wish.linked,
            linked: None,
            drew: now,
            waits: wish.since,
            rests_until: Instant::ZERO,
            idle_turns: 0,
        };
        Some(self.places.get_mut(slot)?.get_or_insert(fresh))
    }

    fn note(&mut self, now: Instant, wishes: &[Wish]) {
        for place in &mut self.places {
            let gone = place.is_some_and(|place| wishes.iter().all(|wish| wish.slave != place.slave));
            if gone {
                *place = None;
            }
        }
        for wish in wishes {
            let Some(place) = self.place(now, wish) else { continue };
            if !wish.linked {
                place.linked = None;
            } else if place.linked.is_none() {
                (place.linked, place.drew) = (Some(now), now);
            }
            if wish.draws {
                (place.drew, place.idle_turns) = (now, 0);
            }
        }
    }

    /// Takes turns away that are over or unused, where somebody waits who could use the room.
    fn end_turns(&mut self, now: Instant, wishes: &[Wish]) {
        for wish in wishes {
            let patience = self.patience;
            let Some(_) = self.ends(now, wish, wishes).filter(|ends| now >= *ends) else { continue };
            let Some(place) = self.known_mut(wish) else { continue };
            if now >= place.drew + patience {
                place.rests_until = now + patience * (1 << place.idle_turns.min(Self::MOST_DOUBLINGS));
                place.idle_turns = place.idle_turns.saturating_add(1);
            }
            place.holds = false;
            place.waits = now;
        }
    }

    /// When a turn ends, if somebody waits for it: an equal until it is over, anybody while it is not used.
    fn ends(&self, now: Instant, wish: &Wish, wishes: &[Wish]) -> Option<Instant> {
        let place = self.known(wish).filter(|place| place.holds && wish.may_wait)?;
        let linked = place.linked?;
        let waiting = || {
            let others = wishes.iter().filter_map(|other| Some((other.priority, self.known(other)?)));
            others.filter(|(_, place)| !place.holds && now >= place.rests_until)
        };
        let unused = waiting().next().map(|_| place.drew + self.patience)?;
        // Who has just had a turn does not end another's.
        let rivals = waiting().filter(|(priority, _)| *priority >= wish.priority);
        let over = rivals.map(|(_, place)| (place.waits + self.turn / 3).max(linked + self.turn)).min();
        Some(over.map_or(unused, |over| over.min(unused)))
    }

    fn known(&self, wish: &Wish) -> Option<&Place> {
        self.places.iter().flatten().find(|place| place.slave == wish.slave)
    }

    fn known_mut(&mut self, wish: &Wish) -> Option<&mut Place> {
        self.places.iter_mut().flatten().find(|place| place.slave == wish.slave)
    }

    /// Who comes before whom: those who must not wait, priorities, those who have a turn, those who rest last.
    fn rank(&self, now: Instant, wish: &Wish) -> Rank {
        let (holds, rests, waits) = self
            .known(wish)
            .map_or((false, false, wish.since), |place| (place.holds, now < place.rests_until, place.waits));
        (Reverse(wish.linked && !wish.may_wait), rests, Reverse(wish.priority), Reverse(holds), waits)
    }
}

impl Share for Rotation {
    fn divide(&mut self, now: Instant, budget: CentiAmps, wishes: &[Wish]) -> Targets {
        self.note(now, wishes);
        let needs = |wish: &Wish| u32::from(if wish.asks { wish.minimum } else { FLOOR }.value());
        let scarce = wishes.iter().map(needs).sum::<u32>() > u32::from(budget.value());
        if scarce {
            self.end_turns(now, wishes);
        }
        let mut targets = Targets::default();
        let left = fill::admit(budget.value(), wishes, &mut targets, |wish| self.rank(now, wish));
        fill::fill(left, wishes, &mut targets, false);
        for (wish, target) in wishes.iter().zip(&mut targets) {
            let admitted = *target != Target::None;
            if !admitted && wish.linked && wish.may_wait {
                *target = Target::Withhold;
            }
            let Some(place) = self.known_mut(wish) else { continue };
            match (place.holds, admitted) {
                (true, false) => place.waits = now,
                (false, true) => (place.drew, place.linked) = (now, wish.linked.then_some(now)),
                _ => {}
            }
            place.holds = admitted;
        }
        let rests = self.places.iter().flatten().map(|place| place.rests_until).filter(|until| *until > now);
        let ends = wishes.iter().filter_map(|wish| self.ends(now, wish, wishes));
        self.next = rests.chain(ends).min().filter(|_| scarce);
        targets
    }

    fn next_change(&self) -> Option<Instant> {
        self.next
    }
}
