//! Queries and the reports that answer them. Masters broadcast some reports about themselves.

use core::fmt;

use crate::frame::{Body, Bytes, padded};
use crate::types::{BodyLen, Opcode, TwcId};

/// What can be asked for.
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

/// Currents of the three phases in steps of 0.5 A.
pub type PhaseHalfAmps = [u8; 3];

/// FD xx: one item of a unit. Sent by a slave that was asked, and by masters about themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Report {
    /// FD EB.
    Meter {
        /// Whose meter.
        sender: TwcId,
        /// Lifetime energy in whole kWh, as the unit counts. Absurd values happen.
        kwh: u32,
        /// Volts of phases A, B, C; B and C are 0 on single phase.
        volts: [u16; 3],
        /// Currents of the three phases in steps of 0.5 A; `None` on firmware before 4.5.3.
        phase_half_amps: Option<PhaseHalfAmps>,
    },
    /// FD EC.
    Firmware {
        /// Whose firmware.
        sender: TwcId,
        /// Major, minor, revision, extended.
        version: [u8; 4],
    },
    /// FD ED.
    Serial {
        /// Whose serial number.
        sender: TwcId,
        /// 11 characters.
        serial: Text<11>,
    },
    /// FD EE: VIN characters 1–7.
    VinPart1 {
        /// The unit whose car it is.
        sender: TwcId,
        /// All zero without a car that tells.
        chars: Text<7>,
    },
    /// FD EF: VIN characters 8–14.
    VinPart2 {
        /// The unit whose car it is.
        sender: TwcId,
        /// All zero without a car that tells.
        chars: Text<7>,
    },
    /// FD F1: VIN characters 15–17.
    VinPart3 {
        /// The unit whose car it is.
        sender: TwcId,
        /// All zero without a car that tells.
        chars: Text<3>,
    },
    /// FD B4.
    PlugState {
        /// Whose plug.
        sender: TwcId,
        /// What it says.
        state: PlugState,
    },
    /// FD 19, without any id.
    OldSerial {
        /// Up to 11 characters.
        serial: Text<11>,
    },
    /// FD 1A, without any id.
    OldModel {
        /// Up to 11 characters.
        model: Text<11>,
    },
    /// FD 1B, without any id.
    OldFirmware {
        /// Major, minor, revision.
        version: [u8; 3],
    },
}

impl Report {
    /// Behind an id.
    pub(super) const TEXT: usize = 4;
    /// Behind the code, in the old forms without an id.
    pub(super) const OLD_TEXT: usize = 2;
    const VOLTS: usize = 8;
    pub(super) const PHASE_HALF_AMPS: usize = 14;
    /// The longest meter body in which nobody looks for currents.
    pub(super) const MOST_WITHOUT_AMPS: usize = Self::PHASE_HALF_AMPS + 3;

    /// What it answers.
    pub const fn item(&self) -> Item {
        match self {
            Self::Meter { .. } => Item::Meter,
            Self::Firmware { .. } => Item::Firmware,
            Self::Serial { .. } => Item::Serial,
            Self::VinPart1 { .. } => Item::VinPart1,
            Self::VinPart2 { .. } => Item::VinPart2,
            Self::VinPart3 { .. } => Item::VinPart3,
            Self::PlugState { .. } => Item::PlugState,
            Self::OldSerial { .. } => Item::OldSerial,
            Self::OldModel { .. } => Item::OldModel,
            Self::OldFirmware { .. } => Item::OldFirmware,
        }
    }

    /// Whose item; the three old forms do not say.
    pub const fn sender(&self) -> Option<TwcId> {
        match self {
            Self::Meter { sender, .. }
            | Self::Firmware { sender, .. }
            | Self::Serial { sender, .. }
            | Self::VinPart1 { sender, .. }
            | Self::VinPart2 { sender, .. }
            | Self::VinPart3 { sender, .. }
            | Self::PlugState { sender, .. } => Some(*sender),
            Self::OldSerial { .. } | Self::OldModel { .. } | Self::OldFirmware { .. } => None,
        }
    }

    pub(super) const fn fields_end(&self) -> usize {
        match self {
            Self::Meter { phase_half_amps: Some(_), .. } => Self::PHASE_HALF_AMPS + 3,
            Self::Meter { phase_half_amps: None, .. } => Self::PHASE_HALF_AMPS,
            Self::Firmware { .. } => Self::TEXT + 4,
            Self::Serial { .. } => Self::TEXT + 11,
            Self::VinPart1 { .. } | Self::VinPart2 { .. } => Self::TEXT + 7,
            Self::VinPart3 { .. } => Self::TEXT + 3,
            Self::PlugState { .. } => Self::TEXT + 1,
            Self::OldSerial { .. } | Self::OldModel { .. } => Self::OLD_TEXT + 11,
            Self::OldFirmware { .. } => Self::OLD_TEXT + 3,
        }
    }

    pub(super) const fn canonical_len(&self) -> BodyLen {
        match self {
            Self::Meter { phase_half_amps: None, .. } | Self::Firmware { .. } | Self::PlugState { .. } => {
                BodyLen::B16
            }
            Self::OldSerial { .. } | Self::OldModel { .. } | Self::OldFirmware { .. } => BodyLen::B14,
            _ => BodyLen::B20,
        }
    }

    pub(super) fn of(item: Item, body: &Body) -> Self {
        let bytes = body.bytes();
        let sender = TwcId::from_bytes(field(bytes, 2));
        match item {
            Item::Meter => {
                let volts = [0, 2, 4].map(|phase| u16::from_be_bytes(field(bytes, Self::VOLTS + phase)));
                // Firmware before 4.5.3 sends 16 bytes, which leave room for one zero and no currents.
                let has_amps = body.len().get() > Self::MOST_WITHOUT_AMPS;
                let phase_half_amps = has_amps.then(|| field(bytes, Self::PHASE_HALF_AMPS));
                Self::Meter { sender, kwh: u32::from_be_bytes(field(bytes, Self::TEXT)), volts, phase_half_amps }
            }
            Item::Firmware => Self::Firmware { sender, version: field(bytes, Self::TEXT) },
            Item::Serial => Self::Serial { sender, serial: Text(field(bytes, Self::TEXT)) },
            Item::VinPart1 => Self::VinPart1 { sender, chars: Text(field(bytes, Self::TEXT)) },
            Item::VinPart2 => Self::VinPart2 { sender, chars: Text(field(bytes, Self::TEXT)) },
            Item::VinPart3 => Self::VinPart3 { sender, chars: Text(field(bytes, Self::TEXT)) },
            Item::PlugState => {
                let [state] = field(bytes, Self::TEXT);
                Self::PlugState { sender, state: PlugState::new(state) }
            }
            Item::OldSerial => Self::OldSerial { serial: Text(field(bytes, Self::OLD_TEXT)) },
            Item::OldModel => Self::OldModel { model: Text(field(bytes, Self::OLD_TEXT)) },
            Item::OldFirmware => Self::OldFirmware { version: field(bytes, Self::OLD_TEXT) },
        }
    }

    pub(super) fn emit(&self) -> Bytes {
        let mut bytes = padded(self.item().report_opcode().to_bytes());
        if let Some(sender) = self.sender() {
            put(&mut bytes, 2, &sender.to_bytes());
        }
        match self {
            Self::Meter { kwh, volts, phase_half_amps, .. } => {
                put(&mut bytes, Self::TEXT, &kwh.to_be_bytes());
                for (phase, volts) in volts.iter().enumerate() {
                    put(&mut bytes, Self::VOLTS + 2 * phase, &volts.to_be_bytes());
                }
                put(&mut bytes, Self::PHASE_HALF_AMPS, &phase_half_amps.unwrap_or_default());
            }
            Self::Firmware { version, .. } => put(&mut bytes, Self::TEXT, version),
            Self::Serial { serial, .. } => put(&mut bytes, Self::TEXT, &serial.0),
            Self::VinPart1 { chars, .. } | Self::VinPart2 { chars, .. } => put(&mut bytes, Self::TEXT, &chars.0),
            Self::VinPart3 { chars, .. } => put(&mut bytes, Self::TEXT, &chars.0),
            Self::PlugState { state, .. } => put(&mut bytes, Self::TEXT, &[state.code()]),
            Self::OldSerial { serial: text } | Self::OldModel { model: text } => {
                put(&mut bytes, Self::OLD_TEXT, &text.0);
            }
            Self::OldFirmware { version } => put(&mut bytes, Self::OLD_TEXT, version),
        }
        bytes
    }
}

/// `N` bytes at an offset; zeros where they would reach beyond the longest body, which none here does.
#[inline]
fn field<const N: usize>(bytes: &Bytes, offset: usize) -> [u8; N] {
    bytes.get(offset..).and_then(<[u8]>::first_chunk).copied().unwrap_or([0; N])
}

#[inline]
fn put(bytes: &mut Bytes, offset: usize, value: &[u8]) {
    if let Some(slots) = bytes.get_mut(offset..offset + value.len()) {
        slots.copy_from_slice(value);
    }
}

/// What FD B4 says about the plug.
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
    pub const fn new(code: u8) -> Self {
        Self(code)
    }

    /// The byte on the wire.
    pub const fn code(self) -> u8 {
        self.0
    }
}

/// Characters in a field of fixed width, padded with 00 (or FF, in model numbers), not terminated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Text<const N: usize>(pub [u8; N]);

impl<const N: usize> Text<N> {
    /// Nothing in it.
    pub const EMPTY: Self = Self([0; N]);

    /// `text` cut to the field's width.
    pub fn new(text: &str) -> Self {
        let mut bytes = [0; N];
        for (slot, byte) in bytes.iter_mut().zip(text.bytes()) {
            *slot = byte;
        }
        Self(bytes)
    }

    /// Whether every byte is padding.
    pub fn is_empty(&self) -> bool {
        self.chars().next().is_none()
    }

    /// The printable ASCII characters before the padding; anything else shows as `?`.
    pub fn chars(&self) -> impl Iterator<Item = char> {
        let end = self.0.iter().rposition(|byte| !matches!(byte, 0 | 0xFF)).map_or(0, |last| last + 1);
        self.0.into_iter().take(end).map(|byte| if matches!(byte, b' '..=b'~') { char::from(byte) } else { '?' })
    }
}

impl<const N: usize> fmt::Display for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        self.chars().try_for_each(|c| f.write_char(c))
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::string::ToString;

    use super::*;

    #[test]
    fn text_stops_at_its_padding_and_never_shows_control_bytes() {
        assert_eq!(Text(*b"A17A0003495").to_string(), "A17A0003495");
        assert_eq!(Text(*b"EVW\x1b80\0\0\xFF\xFF\0").to_string(), "EVW?80");
        assert!(Text::<7>::EMPTY.is_empty());
    }
}
