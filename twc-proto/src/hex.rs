//! Bytes as people read them.

use core::fmt;

/// Upper-case pairs with single spaces.
pub(crate) fn write(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    for (index, byte) in bytes.iter().enumerate() {
        let space = if index == 0 { "" } else { " " };
        write!(f, "{space}{byte:02X}")?;
    }
    Ok(())
}
