//! Site and circuits.

use std::borrow::ToOwned;
use std::format;
use std::vec::Vec;

use twc_proto::CentiAmps;

use super::build::Build;
use super::units::{Values, shown};
use super::value::{At, Name};
use super::{CircuitSettings, HouseSettings, MeterSettings, SettingsError, SlaveSettings};
use crate::budget::house::{HouseConfig, HouseError};
use crate::budget::surplus::MeterKind;
use crate::config::{FLOOR, MAX_CIRCUITS};

/// What a circuit and the site have in common.
struct Watched<'a> {
    limit: CentiAmps,
    volts: u16,
    meter: &'a At<Name>,
    margin: Option<&'a At<CentiAmps>>,
    failsafe: Option<&'a At<CentiAmps>>,
    count_generation: bool,
}

impl Build<'_> {
    pub(super) fn wiring(
        &self,
        volts: u16,
        meters: &[MeterSettings],
    ) -> Result<(CircuitSettings, Vec<CircuitSettings>), SettingsError> {
        let site = &self.file.site;
        let limit = self.limit("[site]", site.continuous_limit.as_ref(), site.breaker_rating.as_ref())?;
        let limit = limit.ok_or_else(|| {
            let hint = "write what its wiring carries for hours: continuous_limit = \"40A\"";
            self.missing("[site]", "the site needs a limit").hint(hint)
        })?;
        let watched = |meter| Watched {
            limit,
            volts,
            meter,
            margin: site.margin.as_ref(),
            failsafe: site.failsafe.as_ref(),
            count_generation: site.count_generation,
        };
        let house = site.meter.as_ref().map(|meter| self.house(&watched(meter), meters)).transpose()?;
        self.check_unwatched(house.is_some(), site.margin.as_ref(), site.failsafe.as_ref())?;
        let site = CircuitSettings { name: "site".to_owned(), limit, fed_by: None, house };
        Ok((site, self.circuits(volts, meters)?))
    }

    fn circuits(&self, volts: u16, meters: &[MeterSettings]) -> Result<Vec<CircuitSettings>, SettingsError> {
        // A site with a meter takes one place in the master's tree.
        let places = MAX_CIRCUITS - usize::from(self.file.site.meter.is_some());
        let mut circuits = Vec::new();
        for (name, circuit) in &self.file.circuit {
            let header = format!("[circuit.{name}]");
            let limit = self.limit(&header, circuit.continuous_limit.as_ref(), circuit.breaker_rating.as_ref())?;
            let limit = limit.ok_or_else(|| {
                self.missing(&header, "a circuit without a limit limits nothing")
                    .hint("give it a continuous_limit or a breaker_rating")
            })?;
            if circuits.len() == places {
                return Err(self.missing(&header, format!("no more than {places} circuits can be kept apart")));
            }
            let watched = |meter| Watched {
                limit,
                volts,
                meter,
                margin: circuit.margin.as_ref(),
                failsafe: circuit.failsafe.as_ref(),
                count_generation: circuit.count_generation,
            };
            let house = circuit.meter.as_ref().map(|meter| self.house(&watched(meter), meters)).transpose()?;
            self.check_unwatched(house.is_some(), circuit.margin.as_ref(), circuit.failsafe.as_ref())?;
            let fed_by = circuit.fed_by.as_ref().map(|name| self.circuit(name)).transpose()?.flatten();
            circuits.push(CircuitSettings { name: name.clone(), limit, fed_by, house });
        }
        self.check_circles(&circuits)?;
        Ok(circuits)
    }

    /// The circuit of this name; the site is none of them.
    pub(super) fn circuit(&self, name: &At<Name>) -> Result<Option<usize>, SettingsError> {
        match name.value.0.as_str() {
            "site" => Ok(None),
            _ => self.find("circuit", name, &self.file.circuit).map(Some),
        }
    }

    fn check_circles(&self, circuits: &[CircuitSettings]) -> Result<(), SettingsError> {
        for (circuit, written) in circuits.iter().zip(self.file.circuit.values()) {
            let mut above = circuit.fed_by;
            for _ in 0..circuits.len() {
                above = above.and_then(|index| circuits.get(index)?.fed_by);
            }
            if let Some(fed_by) = written.fed_by.as_ref().filter(|_| above.is_some()) {
                let reason = format!("`{}` would feed itself", circuit.name);
                return Err(self.wrong(fed_by, reason).hint("somewhere a circuit must be fed by the site"));
            }
        }
        Ok(())
    }

    fn check_unwatched(
        &self,
        watched: bool,
        margin: Option<&At<CentiAmps>>,
        failsafe: Option<&At<CentiAmps>>,
    ) -> Result<(), SettingsError> {
        match margin.or(failsafe).filter(|_| !watched) {
            Some(at) => {
                let error = self.wrong(at, "it means something only where a meter watches the limit");
                Err(error.hint("add meter = \"NAME\" or leave it out"))
            }
            None => Ok(()),
        }
    }

    fn house(&self, watched: &Watched<'_>, meters: &[MeterSettings]) -> Result<HouseSettings, SettingsError> {
        let index = self.find("meter", watched.meter, &self.file.meter)?;
        let Some(meter) = meters.get(index) else {
            return Err(self.wrong(watched.meter, "there is no such meter"));
        };
        if meter.values == Values::Total || meter.kind == MeterKind::ExportOnly {
            let reason = "a meter that protects must tell import on each phase";
            return Err(self.wrong(watched.meter, reason).hint("such a meter can serve [surplus]"));
        }
        let config = HouseConfig {
            limit: [watched.limit; 3],
            margin: watched.margin.map_or(CentiAmps::ZERO, |at| at.value),
            count_generation: watched.count_generation,
            failsafe: watched.failsafe.map_or(FLOOR, |at| at.value),
            volts: watched.volts,
            meter: meter.config,
        };
        if let Some(failsafe) = watched.failsafe.filter(|at| at.value < FLOOR) {
            let error = self.wrong(failsafe, "no wall connector can be told less than 6A");
            return Err(error.hint("write 6A; withhold_after of the meter says when nothing is given"));
        }
        match config.check() {
            Ok(()) => Ok(HouseSettings { meter: index, config }),
            Err(error) => {
                let at = match error {
                    HouseError::FailsafeAboveLimit { .. } => watched.failsafe,
                    HouseError::MarginAboveLimit { .. } => watched.margin,
                    HouseError::Meter(_) => None,
                };
                let span = at.map_or_else(|| watched.meter.span.clone(), |at| at.span.clone());
                Err(self.wrong_at(span, format!("{error}")))
            }
        }
    }

    /// What is safe without a meter must be safe for all at once.
    pub(super) fn check_failsafe(
        &self,
        site: &CircuitSettings,
        circuits: &[CircuitSettings],
        slaves: &[SlaveSettings],
    ) -> Result<(), SettingsError> {
        let below = |circuit: Option<usize>| {
            let hangs = |slave: &&SlaveSettings| {
                let mut place = slave.circuit;
                for _ in 0..=circuits.len() {
                    if place == circuit {
                        return true;
                    }
                    place = place.and_then(|index| circuits.get(index)?.fed_by);
                }
                circuit.is_none()
            };
            slaves.iter().filter(hangs).count() as u16
        };
        let all = circuits.iter().enumerate().map(|(index, circuit)| (Some(index), circuit));
        for (index, circuit) in all.chain([(None, site)]) {
            let Some(house) = &circuit.house else { continue };
            let (count, failsafe) = (below(index), house.config.failsafe);
            let sum = CentiAmps::new(failsafe.value().saturating_mul(count));
            if sum > circuit.limit {
                let written = match index.and_then(|index| self.file.circuit.values().nth(index)) {
                    Some(circuit) => circuit.failsafe.as_ref().map(|at| &at.span).or(span(circuit.meter.as_ref())),
                    None => {
                        self.file.site.failsafe.as_ref().map(|at| &at.span).or(span(self.file.site.meter.as_ref()))
                    }
                };
                let reason = format!(
                    "{count} wall connectors at a failsafe of {} take {}, and `{}` carries {}",
                    shown(failsafe),
                    shown(sum),
                    circuit.name,
                    shown(circuit.limit)
                );
                return Err(self.wrong_at(written.cloned().unwrap_or_default(), reason));
            }
        }
        Ok(())
    }
}

fn span(at: Option<&At<Name>>) -> Option<&core::ops::Range<usize>> {
    at.map(|at| &at.span)
}
