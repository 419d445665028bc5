//! The VIN of the car that is plugged in, from its three reports.

use core::fmt;
use core::str::FromStr;

use thiserror::Error;

use crate::message::{Report, Text};

const LEN: usize = 17;
/// The check digit's position, counted from zero.
const CHECK: usize = 8;

/// A vehicle identification number: 17 digits and capital letters without I, O and Q.
///
/// ```
/// use twc_proto::Vin;
///
/// let vin: Vin = "1M8GDM9AXKP042788".parse()?;
/// assert_eq!(vin.to_string(), "1M8GDM9AXKP042788");
/// # Ok::<(), twc_proto::vin::VinError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Vin([u8; LEN]);

/// Characters that are no VIN.
///
/// ```
/// use twc_proto::Vin;
/// use twc_proto::vin::VinError;
///
/// assert_eq!("1M8G".parse::<Vin>(), Err(VinError::Length { len: 4 }));
/// assert_eq!("1M8GDM9AXKP04278O".parse::<Vin>(), Err(VinError::Character { position: 17 }));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum VinError {
    /// Not 17 bytes.
    #[error("a VIN has 17 characters, not {len}")]
    Length {
        /// Bytes found.
        len: usize,
    },
    /// A character that no VIN has.
    #[error("character {position} of the VIN is no digit and no capital letter but I, O and Q")]
    Character {
        /// Its position, counted from 1 as people do.
        position: usize,
    },
}

impl Vin {
    /// The 17 characters.
    ///
    /// ```
    /// # use twc_proto::Vin;
    /// let vin: Vin = "1M8GDM9AXKP042788".parse()?;
    /// assert_eq!(vin.as_str(), "1M8GDM9AXKP042788");
    /// # Ok::<(), twc_proto::vin::VinError>(())
    /// ```
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The check digit that the other 16 characters call for, `0` to `9` or `X` (49 CFR 565.15(c)).
    ///
    /// ```
    /// # use twc_proto::Vin;
    /// let ones: Vin = "11111111111111111".parse()?;
    /// assert_eq!(ones.computed_check_digit(), '1');
    /// # Ok::<(), twc_proto::vin::VinError>(())
    /// ```
    pub fn computed_check_digit(&self) -> char {
        char::from(self.computed_check_byte())
    }

    fn computed_check_byte(&self) -> u8 {
        let weights = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
        let values = self.0.iter().filter_map(|byte| value(*byte));
        let sum: u16 = values.zip(&weights).map(|(value, weight)| u16::from(value) * weight).sum();
        match sum % 11 {
            10 => b'X',
            digit => b'0' + digit as u8,
        }
    }

    /// Whether the ninth character is the check digit. It is on cars for North America and China; elsewhere
    /// it may be an ordinary character, so a mismatch is a reason to ask again and no proof of damage.
    ///
    /// ```
    /// # use twc_proto::Vin;
    /// let (right, wrong): (Vin, Vin) = ("1M8GDM9AXKP042788".parse()?, "1M8GDM9AXKP042789".parse()?);
    /// assert!(right.has_check_digit());
    /// assert!(!wrong.has_check_digit());
    /// # Ok::<(), twc_proto::vin::VinError>(())
    /// ```
    pub fn has_check_digit(&self) -> bool {
        self.0.get(CHECK) == Some(&self.computed_check_byte())
    }
}

/// What a character counts in the check sum; `None` for what no VIN has: I, O, Q and all but digits and capital letters.
const fn value(byte: u8) -> Option<u8> {
    Some(match byte {
        b'0'..=b'9' => byte - b'0',
        b'A'..=b'H' => byte - b'A' + 1,
        b'J'..=b'N' | b'P' | b'R' => byte - b'J' + 1,
        b'S'..=b'Z' => byte - b'S' + 2,
        _ => return None,
    })
}

impl TryFrom<[u8; LEN]> for Vin {
    type Error = VinError;

    fn try_from(bytes: [u8; LEN]) -> Result<Self, VinError> {
        match bytes.iter().position(|byte| value(*byte).is_none()) {
            Some(index) => Err(VinError::Character { position: index + 1 }),
            None => Ok(Self(bytes)),
        }
    }
}

impl FromStr for Vin {
    type Err = VinError;

    fn from_str(s: &str) -> Result<Self, VinError> {
        let bytes: [u8; LEN] = s.as_bytes().try_into().map_err(|_| VinError::Length { len: s.len() })?;
        bytes.try_into()
    }
}

impl fmt::Display for Vin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Collects the three reports FD EE, FD EF and FD F1 of one unit.
///
/// A unit with firmware 4.5.3 or later is asked part by part. Parts of two cars do not make a VIN: call
/// [`VinParts::clear`] before a new round.
///
/// ```
/// use twc_proto::message::{Report, Text};
/// use twc_proto::vin::{VinParts, VinState};
/// use twc_proto::TwcId;
///
/// let sender = TwcId::new(0x3495);
/// let mut parts = VinParts::new();
/// assert_eq!(parts.state(), VinState::Unknown);
/// parts.take(&Report::VinPart1 { sender, chars: Text::new("1M8GDM9") });
/// parts.take(&Report::VinPart2 { sender, chars: Text::new("AXKP042") });
/// assert_eq!(parts.state(), VinState::Partial);
/// parts.take(&Report::VinPart3 { sender, chars: Text::new("788") });
/// assert_eq!(parts.state(), VinState::Known("1M8GDM9AXKP042788".parse()?));
/// # Ok::<(), twc_proto::vin::VinError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct VinParts {
    first: Option<Text<7>>,
    second: Option<Text<7>>,
    third: Option<Text<3>>,
}

/// What is known of the VIN.
///
/// ```
/// use twc_proto::vin::{VinParts, VinState};
///
/// assert_eq!(VinParts::new().state(), VinState::Unknown);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum VinState {
    /// No part has come yet.
    Unknown,
    /// Some parts have come, or some of them are still all zero: ask on.
    Partial,
    /// All parts have come and are zero. That is an answer: no car, no Tesla, a car that has not told yet, or
    /// a unit in legacy mode. Right after plug-in ask again; several times running it means unplugged.
    None,
    /// All parts have come and are no VIN.
    Damaged(VinError),
    /// 17 good characters, of which the ninth is not the check digit. Wrong but similar VINs have been read
    /// now and then; ask again. See [`Vin::has_check_digit`] for cars that have none.
    Doubtful(Vin),
    /// 17 good characters with a right check digit.
    Known(Vin),
}

impl VinParts {
    /// No part yet.
    ///
    /// ```
    /// assert_eq!(twc_proto::vin::VinParts::new(), twc_proto::vin::VinParts::default());
    /// ```
    pub const fn new() -> Self {
        Self { first: None, second: None, third: None }
    }

    /// Takes a part, in any order, the newest of each counts; says whether the report was one. The caller sees
    /// to it that all come from one unit.
    ///
    /// ```
    /// use twc_proto::message::Report;
    ///
    /// let mut parts = twc_proto::vin::VinParts::new();
    /// assert!(!parts.take(&Report::OldFirmware { version: [4, 5, 3] }));
    /// ```
    pub fn take(&mut self, report: &Report) -> bool {
        match report {
            Report::VinPart1 { chars, .. } => self.first = Some(*chars),
            Report::VinPart2 { chars, .. } => self.second = Some(*chars),
            Report::VinPart3 { chars, .. } => self.third = Some(*chars),
            _ => return false,
        }
        true
    }

    /// Forgets all parts.
    ///
    /// ```
    /// # use twc_proto::{TwcId, message::{Report, Text}, vin::{VinParts, VinState}};
    /// let mut parts = VinParts::new();
    /// parts.take(&Report::VinPart3 { sender: TwcId::new(1), chars: Text::new("788") });
    /// parts.clear();
    /// assert_eq!(parts.state(), VinState::Unknown);
    /// ```
    pub fn clear(&mut self) {
        *self = Self::new();
    }

    /// What the parts say together.
    ///
    /// ```
    /// # use twc_proto::{TwcId, message::{Report, Text}, vin::{VinParts, VinState}};
    /// let sender = TwcId::new(0x3495);
    /// let mut parts = VinParts::new();
    /// parts.take(&Report::VinPart1 { sender, chars: Text::EMPTY });
    /// parts.take(&Report::VinPart2 { sender, chars: Text::EMPTY });
    /// parts.take(&Report::VinPart3 { sender, chars: Text::EMPTY });
    /// assert_eq!(parts.state(), VinState::None);
    /// ```
    pub fn state(&self) -> VinState {
        let (Some(first), Some(second), Some(third)) = (self.first, self.second, self.third) else {
            let nothing = self.first.is_none() && self.second.is_none() && self.third.is_none();
            return if nothing { VinState::Unknown } else { VinState::Partial };
        };
        match [first.is_empty(), second.is_empty(), third.is_empty()] {
            [true, true, true] => return VinState::None,
            [false, false, false] => {}
            _ => return VinState::Partial,
        }
        let mut bytes = [0; LEN];
        for (slot, byte) in bytes.iter_mut().zip(first.0.iter().chain(&second.0).chain(&third.0)) {
            *slot = *byte;
        }
        match Vin::try_from(bytes) {
            Err(error) => VinState::Damaged(error),
            Ok(vin) if vin.has_check_digit() => VinState::Known(vin),
            Ok(vin) => VinState::Doubtful(vin),
        }
    }
}
