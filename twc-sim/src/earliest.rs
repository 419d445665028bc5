//! The first of several moments that may not come. Deadlines are asked for more often than anything else.

use twc_proto::Instant;

/// The earliest of them, if any is set.
pub(crate) fn earliest<const N: usize>(moments: [Option<Instant>; N]) -> Option<Instant> {
    let micros = |moment: Option<Instant>| moment.map_or(u64::MAX, Instant::as_micros);
    let first = moments.into_iter().map(micros).fold(u64::MAX, u64::min);
    // The end of time never comes either.
    (first != u64::MAX).then_some(Instant::from_micros(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_first_that_is_set() {
        let at = |secs| Some(Instant::from_secs(secs));
        assert_eq!(earliest([None, at(3), at(2), None]), at(2));
        assert_eq!(earliest([None, None]), None);
        assert_eq!(earliest([at(0)]), at(0));
    }
}
