//! A battery that keeps the meter at zero as long as it can.

use core::time::Duration;

use twc_proto::Instant;

use super::Placement;

/// What the battery does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatteryMode {
    /// It takes what would be exported and gives what would be imported.
    SelfConsumption,
    /// Nothing.
    Idle,
    /// It fills itself, from the grid if need be.
    Fill,
}

/// A battery; lossless.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatteryConfig {
    /// What it holds, in watt-hours.
    pub capacity_watt_hours: u32,
    /// How full it is at the start, in percent.
    pub charge_percent: u8,
    /// It does not discharge below this, in percent.
    pub reserve_percent: u8,
    /// It takes at most so many watts.
    pub max_charge_watts: u32,
    /// It gives at most so many watts.
    pub max_discharge_watts: u32,
    /// How long after a change of the flows it follows.
    pub response: Duration,
    /// It helps to charge cars too.
    pub sees_chargers: bool,
    /// What it does.
    pub mode: BatteryMode,
    /// Where it is connected.
    pub placement: Placement,
}

impl Default for BatteryConfig {
    /// 13.5 kWh, 5 kW, half full, 1 s.
    fn default() -> Self {
        Self {
            capacity_watt_hours: 13_500,
            charge_percent: 50,
            reserve_percent: 5,
            max_charge_watts: 5_000,
            max_discharge_watts: 5_000,
            response: Duration::from_secs(1),
            sees_chargers: true,
            mode: BatteryMode::SelfConsumption,
            placement: Placement::Balanced,
        }
    }
}

/// Nanojoules in a watt-hour; a milliwatt for a microsecond is one nanojoule.
const NJ_PER_WH: i128 = 3_600_000_000_000;

#[derive(Debug)]
pub(super) struct Battery {
    pub(super) config: BatteryConfig,
    stored_nj: i128,
    /// Positive while it takes.
    milliwatts: i64,
    follows_at: Option<Instant>,
    /// When it is full or empty at its present power.
    ends_at: Option<Instant>,
}

impl Battery {
    pub(super) fn new(config: BatteryConfig) -> Self {
        let percent = i128::from(config.charge_percent.min(100));
        let stored_nj = i128::from(config.capacity_watt_hours) * NJ_PER_WH / 100 * percent;
        Self { config, stored_nj, milliwatts: 0, follows_at: None, ends_at: None }
    }

    pub(super) fn milliwatts(&self) -> i64 {
        self.milliwatts
    }

    pub(super) fn charge_percent(&self) -> u8 {
        let capacity = self.capacity_nj().max(1);
        u8::try_from(self.stored_nj * 100 / capacity).unwrap_or(0)
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        [self.follows_at, self.ends_at].into_iter().flatten().min()
    }

    /// Something else in the house changed.
    pub(super) fn notice(&mut self, now: Instant) {
        if self.follows_at.is_none() {
            self.follows_at = Some(now + self.config.response);
        }
    }

    pub(super) fn integrate(&mut self, micros: i128) {
        let stored = self.stored_nj + i128::from(self.milliwatts) * micros;
        let least = if self.milliwatts < 0 { self.reserve_nj() } else { 0 };
        self.stored_nj = stored.clamp(least, self.capacity_nj());
    }

    /// `surplus`: what the house has left without the battery, in milliwatts.
    pub(super) fn handle_timeout(&mut self, now: Instant, surplus: i64) {
        if self.deadline().is_some_and(|at| at <= now) {
            self.follows_at = None;
            self.milliwatts = self.wanted(surplus);
            self.ends_at = self.end(now);
        }
    }

    fn wanted(&self, surplus: i64) -> i64 {
        let most_in = i64::from(self.config.max_charge_watts) * 1_000;
        let most_out = i64::from(self.config.max_discharge_watts) * 1_000;
        let wish = match self.config.mode {
            BatteryMode::SelfConsumption => surplus.clamp(-most_out, most_in),
            BatteryMode::Idle => 0,
            BatteryMode::Fill => most_in,
        };
        let is_full = wish > 0 && self.stored_nj >= self.capacity_nj();
        let is_empty = wish < 0 && self.stored_nj <= self.reserve_nj();
        if is_full || is_empty { 0 } else { wish }
    }

    fn end(&self, now: Instant) -> Option<Instant> {
        let room = match self.milliwatts {
            0 => return None,
            1.. => self.capacity_nj() - self.stored_nj,
            _ => self.stored_nj - self.reserve_nj(),
        };
        let power = i128::from(self.milliwatts.unsigned_abs());
        let micros = u64::try_from(room.max(0) / power + 1).unwrap_or(u64::MAX);
        Some(now + Duration::from_micros(micros))
    }

    fn capacity_nj(&self) -> i128 {
        i128::from(self.config.capacity_watt_hours) * NJ_PER_WH
    }

    fn reserve_nj(&self) -> i128 {
        self.capacity_nj() / 100 * i128::from(self.config.reserve_percent.min(100))
    }
}
