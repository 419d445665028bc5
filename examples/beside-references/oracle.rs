//! Reference (c): knows every second to come, and is bound by the same floor, fuse and minimum times.

mod plan;

use std::time::Duration;

use twc_master::Master;
use twc_master::share::Any;
use twc_proto::Instant;
use twc_sim::{House, MeterSample};

use self::plan::Plan;
use crate::policy::{Hands, Policy, amperes, is_night, status};
use crate::world::{Days, EACH, FUSE, PHASES_USED, UNITS, house, sky};

/// A stopped car goes on for half a minute, so it is stopped so much earlier.
const STOPS_EARLY: Duration = Duration::from_secs(30);
/// So far ahead it looks for a lack of sun, and for a load: as long as a car takes to follow.
const FOLLOWS: u64 = 5;
const VOLTS: i64 = 230;

/// What a second is like without any car.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Second {
    /// Watts left over; negative while the house takes from the grid.
    pub(crate) spare: i32,
    /// From the grid on each phase, in centiamps.
    pub(crate) grid: [i32; 3],
}

#[derive(Debug)]
pub(crate) struct Oracle {
    hands: Hands,
    seconds: Vec<Second>,
    plan: Plan,
}

impl Oracle {
    pub(crate) fn new(days: &Days) -> Self {
        let seconds = future(days);
        let plan = Plan::new(&seconds);
        Self { hands: Hands::default(), seconds, plan }
    }

    /// The seconds in which what is offered now has its effect.
    fn ahead(&self, now: Instant) -> impl Iterator<Item = &Second> {
        let from = now.as_millis() / 1_000;
        (from..=from + FOLLOWS).filter_map(|second| self.seconds.get(second as usize))
    }

    /// What the fuse leaves on a phase, in centiamps.
    fn free(&self, now: Instant, phase: usize) -> i64 {
        let most = self.ahead(now).map(|second| i64::from(second.grid[phase])).max().unwrap_or(0);
        i64::from(FUSE) - most.max(0)
    }
}

impl Policy for Oracle {
    fn handle_meter(&mut self, _: Instant, _: &MeterSample) {}

    fn steer(&mut self, now: Instant, master: &mut Master<Any>) {
        let statuses = UNITS.map(|unit| status(master, unit));
        let asks = [0, 1].map(|unit| self.hands.asks(now, unit, statuses[unit].as_ref()));
        let spare = self.ahead(now).map(|second| i64::from(second.spare)).min().unwrap_or(0);
        let planned = if is_night(now) { [true; 2] } else { self.plan.on(now, STOPS_EARLY) };
        let on = [asks[0] && planned[0], asks[1] && planned[1]];
        let shares = if is_night(now) { on.map(|on| if on { 16 } else { 0 }) } else { divide(spare, on) };
        // The first car is on all phases, the second on the first; both share that one.
        let first = self.free(now, 0);
        let others = self.free(now, 1).min(self.free(now, 2));
        let mut amps = [shares[0].min(others / 100), shares[1]];
        while amps[0] + amps[1] > first / 100 && amps.iter().any(|amps| *amps > 6) {
            let larger = usize::from(amps[1] > amps[0]);
            amps[larger] -= 1;
        }
        for unit in (0..UNITS.len()).filter(|unit| asks[*unit]) {
            let offer = on[unit].then(|| amperes(amps[unit].clamp(6, 16)));
            self.hands.offer(now, unit, offer, master);
        }
    }
}

/// Amperes: the floor for whoever is on, then as much for the first car as leaves the second its floor, then the rest.
fn divide(spare: i64, on: [bool; 2]) -> [i64; 2] {
    let most = i64::from(EACH.value()) / 100;
    let watts = PHASES_USED.map(|phases| VOLTS * i64::from(phases));
    let floors = [0, 1].map(|unit| if on[unit] { 6 } else { 0 });
    let first = if on[0] { ((spare - floors[1] * watts[1]) / watts[0]).clamp(6, most) } else { 0 };
    let second = if on[1] { ((spare - first * watts[0]) / watts[1]).clamp(6, most) } else { 0 };
    [first, second]
}

/// Lives through the days without a car.
fn future(days: &Days) -> Vec<Second> {
    let mut house: House = house(days);
    let mut seconds = Vec::new();
    for second in 0..days.end().as_millis() / 1_000 {
        let now = Instant::from_secs(second);
        house.handle_timeout(now);
        if second % 86_400 == 0 && second > 0 {
            house.set_solar_profile(now, sky(days, (second / 86_400) as usize));
        }
        while house.poll_sample().is_some() {}
        let spare = i32::try_from(-house.grid_watts()).expect("a house");
        seconds.push(Second { spare, grid: house.grid_centiamps() });
    }
    seconds
}
