//! Claim: the codec for `bytes` and `tokio-util` sees what the decoder sees, and damage does not end a stream.
#![cfg(feature = "bytes")]

mod common;

use bytes::{Buf, BytesMut};
use common::{envelope, stream};
use proptest::collection::vec;
use proptest::prelude::*;
use twc_proto::{Decoder, codec};

proptest! {
    #[test]
    fn a_chain_of_buffers_reads_like_one(bytes in stream(), cut in any::<prop::sample::Index>()) {
        let (left, right) = bytes.split_at(cut.index(bytes.len() + 1));
        let (mut one, mut other) = (Decoder::new(), Decoder::new());
        let (mut chained, mut input) = (left.chain(right), &bytes[..]);
        loop {
            let outcome = codec::decode(&mut one, &mut chained);
            prop_assert_eq!(outcome, other.decode(&mut input));
            if outcome.is_none() {
                break;
            }
        }
        prop_assert!(!chained.has_remaining());
        prop_assert_eq!(one.stats(), other.stats());
    }

    #[test]
    fn frames_are_appended_with_their_tail(envelopes in vec((envelope(), any::<Option<u8>>()), 0..5)) {
        let (mut output, mut expected) = (BytesMut::new(), Vec::new());
        for (envelope, tail) in envelopes {
            codec::encode(&envelope, tail, &mut output);
            expected.extend_from_slice(envelope.to_wire().as_ref());
            expected.extend(tail);
        }
        prop_assert_eq!(&output[..], expected.as_slice());
    }
}

#[cfg(feature = "tokio")]
mod tokio_util_codec {
    use futures_util::{SinkExt, StreamExt};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio_util::codec::{Framed, FramedRead};
    use twc_proto::codec::Codec;
    use twc_proto::{Envelope, Message, Version};

    use super::*;

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    proptest! {
        #[test]
        fn a_framed_stream_delivers_what_the_decoder_does(bytes in stream()) {
            let mut framed = FramedRead::with_capacity(&bytes[..], Codec::default(), 7);
            let (mut decoder, mut input) = (Decoder::new(), &bytes[..]);
            while let Some(item) = run(framed.next()) {
                prop_assert_eq!(Some(item.unwrap()), decoder.decode(&mut input));
            }
            prop_assert_eq!(decoder.decode(&mut input), None);
            prop_assert_eq!(framed.decoder().stats(), decoder.stats());
        }
    }

    #[test]
    fn a_damaged_frame_is_an_item_and_the_stream_goes_on_both_ways() {
        run(async {
            let (near, mut far) = tokio::io::duplex(256);
            let mut framed = Framed::new(near, Codec::new());
            let idle = Envelope::canonical(Version::P2, Message::Idle).unwrap();
            far.write_all(&[0xC0, 0xFC, 0x1D, 0, 0, 0, 0xC0]).await.unwrap();
            far.write_all(idle.to_wire().as_ref()).await.unwrap();
            assert_eq!(framed.next().await.unwrap().unwrap().unwrap_err().kind(), "too-short");
            assert_eq!(framed.next().await.unwrap().unwrap().unwrap().to_envelope(), Ok(idle));
            framed.send(&idle).await.unwrap();
            framed.send(idle).await.unwrap();
            far.shutdown().await.unwrap();
            assert!(framed.next().await.is_none());
            drop(framed);
            let mut sent = Vec::new();
            far.read_to_end(&mut sent).await.unwrap();
            assert_eq!(sent, idle.to_wire().with_tail(Some(0xFE)).as_ref().repeat(2));
        });
    }

    #[test]
    fn a_stream_that_ends_inside_a_frame_just_ends() {
        let mut framed = FramedRead::new(&b"\xC0\xFC\x1D\0"[..], Codec::new());
        assert!(run(framed.next()).is_none());
    }
}
