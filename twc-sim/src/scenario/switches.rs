//! The switches of a simulated unit, by the names of [`ChargerConfig`]'s fields.

use core::time::Duration;

use serde::Deserialize;
use twc_proto::CentiAmps;

use super::units::Of;
use crate::charger::{ChargerConfig, Rotary};
use crate::rng::Ratio;

/// What differs from the defaults.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Switches {
    /// The position of the rotary switch, 0 to 15.
    rotary: Option<u8>,
    keeps_drawn_id: Option<bool>,
    minimum: Option<Of<CentiAmps>>,
    limit_after_pause: Option<Of<CentiAmps>>,
    link_ready_period: Option<Of<Duration>>,
    answer_link_ready_2: Option<bool>,
    least_latency: Option<Of<Duration>>,
    greatest_latency: Option<Of<Duration>>,
    late_answers: Option<Of<Ratio>>,
    late_by: Option<Of<Duration>>,
    doubled_answers: Option<Of<Ratio>>,
    busy_answers: Option<Of<Ratio>>,
    listens_first: Option<bool>,
    alarm_after: Option<Of<Duration>>,
    cut_after: Option<Of<Duration>>,
    any_master_frame_refreshes: Option<bool>,
    obey_05_while_charging: Option<bool>,
    zero_05_is_zero: Option<bool>,
    resume_with_held_limit: Option<bool>,
    /// Centiamps.
    meter_error: Option<i16>,
    energy_kwh: Option<u32>,
    kwh_upper_half: Option<u16>,
    forgets_limit_after: Option<Of<Duration>>,
    welds_at_closing: Option<u32>,
    asks_again_at_start: Option<bool>,
    talks_to_car: Option<bool>,
    vin_delay: Option<Of<Duration>>,
}

impl Switches {
    /// The unit with these switches set.
    pub(super) fn apply(&self, config: &mut ChargerConfig) {
        fn set<T: Copy>(field: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *field = value;
            }
        }
        let plain = |quantity: Option<Of<Duration>>| quantity.map(|Of(span)| span);
        let amps = |quantity: Option<Of<CentiAmps>>| quantity.map(|Of(amps)| amps);
        let ratio = |quantity: Option<Of<Ratio>>| quantity.map(|Of(ratio)| ratio);
        set(&mut config.rotary, self.rotary.and_then(Rotary::new));
        set(&mut config.keeps_drawn_id, self.keeps_drawn_id);
        set(&mut config.minimum, amps(self.minimum));
        set(&mut config.limit_after_pause, amps(self.limit_after_pause));
        set(&mut config.link_ready_period, plain(self.link_ready_period));
        set(&mut config.answer_link_ready_2, self.answer_link_ready_2);
        set(&mut config.least_latency, plain(self.least_latency));
        set(&mut config.greatest_latency, plain(self.greatest_latency));
        set(&mut config.late_answers, ratio(self.late_answers));
        set(&mut config.late_by, plain(self.late_by));
        set(&mut config.doubled_answers, ratio(self.doubled_answers));
        set(&mut config.busy_answers, ratio(self.busy_answers));
        set(&mut config.listens_first, self.listens_first);
        set(&mut config.alarm_after, plain(self.alarm_after));
        set(&mut config.cut_after, plain(self.cut_after));
        set(&mut config.any_master_frame_refreshes, self.any_master_frame_refreshes);
        set(&mut config.obey_05_while_charging, self.obey_05_while_charging);
        set(&mut config.zero_05_is_zero, self.zero_05_is_zero);
        set(&mut config.resume_with_held_limit, self.resume_with_held_limit);
        set(&mut config.meter_error, self.meter_error);
        set(&mut config.energy_kwh, self.energy_kwh);
        set(&mut config.kwh_upper_half, self.kwh_upper_half);
        set(&mut config.forgets_limit_after, plain(self.forgets_limit_after).map(Some));
        set(&mut config.welds_at_closing, self.welds_at_closing.map(Some));
        set(&mut config.asks_again_at_start, self.asks_again_at_start);
        set(&mut config.talks_to_car, self.talks_to_car);
        set(&mut config.vin_delay, plain(self.vin_delay));
    }
}
