//! Reference (a): once a minute what the meter shows plus what the cars draw is divided among them.

use std::time::Duration;

use twc_master::Master;
use twc_master::share::Any;
use twc_proto::{CentiAmps, Instant};
use twc_sim::MeterSample;

use crate::policy::{Hands, Policy, amperes, is_night, status};
use crate::world::{EACH, PHASES_USED, UNITS};

/// Between two looks, and at least between a start and a stop.
const MINUTE: Duration = Duration::from_secs(60);
/// The least a wall connector gives, in amperes.
const LEAST: i64 = 6;
const VOLTS: i64 = 230;

#[derive(Debug, Default)]
pub(crate) struct Forum {
    hands: Hands,
    grid_watts: i64,
    next: Instant,
    changed: [Instant; UNITS.len()],
}

impl Policy for Forum {
    fn handle_meter(&mut self, _: Instant, sample: &MeterSample) {
        self.grid_watts = sample.watts;
    }

    fn steer(&mut self, now: Instant, master: &mut Master<Any>) {
        if now < self.next {
            return;
        }
        self.next = now + MINUTE;
        let statuses = UNITS.map(|unit| status(master, unit));
        let drawn = statuses.map(|status| status.map_or(0, |status| i64::from(status.drawn.value())));
        let own: i64 = (0..UNITS.len()).map(|unit| drawn[unit] * watts(unit) / 100).sum();
        let asks: Vec<usize> =
            (0..UNITS.len()).filter(|unit| self.hands.asks(now, *unit, statuses[*unit].as_ref())).collect();
        let shares = if is_night(now) { [Some(EACH); UNITS.len()] } else { divide(own - self.grid_watts, &asks) };
        for unit in asks {
            let is_on = self.hands.offered(unit).is_some();
            if shares[unit].is_some() != is_on {
                if now < self.changed[unit] + MINUTE {
                    continue;
                }
                self.changed[unit] = now;
            }
            self.hands.offer(now, unit, shares[unit], master);
        }
    }
}

/// What an ampere is worth at this unit.
fn watts(unit: usize) -> i64 {
    VOLTS * i64::from(PHASES_USED[unit])
}

/// As many cars as there is a minimum for, in their order; what is left in equal parts, in whole amperes.
fn divide(spare: i64, asks: &[usize]) -> [Option<CentiAmps>; UNITS.len()] {
    let mut shares = [None; UNITS.len()];
    let mut left = spare;
    let mut served = Vec::new();
    for unit in asks {
        if left >= LEAST * watts(*unit) {
            left -= LEAST * watts(*unit);
            served.push(*unit);
        }
    }
    for unit in &served {
        let part = left / i64::try_from(served.len()).expect("two at most");
        let amps = (LEAST + part / watts(*unit)).min(i64::from(EACH.value()) / 100);
        shares[*unit] = Some(amperes(amps));
    }
    shares
}
