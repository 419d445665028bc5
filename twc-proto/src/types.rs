//! The small values every message is made of.

mod amps;
mod code;
mod id;
mod length;

pub use self::amps::CentiAmps;
pub use self::code::{Command, Opcode, SlaveState};
pub use self::id::{ParseIdError, Sign, TwcId};
pub use self::length::{BodyLen, Version};

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
