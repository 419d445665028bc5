//! What a meter report can be believed to say.

use crate::message::{PhaseHalfAmps, Report};
use crate::types::CentiAmps;

/// A meter report, FD EB, with its counter judged.
///
/// Counters far beyond what a wall connector can have delivered happen on healthy buses: 4,194,484, 8,732,946
/// and 10,690,796 kWh were seen with good checksums (docs/protocol.md §5.6). Their low 16 bits look like
/// believable kWh, which is a guess and not used here. The raw number is always kept.
///
/// ```
/// use twc_proto::message::Report;
/// use twc_proto::{MeterReading, TwcId};
///
/// let meter = |kwh| Report::Meter {
///     sender: TwcId::new(0x3495),
///     kwh,
///     volts: [247, 0, 0],
///     phase_half_amps: Some([31, 0, 0]),
/// };
/// let reading = MeterReading::from_report(&meter(6_782)).unwrap();
/// assert_eq!(reading.plausible_kwh(), Some(6_782));
/// assert_eq!(reading.phase_amps().unwrap()[0].to_string(), "15.50 A");
///
/// let absurd = MeterReading::from_report(&meter(4_194_484)).unwrap();
/// assert_eq!((absurd.plausible_kwh(), absurd.raw_kwh()), (None, 4_194_484));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MeterReading {
    kwh: u32,
    volts: [u16; 3],
    phase_half_amps: Option<PhaseHalfAmps>,
}

impl MeterReading {
    /// The highest counter that is believed, in kWh: at 19 kW without a pause it takes six years.
    ///
    /// ```
    /// assert_eq!(twc_proto::MeterReading::MAX_PLAUSIBLE_KWH, 1_000_000);
    /// ```
    pub const MAX_PLAUSIBLE_KWH: u32 = 1_000_000;

    /// The reading in a meter report, `None` for other reports.
    ///
    /// ```
    /// use twc_proto::MeterReading;
    /// use twc_proto::message::Report;
    ///
    /// assert_eq!(MeterReading::from_report(&Report::OldFirmware { version: [4, 5, 3] }), None);
    /// ```
    pub const fn from_report(report: &Report) -> Option<Self> {
        match report {
            Report::Meter { kwh, volts, phase_half_amps, .. } => {
                Some(Self { kwh: *kwh, volts: *volts, phase_half_amps: *phase_half_amps })
            }
            _ => None,
        }
    }

    /// The counter as the unit sent it: lifetime energy in whole kWh.
    ///
    /// ```
    /// # use twc_proto::{MeterReading, TwcId, message::Report};
    /// # let report = Report::Meter { sender: TwcId::new(1), kwh: 8_732_946, volts: [0; 3], phase_half_amps: None };
    /// assert_eq!(MeterReading::from_report(&report).unwrap().raw_kwh(), 8_732_946);
    /// ```
    pub const fn raw_kwh(&self) -> u32 {
        self.kwh
    }

    /// The counter in kWh, `None` above [`MeterReading::MAX_PLAUSIBLE_KWH`].
    ///
    /// ```
    /// # use twc_proto::{MeterReading, TwcId, message::Report};
    /// # let report = Report::Meter { sender: TwcId::new(1), kwh: 1_000_001, volts: [0; 3], phase_half_amps: None };
    /// assert_eq!(MeterReading::from_report(&report).unwrap().plausible_kwh(), None);
    /// ```
    pub const fn plausible_kwh(&self) -> Option<u32> {
        if self.kwh <= Self::MAX_PLAUSIBLE_KWH { Some(self.kwh) } else { None }
    }

    /// Volts of phases A, B and C; on single phase B and C are 0. A few volts off a reference meter.
    ///
    /// ```
    /// # use twc_proto::{MeterReading, TwcId, message::Report};
    /// # let report = Report::Meter { sender: TwcId::new(1), kwh: 56, volts: [230, 241, 232], phase_half_amps: None };
    /// assert_eq!(MeterReading::from_report(&report).unwrap().volts(), [230, 241, 232]);
    /// ```
    pub const fn volts(&self) -> [u16; 3] {
        self.volts
    }

    /// Currents of phases A, B and C in steps of 0.5 A; `None` on firmware before 4.5.3, which sends none.
    ///
    /// ```
    /// # use twc_proto::{CentiAmps, MeterReading, TwcId, message::Report};
    /// # let report = Report::Meter { sender: TwcId::new(1), kwh: 56, volts: [0; 3], phase_half_amps: Some([64, 1, 0]) };
    /// let amps = MeterReading::from_report(&report).unwrap().phase_amps().unwrap();
    /// assert_eq!(amps, [CentiAmps::from_amps(32), CentiAmps::new(50), CentiAmps::ZERO]);
    /// ```
    pub fn phase_amps(&self) -> Option<[CentiAmps; 3]> {
        self.phase_half_amps.map(|phases| phases.map(|half_amps| CentiAmps::new(u16::from(half_amps) * 50)))
    }
}
