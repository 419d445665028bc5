//! Codes that say what a frame, a master or a slave means.

use core::fmt;

/// What a slave says it is doing: offset 6 of its heartbeat.
///
/// A newtype with named values, so that states nobody has explained yet are kept as they came.
///
/// ```
/// assert_eq!(twc_proto::SlaveState::CHARGING.to_string(), "01 charging");
/// ```
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
    ///
    /// ```
    /// use twc_proto::SlaveState;
    ///
    /// assert_eq!(SlaveState::new(8), SlaveState::STARTING);
    /// assert_eq!(SlaveState::new(0x77).to_string(), "77");
    /// ```
    pub const fn new(code: u8) -> Self {
        Self(code)
    }

    /// The byte on the wire.
    ///
    /// ```
    /// assert_eq!(twc_proto::SlaveState::WANTS_CHARGE.code(), 4);
    /// ```
    pub const fn code(self) -> u8 {
        self.0
    }

    /// A short name in the field's words, `None` for codes without a known meaning.
    ///
    /// ```
    /// use twc_proto::SlaveState;
    ///
    /// assert_eq!(SlaveState::ERROR.name(), Some("error"));
    /// assert_eq!(SlaveState::new(0x77).name(), None);
    /// ```
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
///
/// ```
/// assert_eq!(twc_proto::Command::LIMIT.to_string(), "09");
/// ```
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
    ///
    /// ```
    /// use twc_proto::Command;
    ///
    /// assert_eq!(Command::new(5), Command::INITIAL_LIMIT);
    /// ```
    pub const fn new(code: u8) -> Self {
        Self(code)
    }

    /// The byte on the wire.
    ///
    /// ```
    /// assert_eq!(twc_proto::Command::RAISE.code(), 6);
    /// ```
    pub const fn code(self) -> u8 {
        self.0
    }

    /// Whether offsets 7–8 carry a current limit under this command.
    ///
    /// ```
    /// use twc_proto::Command;
    ///
    /// assert!(Command::LIMIT.carries_limit());
    /// assert!(!Command::NO_CHANGE.carries_limit());
    /// ```
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
///
/// ```
/// use twc_proto::Opcode;
///
/// assert_eq!(Opcode::new(0xFB, 0xE0).unwrap().to_string(), "FBE0");
/// ```
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
    ///
    /// ```
    /// use twc_proto::Opcode;
    ///
    /// assert!(Opcode::new(0xFD, 0xE0).is_some());
    /// assert!(Opcode::new(0xFE, 0xE0).is_none());
    /// ```
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
    ///
    /// ```
    /// assert_eq!(twc_proto::Message::Idle.opcode().kind(), 0xFC);
    /// ```
    pub const fn kind(self) -> u8 {
        self.kind
    }

    /// The code byte.
    ///
    /// ```
    /// assert_eq!(twc_proto::Message::Idle.opcode().code(), 0x1D);
    /// ```
    pub const fn code(self) -> u8 {
        self.code
    }

    /// Whether this frame can brick or crash a unit: FC 19 and FC 1A write one-time-programmable memory,
    /// FB E8 crashes it.
    ///
    /// ```
    /// use twc_proto::Opcode;
    ///
    /// assert!(Opcode::new(0xFC, 0x19).unwrap().is_dangerous());
    /// assert!(!Opcode::new(0xFD, 0x19).unwrap().is_dangerous());
    /// ```
    pub const fn is_dangerous(self) -> bool {
        matches!(self, Self::WRITE_SERIAL | Self::WRITE_MODEL | Self::CRASH)
    }
}

impl fmt::Display for Opcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02X}{:02X}", self.kind, self.code)
    }
}
