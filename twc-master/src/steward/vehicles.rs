//! Whose car is plugged in, and what that changes: how it charges, never how much its wall connector may give.

use core::time::Duration;
use std::vec::Vec;

use twc_proto::vin::VinState;
use twc_proto::{CentiAmps, Instant, TwcId};

use crate::budget::plan::Mode;
use crate::config::FLOOR;
use crate::knowledge::{Knowledge, Plug};
use crate::settings::{Settings, SlaveSettings, VehicleSettings};

/// A VIN that was not told for so long after a car was plugged in will not be: a guest.
const TELLS_WITHIN: Duration = Duration::from_secs(120);

/// A slave whose heartbeats are withheld is looked at again after so long: a car may have left, and another come.
const LOOKS_AGAIN: Duration = Duration::from_secs(3_600);

/// Whose car it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// Nobody's as long as nothing is plugged in, or nothing is written about cars.
    Nobodys,
    /// It has not told yet.
    Untold,
    /// It is the one with this index in [`Settings::vehicles`].
    Named(usize),
    /// A guest's: an unknown VIN, none, or one that cannot be read.
    Guests,
}

/// How a car is to be served at a slave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) mode: Mode,
    pub(super) schedule: Option<usize>,
    pub(super) minimum: CentiAmps,
    pub(super) maximum: CentiAmps,
    pub(super) priority: u8,
}

/// Who was seen where.
#[derive(Debug, Default)]
pub(super) struct Garage(Vec<Place>);

#[derive(Debug, Clone, Copy)]
struct Place {
    slave: TwcId,
    whose: Whose,
    /// When it was last heard about.
    heard: Instant,
}

impl Garage {
    pub(super) fn at(&self, slave: TwcId) -> Whose {
        self.0.iter().find(|place| place.slave == slave).map_or(Whose::Nobodys, |place| place.whose)
    }

    /// Takes what is known of a slave's car; the new one, if it is another.
    pub(super) fn note(
        &mut self,
        now: Instant,
        slave: TwcId,
        linked: bool,
        known: &Knowledge,
        settings: &Settings,
    ) -> Option<Whose> {
        if settings.vehicles.is_empty() && settings.guest.is_none() {
            return None;
        }
        let before = self.at(slave);
        let heard = self.0.iter().find(|place| place.slave == slave).map_or(now, |place| place.heard);
        let whose = match linked {
            true => whose(now, known, &settings.vehicles),
            // Who gets no heartbeats does not show that his car is another by now.
            false if now.since(heard) >= LOOKS_AGAIN => Whose::Nobodys,
            false => before,
        };
        let heard = if linked || whose != before { now } else { heard };
        self.0.retain(|place| place.slave != slave);
        self.0.push(Place { slave, whose, heard });
        (whose != before).then_some(whose)
    }
}

fn whose(now: Instant, known: &Knowledge, vehicles: &[VehicleSettings]) -> Whose {
    if known.plug != Plug::PluggedIn {
        return Whose::Nobodys;
    }
    match known.vin {
        VinState::Known(vin) | VinState::Doubtful(vin) => {
            let named = vehicles.iter().position(|vehicle| vehicle.vin == Some(vin));
            named.map_or(Whose::Guests, Whose::Named)
        }
        VinState::None => Whose::Guests,
        _ if known.session.since.is_some_and(|since| now.since(since) < TELLS_WITHIN) => Whose::Untold,
        _ => Whose::Guests,
    }
}

/// What holds for a car at a slave.
pub(super) fn rule(whose: Whose, slave: &SlaveSettings, settings: &Settings) -> Rule {
    let usual = Rule {
        mode: slave.mode,
        schedule: slave.schedule,
        minimum: slave.minimum,
        maximum: slave.maximum,
        priority: slave.priority,
    };
    let of = match whose {
        Whose::Nobodys => None,
        // Until it is known no more than its minimum.
        Whose::Untold => return Rule { maximum: usual.maximum.min(usual.minimum.max(FLOOR)), ..usual },
        Whose::Named(index) => settings.vehicles.get(index),
        Whose::Guests => settings.guest.as_ref(),
    };
    let Some(of) = of else { return usual };
    let (mode, schedule) = match of.mode {
        _ if !of.allow => (Mode::Off, None),
        Some(says) => says,
        None => (usual.mode, usual.schedule),
    };
    Rule {
        mode,
        schedule,
        minimum: of.minimum.unwrap_or(usual.minimum),
        // The wiring's limit and what is written for the slave hold for every car.
        maximum: of.maximum.map_or(usual.maximum, |most| most.min(usual.maximum)),
        priority: of.priority.unwrap_or(usual.priority),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
[site]
continuous_limit = "32A"
mode = "off"

[[slave]]
id = "3495"
continuous_limit = "16A"
maximum = "13A"
priority = 1

[vehicle.mia]
vin = "1M8GDM9AXKP042788"
mode = "now"
maximum = "32A"
priority = 7

[guest]
allow = false
"#;

    fn settings() -> Settings {
        Settings::parse(FILE).unwrap_or_else(|error| panic!("{error}"))
    }

    fn known(vin: VinState) -> Knowledge {
        let session = crate::knowledge::SessionEnergy { since: Some(Instant::ZERO), ..Default::default() };
        Knowledge {
            firmware: None,
            serial: None,
            vin,
            vehicle: crate::Vehicle::Unknown,
            plug: Plug::PluggedIn,
            volts: None,
            phase_amps: None,
            counter: None,
            session,
        }
    }

    #[test]
    fn no_car_is_given_more_than_its_wall_connector_may() {
        let settings = settings();
        let slave = &settings.slaves[0];
        for whose in [Whose::Nobodys, Whose::Untold, Whose::Named(0), Whose::Guests] {
            assert!(rule(whose, slave, &settings).maximum <= slave.maximum, "{whose:?}");
        }
        let mia = rule(Whose::Named(0), slave, &settings);
        assert_eq!((mia.mode, mia.maximum, mia.priority), (Mode::Now, CentiAmps::from_amps(13), 7));
        assert_eq!(rule(Whose::Guests, slave, &settings).mode, Mode::Off);
        assert_eq!(rule(Whose::Untold, slave, &settings).maximum, FLOOR);
    }

    #[test]
    fn who_tells_no_vin_or_another_or_none_in_time_is_a_guest() {
        let vehicles = settings().vehicles;
        let at = |seconds, vin| whose(Instant::from_secs(seconds), &known(vin), &vehicles);
        let vin = |text: &str| text.parse().unwrap();
        assert_eq!(at(5, VinState::Known(vin("1M8GDM9AXKP042788"))), Whose::Named(0));
        assert_eq!(at(5, VinState::Known(vin("1M8GDM9AXKP042789"))), Whose::Guests);
        assert_eq!(at(5, VinState::None), Whose::Guests);
        assert_eq!(at(5, VinState::Partial), Whose::Untold);
        assert_eq!(at(120, VinState::Partial), Whose::Guests);
        let gone = Knowledge { plug: Plug::Unplugged, ..known(VinState::None) };
        assert_eq!(whose(Instant::ZERO, &gone, &vehicles), Whose::Nobodys);
    }
}
