//! When something ends that was ordered.

use core::time::Duration;
use std::format;
use std::string::{String, ToString};

use jiff::Timestamp;
use serde::Deserialize;
use twc_proto::Instant;

use super::{Heard, seconds};
use crate::settings;

/// When an order ends. With both times it ends when both have come, so that a clock that is set anew ends nothing
/// early; with neither it holds until it is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct End {
    /// By our own time.
    pub after: Option<Instant>,
    /// By the clock on the wall. Where that was never set, this time does not come.
    pub civil: Option<Timestamp>,
}

impl End {
    /// The end at a civil time, while the clock shows `wall`, or nothing that could be believed.
    pub fn at(now: Instant, wall: Option<Timestamp>, end: Timestamp) -> Self {
        Self { after: wall.map(|wall| now + until(wall, end)), civil: Some(end) }
    }

    /// Whether it has come.
    pub fn has_come(&self, now: Instant, wall: Option<Timestamp>) -> bool {
        let after = self.after.is_none_or(|after| now >= after);
        let civil = self.civil.is_none_or(|civil| wall.is_some_and(|wall| wall >= civil));
        (self.after.is_some() || self.civil.is_some()) && after && civil
    }

    /// The civil time of the end, as far as the clock can be believed.
    pub fn shown(&self, now: Instant, wall: Option<Timestamp>) -> Option<Timestamp> {
        self.civil.or_else(|| wall?.checked_add(self.after?.since(now)).ok())
    }
}

/// From one civil time to a later one; nothing where it is past.
pub(in crate::steward) fn until(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

/// The keys that say when something ends.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::steward) struct Ends {
    pub(in crate::steward) until: Option<String>,
    pub(in crate::steward) r#for: Option<Lasts>,
}

/// `"30min"`, or seconds as a number.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(in crate::steward) enum Lasts {
    Seconds(f64),
    Text(String),
}

impl Ends {
    /// # Errors
    /// What makes no sense, or both at once.
    pub(in crate::steward) fn end(&self, heard: Heard, wall: Option<Timestamp>) -> Result<End, String> {
        match (&self.until, &self.r#for) {
            (Some(_), Some(_)) => Err("until and for say the same thing twice".into()),
            (None, None) => Ok(End::default()),
            (Some(until), None) => Ok(End::at(heard.now, wall, timestamp(until)?)),
            (None, Some(lasts)) => {
                let lasts = match lasts {
                    Lasts::Seconds(value) => seconds(*value)?,
                    Lasts::Text(text) => settings::span(text).map_err(|hint| format!("for `{text}`: {hint}"))?,
                };
                Ok(End { after: Some(heard.now + lasts.saturating_sub(heard.age)), civil: None })
            }
        }
    }
}

/// An instant with its offset.
pub(in crate::steward) fn timestamp(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|error: jiff::Error| {
        format!("`{text}` is no time such as 2026-06-17T14:00+02:00: {}", error.to_string().replace('\n', " "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_that_is_known_by_two_clocks_comes_when_both_say_so_and_one_by_an_unset_clock_does_not() {
        let wall = |text| Some(timestamp(text).unwrap());
        let now = Instant::from_secs(100);
        let end = End::at(now, wall("2026-06-17T12:00+02:00"), timestamp("2026-06-17T13:00+02:00").unwrap());
        let hour = Duration::from_secs(3_600);
        assert!(!end.has_come(now + Duration::from_secs(60), wall("2026-06-17T14:00+02:00")), "the clock was set");
        assert!(!end.has_come(now + hour, None));
        assert!(end.has_come(now + hour, wall("2026-06-17T13:00+02:00")));
        let unset = End::at(now, None, timestamp("2026-06-17T13:00+02:00").unwrap());
        assert!(!unset.has_come(now + 100 * hour, None));
        assert!(unset.has_come(now, wall("2026-06-17T13:00:00+02:00")));
        assert!(!End::default().has_come(now, wall("2026-06-17T13:00+02:00")), "until it is replaced");
    }

    #[test]
    fn a_span_counts_from_when_it_was_said() {
        let heard = Heard { now: Instant::from_secs(100), age: Duration::from_secs(20) };
        let ends = |text: &str| serde_json::from_str::<Ends>(text).unwrap().end(heard, None);
        assert_eq!(ends(r#"{"for": "1min"}"#).unwrap().after, Some(Instant::from_secs(140)));
        assert_eq!(ends(r#"{"for": 30}"#).unwrap().after, Some(Instant::from_secs(110)));
        for bad in [r#"{"for": -1}"#, r#"{"for": "soon"}"#, r#"{"until": "18:00"}"#, r#"{"for": 1, "until": "x"}"#]
        {
            assert!(ends(bad).is_err(), "{bad}");
        }
    }
}
