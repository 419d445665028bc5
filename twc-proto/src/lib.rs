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
//! # Features
//!
//! None is on by default. `bytes` needs an allocator, `std`, `tokio` and `arbitrary` a standard library, the
//! others nothing but `core`.
//!
//! | feature | adds |
//! |---|---|
//! | (none) | everything above the driver; no allocation |
//! | `alloc` | `alloc` of the optional dependencies; nothing in this crate allocates |
//! | `std` | `std::error::Error` on the error types, `std` of the optional dependencies; includes `alloc` |
//! | `bytes` | `codec`: frames into `BufMut`, messages out of `Buf` |
//! | `serde` | a stable form of every message for JSON and binary formats, described in `serde_form` |
//! | `defmt` | `defmt::Format` on values, messages and errors |
//! | `embedded-io` | `io`: messages from a `Read`, envelopes into a `Write` |
//! | `embedded-io-async` | the same for the async traits; includes `embedded-io` |
//! | `arbitrary` | `Arbitrary` on values, messages and envelopes, for fuzzing |
//! | `tokio` | `driver`, and `codec::Codec` for `tokio-util`; includes `std` and `bytes` |
//!
//! All of them make messages through the same checked constructors.
//!
//! # Beyond the wire
//!
//! [`vin`] puts a VIN together and checks it, [`unit`](mod@unit) reads a serial number, [`firmware`] orders
//! versions and [`meter`] tells absurd counters from believable ones.
#![no_std]

#[cfg(any(feature = "std", test))]
extern crate std;

#[cfg(feature = "arbitrary")]
mod arbitrary;
#[cfg(feature = "bytes")]
pub mod codec;
#[cfg(feature = "defmt")]
mod defmt;
#[cfg(feature = "tokio")]
pub mod driver;
pub mod error;
pub mod firmware;
pub mod frame;
mod hex;
#[cfg(feature = "embedded-io")]
pub mod io;
pub mod message;
pub mod meter;
pub mod node;
#[cfg(feature = "serde")]
pub mod serde_form;
pub mod slip;
pub mod stream;
pub mod time;
pub mod types;
pub mod unit;
pub mod vin;
mod words;

pub use error::{DecodeError, EnvelopeError};
pub use firmware::Firmware;
pub use frame::{Frame, FrameBuf, WireBuf};
pub use message::{Envelope, Message, Received};
pub use meter::MeterReading;
pub use node::{Link, LinkSettings, Node};
pub use stream::{Decoder, DecoderStats, Frames};
pub use time::Instant;
pub use types::{BodyLen, CentiAmps, Command, Opcode, Sign, SlaveState, TwcId, Version};
pub use unit::SerialNumber;
pub use vin::Vin;
