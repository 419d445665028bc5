//! What a master costs relays and cars: contacts that close again, and cars that were cut off.

use core::fmt;
use core::time::Duration;
use std::collections::VecDeque;

use twc_proto::{Instant, Sign};

use super::{Rule, Service};
use crate::charger::Charger;

const HOUR: Duration = Duration::from_secs(3_600);
/// So long before a unit cuts the current, its master must have been silent for the cut to be the master's doing.
const MARGIN: Duration = Duration::from_secs(2);
/// A unit opens its relay so soon after a command that makes it do so.
const AT_ONCE: Duration = Duration::from_secs(1);

/// How often a master cut cars off, by the means it used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Strikes {
    /// It sent no heartbeats.
    pub silence: u32,
    /// FC B2.
    pub stop: u32,
    /// Heartbeat command 02.
    pub error: u32,
}

impl Strikes {
    /// All of them.
    pub fn all(&self) -> u32 {
        self.silence.saturating_add(self.stop).saturating_add(self.error)
    }
}

impl fmt::Display for Strikes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} by silence, {} by B2, {} by command 02", self.silence, self.stop, self.error)
    }
}

/// How long nothing has been sent to a unit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Silence {
    /// The end of the last heartbeat to it, if there was one.
    pub(super) since: Option<Instant>,
    /// The master could have gone on: the unit answers, fits, and nothing was done to the master.
    pub(super) is_free_choice: bool,
}

/// One unit's relay and the car behind it.
#[derive(Debug, Default)]
pub(super) struct Wear {
    relay_closed: bool,
    has_car: bool,
    sign: Option<Sign>,
    strikes: Strikes,
    /// In the present visit.
    visit: u32,
    /// It opened because of the master and is still open.
    opened_by_master: bool,
    /// When it closed after the master had opened it, in the last hour.
    closings: VecDeque<Instant>,
    pub(super) stopped_at: Option<Instant>,
}

impl Wear {
    pub(super) fn strikes(&self) -> Strikes {
        self.strikes
    }

    /// Looks at the unit.
    pub(super) fn look(
        &mut self,
        now: Instant,
        charger: &Charger,
        silence: Silence,
        service: Option<&Service>,
    ) -> Option<(Rule, String)> {
        let (closed, has_car) = (charger.relay_closed(), charger.car().is_some());
        if has_car && !self.has_car {
            self.visit = 0;
            self.opened_by_master = false;
        }
        let opens = self.relay_closed && !closed && has_car;
        let has_closed = !self.relay_closed && closed;
        let is_same_boot = charger.is_powered() && self.sign.is_none_or(|sign| sign == charger.sign());
        (self.relay_closed, self.has_car, self.sign) = (closed, has_car, Some(charger.sign()));
        let mut finding = None;
        if opens && is_same_boot {
            finding = self.open(now, charger, silence, service);
        }
        if has_closed && core::mem::take(&mut self.opened_by_master) {
            finding = finding.or(self.close(now, service));
        }
        finding
    }

    fn open(
        &mut self,
        now: Instant,
        charger: &Charger,
        silence: Silence,
        service: Option<&Service>,
    ) -> Option<(Rule, String)> {
        let silent_for = silence.since.map_or(Duration::ZERO, |at| now.since(at));
        let counter = if charger.is_locked() {
            &mut self.strikes.error
        } else if self.stopped_at.is_some_and(|at| now.since(at) < AT_ONCE) {
            &mut self.strikes.stop
        } else if silent_for + MARGIN >= charger.config().cut_after {
            &mut self.strikes.silence
        } else {
            return None;
        };
        *counter = counter.saturating_add(1);
        if silent_for + MARGIN >= charger.config().cut_after && !silence.is_free_choice {
            return None;
        }
        self.visit = self.visit.saturating_add(1);
        self.opened_by_master = true;
        let most = service?.strikes;
        let text = format!("cut its car off for the {}th time in this visit, {most} allowed", self.visit);
        (self.visit > most).then_some((Rule::Strikes, text))
    }

    fn close(&mut self, now: Instant, service: Option<&Service>) -> Option<(Rule, String)> {
        let most = service?.closings_per_hour as usize;
        self.closings.retain(|at| now.since(*at) < HOUR);
        self.closings.push_back(now);
        let text = format!("its relay closed again {} times within an hour, {most} allowed", self.closings.len());
        (self.closings.len() > most).then_some((Rule::RelayWear, text))
    }
}
