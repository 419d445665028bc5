//! The wire of the Tesla Wall Connector Gen 2 load-sharing protocol.
//!
//! Two wires of RS-485 at 9600 baud join one master and up to three slave wall connectors. Nobody published
//! the protocol; every fact here was found by owners with logic analysers, and `docs/protocol.md` in the
//! repository lists them with their evidence.
//!
//! # Layers
//!
//! | module | turns | into |
//! |---|---|---|
//! | [`slip`] | bytes | what lies between two delimiters |
//! | [`frame`] | that | a [`Frame`]: length, type and checksum are right |
//! | [`message`] | a frame | a [`Message`] in its [`Received`] length, and an [`Envelope`] back into bytes |
//! | [`stream`] | a byte stream, cut anywhere | messages and errors ([`Decoder`]) |
//! | [`node`] | messages and time | a state machine's seam ([`Node`]) and its byte side ([`Link`]) |
//! | `driver` (feature `tokio`) | a port | a running node |
//!
//! Each can be used alone. The left never imports the right.
//!
//! ```
//! use twc_proto::{Decoder, Message};
//!
//! let wire = b"\xC0\xFD\xE0\x34\x95\x77\x77\x01\x06\x40\x06\x18\0\0\0\0\xFC\xC0";
//! let mut decoder = Decoder::new();
//! let received = decoder.decode(&mut &wire[..]).unwrap()?;
//! if let Message::SlaveHeartbeat(heartbeat) = received.message() {
//!     assert_eq!(heartbeat.slave.to_string(), "3495");
//!     assert_eq!(heartbeat.limit.to_string(), "16.00 A");
//!     assert_eq!(heartbeat.drawn.to_string(), "15.60 A");
//! }
//! # Ok::<(), twc_proto::DecodeError>(())
//! ```
//!
//! # What can panic
//!
//! Nothing that a peer's bytes can reach: no indexing, no unchecked arithmetic, no unwrap outside tests.
//!
//! # What cannot be sent
//!
//! Some frames destroy, crash or lock a wall connector. Bytes come only from an [`Envelope`], and an envelope
//! of such a frame cannot be made; see its documentation.
//!
//! | feature | adds |
//! |---|---|
//! | (none) | everything above the driver; no allocation |
//! | `std` | `std::error::Error` on the error types |
//! | `tokio` | `driver` |
#![no_std]

#[cfg(any(feature = "std", test))]
extern crate std;

#[cfg(feature = "tokio")]
pub mod driver;
pub mod error;
pub mod frame;
mod hex;
pub mod message;
pub mod node;
pub mod slip;
pub mod stream;
pub mod time;
pub mod types;

pub use error::{DecodeError, EnvelopeError};
pub use frame::{Frame, FrameBuf, WireBuf};
pub use message::{Envelope, Message, Received};
pub use node::{Link, LinkSettings, Node};
pub use stream::{Decoder, DecoderStats};
pub use time::Instant;
pub use types::{BodyLen, CentiAmps, Command, Opcode, Sign, SlaveState, TwcId, Version};
