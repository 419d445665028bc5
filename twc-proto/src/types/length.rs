//! Protocol generations, and the body lengths that tell them apart.

use core::fmt;

/// The protocol generation a unit speaks, told by the length of its linkready: 14 bytes or 16.
///
/// ```
/// use twc_proto::{BodyLen, Version};
///
/// assert_eq!(Version::from_link_ready(BodyLen::B14), Version::P1);
/// assert_eq!(Version::P2.to_string(), "protocol 2");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// Early units: 14-byte bodies, command 05 at any time, minimum 5 A.
    P1,
    /// Later units: 16-byte bodies, commands 06–09, minimum 6 A.
    P2,
}

impl Version {
    /// What a slave linkready of this body length says about its sender.
    ///
    /// ```
    /// use twc_proto::{BodyLen, Version};
    ///
    /// assert_eq!(Version::from_link_ready(BodyLen::B16), Version::P2);
    /// ```
    pub const fn from_link_ready(body_len: BodyLen) -> Self {
        if body_len.get() <= 14 { Self::P1 } else { Self::P2 }
    }

    /// The body length of everything that is not a long report.
    ///
    /// ```
    /// assert_eq!(twc_proto::Version::P1.base_len().get(), 14);
    /// ```
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
///
/// ```
/// use twc_proto::BodyLen;
///
/// assert_eq!(BodyLen::new(16), Some(BodyLen::B16));
/// ```
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
    ///
    /// ```
    /// use twc_proto::BodyLen;
    ///
    /// assert_eq!(BodyLen::new(12), None);
    /// assert_eq!(BodyLen::new(17).map(BodyLen::get), Some(17));
    /// ```
    pub const fn new(len: usize) -> Option<Self> {
        if len >= Self::MIN && len <= Self::MAX { Some(Self(len as u8)) } else { None }
    }

    /// The length in bytes.
    ///
    /// ```
    /// assert_eq!(twc_proto::BodyLen::B20.get(), 20);
    /// ```
    pub const fn get(self) -> usize {
        self.0 as usize
    }
}
