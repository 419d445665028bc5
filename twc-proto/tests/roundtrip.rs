//! Claim: reading undoes making, and making undoes reading, for every message and every legal body.

mod common;

use common::{envelope, message};
use proptest::collection::vec;
use proptest::prelude::*;
use twc_proto::frame::checksum;
use twc_proto::message::{PlugState, Report, Text};
use twc_proto::{BodyLen, Envelope, EnvelopeError, Frame, Message, Received, TwcId};

/// A body whose type and sum are right; codes with a message of their own come often.
fn legal_body() -> impl Strategy<Value = Vec<u8>> {
    let known = [0x19, 0x1A, 0x1B, 0x1D, 0xB1, 0xB2, 0xB4, 0xE0, 0xE1, 0xE2, 0xE8]
        .into_iter()
        .chain(0xEB..=0xF1)
        .collect::<Vec<u8>>();
    let code = prop_oneof![4 => prop::sample::select(known), 1 => any::<u8>()];
    (0xFB..=0xFD_u8, code, vec(any::<u8>(), 10..=17)).prop_map(|(kind, code, payload)| {
        let mut body = [&[kind, code], payload.as_slice(), &[0]].concat();
        let last = body.len() - 1;
        body[last] = checksum(&body);
        body
    })
}

proptest! {
    #[test]
    fn whatever_is_made_reads_the_same(envelope in envelope()) {
        let frame = envelope.emit();
        let received = Received::parse(&Frame::new_checked(frame).unwrap()).unwrap();
        prop_assert_eq!(received.message(), envelope.message());
        prop_assert_eq!(received.body_len(), envelope.body_len());
        prop_assert_eq!(received.to_envelope_that_may_lock_a_slave(), Ok(envelope));
    }

    #[test]
    fn any_length_that_holds_the_fields_reads_the_same(message in message(), len in 13..=20_usize) {
        let len = BodyLen::new(len).unwrap();
        match Envelope::new(message, len) {
            Ok(envelope) => {
                let received = Received::parse(&Frame::new_checked(envelope.emit()).unwrap()).unwrap();
                prop_assert_eq!((received.message(), received.body_len()), (message, len));
            }
            Err(EnvelopeError::TooShort { needed, available }) => prop_assert!(needed > available),
            Err(EnvelopeError::UnknownLength { actual, chosen }) => prop_assert_ne!(actual, chosen),
            Err(EnvelopeError::WouldReadAsZeroAmps { chosen, .. }) => prop_assert!(chosen >= 18),
            Err(error) => prop_assert_eq!(error, EnvelopeError::LocksSlave),
        }
    }

    // W-LEN-6 W-VAL-1
    #[test]
    fn any_legal_body_is_made_again_byte_for_byte_or_refused_for_a_reason(body in legal_body()) {
        let frame = Frame::new_checked(&body).unwrap();
        let made = match Received::parse(&frame) {
            Err(error) => {
                prop_assert!(error.needed > error.available, "{}", error);
                return Ok(());
            }
            Ok(received) => {
                let deadly = matches!(received.message(), Message::Dangerous(_));
                prop_assert_eq!(deadly, frame.opcode().is_dangerous());
                received.to_envelope_that_may_lock_a_slave().map(|envelope| envelope.emit())
            }
        };
        match made {
            Ok(made) => prop_assert_eq!(made.as_ref(), body.as_slice()),
            Err(_) => prop_assert!(frame.opcode().is_dangerous()),
        }
    }
}

#[test]
fn a_length_that_does_not_hold_the_fields_is_refused_with_both_numbers() {
    let (sender, old, new) = (TwcId::new(0x3495), None, Some([1, 2, 3]));
    let meter = |phase_half_amps| Report::Meter { sender, kwh: 1, volts: [1, 2, 3], phase_half_amps };
    for (report, needed, most) in [
        (Report::PlugState { sender, state: PlugState::new(1) }, 13, 20),
        (Report::OldSerial { serial: Text([1; 11]) }, 14, 20),
        (meter(old), 15, 17),
        (Report::Serial { sender, serial: Text([1; 11]) }, 16, 20),
        (meter(new), 18, 20),
    ] {
        for available in BodyLen::MIN..=BodyLen::MAX {
            let made = Envelope::new(Message::Report(report), BodyLen::new(available).unwrap());
            let made = made.map(|envelope| envelope.body_len().get());
            let expected = match available {
                short if short < needed => Err(EnvelopeError::TooShort { needed, available }),
                long if long > most => Err(EnvelopeError::WouldReadAsZeroAmps { most, chosen: long }),
                enough => Ok(enough),
            };
            assert_eq!(made, expected, "{report:?}");
        }
    }
}
