//! How the model of a real master is set up.

use twc_proto::message::Text;
use twc_proto::{CentiAmps, Sign, TwcId, Version};

use crate::charger::Rotary;

/// A wall connector set up as master.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RealMasterConfig {
    /// Its id.
    pub id: TwcId,
    /// Its sign; `None`: drawn at the start.
    pub sign: Option<Sign>,
    /// The generation it speaks.
    pub version: Version,
    /// What it divides: the limit its rotary switch gives the circuit.
    pub circuit: CentiAmps,
    /// What it is built for. A slave that announces another maximum is wrong.
    pub max_current: CentiAmps,
    /// Linkready 2 at the start: 3 with protocol 2 as captured, 5 with protocol 1.
    pub link_readys_2: u8,
    /// Major, minor, revision, extended.
    pub firmware: [u8; 4],
    /// Serial number.
    pub serial: Text<11>,
    /// Its lifetime energy, in kWh.
    pub energy_kwh: u32,
    /// Volts at its terminals.
    pub volts: [u16; 3],
    /// P2: it sees with 07 whether a car lives with 2 A less, and gives with 06. Guessed in its times; on.
    pub nudges: bool,
    /// As real masters do, it answers a wrong set of slaves (more than three, or unequal maxima) with heartbeat
    /// command 02, which **locks each slave that hears it until somebody resets it by hand**. Off: it leaves
    /// the wrong ones alone.
    pub may_lock_slaves: bool,
}

impl RealMasterConfig {
    /// A European protocol 2 master like the captured one: 32 A, firmware 4.5.3.2.
    pub fn p2(id: TwcId) -> Self {
        Self {
            id,
            sign: None,
            version: Version::P2,
            circuit: CentiAmps::from_amps(32),
            max_current: CentiAmps::from_amps(32),
            link_readys_2: 3,
            firmware: [4, 5, 3, 2],
            serial: Text::new(&format!("A18G001{id}")),
            energy_kwh: 11,
            volts: [243, 0, 0],
            nudges: true,
            may_lock_slaves: false,
        }
    }

    /// A North American protocol 1 master: units of 80 A, a circuit of 48 A.
    pub fn p1(id: TwcId) -> Self {
        Self {
            version: Version::P1,
            circuit: CentiAmps::from_amps(48),
            max_current: CentiAmps::from_amps(80),
            link_readys_2: 5,
            firmware: [4, 0, 0, 0],
            serial: Text::new(&format!("A16H001{id}")),
            nudges: false,
            ..Self::p2(id)
        }
    }

    /// The circuit as a rotary switch in this position sets it; unchanged where it means nothing.
    #[must_use]
    pub fn rotary(self, position: Rotary) -> Self {
        let is_north_american = self.max_current > CentiAmps::from_amps(32);
        let circuit = position.limit(is_north_american).unwrap_or(self.circuit);
        Self { circuit, ..self }
    }
}
