//! What went where, in watt-hours.

/// Nanojoules in a watt-hour; a milliwatt for a microsecond is one nanojoule.
const NJ_PER_WH: u128 = 3_600_000_000_000;

/// Power on the three phases of each part of the house, in milliwatts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Flows {
    pub(super) loads: [i64; 3],
    pub(super) chargers: [i64; 3],
    pub(super) solar: [i64; 3],
    pub(super) battery: [i64; 3],
}

impl Flows {
    /// From the grid; negative while the house exports.
    pub(super) fn grid(&self) -> [i64; 3] {
        let mut out = self.loads;
        let parts = self.chargers.iter().zip(&self.battery).zip(&self.solar);
        for (slot, ((chargers, battery), solar)) in out.iter_mut().zip(parts) {
            *slot += chargers + battery - solar;
        }
        out
    }
}

/// Energy since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EnergyAccount {
    imported: u128,
    exported: u128,
    phase_imported: u128,
    phase_exported: u128,
    loads: u128,
    charged: u128,
    solar: u128,
    battery_in: u128,
    battery_out: u128,
}

impl EnergyAccount {
    /// From the grid, the three phases netted against each other at every instant.
    pub fn imported_watt_hours(&self) -> u64 {
        watt_hours(self.imported)
    }

    /// To the grid, netted.
    pub fn exported_watt_hours(&self) -> u64 {
        watt_hours(self.exported)
    }

    /// From the grid, each phase counted for itself.
    pub fn phase_imported_watt_hours(&self) -> u64 {
        watt_hours(self.phase_imported)
    }

    /// To the grid, each phase counted for itself.
    pub fn phase_exported_watt_hours(&self) -> u64 {
        watt_hours(self.phase_exported)
    }

    /// Into cars.
    pub fn charged_watt_hours(&self) -> u64 {
        watt_hours(self.charged)
    }

    /// Into everything else but the battery.
    pub fn loads_watt_hours(&self) -> u64 {
        watt_hours(self.loads)
    }

    /// From the sun.
    pub fn solar_watt_hours(&self) -> u64 {
        watt_hours(self.solar)
    }

    /// Into the battery.
    pub fn battery_charged_watt_hours(&self) -> u64 {
        watt_hours(self.battery_in)
    }

    /// Out of the battery.
    pub fn battery_discharged_watt_hours(&self) -> u64 {
        watt_hours(self.battery_out)
    }

    pub(super) fn add(&mut self, flows: &Flows, micros: u64) {
        let part = |milliwatts: i64| u128::from(milliwatts.max(0).unsigned_abs()) * u128::from(micros);
        let grid = flows.grid();
        let net: i64 = grid.iter().sum();
        self.imported += part(net);
        self.exported += part(-net);
        for phase in grid {
            self.phase_imported += part(phase);
            self.phase_exported += part(-phase);
        }
        let battery: i64 = flows.battery.iter().sum();
        self.battery_in += part(battery);
        self.battery_out += part(-battery);
        self.loads += part(flows.loads.iter().sum());
        self.charged += part(flows.chargers.iter().sum());
        self.solar += part(flows.solar.iter().sum());
    }
}

fn watt_hours(nanojoules: u128) -> u64 {
    u64::try_from(nanojoules / NJ_PER_WH).unwrap_or(u64::MAX)
}
