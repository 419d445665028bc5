//! Meters, and the sun they show.

use core::time::Duration;
use std::format;
use std::vec::Vec;

use super::build::Build;
use super::file::{Meter, Surplus};
use super::units::{BatterySign, Sign, Values};
use super::{BatterySettings, MeterSettings, SettingsError, SurplusSettings};
use crate::budget::meter::{MeterConfig, MeterError, PROTECTING_AGE};
use crate::budget::surplus::{
    BELIEVED, BatteryPolicy, MeterKind, Settlement, SurplusConfig, SurplusError, SwitchConfig, Topology,
};

/// A meter can be the sum of so many others.
pub(crate) const MOST_PARTS: usize = 8;

impl Build<'_> {
    pub(super) fn meters(&self) -> Result<Vec<MeterSettings>, SettingsError> {
        let meters = self.file.meter.iter().map(|(name, meter)| {
            let config = self.meter_config(name, meter)?;
            Ok(MeterSettings {
                name: name.clone(),
                source: self.source(meter.source.as_ref())?,
                parts: self.parts(meter)?,
                sign: meter.sign.as_ref().map_or(Sign::ImportPositive, |at| at.value),
                kind: meter.kind.as_ref().map_or(MeterKind::Net, |at| at.value),
                values: meter.values.as_ref().map_or(Values::PerPhase, |at| at.value),
                config,
            })
        });
        meters.collect()
    }

    /// What a meter is the sum of.
    fn parts(&self, meter: &Meter) -> Result<Vec<(usize, bool)>, SettingsError> {
        let signed = meter.plus.iter().map(|at| (at, false)).chain(meter.minus.iter().map(|at| (at, true)));
        let mut parts: Vec<(usize, bool)> = Vec::new();
        for (at, comes_off) in signed {
            let index = self.find("meter", at, &self.file.meter)?;
            let Some(part) = self.file.meter.values().nth(index) else { continue };
            if !part.plus.is_empty() || !part.minus.is_empty() {
                return Err(self.wrong(at, "it is a sum itself").hint("name what it is the sum of"));
            }
            if parts.iter().any(|(known, _)| *known == index) {
                return Err(self.wrong(at, "it would count twice"));
            }
            if parts.len() == MOST_PARTS {
                return Err(self.wrong(at, format!("a meter is the sum of {MOST_PARTS} others at most")));
            }
            let told = |of: &Meter| of.values.as_ref().map_or(Values::PerPhase, |at| at.value);
            if told(meter) == Values::PerPhase && told(part) == Values::Total {
                let error = self.wrong(at, "it tells the total only, so the sum cannot tell each phase");
                return Err(error.hint("write values = \"total\" for the sum"));
            }
            parts.push((index, comes_off));
        }
        match meter.source.as_ref().filter(|_| !parts.is_empty()) {
            Some(source) => Err(self.wrong(source, "a sum of other meters has no source of its own")),
            None => Ok(parts),
        }
    }

    /// Whether some limit rests on this meter.
    fn protects(&self, name: &str) -> bool {
        let circuits = self.file.circuit.values().filter_map(|circuit| circuit.meter.as_ref());
        circuits.chain(self.file.site.meter.as_ref()).any(|meter| meter.value.0 == name)
    }

    fn meter_config(&self, name: &str, meter: &Meter) -> Result<MeterConfig, SettingsError> {
        let protects = self.protects(name);
        let interval = meter.interval.value;
        let usual = interval.saturating_mul(4).min(if protects { PROTECTING_AGE } else { Duration::MAX });
        let failsafe_after = meter.failsafe_after.as_ref().map_or(usual, |at| at.value);
        let usual = failsafe_after.saturating_mul(2).max(Duration::from_secs(60));
        let withhold_after = meter.withhold_after.as_ref().map_or(usual, |at| at.value);
        let export_only = meter.kind.as_ref().is_some_and(|at| at.value == MeterKind::ExportOnly);
        let outside =
            self.file.surplus.as_ref().is_some_and(|surplus| {
                surplus.meter.value.0 == name && surplus.topology.value == Topology::Outside
            });
        let config = MeterConfig {
            withhold_after,
            independent: meter.independent,
            latency: meter.latency.as_ref().map_or(Duration::ZERO, |at| at.value),
            sees_us: !export_only && !outside,
            ..MeterConfig::new(interval, failsafe_after)
        };
        if protects && outside {
            let error = self.missing("topology", "this meter protects a limit, so the cars are behind it");
            return Err(error.hint("write charger-inside, or use another meter"));
        }
        let Err(error) = config.check(protects) else { return Ok(config) };
        let at = match error {
            MeterError::Order => meter.withhold_after.as_ref(),
            _ => meter.failsafe_after.as_ref().filter(|_| meter.interval.value <= PROTECTING_AGE),
        };
        let span = at.map_or(&meter.interval.span, |at| &at.span);
        let wrong = self.wrong_at(span.clone(), format!("{error}"));
        Err(if protects { wrong.hint("a slower meter can serve [surplus] only") } else { wrong })
    }

    pub(super) fn battery(&self) -> Result<Option<BatterySettings>, SettingsError> {
        let Some(battery) = &self.file.battery else { return Ok(None) };
        if let Some(at) = battery.stale_after.as_ref().filter(|at| at.value.is_zero()) {
            return Err(self.wrong(at, "so it would never be believed"));
        }
        let order = battery.priority_soc.as_ref().zip(battery.buffer_soc.as_ref());
        if let Some((first, gives)) = order.filter(|(first, gives)| gives.value.0 < first.value.0) {
            let reason = format!("it comes first up to {}%, so it cannot give to cars below that", first.value.0);
            return Err(self.wrong(gives, reason).hint(format!("write {}% or more", first.value.0)));
        }
        let sign = battery.sign.as_ref().map_or(BatterySign::ChargingPositive, |at| at.value);
        Ok(Some(BatterySettings { source: self.source(battery.source.as_ref())?, sign }))
    }

    pub(super) fn surplus(
        &self,
        volts: u16,
        meters: &[MeterSettings],
    ) -> Result<Option<SurplusSettings>, SettingsError> {
        let Some(surplus) = &self.file.surplus else {
            return match self.file.battery {
                Some(_) => Err(self.missing("[battery]", "a battery has a place only beside a [surplus]")),
                None => Ok(None),
            };
        };
        let meter = self.find("meter", &surplus.meter, &self.file.meter)?;
        let Some(shows) = meters.get(meter) else {
            return Err(self.wrong(&surplus.meter, "there is no such meter"));
        };
        let settlement = surplus.settlement.as_ref().map_or(Settlement::NetSum, |at| at.value);
        if let Some(at) = surplus.settlement.as_ref().filter(|at| at.value == Settlement::PerPhase) {
            if shows.values == Values::Total {
                let error = self.wrong(at, "its meter tells the total only");
                return Err(error.hint("write net-sum"));
            }
        }
        if let Some(at) = surplus.flex_min_soc.as_ref().filter(|_| self.file.battery.is_none()) {
            return Err(self.wrong(at, "there is no [battery] whose charge could be known"));
        }
        let config = self.surplus_config(surplus, settlement, shows, volts);
        match config.check() {
            Ok(()) => Ok(Some(SurplusSettings { meter, config })),
            Err(error) => {
                let at = surplus.step.as_ref().filter(|_| matches!(error, SurplusError::Step { .. }));
                let span = at.map_or_else(|| surplus.meter.span.clone(), |at| at.span.clone());
                Err(self.wrong_at(span, format!("{error}")))
            }
        }
    }

    fn surplus_config(
        &self,
        surplus: &Surplus,
        settlement: Settlement,
        meter: &MeterSettings,
        volts: u16,
    ) -> SurplusConfig {
        let usual = SurplusConfig::default();
        let span = |at: &Option<super::value::At<Duration>>, usual| at.as_ref().map_or(usual, |at| at.value);
        let watts = |at: &Option<super::value::At<super::units::Power>>| at.as_ref().map_or(0, |at| at.value.0);
        let battery = self.file.battery.as_ref();
        SurplusConfig {
            topology: surplus.topology.value,
            settlement,
            kind: meter.kind,
            volts,
            reserve_watts: watts(&surplus.reserve),
            flex_watts: u16::try_from(watts(&surplus.flex).max(0)).unwrap_or(u16::MAX),
            flex_percent: surplus.flex_min_soc.as_ref().map(|at| at.value.0),
            flex_starts: surplus.flex_starts,
            battery: BatteryPolicy {
                priority_percent: battery.and_then(|of| of.priority_soc.as_ref()).map_or(0, |at| at.value.0),
                buffer_percent: battery.and_then(|of| of.buffer_soc.as_ref()).map(|at| at.value.0),
                stale_after: battery.and_then(|of| of.stale_after.as_ref()).map_or(BELIEVED, |at| at.value),
            },
            switch: SwitchConfig {
                start_delay: span(&surplus.start_delay, usual.switch.start_delay),
                stop_delay: span(&surplus.stop_delay, usual.switch.stop_delay),
                deficit: surplus.deficit.as_ref().map(|at| at.value.0.saturating_mul(3_600)),
                min_on: span(&surplus.min_on, usual.switch.min_on),
                min_off: span(&surplus.min_off, usual.switch.min_off),
            },
            step: surplus.step.as_ref().map_or(usual.step, |at| at.value),
            failsafe: surplus.failsafe.as_ref().map_or(usual.failsafe, |at| at.value),
            meter: meter.config,
        }
    }
}
