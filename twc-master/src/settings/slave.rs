//! Wall connectors.

use std::format;
use std::vec::Vec;

use twc_proto::CentiAmps;

use super::build::Build;
use super::file::Slave;
use super::units::{mode_name, shown};
use super::value::{At, Name};
use super::{CircuitSettings, ScheduleSettings, SettingsError, SlaveSettings};
use crate::budget::PhaseSet;
use crate::budget::plan::Mode;
use crate::config::{DEFAULT_CIRCUIT_LIMIT, FLOOR, LARGEST_UNIT, MAX_SLAVES};
use crate::{Profile, Strategy};

impl Build<'_> {
    pub(super) fn slaves(
        &mut self,
        site: &CircuitSettings,
        circuits: &[CircuitSettings],
        schedules: &[ScheduleSettings],
    ) -> Result<Vec<SlaveSettings>, SettingsError> {
        let file = self.file;
        let mut slaves: Vec<SlaveSettings> = Vec::new();
        for slave in &file.slave {
            if slaves.len() == MAX_SLAVES {
                return Err(self.wrong(&slave.id, format!("a bus has at most {MAX_SLAVES} wall connectors")));
            }
            if slaves.iter().any(|known| known.id == slave.id.value) {
                return Err(self.wrong(&slave.id, "two wall connectors cannot have one id"));
            }
            slaves.push(self.slave(slave, site, circuits, schedules)?);
        }
        if slaves.is_empty() {
            self.notes.push("no [[slave]] is written down: every wall connector heard gets 16A at most".into());
        }
        if slaves.len() == 1 && slaves.iter().all(|slave| slave.priority > 0) {
            self.notes.push("a priority means nothing with one wall connector".into());
        }
        Ok(slaves)
    }

    fn slave(
        &mut self,
        slave: &Slave,
        site: &CircuitSettings,
        circuits: &[CircuitSettings],
        schedules: &[ScheduleSettings],
    ) -> Result<SlaveSettings, SettingsError> {
        let circuit = slave.circuit.as_ref().map(|name| self.circuit(name)).transpose()?.flatten();
        let own =
            self.limit("a wall connector", slave.continuous_limit.as_ref(), slave.breaker_rating.as_ref())?;
        if own.is_none() {
            self.notes.push(format!(
                "{} has no continuous_limit, so it gets {} at most",
                slave.id.value,
                shown(DEFAULT_CIRCUIT_LIMIT)
            ));
        }
        let limit = own.unwrap_or(DEFAULT_CIRCUIT_LIMIT).min(LARGEST_UNIT);
        let path = path_limit(limit, circuit, site, circuits);
        let minimum = self.minimum(slave, path)?;
        let maximum = self.maximum(slave, minimum, limit)?;
        let mode = slave.mode.as_ref().or(self.file.site.mode.as_ref());
        let (mode, schedule) = self.mode(slave.schedule.as_ref(), mode, schedules)?;
        Ok(SlaveSettings {
            id: slave.id.value,
            name: slave.name.clone(),
            circuit,
            limit,
            phases: slave.phases.as_ref().map_or(PhaseSet::ALL, |at| at.value),
            phases_known: slave.phases.is_some(),
            car: slave.car.as_ref().map_or(&Profile::UNKNOWN, |at| at.value),
            stop: self.stop(slave)?,
            minimum,
            maximum,
            priority: slave.priority,
            mode,
            schedule,
            hook: self.hook(slave)?,
            on_resume: self.on_resume(slave)?,
            phase_switch: self.phase_switch(slave)?,
        })
    }

    fn minimum(&self, slave: &Slave, path: CentiAmps) -> Result<CentiAmps, SettingsError> {
        let Some(at) = &slave.minimum else { return self.minimum_of_car(slave, path) };
        if at.value < FLOOR {
            return Err(self
                .wrong(at, "a wall connector takes 6A whatever it is told below that")
                .hint("write 6A"));
        }
        if at.value > path {
            let reason = format!("more than the {} that the wiring to {} carries", shown(path), slave.id.value);
            return Err(self.wrong(at, reason).hint(format!("write {} or less", shown(path))));
        }
        Ok(at.value)
    }

    fn minimum_of_car(&self, slave: &Slave, path: CentiAmps) -> Result<CentiAmps, SettingsError> {
        let Some(at) = &slave.car else { return Ok(FLOOR) };
        let least = at.value.minimum;
        if least > path {
            let reason = format!("such a car needs {}, and the wiring carries {}", shown(least), shown(path));
            return Err(self.wrong(at, reason));
        }
        Ok(least)
    }

    fn stop(&self, slave: &Slave) -> Result<Option<Strategy>, SettingsError> {
        let Some(at) = &slave.stop else { return Ok(None) };
        let obeys = slave.car.as_ref().is_some_and(|car| car.value.obeys_commands);
        if at.value == Strategy::Command && !obeys {
            let error =
                self.wrong(at, "the command leaves a Tesla refusing to charge until it is plugged in again");
            return Err(error.hint("give a car that is known to obey it, such as fiat-500e, or write withhold"));
        }
        Ok(Some(at.value))
    }

    fn maximum(&self, slave: &Slave, minimum: CentiAmps, limit: CentiAmps) -> Result<CentiAmps, SettingsError> {
        let Some(at) = &slave.maximum else { return Ok(limit) };
        if at.value < minimum {
            let reason = format!("less than the minimum of {}, so it could never charge", shown(minimum));
            return Err(self.wrong(at, reason).hint("write mode = \"off\" to keep it from charging"));
        }
        if at.value > limit {
            let reason = format!("more than the {} that its own wiring carries", shown(limit));
            return Err(self.wrong(at, reason).hint("leave it out, or raise continuous_limit if that is true"));
        }
        Ok(at.value)
    }

    pub(super) fn mode(
        &self,
        schedule: Option<&At<Name>>,
        mode: Option<&At<Mode>>,
        schedules: &[ScheduleSettings],
    ) -> Result<(Mode, Option<usize>), SettingsError> {
        let named = schedule.map(|name| self.find("schedule", name, &self.file.schedule)).transpose()?;
        let Some(at) = mode else {
            return Ok(named.map_or((Mode::Now, None), |index| (Mode::Scheduled, Some(index))));
        };
        if let Some(name) = schedule.filter(|_| at.value != Mode::Scheduled) {
            let reason = format!("its mode is {}, so it follows no schedule", mode_name(at.value));
            return Err(self.wrong(name, reason).hint("write mode = \"scheduled\""));
        }
        if matches!(at.value, Mode::Solar | Mode::MinSolar) && self.file.surplus.is_none() {
            return Err(self.wrong(at, "there is no [surplus], so nothing measures the sun"));
        }
        if at.value != Mode::Scheduled {
            return Ok((at.value, None));
        }
        match (named, schedules.len()) {
            (Some(index), _) => Ok((Mode::Scheduled, Some(index))),
            (None, 1) => Ok((Mode::Scheduled, Some(0))),
            (None, 0) => Err(self.wrong(at, "there is no [schedule.NAME] to follow")),
            (None, _) => Err(self.wrong(at, "there are several schedules").hint("add schedule = \"NAME\"")),
        }
    }
}

/// The least that any circuit between the site and the car carries.
fn path_limit(
    own: CentiAmps,
    circuit: Option<usize>,
    site: &CircuitSettings,
    circuits: &[CircuitSettings],
) -> CentiAmps {
    let mut least = own.min(site.limit);
    let mut place = circuit;
    // Circles were refused, so the way up is no longer than the list.
    for _ in circuits {
        let Some(circuit) = place.and_then(|index| circuits.get(index)) else { break };
        least = least.min(circuit.limit);
        place = circuit.fed_by;
    }
    least
}
