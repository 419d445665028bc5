//! What every program has: reset, vectors, a loop. The other sizes are differences to this one.
#![no_std]
#![no_main]

use core::hint::black_box;

use cortex_m_rt::entry;
use panic_halt as _;

#[entry]
fn main() -> ! {
    loop {
        black_box(0_u8);
    }
}
