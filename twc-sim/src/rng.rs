//! A small random source of our own, so that no dependency can change what a seed means.

use core::time::Duration;

/// A chance as a ratio of integers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ratio {
    /// So many times …
    pub num: u32,
    /// … out of so many.
    pub den: u32,
}

impl Ratio {
    /// Never.
    pub const ZERO: Self = Self { num: 0, den: 1 };

    /// `num` times out of `den`.
    pub const fn new(num: u32, den: u32) -> Self {
        Self { num, den }
    }
}

/// `SplitMix64`: one addition and three multiply-xor-shifts per number, and every seed is a good one.
#[derive(Debug, Clone)]
pub struct Rng {
    state: u64,
}

impl Rng {
    /// The sequence that belongs to `seed`.
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from 0 up to but without `bound`; 0 when `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        let wide = u128::from(self.next_u64()) * u128::from(bound);
        (wide >> 64) as u64
    }

    /// Whether a chance came true. Draws one number unless the chance is zero.
    pub fn chance(&mut self, ratio: Ratio) -> bool {
        ratio.num > 0 && self.below(u64::from(ratio.den)) < u64::from(ratio.num)
    }

    /// A span of whole milliseconds between the two, both included.
    pub fn range_millis(&mut self, from: Duration, to: Duration) -> Duration {
        let (from, to) = (millis(from), millis(to));
        let width = to.saturating_sub(from).saturating_add(1);
        Duration::from_millis(from.saturating_add(self.below(width)))
    }

    /// A byte.
    pub fn byte(&mut self) -> u8 {
        self.below(256) as u8
    }

    /// A source of its own, so that what one part draws does not shift another.
    #[must_use]
    pub fn fork(&mut self) -> Self {
        Self::new(self.next_u64())
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_means_the_same_numbers_for_ever() {
        let mut rng = Rng::new(0);
        let golden = [0xE220_A839_7B1D_CDAF, 0x6E78_9E6A_A1B9_65F4, 0x06C4_5D18_8009_454F];
        assert_eq!([rng.next_u64(), rng.next_u64(), rng.next_u64()], golden);
        let mut rng = Rng::new(42);
        assert_eq!([(); 6].map(|()| rng.below(100)), [74, 15, 27, 34, 3, 86]);
    }

    #[test]
    fn bounds_hold() {
        let mut rng = Rng::new(7);
        let (from, to) = (Duration::from_millis(150), Duration::from_millis(152));
        let mut seen = [false; 3];
        for _ in 0..200 {
            let span = rng.range_millis(from, to);
            seen[usize::try_from(span.as_millis() - 150).unwrap()] = true;
            assert_eq!(rng.below(0), 0);
            assert!(rng.below(5) < 5);
        }
        assert_eq!(seen, [true; 3]);
    }

    #[test]
    fn a_zero_chance_never_comes_true_and_draws_nothing() {
        let (mut rng, mut twin) = (Rng::new(1), Rng::new(1));
        assert!(!rng.chance(Ratio::ZERO));
        assert_eq!(rng.next_u64(), twin.next_u64());
        assert!(rng.chance(Ratio::new(1, 1)));
    }
}
