//! Who a unit is.

use core::fmt;
use core::str::FromStr;

use thiserror::Error;

/// The 16-bit id of a wall connector or master, shown as four hexadecimal digits.
///
/// A unit's default id is the last four digits of its serial number read as BCD (`A17A0003495` is `3495`).
///
/// ```
/// use twc_proto::TwcId;
///
/// assert_eq!("3495".parse(), Ok(TwcId::new(0x3495)));
/// assert_eq!(TwcId::new(0x2C).to_string(), "002C");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TwcId(u16);

impl TwcId {
    /// An id; every value is legal on the wire.
    ///
    /// ```
    /// assert_eq!(twc_proto::TwcId::new(0x3495).to_string(), "3495");
    /// ```
    pub const fn new(id: u16) -> Self {
        Self(id)
    }

    /// The id as a number.
    ///
    /// ```
    /// assert_eq!(twc_proto::TwcId::new(0x3495).value(), 0x3495);
    /// ```
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
///
/// ```
/// assert!("349".parse::<twc_proto::TwcId>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[error("a TWC id is four hexadecimal digits, such as 3495")]
pub struct ParseIdError;

/// The random byte a unit draws at every boot and sends in its linkready.
///
/// ```
/// assert_eq!(twc_proto::Sign::new(0x7).to_string(), "07");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Sign(u8);

impl Sign {
    /// A sign; any value works.
    ///
    /// ```
    /// assert_eq!(twc_proto::Sign::new(0x81).value(), 0x81);
    /// ```
    pub const fn new(sign: u8) -> Self {
        Self(sign)
    }

    /// The byte on the wire.
    ///
    /// ```
    /// assert_eq!(twc_proto::Sign::new(0x81).value(), 0x81);
    /// ```
    pub const fn value(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02X}", self.0)
    }
}
