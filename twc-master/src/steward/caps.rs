//! Limits that somebody outside orders for a while: a grid operator, a landlord, a person. They only lower.

use core::time::Duration;
use std::format;
use std::string::String;
use std::vec::Vec;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use twc_proto::{CentiAmps, Instant};

use super::Steward;
use super::input::{End, Ends, Heard, Lasts, centiamps, read};
use crate::config::{PHASES, PhaseAmps};
use crate::master::Master;
use crate::settings::{CapSettings, Settings, shown};
use crate::share::Share;

/// One limit from outside, as the configuration knows it.
#[derive(Debug)]
pub(super) struct Cap {
    settings: CapSettings,
    pub(super) order: Option<CapOrder>,
    /// Until when its source counts as heard.
    heard_until: Option<Instant>,
    /// What was in force when somebody was told.
    told: Option<Standing>,
}

/// What was ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CapOrder {
    /// What may flow on each phase of the circuit.
    pub limit: PhaseAmps,
    /// Until then.
    pub end: End,
}

/// What a limit from outside comes to at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// What may flow on each phase of the circuit; `None` without a limit.
    pub limit: Option<PhaseAmps>,
    /// Whether the source has been silent for too long.
    pub is_silent: bool,
    /// When the order ends, if one is in force and somebody said.
    pub end: Option<End>,
}

/// What such limits leave of a circuit; `None` is the site.
pub(super) type Capped = (Option<usize>, PhaseAmps);

/// As it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    amps: Option<Amps>,
    #[serde(default)]
    release: bool,
    until: Option<String>,
    r#for: Option<Lasts>,
    age: Option<f64>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(untagged)]
enum Amps {
    Each(f64),
    Phases([f64; 3]),
}

impl Cap {
    pub(super) fn all(settings: &Settings) -> Vec<Self> {
        let new = |of: &CapSettings| Self { settings: of.clone(), order: None, heard_until: None, told: None };
        settings.caps.iter().map(new).collect()
    }

    pub(super) fn name(&self) -> &str {
        &self.settings.name
    }

    fn standing(&self, now: Instant, wall: Option<Timestamp>) -> Standing {
        let order = self.order.filter(|order| !order.end.has_come(now, wall));
        let silent = self.settings.silent.filter(|_| self.heard_until.is_none_or(|until| now > until));
        let ordered = order.map(|order| order.limit);
        let limit = match (ordered, silent.map(|silent| [silent.limit; PHASES])) {
            (Some(a), Some(b)) => Some(least(a, b)),
            (a, b) => a.or(b),
        };
        Standing { limit, is_silent: silent.is_some(), end: order.map(|order| order.end) }
    }

    /// A sentence about what has changed, if anything has.
    fn news(&mut self, now: Instant, wall: Option<Timestamp>, circuit: &str) -> Option<String> {
        let standing = self.standing(now, wall);
        let before = self.told.replace(standing);
        let same = |before: Standing| (before.limit, before.is_silent) == (standing.limit, standing.is_silent);
        // A renewal is no news.
        if before.map_or(standing.limit.is_none(), same) {
            return None;
        }
        let name = &self.settings.name;
        let Some(limit) = standing.limit else { return Some(format!("{name} limits {circuit} no more")) };
        let [first, second, third] = limit.map(shown);
        let amps = if first == second && second == third { first } else { format!("{first}, {second}, {third}") };
        let until = standing.end.and_then(|end| end.shown(now, wall));
        let until = until.map_or_else(String::new, |until| format!(" until {until}"));
        let why = if standing.is_silent { ", for its source is silent" } else { "" };
        Some(format!("{name} limits {circuit} to {amps} on each phase{until}{why}"))
    }
}

impl Steward {
    pub(super) fn handle_cap_value(&mut self, heard: Heard, index: usize, value: Value) -> Result<(), String> {
        let line: Line = read(value)?;
        let heard = heard.aged(line.age)?;
        let end = Ends { until: line.until, r#for: line.r#for }.end(heard, self.wall(heard.now))?;
        let limit = match (line.amps, line.release) {
            (Some(Amps::Each(amps)), false) => Some([centiamps(amps)?; PHASES]),
            (Some(Amps::Phases([first, second, third])), false) => {
                Some([centiamps(first)?, centiamps(second)?, centiamps(third)?])
            }
            (None, true) => None,
            _ => return Err("give amps, or release".into()),
        };
        self.hear_cap(heard, index, limit.map(|limit| CapOrder { limit, end }));
        Ok(())
    }

    /// Orders the limit with this index in [`Settings::caps`], in place of what it ordered before; `None` takes it
    /// back. The source has been heard with it.
    pub fn order_cap(&mut self, now: Instant, index: usize, order: Option<CapOrder>) {
        self.hear_cap(Heard { now, age: Duration::ZERO }, index, order);
    }

    fn hear_cap(&mut self, heard: Heard, index: usize, order: Option<CapOrder>) {
        let Some(cap) = self.caps.get_mut(index) else { return };
        cap.order = order;
        let left = cap.settings.silent.and_then(|silent| silent.after.checked_sub(heard.age));
        cap.heard_until = left.map(|left| heard.now + left).max(cap.heard_until);
    }

    /// What each limit from outside comes to now, in the order of [`Settings::caps`].
    pub fn caps(&self, now: Instant) -> impl Iterator<Item = (&CapSettings, Standing)> {
        let wall = self.wall(now);
        self.caps.iter().map(move |cap| (&cap.settings, cap.standing(now, wall)))
    }

    /// What limits from outside leave of each circuit that they are ordered for.
    pub(super) fn capped(&self, now: Instant) -> Vec<Capped> {
        let mut capped: Vec<Capped> = Vec::new();
        for (settings, standing) in self.caps(now) {
            let Some(limit) = standing.limit else { continue };
            match capped.iter_mut().find(|(circuit, _)| *circuit == settings.circuit) {
                Some((_, known)) => *known = least(*known, limit),
                None => capped.push((settings.circuit, limit)),
            }
        }
        capped
    }

    /// Orders them where no meter watches; where one does they are part of what it leaves.
    pub(super) fn order_caps<S: Share>(&mut self, now: Instant, capped: &[Capped], master: &mut Master<S>) {
        let ended = self.told.iter().filter(|(told, _)| capped.iter().all(|(circuit, _)| circuit != told));
        let whole = ended.map(|(circuit, _)| (*circuit, self.configured(*circuit)));
        for (circuit, limit) in whole.chain(capped.iter().copied()).collect::<Vec<_>>() {
            let watched = self.watched.iter().any(|watched| watched.circuit == circuit);
            if !watched && !self.told.contains(&(circuit, limit)) {
                // The place comes from the configuration that the master has; it exists.
                let _ = master.order(now, self.settings.place(circuit), limit);
            }
        }
        self.told = capped.to_vec();
    }

    fn configured(&self, circuit: Option<usize>) -> PhaseAmps {
        let circuit = circuit.and_then(|index| self.settings.circuits.get(index));
        [circuit.unwrap_or(&self.settings.site).limit; PHASES]
    }

    /// Says what has changed, and forgets orders that have ended.
    pub(super) fn note_caps(&mut self, now: Instant) {
        let wall = self.wall(now);
        let mut news = Vec::new();
        for cap in &mut self.caps {
            let circuit = cap.settings.circuit.and_then(|index| self.settings.circuits.get(index));
            let circuit = circuit.map_or("the site", |circuit| circuit.name.as_str());
            news.extend(cap.news(now, wall, circuit));
            cap.order = cap.order.filter(|order| !order.end.has_come(now, wall));
        }
        for news in news {
            self.tell(news);
        }
    }
}

/// Phase by phase.
pub(super) fn least(a: PhaseAmps, b: PhaseAmps) -> PhaseAmps {
    let mut least: [CentiAmps; PHASES] = a;
    least.iter_mut().zip(b).for_each(|(least, b)| *least = (*least).min(b));
    least
}
