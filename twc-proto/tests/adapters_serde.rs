//! Claim: the serde forms lose nothing, and nothing that must not be sent can be read as an envelope.
#![cfg(feature = "serde")]

mod common;

use common::{envelope, message};
use proptest::collection::vec;
use proptest::prelude::*;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;
use twc_proto::frame::checksum;
use twc_proto::message::Text;
use twc_proto::{
    BodyLen, CentiAmps, DecoderStats, Envelope, Frame, Instant, Message, Opcode, Received, TwcId, Version,
};

fn through_json<T: Serialize + DeserializeOwned>(value: &T) -> T {
    let text = serde_json::to_string(value).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn through_postcard<T: Serialize + DeserializeOwned>(value: &T) -> T {
    let mut buffer = [0; 128];
    postcard::from_bytes(postcard::to_slice(value, &mut buffer).unwrap()).unwrap()
}

fn received(mut body: Vec<u8>) -> Option<Received> {
    let sum = checksum(&body);
    *body.last_mut()? = sum;
    Received::parse(&Frame::new_checked(body).ok()?).ok()
}

/// Any frame at all with any filling; those with a message of their own, and the deadly ones, come often.
fn anything_seen() -> impl Strategy<Value = Received> {
    let known = (0x19..=0x1D_u8).chain(0xB1..=0xB4).chain(0xE0..=0xE2).chain(0xE8..=0xF1).collect::<Vec<_>>();
    let code = prop_oneof![8 => prop::sample::select(known), 1 => any::<u8>()];
    (0xFB..=0xFD_u8, code, vec(any::<u8>(), 11..=18))
        .prop_filter_map("too short", |(kind, code, rest)| received([&[kind, code], rest.as_slice()].concat()))
}

proptest! {
    #[test]
    fn messages_survive_both_kinds_of_format(message in message()) {
        prop_assert_eq!(through_json(&message), message);
        prop_assert_eq!(through_postcard(&message), message);
    }

    #[test]
    fn what_was_seen_survives_both_kinds_of_format_with_its_filling(seen in anything_seen()) {
        prop_assert_eq!(through_json(&seen), seen);
        prop_assert_eq!(through_postcard(&seen), seen);
    }

    #[test]
    fn an_envelope_is_read_exactly_when_it_may_be_sent(seen in anything_seen()) {
        let json = serde_json::to_string(&seen).unwrap();
        let mut buffer = [0; 128];
        let binary = postcard::to_slice(&seen, &mut buffer).unwrap();
        if let Ok(envelope) = seen.to_envelope() {
            prop_assert_eq!(serde_json::to_string(&envelope).unwrap(), json);
            prop_assert_eq!(through_json(&envelope), envelope);
            prop_assert_eq!(through_postcard(&envelope), envelope);
        } else {
            prop_assert!(serde_json::from_str::<Envelope>(&json).is_err());
            prop_assert!(postcard::from_bytes::<Envelope>(binary).is_err());
        }
    }

    #[test]
    fn the_binary_form_is_the_body(envelope in envelope()) {
        let mut buffer = [0; 128];
        let body = envelope.emit();
        let body = body.as_ref();
        let binary = postcard::to_slice(&envelope, &mut buffer).unwrap();
        prop_assert_eq!(usize::from(binary[0]), body.len());
        prop_assert_eq!(&binary[1..], body);
    }

    #[test]
    fn any_bytes_of_a_text_survive(bytes in any::<[u8; 11]>()) {
        prop_assert_eq!(through_json(&Text(bytes)), Text(bytes));
        prop_assert_eq!(through_postcard(&Text(bytes)), Text(bytes));
    }

    #[test]
    fn no_bytes_make_the_readers_panic(bytes in vec(any::<u8>(), 0..40), text in ".{0,30}") {
        let _ = postcard::from_bytes::<Envelope>(&bytes);
        let _ = postcard::from_bytes::<Message>(&bytes);
        let _ = serde_json::from_value::<Text<7>>(json!(text));
        let _ = serde_json::from_value::<TwcId>(json!(text));
    }
}

#[test]
fn values_look_as_documented() {
    assert_eq!(json!(TwcId::new(0x2C)), json!("002C"));
    assert_eq!(json!(Opcode::new(0xFB, 0xE0)), json!("FBE0"));
    assert_eq!(json!(CentiAmps::from_amps(16)), json!(1_600));
    assert_eq!(json!(BodyLen::B16), json!(16));
    assert_eq!(json!(Version::P2), json!("P2"));
    assert_eq!(json!(Instant::from_millis(5)), json!(5_000));
    assert_eq!(json!(Text(*b"EVW\x1b\\80\xFF\0\0\0")), json!("EVW\\x1B\\\\80\\xFF"));
    assert_eq!(json!(Message::Idle), json!("idle"));
    assert_eq!(json!(DecoderStats::default())["junk_bytes"], json!(0));
}

#[test]
fn messages_look_as_documented() {
    let see = |body: &str| json!(received(common::hex(body)).unwrap());
    assert_eq!(
        see("FD EB 34 95 00 00 1A 7E 00 F7 00 00 00 00 00 00 00 00 01 00"),
        json!({
            "message": {"report": {"meter": {
                "sender": "3495", "kwh": 6782, "volts": [247, 0, 0], "phase_half_amps": [0, 0, 0]
            }}},
            "body_len": 20,
            "filling": "00 01",
        })
    );
    assert_eq!(
        see("FC A1 01 02 03 04 05 06 07 08 09 0A 00"),
        json!({
            "message": {"unknown": {"opcode": "FCA1", "payload": "01 02 03 04 05 06 07 08 09 0A"}},
            "body_len": 13,
        })
    );
    assert_eq!(
        see("FC 19 00 00 00 00 00 00 00 00 00 00 00"),
        json!({
            "message": {"dangerous": {"body": "FC 19 00 00 00 00 00 00 00 00 00 00 19"}},
            "body_len": 13,
        })
    );
}

#[test]
fn filling_is_what_stands_between_the_fields_and_the_sum() {
    for (code, len, fields_end) in [
        ("FC E1", 20, 7),
        ("FB E2", 20, 7),
        ("FD E2", 20, 7),
        ("FB E0", 20, 10),
        ("FD E0", 20, 11),
        ("FB EB", 20, 6),
        ("FD EB", 16, 14),
        ("FD EB", 20, 17),
        ("FD EC", 20, 8),
        ("FD ED", 20, 15),
        ("FD EE", 20, 11),
        ("FD EF", 20, 11),
        ("FD F1", 20, 7),
        ("FD B4", 20, 5),
        ("FD 19", 20, 13),
        ("FD 1A", 20, 13),
        ("FD 1B", 20, 5),
        ("FC B1", 20, 6),
        ("FC B2", 20, 6),
        ("FD B1", 20, 4),
        ("FC 1D", 20, 2),
        ("FC A1", 20, 19),
        ("FC 19", 20, 19),
    ] {
        let body = [common::hex(code), vec![0xAB; len - 2]].concat();
        let seen = received(body).unwrap();
        let expected = vec!["AB"; len - 1 - fields_end].join(" ");
        assert_eq!(json!(seen)["filling"].as_str().unwrap_or_default(), expected, "{code}");
        assert_eq!(through_json(&seen), seen, "{code}");
    }
}

#[test]
fn what_cannot_be_is_refused() {
    let idle = |body_len: u64, filling: &str| json!({"message": "idle", "body_len": body_len, "filling": filling});
    assert!(serde_json::from_value::<Envelope>(idle(14, "")).is_ok());
    assert!(serde_json::from_value::<Envelope>(idle(14, "01 02")).is_ok());
    for bad in [idle(12, ""), idle(21, ""), idle(14, "1"), idle(14, "01  02"), idle(13, &["00"; 11].join(" "))] {
        assert!(serde_json::from_value::<Received>(bad.clone()).is_err(), "{bad}");
    }
    let zeros = ["00"; 10].join(" ");
    for bad in [
        json!({"message": {"start": {"master": "7777", "slave": "349"}}, "body_len": 16}),
        json!({"message": {"start": {"master": "7777", "slave": "3495", "extra": 1}}, "body_len": 16}),
        json!({"message": {"unknown": {"opcode": "FC19", "payload": zeros}}, "body_len": 13}),
        json!({"message": {"unknown": {"opcode": "FBE0", "payload": zeros}}, "body_len": 13}),
        json!({"message": {"unknown": {"opcode": "AAE0", "payload": zeros}}, "body_len": 13}),
        json!({"message": {"unknown": {"opcode": "FCA1", "payload": zeros}}, "body_len": 14}),
        json!({"message": {"dangerous": {"body": "FC 1D 00 00 00 00 00 00 00 00 00 00 1D"}}, "body_len": 13}),
        json!({"message": {"dangerous": {"body": "FC 19 00 00 00 00 00 00 00 00 00 00 20"}}, "body_len": 13}),
        json!({"message": {"dangerous": {"body": "FC 19 00 00 00 00 00 00 00 00 00 00 19"}}, "body_len": 14}),
        json!({"message": {"report": {"meter": {
            "sender": "3495", "kwh": 1, "volts": [1, 2, 3], "phase_half_amps": null
        }}}, "body_len": 20}),
    ] {
        assert!(serde_json::from_value::<Received>(bad.clone()).is_err(), "{bad}");
    }
    for bad in ["\\x1", "\\y41", "12345678", "é", "\\"] {
        assert!(serde_json::from_value::<Text<7>>(json!(bad)).is_err(), "{bad}");
    }
}

#[test]
fn bytes_are_read_from_sequences_too_and_never_more_than_fit() {
    use serde::Deserialize;
    use serde::de::value::{Error, SeqDeserializer};

    /// What a binary format without a type for bytes hands out.
    struct Sequence(Vec<u8>);

    impl<'de> serde::Deserializer<'de> for Sequence {
        type Error = Error;

        fn deserialize_any<V: serde::de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            visitor.visit_seq(SeqDeserializer::new(self.0.into_iter()))
        }

        fn is_human_readable(&self) -> bool {
            false
        }

        serde::forward_to_deserialize_any! {
            bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct
            newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
        }
    }

    assert_eq!(Text::<3>::deserialize(Sequence(b"ab".to_vec())), Ok(Text(*b"ab\0")));
    assert_eq!(Text::<3>::deserialize(Sequence(b"abc".to_vec())), Ok(Text(*b"abc")));
    let error = Text::<3>::deserialize(Sequence(b"abcd".to_vec())).unwrap_err().to_string();
    assert!(error.starts_with("invalid length 4, expected "), "{error}");
    let body = common::hex("FC E1 77 77 12 00 00 00 00 00 00 00 00 00 00 6A");
    let sum = checksum(&body);
    let body = [&body[..15], &[sum]].concat();
    let seen = Received::deserialize(Sequence(body.clone())).unwrap();
    assert_eq!(Some(seen), received(body));
    assert!(Received::deserialize(Sequence(vec![0; 21])).is_err());
}

#[test]
fn errors_say_what_was_expected() {
    for bad in [json!(7), json!("349")] {
        let error = serde_json::from_value::<TwcId>(bad).unwrap_err().to_string();
        assert!(error.contains("expected four hexadecimal digits"), "{error}");
    }
    let error = serde_json::from_value::<Text<3>>(json!(7)).unwrap_err().to_string();
    assert!(error.contains("printable ASCII"), "{error}");
    let error = serde_json::from_value::<Text<3>>(json!("\u{e9}")).unwrap_err().to_string();
    assert!(error.contains("printable ASCII"), "{error}");
    // Four bytes where three fit, in the binary form.
    let error = postcard::from_bytes::<Text<3>>(b"\x04abcd").unwrap_err();
    assert!(postcard::from_bytes::<Text<3>>(b"\x03abc").is_ok(), "{error}");
}
