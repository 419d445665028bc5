//! What happens in a soak: a random walk that knows what it has done, so that nothing it does is impossible.

use core::time::Duration;

use twc_proto::{CentiAmps, TwcId};

use super::site::{Site, amount, line};
use super::swarm::{Kind, Swarm};
use crate::car::CarProfile;
use crate::fault::FaultRates;
use crate::rng::Rng;
use crate::scenario::{Action, Limit, Timed, Visit, WattHours};

/// Nobody is mute or deaf for longer, in seconds; half of all are for less than the first of these.
const MUTENESS: [u64; 2] = [35, 150];
/// A master that was killed is back by then, in seconds.
const LONGEST_ABSENCE: u64 = 20;
/// What a converter has taken, it delivers within 5 s.
const LONGEST_STALL_TO_BUS: u64 = 4_500;
/// What comes from the bus may wait longer.
const LONGEST_STALL_FROM_BUS: u64 = 8_000;
/// Another master, or a second unit with the same id, is there for so long at most, in seconds.
const LONGEST_VISIT: u64 = 180;
/// So long after one car has gone the next comes, when all is put right.
const CHANGE_OF_CARS: Duration = Duration::from_secs(20);
/// Who comes.
const CARS: [&str; 11] = [
    "tesla",
    "tesla_2014",
    "tesla_2018",
    "tesla_2019",
    "i3",
    "zoe",
    "leaf",
    "fiat_500e",
    "drops_and_stays",
    "changes_phases",
    "gains_phases",
];
/// Takes more than it is offered.
const GREEDY: &str = "overdraws";
/// What a unit takes unasked, in amps.
const FLOOR: u16 = 6;
/// More than a car takes while it is watched.
const HUNGRY: WattHours = WattHours(100_000);

pub(super) struct Story<'a> {
    rng: Rng,
    site: &'a Site,
    swarm: Swarm,
    units: Vec<Unit>,
    has_master: bool,
    /// Of the site and of each circuit below it, now.
    limits: Vec<u16>,
    told: Vec<Timed>,
    /// What is bound to happen.
    agenda: Vec<Timed>,
}

#[derive(Clone, Copy)]
struct Unit {
    has_car: bool,
    is_powered: bool,
}

impl<'a> Story<'a> {
    pub(super) fn new(mut rng: Rng, site: &'a Site) -> Self {
        let swarm = Swarm::draw(&mut rng, site);
        let mut story = Self {
            rng,
            site,
            swarm,
            units: vec![Unit { has_car: false, is_powered: true }; site.chargers.len()],
            has_master: true,
            limits: Vec::new(),
            told: Vec::new(),
            agenda: Vec::new(),
        };
        story.limits = story.circuits().map(|(_, limit)| limit.amps.value() / 100).collect();
        if let Some(twin) = story.twin() {
            story.happens(Duration::ZERO, Action::Power(twin, false));
        }
        story
    }

    /// Everything until `trouble` is over, and how it is put right then.
    pub(super) fn tell(mut self, trouble: Duration) -> Vec<Timed> {
        let mut next = self.swarm.pause(&mut self.rng);
        loop {
            let bound = self.agenda.iter().enumerate().min_by_key(|(_, timed)| timed.time);
            let bound = bound.map(|(place, timed)| (place, timed.time));
            let time = bound.map_or(next, |(_, time)| time.min(next));
            if time >= trouble {
                break;
            }
            if let Some((place, _)) = bound.filter(|(_, at)| *at <= next) {
                let timed = self.agenda.swap_remove(place);
                self.happens(time, timed.action);
            } else {
                self.turn(time, trouble);
                next = time + self.swarm.pause(&mut self.rng);
            }
        }
        self.put_right(trouble);
        self.told
    }

    fn happens(&mut self, time: Duration, action: Action) {
        let starts = action == Action::StartMaster;
        if let Action::Power(which, is_on) = action {
            self.units[which].is_powered = is_on;
        }
        self.has_master |= starts;
        self.told.push(Timed { time, action });
        if starts {
            // It does not know what limits its predecessor was told.
            let now = self.circuits().map(|(node, _)| node).zip(self.limits.clone());
            let again = now.map(|(node, amps)| Timed { time, action: Action::Limit(node, amount(amps)) });
            let again: Vec<Timed> = again.collect();
            self.told.extend(again);
        }
    }

    fn later(&mut self, time: Duration, action: Action) {
        self.agenda.push(Timed { time, action });
    }

    fn turn(&mut self, time: Duration, trouble: Duration) {
        let which = self.rng.below(self.units.len() as u64) as usize;
        let span = self.span();
        let visit = Duration::from_secs(self.rng.below(LONGEST_VISIT)).min(trouble.saturating_sub(time));
        let action = match self.swarm.next(&mut self.rng) {
            Kind::Car => self.come_or_go(which),
            Kind::Pause if self.rng.below(2) == 0 => Action::PauseCar(which),
            Kind::Pause => Action::ResumeCar(which),
            Kind::Mute => Action::Silence(which, span),
            Kind::Deaf => Action::Deafen(which, span),
            Kind::Reboot => Action::Reset(which),
            Kind::Power if Some(which) == self.twin() => return,
            Kind::Power => self.switch(which),
            Kind::Forget => Action::ResetLimit(which),
            Kind::Kill => return self.kill(time),
            Kind::Stall => self.stall(),
            Kind::Line => Action::Fault(line(&mut self.rng)),
            Kind::Limit => return self.limit(time, false),
            Kind::Famine => return self.limit(time, true),
            Kind::Stranger => self.intrude(visit),
            Kind::Twin => return self.meet(time, visit),
        };
        self.happens(time, action);
    }

    /// How long somebody is mute or deaf.
    fn span(&mut self) -> Duration {
        let [short, long] = MUTENESS;
        let longest = if self.rng.below(2) == 0 { short } else { long };
        Duration::from_secs(self.rng.below(longest))
    }

    fn come_or_go(&mut self, which: usize) -> Action {
        let place = self.rng.below(CARS.len() as u64 + 1) as usize;
        let usual = CARS.get(place).copied().unwrap_or("tesla");
        let name = if self.swarm.has_greedy_cars && self.rng.below(4) == 0 { GREEDY } else { usual };
        let wants = WattHours(500 + self.rng.below(10_000) as u32);
        let car = CarProfile::by_name(name).unwrap_or_else(CarProfile::tesla);
        let unit = &mut self.units[which];
        unit.has_car = !unit.has_car;
        if unit.has_car { Action::Plug(which, Visit::new(car, wants)) } else { Action::Unplug(which) }
    }

    fn switch(&self, which: usize) -> Action {
        Action::Power(which, !self.units[which].is_powered)
    }

    fn kill(&mut self, time: Duration) {
        if core::mem::take(&mut self.has_master) {
            let absence = Duration::from_secs(self.rng.below(LONGEST_ABSENCE));
            self.happens(time, Action::KillMaster);
            self.later(time + absence, Action::StartMaster);
        }
    }

    fn stall(&mut self) -> Action {
        let span = |rng: &mut Rng, longest| Duration::from_millis(rng.below(longest));
        match self.rng.below(3) {
            0 => {
                let both = Some(span(&mut self.rng, LONGEST_STALL_TO_BUS));
                Action::Stall { to_bus: both, from_bus: both }
            }
            1 => Action::Stall { to_bus: Some(span(&mut self.rng, LONGEST_STALL_TO_BUS)), from_bus: None },
            _ => Action::Stall { to_bus: None, from_bus: Some(span(&mut self.rng, LONGEST_STALL_FROM_BUS)) },
        }
    }

    /// A limit anywhere between nothing and what is configured, or that again.
    fn limit(&mut self, time: Duration, is_famine: bool) {
        let place = self.rng.below(self.limits.len() as u64) as usize;
        let whole = self.rng.below(3) == 0;
        let Some((node, most)) = self.circuits().nth(place) else {
            return;
        };
        let most = most.amps.value() / 100;
        // What every unit on it takes unasked; less is a famine.
        let floors = FLOOR * self.units_on(node) as u16;
        let least = if is_famine { 0 } else { floors.min(most) };
        let amps = if whole { most } else { least + self.rng.below(u64::from(most - least) + 1) as u16 };
        self.limits[place] = amps;
        // A master that starts is told then.
        if self.has_master {
            self.happens(time, Action::Limit(node, amount(amps)));
        }
    }

    fn units_on(&self, node: Option<usize>) -> usize {
        let panel = node.and_then(|node| self.site.nodes.get(node));
        panel.map_or(self.units.len(), |panel| panel.chargers.len())
    }

    fn intrude(&mut self, span: Duration) -> Action {
        let is_clone = self.rng.below(3) == 0;
        let id = if is_clone { TwcId::default() } else { TwcId::new(0xF00D) };
        let limit = CentiAmps::new(601 + self.rng.below(2_600) as u16);
        Action::ForeignMaster { id, span, limit: Some(limit) }
    }

    /// The unit with the first one's id is switched on for a while; then somebody looks, and starts the master anew.
    fn meet(&mut self, time: Duration, span: Duration) {
        let Some(twin) = self.twin().filter(|twin| !self.units[*twin].is_powered) else {
            return;
        };
        self.happens(time, Action::Power(twin, true));
        self.later(time + span, Action::Power(twin, false));
        self.later(time + span, Action::StartMaster);
    }

    fn twin(&self) -> Option<usize> {
        self.site.has_twin.then(|| self.units.len().saturating_sub(1))
    }

    /// The site and the circuits below it, with their limits.
    fn circuits(&self) -> impl Iterator<Item = (Option<usize>, Limit)> + use<'a> {
        let below = self.site.nodes.iter().enumerate().map(|(node, circuit)| (Some(node), circuit.limit));
        core::iter::once((None, self.site.limit)).chain(below)
    }

    /// A clean line, full limits, power everywhere, a master, and soon a hungry car at every unit.
    fn put_right(&mut self, time: Duration) {
        self.happens(time, Action::Fault(FaultRates::NONE));
        self.limits = self.circuits().map(|(_, limit)| limit.amps.value() / 100).collect();
        let twin = self.twin();
        if let Some(twin) = twin {
            self.happens(time, Action::Power(twin, false));
        }
        if self.has_master && twin.is_none() {
            for (node, limit) in self.circuits().collect::<Vec<_>>() {
                self.happens(time, Action::Limit(node, limit));
            }
        } else {
            // Somebody has looked which of the two was one too many.
            self.happens(time, Action::StartMaster);
        }
        for (which, unit) in self.units.clone().into_iter().enumerate().filter(|(which, _)| Some(*which) != twin) {
            if unit.has_car {
                self.happens(time, Action::Unplug(which));
            }
            self.happens(time, Action::Power(which, true));
            self.happens(time, Action::Silence(which, Duration::ZERO));
            self.happens(time, Action::Deafen(which, Duration::ZERO));
        }
        self.happens(time, Action::DemandRecovery);
        // Nobody changes cars faster than a unit can be asked whether one is there.
        for which in (0..self.units.len()).filter(|which| Some(*which) != twin) {
            self.happens(time + CHANGE_OF_CARS, Action::Plug(which, Visit::new(CarProfile::tesla(), HUNGRY)));
        }
    }
}
