//! What units say about themselves, asked or not.

use super::{Item, PlugState, Text};
use crate::frame::{Body, Bytes, padded};
use crate::types::{BodyLen, TwcId};

/// Currents of the three phases in steps of 0.5 A.
///
/// ```
/// let phases: twc_proto::message::PhaseHalfAmps = [33, 0, 0];
/// assert_eq!(phases.map(|half_amps| f32::from(half_amps) / 2.0), [16.5, 0.0, 0.0]);
/// ```
pub type PhaseHalfAmps = [u8; 3];

/// FD xx: one item of a unit. Sent by a slave that was asked, and by masters about themselves.
///
/// ```
/// use twc_proto::message::Report;
/// use twc_proto::{Envelope, Message, TwcId, Version};
///
/// let report = Report::Firmware { sender: TwcId::new(0x3495), version: [4, 5, 3, 0] };
/// let envelope = Envelope::canonical(Version::P2, Message::Report(report))?;
/// assert_eq!(envelope.to_string(), "FD EC 34 95 04 05 03 00 00 00 00 00 00 00 00 C1");
/// # Ok::<(), twc_proto::EnvelopeError>(())
/// ```
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
    ///
    /// ```
    /// use twc_proto::TwcId;
    /// use twc_proto::message::{Item, Report};
    ///
    /// let report = Report::Firmware { sender: TwcId::new(0x3495), version: [4, 5, 3, 0] };
    /// assert_eq!(report.item(), Item::Firmware);
    /// ```
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
    ///
    /// ```
    /// use twc_proto::TwcId;
    /// use twc_proto::message::{Report, Text};
    ///
    /// let new = Report::Serial { sender: TwcId::new(0x3495), serial: Text::new("A17A0003495") };
    /// let old = Report::OldSerial { serial: Text::new("A17A0003495") };
    /// assert_eq!((new.sender(), old.sender()), (Some(TwcId::new(0x3495)), None));
    /// ```
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
