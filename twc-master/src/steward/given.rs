//! What a car has got since its last departure, or since it was plugged in if that is later.

use std::vec::Vec;

use jiff::Timestamp;
use twc_proto::{Instant, TwcId};

use crate::knowledge::{CounterUnit, Knowledge, Method};

/// The sums of every slave that follows a departure.
#[derive(Debug, Default)]
pub(super) struct Given(Vec<Sum>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sum {
    slave: TwcId,
    session: Option<Instant>,
    departed: Option<Timestamp>,
    /// What the session's sum showed then.
    watt_hours: u32,
    /// What the unit's counter showed first since then, and the session's sum with it.
    counter: Option<(u32, u32)>,
}

impl Given {
    /// What this slave has given to its car for the departure that comes next, in watt hours. It is rather too little
    /// than too much: a departure then begins early.
    pub(super) fn since(&mut self, slave: TwcId, known: &Knowledge, departed: Option<Timestamp>) -> u32 {
        let (session, now) = (known.session.since, known.session.watt_hours);
        let counter = known.counter.and_then(|counter| counter.plausible);
        let fresh =
            Sum { slave, session, departed, watt_hours: now, counter: counter.map(|counter| (counter, now)) };
        let Some(sum) = self.0.iter_mut().find(|sum| sum.slave == slave) else {
            self.0.push(Sum { watt_hours: 0, ..fresh });
            return now;
        };
        if sum.session != session {
            // A new session's own sum begins at nothing.
            *sum = Sum { watt_hours: 0, ..fresh };
        } else if sum.departed != departed {
            *sum = fresh;
        }
        let own = now.saturating_sub(sum.watt_hours);
        // A unit that answers later than its car came counts from then on.
        sum.counter = sum.counter.or(fresh.counter);
        let Some((counter, (then, at))) = counter.zip(sum.counter) else { return own };
        let unit = known.counter.map_or(CounterUnit::Unknown, |counter| counter.unit);
        let since = join(now.saturating_sub(at), known.session.method, counter.saturating_sub(then), unit);
        at.saturating_sub(sum.watt_hours).saturating_add(since)
    }
}

/// Our own sum where it rests on what was measured; the counter where it shows more than a guess, less the step that it
/// may have been about to make. Neither is believed beyond the other.
fn join(own: u32, method: Method, counted: u32, unit: CounterUnit) -> u32 {
    let (least, most) = if unit == CounterUnit::WattHours {
        (counted, counted.saturating_add(counted / 10))
    } else {
        // What a unit counts is not known before 2 kWh: kWh by all descriptions.
        let watt_hours = |kwh: u32| kwh.saturating_mul(1_000);
        (watt_hours(counted.saturating_sub(1)), watt_hours(counted.saturating_add(1)))
    };
    match method {
        Method::Measured => own.min(most.saturating_add(most / 10)),
        _ => own.clamp(least, most),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::{Counter, Plug, SessionEnergy};
    use crate::vehicle::Vehicle;

    const SLAVE: TwcId = TwcId::new(0x3495);

    fn known(session: u64, watt_hours: u32, method: Method, counter: Option<u32>) -> Knowledge {
        Knowledge {
            firmware: None,
            serial: None,
            vin: twc_proto::vin::VinState::Unknown,
            vehicle: Vehicle::Unknown,
            plug: Plug::PluggedIn,
            volts: None,
            phase_amps: None,
            counter: counter.map(|raw| Counter { raw, plausible: Some(raw), unit: CounterUnit::KilowattHours }),
            session: SessionEnergy { since: Some(Instant::from_secs(session)), watt_hours, method },
        }
    }

    fn day(day: i64) -> Option<Timestamp> {
        Timestamp::from_second(1_800_000_000 + day * 86_400).ok()
    }

    #[test]
    fn it_counts_from_the_last_departure_or_from_plugging_in() {
        let mut given = Given::default();
        let measured = |session, watt_hours| known(session, watt_hours, Method::Measured, None);
        assert_eq!(given.since(SLAVE, &measured(0, 500), day(0)), 500);
        assert_eq!(given.since(SLAVE, &measured(0, 9_000), day(0)), 9_000);
        // The departure passes and the car stays.
        assert_eq!(given.since(SLAVE, &measured(0, 9_500), day(1)), 0);
        assert_eq!(given.since(SLAVE, &measured(0, 11_500), day(1)), 2_000);
        // It goes and comes back.
        assert_eq!(given.since(SLAVE, &measured(70, 300), day(1)), 300);
    }

    #[test]
    fn without_an_answer_about_energy_the_own_sum_counts() {
        let mut given = Given::default();
        given.since(SLAVE, &known(0, 0, Method::Assumed, None), day(0));
        assert_eq!(given.since(SLAVE, &known(0, 2_300, Method::Assumed, None), day(0)), 2_300);
    }

    #[test]
    fn the_units_counter_stands_for_a_guess_and_an_absurd_one_is_not_believed() {
        let mut given = Given::default();
        given.since(SLAVE, &known(0, 0, Method::Assumed, Some(100)), day(0));
        // One phase was assumed, and the car uses three: 7 kWh by its own meter, perhaps 6 and a bit.
        assert_eq!(given.since(SLAVE, &known(0, 2_300, Method::Assumed, Some(107)), day(0)), 6_000);
        let mut given = Given::default();
        given.since(SLAVE, &known(0, 0, Method::Measured, Some(100)), day(0));
        assert_eq!(given.since(SLAVE, &known(0, 6_900, Method::Measured, Some(107)), day(0)), 6_900);
        // Currents that were read wrong cannot end a departure that its meter does not know of.
        assert_eq!(given.since(SLAVE, &known(0, 60_000, Method::Measured, Some(108)), day(0)), 9_900);
    }
}
