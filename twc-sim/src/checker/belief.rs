//! What a master may still hold to be in force, where what it was told in time would free more.
//!
//! A master that goes by `docs/safety.md` frees amps later than the judge counts them out. Its answers carry no number,
//! so after a window without one, an answer may be a late one to that request and frees nothing (*late answers*);
//! three readings in a row above a limit count (*measured current*); and what comes when nobody asked can only raise
//! (*stale answers*). That is asked when room is looked for, and nowhere else.

use core::time::Duration;

use twc_proto::Instant;

use super::tolerance;

/// So long after its window an answer may still come in, where nothing on the way holds it back.
const LATE: Duration = Duration::from_millis(2_500);
/// What a converter may hold back on top.
const CONVERTER: Duration = Duration::from_secs(7);
/// Two exchanges in a row must show a lowering before it counts.
const CONFIRMATIONS: u8 = 2;
/// So many readings in a row above the limit count.
const READINGS: u8 = 3;

/// How long a missed answer may still be on its way.
pub(super) fn late(is_slow: bool) -> Duration {
    if is_slow { LATE + CONVERTER } else { LATE }
}

/// What one exchange has shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown {
    /// It was answered once, at this time.
    pub(super) at: Option<Instant>,
    /// It began after the limit it may confirm was sent.
    pub(super) may_confirm: bool,
    pub(super) limit: u32,
    pub(super) drawn: u32,
}

/// What is believed of one slave.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Belief {
    held: u32,
    confirmed: u8,
    unclear_until: Instant,
    readings: u8,
    overdrawn: u32,
}

impl Belief {
    /// The most it may hold, by what is believed.
    pub(super) fn amps(&self) -> u32 {
        self.held.max(self.overdrawn)
    }

    /// It may have this much.
    pub(super) fn raise(&mut self, amps: u32) {
        self.held = self.held.max(amps);
    }

    /// It was told something else than before.
    pub(super) fn begin_anew(&mut self) {
        self.confirmed = 0;
    }

    /// Until then an answer may be one to a request before that seemed to stay unanswered.
    pub(super) fn blur(&mut self, until: Instant) {
        self.confirmed = 0;
        self.unclear_until = self.unclear_until.max(until);
    }

    /// Something came that nobody had asked for just now.
    pub(super) fn stray(&mut self, limit: u32) {
        self.confirmed = 0;
        self.raise(limit);
    }

    /// An exchange is over that was answered. Returns whether what it was told is all that it may have.
    pub(super) fn show(&mut self, target: u32, shown: Shown) -> bool {
        let Some(at) = shown.at else {
            self.confirmed = 0;
            return false;
        };
        let exceeds = shown.drawn > shown.limit.saturating_add(tolerance(shown.limit));
        self.readings = if exceeds { self.readings.saturating_add(1) } else { 0 };
        self.overdrawn = match self.readings {
            0 => 0,
            READINGS.. => shown.drawn,
            _ => self.overdrawn,
        };
        let is_low = shown.limit <= target && shown.drawn <= target.saturating_add(tolerance(target));
        let counts = is_low && shown.may_confirm && at >= self.unclear_until;
        self.confirmed = if counts { (self.confirmed + 1).min(CONFIRMATIONS) } else { 0 };
        let is_certain = self.confirmed == CONFIRMATIONS;
        if is_certain {
            self.held = target;
        }
        is_certain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGET: u32 = 600;

    fn at(secs: u64) -> Instant {
        Instant::from_secs(secs)
    }

    /// One that held 12 A and was told 6, at 10 s.
    fn told() -> Belief {
        let mut belief = Belief::default();
        belief.raise(1_200);
        belief.begin_anew();
        belief
    }

    fn answers(belief: &mut Belief, secs: u64, drawn: u32) -> bool {
        let shown = Shown { at: Some(at(secs)), may_confirm: true, limit: TARGET, drawn };
        belief.show(TARGET, shown)
    }

    #[test]
    fn two_answers_in_a_row_free_amps() {
        let mut belief = told();
        assert!(!answers(&mut belief, 11, 500));
        assert_eq!(belief.amps(), 1_200);
        assert!(answers(&mut belief, 12, 500));
        assert_eq!(belief.amps(), TARGET);
    }

    #[test]
    fn after_a_missed_one_answers_free_nothing_until_no_late_one_can_be_on_its_way() {
        for (is_slow, clear) in [(false, 14), (true, 21)] {
            let mut belief = told();
            belief.blur(at(11) + late(is_slow));
            assert!((12..=clear).all(|secs| !answers(&mut belief, secs, 500)), "{is_slow}");
            assert!(answers(&mut belief, clear + 1, 500));
        }
    }

    #[test]
    fn a_stray_answer_begins_the_count_anew_and_raises() {
        let mut belief = told();
        answers(&mut belief, 11, 500);
        belief.stray(1_600);
        assert!(!answers(&mut belief, 12, 500));
        assert_eq!(belief.amps(), 1_600);
        assert!(answers(&mut belief, 13, 500));
    }

    #[test]
    fn three_readings_in_a_row_above_the_limit_count_while_they_last() {
        let mut belief = told();
        answers(&mut belief, 11, 500);
        answers(&mut belief, 12, 500);
        for (secs, drawn, amps) in [(13, 900, 600), (14, 900, 600), (15, 850, 850), (16, 900, 900), (17, 690, 600)]
        {
            answers(&mut belief, secs, drawn);
            assert_eq!(belief.amps(), amps, "{secs}");
        }
    }
}
