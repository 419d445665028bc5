//! What is done to a house: cars that draw, hands that switch, meters that break.

use twc_proto::{CentiAmps, Instant};

use super::{BatteryMode, House, MeterFault, MeterId, SolarProfile};

/// Chargers with a higher index than this are not seen.
const MAX_CHARGERS: usize = 64;

impl House {
    /// What the charger with this index draws from L1, L2, L3: [`crate::Charger::true_phase_currents`].
    pub fn set_charger_currents(&mut self, now: Instant, index: usize, currents: [CentiAmps; 3]) {
        let known = self.chargers.get(index).copied().unwrap_or_default();
        if known == currents || index >= MAX_CHARGERS {
            return;
        }
        self.handle_timeout(now);
        if self.chargers.len() <= index {
            self.chargers.resize(index + 1, [CentiAmps::ZERO; 3]);
        }
        if let Some(slot) = self.chargers.get_mut(index) {
            *slot = currents;
        }
        self.flow(now);
    }

    /// Something else that draws (or gives, where negative) on L1, L2, L3, in watts, until the next call.
    pub fn set_extra_watts(&mut self, now: Instant, watts: [i32; 3]) {
        self.handle_timeout(now);
        self.extra_watts = watts;
        self.flow(now);
    }

    /// The sun gives exactly this; `None`: what its day says.
    pub fn set_solar_watts(&mut self, now: Instant, watts: Option<u32>) {
        self.handle_timeout(now);
        if let Some((solar, _)) = &mut self.solar {
            solar.force(watts);
        }
        self.flow(now);
    }

    /// Another kind of day from now on.
    pub fn set_solar_profile(&mut self, now: Instant, profile: SolarProfile) {
        self.handle_timeout(now);
        if let Some((solar, _)) = &mut self.solar {
            solar.set_profile(profile, now);
        }
        self.flow(now);
    }

    /// The battery does something else from now on.
    pub fn set_battery_mode(&mut self, now: Instant, mode: BatteryMode) {
        self.handle_timeout(now);
        if let Some(battery) = &mut self.battery {
            battery.config.mode = mode;
            battery.notice(now);
        }
        self.flow(now);
    }

    /// Something goes wrong with a meter, or is right again.
    pub fn set_meter_fault(&mut self, now: Instant, meter: MeterId, fault: MeterFault) {
        self.handle_timeout(now);
        if let Some(meter) = self.meters.get_mut(meter.0) {
            meter.set_fault(fault);
        }
    }

    /// Somebody replaces a fuse or switches a breaker on again.
    pub fn reset_breaker(&mut self, now: Instant, breaker: usize) {
        self.handle_timeout(now);
        if let Some(breaker) = self.breakers.get_mut(breaker) {
            breaker.reset();
        }
        self.refresh(now);
    }
}
