//! The civil time between two looks at a clock.

use std::vec::Vec;

use jiff::{SignedDuration, Timestamp};
use twc_proto::{Instant, TwcId};

use crate::budget::plan::Scheduled;
use crate::budget::schedule::{Demand, Schedule, Verdict};

/// A verdict is asked for anew at least so often: a departure's demand changes while a car charges.
const VERDICT_AGE: core::time::Duration = core::time::Duration::from_secs(60);

/// A slave and the schedule that it follows.
type Follower = (TwcId, usize);

/// What the clock showed when somebody looked, and what schedules said then.
#[derive(Debug, Default)]
pub(super) struct Clock {
    looked: Option<(Instant, Timestamp)>,
    said: Vec<(Follower, Instant, Timestamp, Verdict)>,
}

impl Clock {
    pub(super) fn set(&mut self, now: Instant, wall: Timestamp) {
        let expected = self.at(now);
        let stepped = expected.is_none_or(|expected| expected.duration_since(wall).unsigned_abs().as_secs() >= 2);
        if stepped {
            self.said.clear();
        }
        self.looked = Some((now, wall));
    }

    /// What the clock shows now; 1970 when nobody ever looked, which is a clock that was never set.
    pub(super) fn at(&self, now: Instant) -> Option<Timestamp> {
        let (then, wall) = self.looked?;
        let passed = SignedDuration::try_from(now.since(then)).ok()?;
        wall.checked_add(passed).ok()
    }

    /// Schedules know something new.
    pub(super) fn forget(&mut self) {
        self.said.clear();
    }

    /// When the departure before now was, of a schedule that has some.
    pub(super) fn departed(&self, now: Instant, schedule: &Schedule) -> Option<Timestamp> {
        schedule.last_departure(self.at(now)?)
    }

    /// What a schedule says now, to a slave whose car has got so much for its next departure.
    pub(super) fn verdict(
        &mut self,
        now: Instant,
        follower: Follower,
        schedule: &Schedule,
        given: u32,
    ) -> Scheduled {
        let wall = self.at(now).unwrap_or(Timestamp::UNIX_EPOCH);
        let holds = |(of, asked, _, verdict): &&(Follower, Instant, Timestamp, Verdict)| {
            let over = verdict.until.is_some_and(|until| wall >= until);
            *of == follower && !over && now.since(*asked) < VERDICT_AGE
        };
        if let Some((_, asked, at, verdict)) = self.said.iter().find(holds) {
            return verdict.scheduled(*asked, *at);
        }
        let last = self.said.iter().find(|(of, ..)| *of == follower);
        let serving = last.and_then(|(_, _, then, verdict)| schedule.still_serves(verdict, *then, wall));
        let verdict = schedule.verdict(wall, Demand { given_watt_hours: given, serving });
        // One schedule at a time.
        self.said.retain(|((slave, _), ..)| *slave != follower.0);
        self.said.push((follower, now, wall, verdict));
        verdict.scheduled(now, wall)
    }
}
