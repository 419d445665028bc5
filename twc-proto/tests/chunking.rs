//! Claim: how a stream is cut makes no difference to what is read from it.

mod common;

use common::stream;
use proptest::collection::vec;
use proptest::prelude::*;
use twc_proto::{DecodeError, Decoder, DecoderStats, Received};

type Outcomes = (Vec<Result<Received, DecodeError>>, DecoderStats);

fn by_chunks<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Outcomes {
    let mut decoder = Decoder::new();
    let mut outcomes = Vec::new();
    for mut chunk in chunks {
        while let Some(outcome) = decoder.decode(&mut chunk) {
            outcomes.push(outcome);
        }
        assert!(chunk.is_empty());
    }
    (outcomes, decoder.stats())
}

fn by_bytes(stream: &[u8]) -> Outcomes {
    let mut decoder = Decoder::new();
    let outcomes = stream.iter().filter_map(|byte| decoder.push(*byte)).collect();
    (outcomes, decoder.stats())
}

proptest! {
    // W-SLIP-9 W-SLIP-10
    #[test]
    fn any_cut_gives_the_same_messages_errors_and_counts(
        stream in stream(),
        cuts in vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.index(stream.len() + 1)).collect();
        cuts.extend([0, stream.len()]);
        cuts.sort_unstable();
        let chunks = cuts.windows(2).map(|ends| &stream[ends[0]..ends[1]]);

        let whole = by_chunks([stream.as_slice()]);
        prop_assert_eq!(&by_chunks(chunks), &whole);
        prop_assert_eq!(&by_bytes(&stream), &whole);

        let (outcomes, stats) = whole;
        let messages = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        prop_assert_eq!(stats.messages as usize, messages);
        prop_assert_eq!(stats.rejected() as usize, outcomes.len() - messages);
    }
}
