//! Two units with one id: both obey what is sent to it, and both answer.

use core::time::Duration;

use twc_proto::{Instant, Sign};

use super::Guard;

/// From here on a slave is suspected. Two different answers in one window add 4, damage and no answer 2, a clean
/// window takes 2 away.
const SUSPECTED: u8 = 40;
/// Damage alone proves nothing, however often one slave has it: its cable may be worse than the others'. Two whole
/// answers in one window, so often since all was clean, do.
const PAIRS: u8 = 3;
/// Two units that wait for a master announce themselves in turn, each every 6 to 10 s.
const TAKE_TURNS: Duration = Duration::from_secs(60);
/// So often they have to. A damaged sign that is corrected returns once, one that was held up on the way while the unit
/// started anew has it return twice.
const TURNS: u8 = 3;

/// What speaks for a second unit with the same id.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Twin {
    score: u8,
    /// Windows with two different answers since the score was last zero.
    pairs: u8,
    /// The window under way saw damage.
    damaged: bool,
    /// Its sign before the present one, and when that was given up.
    former: Option<(Sign, Instant)>,
    /// How often in a row the sign it took was the one that it had given up.
    returns: u8,
}

impl Guard {
    /// A slave announced itself with another sign. True when two signs have taken turns: they are drawn anew at every
    /// start, so one that returns at once again and again belongs to another unit. After a while it may be drawn again.
    pub(crate) fn changed_sign(&mut self, slot: usize, from: Sign, to: Sign, now: Instant) -> bool {
        let Some(ledger) = self.ledger_mut(slot) else { return false };
        let twin = &mut ledger.twin;
        let returns =
            twin.former.replace((from, now)).is_some_and(|(sign, at)| sign == to && now < at + TAKE_TURNS);
        twin.returns = if returns { twin.returns.saturating_add(1) } else { 0 };
        twin.returns >= TURNS
    }

    /// Something damaged came in while an answer of this slave was awaited.
    pub(crate) fn window_damaged(&mut self, slot: usize) {
        if let Some(ledger) = self.ledger_mut(slot) {
            ledger.twin.damaged = true;
        }
    }

    /// A window has closed. True when this makes a second unit with the same id likely.
    pub(crate) fn window_closed(&mut self, slot: usize, answer: WindowShows) -> bool {
        let Some(ledger) = self.ledger_mut(slot) else { return false };
        let twin = &mut ledger.twin;
        let damaged = core::mem::take(&mut twin.damaged);
        twin.score = match answer {
            WindowShows::Two => twin.score.saturating_add(4),
            WindowShows::None if damaged => twin.score.saturating_add(2),
            _ => twin.score.saturating_sub(2),
        };
        twin.pairs = match (twin.score, answer) {
            (0, _) => 0,
            (_, WindowShows::Two) => twin.pairs.saturating_add(1),
            _ => twin.pairs,
        };
        twin.score = twin.score.min(SUSPECTED);
        twin.score == SUSPECTED && twin.pairs >= PAIRS
    }
}

/// What came into a reply window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WindowShows {
    /// No answer.
    None,
    /// One answer, or the same one twice.
    One,
    /// Two different answers.
    Two,
}
