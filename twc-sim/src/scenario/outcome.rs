//! How a scenario ended.

use core::fmt;

use serde::Serialize;
use twc_proto::Instant;

use super::Need;
use super::expect::Finding;
use crate::checker::Verdict;
use crate::world::BusStats;

/// How a run ended. `{}` prints it for people, [`Outcome::to_json`] for programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The scenario's name.
    pub scenario: String,
    /// The run's seed.
    pub seed: u64,
    /// What the hosted master would need, and may not have: such an outcome proves nothing when it is kept.
    pub needs: Option<Need>,
    /// When it ended.
    pub ended: Instant,
    /// What the judge saw.
    pub verdict: Verdict,
    /// Every expectation.
    pub findings: Vec<Finding>,
    /// What happened on the bus.
    pub bus: BusStats,
    /// A number over every frame on the bus: equal runs, equal numbers.
    pub digest: u64,
}

impl Outcome {
    /// Whether no rule and no expectation was broken.
    pub fn is_kept(&self) -> bool {
        self.verdict.is_ok() && self.findings.iter().all(|finding| finding.ok)
    }

    /// One line of JSON.
    pub fn to_json(&self) -> String {
        let violations = self.verdict.violations.iter();
        let form = Form {
            scenario: &self.scenario,
            seed: self.seed,
            verdict: if self.is_kept() { "kept" } else { "broken" },
            pending: self.needs.is_some(),
            seconds: Self::seconds(self.ended),
            expectations: &self.findings,
            violations_seen: self.verdict.violations_seen,
            violations: violations
                .map(|violation| FoundForm {
                    time: Self::seconds(violation.at),
                    rule: violation.rule.to_string(),
                    text: &violation.text,
                    last_events: &violation.last_events,
                })
                .collect(),
            limit_amps: amps(self.verdict.limit()),
            promised_amps: amps(self.verdict.peaks().promised),
            in_force_amps: amps(self.verdict.peaks().in_force),
            drawn_amps: amps(self.verdict.peaks().drawn),
            chargers: self
                .verdict
                .chargers
                .iter()
                .map(|charger| ChargerForm {
                    slave: charger.id.to_string(),
                    relay_closings: charger.relay_closings,
                    energy_wh: charger.watt_hours,
                })
                .collect(),
            frames: self.bus.transmissions,
            damaged: self.bus.damaged,
            collided: self.bus.collided,
            undetected: self.verdict.undetected,
            digest: format!("{:016x}", self.digest),
        };
        serde_json::to_string(&form).unwrap_or_else(|error| format!("{{\"error\":\"no JSON: {error}\"}}"))
    }

    fn seconds(at: Instant) -> f64 {
        core::time::Duration::from_millis(at.as_millis()).as_secs_f64()
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.is_kept() { "kept" } else { "BROKEN" };
        let pending = if self.needs.is_some() { " (pending: needs a budget)" } else { "" };
        writeln!(f, "{}: {verdict}{pending}", self.scenario)?;
        write!(f, "{}", self.verdict)?;
        let bus = self.bus;
        writeln!(f, "bus: {} frames, {} damaged, {} collided", bus.transmissions, bus.damaged, bus.collided)?;
        self.findings.iter().try_for_each(|finding| writeln!(f, "  {finding}"))
    }
}

#[derive(Serialize)]
struct Form<'a> {
    scenario: &'a str,
    seed: u64,
    verdict: &'static str,
    pending: bool,
    seconds: f64,
    expectations: &'a [Finding],
    violations_seen: u64,
    violations: Vec<FoundForm<'a>>,
    limit_amps: f64,
    promised_amps: f64,
    in_force_amps: f64,
    drawn_amps: f64,
    chargers: Vec<ChargerForm>,
    frames: u64,
    damaged: u64,
    collided: u64,
    undetected: u64,
    digest: String,
}

#[derive(Serialize)]
struct FoundForm<'a> {
    time: f64,
    rule: String,
    text: &'a str,
    last_events: &'a [String],
}

#[derive(Serialize)]
struct ChargerForm {
    slave: String,
    relay_closings: u32,
    energy_wh: u64,
}

fn amps(centiamps: u32) -> f64 {
    f64::from(centiamps) / 100.0
}
