//! What this crate looks like in JSON, TOML and in binary formats (feature `serde`).
//!
//! The implementations are on the types themselves; this module only describes them. The form is stable:
//! names stay, variants and fields are only added, in binary formats at the end.
//!
//! # For people (JSON, TOML, YAML…)
//!
//! | type | form |
//! |---|---|
//! | [`TwcId`](crate::TwcId), [`Opcode`](crate::Opcode) | four upper-case hexadecimal digits: `"3495"`, `"FBE0"` |
//! | [`CentiAmps`](crate::CentiAmps) | a whole number of 0.01 A; the names of such fields end in `_centiamps` |
//! | [`Sign`](crate::Sign), [`Command`](crate::Command), [`SlaveState`](crate::SlaveState), [`PlugState`](crate::message::PlugState), [`ErrorBitmap`](crate::message::ErrorBitmap) | the byte as a number |
//! | [`BodyLen`](crate::BodyLen) | the number of bytes, 13 to 20 |
//! | [`Version`](crate::Version) | `"P1"`, `"P2"` |
//! | [`Instant`](crate::Instant) | microseconds since its origin |
//! | [`Text`](crate::message::Text) | its characters; `\\` and `\x1B` stand for a backslash and for bytes that are no printable ASCII; zero bytes at the end are left out |
//! | bytes without a meaning | upper-case pairs with single spaces: `"00 FE"` |
//! | [`Message`](crate::Message) | `{"kind": {fields}}`, the fields named as in Rust, in amps with their unit; `"idle"` |
//! | [`Unknown`](crate::message::Unknown) | `{"opcode": "FCA1", "payload": "00 …"}` |
//! | [`Dangerous`](crate::message::Dangerous) | `{"body": "FC 19 …"}`, checksum included |
//! | [`Envelope`](crate::Envelope), [`Received`](crate::Received) | `{"message": …, "body_len": 16}`; `"filling"` only when a byte of it is not zero |
//! | [`DecoderStats`](crate::DecoderStats) | its counters (written only) |
//!
//! The kinds are `linkready1`, `linkready2`, `slave_linkready`, `master_heartbeat`, `slave_heartbeat`, `query`,
//! `report`, `start`, `stop`, `ack`, `idle`, `unknown` and `dangerous`. Fields that nobody knows are refused.
//!
//! ```
//! use twc_proto::{Decoder, Received};
//!
//! let wire = b"\xC0\xFD\xE0\x34\x95\x77\x77\x01\x06\x40\x06\x18\0\0\0\0\xFC\xC0";
//! let received = Decoder::new().decode(&mut &wire[..]).unwrap()?;
//! let json = serde_json::to_string(&received)?;
//! assert_eq!(
//!     json,
//!     concat!(
//!         r#"{"message":{"slave_heartbeat":{"slave":"3495","master":"7777","state":1,"#,
//!         r#""limit_centiamps":1600,"drawn_centiamps":1560}},"body_len":16}"#
//!     )
//! );
//! assert_eq!(serde_json::from_str::<Received>(&json)?, received);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # For machines (postcard, bincode…)
//!
//! An envelope or a received message is its un-escaped body with its checksum, as bytes; so is what has no
//! meaning. Ids and opcodes are `u16`. Everything else is as above.
//!
//! # What is refused
//!
//! Reading goes through the checked constructors. A frame that bricks or crashes a unit can be read back as
//! something that was seen, never as an [`Envelope`](crate::Envelope). An envelope is not read with heartbeat
//! command 02 either: read it as [`Received`](crate::Received), whose form is the same, and use the function
//! whose name warns.
//!
//! ```
//! use twc_proto::{Envelope, Received};
//!
//! let json = r#"{"message":{"master_heartbeat":{"master":"7777","slave":"3495","command":2,
//!     "argument":1024,"plug_flag":0}},"body_len":16}"#;
//! assert!(serde_json::from_str::<Envelope>(json).is_err());
//! let seen: Received = serde_json::from_str(json)?;
//! assert!(seen.to_envelope().is_err());
//! assert!(seen.to_envelope_that_may_lock_a_slave().is_ok());
//! # Ok::<(), serde_json::Error>(())
//! ```

mod envelope;
mod message;
mod text;
mod values;
