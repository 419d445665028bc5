//! What a master can ask a slave for. The answers are [`super::Report`]s.

use crate::frame::{Bytes, padded};
use crate::types::{Opcode, TwcId};

/// What can be asked for.
///
/// ```
/// use twc_proto::message::Item;
///
/// assert!(Item::ALL.contains(&Item::Meter));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Item {
    /// EB: lifetime energy, volts and amps.
    Meter,
    /// EC: firmware version in four parts.
    Firmware,
    /// ED: serial number.
    Serial,
    /// EE: VIN characters 1–7.
    VinPart1,
    /// EF: VIN characters 8–14.
    VinPart2,
    /// F1: VIN characters 15–17.
    VinPart3,
    /// B4: plug state.
    PlugState,
    /// 19: serial number, old form whose answer carries no id.
    OldSerial,
    /// 1A: model number, old form.
    OldModel,
    /// 1B: firmware version in three parts, old form.
    OldFirmware,
}

impl Item {
    /// Every item.
    pub const ALL: [Self; 10] = [
        Self::Meter,
        Self::Firmware,
        Self::Serial,
        Self::VinPart1,
        Self::VinPart2,
        Self::VinPart3,
        Self::PlugState,
        Self::OldSerial,
        Self::OldModel,
        Self::OldFirmware,
    ];

    /// The code byte shared by query and report.
    ///
    /// ```
    /// assert_eq!(twc_proto::message::Item::Meter.code(), 0xEB);
    /// ```
    pub const fn code(self) -> u8 {
        match self {
            Self::Meter => 0xEB,
            Self::Firmware => 0xEC,
            Self::Serial => 0xED,
            Self::VinPart1 => 0xEE,
            Self::VinPart2 => 0xEF,
            Self::VinPart3 => 0xF1,
            Self::PlugState => 0xB4,
            Self::OldSerial => 0x19,
            Self::OldModel => 0x1A,
            Self::OldFirmware => 0x1B,
        }
    }

    /// The item with this code byte.
    ///
    /// ```
    /// use twc_proto::message::Item;
    ///
    /// assert_eq!(Item::from_code(0xED), Some(Item::Serial));
    /// assert_eq!(Item::from_code(0x77), None);
    /// ```
    pub const fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            0xEB => Self::Meter,
            0xEC => Self::Firmware,
            0xED => Self::Serial,
            0xEE => Self::VinPart1,
            0xEF => Self::VinPart2,
            0xF1 => Self::VinPart3,
            0xB4 => Self::PlugState,
            0x19 => Self::OldSerial,
            0x1A => Self::OldModel,
            0x1B => Self::OldFirmware,
            _ => return None,
        })
    }

    pub(super) const fn query_opcode(self) -> Opcode {
        Opcode::raw(0xFB, self.code())
    }

    pub(super) const fn report_opcode(self) -> Opcode {
        Opcode::raw(0xFD, self.code())
    }
}

/// FB xx: a master asks a slave for one item.
///
/// ```
/// use twc_proto::message::{Item, Query};
/// use twc_proto::{Envelope, Message, TwcId, Version};
///
/// let (master, slave) = (TwcId::new(0x7777), TwcId::new(0x3495));
/// let query = Message::Query(Query { item: Item::Meter, master, slave });
/// let envelope = Envelope::canonical(Version::P2, query)?;
/// assert_eq!(envelope.to_string(), "FB EB 77 77 34 95 00 00 00 00 00 00 00 00 00 A2");
/// # Ok::<(), twc_proto::EnvelopeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Query {
    /// What is asked for.
    pub item: Item,
    /// The master's id. The old forms work with zeros here.
    pub master: TwcId,
    /// The slave asked.
    pub slave: TwcId,
}

impl Query {
    pub(super) const END: usize = 6;

    pub(super) const fn of(item: Item, [_, _, m0, m1, s0, s1, ..]: &Bytes) -> Self {
        Self { item, master: TwcId::from_bytes([*m0, *m1]), slave: TwcId::from_bytes([*s0, *s1]) }
    }

    pub(super) const fn emit(self) -> Bytes {
        let ([kind, code], [m0, m1], [s0, s1]) =
            (self.item.query_opcode().to_bytes(), self.master.to_bytes(), self.slave.to_bytes());
        padded([kind, code, m0, m1, s0, s1])
    }
}

/// What FD B4 says about the plug.
///
/// ```
/// use twc_proto::message::PlugState;
///
/// assert_eq!(PlugState::new(1), PlugState::CHARGING);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PlugState(u8);

impl PlugState {
    /// 00: nothing plugged in.
    pub const UNPLUGGED: Self = Self(0);
    /// 01: charging.
    pub const CHARGING: Self = Self(1);
    /// 03: plugged in, not charging.
    pub const PLUGGED: Self = Self(3);

    /// The state with this code, known or not.
    ///
    /// ```
    /// use twc_proto::message::PlugState;
    ///
    /// assert_eq!(PlugState::new(3), PlugState::PLUGGED);
    /// assert_eq!(PlugState::new(0x77).code(), 0x77);
    /// ```
    pub const fn new(code: u8) -> Self {
        Self(code)
    }

    /// The byte on the wire.
    ///
    /// ```
    /// assert_eq!(twc_proto::message::PlugState::PLUGGED.code(), 3);
    /// ```
    pub const fn code(self) -> u8 {
        self.0
    }
}
