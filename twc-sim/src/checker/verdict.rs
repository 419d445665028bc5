//! What the judge says at the end.

use core::fmt;

use core::time::Duration;

use twc_proto::{Instant, TwcId};

use super::tree::greatest;
use super::wear::Strikes;

/// The highest sums of a run on one circuit, in centiamps of the phase that carried most. Excused moments are
/// apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Peaks {
    /// What was sent and committed.
    pub promised: u32,
    /// Limits in force in the chargers.
    pub in_force: u32,
    /// Currents that flowed.
    pub drawn: u32,
    /// Currents that flowed while a frame that nobody could recognise as damaged took effect.
    pub drawn_excused: u32,
}

/// What can be broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// What was sent, with what earlier frames may have left in force, exceeds the limit.
    SentAndCommitted,
    /// The limits in force in the chargers exceed the limit.
    LimitsInForce,
    /// The currents exceed the limit and its tolerance.
    Physical,
    /// A linked slave waited too long for its heartbeat.
    HeartbeatGap,
    /// An offer below the minimum that is not zero.
    BetweenZeroAndMinimum,
    /// A limit fell, and the reductions were not sent in time.
    FallNotSent,
    /// A limit fell, and a slave that answers has not taken its reduction in time.
    FallNotAcknowledged,
    /// A fuse or breaker of the house opened.
    FuseTripped,
    /// The master sends though it has heard another master.
    HandsOff,
    /// The master began to talk while somebody else did.
    TwoTalkers,
    /// A slave that announced itself and has room was not linked in time.
    NotLinked,
    /// A slave was not linked in time after everything was put right.
    NotRecovered,
    /// A slave that wants charge and fits got none.
    Starvation,
    /// A relay closes too often.
    RelayWear,
    /// A car was cut off too often.
    Strikes,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SentAndCommitted => "sent and committed",
            Self::LimitsInForce => "limits in force",
            Self::Physical => "physical",
            Self::HeartbeatGap => "heartbeat gap",
            Self::BetweenZeroAndMinimum => "between zero and minimum",
            Self::FallNotSent => "fall not sent",
            Self::FallNotAcknowledged => "fall not acknowledged",
            Self::FuseTripped => "fuse tripped",
            Self::HandsOff => "hands off",
            Self::TwoTalkers => "two talkers",
            Self::NotLinked => "not linked",
            Self::NotRecovered => "not recovered",
            Self::Starvation => "starvation",
            Self::RelayWear => "relay wear",
            Self::Strikes => "strikes",
        })
    }
}

/// One broken rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The run's seed.
    pub seed: u64,
    /// When it began.
    pub at: Instant,
    /// What was broken.
    pub rule: Rule,
    /// Where, and the numbers, in centiamps.
    pub text: String,
    /// The command that shows it again, if the host gave one.
    pub replay: String,
    /// The transmissions before it.
    pub last_events: Vec<String>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {} at {}: {}: {}", self.seed, self.at, self.rule, self.text)?;
        if !self.replay.is_empty() {
            write!(f, "\n    again: {}", self.replay)?;
        }
        self.last_events.iter().try_for_each(|event| write!(f, "\n    {event}"))
    }
}

/// How one charger fared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChargerSummary {
    /// Its id at the end.
    pub id: TwcId,
    /// How often its relay closed.
    pub relay_closings: u32,
    /// Energy given to cars, in watt-hours.
    pub watt_hours: u64,
    /// How often the master cut its cars off.
    pub strikes: Strikes,
    /// Longest time between two heartbeats to it on a line that did nothing to them.
    pub longest_gap: Duration,
}

/// How one circuit fared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CircuitSummary {
    /// Its name.
    pub name: String,
    /// At the end, of each phase, in centiamps.
    pub limit: [u32; 3],
    /// The highest sums.
    pub peaks: Peaks,
}

/// The judgement of a run. `{}` prints it for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The run's seed.
    pub seed: u64,
    /// When it was last looked at.
    pub judged_to: Instant,
    /// The first violations.
    pub violations: Vec<Violation>,
    /// How many there were in all.
    pub violations_seen: u64,
    /// The circuits in order.
    pub circuits: Vec<CircuitSummary>,
    /// Messages somebody took for real though nobody sent them.
    pub undetected: u64,
    /// The chargers in order.
    pub chargers: Vec<ChargerSummary>,
}

impl Verdict {
    /// Whether nothing was broken.
    pub fn is_ok(&self) -> bool {
        self.violations_seen == 0
    }

    /// Of the first circuit, in centiamps of the phase that may carry most; 0 without a circuit.
    pub fn limit(&self) -> u32 {
        self.circuits.first().map(|circuit| greatest(circuit.limit)).unwrap_or_default()
    }

    /// The highest sums on the first circuit.
    pub fn peaks(&self) -> Peaks {
        self.circuits.first().map(|circuit| circuit.peaks).unwrap_or_default()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.is_ok() { "nothing broken" } else { "BROKEN" };
        writeln!(f, "{verdict}: seed {}, {} of bus time", self.seed, self.judged_to)?;
        for CircuitSummary { name, limit, peaks } in &self.circuits {
            writeln!(
                f,
                "{name}: limit {}, highest promised {}, in force {}, drawn {}",
                Amps(greatest(*limit)),
                Amps(peaks.promised),
                Amps(peaks.in_force),
                Amps(peaks.drawn)
            )?;
        }
        if self.undetected > 0 {
            let excused = Amps(self.peaks().drawn_excused);
            writeln!(f, "{} damaged messages passed for real, meanwhile drawn {excused}", self.undetected)?;
        }
        for charger in &self.chargers {
            let ChargerSummary { id, relay_closings, watt_hours, strikes, longest_gap } = charger;
            write!(f, "{id}: {watt_hours} Wh, relay closed {relay_closings} times")?;
            if strikes.all() > 0 {
                write!(f, ", cut off {strikes}")?;
            }
            writeln!(f, ", longest heartbeat gap {} ms", longest_gap.as_millis())?;
        }
        if self.violations_seen > 0 {
            writeln!(f, "{} violations, the first:", self.violations_seen)?;
        }
        self.violations.iter().try_for_each(|violation| writeln!(f, "{violation}"))
    }
}

struct Amps(u32);

impl fmt::Display for Amps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02} A", self.0 / 100, self.0 % 100)
    }
}
