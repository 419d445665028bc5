//! What the wall connectors do, as the budget wants to know it.

use core::time::Duration;

use twc_proto::{CentiAmps, Instant, SlaveState, TwcId};

use super::phases::{Behind, Switches};
use crate::budget::phase_switch::Position;
use crate::budget::{PerPhase, PhaseSet};
use crate::config::{FLOOR, MAX_SLAVES, PHASES, PhaseAmps};
use crate::knowledge::Knowledge;
use crate::master::{Master, SlaveStatus, Standing};
use crate::settings::Settings;
use crate::share::Share;
use crate::stop::Strategy;

/// A draw that changed less than this stands still.
const STILL: u16 = 50;
/// It has settled when it stood still for so long.
const SETTLES: Duration = Duration::from_secs(6);
/// Less than this is no charging.
const DRAWS: CentiAmps = CentiAmps::from_amps(1);
/// A car that takes nothing for so long does not want to.
const CONTENT: Duration = Duration::from_secs(90);
/// Currents per phase older than this are not believed.
const PHASES_AGE: Duration = Duration::from_secs(120);

/// Every slave at the last look.
#[derive(Debug, Default)]
pub(super) struct Look {
    seen: [Option<Seen>; MAX_SLAVES],
}

/// One slave.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) status: SlaveStatus,
    /// The phases that it is connected to, as configured.
    pub(super) phases: PhaseSet,
    /// Those its car was seen to use. Only for what it draws, never for what it may.
    used: PhaseSet,
    /// Those for which it is given sun. Never for what it may.
    pub(super) wished: PhaseSet,
    /// What it ever gave, in watt hours.
    pub(super) watt_hours: Option<u32>,
    /// Whether a car is plugged in, or was when it could be seen last: who gets no heartbeats shows none.
    pub(super) had_car: bool,
    /// What it said beside its heartbeats.
    pub(super) knowledge: Option<Knowledge>,
    /// How its car is being stopped.
    pub(super) stopped: Option<Strategy>,
    /// Since when.
    pub(super) known: Instant,
    steady: CentiAmps,
    steady_since: Instant,
}

impl Look {
    pub(super) fn at<S: Share>(
        &mut self,
        now: Instant,
        master: &Master<S>,
        settings: &Settings,
        switches: &Switches,
    ) {
        let before = self.seen;
        self.seen = [None; MAX_SLAVES];
        for (slot, mut status) in self.seen.iter_mut().zip(master.slaves()) {
            // What a silent unit said last is no draw: it has stopped, or will, and nobody may live on it meanwhile.
            if status.standing != Standing::Linked {
                status.drawn = CentiAmps::ZERO;
            }
            let known = before.iter().flatten().find(|seen| seen.status.slave == status.slave);
            let listed = settings.listed(status.slave);
            let phases = listed.map_or(PhaseSet::ALL, |slave| slave.phases);
            let knowledge = master.knowledge(status.slave);
            let measured = knowledge.and_then(|of| of.phase_amps).filter(|(_, at)| now.since(*at) < PHASES_AGE);
            let used = measured.and_then(|(amps, _)| PhaseSet::new(amps.map(|amps| amps >= DRAWS)));
            let behind = switches.of(status.slave).map(Behind::position);
            let (steady, steady_since) = match known {
                Some(seen) if status.drawn.value().abs_diff(seen.steady.value()) < STILL => {
                    (seen.steady, seen.steady_since)
                }
                _ => (status.drawn, now),
            };
            *slot = Some(Seen {
                status,
                phases,
                // A unit on fewer terminals than three reports those it has. Behind a switch that may have left it one
                // phase no more than that is counted as drawn, so that nobody lives on what may not be.
                used: match behind {
                    Some(Some(Position::One)) => phases.first(),
                    Some(None) => used.unwrap_or(phases.first()),
                    _ if phases == PhaseSet::ALL => used.unwrap_or(phases),
                    _ => phases,
                },
                wished: if behind == Some(Some(Position::One)) { phases.first() } else { phases },
                watt_hours: knowledge.map(|of| of.session.watt_hours),
                had_car: match known {
                    Some(seen) if status.standing != Standing::Linked => seen.had_car,
                    _ => is_plugged(&status),
                },
                knowledge,
                stopped: master.stopped(status.slave),
                known: known.map_or(now, |seen| seen.known),
                steady,
                steady_since,
            });
        }
    }

    pub(super) fn get(&self, place: usize) -> Option<&Seen> {
        self.seen.get(place)?.as_ref()
    }

    pub(super) fn of(&self, slave: TwcId) -> Option<&Seen> {
        self.seen.iter().flatten().find(|seen| seen.status.slave == slave)
    }

    /// What those slaves draw together on each phase.
    pub(super) fn drawn(&self, of: impl Fn(TwcId) -> bool) -> PerPhase {
        let those = self.seen.iter().flatten().filter(|seen| of(seen.status.slave));
        those.fold(PerPhase::ZERO, |sum, seen| sum.plus(PerPhase::of(seen.status.drawn, seen.used)))
    }

    /// What those slaves may draw together on each phase by the master's books.
    pub(super) fn committed(&self, of: impl Fn(TwcId) -> bool) -> PhaseAmps {
        self.sum(of, |status| status.commitment)
    }

    /// The least with which those of them that get heartbeats go on.
    pub(super) fn floors(&self, of: impl Fn(TwcId) -> bool) -> PhaseAmps {
        self.sum(of, |status| if status.standing == Standing::Linked { FLOOR } else { CentiAmps::ZERO })
    }

    fn sum(&self, of: impl Fn(TwcId) -> bool, amps: impl Fn(&SlaveStatus) -> CentiAmps) -> PhaseAmps {
        let those = self.seen.iter().flatten().filter(|seen| of(seen.status.slave));
        let sum = those.fold([0_u16; PHASES], |sum, seen| {
            let mut phase = 0..PHASES;
            sum.map(|before| {
                let counts = phase.next().is_some_and(|phase| seen.phases.contains(phase));
                before.saturating_add(if counts { amps(&seen.status).value() } else { 0 })
            })
        });
        sum.map(CentiAmps::new)
    }

    /// Whether every car has followed the last change: it takes what it is offered, or stands still.
    pub(super) fn is_settled(&self, now: Instant) -> bool {
        self.seen.iter().flatten().all(|seen| {
            let offered = seen.status.offered.unwrap_or_default().value();
            let follows = offered.abs_diff(seen.status.drawn.value()) <= 100;
            follows || now.since(seen.steady_since) >= SETTLES
        })
    }
}

fn is_plugged(status: &SlaveStatus) -> bool {
    !matches!(status.state, SlaveState::READY | SlaveState::ERROR)
}

impl Seen {
    /// Whether there is a car that may want energy.
    pub(super) fn asks(&self, now: Instant) -> bool {
        self.is_plugged() && self.status.standing == Standing::Linked && !self.is_content(now)
    }

    /// Whether a car is plugged in, as its unit said last; one that sleeps may not show.
    pub(super) fn is_plugged(&self) -> bool {
        is_plugged(&self.status)
    }

    /// Whether its car was stopped in a way after which it cannot show that it wants something.
    pub(super) fn is_kept_from_asking(&self) -> bool {
        let hides = self.stopped.is_some_and(|way| way != Strategy::ReduceToMinimum);
        hides && (self.is_plugged() || self.status.standing != Standing::Linked)
    }

    /// Whether its car has been offered something for a while and takes nothing: full, or it has other plans.
    pub(super) fn is_content(&self, now: Instant) -> bool {
        let idle = self.status.state == SlaveState::PLUGGED_IDLE && self.status.standing == Standing::Linked;
        idle && !self.draws() && now.since(self.steady_since) >= CONTENT
    }

    pub(super) fn draws(&self) -> bool {
        self.status.drawn >= DRAWS
    }
}
