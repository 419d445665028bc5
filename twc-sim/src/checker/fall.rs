//! A limit that falls: what must have happened by when.

use core::time::Duration;

use twc_proto::Instant;

use super::entry::Entry;
use super::{CheckerConfig, Rule};

/// One fall of a circuit's limit, until its deadlines are past.
#[derive(Debug)]
pub(super) struct Fall {
    at: Instant,
    /// How much longer everything takes here.
    slower_by: Duration,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    OnWire,
    Acknowledged,
    Over,
}

impl Fall {
    pub(super) fn new(at: Instant, slower_by: Duration) -> Self {
        Self { at, slower_by, stage: Stage::OnWire }
    }

    /// When something is to be looked at next.
    pub(super) fn deadline(&self, config: &CheckerConfig) -> Option<Instant> {
        match self.stage {
            Stage::OnWire => Some(self.at + self.slower_by + config.fall.on_wire),
            Stage::Acknowledged => Some(self.at + self.slower_by + config.fall.acknowledged),
            Stage::Over => None,
        }
    }

    /// A deadline is over: what has not happened by then. `limit` is that of the phase with the least; `rhythm`
    /// says when the line was damaged last, and when there was no master or its link stalled.
    pub(super) fn check(
        &mut self,
        limit: u32,
        entries: &[&Entry],
        rhythm: (Instant, Instant),
        config: &CheckerConfig,
    ) -> Option<(Rule, String)> {
        let (disturbed_at, interrupted_at) = rhythm;
        let stage = self.stage;
        match stage {
            Stage::OnWire => {
                self.stage = Stage::Acknowledged;
                if interrupted_at >= self.at { None } else { self.unsent(limit, entries, config) }
            }
            Stage::Acknowledged => {
                self.stage = Stage::Over;
                if disturbed_at >= self.at { None } else { self.unacknowledged(entries, config) }
            }
            Stage::Over => None,
        }
    }

    /// The master still wants more than the limit, and who has it is neither at the floor nor long silenced.
    fn unsent(&self, limit: u32, entries: &[&Entry], config: &CheckerConfig) -> Option<(Rule, String)> {
        let wanted = entries.iter().fold(0u32, |sum, entry| sum.saturating_add(entry.target));
        if wanted <= limit {
            return None;
        }
        let late = entries
            .iter()
            .find(|entry| entry.target > config.floor && entry.last_end + config.max_gap > self.at)?;
        let (after, slave) = (config.fall.on_wire.as_millis(), late.slave);
        let text = format!(
            "{after} ms after the limit fell to {limit}, {wanted} are wanted, {slave} has {}",
            late.target
        );
        Some((Rule::FallNotSent, text))
    }

    fn unacknowledged(&self, entries: &[&Entry], config: &CheckerConfig) -> Option<(Rule, String)> {
        // Who is told still less later on has its own time for that.
        let told_by = self.at + self.slower_by + config.fall.on_wire;
        let late = entries.iter().find(|entry| {
            let is_late = entry.comes_down() && entry.last_end > self.at && entry.target_since <= told_by;
            is_late && entry.has_answered_since(self.at)
        })?;
        let after = config.fall.acknowledged.as_millis();
        let text = format!("{after} ms after the limit fell, {} has not reported {}", late.slave, late.target);
        Some((Rule::FallNotAcknowledged, text))
    }
}
