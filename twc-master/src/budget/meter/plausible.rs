//! Values that cannot be true, or that do not follow what we do.

use super::{MeterConfig, Reading, Rejected, Watts};
use crate::budget::phases::PerPhase;

/// Less than this may change its sign at any time: 3 A.
const FLIP_CENTIAMPS: i32 = 300;
/// The same as power on one phase.
const FLIP_WATTS: i32 = 700;
/// A change of our own draw that a meter must notice, and that may itself explain a flip: 5 A.
const NOTICEABLE: i32 = 500;
/// So many samples may be equal while our draw changes.
const EQUAL_SAMPLES: u8 = 3;
/// Volts that no phase exceeds, for the largest power that can be true.
const LARGEST_VOLTS: i64 = 300;

#[derive(Debug, Clone)]
pub(super) struct Plausible {
    flips: u8,
    equal: u8,
    own_then: PerPhase,
    own_before: PerPhase,
    stuck: bool,
}

impl Plausible {
    pub(super) const fn new() -> Self {
        Self { flips: 0, equal: 0, own_then: PerPhase::ZERO, own_before: PerPhase::ZERO, stuck: false }
    }

    /// Whether the meter stands still while our draw does not.
    pub(super) const fn is_stuck(&self) -> bool {
        self.stuck
    }

    pub(super) fn check(
        &mut self,
        config: &MeterConfig,
        reading: &Reading,
        before: Option<&Reading>,
        own: PerPhase,
    ) -> Result<(), Rejected> {
        if reading.centiamps.is_none() && reading.watts.is_none() {
            return Err(Rejected::Empty);
        }
        if is_absurd(config, reading) {
            return Err(Rejected::Absurd);
        }
        let Some(before) = before else {
            (self.own_then, self.own_before) = (own, own);
            return Ok(());
        };
        let we_moved = moved(own, self.own_before) >= NOTICEABLE;
        if is_flipped(reading, before) && !we_moved && self.flips == 0 {
            self.flips = 1;
            return Err(Rejected::SignFlip);
        }
        self.flips = 0;
        self.own_before = own;
        self.note_standstill(config, reading == before, own);
        Ok(())
    }

    fn note_standstill(&mut self, config: &MeterConfig, same: bool, own: PerPhase) {
        if !same || !config.sees_us {
            (self.equal, self.own_then, self.stuck) = (0, own, false);
            return;
        }
        self.equal = self.equal.saturating_add(1);
        self.stuck |= self.equal >= EQUAL_SAMPLES && moved(own, self.own_then) >= NOTICEABLE;
    }
}

fn moved(a: PerPhase, b: PerPhase) -> i32 {
    a.minus(b).map(i32::saturating_abs).0.into_iter().max().unwrap_or(0)
}

fn is_absurd(config: &MeterConfig, reading: &Reading) -> bool {
    let largest = i64::from(config.largest.value());
    let amps = |phases: PerPhase| phases.0.iter().any(|amps| i64::from(*amps).abs() > largest);
    let per_phase = largest * LARGEST_VOLTS / 100;
    let watts = match reading.watts {
        None => false,
        Some(Watts::Total(watts)) => i64::from(watts).abs() > 3 * per_phase,
        Some(Watts::Phases(watts)) => watts.0.iter().any(|watts| i64::from(*watts).abs() > per_phase),
    };
    watts || reading.centiamps.is_some_and(amps)
}

/// Whether everything that is not small came back with the opposite sign.
fn is_flipped(reading: &Reading, before: &Reading) -> bool {
    let amps = match (reading.centiamps, before.centiamps) {
        (Some(new), Some(old)) => compare(&new.0, &old.0, FLIP_CENTIAMPS),
        _ => Flip::Silent,
    };
    let watts = match (reading.watts, before.watts) {
        (Some(Watts::Phases(new)), Some(Watts::Phases(old))) => compare(&new.0, &old.0, FLIP_WATTS),
        (Some(new), Some(old)) => compare(&[new.total()], &[old.total()], FLIP_WATTS),
        _ => Flip::Silent,
    };
    matches!((amps, watts), (Flip::Yes, Flip::Yes | Flip::Silent) | (Flip::Silent, Flip::Yes))
}

enum Flip {
    Yes,
    No,
    /// Nothing large enough to say.
    Silent,
}

fn compare(new: &[i32], old: &[i32], threshold: i32) -> Flip {
    let mut large = new.iter().zip(old).filter(|(_, old)| old.saturating_abs() >= threshold).peekable();
    if large.peek().is_none() {
        return Flip::Silent;
    }
    let opposite =
        |(new, old): (&i32, &i32)| new.saturating_add(*old).saturating_abs() <= old.saturating_abs() / 8;
    if large.all(opposite) { Flip::Yes } else { Flip::No }
}
