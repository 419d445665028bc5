//! From what is available to what is aimed at: down at once, up in steps.

use core::time::Duration;

use twc_proto::Instant;

use super::Pool;

/// Errors up to this are not worth a change, in hundredths of an ampere.
const DEAD_BAND: i32 = 30;
/// Rises up to this are taken whole.
const TRIM: i32 = 50;
/// Two opposite changes within this time are a swing.
const SWING: Duration = Duration::from_secs(300);
/// After so long without a swing half of what it cost is given back.
const CALM: Duration = Duration::from_secs(600);
/// A quarter of the headroom, halved at most so often.
const MOST_HALVINGS: u8 = 4;

/// Follows a pool without swinging.
#[derive(Debug, Clone, Default)]
pub(super) struct Regulator {
    target: Option<Pool>,
    halvings: u8,
    last_rise: Option<Instant>,
    last_fall: Option<Instant>,
    swung: Instant,
}

impl Regulator {
    /// The pool aimed at, after a sample that says `available`. One ampere is worth `amp_watts`.
    pub(super) fn step(&mut self, now: Instant, available: Pool, amp_watts: i32) -> Pool {
        let Some(target) = self.target else {
            // The start is careful too: a quarter of what is there would be as arbitrary as all of it.
            return *self.target.insert(available);
        };
        let shift = 2 + u32::from(self.halvings);
        let next = target.zip(available, |from, to| follow(from, to, amp_watts, shift));
        self.note_swing(now, next.total().saturating_sub(target.total()));
        *self.target.insert(next)
    }

    fn note_swing(&mut self, now: Instant, change: i32) {
        let opposite = match change {
            0 => None,
            1.. => {
                self.last_rise = Some(now);
                self.last_fall.take()
            }
            _ => {
                self.last_fall = Some(now);
                self.last_rise.take()
            }
        };
        if opposite.is_some_and(|at| now.since(at) < SWING) {
            self.halvings = (self.halvings + 1).min(MOST_HALVINGS);
            self.swung = now;
        } else if self.halvings > 0 && now.since(self.swung) >= CALM {
            self.halvings -= 1;
            self.swung = now;
        }
    }
}

fn follow(from: i32, to: i32, amp_watts: i32, shift: u32) -> i32 {
    let error = to.saturating_sub(from);
    let amps = |hundredths: i32| amp_watts.saturating_mul(hundredths) / 100;
    match error {
        _ if error.saturating_abs() <= amps(DEAD_BAND) => from,
        ..0 => to,
        _ if error <= amps(TRIM) => to,
        _ => from.saturating_add((error >> shift).max(amps(TRIM))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(regulator: &mut Regulator, second: u64, watts: i32) -> i32 {
        regulator.step(Instant::from_secs(second), Pool::Total(watts), 690).total()
    }

    #[test]
    fn it_falls_at_once_and_rises_by_a_quarter() {
        let mut regulator = Regulator::default();
        step(&mut regulator, 0, 6_000);
        assert_eq!(step(&mut regulator, 10, 2_000), 2_000);
        // The fall is long ago, so nothing swings.
        assert_eq!(step(&mut regulator, 1_000, 6_000), 3_000);
        assert_eq!(step(&mut regulator, 1_010, 6_000), 3_750);
    }

    #[test]
    fn small_errors_change_nothing_and_small_rises_are_taken_whole() {
        let mut regulator = Regulator::default();
        step(&mut regulator, 0, 6_000);
        assert_eq!(step(&mut regulator, 10, 6_200), 6_000);
        assert_eq!(step(&mut regulator, 20, 5_800), 6_000);
        assert_eq!(step(&mut regulator, 30, 6_300), 6_300);
    }

    #[test]
    fn swings_halve_the_gain_and_calm_gives_it_back() {
        let mut regulator = Regulator::default();
        for cycle in 0..10 {
            step(&mut regulator, cycle * 20, 9_000);
            step(&mut regulator, cycle * 20 + 10, 1_000);
        }
        assert_eq!(regulator.halvings, 4);
        let swinging = step(&mut regulator, 200, 9_000) - 1_000;
        assert_eq!(swinging, 345, "half an ampere, the least");
        for minute in 1..=60 {
            step(&mut regulator, 200 + minute * 60, 9_000);
        }
        assert_eq!(regulator.halvings, 0);
    }
}
