//! Programs that do what a wall connector cannot: hooks.

use core::ops::RangeInclusive;
use core::time::Duration;
use std::vec::Vec;

use super::build::Build;
use super::file::{Hook, OnResume, Slave};
use super::value::At;
use super::{HookSettings, PhaseSwitchSettings, PhaseUse, Program, ResumeSettings, SettingsError};
use crate::budget::PhaseSet;
use crate::budget::phase_switch::PhaseSwitchConfig;
use crate::{HOOK_DEADLINE, Strategy};

/// A program has so long where nothing is written.
const USUAL_DEADLINE: Duration = Duration::from_secs(20);
/// The master gives a hook up after a minute; ending the program takes a moment too.
const LONGEST_DEADLINE: Duration = Duration::from_secs(HOOK_DEADLINE.as_secs() - 10);
/// Between the switching of phases and the first current.
const WAITS: RangeInclusive<Duration> = Duration::from_secs(15)..=Duration::from_secs(300);
const LEAST_GAP: Duration = Duration::from_secs(300);
const LEAST_PATIENCE: Duration = Duration::from_secs(30);

impl Build<'_> {
    pub(super) fn hook(&self, slave: &Slave) -> Result<Option<HookSettings>, SettingsError> {
        let wants = slave.stop.as_ref().filter(|stop| stop.value == Strategy::Hook);
        let Some(Hook { command, deadline, contactor, feedback }) = &slave.hook else {
            return match wants {
                Some(stop) => {
                    let error = self.wrong(stop, "no program is named that could do it");
                    Err(error
                        .hint("add [slave.hook] with command = [\"PROGRAM\", \"ARGUMENT\"] below this [[slave]]"))
                }
                None => Ok(None),
            };
        };
        if wants.is_none() {
            let error = self.wrong(command, "it would never be run");
            return Err(error.hint("write stop = \"hook\" above it"));
        }
        let feedback = feedback.as_ref().map(|of| self.program(of, deadline.as_ref())).transpose()?;
        Ok(Some(HookSettings {
            program: self.program(command, deadline.as_ref())?,
            contactor: *contactor || feedback.is_some(),
            feedback,
        }))
    }

    pub(super) fn on_resume(&self, slave: &Slave) -> Result<Option<ResumeSettings>, SettingsError> {
        let Some(OnResume { command, deadline, after }) = &slave.on_resume else { return Ok(None) };
        if let Some(after) = after.as_ref().filter(|after| after.value < LEAST_PATIENCE) {
            let error = self.wrong(after, "a car that charges again needs longer than that to begin");
            return Err(error.hint("write 30s or more; 2min is usual"));
        }
        Ok(Some(ResumeSettings {
            program: self.program(command, deadline.as_ref())?,
            after: after.as_ref().map_or(ResumeSettings::USUAL_AFTER, |after| after.value),
        }))
    }

    pub(super) fn phase_switch(&self, slave: &Slave) -> Result<Option<PhaseSwitchSettings>, SettingsError> {
        let Some(written) = &slave.phase_switch else { return Ok(None) };
        if let Some(at) = slave.phases.as_ref().filter(|at| at.value != PhaseSet::ALL) {
            let error = self.wrong(at, "behind a [slave.phase_switch] it must be wired to all three phases");
            return Err(error.hint("write all, or leave phase_switch out"));
        }
        if let Some(at) = written.wait.as_ref().filter(|at| !WAITS.contains(&at.value)) {
            let error = self.wrong(at, "contacts and cars need between 15s and 5min to come to rest");
            return Err(error.hint("30s is usual"));
        }
        if let Some(at) = written.gap.as_ref().filter(|at| at.value < LEAST_GAP) {
            return Err(self.wrong(at, "every switching interrupts the car").hint("write 5min or more"));
        }
        let uses = written.phases.as_ref().map_or(PhaseUse::Auto, |at| at.value);
        if let Some(at) = written.phases.as_ref().filter(|_| uses == PhaseUse::Auto && self.file.surplus.is_none())
        {
            let error = self.wrong(at, "there is no [surplus], so nothing measures the sun");
            return Err(error.hint("write one or three"));
        }
        let usual = PhaseSwitchConfig::default();
        let config = PhaseSwitchConfig {
            wait: written.wait.as_ref().map_or(usual.wait, |at| at.value),
            gap: written.gap.as_ref().map_or(usual.gap, |at| at.value),
            per_session: written.per_session.unwrap_or(usual.per_session),
        };
        let program = self.program(&written.command, written.deadline.as_ref())?;
        Ok(Some(PhaseSwitchSettings { program, config, uses }))
    }

    fn program(
        &self,
        command: &At<Vec<std::string::String>>,
        deadline: Option<&At<Duration>>,
    ) -> Result<Program, SettingsError> {
        if command.value.first().is_none_or(|program| program.trim().is_empty()) {
            let error = self.wrong(command, "it names no program");
            return Err(error.hint("write [\"PROGRAM\", \"ARGUMENT\"]; there is no shell unless you name one"));
        }
        let within = deadline.map_or(USUAL_DEADLINE, |at| at.value);
        if let Some(at) = deadline.filter(|_| within > LONGEST_DEADLINE || within < Duration::from_secs(1)) {
            return Err(self.wrong(at, "a program has between 1s and 50s"));
        }
        Ok(Program { command: command.value.clone(), deadline: within })
    }
}

impl ResumeSettings {
    /// So long after a resumption a car should draw where nothing is written.
    pub const USUAL_AFTER: Duration = Duration::from_secs(120);
}
