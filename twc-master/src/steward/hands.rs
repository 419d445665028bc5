//! What somebody else has to do: hooks that stop and start cars, and wake them. It says what is due and bounds how
//! often; who runs the programs says what came of it.

use core::fmt;
use core::time::Duration;
use std::collections::VecDeque;
use std::vec::Vec;

use twc_proto::{Instant, TwcId};

use super::look::Seen;
use crate::config::FLOOR;
use crate::master::Standing;
use crate::settings::{HookSettings, Program, ResumeSettings, SlaveSettings};
use crate::{HookOutcome, Strategy};

/// Between two runs of one hook.
const GAP: Duration = Duration::from_secs(60);
/// A hook that fails is run so often for one change; after that only another change runs it.
const TRIES: u8 = 3;
/// Notes that wait for a reader; of more the oldest are lost. Calls need no bound: one at a time for each slave.
const NOTES: usize = 64;
/// A unit with a supply announces itself within this.
const ANNOUNCES: Duration = Duration::from_secs(30);
/// A program that reports nothing for so long after its deadline was lost with whoever ran it.
const LOST: Duration = Duration::from_secs(10);

/// What is to be brought about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wanted {
    /// The car stops.
    Stop,
    /// The car may go on.
    Start,
    /// The car wakes up.
    Wake,
    /// One phase is left to the wall connector.
    OnePhase,
    /// It has all three again.
    ThreePhases,
}

/// A program that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// For which wall connector.
    pub slave: TwcId,
    /// What people call it.
    pub name: Option<std::string::String>,
    /// What is wanted.
    pub wanted: Wanted,
    /// Why.
    pub reason: std::string::String,
    /// What is to be run.
    pub program: Program,
    /// After it has done its work: what reads the contactor's auxiliary contact.
    pub feedback: Option<Program>,
}

/// Something to tell people about hooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// A hook has failed, or said nothing in time.
    Failed {
        /// Where.
        slave: TwcId,
        /// What it was to do.
        wanted: Wanted,
        /// Whether it will be tried again.
        again: bool,
    },
    /// A car may charge again and does not.
    NotDrawing {
        /// Where.
        slave: TwcId,
        /// For so long.
        span: Duration,
        /// Whether it will be woken.
        wakes: bool,
    },
}

/// The hooks of every slave that has some.
#[derive(Debug, Default)]
pub(super) struct Hands {
    of: Vec<Hand>,
    begun: Option<Instant>,
    calls: VecDeque<Call>,
    notes: VecDeque<Note>,
}

/// One slave.
#[derive(Debug)]
struct Hand {
    slave: TwcId,
    name: Option<std::string::String>,
    hook: Option<HookSettings>,
    resume: Option<ResumeSettings>,
    /// What is so by all we know. Unknown at the start: a contactor may have been left open.
    done: Option<Wanted>,
    wanted: Wanted,
    tries: u8,
    not_before: Instant,
    running: Option<(Wanted, Instant)>,
    resumed: Option<Resumed>,
    was_stopped: bool,
}

/// A car that may charge again.
#[derive(Debug, Clone, Copy)]
struct Resumed {
    /// Since when it has been offered something, or since the last try to wake it.
    since: Option<Instant>,
    tries: u8,
}

impl Hands {
    pub(super) fn new(slaves: &[SlaveSettings]) -> Self {
        let new = |slave: &SlaveSettings| Hand {
            name: slave.name.clone(),
            ..Hand::new(slave.id, slave.hook.clone(), slave.on_resume.clone())
        };
        Self { of: slaves.iter().map(new).collect(), ..Self::default() }
    }

    pub(super) fn poll_call(&mut self) -> Option<Call> {
        self.calls.pop_front()
    }

    pub(super) fn poll_note(&mut self) -> Option<Note> {
        self.notes.pop_front()
    }

    /// Something that others bound.
    pub(super) fn call(&mut self, call: Call) {
        self.calls.push_back(call);
    }

    /// Something that others saw.
    pub(super) fn note(&mut self, note: Note) {
        self.notes.push_back(note);
    }

    /// Whether this slave's supply is taken away when its car is stopped.
    pub(super) fn has_contactor(&self, slave: TwcId) -> bool {
        self.of.iter().any(|hand| hand.slave == slave && hand.has_contactor())
    }

    /// Whether a car there may charge again and is still waited for.
    pub(super) fn expects(&self, slave: TwcId) -> bool {
        self.of.iter().any(|hand| hand.slave == slave && hand.resumed.is_some())
    }

    /// Looks at one slave. `settled`: it is being stopped, or not, as was decided. True when its supply is about to go.
    pub(super) fn look(&mut self, now: Instant, seen: &Seen, settled: bool, why: &dyn fmt::Display) -> bool {
        while self.notes.len() > NOTES {
            self.notes.pop_front();
        }
        let Some(hand) = self.of.iter_mut().find(|hand| hand.slave == seen.status.slave) else { return false };
        hand.watch(now, seen);
        if settled {
            hand.want(seen.stopped == Some(Strategy::Hook));
        }
        if !settled && hand.done.is_none() {
            return false;
        }
        let wanted = hand.next(now, why, &mut self.calls, &mut self.notes);
        hand.has_contactor() && wanted == Some(Wanted::Stop)
    }

    /// Looks at slaves that nobody has heard: their contactor may have been left open.
    pub(super) fn look_for_unheard(&mut self, now: Instant, is_known: impl Fn(TwcId) -> bool) {
        let begun = *self.begun.get_or_insert(now);
        if now.since(begun) < ANNOUNCES {
            return;
        }
        for hand in self.of.iter_mut().filter(|hand| hand.has_contactor() && !is_known(hand.slave)) {
            hand.want(false);
            hand.next(now, &"nobody has heard it yet", &mut self.calls, &mut self.notes);
        }
    }

    /// A program has ended. True where the master is to hear of it: it stopped or started a car, and that is still
    /// wanted.
    pub(super) fn ended(&mut self, slave: TwcId, wanted: Wanted, outcome: HookOutcome) -> bool {
        let Some(hand) = self.of.iter_mut().find(|hand| hand.slave == slave) else { return false };
        if hand.running.take_if(|(running, _)| *running == wanted).is_none() {
            return false;
        }
        hand.settle(wanted, outcome != HookOutcome::Failed, &mut self.notes);
        wanted != Wanted::Wake && hand.wanted == wanted
    }
}

impl Hand {
    fn new(slave: TwcId, hook: Option<HookSettings>, resume: Option<ResumeSettings>) -> Self {
        Self {
            slave,
            name: None,
            hook,
            resume,
            done: None,
            wanted: Wanted::Start,
            tries: 0,
            not_before: Instant::ZERO,
            running: None,
            resumed: None,
            was_stopped: false,
        }
    }

    fn has_contactor(&self) -> bool {
        self.hook.as_ref().is_some_and(|hook| hook.contactor)
    }

    /// What is to be so now.
    fn want(&mut self, stop: bool) {
        let wanted = if stop { Wanted::Stop } else { Wanted::Start };
        if wanted != self.wanted {
            (self.wanted, self.tries) = (wanted, 0);
        }
    }

    /// Calls for what is due.
    fn next(
        &mut self,
        now: Instant,
        why: &dyn fmt::Display,
        calls: &mut VecDeque<Call>,
        notes: &mut VecDeque<Note>,
    ) -> Option<Wanted> {
        let wanted = self.due(now, notes)?;
        calls.push_back(self.call(now, wanted, why)?);
        Some(wanted)
    }

    /// What is due, at most one thing at a time.
    fn due(&mut self, now: Instant, notes: &mut VecDeque<Note>) -> Option<Wanted> {
        if let Some((wanted, _)) = self.running.take_if(|(_, lost)| now >= *lost) {
            self.settle(wanted, false, notes);
        }
        if self.running.is_some() {
            return None;
        }
        let open = self.hook.is_some() && self.done != Some(self.wanted) && self.tries < TRIES;
        if open {
            return (now >= self.not_before).then_some(self.wanted);
        }
        self.wakes(now, notes).then_some(Wanted::Wake)
    }

    fn call(&mut self, now: Instant, wanted: Wanted, why: &dyn fmt::Display) -> Option<Call> {
        let (program, feedback) = if wanted == Wanted::Wake {
            (self.resume.as_ref().map(|of| of.program.clone())?, None)
        } else {
            let hook = self.hook.as_ref()?;
            (hook.program.clone(), hook.feedback.clone().filter(|_| wanted == Wanted::Stop))
        };
        let both = program.deadline.saturating_mul(if feedback.is_some() { 2 } else { 1 });
        self.running = Some((wanted, now + both + LOST));
        if wanted != Wanted::Wake {
            self.tries = self.tries.saturating_add(1);
            self.not_before = now + GAP;
        }
        let reason = std::format!("{why}");
        Some(Call { slave: self.slave, name: self.name.clone(), wanted, reason, program, feedback })
    }

    fn settle(&mut self, wanted: Wanted, worked: bool, notes: &mut VecDeque<Note>) {
        if worked && wanted != Wanted::Wake {
            self.done = Some(wanted);
        }
        if !worked {
            let again = match wanted {
                Wanted::Wake => self.resumed.is_some_and(|resumed| resumed.tries < TRIES),
                _ => self.wanted == wanted && self.tries < TRIES,
            };
            // What a hook has half done is neither.
            self.done = self.done.filter(|_| wanted == Wanted::Wake);
            notes.push_back(Note::Failed { slave: self.slave, wanted, again });
        }
    }

    /// Follows a car from the moment that it may charge again.
    fn watch(&mut self, now: Instant, seen: &Seen) {
        let (plugged, linked) = (seen.is_plugged(), seen.status.standing == Standing::Linked);
        let stopped = seen.stopped.is_some_and(|way| way != Strategy::ReduceToMinimum);
        if linked && !plugged {
            self.tries = 0;
        }
        // Another car, or somebody who started this one again.
        if self.done == Some(Wanted::Stop) && seen.draws() && now >= self.not_before {
            self.done = None;
        }
        if stopped {
            self.resumed = None;
        } else if self.was_stopped && seen.had_car {
            self.resumed = Some(Resumed { since: None, tries: 0 });
        }
        self.was_stopped = stopped;
        if seen.draws() {
            self.resumed = None;
        }
        let Some(resumed) = &mut self.resumed else { return };
        let offered = linked && seen.status.offered.is_some_and(|offered| offered >= FLOOR);
        resumed.since = resumed.since.filter(|_| offered).or(offered.then_some(now));
    }

    /// Whether a car that may charge again is to be woken. That it draws nothing is said once, also where nothing wakes
    /// it.
    fn wakes(&mut self, now: Instant, notes: &mut VecDeque<Note>) -> bool {
        let Some(resumed) = &mut self.resumed else { return false };
        let Some(since) = resumed.since else { return false };
        let after = self.resume.as_ref().map_or(ResumeSettings::USUAL_AFTER, |resume| resume.after);
        let patience = after.saturating_mul(1 << resumed.tries.min(TRIES));
        if now.since(since) < patience {
            return false;
        }
        let wakes = self.resume.is_some() && resumed.tries < TRIES;
        notes.push_back(Note::NotDrawing { slave: self.slave, span: now.since(since), wakes });
        (resumed.since, resumed.tries) = (Some(now), resumed.tries.saturating_add(1));
        if !wakes {
            self.resumed = None;
        }
        wakes
    }
}

impl Wanted {
    /// As it stands in a hook's environment.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Start => "start",
            Self::Wake => "wake",
            Self::OnePhase => "one-phase",
            Self::ThreePhases => "three-phases",
        }
    }

    const fn does(self) -> &'static str {
        match self {
            Self::Stop => "stop the car",
            Self::Start => "let the car go on",
            Self::Wake => "wake the car",
            Self::OnePhase => "leave one phase",
            Self::ThreePhases => "give all phases back",
        }
    }
}

impl Note {
    /// A stable kebab-case name.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Failed { .. } => "hook-failed",
            Self::NotDrawing { .. } => "not-drawing",
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { slave, wanted, again } => {
                write!(f, "the program for {slave} that was to {} failed", wanted.does())?;
                f.write_str(if *again { " and is run again" } else { " and is not run again for this" })
            }
            Self::NotDrawing { slave, span, wakes } => {
                write!(f, "the car at {slave} may charge again and has not drawn for {} s: ", span.as_secs())?;
                f.write_str(if *wakes {
                    "it is woken"
                } else {
                    "it is full, sleeps, or waits for a time of its own"
                })
            }
        }
    }
}

#[cfg(test)]
mod tests;
