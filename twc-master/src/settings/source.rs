//! What comes from outside beside the meters: the home battery, prices, limits that somebody orders, orders.

use core::time::Duration;
use std::format;
use std::string::String;
use std::vec::Vec;

use twc_proto::CentiAmps;

use super::build::Build;
use super::units::shown;
use super::value::{At, Name};
use super::{CapSettings, CircuitSettings, PriceSettings, SettingsError, Silent};

impl Build<'_> {
    /// What names a source of lines.
    pub(super) fn source(&self, written: Option<&At<Name>>) -> Result<Option<String>, SettingsError> {
        let Some(at) = written else { return Ok(None) };
        let known = ["exec:", "file:"].iter().any(|kind| {
            let rest = at.value.0.strip_prefix(kind);
            rest.is_some_and(|rest| !rest.trim().is_empty())
        });
        if known {
            return Ok(Some(at.value.0.clone()));
        }
        let error = self.wrong(at, "there is no such kind of source");
        Err(error.hint("write exec:COMMAND for a program that prints one JSON object per line, or file:PATH"))
    }

    pub(super) fn prices(&self) -> Result<Option<PriceSettings>, SettingsError> {
        let Some(written) = &self.file.prices else { return Ok(None) };
        let zero = |at: &Option<At<Duration>>| at.as_ref().filter(|at| at.value.is_zero()).cloned();
        if let Some(at) = zero(&written.lasts).or_else(|| zero(&written.max_age)) {
            return Err(self.wrong(&at, "so no price would ever hold"));
        }
        Ok(Some(PriceSettings {
            source: self.source(written.source.as_ref())?,
            lasts: written.lasts.as_ref().map_or(PriceSettings::USUAL_LASTS, |at| at.value),
            max_age: written.max_age.as_ref().map(|at| at.value),
        }))
    }

    pub(super) fn caps(
        &self,
        site: &CircuitSettings,
        circuits: &[CircuitSettings],
    ) -> Result<Vec<CapSettings>, SettingsError> {
        let caps = self.file.cap.iter().map(|(name, written)| {
            let circuit = written.circuit.as_ref().map(|name| self.circuit(name)).transpose()?.flatten();
            let limit = circuit.and_then(|index| circuits.get(index)).unwrap_or(site).limit;
            let silent = match (&written.silent_after, &written.silent_limit) {
                (None, None) => None,
                (Some(after), Some(then)) => Some(self.silent(after, then, limit)?),
                (Some(at), None) => {
                    let error = self.wrong(at, "nothing says what may flow then");
                    return Err(error.hint("add silent_limit = \"6A\", or leave both out"));
                }
                (None, Some(at)) => {
                    let error = self.wrong(at, "nothing says after how long");
                    return Err(error.hint("add silent_after = \"5min\", or leave both out"));
                }
            };
            Ok(CapSettings { name: name.clone(), circuit, source: self.source(written.source.as_ref())?, silent })
        });
        caps.collect()
    }

    fn silent(
        &self,
        after: &At<Duration>,
        then: &At<CentiAmps>,
        limit: CentiAmps,
    ) -> Result<Silent, SettingsError> {
        if after.value.is_zero() {
            return Err(self.wrong(after, "so it would always be silent"));
        }
        if then.value > limit {
            let reason =
                format!("more than the {} of the circuit, which nothing at run time raises", shown(limit));
            return Err(self.wrong(then, reason).hint(format!("write {} or less", shown(limit))));
        }
        Ok(Silent { after: after.value, limit: then.value })
    }

    /// What is written about prices and can never matter.
    pub(super) fn note_prices(&mut self) {
        let follows = self.file.schedule.iter().any(|(_, schedule)| !schedule.price.is_empty());
        match (&self.file.prices, follows) {
            (None, true) => {
                self.notes.push("there is no [prices], so no price is known and no price rule holds".into());
            }
            (Some(_), false) => {
                self.notes.push("no schedule has a price rule, so [prices] is used for departures only".into());
            }
            _ => {}
        }
    }
}

impl PriceSettings {
    /// A price without an end lasts so long where no other follows.
    pub const USUAL_LASTS: Duration = Duration::from_secs(3_600);
}
