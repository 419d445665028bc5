//! How regularly the slaves of one bus are spoken to.

use core::time::Duration;

use twc_proto::{Instant, TwcId};

use super::CheckerConfig;

/// A slave that has not been spoken to for so long counts no more for the pace of the others.
const FORGOTTEN: Duration = Duration::from_secs(10);
/// After a slave was linked, after damage and after a missing answer, the pace is not judged for so long.
const SETTLING: Duration = Duration::from_secs(3);

/// The heartbeats of one bus.
#[derive(Debug, Default)]
pub(super) struct Rhythm {
    slaves: Vec<Slave>,
    /// Gaps that began before this moment are not judged.
    from: Instant,
    /// When there was last another master, or none, or a stall.
    interrupted_at: Instant,
    /// The last query.
    queried_at: Option<Instant>,
    /// The pace is judged from here on.
    steady_from: Instant,
    pub(super) is_slow: bool,
    /// After a power cut, when everybody may have been let back.
    pub(super) paced_until: Instant,
    /// No gap of a slave that still waits has to be looked for before.
    next: Option<Instant>,
}

#[derive(Debug)]
struct Slave {
    id: TwcId,
    last_end: Instant,
    answered: bool,
    reported: bool,
    longest: Duration,
}

impl Rhythm {
    /// The line was damaged, stalled, or the master was another: gaps around this moment are no fault of it.
    pub(super) fn disturb(&mut self, now: Instant) {
        self.from = self.from.max(now);
        self.steady_from = self.from + SETTLING;
    }

    /// The master cannot act, or is another.
    pub(super) fn interrupt(&mut self, now: Instant) {
        self.disturb(now);
        self.interrupted_at = self.interrupted_at.max(now);
    }

    pub(super) fn forget(&mut self, now: Instant) {
        self.interrupt(now);
        self.slaves.iter_mut().for_each(|slave| slave.answered = false);
    }

    pub(super) fn query(&mut self, now: Instant) {
        self.queried_at = Some(now);
    }

    /// When the line was last disturbed, and when the master last could not act.
    pub(super) fn troubles(&self) -> (Instant, Instant) {
        (self.from, self.interrupted_at)
    }

    pub(super) fn longest(&self, id: TwcId) -> Duration {
        self.slaves.iter().find(|slave| slave.id == id).map(|slave| slave.longest).unwrap_or_default()
    }

    pub(super) fn last_end(&self, id: TwcId) -> Option<Instant> {
        self.slaves.iter().find(|slave| slave.id == id).map(|slave| slave.last_end)
    }

    /// A heartbeat begins; how long its slave has waited, where that was too long.
    pub(super) fn begin(
        &mut self,
        id: TwcId,
        (start, end): (Instant, Instant),
        config: &CheckerConfig,
    ) -> Option<Duration> {
        let bound = self.bound(start, config);
        let (from, steady_from) = (self.from, self.steady_from);
        self.next = None;
        let Some(slave) = self.slaves.iter_mut().find(|slave| slave.id == id) else {
            self.slaves.push(Slave {
                id,
                last_end: end,
                answered: false,
                reported: false,
                longest: Duration::ZERO,
            });
            self.steady_from = self.steady_from.max(end + SETTLING);
            return None;
        };
        let gap = start.since(slave.last_end);
        let is_judged = slave.answered && !slave.reported && slave.last_end > from && gap < config.t_off;
        let most = if slave.last_end > steady_from { bound } else { config.max_gap };
        if is_judged {
            slave.longest = slave.longest.max(gap);
        } else if gap > FORGOTTEN || !slave.answered {
            self.steady_from = self.steady_from.max(end + SETTLING);
        }
        slave.last_end = end;
        slave.answered = false;
        slave.reported = false;
        (is_judged && gap > most).then_some(gap)
    }

    pub(super) fn answered(&mut self, id: TwcId) {
        if let Some(slave) = self.slaves.iter_mut().find(|slave| slave.id == id) {
            slave.answered = true;
            self.next = None;
        }
    }

    fn bound(&self, now: Instant, config: &CheckerConfig) -> Duration {
        let Some(service) = &config.service else {
            return config.max_gap;
        };
        let linked = self.slaves.iter().filter(|slave| now.since(slave.last_end) < FORGOTTEN).count();
        let queries = self.queried_at.is_some_and(|at| now.since(at) < service.busy_gap);
        match service.gaps.get(linked.saturating_sub(1)) {
            Some(gap) if !queries && !self.is_slow => *gap,
            _ => service.busy_gap,
        }
    }

    /// A linked slave that is still waiting; each wait is reported once.
    pub(super) fn open_gap(&mut self, now: Instant, config: &CheckerConfig) -> Option<(TwcId, Duration)> {
        if self.next.is_some_and(|next| now <= next) {
            return None;
        }
        let from = self.from;
        let waits = |slave: &&mut Slave| slave.answered && !slave.reported && slave.last_end > from;
        let slave = self.slaves.iter_mut().filter(waits).min_by_key(|slave| slave.last_end);
        let Some(slave) = slave else {
            self.next = Some(now + config.max_gap);
            return None;
        };
        let waited = now.since(slave.last_end);
        if waited <= config.max_gap {
            self.next = Some(slave.last_end + config.max_gap);
            return None;
        }
        slave.reported = true;
        Some((slave.id, waited))
    }
}
