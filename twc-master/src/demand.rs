//! What a car takes of what it is offered: the cap of a car that tapers off, and the 6 A latch.

use core::time::Duration;

use twc_proto::{CentiAmps, Instant};

use crate::config::FLOOR;
use crate::profile::LatchCure;

/// One answer, as far as demand is concerned.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    pub(crate) offered: CentiAmps,
    pub(crate) reported: CentiAmps,
    pub(crate) drawn: CentiAmps,
    pub(crate) charging: bool,
}

/// The most a car is known to want, learnt from what it leaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Demand {
    cap: Option<u16>,
    probing: bool,
    /// When the next probe begins, and how often in a row probes found nothing.
    next_probe: Instant,
    vain_probes: u8,
    /// Since when the offer has been what it is, and the most drawn in that time.
    steady: Option<(Instant, CentiAmps)>,
    most_drawn: u16,
    before_probe: u16,
    /// How many answers in a row came near the cap.
    presses: u8,
}

impl Demand {
    /// So long an offer must stand before what the car leaves of it is for others.
    const SETTLES: Duration = Duration::from_secs(30);
    /// Less than this under the offer is the car's own way of staying below it.
    const SLACK: u16 = 50;
    /// What it is left beyond what it draws; probes offer two more. Cars were seen to stay 0.7 to 1.4 A under what they
    /// are offered: with only 1 A, one that wants more could not be told from one that does not.
    const HEADROOM: u16 = 200;
    const PROBE: u16 = 200;
    /// Less than this under its cap it has begun to want more; so many answers in a row say so, and a probe begins at
    /// once.
    const PRESSES: u16 = 150;
    const PRESSING_ANSWERS: u8 = 3;
    /// The first probe of a car that does not press, in seconds; each vain one doubles the time to the next, up to 80 minutes.
    const PROBE_AFTER: u64 = 300;
    const MOST_DOUBLINGS: u8 = 4;

    /// The most it is worth offering, while that is known.
    pub(crate) fn cap(&self) -> Option<CentiAmps> {
        let probe = if self.probing { Self::PROBE } else { 0 };
        self.cap.map(|cap| CentiAmps::new(cap.saturating_add(probe)))
    }

    /// When a probe lifts the cap.
    pub(crate) fn next_probe(&self) -> Option<Instant> {
        self.cap.is_some().then_some(self.next_probe).filter(|_| !self.probing)
    }

    /// The session is over: the next car may want anything.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn note(&mut self, now: Instant, reading: &Reading) {
        if self.cap.is_some() && !self.probing && now >= self.next_probe {
            self.probe();
        }
        let Reading { offered, reported, drawn, charging } = *reading;
        if !charging || reported != offered {
            (self.steady, self.presses) = (None, 0);
            return;
        }
        self.note_pressing(offered, drawn.value());
        let (since, _) = *match &mut self.steady {
            Some(steady) if steady.1 == offered => steady,
            other => {
                self.most_drawn = 0;
                other.insert((now, offered))
            }
        };
        self.most_drawn = self.most_drawn.max(drawn.value());
        if now >= since + Self::SETTLES {
            self.settle(now, offered.value());
            self.steady = Some((now, offered));
            self.most_drawn = drawn.value();
        }
    }

    fn probe(&mut self) {
        (self.probing, self.before_probe, self.steady, self.presses) = (true, self.most_drawn, None, 0);
    }

    /// A car that comes near its cap is asked at once whether it wants more; one that
    /// comes as near to a probe does.
    fn note_pressing(&mut self, offered: CentiAmps, drawn: u16) {
        let Some(cap) = self.cap() else { return };
        let presses = offered >= cap && drawn.saturating_add(Self::PRESSES) >= offered.value();
        self.presses = if presses { self.presses.saturating_add(1) } else { 0 };
        if self.presses < Self::PRESSING_ANSWERS {
            return;
        }
        if self.probing {
            *self = Self::default();
        } else {
            self.probe();
        }
    }

    /// The offer has stood long enough to say what the car makes of it.
    fn settle(&mut self, now: Instant, offered: u16) {
        let wanted = self.most_drawn.saturating_add(Self::HEADROOM).div_ceil(100).saturating_mul(100);
        let wanted = wanted.max(FLOOR.value());
        let leaves_some = self.most_drawn.saturating_add(Self::SLACK) < offered && wanted < offered;
        let probed = core::mem::take(&mut self.probing);
        if probed {
            if self.most_drawn > self.before_probe.saturating_add(Self::SLACK) {
                // It follows: whatever bound it is gone.
                (self.cap, self.vain_probes) = (None, 0);
                return;
            }
            let wait = Duration::from_secs(Self::PROBE_AFTER << self.vain_probes.min(Self::MOST_DOUBLINGS));
            self.vain_probes = self.vain_probes.saturating_add(1);
            self.next_probe = now + wait;
        }
        // What a probe shows is as true as what was seen before it.
        if leaves_some && self.cap.is_none_or(|cap| wanted < cap || probed) {
            if self.cap.is_none() {
                self.next_probe = now + Duration::from_secs(Self::PROBE_AFTER);
            }
            self.cap = Some(wanted);
        }
    }
}

/// A car that falls to 6 A at any raise and stays there, and what was tried.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Latch {
    stuck_since: Option<Instant>,
    /// Until when the cure is offered.
    holding: Option<Instant>,
    hour: Instant,
    tried: u8,
}

impl Latch {
    /// So long it must sit there to count as stuck.
    const STUCK: Duration = Duration::from_secs(20);
    /// What a car at the 6 A level draws: about 5.2 A; a unit that over-reads shows up to 6.64 A.
    const LEVEL: core::ops::RangeInclusive<u16> = 450..=670;
    /// What it must have been offered to count as stuck and not as obedient.
    const RAISED: CentiAmps = CentiAmps::from_amps(8);

    pub(crate) fn note(&mut self, now: Instant, reading: &Reading) {
        let stuck = reading.charging
            && reading.reported == reading.offered
            && reading.offered >= Self::RAISED
            && Self::LEVEL.contains(&reading.drawn.value());
        if !stuck || self.holding.is_some() {
            self.stuck_since = None;
        } else if self.stuck_since.is_none() {
            self.stuck_since = Some(now);
        }
    }

    /// What to offer against it now, if anything: all of it or nothing.
    pub(crate) fn cure(&mut self, now: Instant, cure: &LatchCure) -> Option<CentiAmps> {
        if let Some(until) = self.holding {
            if now < until {
                return Some(cure.amps);
            }
            self.holding = None;
        }
        if now >= self.hour + Duration::from_secs(3_600) {
            (self.hour, self.tried) = (now, 0);
        }
        let stuck = self.stuck_since.is_some_and(|since| now >= since + Self::STUCK);
        (stuck && self.tried < cure.per_hour).then_some(cure.amps)
    }

    /// The whole amount has been granted; true when that begins a new try.
    pub(crate) fn granted(&mut self, now: Instant, cure: &LatchCure) -> bool {
        let begins = self.holding.is_none();
        if begins {
            self.holding = Some(now + cure.hold);
            self.tried = self.tried.saturating_add(1);
        }
        begins
    }

    /// It is not free any more: dropped at once.
    pub(crate) fn drop_cure(&mut self) {
        self.holding = None;
    }

    /// Whether it looks stuck, so that what it draws says nothing about what it wants.
    pub(crate) fn suspects(&self) -> bool {
        self.stuck_since.is_some() || self.holding.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Profile;

    fn at(offered: u16, drawn: u16) -> Reading {
        let offered = CentiAmps::from_amps(offered);
        Reading { offered, reported: offered, drawn: CentiAmps::new(drawn), charging: true }
    }

    fn feed(demand: &mut Demand, seconds: core::ops::Range<u64>, reading: &Reading) {
        for second in seconds {
            demand.note(Instant::from_secs(second), reading);
        }
    }

    #[test]
    fn a_car_that_leaves_some_is_capped_at_two_amperes_more_after_thirty_seconds() {
        let mut demand = Demand::default();
        feed(&mut demand, 0..30, &at(32, 1_190));
        assert_eq!(demand.cap(), None);
        feed(&mut demand, 30..31, &at(32, 1_190));
        assert_eq!(demand.cap(), Some(CentiAmps::from_amps(14)));
    }

    #[test]
    fn a_car_that_stays_below_its_offer_as_cars_do_is_not_capped() {
        let mut demand = Demand::default();
        for drawn in [3_130, 3_060, 3_100] {
            feed(&mut demand, 0..300, &at(32, drawn));
        }
        assert_eq!(demand.cap(), None);
    }

    #[test]
    fn unchanged_current_leaves_the_cap_alone_and_a_probe_that_is_followed_lifts_it() {
        let mut demand = Demand::default();
        feed(&mut demand, 0..31, &at(32, 1_150));
        let cap = demand.cap().unwrap();
        assert_eq!(cap, CentiAmps::from_amps(14));
        for second in 31..330 {
            let drawn = if second % 2 == 0 { 1_150 } else { 1_195 };
            demand.note(Instant::from_secs(second), &at(14, drawn));
            assert_eq!(demand.cap(), Some(cap), "{second}");
        }
        feed(&mut demand, 330..331, &at(14, 1_150));
        assert_eq!(demand.cap(), Some(CentiAmps::from_amps(16)));
        feed(&mut demand, 331..362, &at(16, 1_400));
        assert_eq!(demand.cap(), None);
    }

    #[test]
    fn a_car_that_comes_near_its_cap_is_probed_within_seconds_and_let_go() {
        let mut demand = Demand::default();
        feed(&mut demand, 0..31, &at(32, 1_150));
        feed(&mut demand, 31..50, &at(14, 1_150));
        // Cars stay up to 1.4 A under what they are offered.
        feed(&mut demand, 50..53, &at(14, 1_260));
        assert_eq!(demand.cap(), Some(CentiAmps::from_amps(16)));
        feed(&mut demand, 53..55, &at(16, 1_300));
        feed(&mut demand, 55..58, &at(16, 1_460));
        assert_eq!(demand.cap(), None);
    }

    #[test]
    fn a_car_that_comes_near_its_cap_and_takes_no_more_is_asked_once() {
        let mut demand = Demand::default();
        feed(&mut demand, 0..31, &at(32, 1_150));
        let mut probes = 0;
        for second in 31..250 {
            let cap = demand.cap().unwrap();
            let before = demand.probing;
            let reading = Reading { offered: cap, reported: cap, drawn: CentiAmps::new(1_260), charging: true };
            demand.note(Instant::from_secs(second), &reading);
            probes += u32::from(demand.probing && !before);
        }
        assert_eq!((probes, demand.cap()), (1, Some(CentiAmps::from_amps(15))));
    }

    #[test]
    fn a_vain_probe_comes_back_later() {
        let mut demand = Demand::default();
        feed(&mut demand, 0..31, &at(32, 1_150));
        feed(&mut demand, 31..331, &at(14, 1_150));
        feed(&mut demand, 331..362, &at(16, 1_150));
        assert_eq!(demand.cap(), Some(CentiAmps::from_amps(14)));
        assert!(demand.next_probe().is_some_and(|at| at > Instant::from_secs(650)));
    }

    #[test]
    fn the_cure_is_tried_so_often_an_hour_and_only_on_a_car_seen_stuck() {
        let cure = Profile::TESLA_LATCH.latch.unwrap();
        let mut latch = Latch::default();
        let mut cures = 0;
        for second in 1..3_600 {
            let now = Instant::from_secs(second);
            latch.note(now, &at(12, 520));
            if latch.cure(now, &cure).is_some() {
                cures += u32::from(latch.granted(now, &cure));
            }
        }
        assert_eq!(cures, 3);
        let mut content = Latch::default();
        for second in 0..3_600 {
            let now = Instant::from_secs(second);
            content.note(now, &at(6, 520));
            content.note(now, &at(12, 1_100));
            assert_eq!(content.cure(now, &cure), None);
        }
    }
}
