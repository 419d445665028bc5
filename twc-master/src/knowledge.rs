//! What is known of a slave and its car beyond its heartbeats.

use core::time::Duration;

use twc_proto::message::{PlugState, Report, Text};
use twc_proto::vin::{VinParts, VinState};
use twc_proto::{CentiAmps, Firmware, Instant, MeterReading, SlaveState};

use crate::vehicle::Vehicle;

/// Volts of a phase where no unit has told.
const USUAL_VOLTS: u32 = 230;
/// No phase has more.
const MOST_VOLTS: u32 = 1_000;
/// So often a VIN is read that comes out doubtful and different each time.
const VIN_READINGS: u8 = 3;
/// Two answers further apart than this say nothing about the time between them.
const LONGEST_STEP: Duration = Duration::from_secs(30);
/// No wall connector delivers more: 80 A on three phases of 277 V, in watts.
const MOST_WATTS: u32 = 66_500;

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

/// What a report came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Learnt {
    Nothing,
    /// The VIN is as certain as it gets, also that there is none.
    Vin,
    /// It has to be read again.
    DoubtfulVin,
}

/// The running record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record {
    firmware: Option<Firmware>,
    serial: Option<Text<11>>,
    vin: VinParts,
    /// A VIN that is doubtful or damaged, and how often one has been read.
    doubtful: Option<(VinState, u8)>,
    plug: Plug,
    /// What the unit said when asked, since heartbeats show neither car nor limit.
    said: Option<Plug>,
    meter: Option<(MeterReading, Instant)>,
    counter: Option<Counter>,
    /// The counter and our own sum when comparing began, and when the counter was believed last.
    counter_start: Option<(u32, u64)>,
    counted_at: Instant,
    since: Option<Instant>,
    method: Method,
    /// Centiamps × volts × milliseconds of the session, and of all sessions.
    session: u64,
    total: u64,
    last: Option<(Instant, CentiAmps)>,
}

/// Centiamp-volt-milliseconds in a watt-hour.
const PER_WATT_HOUR: u64 = 100 * 3_600 * 1_000;

impl Record {
    pub(crate) const NEW: Self = Self {
        firmware: None,
        serial: None,
        vin: VinParts::new(),
        doubtful: None,
        plug: Plug::Unknown,
        said: None,
        meter: None,
        counter: None,
        counter_start: None,
        counted_at: Instant::ZERO,
        since: None,
        method: Method::Measured,
        session: 0,
        total: 0,
        last: None,
    };

    pub(crate) fn firmware(&self) -> Option<Firmware> {
        self.firmware
    }

    pub(crate) fn vin(&self) -> VinState {
        self.vin.state()
    }

    pub(crate) fn plug(&self) -> Plug {
        self.plug
    }

    pub(crate) fn view(&self) -> Knowledge {
        let meter = self.meter;
        Knowledge {
            firmware: self.firmware,
            serial: self.serial,
            vin: self.vin.state(),
            vehicle: Vehicle::Unknown,
            plug: self.plug,
            volts: meter.map(|(reading, at)| (reading.volts(), at)),
            phase_amps: meter.and_then(|(reading, at)| Some((reading.phase_amps()?, at))),
            counter: self.counter,
            session: SessionEnergy {
                since: self.since,
                watt_hours: u32::try_from(self.session / PER_WATT_HOUR).unwrap_or(u32::MAX),
                method: self.method,
            },
        }
    }

    /// Takes what a heartbeat says; true when it shows that a car was just plugged in.
    pub(crate) fn note(&mut self, now: Instant, state: SlaveState, limit: CentiAmps, drawn: CentiAmps) -> bool {
        let empty = state == SlaveState::READY && limit == CentiAmps::ZERO;
        let was = self.plug;
        self.plug = match state {
            // A car may sleep; only the unit itself can say whether one is there.
            _ if empty => self.said.unwrap_or(Plug::UnpluggedOrAsleep),
            // An error says nothing about the plug.
            SlaveState::ERROR => was,
            _ => Plug::PluggedIn,
        };
        self.said = self.said.filter(|_| empty);
        let plugged_in = self.plug == Plug::PluggedIn && was != Plug::PluggedIn;
        if plugged_in {
            self.vin.clear();
            self.doubtful = None;
            (self.since, self.session, self.method) = (Some(now), 0, Method::Measured);
        }
        self.integrate(now, drawn);
        plugged_in
    }

    fn integrate(&mut self, now: Instant, drawn: CentiAmps) {
        if let Some((at, before)) = self.last.replace((now, drawn)) {
            let span = now.since(at).min(LONGEST_STEP);
            let step = span.as_secs() * 1_000 + u64::from(span.subsec_millis());
            let average = u32::midpoint(before.value().into(), drawn.value().into());
            let (volts, method) = self.volts();
            // 655 A, 3,000 V and 30 s leave room for years in a u64.
            let energy = u64::from(average * volts) * step;
            self.session = self.session.saturating_add(energy);
            self.total = self.total.saturating_add(energy);
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

    /// Takes what a slave answered, and says what that came to.
    pub(crate) fn learn(&mut self, now: Instant, report: &Report) -> Learnt {
        if let Some(reading) = MeterReading::from_report(report) {
            self.meter = Some((reading, now));
            self.count(now, &reading);
        }
        if let Some(firmware) = Firmware::from_report(report) {
            self.firmware = Some(firmware);
        }
        match report {
            Report::Serial { serial, .. } => self.serial = Some(*serial),
            Report::PlugState { state: PlugState::UNPLUGGED, .. } => self.hear_plug(Plug::Unplugged),
            Report::PlugState { state: PlugState::PLUGGED | PlugState::CHARGING, .. } => {
                self.hear_plug(Plug::PluggedIn);
            }
            _ => {}
        }
        if self.vin.take(report) { self.judge_vin() } else { Learnt::Nothing }
    }

    fn hear_plug(&mut self, plug: Plug) {
        self.said = Some(plug);
        // Beside a heartbeat that shows a car, an answer that there is none is older.
        if self.plug != Plug::PluggedIn {
            self.plug = plug;
        }
    }

    /// A VIN without a right check digit is believed when it reads the same twice: some cars have none.
    fn judge_vin(&mut self) -> Learnt {
        let state = self.vin.state();
        match state {
            VinState::Known(_) | VinState::None => Learnt::Vin,
            VinState::Doubtful(_) | VinState::Damaged(_) => {
                let times = self.doubtful.map_or(0, |(_, times)| times);
                let same = self.doubtful.is_some_and(|(before, _)| before == state);
                if same || times >= VIN_READINGS {
                    return Learnt::Vin;
                }
                self.doubtful = Some((state, times + 1));
                Learnt::DoubtfulVin
            }
            _ => Learnt::Nothing,
        }
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
        let (from, sum) = *self.counter_start.get_or_insert((value, self.total));
        let own = self.total - sum;
        let counted = u64::from(value.saturating_sub(from));
        match own >= 2_000 * PER_WATT_HOUR {
            true if counted * (10 * PER_WATT_HOUR) > own => CounterUnit::WattHours,
            true if counted > 0 => CounterUnit::KilowattHours,
            _ => unit,
        }
    }
}

#[cfg(test)]
mod tests {
    use twc_proto::TwcId;

    use super::*;

    fn meter(kwh: u32, half_amps: Option<[u8; 3]>) -> Report {
        Report::Meter { sender: TwcId::new(1), kwh, volts: [230; 3], phase_half_amps: half_amps }
    }

    fn charge(record: &mut Record, from: u64, seconds: u64, amps: u16) {
        for second in from..=from + seconds {
            record.note(
                Instant::from_secs(second),
                SlaveState::CHARGING,
                CentiAmps::from_amps(16),
                CentiAmps::from_amps(amps),
            );
        }
    }

    #[test]
    fn session_energy_names_what_it_rests_on() {
        let mut record = Record::NEW;
        charge(&mut record, 0, 3_600, 10);
        let session = record.view().session;
        assert_eq!((session.watt_hours, session.method), (2_300, Method::Assumed));
        let mut record = Record::NEW;
        record.learn(Instant::ZERO, &meter(10, Some([20, 20, 20])));
        charge(&mut record, 0, 3_600, 10);
        let session = record.view().session;
        assert_eq!((session.watt_hours, session.method), (6_900, Method::Measured));
        let mut record = Record::NEW;
        record.learn(Instant::ZERO, &meter(10, Some([20, 0, 1])));
        charge(&mut record, 0, 3_600, 10);
        assert_eq!(record.view().session.watt_hours, 2_300);
    }

    #[test]
    fn a_counter_that_jumps_is_kept_and_not_believed() {
        let mut record = Record::NEW;
        record.learn(Instant::ZERO, &meter(4_194_484, None));
        assert_eq!(record.view().counter.unwrap().plausible, None);
        record.learn(Instant::from_secs(60), &meter(180, None));
        for (seconds, raw, believed) in [(120, 4_194_484, 180), (180, 181, 181), (240, 90, 181)] {
            record.learn(Instant::from_secs(seconds), &meter(raw, None));
            let counter = record.view().counter.unwrap();
            assert_eq!((counter.raw, counter.plausible), (raw, Some(believed)));
        }
    }

    #[test]
    fn a_counter_in_watt_hours_is_found_out() {
        for (step, unit) in [(1, CounterUnit::KilowattHours), (2_300, CounterUnit::WattHours)] {
            let mut record = Record::NEW;
            for hour in 0..4_u64 {
                record
                    .learn(Instant::from_secs(hour * 3_600), &meter(1_000 + hour as u32 * step, Some([20, 0, 0])));
                charge(&mut record, hour * 3_600, 3_599, 10);
            }
            assert_eq!(record.view().counter.unwrap().unit, unit);
        }
    }

    #[test]
    fn a_doubtful_vin_is_read_again_until_it_reads_the_same() {
        let read = |record: &mut Record, last: &str| {
            let sender = TwcId::new(1);
            record.vin.clear();
            record.learn(Instant::ZERO, &Report::VinPart1 { sender, chars: Text::new("1M8GDM9") });
            record.learn(Instant::ZERO, &Report::VinPart2 { sender, chars: Text::new("AXKP042") });
            record.learn(Instant::ZERO, &Report::VinPart3 { sender, chars: Text::new(last) })
        };
        let mut record = Record::NEW;
        assert_eq!(read(&mut record, "789"), Learnt::DoubtfulVin);
        assert_eq!(read(&mut record, "787"), Learnt::DoubtfulVin);
        assert_eq!(read(&mut record, "787"), Learnt::Vin);
        let mut record = Record::NEW;
        assert_eq!(read(&mut record, "788"), Learnt::Vin);
    }

    #[test]
    fn a_car_that_sleeps_keeps_its_session_where_the_unit_says_that_it_is_there() {
        let mut record = Record::NEW;
        let asleep = |record: &mut Record, at| {
            record.note(Instant::from_secs(at), SlaveState::READY, CentiAmps::ZERO, CentiAmps::ZERO)
        };
        charge(&mut record, 0, 600, 16);
        asleep(&mut record, 601);
        assert_eq!(record.plug(), Plug::UnpluggedOrAsleep);
        let report = Report::PlugState { sender: TwcId::new(1), state: PlugState::PLUGGED };
        record.learn(Instant::from_secs(602), &report);
        asleep(&mut record, 603);
        assert_eq!(record.plug(), Plug::PluggedIn);
        let before = record.view().session;
        charge(&mut record, 604, 600, 16);
        let after = record.view().session;
        assert!(after.since == before.since && after.watt_hours > before.watt_hours, "{before:?} {after:?}");
    }

    #[test]
    fn a_new_car_has_a_new_vin_and_a_new_session() {
        let mut record = Record::NEW;
        let ready = |record: &mut Record, at| {
            record.note(Instant::from_secs(at), SlaveState::READY, CentiAmps::ZERO, CentiAmps::ZERO)
        };
        ready(&mut record, 0);
        assert_eq!(record.view().plug, Plug::UnpluggedOrAsleep);
        charge(&mut record, 1, 600, 16);
        record.learn(
            Instant::from_secs(5),
            &Report::VinPart1 { sender: TwcId::new(1), chars: Text::new("5YJ3E7E") },
        );
        assert_eq!(record.vin(), VinState::Partial);
        ready(&mut record, 700);
        charge(&mut record, 701, 1, 0);
        assert_eq!(record.vin(), VinState::Unknown);
        assert_eq!(record.view().session.watt_hours, 0);
        record.learn(
            Instant::from_secs(710),
            &Report::PlugState { sender: TwcId::new(1), state: PlugState::UNPLUGGED },
        );
        ready(&mut record, 711);
        assert_eq!(record.view().plug, Plug::Unplugged);
    }
}
