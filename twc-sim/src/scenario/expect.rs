//! What is expected of a run, table `[expect]`, and what was found.

use core::fmt;
use core::time::Duration;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use toml::Spanned;
use twc_proto::CentiAmps;

use super::error::ScenarioError;
use super::units::Of;

/// The `[expect]` table. What is not there is not judged.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Expectations {
    /// So many slaves have a master at the end.
    pub(crate) linked: Option<usize>,
    /// Every slave has had a master by then.
    pub(crate) linked_by: Option<Of<Duration>>,
    /// The limits in force never add up to more.
    pub(crate) limit_at_most: Option<Of<CentiAmps>>,
    /// Every slave had such a limit at some time.
    pub(crate) limit_at_least: Option<Of<CentiAmps>>,
    /// The true currents never add up to more.
    pub(crate) drawn_at_most: Option<Of<CentiAmps>>,
    /// The true currents add up to as much at some time.
    pub(crate) drawn_at_least: Option<Of<CentiAmps>>,
    /// All slaves together delivered so much.
    pub(crate) energy_wh_at_least: Option<u64>,
    /// Every slave delivered so much.
    pub(crate) energy_each_wh_at_least: Option<u64>,
    /// No slave waited longer from one heartbeat to the next, or to the end.
    pub(crate) max_heartbeat_gap: Option<Of<Duration>>,
    /// Per slave.
    pub(crate) relay_closings_at_most: Option<u32>,
    /// Per slave, in any hour.
    pub(crate) relay_closings_per_hour_at_most: Option<u32>,
    /// Per plug-in: how often a car's current was cut under it.
    pub(crate) interruptions_at_most: Option<u32>,
    /// Per slave: how often phases were switched in front of it. Under current they never may be.
    pub(crate) phase_switchings_at_most: Option<u32>,
    /// At least one slave saw as many.
    pub(crate) phase_switchings_at_least: Option<u32>,
    /// Cars that gave up for good, at any time.
    pub(crate) refusing_cars: Option<usize>,
    /// Codes like `FCB2` that the master never sends.
    pub(crate) never_sent: Vec<Code>,
    /// Codes and how often the master sends them at most.
    pub(crate) sent_at_most: BTreeMap<Code, u32>,
    /// Heartbeat commands that the master never sends.
    pub(crate) never_commanded: Vec<u8>,
    /// What the master tells people at some time, each as a part of a line.
    pub(crate) said: Vec<String>,
    /// What is so at certain moments.
    pub(crate) at: Vec<Moment>,
}

/// A type and code byte, written like `FBE0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Code(pub(crate) u16);

impl TryFrom<String> for Code {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let is_code = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let code = u16::from_str_radix(&text, 16).ok().filter(|_| is_code);
        code.map(Self).ok_or_else(|| format!("`{text}` is no code, give four hexadecimal digits like \"FCB2\""))
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", self.0)
    }
}

/// What is so at one moment with one charger, or with all of them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Moment {
    pub(crate) time: Spanned<Of<Duration>>,
    /// From 1 on; all when left out.
    pub(crate) charger: Option<Spanned<usize>>,
    pub(crate) state: Option<u8>,
    pub(crate) limit: Option<Of<CentiAmps>>,
    pub(crate) limit_at_least: Option<Of<CentiAmps>>,
    pub(crate) limit_at_most: Option<Of<CentiAmps>>,
    pub(crate) drawn_at_least: Option<Of<CentiAmps>>,
    pub(crate) drawn_at_most: Option<Of<CentiAmps>>,
    pub(crate) relay: Option<bool>,
    pub(crate) linked: Option<bool>,
    pub(crate) led: Option<String>,
    pub(crate) single_phase: Option<bool>,
}

/// One expectation beside what was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The key in the file.
    pub key: String,
    /// Whether it was kept.
    pub ok: bool,
    /// What was expected.
    pub expected: String,
    /// What was seen.
    pub seen: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.ok { "ok" } else { "BROKEN" };
        write!(f, "{} {mark}: expected {}, seen {}", self.key, self.expected, self.seen)
    }
}

impl Expectations {
    /// So many slaves have a master at the end.
    pub(crate) fn linked(count: usize) -> Self {
        Self { linked: Some(count), ..Self::default() }
    }

    /// At `time` each of these slaves, by their index, is linked and has a limit of at least its share.
    pub(crate) fn all_well_at(time: Duration, shares: &[(usize, CentiAmps)]) -> Self {
        let moment = |(index, share): &(usize, CentiAmps)| Moment {
            time: Spanned::new(0..0, Of(time)),
            charger: Some(Spanned::new(0..0, index + 1)),
            state: None,
            limit: None,
            limit_at_least: Some(Of(*share)),
            limit_at_most: None,
            drawn_at_least: None,
            drawn_at_most: None,
            relay: None,
            linked: Some(true),
            led: None,
            single_phase: None,
        };
        Self { at: shares.iter().map(moment).collect(), ..Self::default() }
    }

    /// Reads the `[expect]` table of a file, whatever else is in it; `None` when it has none.
    ///
    /// # Errors
    /// What makes no sense in the table, or why the file is no TOML.
    pub fn parse(text: &str) -> Result<Option<Self>, ScenarioError> {
        #[derive(Deserialize)]
        struct File {
            expect: Option<Expectations>,
        }
        let file: Result<File, _> = toml::from_str(text);
        file.map(|file| file.expect).map_err(|error| ScenarioError::from_toml(text, &error))
    }
}
