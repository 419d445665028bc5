//! Orders over a restart: what people ordered with how much of it is done, emergencies, limits from outside.
//!
//! An end is kept by the clock on the wall, for nobody knows how long we were away. Where that clock was never set, after
//! the restart or when the order was kept, what lowers holds until it is replaced or the clock is set; what may raise
//! waits for the clock, and is dropped where not even that could tell.

use core::time::Duration;
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use twc_proto::{CentiAmps, Instant, TwcId};

use super::Steward;
use super::caps::CapOrder;
use super::input::{End, timestamp, until};
use crate::budget::plan::{Mode, Order};
use crate::config::{PHASES, PhaseAmps};
use crate::settings::{mode, mode_name};

/// What a file of another version says may mean something else.
const FORMAT: u32 = 1;

/// As it is written.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    format: u32,
    orders: Vec<KeptOrder>,
    emergency: Option<KeptLimit>,
    caps: Vec<KeptLimit>,
}

/// An order by a person.
#[derive(Debug, Serialize, Deserialize)]
struct KeptOrder {
    /// `None`: for all.
    slave: Option<String>,
    /// `None`: released, although there is one for all.
    mode: Option<String>,
    centiamps: Option<u16>,
    watt_hours: Option<u32>,
    given_watt_hours: u32,
    #[serde(flatten)]
    end: KeptEnd,
}

/// An emergency, or a limit from outside.
#[derive(Debug, Serialize, Deserialize)]
struct KeptLimit {
    /// Of the limit; none of an emergency.
    name: Option<String>,
    centiamps: [u16; PHASES],
    #[serde(flatten)]
    end: KeptEnd,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct KeptEnd {
    /// Whether it ends by itself.
    ends: bool,
    /// When, where the clock could be believed.
    until: Option<String>,
}

/// How long something holds by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Term {
    Endless,
    Until(Timestamp),
    /// It was kept by a clock that was not set.
    Unknown,
}

/// What is held, to see whether it has changed.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Ledger {
    orders: Vec<(Option<TwcId>, Option<Order>, u32)>,
    emergency: Option<(CentiAmps, Option<Instant>)>,
    caps: Vec<Option<CapOrder>>,
    waiting: usize,
    /// How often the clock was set: ends are kept by it.
    clock: u32,
}

/// Something whose end is known and whose time is not, until the clock is set.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    ends: Timestamp,
    what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Order { slave: Option<TwcId>, order: Order, given: u32 },
    Emergency { limit: CentiAmps },
}

/// The memory of a steward.
#[derive(Debug, Default)]
pub(super) struct Memory {
    written: Ledger,
    waiting: Vec<Waiting>,
    clock_set: u32,
}

impl Memory {
    pub(super) fn clock_was_set(&mut self) {
        self.clock_set = self.clock_set.wrapping_add(1);
    }
}

impl Steward {
    /// Orders that must survive a restart, as text, where that has changed since this was asked last: write it down
    /// before you tell anybody that an order is taken, and hand it to [`Steward::restore`] of the next run.
    pub fn poll_kept(&mut self, now: Instant) -> Option<String> {
        let ledger = self.ledger(now);
        if ledger == self.memory.written {
            return None;
        }
        let is_new = ledger.is_empty() && self.memory.written.is_empty();
        self.memory.written = ledger;
        if is_new {
            return None;
        }
        serde_json::to_string_pretty(&self.kept(now)).ok()
    }

    /// Takes up what an earlier run kept. Tell it the civil time first, where that is known.
    ///
    /// # Errors
    /// When the text is none that [`Steward::poll_kept`] of this version wrote; nothing is taken up then.
    pub fn restore(&mut self, now: Instant, text: &str) -> Result<(), String> {
        let kept: Kept = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if kept.format != FORMAT {
            return Err(format!("format {} is not {FORMAT}", kept.format));
        }
        let (mut orders, mut emergency, mut caps) = (Vec::new(), None, Vec::new());
        for order in &kept.orders {
            orders.push((order.read()?, order.end.read()?));
        }
        if let Some(limit) = &kept.emergency {
            emergency = Some((limit.amps(), limit.end.read()?));
        }
        for cap in &kept.caps {
            caps.push((cap.name.clone().unwrap_or_default(), cap.amps(), cap.end.read()?));
        }
        for ((slave, order, given), ends) in orders {
            self.restore_order(now, slave, order, given, ends);
        }
        if let Some(([limit, ..], ends)) = emergency {
            self.planner.emergency(limit, None);
            self.wait_for(now, ends, What::Emergency { limit });
        }
        for (name, limit, ends) in caps {
            self.restore_cap(now, &name, limit, ends);
        }
        Ok(())
    }

    fn restore_order(&mut self, now: Instant, slave: Option<TwcId>, order: Option<Order>, given: u32, ends: Term) {
        let Some(order) = order else { return self.planner.restore(slave, None, 0) };
        let lowers = order.mode == Mode::Off;
        if ends == Term::Endless || lowers {
            self.planner.restore(slave, Some(order), given);
        } else if ends == Term::Unknown {
            let whom = slave.map_or_else(|| "all".to_string(), |slave| slave.to_string());
            self.tell(format!("an order for {whom} is forgotten: nobody knows whether its time is over"));
        }
        self.wait_for(now, ends, What::Order { slave, order, given });
    }

    fn restore_cap(&mut self, now: Instant, name: &str, limit: PhaseAmps, ends: Term) {
        let wall = self.wall(now);
        let end = if let Term::Until(ends) = ends { End::at(now, wall, ends) } else { End::default() };
        match self.caps.iter_mut().find(|cap| cap.name() == name) {
            Some(cap) => cap.order = Some(CapOrder { limit, end }),
            None => self.tell(format!("there is no [cap.{name}] any more, so its order is forgotten")),
        }
    }

    fn wait_for(&mut self, now: Instant, ends: Term, what: What) {
        if let Term::Until(ends) = ends {
            self.memory.waiting.push(Waiting { ends, what });
            self.note_clock(now);
        }
    }

    /// Gives their ends to those that waited for the clock, as soon as it can be believed.
    pub(super) fn note_clock(&mut self, now: Instant) {
        let Some(wall) = self.wall(now) else { return };
        for Waiting { ends, what } in core::mem::take(&mut self.memory.waiting) {
            let left = Some(until(wall, ends)).filter(|left| *left > Duration::ZERO);
            match what {
                What::Order { slave, order, given } => {
                    let holds = self.planner.held().find(|(of, ..)| *of == slave).and_then(|(_, held, _)| held);
                    // Somebody may have ordered something else meanwhile.
                    if holds.is_some_and(|holds| holds != order) {
                        continue;
                    }
                    match left {
                        Some(left) => {
                            self.planner.restore(slave, Some(Order { until: Some(now + left), ..order }), given);
                        }
                        None if holds.is_some() => self.planner.release(slave),
                        None => {}
                    }
                }
                What::Emergency { limit } if self.planner.in_emergency(now) == Some((limit, None)) => match left {
                    Some(left) => self.planner.emergency(limit, Some(now + left)),
                    None => self.planner.end_emergency(),
                },
                What::Emergency { .. } => {}
            }
        }
    }

    fn ledger(&self, now: Instant) -> Ledger {
        // Every tenth of a kilowatt hour is worth a write, not every watt hour.
        let orders = self.planner.held().map(|(slave, order, given)| (slave, order, given / 100));
        let caps = self.caps.iter().map(|cap| cap.order);
        let ledger = Ledger {
            orders: orders.collect(),
            emergency: self.planner.in_emergency(now),
            caps: caps.collect(),
            waiting: self.memory.waiting.len(),
            clock: 0,
        };
        let clock = if ledger.is_empty() { 0 } else { self.memory.clock_set };
        Ledger { clock, ..ledger }
    }

    fn kept(&self, now: Instant) -> Kept {
        let wall = self.wall(now);
        let at = |end: End| KeptEnd {
            ends: end != End::default(),
            until: end.shown(now, wall).map(|until| until.to_string()),
        };
        let after = |until: Option<Instant>| at(End { after: until, civil: None });
        let waits = |at: Timestamp| KeptEnd { ends: true, until: Some(at.to_string()) };
        let waiting = |wanted: &dyn Fn(&What) -> bool| {
            self.memory.waiting.iter().find(|of| wanted(&of.what)).map(|of| waits(of.ends))
        };
        let is_of = |slave: Option<TwcId>| move |what: &What| matches!(what, What::Order { slave: of, .. } if *of == slave);
        let held = self.planner.held().map(|(slave, order, given)| {
            let end = waiting(&is_of(slave)).unwrap_or_else(|| after(order.and_then(|order| order.until)));
            KeptOrder::new(slave, order, given, end)
        });
        let only_waiting = self.memory.waiting.iter().filter_map(|of| match of.what {
            What::Order { slave, order, given } if self.planner.held().all(|(held, ..)| held != slave) => {
                Some(KeptOrder::new(slave, Some(order), given, waits(of.ends)))
            }
            _ => None,
        });
        let emergency = self.planner.in_emergency(now).map(|(limit, until)| KeptLimit {
            name: None,
            centiamps: [limit.value(); PHASES],
            end: waiting(&|what| matches!(what, What::Emergency { .. })).unwrap_or_else(|| after(until)),
        });
        let caps = self.caps.iter().filter_map(|cap| {
            let CapOrder { limit, end } = cap.order?;
            Some(KeptLimit { name: Some(cap.name().into()), centiamps: limit.map(CentiAmps::value), end: at(end) })
        });
        Kept { format: FORMAT, orders: held.chain(only_waiting).collect(), emergency, caps: caps.collect() }
    }
}

impl Ledger {
    fn is_empty(&self) -> bool {
        self.orders.is_empty()
            && self.emergency.is_none()
            && self.waiting == 0
            && self.caps.iter().all(Option::is_none)
    }
}

impl KeptOrder {
    fn new(slave: Option<TwcId>, order: Option<Order>, given: u32, end: KeptEnd) -> Self {
        Self {
            slave: slave.map(|slave| slave.to_string()),
            mode: order.map(|order| mode_name(order.mode).to_string()),
            centiamps: order.and_then(|order| order.amps).map(CentiAmps::value),
            watt_hours: order.and_then(|order| order.watt_hours),
            given_watt_hours: given,
            end,
        }
    }

    fn read(&self) -> Result<(Option<TwcId>, Option<Order>, u32), String> {
        let slave =
            self.slave.as_ref().map(|id| id.parse().map_err(|_| format!("`{id}` is no id"))).transpose()?;
        let mode = self.mode.as_deref().map(mode).transpose()?;
        let amps = self.centiamps.map(CentiAmps::new);
        let order = mode.map(|mode| Order { mode, amps, watt_hours: self.watt_hours, until: None });
        Ok((slave, order, self.given_watt_hours))
    }
}

impl KeptLimit {
    fn amps(&self) -> PhaseAmps {
        self.centiamps.map(CentiAmps::new)
    }
}

impl KeptEnd {
    fn read(&self) -> Result<Term, String> {
        let until = self.until.as_deref().map(timestamp).transpose()?;
        Ok(match (self.ends, until) {
            (false, _) => Term::Endless,
            (true, Some(until)) => Term::Until(until),
            (true, None) => Term::Unknown,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;
    use crate::steward::input::{Said, Source};

    const NOON: &str = "2026-06-17T12:00Z";

    fn steward(wall: &str) -> Steward {
        let text = "[site]\ncontinuous_limit = \"32A\"\n[[slave]]\nid = \"3495\"\n[cap.operator]\n";
        let mut steward = Steward::new(Settings::parse(text).unwrap(), Instant::ZERO).unwrap();
        steward.handle_clock(Instant::ZERO, wall.parse().unwrap());
        steward
    }

    fn says(steward: &mut Steward, text: &str) {
        let errors = steward.handle_said(Instant::ZERO, Source::Any, &Said::line(text));
        assert!(errors.is_empty(), "{errors:?}");
    }

    /// What a steward of the next run holds that starts at this time.
    fn next(kept: &str, wall: &str) -> Steward {
        let mut next = steward(wall);
        next.restore(Instant::ZERO, kept).unwrap();
        next
    }

    fn order(steward: &Steward) -> Option<(Mode, Option<u64>)> {
        let (_, order, _) = steward.planner.orders().next()?;
        Some((order.mode, order.until.map(|until| until.as_micros() / 1_000_000)))
    }

    fn cap(steward: &Steward, second: u64) -> Option<u16> {
        let (_, standing) = steward.caps(Instant::from_secs(second)).next()?;
        Some(standing.limit?[0].value() / 100)
    }

    #[test]
    fn nothing_is_kept_while_nothing_is_ordered_and_all_is_kept_once() {
        let mut steward = steward(NOON);
        assert_eq!(steward.poll_kept(Instant::ZERO), None);
        says(&mut steward, r#"{"to": "orders", "slave": "3495", "mode": "now"}"#);
        assert!(steward.poll_kept(Instant::ZERO).is_some());
        assert_eq!(steward.poll_kept(Instant::from_secs(5)), None);
        says(&mut steward, r#"{"to": "orders", "release": true}"#);
        let empty = steward.poll_kept(Instant::ZERO).unwrap();
        assert_eq!(order(&next(&empty, NOON)), None);
    }

    #[test]
    fn an_order_and_a_limit_go_on_until_their_time_and_are_over_after_it() {
        let mut first = steward(NOON);
        says(&mut first, r#"{"to": "orders", "slave": "3495", "mode": "now", "amps": 16, "kwh": 5, "for": "1h"}"#);
        says(&mut first, r#"{"to": "cap.operator", "amps": 10, "until": "2026-06-17T13:00Z"}"#);
        says(&mut first, r#"{"to": "orders", "emergency": 7, "for": 1800}"#);
        let kept = first.poll_kept(Instant::ZERO).unwrap();
        let early = next(&kept, "2026-06-17T12:20Z");
        assert_eq!(order(&early), Some((Mode::Now, Some(2_400))));
        assert_eq!(early.planner.orders().next().unwrap().1.watt_hours, Some(5_000));
        let seven = CentiAmps::from_amps(7);
        assert_eq!(early.planner.in_emergency(Instant::ZERO), Some((seven, Some(Instant::from_secs(600)))));
        assert_eq!((cap(&early, 0), cap(&early, 2_399)), (Some(10), Some(10)));
        let late = next(&kept, "2026-06-17T13:00Z");
        assert_eq!((order(&late), cap(&late, 0), late.planner.in_emergency(Instant::ZERO)), (None, None, None));
    }

    #[test]
    fn with_a_clock_that_is_not_set_what_lowers_holds_and_what_raises_waits_for_it() {
        let mut first = steward(NOON);
        says(&mut first, r#"{"to": "orders", "slave": "3495", "mode": "now", "for": "1h"}"#);
        says(&mut first, r#"{"to": "cap.operator", "amps": 10, "for": "1h"}"#);
        let kept = first.poll_kept(Instant::ZERO).unwrap();
        let mut unset = next(&kept, "1970-01-01T00:00Z");
        assert_eq!((order(&unset), cap(&unset, 1_000_000)), (None, Some(10)));
        // A second restart before the clock is set.
        let kept = unset.poll_kept(Instant::ZERO).unwrap();
        let mut unset = next(&kept, "1970-01-01T00:00Z");
        unset.handle_clock(Instant::from_secs(10), "2026-06-17T12:30Z".parse().unwrap());
        assert_eq!((order(&unset), cap(&unset, 10)), (Some((Mode::Now, Some(1_810))), Some(10)));

        let mut first = steward(NOON);
        says(&mut first, r#"{"to": "orders", "mode": "off", "for": "1h"}"#);
        let kept = first.poll_kept(Instant::ZERO).unwrap();
        let mut unset = next(&kept, "1970-01-01T00:00Z");
        assert_eq!(order(&unset), Some((Mode::Off, None)));
        unset.handle_clock(Instant::from_secs(10), "2026-06-17T13:30Z".parse().unwrap());
        assert_eq!(order(&unset), None);
    }

    #[test]
    fn what_was_kept_by_a_clock_that_was_not_set_lowers_until_it_is_replaced() {
        let mut first = steward("1970-01-01T00:00Z");
        says(&mut first, r#"{"to": "orders", "slave": "3495", "mode": "now", "for": "1h"}"#);
        says(&mut first, r#"{"to": "cap.operator", "amps": 10, "for": "1h"}"#);
        let kept = first.poll_kept(Instant::ZERO).unwrap();
        let mut late = next(&kept, "2026-06-18T12:00Z");
        assert_eq!((order(&late), cap(&late, 1_000_000)), (None, Some(10)));
        assert!(late.poll_news().unwrap().contains("nobody knows whether its time is over"));
    }

    #[test]
    fn what_makes_no_sense_is_refused_whole() {
        let mut steward = steward(NOON);
        let wrong = [
            "",
            r#"{"format": 2, "orders": [], "emergency": null, "caps": []}"#,
            r#"{"format": 1, "orders": [], "emergency": null, "caps": [], "more": 1}"#,
        ];
        for text in wrong {
            assert!(steward.restore(Instant::ZERO, text).is_err(), "{text}");
        }
    }
}
