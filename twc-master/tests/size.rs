//! The machine fits a microcontroller.

use twc_master::Master;
use twc_master::share::Equal;

#[test]
fn a_master_for_three_slaves_fits_into_4_kib() {
    // On a 64-bit host it is larger than on the 32-bit targets it is meant for.
    assert!(size_of::<Master<Equal>>() <= 4_096, "{}", size_of::<Master<Equal>>());
}
