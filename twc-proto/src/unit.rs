//! What a unit's serial number tells.

use core::fmt;
use core::str::FromStr;

use thiserror::Error;

use crate::message::{Report, Text};
use crate::types::TwcId;

/// The serial number of a wall connector, such as `A17A0003495`: 11 letters and digits, the last four digits.
///
/// ```
/// use twc_proto::SerialNumber;
///
/// let serial: SerialNumber = "A18G0017973".parse()?;
/// assert_eq!(serial.default_id().to_string(), "7973");
/// assert_eq!(serial.production_period().unwrap().to_string(), "from 2018-03-26");
/// # Ok::<(), twc_proto::unit::SerialError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SerialNumber([u8; 11]);

/// Text that is no serial number.
///
/// ```
/// use twc_proto::SerialNumber;
/// use twc_proto::unit::SerialError;
///
/// assert_eq!("A17A000349X".parse::<SerialNumber>(), Err(SerialError::NoDigits));
/// assert_eq!("3495".parse::<SerialNumber>(), Err(SerialError::Form));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum SerialError {
    /// Nothing in it: the unit's serial record was never written.
    #[error("the serial number is empty")]
    Empty,
    /// Not 11 letters and digits.
    #[error("a serial number is 11 letters and digits, such as A17A0003495")]
    Form,
    /// The last four characters are not all digits.
    #[error("the last four characters of a serial number are digits")]
    NoDigits,
}

impl SerialNumber {
    /// The id of a unit whose serial record is all zero (seen by one owner; docs/protocol.md §4).
    ///
    /// ```
    /// assert_eq!(twc_proto::SerialNumber::ID_WITHOUT_SERIAL.to_string(), "EB30");
    /// ```
    pub const ID_WITHOUT_SERIAL: TwcId = TwcId::new(0xEB30);

    /// The serial number in a report FD ED or FD 19; `None` for other reports.
    ///
    /// ```
    /// use twc_proto::message::{Report, Text};
    /// use twc_proto::{SerialNumber, TwcId};
    ///
    /// let report = Report::Serial { sender: TwcId::new(0x3495), serial: Text(*b"A17A0003495") };
    /// let serial = SerialNumber::from_report(&report).unwrap()?;
    /// assert_eq!(serial.default_id(), report.sender().unwrap());
    /// # Ok::<(), twc_proto::unit::SerialError>(())
    /// ```
    pub fn from_report(report: &Report) -> Option<Result<Self, SerialError>> {
        match report {
            Report::Serial { serial, .. } | Report::OldSerial { serial } => Some(Self::from_text(serial)),
            _ => None,
        }
    }

    /// The serial number in the text field of a report.
    ///
    /// # Errors
    /// When the field is empty or holds something else.
    ///
    /// ```
    /// use twc_proto::SerialNumber;
    /// use twc_proto::message::Text;
    /// use twc_proto::unit::SerialError;
    ///
    /// assert_eq!(SerialNumber::from_text(&Text::EMPTY), Err(SerialError::Empty));
    /// ```
    pub fn from_text(text: &Text<11>) -> Result<Self, SerialError> {
        if text.is_empty() {
            return Err(SerialError::Empty);
        }
        if !text.0.iter().all(u8::is_ascii_alphanumeric) {
            return Err(SerialError::Form);
        }
        let [.., a, b, c, d] = text.0;
        let digits = [a, b, c, d].iter().all(u8::is_ascii_digit);
        if digits { Ok(Self(text.0)) } else { Err(SerialError::NoDigits) }
    }

    /// The id the unit has after it boots: its last four digits as BCD (docs/protocol.md §4, several captures).
    ///
    /// It may have another one: a unit that hears its own id from a master draws a new one.
    ///
    /// ```
    /// # use twc_proto::{SerialNumber, TwcId};
    /// let serial: SerialNumber = "A17A0003495".parse()?;
    /// assert_eq!(serial.default_id(), TwcId::new(0x3495));
    /// # Ok::<(), twc_proto::unit::SerialError>(())
    /// ```
    pub fn default_id(&self) -> TwcId {
        let [.., a, b, c, d] = self.0;
        TwcId::new([a, b, c, d].iter().fold(0, |id, digit| (id << 4) | u16::from(digit & 0x0F)))
    }

    /// The fortnight in which the unit was made, after one owner's **theory**: `A`, two digits for the year
    /// and a letter for a period of 14 days, A from 1 January, B from 15 January and so on (docs/protocol.md
    /// §5.7). `None` when the number does not begin like that.
    ///
    /// ```
    /// # use twc_proto::SerialNumber;
    /// let serial: SerialNumber = "A18D0001234".parse()?;
    /// let period = serial.production_period().unwrap();
    /// assert_eq!((period.year(), period.month(), period.day()), (2018, 2, 12));
    /// # Ok::<(), twc_proto::unit::SerialError>(())
    /// ```
    pub fn production_period(&self) -> Option<ProductionPeriod> {
        let [b'A', tens @ b'0'..=b'9', ones @ b'0'..=b'9', letter @ b'A'..=b'Z', ..] = self.0 else {
            return None;
        };
        let year = 2000 + u16::from(tens - b'0') * 10 + u16::from(ones - b'0');
        Some(ProductionPeriod { year, day_of_year: u16::from(letter - b'A') * 14 })
    }

    /// The 11 characters.
    ///
    /// ```
    /// # use twc_proto::SerialNumber;
    /// let serial: SerialNumber = "A17A0003495".parse()?;
    /// assert_eq!(serial.as_str(), "A17A0003495");
    /// # Ok::<(), twc_proto::unit::SerialError>(())
    /// ```
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for SerialNumber {
    type Err = SerialError;

    fn from_str(s: &str) -> Result<Self, SerialError> {
        if s.is_empty() {
            return Err(SerialError::Empty);
        }
        let bytes = s.as_bytes().try_into().map_err(|_| SerialError::Form)?;
        Self::from_text(&Text(bytes))
    }
}

impl fmt::Display for SerialNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The first day of the 14 days in which a unit was made, after the theory of
/// [`SerialNumber::production_period`]. The last period of a year is one or two days longer.
///
/// ```
/// # use twc_proto::SerialNumber;
/// let serial: SerialNumber = "A17A0003495".parse()?;
/// assert_eq!(serial.production_period().unwrap().to_string(), "from 2017-01-01");
/// # Ok::<(), twc_proto::unit::SerialError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProductionPeriod {
    year: u16,
    /// Days since 1 January.
    day_of_year: u16,
}

impl ProductionPeriod {
    /// The year, 2000 to 2099.
    ///
    /// ```
    /// # use twc_proto::SerialNumber;
    /// # let serial: SerialNumber = "A17I0039393".parse()?;
    /// assert_eq!(serial.production_period().unwrap().year(), 2017);
    /// # Ok::<(), twc_proto::unit::SerialError>(())
    /// ```
    pub const fn year(self) -> u16 {
        self.year
    }

    /// The month of the first day, 1 to 12.
    ///
    /// ```
    /// # use twc_proto::SerialNumber;
    /// # let serial: SerialNumber = "A17I0039393".parse()?;
    /// assert_eq!(serial.production_period().unwrap().month(), 4);
    /// # Ok::<(), twc_proto::unit::SerialError>(())
    /// ```
    pub fn month(self) -> u8 {
        self.month_and_day().0
    }

    /// The first day's day of the month, 1 to 31.
    ///
    /// ```
    /// # use twc_proto::SerialNumber;
    /// # let serial: SerialNumber = "A17I0039393".parse()?;
    /// assert_eq!(serial.production_period().unwrap().day(), 23);
    /// # Ok::<(), twc_proto::unit::SerialError>(())
    /// ```
    pub fn day(self) -> u8 {
        self.month_and_day().1
    }

    fn month_and_day(self) -> (u8, u8) {
        // From 2000 to 2099 every fourth year is a leap year.
        let february = if self.year % 4 == 0 { 29 } else { 28 };
        let mut left = self.day_of_year;
        for (month, days) in (1..).zip([31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30]) {
            if left < days {
                return (month, left as u8 + 1);
            }
            left -= days;
        }
        (12, left as u8 + 1)
    }
}

impl fmt::Display for ProductionPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "from {}-{:02}-{:02}", self.year, self.month(), self.day())
    }
}
