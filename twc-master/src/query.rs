//! What is asked when: identity a few times, the meter now and then, and only in slack.

use core::time::Duration;

use twc_proto::Instant;
use twc_proto::message::Item;

use crate::turn::earliest;

/// What is asked of slaves unasked. Protocol 1 units are asked nothing: their old queries are one unchecked byte
/// away from frames that brick them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueryPlan {
    /// Firmware and serial number once, the VIN at every plug-in. Each item at most three times.
    pub identity: bool,
    /// How often volts, phase currents and the energy counter are read; `None` for never. At least 10 s.
    pub meter: Option<Duration>,
}

impl QueryPlan {
    /// Nothing.
    pub const NONE: Self = Self { identity: false, meter: None };
    /// Identity, and the meter every minute.
    pub const DEFAULT: Self = Self { identity: true, meter: Some(Duration::from_secs(60)) };
}

/// The items, in the order of [`Questions::open`].
const ITEMS: [Item; 7] =
    [Item::Firmware, Item::Serial, Item::VinPart1, Item::VinPart2, Item::VinPart3, Item::Meter, Item::PlugState];
const METER: usize = 5;

/// Each identity item is asked so often; a unit that does not know it never answers.
const TRIES: u8 = 3;
/// The first wait after a question without an answer, in seconds; doubled each time.
const BACK_OFF: u64 = 10;
/// So long after plug-in a car has told its VIN to its unit.
const VIN_SETTLES: Duration = Duration::from_secs(15);

/// What is still to be asked of one slave.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Questions {
    /// When each item is due, if it is to be asked at all.
    open: [Option<Instant>; ITEMS.len()],
    tries: [u8; ITEMS.len()],
}

impl Questions {
    pub(crate) const NONE: Self = Self { open: [None; ITEMS.len()], tries: [0; ITEMS.len()] };

    /// The slave has linked, or a car was plugged in.
    pub(crate) fn begin(&mut self, now: Instant, plan: &QueryPlan, plugged: bool) {
        if plan.identity && !plugged {
            self.ask([Item::Firmware, Item::Serial], now);
        }
        if plan.identity && plugged {
            self.ask_vin(now);
        }
        if plan.meter.is_some() {
            self.ask([Item::Meter], now);
        }
    }

    /// Asks anew for some items, with all their tries.
    pub(crate) fn ask<const N: usize>(&mut self, items: [Item; N], at: Instant) {
        for item in items {
            self.set(item, Some(at), 0);
        }
    }

    /// Asks for the VIN, once the car has told it to its unit.
    pub(crate) fn ask_vin(&mut self, now: Instant) {
        self.ask([Item::VinPart1, Item::VinPart2, Item::VinPart3], now + VIN_SETTLES);
    }

    #[inline(never)]
    fn set(&mut self, item: Item, at: Option<Instant>, tries: u8) {
        for (known, (open, count)) in ITEMS.iter().zip(self.open.iter_mut().zip(&mut self.tries)) {
            if *known == item {
                (*open, *count) = (at, tries);
            }
        }
    }

    /// What has been due longest.
    pub(crate) fn due(&self, now: Instant) -> Option<Item> {
        let next = self.next().filter(|next| now >= *next)?;
        self.open.iter().zip(&ITEMS).find(|(at, _)| **at == Some(next)).map(|(_, item)| *item)
    }

    /// When something is due next.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.open.iter().copied().fold(None, earliest)
    }

    /// The question has gone out; without an answer it is asked again, later and later.
    pub(crate) fn asked(&mut self, item: Item, now: Instant) {
        let Some(index) = ITEMS.iter().position(|known| *known == item) else { return };
        let tries = self.tries.get(index).map_or(1, |tries| tries.saturating_add(1));
        let wait = Duration::from_secs(BACK_OFF << tries.min(9));
        let again = index == METER || tries < TRIES;
        self.set(item, again.then_some(now + wait), tries);
    }

    /// The answer has come, also an empty one.
    pub(crate) fn answered(&mut self, item: Item, now: Instant, plan: &QueryPlan) {
        let again = plan.meter.filter(|_| item == Item::Meter);
        self.set(item, again.map(|period| now + period.max(Duration::from_secs(BACK_OFF))), 0);
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    /// What is asked in `seconds`, at which second, when nothing is answered.
    fn unanswered(mut questions: Questions, seconds: u64) -> Vec<(Item, u64)> {
        let mut asked = Vec::new();
        for second in 0..seconds {
            while let Some(item) = questions.due(Instant::from_secs(second)) {
                questions.asked(item, Instant::from_secs(second));
                asked.push((item, second));
            }
        }
        asked
    }

    #[test]
    fn identity_is_asked_three_times_later_and_later() {
        let mut questions = Questions::NONE;
        questions.begin(Instant::ZERO, &QueryPlan { meter: None, ..QueryPlan::DEFAULT }, false);
        let asked = unanswered(questions, 100_000);
        let times = |item| asked.iter().filter(|(asked, _)| *asked == item).map(|(_, at)| *at).collect::<Vec<_>>();
        assert_eq!(times(Item::Firmware), [0, 20, 60]);
        assert_eq!(times(Item::Serial), [0, 20, 60]);
        assert_eq!(asked.len(), 6);
    }

    #[test]
    fn an_empty_answer_is_final_and_the_old_queries_are_never_sent() {
        let mut questions = Questions::NONE;
        questions.begin(Instant::ZERO, &QueryPlan { meter: None, ..QueryPlan::DEFAULT }, true);
        questions.answered(Item::VinPart1, Instant::from_secs(16), &QueryPlan::DEFAULT);
        let asked = unanswered(questions, 1_000);
        assert!(asked.iter().all(|(item, _)| matches!(item, Item::VinPart2 | Item::VinPart3)), "{asked:?}");
        for old in [Item::OldSerial, Item::OldModel, Item::OldFirmware] {
            assert!(!ITEMS.contains(&old));
        }
    }

    #[test]
    fn a_meter_that_does_not_answer_is_asked_less_and_less() {
        let mut questions = Questions::NONE;
        questions.ask([Item::Meter], Instant::ZERO);
        assert!(unanswered(questions, 86_400).len() < 30);
        questions.answered(Item::Meter, Instant::from_secs(5), &QueryPlan::DEFAULT);
        assert_eq!(questions.next(), Some(Instant::from_secs(65)));
    }
}
