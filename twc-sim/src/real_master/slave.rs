//! What the master knows of one slave, and what it tells it.
//!
//! Captured: a limit is granted only to 04 and 08 with limit 0 (protocol 1), everything else is answered with 00.
//! Reported: 07 tries whether a car lives with 2 A less, 06 gives 2 A. Guessed: who gets how much, and when.

use core::time::Duration;

use twc_proto::message::{SlaveHeartbeat, SlaveLinkReady};
use twc_proto::{CentiAmps, Command, Instant, SlaveState, TwcId, Version};

use super::RealMasterConfig;

/// What 06 gives and 07 takes.
const NUDGE: u16 = 200;
/// Between two nudges of one slave: longer than any takes.
const BETWEEN_NUDGES: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct Slave {
    pub(super) id: TwcId,
    pub(super) version: Version,
    pub(super) max_current: CentiAmps,
    pub(super) heard_at: Instant,
    pub(super) state: SlaveState,
    pub(super) limit: CentiAmps,
    pub(super) drawn: CentiAmps,
    nudged_at: Option<Instant>,
    /// 07 is out; what it shows is looked at when the slave says 0A.
    is_probed: bool,
}

impl Slave {
    pub(super) fn new(ready: &SlaveLinkReady, version: Version, now: Instant) -> Self {
        Self {
            id: ready.slave,
            version,
            max_current: ready.max_current,
            heard_at: now,
            state: SlaveState::READY,
            limit: CentiAmps::ZERO,
            drawn: CentiAmps::ZERO,
            nudged_at: None,
            is_probed: false,
        }
    }

    pub(super) fn hear(&mut self, now: Instant, heartbeat: &SlaveHeartbeat) {
        self.heard_at = now;
        (self.state, self.limit, self.drawn) = (heartbeat.state, heartbeat.limit, heartbeat.drawn);
    }

    /// 04 or 08 with limit 0.
    fn asks(&self) -> Option<Command> {
        match self.state {
            _ if self.limit > CentiAmps::ZERO => None,
            SlaveState::WANTS_CHARGE => Some(Command::INITIAL_LIMIT),
            SlaveState::STARTING => Some(Command::ACCEPT_START),
            _ => None,
        }
    }

    fn is_plugged(&self) -> bool {
        self.limit > CentiAmps::ZERO || self.state != SlaveState::READY
    }

    fn is_charging(&self) -> bool {
        matches!(self.state, SlaveState::CHARGING | SlaveState::ADJUSTED)
    }

    /// It takes all it is offered.
    fn is_hungry(&self) -> bool {
        self.is_charging() && self.drawn.value().saturating_add(NUDGE) > self.limit.value()
    }

    fn may_be_nudged(&self, now: Instant) -> bool {
        self.is_charging() && self.nudged_at.is_none_or(|at| now >= at + BETWEEN_NUDGES)
    }
}

/// What the slave with this index is told next.
pub(super) fn command(
    slaves: &mut [Slave],
    index: usize,
    config: &RealMasterConfig,
    own_car: CentiAmps,
    now: Instant,
) -> (Command, CentiAmps) {
    let nothing = (Command::NO_CHANGE, CentiAmps::ZERO);
    let circuit = config.circuit.value().saturating_sub(own_car.value());
    let used = slaves.iter().map(|slave| slave.limit.value()).fold(0, u16::saturating_add);
    let free = circuit.saturating_sub(used);
    let plugged = slaves.iter().filter(|slave| slave.is_plugged()).count();
    let share = circuit / u16::try_from(plugged.max(1)).unwrap_or(u16::MAX) / 100 * 100;
    let least = if config.version == Version::P1 { 500 } else { 600 };
    let somebody_waits = slaves.iter().any(|slave| slave.asks().is_some());
    let somebody_else_is_hungry =
        slaves.iter().enumerate().any(|(other, slave)| other != index && slave.is_hungry());
    let Some(slave) = slaves.get_mut(index) else {
        return nothing;
    };
    if let Some(answer) = slave.asks() {
        let grant = share.min(free).min(slave.max_current.value());
        return if grant >= least { (answer, CentiAmps::new(grant)) } else { nothing };
    }
    let now_command = if slave.version == Version::P1 { Command::INITIAL_LIMIT } else { Command::LIMIT };
    if somebody_waits && free < least && slave.limit.value() > share.max(least) {
        return (now_command, CentiAmps::new(share.max(least)));
    }
    if !config.nudges || slave.version == Version::P1 {
        return nothing;
    }
    if slave.is_probed && slave.state == SlaveState::ADJUSTED {
        slave.is_probed = false;
        let lower = slave.limit.value().saturating_sub(NUDGE);
        if slave.drawn.value() <= lower && lower >= least {
            return (Command::LIMIT, CentiAmps::new(lower));
        }
    }
    if !slave.may_be_nudged(now) {
        return nothing;
    }
    if slave.is_hungry() && free >= NUDGE && slave.limit.value() + NUDGE <= slave.max_current.value() {
        slave.nudged_at = Some(now);
        return (Command::RAISE, CentiAmps::ZERO);
    }
    if somebody_else_is_hungry && free < NUDGE && slave.limit.value() >= least + NUDGE {
        slave.nudged_at = Some(now);
        slave.is_probed = true;
        return (Command::LOWER, CentiAmps::ZERO);
    }
    nothing
}
