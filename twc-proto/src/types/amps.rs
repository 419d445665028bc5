//! Currents.

use core::fmt;

/// A current in steps of 0.01 A, 0 to 655.35 A, as heartbeats carry it.
///
/// ```
/// use twc_proto::CentiAmps;
///
/// assert_eq!(CentiAmps::new(1_605).to_string(), "16.05 A");
/// assert!(CentiAmps::from_amps(16) < CentiAmps::new(1_605));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct CentiAmps(u16);

impl CentiAmps {
    /// No current.
    pub const ZERO: Self = Self(0);

    /// `centiamps` hundredths of an ampere.
    ///
    /// ```
    /// assert_eq!(twc_proto::CentiAmps::new(650).to_string(), "6.50 A");
    /// ```
    pub const fn new(centiamps: u16) -> Self {
        Self(centiamps)
    }

    /// Whole amperes; saturates at 655.35 A.
    ///
    /// ```
    /// assert_eq!(twc_proto::CentiAmps::from_amps(32).value(), 3_200);
    /// ```
    pub const fn from_amps(amps: u16) -> Self {
        Self(amps.saturating_mul(100))
    }

    /// Hundredths of an ampere.
    ///
    /// ```
    /// assert_eq!(twc_proto::CentiAmps::from_amps(6).value(), 600);
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

impl fmt::Display for CentiAmps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02} A", self.0 / 100, self.0 % 100)
    }
}
