//! Which layer speaks for a slave below protection and emergency.

use twc_proto::{CentiAmps, Instant};

use super::{Candidate, Layer, Mode, Order};
use crate::budget::surplus::SolarWish;

/// What the deciding layer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Directive {
    pub(super) layer: Layer,
    pub(super) mode: Mode,
    pub(super) amps: Option<CentiAmps>,
    pub(super) until: Option<Instant>,
}

/// A person's order first, then the schedule for those that follow it, then the configured mode.
pub(super) fn resolve(candidate: &Candidate, manual: Option<Order>) -> Directive {
    match manual {
        Some(Order { mode: Mode::Scheduled, .. }) | None => {}
        Some(order) => {
            return Directive { layer: Layer::Manual, mode: order.mode, amps: order.amps, until: order.until };
        }
    }
    let scheduled = manual.is_some() || candidate.mode == Mode::Scheduled;
    let solar = matches!(candidate.mode, Mode::Solar | Mode::MinSolar);
    let configured = Directive {
        layer: if solar { Layer::Surplus } else { Layer::Otherwise },
        mode: candidate.mode,
        amps: None,
        until: None,
    };
    candidate.scheduled.filter(|_| scheduled).map_or(configured, |now| Directive {
        layer: if now.by_window { Layer::Schedule } else { Layer::Otherwise },
        mode: now.mode,
        amps: now.amps,
        until: now.until,
    })
}

impl Directive {
    pub(super) const fn is_solar(&self) -> bool {
        matches!(self.mode, Mode::Solar | Mode::MinSolar)
    }

    /// The wish that goes into the division of the surplus.
    pub(super) fn wish(&self, candidate: &Candidate) -> SolarWish {
        // Less than a minimum is for the planner to refuse, with protection as the reason.
        let protection = candidate.protection.max(candidate.minimum);
        let cap = candidate.cap.min(self.amps.unwrap_or(candidate.cap)).min(protection);
        SolarWish {
            slave: candidate.slave,
            phases: candidate.phases,
            minimum: candidate.minimum,
            cap,
            asks: candidate.asks,
            draws: candidate.draws,
            keeps_minimum: self.mode == Mode::MinSolar,
            priority: candidate.priority,
            since: candidate.since,
        }
    }
}
