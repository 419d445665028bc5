//! What flowed: the unit's meter and counter, and our own sum of a session.

use core::time::Duration;

use twc_proto::{CentiAmps, Instant, MeterReading};

use super::{Counter, CounterUnit, Method, SessionEnergy};

/// Volts of a phase where no unit has told.
const USUAL_VOLTS: u32 = 230;
/// No phase has more.
const MOST_VOLTS: u32 = 1_000;
/// Two answers further apart than this say nothing about the time between them.
const LONGEST_STEP: Duration = Duration::from_secs(30);
/// No wall connector delivers more: 80 A on three phases of 277 V, in watts.
const MOST_WATTS: u32 = 66_500;
/// Centiamp-volt-milliseconds in a watt-hour.
const PER_WATT_HOUR: u64 = 100 * 3_600 * 1_000;

/// The running sums.
#[derive(Debug, Clone, Copy)]
pub(super) struct Energy {
    meter: Option<(MeterReading, Instant)>,
    counter: Option<Counter>,
    /// The counter when comparing it with our own sum began, and when it was believed last.
    counter_start: Option<u32>,
    counted_at: Instant,
    since: Option<Instant>,
    method: Method,
    /// Centiamps × volts × milliseconds of the session, and since comparing began.
    session: u64,
    compared: u64,
    last: Option<(Instant, CentiAmps)>,
}

impl Energy {
    pub(super) const NONE: Self = Self {
        meter: None,
        counter: None,
        counter_start: None,
        counted_at: Instant::ZERO,
        since: None,
        method: Method::Measured,
        session: 0,
        compared: 0,
        last: None,
    };

    /// What the meter read last, and when.
    pub(super) fn meter(&self) -> Option<(MeterReading, Instant)> {
        self.meter
    }

    pub(super) fn counter(&self) -> Option<Counter> {
        self.counter
    }

    pub(super) fn session(&self) -> SessionEnergy {
        let watt_hours = u32::try_from(self.session / PER_WATT_HOUR).unwrap_or(u32::MAX);
        SessionEnergy { since: self.since, watt_hours, method: self.method }
    }

    /// A session begins.
    pub(super) fn begin(&mut self, now: Instant) {
        (self.since, self.session, self.method) = (Some(now), 0, Method::Measured);
    }

    /// The unit has told what its meter reads.
    pub(super) fn read(&mut self, now: Instant, reading: MeterReading) {
        self.meter = Some((reading, now));
        self.count(now, &reading);
    }

    /// A heartbeat shows a current.
    pub(super) fn note(&mut self, now: Instant, drawn: CentiAmps) {
        if let Some((at, before)) = self.last.replace((now, drawn)) {
            let span = now.since(at).min(LONGEST_STEP);
            let step = span.as_secs() * 1_000 + u64::from(span.subsec_millis());
            let average = u32::midpoint(before.value().into(), drawn.value().into());
            let (volts, method) = self.volts();
            // 655 A, 3,000 V and 30 s leave room for years in a u64.
            let energy = u64::from(average * volts) * step;
            self.session = self.session.saturating_add(energy);
            self.compared = self.compared.saturating_add(energy);
            if average > 0 {
                self.method = self.method.max(method);
            }
        }
    }

    /// The volts that a heartbeat's current works against: the sum over the phases in use.
    fn volts(&self) -> (u32, Method) {
        let Some((reading, _)) = &self.meter else { return (USUAL_VOLTS, Method::Assumed) };
        let phases = reading.phase_amps();
        let (mut all, mut in_use) = (0, 0);
        for (phase, volts) in reading.volts().into_iter().enumerate() {
            let volts = u32::from(volts).min(MOST_VOLTS);
            all += volts;
            let amps = phases.and_then(|phases| phases.get(phase).copied()).unwrap_or_default();
            in_use += if amps >= CentiAmps::from_amps(1) { volts } else { 0 };
        }
        if in_use > 0 { (in_use, Method::Measured) } else { (all, Method::AssumedPhases) }
    }

    /// A counter that jumps by more than anybody can have charged, or falls, is kept and not believed.
    fn count(&mut self, now: Instant, reading: &MeterReading) {
        let raw = reading.raw_kwh();
        let known = self.counter.and_then(|counter| counter.plausible);
        let unit = self.counter.map(|counter| counter.unit).unwrap_or_default();
        // The first is taken on trust where it is not absurd; later ones must grow no faster than a unit can.
        let hours = now.since(self.counted_at).as_secs() as u32 / 3_600 + 1;
        let most = if unit == CounterUnit::KilowattHours { MOST_WATTS / 1_000 + 1 } else { MOST_WATTS };
        let most = most.saturating_mul(hours);
        let believed = match known {
            None => reading.plausible_kwh(),
            Some(known) => raw.checked_sub(known).filter(|grown| *grown <= most).map(|_| raw),
        };
        if believed.is_some() {
            self.counted_at = now;
        }
        let plausible = believed.or(known);
        let unit = plausible.map_or(unit, |value| self.compare(value, unit));
        self.counter = Some(Counter { raw, plausible, unit });
    }

    /// Whether the counter counts kWh or Wh, once our own sum has grown by 2 kWh.
    fn compare(&mut self, value: u32, unit: CounterUnit) -> CounterUnit {
        let Some(from) = self.counter_start else {
            (self.counter_start, self.compared) = (Some(value), 0);
            return unit;
        };
        let counted = u64::from(value.saturating_sub(from));
        match self.compared >= 2_000 * PER_WATT_HOUR {
            true if counted * (10 * PER_WATT_HOUR) > self.compared => CounterUnit::WattHours,
            true if counted > 0 => CounterUnit::KilowattHours,
            _ => unit,
        }
    }
}

#[cfg(test)]
mod tests {
    use twc_proto::TwcId;
    use twc_proto::message::Report;

    use super::*;

    fn meter(kwh: u32, half_amps: Option<[u8; 3]>) -> MeterReading {
        let report = Report::Meter { sender: TwcId::new(1), kwh, volts: [230; 3], phase_half_amps: half_amps };
        MeterReading::from_report(&report).unwrap()
    }

    fn charge(energy: &mut Energy, from: u64, seconds: u64, amps: u16) {
        for second in from..=from + seconds {
            energy.note(Instant::from_secs(second), CentiAmps::from_amps(amps));
        }
    }

    #[test]
    fn session_energy_names_what_it_rests_on() {
        let mut energy = Energy::NONE;
        charge(&mut energy, 0, 3_600, 10);
        let session = energy.session();
        assert_eq!((session.watt_hours, session.method), (2_300, Method::Assumed));
        let mut energy = Energy::NONE;
        energy.read(Instant::ZERO, meter(10, Some([20, 20, 20])));
        charge(&mut energy, 0, 3_600, 10);
        let session = energy.session();
        assert_eq!((session.watt_hours, session.method), (6_900, Method::Measured));
        let mut energy = Energy::NONE;
        energy.read(Instant::ZERO, meter(10, Some([20, 0, 1])));
        charge(&mut energy, 0, 3_600, 10);
        assert_eq!(energy.session().watt_hours, 2_300);
    }

    #[test]
    fn a_counter_that_jumps_is_kept_and_not_believed() {
        let mut energy = Energy::NONE;
        energy.read(Instant::ZERO, meter(4_194_484, None));
        assert_eq!(energy.counter().unwrap().plausible, None);
        energy.read(Instant::from_secs(60), meter(180, None));
        for (seconds, raw, believed) in [(120, 4_194_484, 180), (180, 181, 181), (240, 90, 181)] {
            energy.read(Instant::from_secs(seconds), meter(raw, None));
            let counter = energy.counter().unwrap();
            assert_eq!((counter.raw, counter.plausible), (raw, Some(believed)));
        }
    }

    #[test]
    fn a_counter_in_watt_hours_is_found_out() {
        for (step, unit) in [(1, CounterUnit::KilowattHours), (2_300, CounterUnit::WattHours)] {
            let mut energy = Energy::NONE;
            for hour in 0..4_u64 {
                energy.read(Instant::from_secs(hour * 3_600), meter(1_000 + hour as u32 * step, Some([20, 0, 0])));
                charge(&mut energy, hour * 3_600, 3_599, 10);
            }
            assert_eq!(energy.counter().unwrap().unit, unit);
        }
    }
}
