//! What happens in a soak: a random walk that knows what it has done, so that nothing it does is impossible.

use core::time::Duration;

use super::line;
use crate::car::CarProfile;
use crate::charger::ChargerConfig;
use crate::fault::FaultRates;
use crate::rng::Rng;
use crate::scenario::{Action, Timed, Visit, WattHours};

/// Longest time between two events.
const PAUSE: u64 = 60;
/// Nobody is mute or deaf for longer.
const LONGEST_MUTENESS: u64 = 90;
/// A master that was killed is back by then.
const LONGEST_ABSENCE: u64 = 20;
/// A driver gives a connection up that takes nothing for 2 s.
const LONGEST_STALL_MILLIS: u64 = 1_800;
/// Who comes. One that takes more than it is offered is left out: nobody promises anything about its current.
const CARS: [&str; 9] =
    ["tesla", "tesla_2014", "tesla_2018", "tesla_2019", "i3", "zoe", "leaf", "fiat_500e", "changes_phases"];
/// More than a car takes while it is watched.
const HUNGRY: WattHours = WattHours(100_000);

pub(super) struct Story {
    rng: Rng,
    units: Vec<Unit>,
    has_converter: bool,
    has_master: bool,
    told: Vec<Timed>,
}

#[derive(Clone, Copy)]
struct Unit {
    has_car: bool,
    is_powered: bool,
}

impl Story {
    pub(super) fn new(rng: Rng, chargers: &[ChargerConfig], has_converter: bool) -> Self {
        let units = vec![Unit { has_car: false, is_powered: true }; chargers.len()];
        Self { rng, units, has_converter, has_master: true, told: Vec::new() }
    }

    /// Everything until `trouble` is over, and how it is put right then.
    pub(super) fn tell(mut self, trouble: Duration) -> Vec<Timed> {
        let mut time = Duration::ZERO;
        loop {
            time += Duration::from_secs(self.rng.below(PAUSE));
            if time >= trouble {
                break;
            }
            if !self.has_master {
                self.has_master = true;
                self.happens(time, Action::StartMaster);
                continue;
            }
            let action = self.next();
            if action == Action::KillMaster {
                self.has_master = false;
                self.happens(time, action);
                time += Duration::from_secs(self.rng.below(LONGEST_ABSENCE));
            } else {
                self.happens(time, action);
            }
        }
        self.put_right(trouble);
        self.told
    }

    fn happens(&mut self, time: Duration, action: Action) {
        self.told.push(Timed { time, action });
    }

    fn next(&mut self) -> Action {
        let which = self.rng.below(self.units.len() as u64) as usize;
        let span = Duration::from_secs(self.rng.below(LONGEST_MUTENESS));
        match self.rng.below(13) {
            0..=4 => self.come_or_go(which),
            5 => Action::Silence(which, span),
            6 => Action::Deafen(which, span),
            7 => Action::Reset(which),
            8 => self.switch(which),
            9 if self.rng.below(2) == 0 => Action::PauseCar(which),
            9 => Action::ResumeCar(which),
            10 => Action::KillMaster,
            11 if self.has_converter => {
                let span = Some(Duration::from_millis(self.rng.below(LONGEST_STALL_MILLIS)));
                Action::Stall { to_bus: span, from_bus: span }
            }
            _ => Action::Fault(line(&mut self.rng)),
        }
    }

    fn come_or_go(&mut self, which: usize) -> Action {
        let name = CARS[self.rng.below(CARS.len() as u64) as usize];
        let wants = WattHours(500 + self.rng.below(10_000) as u32);
        let car = CarProfile::by_name(name).unwrap_or_else(CarProfile::tesla);
        let unit = &mut self.units[which];
        unit.has_car = !unit.has_car;
        if unit.has_car { Action::Plug(which, Visit::new(car, wants)) } else { Action::Unplug(which) }
    }

    fn switch(&mut self, which: usize) -> Action {
        let unit = &mut self.units[which];
        unit.is_powered = !unit.is_powered;
        Action::Power(which, unit.is_powered)
    }

    /// A clean line, power everywhere, a master, and a hungry car at every unit.
    fn put_right(&mut self, time: Duration) {
        self.happens(time, Action::Fault(FaultRates::NONE));
        if !self.has_master {
            self.happens(time, Action::StartMaster);
        }
        for (which, unit) in self.units.clone().into_iter().enumerate() {
            if unit.has_car {
                self.happens(time, Action::Unplug(which));
            }
            self.happens(time, Action::Power(which, true));
            self.happens(time, Action::Silence(which, Duration::ZERO));
            self.happens(time, Action::Deafen(which, Duration::ZERO));
            self.happens(time, Action::Plug(which, Visit::new(CarProfile::tesla(), HUNGRY)));
        }
    }
}
