//! Claim: what `arbitrary` makes may be sent, is read back the same, and covers every kind of message.
#![cfg(feature = "arbitrary")]

use std::collections::BTreeSet;

use arbitrary::{Arbitrary, Unstructured};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use twc_proto::message::MasterHeartbeat;
use twc_proto::{Command, Envelope, Frame, Message, Received};

proptest! {
    #[test]
    fn an_arbitrary_envelope_may_be_sent_and_is_read_back(bytes in vec(any::<u8>(), 0..120)) {
        if let Ok(envelope) = Envelope::arbitrary(&mut Unstructured::new(&bytes)) {
            let frame = Frame::new_checked(envelope.emit()).unwrap();
            let received = Received::parse(&frame).unwrap();
            prop_assert!(!frame.opcode().is_dangerous());
            prop_assert_eq!(received.message(), envelope.message());
            prop_assert_eq!(received.to_envelope(), Ok(envelope));
        }
    }

    #[test]
    fn an_arbitrary_message_is_never_a_dangerous_one(bytes in vec(any::<u8>(), 0..120)) {
        let message = Message::arbitrary(&mut Unstructured::new(&bytes));
        prop_assert!(!matches!(message, Ok(Message::Dangerous(_))));
    }
}

#[test]
fn every_code_and_every_danger_comes_up() {
    let mut runner = TestRunner::deterministic();
    let (mut codes, mut locks, mut filled, mut seen_deadly) = (BTreeSet::new(), 0, 0, 0);
    for _ in 0..4_000 {
        let bytes = vec(any::<u8>(), 120).new_tree(&mut runner).unwrap().current();
        let mut u = Unstructured::new(&bytes);
        if let Ok(message) = Message::arbitrary(&mut u) {
            let lock =
                matches!(message, Message::MasterHeartbeat(MasterHeartbeat { command: Command::ERROR, .. }));
            locks += usize::from(lock);
        }
        if let Ok(envelope) = Envelope::arbitrary(&mut u) {
            codes.insert(envelope.message().opcode());
            let plain = Envelope::new(envelope.message(), envelope.body_len()).unwrap();
            filled += usize::from(plain != envelope);
        }
        if let Ok(received) = Received::arbitrary(&mut Unstructured::new(&bytes)) {
            seen_deadly += usize::from(matches!(received.message(), Message::Dangerous(_)));
        }
    }
    let known: Vec<_> = codes.iter().map(ToString::to_string).collect();
    for code in ["FCE1", "FBE2", "FDE2", "FBE0", "FDE0", "FBEB", "FDEB", "FD19", "FCB1", "FCB2", "FDB2", "FC1D"] {
        assert!(known.iter().any(|known| known == code), "{code} never came");
    }
    assert!(locks > 0 && filled > 0 && seen_deadly > 0, "{locks} {filled} {seen_deadly}");
}
