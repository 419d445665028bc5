//! A steward carries out a configuration: it reads meters and the clock, decides with [`crate::budget`], and tells a
//! [`Master`] what that comes to.
//!
//! Sans-IO like the rest. Give it samples and the civil time as they come, and the master once a second and after
//! every sample:
//!
//! ```
//! use twc_master::settings::Settings;
//! use twc_master::share::Rotation;
//! use twc_master::steward::Steward;
//! use twc_master::{Master, Timing};
//! use twc_proto::{Instant, Sign, TwcId};
//!
//! let settings = Settings::parse("[site]\ncontinuous_limit = \"16A\"\n[[slave]]\nid = \"3495\"\n")?;
//! let config = settings.config(TwcId::new(0x4242), Sign::new(0x5A), Timing::SERIAL);
//! let mut master = Master::new(config, Rotation::default(), Instant::ZERO)?;
//! let mut steward = Steward::new(settings, Instant::ZERO)?;
//! steward.steer(Instant::ZERO, &mut master);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod caps;
mod clock;
mod given;
mod hands;
pub mod input;
mod keep;
mod look;
mod obey;
mod phases;
mod prices;
mod vehicles;

use std::collections::VecDeque;
use std::format;
use std::string::String;
use std::vec::Vec;

use jiff::Timestamp;
use thiserror::Error;
use twc_proto::{CentiAmps, Instant, TwcId};

pub use self::hands::{Call, Note, Wanted};

pub use self::caps::{CapOrder, Standing};
pub use self::prices::Prices;

use self::caps::{Cap, Capped, least};
use self::clock::Clock;
use self::given::Given;
use self::hands::Hands;
use self::keep::Memory;
use self::look::Look;
use self::phases::Switches;
use self::prices::Market;
use self::vehicles::Garage;
use crate::HookOutcome;
use crate::budget::history::History;
use crate::budget::house::{House, HouseError};
use crate::budget::meter::{Freshness, Rejected, Sample};
use crate::budget::phase_switch::Position;
use crate::budget::plan::{Candidate, Decision, Decisions, Planner};
use crate::budget::schedule::{CivilClock, ClockNews, is_unset};
use crate::budget::surplus::{BatteryReading, Parts, Surplus, SurplusError};
use crate::config::{FLOOR, MAX_SLAVES, PHASES, PhaseAmps, Place};
use crate::master::Master;
use crate::settings::{MOST_PARTS, PhaseUse, Settings};
use crate::share::Share;

/// A rise of a watched limit below this is not worth a word to the master: half an ampere.
const WORTH_A_RAISE: u16 = 50;

/// News that wait for a reader.
const NEWS: usize = 64;

/// Follows a configuration.
#[derive(Debug)]
pub struct Steward {
    settings: Settings,
    watched: Vec<Watched>,
    planner: Planner,
    /// What all our wall connectors drew.
    own: History,
    clock: Clock,
    look: Look,
    obeyed: [Option<obey::Obeyed>; MAX_SLAVES],
    decided: Decisions,
    hands: Hands,
    caps: Vec<Cap>,
    /// What unwatched circuits were last told because of [`Steward::caps`].
    told: Vec<Capped>,
    market: Market,
    civil: CivilClock,
    news: VecDeque<String>,
    is_told_unset: bool,
    switches: Switches,
    before: Decisions,
    memory: Memory,
    garage: Garage,
    given: Given,
    has_introduced: bool,
    /// Meters that are the sum of others, and which.
    sums: Vec<Sum>,
}

/// Index of a meter, and the meters that it is the sum of.
type Sum = (usize, Parts<MOST_PARTS>, Vec<(usize, bool)>);

/// A limit that a meter watches.
#[derive(Debug)]
struct Watched {
    /// Index of the circuit in the settings; `None` is the site.
    circuit: Option<usize>,
    place: Place,
    meter: usize,
    house: House,
    /// What is safe without a meter.
    failsafe: PhaseAmps,
    /// What our wall connectors below it drew.
    own: History,
    ordered: Option<PhaseAmps>,
}

/// A configuration that cannot be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StewardError {
    /// A watched limit.
    #[error(transparent)]
    House(#[from] HouseError),
    /// The surplus.
    #[error(transparent)]
    Surplus(#[from] SurplusError),
}

impl Steward {
    /// A steward that knows nothing but its configuration: every watched limit is in its failsafe stage.
    ///
    /// # Errors
    /// When the configuration cannot be followed; one from [`Settings::parse`] can.
    pub fn new(settings: Settings, now: Instant) -> Result<Self, StewardError> {
        let surplus = settings.surplus.map(|of| Surplus::new(of.config, now)).transpose()?;
        let all = core::iter::once((None, &settings.site));
        let all = all.chain(settings.circuits.iter().enumerate().map(|(index, of)| (Some(index), of)));
        let mut watched = Vec::new();
        for (circuit, of) in all {
            let Some((house, failsafe)) = of.house.zip(settings.failsafe(of)) else { continue };
            watched.push(Watched {
                circuit,
                place: settings.place(circuit),
                meter: house.meter,
                house: House::new(house.config, now)?,
                failsafe,
                own: History::new(),
                ordered: None,
            });
        }
        let (hands, switches) = (Hands::new(&settings.slaves), Switches::new(&settings.slaves));
        let caps = Cap::all(&settings);
        let sums = sums(&settings);
        let market = Market::new(settings.prices.as_ref());
        Ok(Self {
            settings,
            watched,
            planner: Planner::new(surplus),
            own: History::new(),
            clock: Clock::default(),
            look: Look::default(),
            obeyed: [None; MAX_SLAVES],
            decided: [None; MAX_SLAVES],
            hands,
            caps,
            told: Vec::new(),
            market,
            civil: CivilClock::default(),
            news: VecDeque::new(),
            is_told_unset: false,
            switches,
            before: [None; MAX_SLAVES],
            memory: Memory::default(),
            garage: Garage::default(),
            given: Given::default(),
            has_introduced: false,
            sums,
        })
    }

    /// What it follows.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Orders and emergencies.
    pub const fn planner_mut(&mut self) -> &mut Planner {
        &mut self.planner
    }

    /// What it decided last, and why.
    pub fn decisions(&self) -> impl Iterator<Item = &Decision> {
        self.decided.iter().flatten()
    }

    /// The civil time, whenever somebody looks at a clock. Without it schedules do what they do otherwise.
    pub fn handle_clock(&mut self, now: Instant, wall: Timestamp) {
        self.clock.set(now, wall);
        let news = self.civil.observe(now, wall);
        if news != ClockNews::Steady {
            self.memory.clock_was_set();
            self.note_clock(now);
        }
        match news {
            ClockNews::Unset if !self.is_told_unset => {
                self.tell("the clock was never set: schedules do what they do otherwise");
            }
            ClockNews::Stepped { seconds } => {
                self.tell(format!("the clock was set by {seconds} s; what holds now holds by the new time"));
            }
            ClockNews::Set if self.is_told_unset => self.tell("the clock is set"),
            _ => {}
        }
        self.is_told_unset = is_unset(wall);
    }

    /// The civil time, where the clock can be believed.
    fn wall(&self, now: Instant) -> Option<Timestamp> {
        self.clock.at(now).filter(|wall| !is_unset(*wall))
    }

    /// What has changed outside that people should know: limits that others order, the clock.
    pub fn poll_news(&mut self) -> Option<String> {
        self.news.pop_front()
    }

    fn tell(&mut self, news: impl Into<String>) {
        // Nobody may be reading; what is old is what holds least.
        if self.news.len() == NEWS {
            self.news.pop_front();
        }
        self.news.push_back(news.into());
    }

    /// A sample of the meter with this index in [`Settings::meters`], import positive.
    ///
    /// # Errors
    /// Why it does not count, where one of those who use this meter says so.
    pub fn handle_sample(&mut self, meter: usize, sample: &Sample) -> Result<(), Rejected> {
        let mut said = self.handle_part(meter, sample);
        for watched in self.watched.iter_mut().filter(|watched| watched.meter == meter) {
            said = said.and(watched.house.handle_sample(sample, &watched.own));
        }
        let shows = self.settings.surplus.is_some_and(|surplus| surplus.meter == meter);
        if let Some(surplus) = self.planner.surplus_mut().filter(|_| shows) {
            said = said.and(surplus.handle_sample(sample, &self.own));
        }
        said
    }

    /// Adds a part to the sums that it belongs to.
    fn handle_part(&mut self, meter: usize, sample: &Sample) -> Result<(), Rejected> {
        let mut said = Ok(());
        for index in 0..self.sums.len() {
            let Some((of, parts, indices)) = self.sums.get_mut(index) else { continue };
            let part = indices.iter().position(|(part, _)| *part == meter);
            let sum = part.and_then(|part| parts.handle_sample(part, *sample));
            let Some((of, sum)) = Some(*of).zip(sum) else { continue };
            // A sum is as old as its oldest part, and there is nothing new in it before that speaks again.
            match self.handle_sample(of, &sum) {
                Ok(()) | Err(Rejected::Repeated) => {}
                rejected => said = said.and(rejected),
            }
        }
        said
    }

    /// What the home battery says.
    pub fn handle_battery(&mut self, reading: BatteryReading) {
        if let Some(surplus) = self.planner.surplus_mut() {
            surplus.handle_battery(reading);
        }
    }

    /// Decides, and tells the master. Call it once a second and after every sample.
    pub fn steer<S: Share>(&mut self, now: Instant, master: &mut Master<S>) {
        self.note_prices(now);
        self.note_caps(now);
        self.note_supplies(master);
        self.look.at(now, master, &self.settings, &self.switches);
        self.look_at_cars(now, master);
        self.own.note(now, self.look.drawn(|_| true));
        let caps = self.capped(now);
        self.order_limits(now, &caps, master);
        let places = 0..MAX_SLAVES;
        let candidates: Vec<Candidate> = places.filter_map(|place| self.candidate(now, place, &caps)).collect();
        self.before = self.decided;
        let decided = self.planner.plan(now, self.look.is_settled(now), &candidates);
        self.decided = decided.map(|decision| decision.map(|decision| self.switch_phases(now, decision)));
        for place in 0..MAX_SLAVES {
            if let Some(decision) = self.decided.get(place).copied().flatten() {
                self.obey(now, &decision, master);
            }
        }
        self.use_hands(now, master);
    }

    /// A program that is due now. Run it beside the bus, never in its thread, and hand what came of it to
    /// [`Steward::handle_ended`].
    pub fn poll_call(&mut self) -> Option<Call> {
        self.hands.poll_call()
    }

    /// What a program came to that [`Steward::poll_call`] called for. A return code is
    /// [`HookOutcome::Done`] or [`HookOutcome::Failed`]; only an auxiliary contact is [`HookOutcome::ShownOpen`].
    pub fn handle_ended<S: Share>(
        &mut self,
        now: Instant,
        slave: TwcId,
        wanted: Wanted,
        outcome: HookOutcome,
        master: &mut Master<S>,
    ) {
        if matches!(wanted, Wanted::OnePhase | Wanted::ThreePhases) {
            let worked = outcome != HookOutcome::Failed;
            if let Some(behind) = self.switches.of_mut(slave) {
                behind.ended(now, worked);
            }
            if !worked {
                self.hands.note(Note::Failed { slave, wanted, again: false });
            }
            return;
        }
        if self.hands.ended(slave, wanted, outcome) {
            // A slave that nobody has heard has nothing to be told.
            let _ = master.handle_hook(slave, outcome);
        }
    }

    /// How many phases a slave behind a switch is to have from now on. False where there is none.
    pub fn set_phases(&mut self, slave: TwcId, uses: PhaseUse) -> bool {
        self.switches.of_mut(slave).map(|behind| behind.set_use(uses)).is_some()
    }

    /// Where the switch in front of a slave stands, as far as there is one and that is known.
    pub fn phases(&self, slave: TwcId) -> Option<Position> {
        self.switches.of(slave)?.position()
    }

    /// What units say about the supply behind such switches.
    fn note_supplies<S: Share>(&mut self, master: &Master<S>) {
        for behind in self.switches.iter_mut() {
            behind.note_supply(master.knowledge(behind.slave()).and_then(|of| of.volts));
        }
    }

    /// Something to tell people about hooks, oldest first.
    pub fn poll_note(&mut self) -> Option<Note> {
        self.hands.poll_note()
    }

    /// Lowers and raises what meters watch.
    fn order_limits<S: Share>(&mut self, now: Instant, caps: &[Capped], master: &mut Master<S>) {
        self.order_caps(now, caps, master);
        let (settings, look) = (&self.settings, &self.look);
        for watched in &mut self.watched {
            let circuit = watched.circuit;
            let is_below = |id: TwcId| settings.listed(id).is_none_or(|slave| settings.is_below(slave, circuit));
            watched.own.note(now, look.drawn(is_below));
            let limit = watched.house.limit(now);
            let left = match limit.freshness {
                Freshness::Fresh | Freshness::NoRaise => {
                    limit.beside(look.committed(is_below), look.floors(is_below))
                }
                Freshness::Failsafe => watched.failsafe,
                Freshness::Withhold => [CentiAmps::ZERO; PHASES],
            };
            let cap = caps.iter().filter(|(of, _)| *of == circuit).map(|(_, cap)| *cap).next();
            let wanted = cap.map_or(left, |cap| least(left, cap));
            let worth = watched.ordered.is_none_or(|ordered| {
                let pairs = || wanted.iter().zip(&ordered);
                pairs().any(|(new, old)| new < old)
                    || pairs().any(|(new, old)| new.value() >= old.value().saturating_add(WORTH_A_RAISE))
            });
            if worth {
                watched.ordered = Some(wanted);
                // The place comes from the configuration that the master has; it exists.
                let _ = master.order(now, watched.place, wanted);
            }
        }
    }

    /// What protection leaves a slave: the least of every watched limit above it.
    fn protection(&self, now: Instant, seen: &look::Seen, caps: &[Capped]) -> CentiAmps {
        let listed = self.settings.listed(seen.status.slave);
        let tightest = |of: PhaseAmps| {
            (0..PHASES).zip(of).filter(|(phase, _)| seen.phases.contains(*phase)).map(|(_, amps)| amps).min()
        };
        let above = self
            .watched
            .iter()
            .filter(|watched| listed.is_none_or(|slave| self.settings.is_below(slave, watched.circuit)));
        let has = seen.status.offered.unwrap_or_default();
        let leaves = above.map(|watched| {
            let limit = watched.house.limit(now);
            // A doubt lowers to the floor and ends no session.
            let free = tightest(limit.sparing([FLOOR; PHASES])).unwrap_or_default();
            match limit.freshness {
                Freshness::Fresh => free,
                Freshness::NoRaise => free.min(has.max(FLOOR)),
                _ => limit.slave_cap.unwrap_or(free),
            }
        });
        let caps = caps.iter().filter(|(of, _)| listed.is_none_or(|slave| self.settings.is_below(slave, *of)));
        leaves.chain(caps.filter_map(|(_, cap)| tightest(*cap))).min().unwrap_or(CentiAmps::new(u16::MAX))
    }
}

fn sums(settings: &Settings) -> Vec<Sum> {
    let sums = settings.meters.iter().enumerate().filter(|(_, meter)| !meter.parts.is_empty());
    sums.map(|(index, meter)| {
        let mut negated = [None; MOST_PARTS];
        negated.iter_mut().zip(&meter.parts).for_each(|(slot, (_, comes_off))| *slot = Some(*comes_off));
        (index, Parts::some(negated), meter.parts.clone())
    })
    .collect()
}

#[cfg(test)]
mod tests;
