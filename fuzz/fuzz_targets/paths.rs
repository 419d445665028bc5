//! Any bytes: slices and single bytes give the same messages, errors and counts, also after each other.
#![no_main]

use libfuzzer_sys::fuzz_target;
use twc_proto::Decoder;

fuzz_target!(|bytes: &[u8]| {
    let mut by_byte = Decoder::new();
    let expected: Vec<_> = bytes.iter().filter_map(|byte| by_byte.push(*byte)).collect();

    let (mut by_slice, mut rest) = (Decoder::new(), bytes);
    let found: Vec<_> = std::iter::from_fn(|| by_slice.decode(&mut rest)).collect();
    assert_eq!(found, expected);
    assert_eq!(by_slice.stats(), by_byte.stats());

    // The two paths leave the decoder in the same state: whatever comes next is read alike.
    let next = b"\xDC\xDD\x01\xC0\xFC\x1D\0\0\0\0\0\0\0\0\0\0\0\x1D\xC0";
    for byte in next {
        assert_eq!(by_slice.push(*byte), by_byte.push(*byte));
    }
    assert_eq!(by_slice.stats(), by_byte.stats());
});
