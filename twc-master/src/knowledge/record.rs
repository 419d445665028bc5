//! The running record of one slave: who it is, which car, what it has said.

use twc_proto::message::{PlugState, Report, Text};
use twc_proto::vin::{VinParts, VinState};
use twc_proto::{CentiAmps, Firmware, Instant, MeterReading, SlaveState};

use super::energy::Energy;
use super::{Knowledge, Plug};
use crate::vehicle::Vehicle;

/// So often a VIN is read that comes out doubtful and different each time.
const VIN_READINGS: u8 = 3;

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
    energy: Energy,
}

impl Record {
    pub(crate) const NEW: Self = Self {
        firmware: None,
        serial: None,
        vin: VinParts::new(),
        doubtful: None,
        plug: Plug::Unknown,
        said: None,
        energy: Energy::NONE,
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
        let meter = self.energy.meter();
        Knowledge {
            firmware: self.firmware,
            serial: self.serial,
            vin: self.vin.state(),
            vehicle: Vehicle::Unknown,
            plug: self.plug,
            volts: meter.map(|(reading, at)| (reading.volts(), at)),
            phase_amps: meter.and_then(|(reading, at)| Some((reading.phase_amps()?, at))),
            counter: self.energy.counter(),
            session: self.energy.session(),
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
            self.energy.begin(now);
        }
        self.energy.note(now, drawn);
        plugged_in
    }

    /// Takes what a slave answered, and says what that came to.
    pub(crate) fn learn(&mut self, now: Instant, report: &Report) -> Learnt {
        if let Some(reading) = MeterReading::from_report(report) {
            self.energy.read(now, reading);
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
}

#[cfg(test)]
mod tests {
    use twc_proto::TwcId;

    use super::*;

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
