//! Claim: there is no way from a message to the bytes of a frame that bricks or crashes a unit, and none to a
//! frame that locks one but through a function whose name says so.

mod common;

use common::{id, message, opcode};
use proptest::collection::vec;
use proptest::prelude::*;
use twc_proto::error::UnknownError;
use twc_proto::frame::checksum;
use twc_proto::message::{MasterHeartbeat, Unknown};
use twc_proto::{BodyLen, Command, Envelope, EnvelopeError, Frame, Message, Opcode, Received, Version};

/// Writing the serial number, writing the model, crashing.
const DEADLY: [(u8, u8); 3] = [(0xFC, 0x19), (0xFC, 0x1A), (0xFB, 0xE8)];

fn received(kind: u8, code: u8, payload: &[u8]) -> Received {
    let mut body = [&[kind, code], payload, &[0]].concat();
    let last = body.len() - 1;
    body[last] = checksum(&body);
    Received::parse(&Frame::new_checked(body).unwrap()).unwrap()
}

#[test]
fn exactly_three_opcodes_are_deadly() {
    let all = (0xFB..=0xFD).flat_map(|kind| (0..=0xFF).map(move |code| (kind, code)));
    for (kind, code) in all {
        let opcode = Opcode::new(kind, code).unwrap();
        assert_eq!(opcode.is_dangerous(), DEADLY.contains(&(kind, code)), "{opcode}");
    }
}

#[test]
fn whatever_can_be_read_of_all_opcodes_is_not_sent_as_a_deadly_one() {
    let all = (0xFB..=0xFD).flat_map(|kind| (0..=0xFF).map(move |code| (kind, code)));
    for (kind, code) in all {
        let received = received(kind, code, &[0; 17]);
        let may_be_sent = received.to_envelope_that_may_lock_a_slave();
        assert_eq!(may_be_sent.is_err(), DEADLY.contains(&(kind, code)), "{kind:02X}{code:02X}");
        if let Ok(envelope) = may_be_sent {
            assert_eq!(&envelope.emit().as_ref()[..2], &[kind, code]);
        }
    }
}

// W-DANGER-5
#[test]
fn the_reads_of_the_same_items_are_harmless() {
    for code in [0x19, 0x1A] {
        assert!(received(0xFB, code, &[0; 11]).to_envelope().is_ok());
        assert!(received(0xFD, code, &[0; 11]).to_envelope().is_ok());
    }
}

proptest! {
    // W-DANGER-1 W-DANGER-2 W-DANGER-4
    #[test]
    fn a_deadly_frame_is_read_and_shown_but_never_made(
        (kind, code) in prop::sample::select(DEADLY.to_vec()),
        payload in vec(any::<u8>(), 10..=17),
        len in 13..=20_usize,
    ) {
        let opcode = Opcode::new(kind, code).unwrap();
        let seen = received(kind, code, &payload);
        let message = seen.message();
        prop_assert!(matches!(message, Message::Dangerous(_)));
        let shown = format!("{kind:02X} {code:02X} ");
        if let Message::Dangerous(dangerous) = message {
            prop_assert!(dangerous.to_string().starts_with(&shown));
        }
        let refused = Err(EnvelopeError::Dangerous { opcode });
        prop_assert_eq!(seen.to_envelope(), refused);
        prop_assert_eq!(seen.to_envelope_that_may_lock_a_slave(), refused);
        prop_assert_eq!(Envelope::new(message, BodyLen::new(len).unwrap()), refused);
        for version in [Version::P1, Version::P2] {
            prop_assert_eq!(Envelope::canonical(version, message), refused);
            prop_assert_eq!(Envelope::that_may_lock_a_slave(version, message), refused);
        }
        prop_assert_eq!(Unknown::new(opcode, &payload), Err(UnknownError::Dangerous { opcode }));
    }

    #[test]
    fn no_message_that_can_be_built_begins_like_a_deadly_frame(message in message(), len in 13..=20_usize) {
        let made = [
            Envelope::new(message, BodyLen::new(len).unwrap()),
            Envelope::that_may_lock_a_slave(Version::P1, message),
            Envelope::that_may_lock_a_slave(Version::P2, message),
        ];
        for envelope in made.into_iter().flatten() {
            let frame = envelope.emit();
            prop_assert!(!DEADLY.contains(&(frame.as_ref()[0], frame.as_ref()[1])));
        }
    }

    #[test]
    fn an_unknown_frame_is_neither_deadly_nor_known(opcode in opcode(), payload in vec(any::<u8>(), 0..30)) {
        if let Ok(unknown) = Unknown::new(opcode, &payload) {
            prop_assert!(!opcode.is_dangerous());
            let seen = received(opcode.kind(), opcode.code(), &payload);
            prop_assert_eq!(seen.message(), Message::Unknown(unknown));
        }
    }

    // W-DANGER-3
    #[test]
    fn command_02_is_made_only_by_the_functions_whose_name_warns(
        master in id(),
        slave in id(),
        argument in any::<u16>(),
        plug_flag in any::<u8>(),
    ) {
        let command = Command::ERROR;
        let message = Message::MasterHeartbeat(MasterHeartbeat { master, slave, command, argument, plug_flag });
        let refused = Err(EnvelopeError::LocksSlave);
        for version in [Version::P1, Version::P2] {
            prop_assert_eq!(Envelope::canonical(version, message), refused);
            prop_assert_eq!(Envelope::new(message, version.body_len(&message)), refused);
            let made = Envelope::that_may_lock_a_slave(version, message).unwrap();
            let seen = Received::parse(&Frame::new_checked(made.emit()).unwrap()).unwrap();
            prop_assert_eq!(seen.to_envelope(), refused);
            prop_assert_eq!(seen.to_envelope_that_may_lock_a_slave(), Ok(made));
        }
    }
}
