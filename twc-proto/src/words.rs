//! Eight bytes at a time, in plain integers: no dependency, no `unsafe`, and nothing left to the mood of the optimiser.
//!
//! The first byte of a slice is the lowest of its word.

/// The delimiter and the escape byte, in every byte of a word. Both have their uppermost bit set.
const ENDS: u64 = u64::from_le_bytes([0xC0; 8]);
const ESCAPES: u64 = u64::from_le_bytes([0xDB; 8]);
const LOWEST_BITS: u64 = u64::from_le_bytes([0x01; 8]);
const HIGHEST_BITS: u64 = u64::from_le_bytes([0x80; 8]);

/// A body as words: its first 16 bytes, and what is behind them.
pub(crate) type Words = [u64; 3];

/// At most 24 bytes as words, zeros behind them.
#[inline]
pub(crate) const fn words<const N: usize>(bytes: &[u8; N]) -> Words {
    const { assert!(N <= 24) };
    let mut padded = [0; 24];
    if let Some((front, _)) = padded.split_first_chunk_mut() {
        *front = *bytes;
    }
    // Both are shorter than the whole.
    let (Some(first), Some(rest)) = (padded.first_chunk(), padded.last_chunk()) else { return [0; 3] };
    let rest = u128::from_le_bytes(*rest);
    [u64::from_le_bytes(*first), rest as u64, (rest >> 64) as u64]
}

/// Not 0 if there is a C0 or a DB among the bytes.
#[inline]
pub(crate) const fn specials([first, second, third]: Words) -> u64 {
    // Taking 1 from a byte that equals the wanted one gives FF. Nothing else sets an uppermost bit in both.
    let in_first = (less_one(first ^ ENDS) | less_one(first ^ ESCAPES)) & first;
    let in_second = (less_one(second ^ ENDS) | less_one(second ^ ESCAPES)) & second;
    let in_third = (less_one(third ^ ENDS) | less_one(third ^ ESCAPES)) & third;
    (in_first | in_second | in_third) & HIGHEST_BITS
}

/// Bit 7 of the first C0, and perhaps of bytes above it; 0 when there is none.
#[inline]
pub(crate) const fn ends(word: u64) -> u64 {
    less_one(word ^ ENDS) & word & HIGHEST_BITS
}

/// The same for DB.
#[inline]
pub(crate) const fn escapes(word: u64) -> u64 {
    less_one(word ^ ESCAPES) & word & HIGHEST_BITS
}

#[inline]
const fn less_one(word: u64) -> u64 {
    word.wrapping_sub(LOWEST_BITS)
}

/// The sum of all bytes, modulo 256.
#[inline]
pub(crate) const fn sum([first, second, third]: Words) -> u8 {
    let pairs = pairwise(first) + pairwise(second) + pairwise(third);
    // The product collects the four lanes in the uppermost, which holds 24 times 255 easily.
    (pairs.wrapping_mul(0x0001_0001_0001_0001) >> 48) as u8
}

/// The sums of neighbours, in four lanes.
#[inline]
const fn pairwise(word: u64) -> u64 {
    const EVEN: u64 = 0x00FF_00FF_00FF_00FF;
    (word & EVEN) + ((word >> 8) & EVEN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_at_every_place_is_found_and_nothing_else_is() {
        for other in 0..=u8::MAX {
            for place in 0..=8 {
                for (special, find) in [(0xC0, ends as fn(u64) -> u64), (0xDB, escapes)] {
                    let mut bytes = [other; 8];
                    if let Some(slot) = bytes.get_mut(place) {
                        *slot = special;
                    }
                    let found = find(u64::from_le_bytes(bytes));
                    let first = if other == special { 0 } else { place as u32 };
                    assert_eq!(found.trailing_zeros() / 8, first, "{other:02X} {place}");
                }
            }
        }
    }

    #[test]
    fn words_are_clean_when_no_byte_of_them_is_special() {
        // An interpreter takes its time.
        let step = if cfg!(miri) { 27 } else { 1 };
        for one in (0..=u8::MAX).step_by(step) {
            for other in (0..=u8::MAX).step_by(step) {
                for place in 0..20 {
                    let mut bytes = [other; 20];
                    bytes[place] = one;
                    let clean = ![0xC0, 0xDB].contains(&one) && ![0xC0, 0xDB].contains(&other);
                    assert_eq!(specials(words(&bytes)) == 0, clean, "{one:02X} {other:02X} {place}");
                }
            }
        }
    }

    #[test]
    fn two_specials_do_not_hide_each_other() {
        for (one, other) in [(0xC0, 0xC0), (0xC0, 0xDB), (0xDB, 0xDB)] {
            for (first, second) in (0..20).flat_map(|first| (0..20).map(move |second| (first, second))) {
                let mut bytes = [7; 20];
                (bytes[first], bytes[second]) = (one, other);
                assert_ne!(specials(words(&bytes)), 0, "{one:02X} {first} {other:02X} {second}");
            }
        }
    }

    #[test]
    fn every_byte_counts_in_the_sum() {
        assert_eq!(sum([u64::MAX; 3]), 0xFF_u8.wrapping_mul(24));
        for place in 0..24 {
            let mut bytes = [0; 24];
            bytes[place] = 0x81;
            assert_eq!(sum(words(&bytes)), 0x81);
        }
    }
}
