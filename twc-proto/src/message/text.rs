//! Text in frames.

use core::fmt;

/// Characters in a field of fixed width, padded with 00 (or FF, in model numbers), not terminated.
///
/// ```
/// use twc_proto::message::Text;
///
/// assert_eq!(Text(*b"5YJ3E1E\0\0").to_string(), "5YJ3E1E");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Text<const N: usize>(pub [u8; N]);

impl<const N: usize> Text<N> {
    /// Nothing in it.
    pub const EMPTY: Self = Self([0; N]);

    /// `text` cut to the field's width.
    ///
    /// ```
    /// use twc_proto::message::Text;
    ///
    /// assert_eq!(Text::<3>::new("abcdef"), Text(*b"abc"));
    /// assert_eq!(Text::<3>::new("a"), Text(*b"a\0\0"));
    /// ```
    pub fn new(text: &str) -> Self {
        let mut bytes = [0; N];
        for (slot, byte) in bytes.iter_mut().zip(text.bytes()) {
            *slot = byte;
        }
        Self(bytes)
    }

    /// Whether every byte is padding.
    ///
    /// ```
    /// use twc_proto::message::Text;
    ///
    /// assert!(Text([0, 0xFF, 0]).is_empty());
    /// assert!(!Text(*b" \0").is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.chars().next().is_none()
    }

    /// The printable ASCII characters before the padding; anything else shows as `?`.
    ///
    /// ```
    /// use twc_proto::message::Text;
    ///
    /// assert!(Text(*b"a\x07b\0").chars().eq(['a', '?', 'b']));
    /// ```
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
