//! From what is written to what is meant.

use core::ops::Range;
use std::collections::BTreeMap;
use std::format;
use std::string::String;
use std::vec::Vec;

use twc_proto::CentiAmps;

use super::error::did_you_mean;
use super::file::File;
use super::units::shown;
use super::value::{At, Name};
use super::{Settings, SettingsError};
use crate::config::FLOOR;
use crate::share::{Any, Rotation};

/// A file on its way to become [`Settings`].
pub(super) struct Build<'a> {
    pub(super) text: &'a str,
    pub(super) file: &'a File,
    pub(super) notes: Vec<String>,
}

impl<'a> Build<'a> {
    pub(super) const fn new(text: &'a str, file: &'a File) -> Self {
        Self { text, file, notes: Vec::new() }
    }

    pub(super) fn settings(mut self) -> Result<Settings, SettingsError> {
        let volts = self.volts()?;
        let meters = self.meters()?;
        let schedules = self.schedules()?;
        let (site, circuits) = self.wiring(volts, &meters)?;
        let surplus = self.surplus(volts, &meters)?;
        let slaves = self.slaves(&site, &circuits, &schedules)?;
        let (battery, prices, caps) = (self.battery()?, self.prices()?, self.caps(&site, &circuits)?);
        let orders = self.source(self.file.orders.as_ref().and_then(|orders| orders.source.as_ref()))?;
        let (vehicles, guest) = (self.vehicles(&schedules)?, self.guest(&schedules)?);
        self.check_failsafe(&site, &circuits, &slaves)?;
        let theirs = vehicles.iter().chain(&guest).filter_map(|of| of.mode?.1);
        let follows: Vec<usize> = slaves.iter().filter_map(|slave| slave.schedule).chain(theirs).collect();
        self.note_unused(&meters, &schedules, &follows);
        self.note_prices();
        let link = self.file.link.as_ref();
        if let Some(id) = link.and_then(|link| link.id.as_ref()) {
            self.check_own_id(id)?;
        }
        Ok(Settings {
            link: link.map(|link| link.to.clone()),
            id: link.and_then(|link| link.id.as_ref()).map(|id| id.value),
            site,
            volts,
            share: self.file.site.share.as_ref().map_or_else(turns, |at| at.value),
            circuits,
            slaves,
            vehicles,
            guest,
            meters,
            surplus,
            battery,
            schedules,
            prices,
            caps,
            orders,
            notes: self.notes,
        })
    }

    /// Something wrong with a value.
    pub(super) fn wrong<T>(&self, at: &At<T>, reason: impl Into<String>) -> SettingsError {
        self.wrong_at(at.span.clone(), reason)
    }

    pub(super) fn wrong_at(&self, span: Range<usize>, reason: impl Into<String>) -> SettingsError {
        SettingsError::at(self.text, span, reason)
    }

    /// Something missing in the table under this header.
    pub(super) fn missing(&self, header: &str, reason: impl Into<String>) -> SettingsError {
        let at = self.text.find(header).unwrap_or(0);
        self.wrong_at(at..at, reason)
    }

    /// The index of the table with this name.
    pub(super) fn find<T>(
        &self,
        kind: &str,
        name: &At<Name>,
        tables: &BTreeMap<String, T>,
    ) -> Result<usize, SettingsError> {
        let wanted = &name.value.0;
        tables.keys().position(|known| known == wanted).ok_or_else(|| {
            let error = self.wrong(name, format!("there is no table [{kind}.{wanted}]"));
            match did_you_mean(wanted, tables.keys().map(String::as_str)) {
                Some(meant) => error.hint(format!("did you mean `{meant}`?")),
                None => error,
            }
        })
    }

    /// A continuous limit from one of the two keys that give it.
    pub(super) fn limit(
        &self,
        header: &str,
        continuous: Option<&At<CentiAmps>>,
        rating: Option<&At<CentiAmps>>,
    ) -> Result<Option<CentiAmps>, SettingsError> {
        let (at, limit) = match (continuous, rating) {
            (Some(_), Some(rating)) => {
                let reason = "continuous_limit is given too, and both say what may flow";
                return Err(self.wrong(rating, reason).hint("keep one of the two"));
            }
            (Some(limit), None) => (limit, limit.value),
            (None, Some(rating)) => {
                let amps = rating.value.value();
                (rating, CentiAmps::new(amps - amps.div_ceil(5)))
            }
            (None, None) => return Ok(None),
        };
        if limit < FLOOR {
            let reason = format!("{} may flow, and a wall connector takes 6A unasked", shown(limit));
            return Err(self.wrong(at, reason).hint(format!("{header} needs 6A or more")));
        }
        Ok(Some(limit))
    }

    fn volts(&self) -> Result<u16, SettingsError> {
        let volts = self.file.site.volts.unwrap_or(230);
        if (90..=300).contains(&volts) {
            return Ok(volts);
        }
        let error = self.missing("volts", format!("{volts} V between phase and neutral is no house's voltage"));
        Err(error.hint("230 in Europe, 120 in North America"))
    }

    fn check_own_id(&self, id: &At<twc_proto::TwcId>) -> Result<(), SettingsError> {
        if id.value.value() == 0 {
            return Err(self.wrong(id, "0000 cannot be told from a damaged answer").hint("leave the key out"));
        }
        if self.file.slave.iter().any(|slave| slave.id.value == id.value) {
            return Err(self.wrong(id, "a wall connector below has this id").hint("leave the key out"));
        }
        Ok(())
    }

    fn note_unused(
        &mut self,
        meters: &[super::MeterSettings],
        schedules: &[super::ScheduleSettings],
        follows: &[usize],
    ) {
        let circuits = self.file.circuit.values().map(|circuit| circuit.meter.as_ref());
        let used: Vec<&str> = circuits
            .chain([self.file.site.meter.as_ref(), self.file.surplus.as_ref().map(|surplus| &surplus.meter)])
            .chain(self.file.meter.values().flat_map(|meter| meter.plus.iter().chain(&meter.minus).map(Some)))
            .flatten()
            .map(|name| name.value.0.as_str())
            .collect();
        let idle = meters.iter().filter(|meter| !used.contains(&meter.name.as_str()));
        let idle = idle.map(|meter| format!("the meter `{}` is used by nothing", meter.name));
        let unfollowed = schedules.iter().enumerate().filter(|(index, _)| !follows.contains(index));
        let unfollowed = unfollowed.map(|(_, of)| format!("nothing follows the schedule `{}`", of.name));
        let notes: Vec<String> = idle.chain(unfollowed).collect();
        self.notes.extend(notes);
    }
}

/// Equal parts while all fit, turns where not.
fn turns() -> Any {
    Any::Rotation(Rotation::default())
}
