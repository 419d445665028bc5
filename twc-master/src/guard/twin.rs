//! Two units with one id: both obey what is sent to it, and both answer.

use twc_proto::Sign;

use super::Guard;

/// What a spoilt window adds to the suspicion; a clean one takes 1 away. A third of all windows keeps it level.
const SPOILT: u8 = 3;
/// From here on a slave is suspected.
const SUSPECTED: u8 = 24;
/// Above this the bus, and not a unit, may be what spoils windows.
const NOISE: u8 = 6;

/// What speaks for a second unit with the same id.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Twin {
    /// Windows with two different answers, or with damage and no answer.
    spoilt: u8,
    /// The window under way saw damage.
    damaged: bool,
    /// Its sign before the present one.
    former: Option<Sign>,
}

impl Guard {
    /// A slave announced itself with another sign. True when it had that sign before: a sign is drawn anew at every
    /// start, so one that returns belongs to another unit.
    pub(crate) fn changed_sign(&mut self, slot: usize, from: Sign, to: Sign) -> bool {
        let Some(ledger) = self.ledger_mut(slot) else { return false };
        ledger.twin.former.replace(from) == Some(to)
    }

    /// Something damaged came in while an answer of this slave was awaited.
    pub(crate) fn window_damaged(&mut self, slot: usize) {
        if let Some(ledger) = self.ledger_mut(slot) {
            ledger.twin.damaged = true;
        }
    }

    /// A window has closed. True when this makes a second unit with the same id likely.
    pub(crate) fn window_closed(&mut self, slot: usize, answer: WindowShows) -> bool {
        let others_suffer = self.ledgers.iter().enumerate().any(|(other, ledger)| {
            other != slot && ledger.as_ref().is_some_and(|ledger| ledger.twin.spoilt > NOISE)
        });
        let alone = self.ledgers.iter().flatten().count() < 2;
        let Some(ledger) = self.ledger_mut(slot) else { return false };
        let damaged = core::mem::take(&mut ledger.twin.damaged);
        let spoilt = match answer {
            WindowShows::Two => true,
            WindowShows::One => false,
            // With nobody to compare, damage is the cable's.
            WindowShows::None => damaged && !alone,
        };
        let change = if spoilt { SPOILT } else { 0 };
        ledger.twin.spoilt = ledger.twin.spoilt.saturating_sub(u8::from(!spoilt)).saturating_add(change);
        let suspected = spoilt && ledger.twin.spoilt >= SUSPECTED;
        ledger.twin.spoilt = ledger.twin.spoilt.min(SUSPECTED);
        suspected && !others_suffer
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
