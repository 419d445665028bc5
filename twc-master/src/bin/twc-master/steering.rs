//! A configuration between a simulated house and the master: meters by their place, midnight at time zero.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use twc_master::budget::PerPhase;
use twc_master::budget::meter::{Reading, Sample, Watts};
use twc_master::budget::plan::Decision;
use twc_master::budget::surplus::{BatteryReading, Topology};
use twc_master::settings::{MeterSettings, Settings, Values};
use twc_master::share::Any;
use twc_master::steward::input::{Said, Source};
use twc_master::steward::{Call, Steward, Wanted};
use twc_master::{HookOutcome, Master};
use twc_proto::Instant;
use twc_sim::Act;
use twc_sim::house::{MeterPlace, MeterSample};
use twc_sim::scenario::MasterSpec;

/// Between two looks where no sample comes.
const LOOK: Duration = Duration::from_secs(1);
/// A hook has done its work after so long; within [`LOOK`] it is noticed.
const HOOK_WORKS: Duration = Duration::from_secs(2);
/// The day of a simulation that names none: a Wednesday in summer, at midnight in the zone of the first schedule.
const DAY: &str = "2026-06-17";

/// A steward and what it needs to know of the simulated house.
#[derive(Debug)]
pub(crate) struct Steering {
    steward: Steward,
    next: Instant,
    meters: Vec<MeterPlace>,
    told: Vec<Decision>,
    /// Hooks that were called, and when they will have done their work.
    called: VecDeque<(Instant, Call)>,
    acts: VecDeque<Act>,
    notes: VecDeque<String>,
    explains: Option<Explanation>,
    /// Orders, as they were written down last.
    kept: Option<String>,
}

/// What is wanted at one moment, and where it goes.
pub(crate) type Explanation = (Instant, Arc<Mutex<Vec<String>>>);

impl Steering {
    /// Time zero of the simulation is `midnight`, or that of a certain day.
    pub(crate) fn new(
        spec: &MasterSpec<'_>,
        settings: Settings,
        midnight: Option<Timestamp>,
    ) -> Result<Self, String> {
        let zone = settings.schedules.first().map_or(jiff::tz::TimeZone::UTC, |of| of.schedule.zone().clone());
        let date: jiff::civil::Date = DAY.parse().map_err(|_| "no such day")?;
        let usual = date.to_zoned_datetime(zone).map_err(|error| error.to_string())?.timestamp();
        let mut steward = Steward::new(settings, spec.now).map_err(|error| error.to_string())?;
        steward.handle_clock(Instant::ZERO, midnight.unwrap_or(usual));
        Ok(Self {
            steward,
            next: spec.now,
            meters: spec.meters.iter().map(|meter| meter.place).collect(),
            told: Vec::new(),
            called: VecDeque::new(),
            acts: VecDeque::new(),
            notes: VecDeque::new(),
            explains: None,
            kept: None,
        })
    }

    /// Orders that must survive a restart.
    pub(crate) fn kept(&self) -> Option<String> {
        self.kept.clone()
    }

    /// Takes up those of the master before it.
    pub(crate) fn restore(&mut self, now: Instant, kept: &str) -> Result<(), String> {
        self.kept = Some(kept.to_owned());
        self.steward.restore(now, kept)
    }

    /// When it wants to look again.
    pub(crate) fn poll_timeout(&self) -> Instant {
        self.next
    }

    pub(crate) fn decisions(&self) -> impl Iterator<Item = &Decision> {
        self.told.iter()
    }

    /// What its hooks have switched.
    pub(crate) fn poll_act(&mut self) -> Option<Act> {
        self.acts.pop_front()
    }

    pub(crate) fn poll_note(&mut self) -> Option<String> {
        self.notes.pop_front()
    }

    /// Looks and steers, where it is time.
    pub(crate) fn advance(&mut self, now: Instant, master: &mut Master<Any>) {
        if now < self.next {
            return;
        }
        self.next = now + LOOK;
        while self.called.front().is_some_and(|(at, _)| *at <= now) {
            let Some((_, call)) = self.called.pop_front() else { break };
            self.steward.handle_ended(now, call.slave, call.wanted, HookOutcome::Done, master);
        }
        self.steward.steer(now, master);
        self.switch(now);
        self.notes.extend(std::iter::from_fn(|| self.steward.poll_news()));
        self.kept = self.steward.poll_kept(now).or(self.kept.take());
        for decision in self.steward.decisions().filter(|decision| decision.since == now) {
            let known = self.told.iter().any(|told| told == decision);
            if !known {
                self.notes.push_back(sentence(decision));
            }
        }
        self.told = self.steward.decisions().copied().collect();
        if let Some((_, said)) = self.explains.take_if(|(at, _)| now >= *at) {
            // Only a panic elsewhere could have poisoned it.
            if let Ok(mut said) = said.lock() {
                said.extend(self.told.iter().map(sentence));
            }
        }
    }

    /// In a simulated house everything that a hook can switch is there, and works.
    fn switch(&mut self, now: Instant) {
        while let Some(call) = self.steward.poll_call() {
            let Call { slave, wanted, .. } = call;
            let contactor = self
                .steward
                .settings()
                .slaves
                .iter()
                .any(|listed| listed.id == slave && listed.hook.as_ref().is_some_and(|hook| hook.contactor));
            self.acts.extend(match wanted {
                Wanted::Stop if contactor => Some(Act::Power { slave, on: false }),
                Wanted::Start if contactor => Some(Act::Power { slave, on: true }),
                Wanted::Wake => Some(Act::Wake { slave }),
                Wanted::OnePhase => Some(Act::Phases { slave, single: true }),
                Wanted::ThreePhases => Some(Act::Phases { slave, single: false }),
                _ => None,
            });
            self.notes.push_back(format!("{} for {slave}: {}", wanted.name(), call.reason));
            self.called.push_back((now + HOOK_WORKS, call));
        }
        let notes = std::iter::from_fn(|| self.steward.poll_note());
        self.notes.extend(notes.map(|note| note.to_string()));
    }

    /// A sample of the simulated house.
    pub(crate) fn handle_meter(&mut self, now: Instant, sample: &MeterSample) {
        let Some(place) = self.meters.get(sample.meter.0).copied() else { return };
        let watts = i32::try_from(sample.watts).unwrap_or(i32::MAX);
        if place == MeterPlace::Battery {
            self.steward.handle_battery(BatteryReading { watts, percent: sample.charge_percent, at: sample.at });
            return;
        }
        for meter in 0..self.steward.settings().meters.len() {
            if self.stands_for(meter) != Some(place) {
                continue;
            }
            let settings = self.steward.settings().meters.get(meter);
            let per_phase = settings.is_some_and(|meter| meter.values == Values::PerPhase);
            let centiamps = sample.centiamps.map(PerPhase).filter(|_| per_phase);
            let reading = Reading { centiamps, watts: Some(Watts::Total(watts)) };
            let sample = Sample { reading, measured: Some(sample.at), arrived: now, retained: sample.is_retained };
            if let Err(rejected) = self.steward.handle_sample(meter, &sample) {
                self.notes.push_back(format!("a sample does not count: {rejected}"));
            }
        }
        self.next = now;
    }

    /// Which simulated meter stands for a configured one: the one beside the cars for a surplus that does not see
    /// them, the grid's for all others.
    fn stands_for(&self, meter: usize) -> Option<MeterPlace> {
        // The simulated house has one meter for a whole sum.
        let is_part = |of: &MeterSettings| of.parts.iter().any(|(part, _)| *part == meter);
        if self.steward.settings().meters.iter().any(is_part) {
            return None;
        }
        let surplus = self.steward.settings().surplus.filter(|surplus| surplus.meter == meter);
        let outside = surplus.is_some_and(|surplus| surplus.config.topology == Topology::Outside);
        let wanted = if outside { MeterPlace::GridWithoutChargers } else { MeterPlace::Grid };
        self.meters.contains(&wanted).then_some(wanted)
    }

    /// What somebody says to it; an order by hand, for one.
    pub(crate) fn handle_order(&mut self, now: Instant, order: &toml::Table) {
        // A table of plain values is JSON too.
        let text = serde_json::to_string(order).unwrap_or_default();
        self.hear(now, Source::Any, &Said::line(&text));
    }

    /// What a source says.
    pub(crate) fn hear(&mut self, now: Instant, source: Source, said: &Said<'_>) {
        let errors = self.steward.handle_said(now, source, said);
        let name = self.steward.settings().source_name(source);
        self.notes.extend(errors.into_iter().map(|error| format!("{name} makes no sense, {error}")));
        self.next = now;
    }

    /// Whether limits that are ordered at run time come with what it is told.
    pub(crate) fn has_caps(&self) -> bool {
        !self.steward.settings().caps.is_empty()
    }

    /// Says why every slave gets what it gets, the first time it looks at or after a moment.
    pub(crate) fn explain(&mut self, explanation: Explanation) {
        self.next = self.next.min(explanation.0);
        self.explains = Some(explanation);
    }
}

fn sentence(decision: &Decision) -> String {
    let amps = decision.amps.map_or_else(|| "nothing".to_owned(), |amps| amps.to_string());
    let next = decision.next.map_or_else(String::new, |next| format!("; next change at {next}"));
    format!("{} is to have {amps}: {}, since {}{next}", decision.slave, decision.reason, decision.since)
}
