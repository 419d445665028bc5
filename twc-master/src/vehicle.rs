//! Whose car is plugged in, as far as its VIN tells, and which profile that makes.

use twc_proto::Vin;
use twc_proto::vin::VinState;

use crate::command::CommandError;
use crate::profile::Profile;

/// How many cars can be known by their VIN.
pub const MAX_VEHICLES: usize = 4;

/// Whose car is plugged in at a slave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Vehicle {
    /// Not known yet, or nothing is plugged in.
    #[default]
    Unknown,
    /// It tells no VIN: no Tesla, or a unit that does not talk to its car.
    Untold,
    /// It tells a VIN that nobody named: a guest.
    Guest,
    /// It is one of those named with [`crate::Master::know_vehicle`].
    Known(&'static Profile),
}

/// The cars known by their VIN.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Vehicles {
    known: [Option<(Vin, &'static Profile)>; MAX_VEHICLES],
    /// The profile of guests; that of the slave while unset.
    pub(crate) guest: Option<&'static Profile>,
}

impl Vehicles {
    /// Names a car, or names it anew.
    pub(crate) fn know(&mut self, vin: Vin, profile: &'static Profile) -> Result<(), CommandError> {
        let same = self.known.iter().position(|known| known.is_some_and(|(known, _)| known == vin));
        let place = same.or_else(|| self.known.iter().position(Option::is_none));
        let place = place.and_then(|place| self.known.get_mut(place)).ok_or(CommandError::TooManyVehicles)?;
        *place = Some((vin, profile));
        Ok(())
    }

    /// Whose car shows this VIN, and the profile to treat it by, where it has one of its own.
    pub(crate) fn who(&self, vin: VinState) -> (Vehicle, Option<&'static Profile>) {
        let vehicle = self.vehicle(vin);
        match vehicle {
            Vehicle::Known(profile) => (vehicle, Some(profile)),
            Vehicle::Guest => (vehicle, self.guest),
            Vehicle::Unknown | Vehicle::Untold => (vehicle, None),
        }
    }

    fn vehicle(&self, vin: VinState) -> Vehicle {
        match vin {
            VinState::Known(vin) | VinState::Doubtful(vin) => {
                let known = self.known.iter().flatten().find(|(known, _)| *known == vin);
                known.map_or(Vehicle::Guest, |(_, profile)| Vehicle::Known(profile))
            }
            VinState::None => Vehicle::Untold,
            _ => Vehicle::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vin(text: &str) -> Vin {
        text.parse().unwrap()
    }

    #[test]
    fn a_vin_nobody_named_is_a_guest() {
        let mut vehicles = Vehicles::default();
        vehicles.know(vin("1M8GDM9AXKP042788"), &Profile::TESLA_LATCH).unwrap();
        let profile = &Profile::TESLA_LATCH;
        let known = vehicles.who(VinState::Known(vin("1M8GDM9AXKP042788")));
        assert_eq!(known, (Vehicle::Known(profile), Some(profile)));
        let other = VinState::Doubtful(vin("1M8GDM9AXKP042789"));
        assert_eq!(vehicles.who(other), (Vehicle::Guest, None));
        vehicles.guest = Some(&Profile::TESLA);
        assert_eq!(vehicles.who(other), (Vehicle::Guest, Some(&Profile::TESLA)));
        assert_eq!(vehicles.who(VinState::None), (Vehicle::Untold, None));
        assert_eq!(vehicles.who(VinState::Partial), (Vehicle::Unknown, None));
    }

    #[test]
    fn one_car_too_many_is_refused_and_a_known_one_can_be_named_anew() {
        let mut vehicles = Vehicles::default();
        for digit in 0..MAX_VEHICLES {
            let text = std::format!("1M8GDM9AXKP04278{digit}");
            vehicles.know(vin(&text), &Profile::TESLA).unwrap();
        }
        assert_eq!(vehicles.know(vin("1M8GDM9AXKP042788"), &Profile::I3), Err(CommandError::TooManyVehicles));
        vehicles.know(vin("1M8GDM9AXKP042780"), &Profile::I3).unwrap();
        let known = vehicles.who(VinState::Known(vin("1M8GDM9AXKP042780"))).0;
        assert_eq!(known, Vehicle::Known(&Profile::I3));
    }
}
