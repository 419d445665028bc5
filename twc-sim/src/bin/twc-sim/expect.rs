//! What a run is expected to have shown, and the verdict.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};
use twc_proto::{CentiAmps, Decoder, Instant, Message};
use twc_sim::World;

use crate::failure::Failure;
use crate::report::amps;
use crate::units;

/// The part of a scenario file that is read here.
#[derive(Debug, Deserialize)]
struct File {
    expect: Option<Expectations>,
}

/// The `[expect]` table; `--help` says what the keys mean.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Expectations {
    linked: Option<usize>,
    #[serde(deserialize_with = "current")]
    limit_at_most: Option<CentiAmps>,
    #[serde(deserialize_with = "current")]
    limit_at_least: Option<CentiAmps>,
    energy_wh_at_least: Option<u64>,
    #[serde(deserialize_with = "span")]
    max_heartbeat_gap: Option<Duration>,
    relay_closings_at_most: Option<u32>,
}

/// Watches a run.
#[derive(Debug)]
pub(crate) struct Judge {
    expectations: Expectations,
    decoder: Decoder,
    slaves: Vec<Seen>,
    /// The greatest sum of limits in force, in centiamps.
    greatest_sum: u32,
}

/// What was seen of one slave.
#[derive(Debug, Default)]
struct Seen {
    greatest_limit: CentiAmps,
    last_heartbeat: Option<Instant>,
    longest_gap: Duration,
}

/// The outcome.
#[derive(Debug, Serialize)]
pub(crate) struct Verdict {
    verdict: &'static str,
    expectations: Vec<Finding>,
}

/// One expectation beside what was seen.
#[derive(Debug, Serialize)]
struct Finding {
    key: &'static str,
    ok: bool,
    expected: String,
    seen: String,
}

impl Judge {
    /// Reads the `[expect]` table of `file`.
    pub(crate) fn read(file: &Path) -> Result<Self, Failure> {
        let name = file.display();
        let text = std::fs::read_to_string(file)
            .map_err(|error| Failure::Config(format!("cannot read {name}: {error}; give --expect a TOML file")))?;
        let parsed: File = toml::from_str(&text).map_err(|error| Failure::Config(located(file, &text, &error)))?;
        let expectations = parsed.expect.ok_or_else(|| {
            Failure::Config(format!("{name} has no table [expect]; see `twc-sim serve --help` for its keys"))
        })?;
        Ok(Self { expectations, decoder: Decoder::new(), slaves: Vec::new(), greatest_sum: 0 })
    }

    /// What clients put on the bus.
    pub(crate) fn hear(&mut self, now: Instant, mut bytes: &[u8], world: &World) {
        while let Some(outcome) = self.decoder.decode(&mut bytes) {
            let Ok(Message::MasterHeartbeat(heartbeat)) = outcome.map(|received| *received.message()) else {
                continue;
            };
            let index = world.chargers().position(|charger| charger.id() == heartbeat.slave);
            if let Some(seen) = index.and_then(|index| self.slaves.get_mut(index)) {
                seen.longest_gap = seen.longest_gap.max(seen.waited(now));
                seen.last_heartbeat = Some(now);
            }
        }
    }

    /// The slaves as they are, after every step of the world.
    pub(crate) fn look(&mut self, world: &World) {
        let mut sum: u32 = 0;
        for (index, charger) in world.chargers().enumerate() {
            if self.slaves.len() <= index {
                self.slaves.push(Seen::default());
            }
            sum = sum.saturating_add(u32::from(charger.limit_in_force().value()));
            if let Some(seen) = self.slaves.get_mut(index) {
                seen.greatest_limit = seen.greatest_limit.max(charger.limit());
            }
        }
        self.greatest_sum = self.greatest_sum.max(sum);
    }

    /// What became of it all.
    pub(crate) fn verdict(&self, now: Instant, world: &World) -> Verdict {
        let mut findings = Vec::new();
        let mut find = |key, ok, expected, seen| findings.push(Finding { key, ok, expected, seen });
        if let Some(wanted) = self.expectations.linked {
            let linked = world.chargers().filter(|charger| charger.is_linked()).count();
            find("linked", linked == wanted, wanted.to_string(), linked.to_string());
        }
        if let Some(most) = self.expectations.limit_at_most {
            let seen = format!("{} A", f64::from(self.greatest_sum) / 100.0);
            find("limit_at_most", self.greatest_sum <= u32::from(most.value()), in_amps(most), seen);
        }
        if let Some(least) = self.expectations.limit_at_least {
            let lowest = self.slaves.iter().map(|seen| seen.greatest_limit).min().unwrap_or_default();
            find("limit_at_least", lowest >= least, in_amps(least), in_amps(lowest));
        }
        if let Some(least) = self.expectations.energy_wh_at_least {
            let energy = world.chargers().map(twc_sim::Charger::delivered_watt_hours).sum::<u64>();
            find("energy_wh_at_least", energy >= least, format!("{least} Wh"), format!("{energy} Wh"));
        }
        if let Some(longest) = self.expectations.max_heartbeat_gap {
            let gap = self.longest_gap(now);
            let seen = gap.map_or("a slave without heartbeats".to_owned(), |gap| format!("{gap:.3?}"));
            find("max_heartbeat_gap", gap.is_some_and(|gap| gap <= longest), format!("{longest:?}"), seen);
        }
        if let Some(most) = self.expectations.relay_closings_at_most {
            let closings = world.chargers().map(twc_sim::Charger::relay_closings).max().unwrap_or(0);
            find("relay_closings_at_most", closings <= most, most.to_string(), closings.to_string());
        }
        let kept = findings.iter().all(|finding| finding.ok);
        Verdict { verdict: if kept { "kept" } else { "broken" }, expectations: findings }
    }

    /// Of all slaves; `None` when one never had a heartbeat.
    fn longest_gap(&self, now: Instant) -> Option<Duration> {
        self.slaves.iter().try_fold(Duration::ZERO, |longest, seen| {
            seen.last_heartbeat?;
            Some(longest.max(seen.longest_gap).max(seen.waited(now)))
        })
    }
}

impl Seen {
    fn waited(&self, now: Instant) -> Duration {
        self.last_heartbeat.map_or(Duration::ZERO, |last| now.since(last))
    }
}

impl Verdict {
    /// Whether every expectation was kept.
    pub(crate) fn is_kept(&self) -> bool {
        self.expectations.iter().all(|finding| finding.ok)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "verdict {}", self.verdict)?;
        for Finding { key, ok, expected, seen } in &self.expectations {
            let mark = if *ok { "ok" } else { "BROKEN" };
            write!(f, "; {key} {mark}: expected {expected}, seen {seen}")?;
        }
        Ok(())
    }
}

fn in_amps(current: CentiAmps) -> String {
    format!("{} A", amps(current))
}

/// File, line and the line itself, so that the key is named whatever is wrong with it.
fn located(file: &Path, text: &str, error: &toml::de::Error) -> String {
    let start = error.span().map_or(0, |span| span.start);
    let line = text.bytes().take(start).filter(|byte| *byte == b'\n').count();
    let source = text.lines().nth(line).unwrap_or_default().trim();
    let message = error.message().replace('\n', ", ");
    format!("{}:{}: `{source}`: {message}", file.display(), line + 1)
}

fn current<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<CentiAmps>, D::Error> {
    let text = String::deserialize(deserializer)?;
    units::amps(&text).map(Some).map_err(serde::de::Error::custom)
}

fn span<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    units::span(&text).map(Some).map_err(serde::de::Error::custom)
}
