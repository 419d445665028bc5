//! What the programs here share: a capture as it was on the wire, its slave, and a small one that has a car.
#![no_std]

mod recorded;
mod slave;

use cortex_m_semihosting::debug::{EXIT_SUCCESS, exit};

pub use recorded::Recorded;
pub use slave::Slave;

/// A real master and a real slave finding each other, then two frames of older units and two damaged ones; with
/// delimiters, escapes and the junk between frames.
pub const CAPTURE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/capture.bin"));

/// Ends QEMU; on real hardware without a debugger, waits.
pub fn finish() -> ! {
    exit(EXIT_SUCCESS);
    loop {
        cortex_m::asm::wfi();
    }
}
