//! A switch in front of a unit that takes two of its three phases away, and its interlock.
//!
//! Contacts of such a switch carry current and break none. So the order is always: reduce, stop, see proof that nothing
//! flows and nothing can, switch, wait, allow. [`PhaseSwitch`] keeps that order and bounds how often; who owns it stops the
//! car, runs what switches, and tells it what is proven. It knows no amperes: where it stands changes what is *wished*,
//! never what is allowed, because a limit counts on every phase that the wiring has, wherever the switch stands.
//!
//! There is no loop: a switching that fails, or for which there is no proof in time, is given up until another car is
//! plugged in.

use core::time::Duration;

use twc_proto::Instant;

/// Proof has so long to come: longer than any unit takes to stop by silence.
pub const PROOF_WITHIN: Duration = Duration::from_secs(240);
/// A car has so long to come down to its minimum before it is stopped, so that its relay opens under as little as can be.
const REDUCES: Duration = Duration::from_secs(10);
/// One whose hook says nothing for so long failed.
const SWITCHES_WITHIN: Duration = Duration::from_secs(70);
/// A unit that is linked and shows no car for so long has none.
const UNPLUGGED: Duration = Duration::from_secs(60);

/// Where such a switch stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// One phase is left.
    One,
    /// All phases that the wiring has.
    Three,
}

/// The settings of a [`PhaseSwitch`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhaseSwitchConfig {
    /// Between the switching and the first current.
    pub wait: Duration,
    /// How often it may switch while one car is plugged in.
    pub per_session: u8,
    /// Between two switchings.
    pub gap: Duration,
}

impl Default for PhaseSwitchConfig {
    fn default() -> Self {
        Self { wait: Duration::from_secs(30), per_session: 4, gap: Duration::from_secs(1_200) }
    }
}

/// What is known of the unit behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// It is proven that nothing flows, and nothing can before the master allows it again.
    pub off: bool,
    /// Heartbeats go there.
    pub linked: bool,
    /// A car is plugged in, as far as it shows.
    pub plugged: bool,
}

/// What its owner is to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Nothing: the car is served as ever.
    None,
    /// Lower the car to its minimum.
    Reduce,
    /// Keep it stopped, in a way that ends in proof.
    Stop,
    /// Keep it stopped, and switch now; said once.
    Switch(Position),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Rests,
    Reduces { until: Instant },
    Stops { until: Instant },
    Switches { until: Instant },
    Waits { until: Instant },
}

/// One switch.
#[derive(Debug, Clone)]
pub struct PhaseSwitch {
    config: PhaseSwitchConfig,
    /// Where it stands; unknown at the start and after a failure.
    position: Option<Position>,
    aim: Position,
    stage: Stage,
    switched: u8,
    /// Given up until another car comes.
    failed: bool,
    not_before: Instant,
    rests_since: Instant,
    empty_since: Option<Instant>,
}

impl PhaseSwitch {
    /// A switch that stands nobody knows where.
    pub const fn new(config: PhaseSwitchConfig) -> Self {
        Self {
            config,
            position: None,
            aim: Position::Three,
            stage: Stage::Rests,
            switched: 0,
            failed: false,
            not_before: Instant::ZERO,
            rests_since: Instant::ZERO,
            empty_since: None,
        }
    }

    /// Where it stands, as far as that is known.
    pub const fn position(&self) -> Option<Position> {
        self.position
    }

    /// Where it is about to stand, while it is on its way there.
    pub fn under_way(&self) -> Option<Position> {
        (self.stage != Stage::Rests).then_some(self.aim)
    }

    /// Whether a switching failed, so that there is none before another car is plugged in.
    pub const fn has_failed(&self) -> bool {
        self.failed
    }

    /// How many switchings are left for this car.
    pub const fn left(&self) -> u8 {
        self.config.per_session.saturating_sub(self.switched)
    }

    /// The unit has shown at `at` on how many phases it has a supply. More than one takes back at once that one is left.
    pub fn note_supply(&mut self, at: Instant, phases: u8) {
        // What was read before it came to rest is of another position.
        if phases == 0 || self.stage != Stage::Rests || at < self.rests_since {
            return;
        }
        let seen = if phases == 1 { Position::One } else { Position::Three };
        if self.position.is_none() || seen == Position::Three {
            self.position = Some(seen);
        }
    }

    /// What is to be done now, for a car that is to have `wanted`.
    pub fn step(&mut self, now: Instant, wanted: Position, shown: Shown) -> Task {
        self.note_car(now, shown);
        match self.stage {
            Stage::Rests => self.begin(now, wanted),
            Stage::Reduces { until } if now < until => Task::Reduce,
            Stage::Reduces { .. } => {
                self.stage = Stage::Stops { until: now + PROOF_WITHIN };
                Task::Stop
            }
            Stage::Stops { .. } if shown.off => {
                self.stage = Stage::Switches { until: now + SWITCHES_WITHIN };
                // From here on nobody knows where it stands until the hook has said so.
                self.position = None;
                self.switched = self.switched.saturating_add(1);
                Task::Switch(self.aim)
            }
            Stage::Stops { until } if now >= until => {
                // No proof, no switching; it stands where it stood.
                self.failed = true;
                self.rest(now);
                Task::None
            }
            Stage::Switches { until } if now >= until => {
                self.ended(now, false);
                Task::Stop
            }
            Stage::Waits { until } if now >= until => {
                self.rest(now);
                Task::None
            }
            Stage::Stops { .. } | Stage::Switches { .. } | Stage::Waits { .. } => Task::Stop,
        }
    }

    /// What switches has said whether it has. A word that nobody waits for says nothing.
    pub fn ended(&mut self, now: Instant, worked: bool) {
        if !matches!(self.stage, Stage::Switches { .. }) {
            return;
        }
        self.position = worked.then_some(self.aim);
        self.failed |= !worked;
        // Also after a failure: what it left half done comes to rest first.
        self.stage = Stage::Waits { until: now + self.config.wait };
    }

    fn begin(&mut self, now: Instant, wanted: Position) -> Task {
        // Where nobody knows how it stands all phases are assumed, and that is left so.
        let stands = self.position.unwrap_or(Position::Three);
        if wanted == stands || self.failed || self.left() == 0 || now < self.not_before {
            return Task::None;
        }
        self.aim = wanted;
        self.stage = Stage::Reduces { until: now + REDUCES };
        Task::Reduce
    }

    fn rest(&mut self, now: Instant) {
        (self.stage, self.rests_since) = (Stage::Rests, now);
        self.not_before = now + self.config.gap;
    }

    /// Another car has its own count.
    fn note_car(&mut self, now: Instant, shown: Shown) {
        if !shown.linked || shown.plugged {
            self.empty_since = None;
            return;
        }
        let since = *self.empty_since.get_or_insert(now);
        if now.since(since) >= UNPLUGGED && self.stage == Stage::Rests {
            (self.switched, self.failed) = (0, false);
        }
    }
}

#[cfg(test)]
mod tests;
