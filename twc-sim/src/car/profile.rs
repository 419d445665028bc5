//! What kind of car it is, as plain data.

use core::cmp::Ordering;
use core::time::Duration;

use twc_proto::CentiAmps;

/// What kind of car it is. Plain data; [`CarProfile::by_name`] has a catalogue of starting points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarProfile {
    /// What [`CarProfile::by_name`] finds it under.
    pub name: &'static str,
    /// Below this offer it draws nothing.
    pub minimum: CentiAmps,
    /// What its charger takes at most, per phase.
    pub maximum: CentiAmps,
    /// How many phases it uses, 1 to 3.
    pub phases: u8,
    /// It stays at least this far under the offer, in centiamps; negative for a car that takes too much.
    pub least_shortfall: i16,
    /// It stays at most this far under the offer, in centiamps. Each car draws its own once per plug-in.
    pub greatest_shortfall: i16,
    /// How fast it draws more, in centiamps per second.
    pub ramp_up: u16,
    /// How fast it draws less, in centiamps per second.
    pub ramp_down: u16,
    /// How long it waits after an offer fell before it follows.
    pub reaction: Duration,
    /// How long it waits after an offer rose before it follows.
    pub rise_delay: Duration,
    /// How long it takes from an allowed start to its ramp.
    pub start_delay: Duration,
    /// It talks to the unit (VIN, clean stop at 0 A on protocol 1) and minds being switched off.
    pub is_tesla: bool,
    /// So many interruptions per plug-in it forgives; `None` for any number.
    pub forgiven_interruptions: Option<u8>,
    /// What an FC B2 under it does.
    pub on_stop: OnStop,
    /// An offer below this while it charges ends its session until it is plugged in again.
    pub drops_below: Option<CentiAmps>,
    /// Stuck at 6 A after a raise.
    pub latch: Option<Latch>,
    /// When it sleeps.
    pub sleep: Option<Sleep>,
    /// How its current falls when it is nearly full.
    pub taper: Option<Taper>,
    /// It goes on with another number of phases in the middle of a session.
    pub phase_change: Option<PhaseChange>,
    /// What its battery holds, in watt-hours.
    pub battery_watt_hours: u32,
    /// Seventeen characters; only a car that talks to the unit shows them.
    pub vin: &'static str,
}

/// What a car makes of a relay that opened on FC B2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnStop {
    /// It resumes when current is offered again.
    Resumes,
    /// It refuses until it is plugged in again. Where the unit does not talk to it (DIP switch 2 down) it forgives
    /// a few first; how many is drawn at plug-in.
    Refuses,
}

/// Any raise drops the car to a low current; only a large offer, held long enough, frees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Latch {
    /// What it draws while it is stuck.
    pub stuck_at: CentiAmps,
    /// The offer that frees it on a unit of up to 32 A.
    pub cure: CentiAmps,
    /// The offer that frees it on a larger unit.
    pub cure_above_32_amps: CentiAmps,
    /// How long that offer must last.
    pub hold: Duration,
}

/// When a car falls asleep and what wakes it, besides its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sleep {
    /// It sleeps after so long without an offer.
    pub after: Duration,
    /// It notices an offer after so long.
    pub notices_in: Duration,
    /// The same when it sleeps because its unit lost power; `None`: only its owner wakes it.
    pub notices_after_power_loss_in: Option<Duration>,
}

/// From a state of charge on, less current; linearly down to a last value at 100 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taper {
    /// The state of charge in percent at which it begins, 0 to 99.
    pub from_percent: u8,
    /// What it still draws at 100 %.
    pub last: CentiAmps,
}

/// A change of phases once per session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhaseChange {
    /// So long after its first start.
    pub after: Duration,
    /// To so many, 1 to 3.
    pub phases: u8,
}

/// A time of day in which a car charges, in minutes after midnight. [`twc_proto::Instant::ZERO`] is midnight.
///
/// Where `from` is later than `to` it spans midnight; where they are equal it is the whole day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Its first minute, 0 to 1439.
    pub from: u16,
    /// The first minute outside, 0 to 1440.
    pub to: u16,
}

impl Window {
    /// Whether `second` of the day lies inside.
    pub(crate) fn contains(self, second: u32) -> bool {
        let (from, to) = (u32::from(self.from) * 60, u32::from(self.to) * 60);
        match from.cmp(&to) {
            Ordering::Equal => true,
            Ordering::Less => (from..to).contains(&second),
            Ordering::Greater => second >= from || second < to,
        }
    }

    /// How many seconds after `second` of the day its next edge lies.
    pub(crate) fn next_edge(self, second: u32) -> u32 {
        const DAY: u32 = 86_400;
        let until = |edge: u16| {
            let edge = u32::from(edge) * 60 % DAY;
            if edge > second { edge - second } else { edge + DAY - second }
        };
        until(self.from).min(until(self.to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_may_span_midnight_and_its_edges_are_found() {
        let night = Window { from: 23 * 60, to: 7 * 60 };
        let at = |hour: u32| hour * 3_600;
        assert!(night.contains(at(23)) && night.contains(at(2)) && !night.contains(at(7)));
        assert_eq!((night.next_edge(at(22)), night.next_edge(at(23))), (3_600, at(8)));
        let day = Window { from: 0, to: 1_440 };
        assert!(day.contains(0) && day.contains(86_399));
        assert!(Window { from: 60, to: 60 }.contains(0));
    }
}
