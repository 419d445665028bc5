//! Any body with a right type and sum: what is read is made again byte for byte, on the wire too, or refused for
//! a reason; and a message put into any other length reads the same or is refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use twc_proto::frame::checksum;
use twc_proto::{BodyLen, Decoder, Envelope, Frame, Message, Received};

fuzz_target!(|input: &[u8]| {
    let Some((len, fields)) = input.split_first() else { return };
    let mut body = fields.to_vec();
    body.resize(BodyLen::MIN + usize::from(*len) % 8, 0);
    body[0] = 0xFB + body[0] % 3;
    let last = body.len() - 1;
    body[last] = checksum(&body);

    let frame = Frame::new_checked(&body).expect("length, type and sum are right");
    let Ok(received) = Received::parse(&frame) else { return };
    let deadly = frame.opcode().is_dangerous();
    assert_eq!(matches!(received.message(), Message::Dangerous(_)), deadly);
    let Ok(envelope) = received.to_envelope_that_may_lock_a_slave() else {
        assert!(deadly, "only deadly frames are refused");
        return;
    };
    assert_eq!(envelope.emit().as_ref(), body);
    let wire = envelope.to_wire();
    assert_eq!(Decoder::new().decode(&mut wire.as_ref()), Some(Ok(received)));

    for len in BodyLen::MIN..=BodyLen::MAX {
        let len = BodyLen::new(len).expect("a legal length");
        let Ok(other) = Envelope::new(received.message(), len) else { continue };
        let wire = other.to_wire();
        let again = Decoder::new().decode(&mut wire.as_ref()).expect("a frame").expect("a right one");
        assert_eq!((again.message(), again.body_len()), (received.message(), len));
    }
});
