//! What is known of a slave and its car beyond its heartbeats.

mod energy;
mod record;

use twc_proto::message::Text;
use twc_proto::vin::VinState;
use twc_proto::{CentiAmps, Firmware, Instant};

pub(crate) use self::record::{Learnt, Record};
use crate::vehicle::Vehicle;

/// What is known of a slave and its car. Everything that was never told is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Knowledge {
    /// Its firmware.
    pub firmware: Option<Firmware>,
    /// Its serial number.
    pub serial: Option<Text<11>>,
    /// The VIN of the car that is plugged in.
    pub vin: VinState,
    /// Whose car that is.
    pub vehicle: Vehicle,
    /// Whether a car is plugged in.
    pub plug: Plug,
    /// Volts of phases A, B and C, and when they were read.
    pub volts: Option<([u16; 3], Instant)>,
    /// Currents of phases A, B and C in steps of 0.5 A, and when they were read.
    pub phase_amps: Option<([CentiAmps; 3], Instant)>,
    /// The unit's own counter.
    pub counter: Option<Counter>,
    /// Energy of the present session, or of the last one.
    pub session: SessionEnergy,
}

/// Whether a car is plugged in, and how that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Plug {
    /// Nothing was heard yet.
    #[default]
    Unknown,
    /// The unit reports ready without a limit: nothing plugged in, or a car that sleeps.
    UnpluggedOrAsleep,
    /// The unit said so when asked: nothing plugged in.
    Unplugged,
    /// A car is plugged in.
    PluggedIn,
}

/// The unit's lifetime energy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counter {
    /// As the unit said it last, believable or not.
    pub raw: u32,
    /// The last that could be believed, in the unit's own unit.
    pub plausible: Option<u32>,
    /// What it counts, where our own sum has told.
    pub unit: CounterUnit,
}

/// What a counter counts. Units count kWh by all descriptions; some were seen to count Wh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CounterUnit {
    /// Too little was charged to tell.
    #[default]
    Unknown,
    /// Kilowatt-hours.
    KilowattHours,
    /// Watt-hours.
    WattHours,
}

/// Energy of a session and how it was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SessionEnergy {
    /// Since when; `None` before the first session.
    pub since: Option<Instant>,
    /// Watt-hours, from the currents of the heartbeats.
    pub watt_hours: u32,
    /// What it rests on.
    pub method: Method,
}

/// What a session's energy rests on, the weakest part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Method {
    /// Heartbeat currents, with the volts and the phases that the unit reported.
    #[default]
    Measured,
    /// Heartbeat currents and reported volts; how many phases the car uses is assumed from the volts.
    AssumedPhases,
    /// Heartbeat currents; one phase of 230 V is assumed.
    Assumed,
}
