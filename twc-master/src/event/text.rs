//! The sentences.

use core::fmt;

use super::{Constraint, Event, Refusal, Withheld};
use crate::stop::Strategy;

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRoom { wanted, free } => {
                write!(f, "{wanted} wait until others have let go: {free} are free")
            }
            Self::StartUp { until } => write!(
                f,
                "no raise before every slave has confirmed its limit, or {} s: one not yet heard may still draw",
                until.as_millis() / 1_000
            ),
            Self::Frozen { slave } => write!(f, "no raise while {slave} reports a limit that was never sent"),
            Self::NotSaved => f.write_str("waits until the state file holds it"),
            Self::NoShare => f.write_str("the limit has no 6.00 A left for it"),
            Self::PowerCut { until } => write!(
                f,
                "several lost power at once and come back one after another: its turn at {} s",
                until.as_millis() / 1_000
            ),
            Self::Withheld { why } => write!(f, "gets no heartbeats: {why}"),
        }
    }
}

impl fmt::Display for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoRoom => "the limit has no 6.00 A left for it",
            Self::DidNotFollow => "it did not come down while too much was in force",
            Self::DoubleId => "two units seem to have its id; see to it, then release it",
            Self::Ordered => "it was ordered off",
            Self::Turn => "others have their turn",
        })
    }
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Share { budget, asking: 1 } => write!(f, "the only car asking, of {budget}"),
            Self::Share { budget, asking } => write!(f, "its share of {budget} among {asking} cars asking"),
            Self::Cap { cap } => write!(f, "unit and circuit allow {cap}"),
            Self::SlaveCap { cap } => write!(f, "set to have no more than {cap}"),
            Self::Demand { cap } => write!(f, "its car takes no more than {cap}"),
            Self::Minimum => f.write_str("every car gets its minimum"),
            Self::NoDemand => f.write_str("no car asks"),
            Self::Silent => f.write_str("does not answer"),
            Self::Stopped { strategy: Strategy::ReduceToMinimum } => {
                f.write_str("to be stopped: the least is all that protocol 2 can do without an interruption")
            }
            Self::Stopped { strategy } => write!(f, "to be stopped: {strategy}"),
            Self::Withheld { why } => write!(f, "gets no heartbeats: {why}"),
            Self::PoweredOff => f.write_str("its supply was switched off"),
            Self::Dwell { until } => {
                write!(f, "was started or stopped a moment ago, not again before {} s", until.as_millis() / 1_000)
            }
            Self::Cure { amps } => write!(f, "its car sticks at 6 A, {amps} for a moment free it"),
            Self::Held(refusal) => refusal.fmt(f),
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SlaveAnnounced { slave, sign, version, max_current } => {
                write!(f, "{slave} announced itself: {max_current}, {version}, sign {sign}")
            }
            Self::SlaveLinked { slave } => write!(f, "{slave} linked"),
            Self::SlaveRestarted { slave } => write!(f, "{slave} restarted"),
            Self::SlaveQueued { slave, refusal } => write!(f, "{slave} waits for its first heartbeat: {refusal}"),
            Self::SlaveChanged { slave, state, limit, drawn } => {
                write!(f, "{slave} reports {state}, limit {limit}, drawing {drawn}")
            }
            Self::Target { slave, target, constraint } => write!(f, "{slave} to have {target}: {constraint}"),
            Self::Offered { slave, from: Some(from), to } => write!(f, "{slave} offered {to}, before {from}"),
            Self::Offered { slave, from: None, to } => write!(f, "{slave} offered {to}"),
            Self::Released { slave, commitment } => {
                write!(f, "{slave} follows, {commitment} stay committed to it")
            }
            Self::PoweredOff { slave, reserved } => {
                write!(f, "{slave} is off, as was to be: {reserved} stay reserved until it must have stopped")
            }
            Self::PluggedIn { slave } => write!(f, "a car was plugged in at {slave}, or woke up"),
            Self::VinRead { slave } => write!(f, "{slave} has told what it knows of its car's VIN"),
            Self::HookDue { slave, stop: true, .. } => write!(f, "somebody is to stop the car at {slave}"),
            Self::HookDue { slave, stop: false, .. } => write!(f, "somebody is to start the car at {slave}"),
            Self::HookFailed { slave } => write!(f, "the hook for {slave} failed: its car goes on as it is"),
            Self::StopFailed { slave, drawn } => {
                write!(f, "{slave} was told to stop again and again, its car draws {drawn}")
            }
            Self::CureBegun { slave, amps } => write!(f, "the car at {slave} sticks at 6 A: {amps} for a moment"),
            Self::SlaveSilenced { slave, reserved } => write!(
                f,
                "{slave} does not answer: no more heartbeats, {reserved} stay reserved until it must have stopped"
            ),
            Self::ReservationEnded { slave } => write!(f, "{slave} must have stopped: its share is free"),
            Self::ReservationKept { slave, reserved } => write!(
                f,
                "{slave} is silent but was never seen to stop by itself while others were served: \
                 {reserved} stay reserved until it is heard"
            ),
            Self::SilenceProven { slave } => write!(f, "{slave} was seen to notice our silence"),
            Self::SlaveWithheld { slave, why, reserved, strikes } => write!(
                f,
                "{slave} gets no more heartbeats: {why}; {reserved} stay reserved until it must have stopped; \
                 interruption {strikes} of this plug-in"
            ),
            Self::PhasesVoid { slave } => {
                write!(f, "{slave} draws on phases its configuration does not know: it counts on all of them now")
            }
            Self::UnequalMaxima { slave, max_current } => {
                write!(
                    f,
                    "{slave} is built for {max_current}, others are not: a genuine master would refuse to run"
                )
            }
            Self::SlavesMissing { heard, expected } => write!(f, "{heard} of {expected} slaves were heard"),
            Self::UnexpectedSlave { slave } => write!(f, "{slave} is one slave more than expected"),
            Self::UnexpectedLimit { slave, reported } => {
                write!(f, "{slave} reports {reported}, which was never sent to it")
            }
            Self::Implausible { slave, limit, drawn } => {
                write!(f, "{slave} reports limit {limit} and {drawn}, which it cannot do: not used")
            }
            Self::OverDraw { slave, limit, drawn } => write!(f, "{slave} draws {drawn} at a limit of {limit}"),
            Self::ForeignMaster { master } => {
                write!(f, "master {master} talks on this bus: hands off, a bus has one master")
            }
            Self::ForeignMasterGone { master } => write!(f, "master {master} is gone"),
            Self::SlaveHasOurId => f.write_str("a slave has our id: announcing ourselves makes it choose another"),
            Self::TooManySlaves { slave } => {
                write!(f, "{slave} is one slave too many: {} at most", crate::MAX_SLAVES)
            }
            Self::Stalled { millis } => write!(f, "stood still for {millis} ms: raises wait as after a start"),
            Self::EventsLost { count } => write!(f, "{count} events were not fetched in time"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use twc_proto::{CentiAmps, Instant, TwcId};

    use super::*;

    /// What a person reads beside a slave's target, whole.
    #[test]
    fn every_reason_is_a_sentence_with_its_numbers() {
        let amps = CentiAmps::from_amps;
        let until = Instant::from_secs(90);
        let reasons = [
            (Constraint::Share { budget: amps(40), asking: 1 }, "the only car asking, of 40.00 A"),
            (Constraint::Share { budget: amps(40), asking: 3 }, "its share of 40.00 A among 3 cars asking"),
            (Constraint::Cap { cap: amps(16) }, "unit and circuit allow 16.00 A"),
            (Constraint::SlaveCap { cap: amps(10) }, "set to have no more than 10.00 A"),
            (Constraint::Demand { cap: amps(11) }, "its car takes no more than 11.00 A"),
            (Constraint::Minimum, "every car gets its minimum"),
            (Constraint::NoDemand, "no car asks"),
            (Constraint::Silent, "does not answer"),
            (
                Constraint::Stopped { strategy: Strategy::ReduceToMinimum },
                "to be stopped: the least is all that protocol 2 can do without an interruption",
            ),
            (Constraint::Stopped { strategy: Strategy::Zero }, "to be stopped: zero"),
            (Constraint::Withheld { why: Withheld::Turn }, "gets no heartbeats: others have their turn"),
            (Constraint::PoweredOff, "its supply was switched off"),
            (Constraint::Dwell { until }, "was started or stopped a moment ago, not again before 90 s"),
            (Constraint::Cure { amps: amps(17) }, "its car sticks at 6 A, 17.00 A for a moment free it"),
            (
                Constraint::Held(Refusal::NoRoom { wanted: amps(20), free: amps(8) }),
                "20.00 A wait until others have let go: 8.00 A are free",
            ),
            (
                Constraint::Held(Refusal::StartUp { until }),
                "no raise before every slave has confirmed its limit, or 90 s: one not yet heard may still draw",
            ),
            (
                Constraint::Held(Refusal::Frozen { slave: TwcId::new(0x3495) }),
                "no raise while 3495 reports a limit that was never sent",
            ),
            (Constraint::Held(Refusal::NotSaved), "waits until the state file holds it"),
            (Constraint::Held(Refusal::NoShare), "the limit has no 6.00 A left for it"),
        ];
        for (reason, sentence) in reasons {
            assert_eq!(reason.to_string(), sentence);
        }
        let target = Event::Target {
            slave: TwcId::new(0x3495),
            target: amps(13),
            constraint: Constraint::Share { budget: amps(40), asking: 3 },
        };
        assert_eq!(target.to_string(), "3495 to have 13.00 A: its share of 40.00 A among 3 cars asking");
    }
}
