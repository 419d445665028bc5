//! Reference (b): evcc's solar mode with its defaults, for two charging points. The facts are from its documentation and
//! its source, the words are ours.

use std::time::Duration;

use twc_master::Master;
use twc_master::share::Any;
use twc_proto::{CentiAmps, Instant};
use twc_sim::MeterSample;

use crate::policy::{Hands, Policy, amperes, is_night, status};
use crate::world::{EACH, PHASES_USED, UNITS};

/// One charging point is looked at every interval, the others in turn.
const INTERVAL: Duration = Duration::from_secs(30);
const ENABLE: Duration = Duration::from_secs(60);
const DISABLE: Duration = Duration::from_secs(180);
/// Power from the grid, in watts, from which on a charging point may be stopped.
const DISABLE_AT: i64 = 0;
/// In centiamps.
const LEAST: i64 = 600;
/// A car that draws less than this does not charge.
const CHARGES: i64 = 100;
/// A car may draw so much less than it is offered before that counts, in centiamps.
const BELOW_OFFER: i64 = 200;
const VOLTS: i64 = 230;

#[derive(Debug, Default)]
pub(crate) struct Evcc {
    hands: Hands,
    grid_watts: i64,
    next: Instant,
    turn: usize,
    points: [Point; UNITS.len()],
}

#[derive(Debug, Default)]
struct Point {
    connected: bool,
    timer: Timer,
}

/// Runs towards a start or a stop.
#[derive(Debug, Default, Clone, Copy)]
enum Timer {
    #[default]
    Idle,
    Since(Instant),
    /// As if it had run out: a car that was just plugged in need not wait.
    Over,
}

impl Timer {
    /// Starts it where it does not run; whether it has run for so long.
    fn runs(&mut self, now: Instant, delay: Duration) -> bool {
        match *self {
            Self::Idle => {
                *self = Self::Since(now);
                false
            }
            Self::Since(since) => now >= since + delay,
            Self::Over => true,
        }
    }
}

impl Policy for Evcc {
    fn handle_meter(&mut self, _: Instant, sample: &MeterSample) {
        self.grid_watts = sample.watts;
    }

    fn steer(&mut self, now: Instant, master: &mut Master<Any>) {
        if now < self.next {
            return;
        }
        self.next = now + INTERVAL;
        let unit = self.turn;
        self.turn = (unit + 1) % UNITS.len();
        let status = status(master, UNITS[unit]);
        let connected = self.hands.asks(now, unit, status.as_ref());
        if connected && !self.points[unit].connected {
            self.points[unit].timer = Timer::Over;
        }
        self.points[unit].connected = connected;
        if connected {
            let drawn = status.map_or(0, |status| i64::from(status.drawn.value()));
            let offer = if is_night(now) { Some(EACH) } else { self.solar(now, unit, drawn) };
            self.hands.offer(now, unit, offer, master);
        }
    }
}

impl Evcc {
    fn solar(&mut self, now: Instant, unit: usize, drawn: i64) -> Option<CentiAmps> {
        let least = Some(amperes(LEAST / 100));
        let timer = &mut self.points[unit].timer;
        let offered = self.hands.offered(unit);
        let charges = drawn >= CHARGES;
        let effective = match offered {
            Some(offered) if charges => (drawn + BELOW_OFFER).min(i64::from(offered.value())),
            _ => 0,
        };
        let more = -self.grid_watts * 100 / (VOLTS * i64::from(PHASES_USED[unit]));
        let target = (effective + more).max(0);
        match offered {
            Some(_) if target < LEAST && self.grid_watts >= DISABLE_AT => {
                if timer.runs(now, DISABLE) {
                    *timer = Timer::Idle;
                    return None;
                }
                least
            }
            Some(_) if target < LEAST => {
                *timer = Timer::Idle;
                least
            }
            None if target >= LEAST => {
                if timer.runs(now, ENABLE) {
                    *timer = Timer::Idle;
                    return least;
                }
                None
            }
            None => {
                *timer = Timer::Idle;
                None
            }
            Some(_) => {
                *timer = Timer::Idle;
                let whole = target.min(i64::from(EACH.value())) / 100;
                Some(amperes(whole))
            }
        }
    }
}
