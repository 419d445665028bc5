//! Whether slaves are linked in time, and whether cars that fit get something.

use core::time::Duration;

use twc_proto::Instant;

use super::{Rule, Service};
use crate::charger::Charger;

/// So long after damage a master need not believe in somebody new who has announced himself once: his id may be a
/// damaged one.
const DOUBTS: Duration = Duration::from_secs(5);

/// One unit's claims on the master.
#[derive(Debug, Default)]
pub(super) struct Linking {
    /// An intact linkready that has not been answered yet.
    announced_at: Option<Instant>,
    /// Everything was put right: by then it must be linked.
    recovers_by: Option<Instant>,
    is_linked: bool,
    /// It wants charge, gets none, and there is room for it.
    hungry_since: Option<Instant>,
    is_hungry: bool,
    is_reported: bool,
}

/// What the books say about a unit now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    /// The least it needs fits on every circuit beside what the others have.
    pub(super) has_room: bool,
    /// The master is silent to it until it must have stopped, or leaves it without heartbeats by choice.
    pub(super) is_reserved: bool,
    /// Nothing hinders the master.
    pub(super) since: Instant,
    /// How much longer it takes until the last of several is linked.
    pub(super) round: Duration,
}

impl Linking {
    /// Whether anything is awaited.
    pub(super) fn is_pending(&self) -> bool {
        self.announced_at.is_some() || self.recovers_by.is_some() || self.is_hungry
    }

    pub(super) fn announce(&mut self, now: Instant) {
        self.announced_at.get_or_insert(now);
    }

    pub(super) fn heartbeat(&mut self) {
        self.announced_at = None;
    }

    pub(super) fn demand(&mut self, now: Instant, charger: &Charger, service: &Service) {
        if !charger.is_powered() {
            return;
        }
        let config = charger.config();
        let period = config.link_ready_period + config.link_ready_jitter;
        self.recovers_by = Some(now + config.alarm_after + period + service.recovery);
    }

    pub(super) fn look(&mut self, charger: &Charger) {
        self.is_linked = charger.is_linked();
        if !charger.is_powered() {
            self.announced_at = None;
        }
        if self.is_linked || !charger.is_powered() {
            self.recovers_by = None;
        }
        let wants = charger.car().is_some_and(crate::car::Car::wants_charge);
        self.is_hungry = wants && self.is_linked && charger.true_current().value() == 0;
        if !self.is_hungry {
            self.hungry_since = None;
            self.is_reported = false;
        }
    }

    /// What was not done in time.
    pub(super) fn check(&mut self, now: Instant, standing: Standing, service: &Service) -> Option<(Rule, String)> {
        let is_free = standing.has_room && !standing.is_reserved;
        self.late_link(now, standing, is_free, service)
            .or_else(|| self.late_recovery(now, is_free, service))
            .or_else(|| self.starving(now, standing, service))
    }

    fn late_link(
        &mut self,
        now: Instant,
        standing: Standing,
        is_free: bool,
        service: &Service,
    ) -> Option<(Rule, String)> {
        let announced_at = self.announced_at?;
        if !is_free || announced_at <= standing.since + DOUBTS {
            self.announced_at = None;
            return None;
        }
        let waited = now.since(announced_at);
        if waited <= service.link + standing.round {
            return None;
        }
        self.announced_at = None;
        Some((
            Rule::NotLinked,
            format!("announced itself {} ms ago, there is room, no heartbeat", waited.as_millis()),
        ))
    }

    fn late_recovery(&mut self, now: Instant, is_free: bool, service: &Service) -> Option<(Rule, String)> {
        let by = self.recovers_by?;
        if !is_free {
            // From when there is room on, the same time again.
            self.recovers_by = Some(by.max(now + service.recovery + Duration::from_secs(10)));
            return None;
        }
        if now < by {
            return None;
        }
        self.recovers_by = None;
        Some((Rule::NotRecovered, "is not linked though everything was put right".to_owned()))
    }

    fn starving(&mut self, now: Instant, standing: Standing, service: &Service) -> Option<(Rule, String)> {
        // Who cannot be heard gets no heartbeats until it must have stopped; one that any traffic keeps going stays linked.
        if !self.is_hungry || !standing.has_room || standing.is_reserved {
            self.hungry_since = None;
            return None;
        }
        let since = self.hungry_since.get_or_insert(now).to_owned().max(standing.since);
        let waited = now.since(since);
        if waited <= service.starvation || core::mem::replace(&mut self.is_reported, true) {
            return None;
        }
        Some((Rule::Starvation, format!("wants charge, fits, and has got none for {} s", waited.as_secs())))
    }
}
