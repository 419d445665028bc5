//! The small values every message is made of.

use core::fmt;
use core::str::FromStr;

use thiserror::Error;

/// The 16-bit id of a wall connector or master, shown as four hexadecimal digits.
///
/// A unit's default id is the last four digits of its serial number read as BCD (`A17A0003495` is `3495`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TwcId(u16);

impl TwcId {
    /// An id; every value is legal on the wire.
    pub const fn new(id: u16) -> Self {
        Self(id)
    }

    /// The id as a number.
    pub const fn value(self) -> u16 {
        self.0
    }

    pub(crate) const fn from_bytes(bytes: [u8; 2]) -> Self {
        Self(u16::from_be_bytes(bytes))
    }

    pub(crate) const fn to_bytes(self) -> [u8; 2] {
        self.0.to_be_bytes()
    }
}

impl fmt::Display for TwcId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", self.0)
    }
}

impl FromStr for TwcId {
    type Err = ParseIdError;

    /// Parses exactly four hexadecimal digits.
    fn from_str(s: &str) -> Result<Self, ParseIdError> {
        if s.len() != 4 || !s.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(ParseIdError);
        }
        u16::from_str_radix(s, 16).map(Self).map_err(|_| ParseIdError)
    }
}

/// Text that is not four hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[error("a TWC id is four hexadecimal digits, such as 3495")]
pub struct ParseIdError;

/// The random byte a unit draws at every boot and sends in its linkready.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Sign(u8);

impl Sign {
    /// A sign; any value works.
    pub const fn new(sign: u8) -> Self {
        Self(sign)
    }

    /// The byte on the wire.
    pub const fn value(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02X}", self.0)
    }
}

/// A current in steps of 0.01 A, 0 to 655.35 A, as heartbeats carry it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct CentiAmps(u16);

impl CentiAmps {
    /// No current.
    pub const ZERO: Self = Self(0);

    /// `centiamps` hundredths of an ampere.
    pub const fn new(centiamps: u16) -> Self {
        Self(centiamps)
    }

    /// Whole amperes; saturates at 655.35 A.
    pub const fn from_amps(amps: u16) -> Self {
        Self(amps.saturating_mul(100))
    }

    /// Hundredths of an ampere.
    pub const fn value(self) -> u16 {
        self.0
    }

    pub(crate) const fn from_bytes(bytes: [u8; 2]) -> Self {
        Self(u16::from_be_bytes(bytes))
    }

    pub(crate) const fn to_bytes(self) -> [u8; 2] {
        self.0.to_be_bytes()
    }
}

impl fmt::Display for CentiAmps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02} A", self.0 / 100, self.0 % 100)
    }
}

/// The protocol generation a unit speaks, told by the length of its linkready: 14 bytes or 16.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// Early units: 14-byte bodies, command 05 at any time, minimum 5 A.
    P1,
    /// Later units: 16-byte bodies, commands 06–09, minimum 6 A.
    P2,
}

impl Version {
    /// What a slave linkready of this body length says about its sender.
    pub const fn from_link_ready(body_len: BodyLen) -> Self {
        if body_len.get() <= 14 { Self::P1 } else { Self::P2 }
    }

    /// The body length of everything that is not a long report.
    pub const fn base_len(self) -> BodyLen {
        match self {
            Self::P1 => BodyLen::B14,
            Self::P2 => BodyLen::B16,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::P1 => "protocol 1",
            Self::P2 => "protocol 2",
        })
    }
}

/// The length of an un-escaped body with its checksum: 13 to 20 bytes.
///
/// Canonical lengths are 14 (P1), 16 (P2) and 20 (long reports); 13 and 15 come from other people's masters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BodyLen(u8);

impl BodyLen {
    /// The shortest body that is delivered.
    pub const MIN: usize = 13;
    /// The longest body that is delivered.
    pub const MAX: usize = 20;
    /// Short queries of some third-party masters.
    pub const B13: Self = Self(13);
    /// Protocol 1.
    pub const B14: Self = Self(14);
    /// Queries of one third-party master.
    pub const B15: Self = Self(15);
    /// Protocol 2.
    pub const B16: Self = Self(16);
    /// Long reports of firmware 4.5.3 and later.
    pub const B20: Self = Self(20);

    /// A length between [`BodyLen::MIN`] and [`BodyLen::MAX`], else `None`.
    pub const fn new(len: usize) -> Option<Self> {
        if len >= Self::MIN && len <= Self::MAX { Some(Self(len as u8)) } else { None }
    }

    /// The length in bytes.
    pub const fn get(self) -> usize {
        self.0 as usize
    }
}

/// What a slave says it is doing: offset 6 of its heartbeat.
///
/// A newtype with named values, so that states nobody has explained yet are kept as they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SlaveState(u8);

impl SlaveState {
    /// 00: unplugged, or plugged with the car asleep; the two cannot be told apart while the limit is 0.
    pub const READY: Self = Self(0x00);
    /// 01: charging.
    pub const CHARGING: Self = Self(0x01);
    /// 02: error, for example the master was gone too long.
    pub const ERROR: Self = Self(0x02);
    /// 03: plugged in, not charging.
    pub const PLUGGED_IDLE: Self = Self(0x03);
    /// 04: plugged in and wants to charge; with limit 0 it asks for a limit.
    pub const WANTS_CHARGE: Self = Self(0x04);
    /// 05: short blips, meaning unknown.
    pub const BUSY: Self = Self(0x05);
    /// 06: raising after command 06.
    pub const RAISING: Self = Self(0x06);
    /// 07: lowering after command 07.
    pub const LOWERING: Self = Self(0x07);
    /// 08: starting.
    pub const STARTING: Self = Self(0x08);
    /// 09: applying a limit after command 09.
    pub const SETTING_LIMIT: Self = Self(0x09);
    /// 0A: an adjustment begun by 06 or 07 is over.
    pub const ADJUSTED: Self = Self(0x0A);

    /// The state with this code, known or not.
    pub const fn new(code: u8) -> Self {
        Self(code)
    }

    /// The byte on the wire.
    pub const fn code(self) -> u8 {
        self.0
    }

    /// A short name in the field's words, `None` for codes without a known meaning.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::READY => "ready",
            Self::CHARGING => "charging",
            Self::ERROR => "error",
            Self::PLUGGED_IDLE => "plugged, idle",
            Self::WANTS_CHARGE => "wants charge",
            Self::BUSY => "busy",
            Self::RAISING => "raising",
            Self::LOWERING => "lowering",
            Self::STARTING => "starting",
            Self::SETTING_LIMIT => "setting limit",
            Self::ADJUSTED => "adjusted",
            _ => return None,
        })
    }
}

impl fmt::Display for SlaveState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{:02X} {name}", self.0),
            None => write!(f, "{:02X}", self.0),
        }
    }
}

/// What a master tells a slave: offset 6 of its heartbeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Command(u8);

impl Command {
    /// 00: no change.
    pub const NO_CHANGE: Self = Self(0x00);
    /// 02: error. **Locks the slave until somebody resets it by hand**; see [`crate::Envelope`].
    pub const ERROR: Self = Self(0x02);
    /// 05: set the limit; on P2 only before charging starts.
    pub const INITIAL_LIMIT: Self = Self(0x05);
    /// 06 (P2): raise by 2 A. Not idempotent.
    pub const RAISE: Self = Self(0x06);
    /// 07 (P2): draw 2 A less for a while.
    pub const LOWER: Self = Self(0x07);
    /// 08: the answer to slave state 08, with the current it may use.
    pub const ACCEPT_START: Self = Self(0x08);
    /// 09 (P2): set the limit now, also while charging.
    pub const LIMIT: Self = Self(0x09);

    /// The command with this code, known or not.
    pub const fn new(code: u8) -> Self {
        Self(code)
    }

    /// The byte on the wire.
    pub const fn code(self) -> u8 {
        self.0
    }

    /// Whether offsets 7–8 carry a current limit under this command.
    pub const fn carries_limit(self) -> bool {
        matches!(self, Self::INITIAL_LIMIT | Self::ACCEPT_START | Self::LIMIT)
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02X}", self.0)
    }
}

/// Type byte and code of a frame, shown as four hexadecimal digits (`FBE0`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Opcode {
    kind: u8,
    code: u8,
}

impl Opcode {
    pub(crate) const LINK_READY_1: Self = Self::raw(0xFC, 0xE1);
    pub(crate) const LINK_READY_2: Self = Self::raw(0xFB, 0xE2);
    pub(crate) const SLAVE_LINK_READY: Self = Self::raw(0xFD, 0xE2);
    pub(crate) const MASTER_HEARTBEAT: Self = Self::raw(0xFB, 0xE0);
    pub(crate) const SLAVE_HEARTBEAT: Self = Self::raw(0xFD, 0xE0);
    pub(crate) const START: Self = Self::raw(0xFC, 0xB1);
    pub(crate) const STOP: Self = Self::raw(0xFC, 0xB2);
    pub(crate) const START_ACK: Self = Self::raw(0xFD, 0xB1);
    pub(crate) const STOP_ACK: Self = Self::raw(0xFD, 0xB2);
    pub(crate) const IDLE: Self = Self::raw(0xFC, 0x1D);
    pub(crate) const WRITE_SERIAL: Self = Self::raw(0xFC, 0x19);
    pub(crate) const WRITE_MODEL: Self = Self::raw(0xFC, 0x1A);
    pub(crate) const CRASH: Self = Self::raw(0xFB, 0xE8);

    pub(crate) const fn raw(kind: u8, code: u8) -> Self {
        Self { kind, code }
    }

    /// The opcode, if `kind` is one of the three frame types FB, FC and FD.
    pub const fn new(kind: u8, code: u8) -> Option<Self> {
        match kind {
            0xFB..=0xFD => Some(Self { kind, code }),
            _ => None,
        }
    }

    pub(crate) const fn to_bytes(self) -> [u8; 2] {
        [self.kind, self.code]
    }

    /// The type byte: FB (master asks), FC (master commands) or FD (answers and broadcasts).
    pub const fn kind(self) -> u8 {
        self.kind
    }

    /// The code byte.
    pub const fn code(self) -> u8 {
        self.code
    }

    /// Whether this frame can brick or crash a unit: FC 19 and FC 1A write one-time-programmable memory,
    /// FB E8 crashes it.
    pub const fn is_dangerous(self) -> bool {
        matches!(self, Self::WRITE_SERIAL | Self::WRITE_MODEL | Self::CRASH)
    }
}

impl fmt::Display for Opcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02X}{:02X}", self.kind, self.code)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::string::ToString;

    use super::*;

    #[test]
    fn ids_print_and_parse_as_four_hex_digits() {
        assert_eq!(TwcId::new(0x2C).to_string(), "002C");
        assert_eq!("3495".parse(), Ok(TwcId::new(0x3495)));
        for bad in ["", "349", "34955", "+349", "34G5"] {
            assert_eq!(bad.parse::<TwcId>(), Err(ParseIdError), "{bad}");
        }
    }

    #[test]
    fn amps_print_with_two_decimals() {
        assert_eq!(CentiAmps::new(1_605).to_string(), "16.05 A");
        assert_eq!(CentiAmps::from_amps(700).value(), u16::MAX);
    }

    #[test]
    fn lengths_outside_13_to_20_do_not_exist() {
        assert_eq!(BodyLen::new(12), None);
        assert_eq!(BodyLen::new(21), None);
        assert_eq!(BodyLen::new(17).map(BodyLen::get), Some(17));
    }
}
