//! The wire of the Tesla Wall Connector Gen 2 load-sharing protocol.
//!
//! Two wires of RS-485 at 9600 baud join one master and up to three slave wall connectors. The master tells every slave how
//! many amps its car may draw, and the slave answers with what it draws. This crate turns the bytes of that bus into
//! checked messages, and messages into bytes. It opens no port, reads no clock and allocates nothing, so it runs in an
//! interrupt handler as well as over gigabytes of captures.
//!
//! Nobody published the protocol; every fact here was found by owners with logic analysers, and `docs/protocol.md` in the
//! repository lists them with their evidence.
//!
//! # Reading
//!
//! Bytes go into a [`Decoder`], and messages come out.
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
//! # What is said
//!
//! | by | when | [`Message`] |
//! |---|---|---|
//! | master | when it starts, a few times each | `LinkReady1`, `LinkReady2`: its id and sign |
//! | slave | again and again until a master talks to it | `SlaveLinkReady`: its id, its sign and the most it can give |
//! | master | all the time, to each linked slave in turn | `MasterHeartbeat`: a command, with some a limit |
//! | slave | as the answer | `SlaveHeartbeat`: its state, its limit and what is drawn |
//! | master | now and then | `Query` for meter, firmware, serial number, VIN or plug; `Start`, `Stop` |
//! | slave | as the answer | `Report`; `Ack` |
//! | master | now and then while it sees no slave | `Idle` |
//!
//! A [`TwcId`] names a unit, a [`Sign`] changes whenever it boots. Amps are [`CentiAmps`], hundredths. Older units speak
//! [`Version::P1`], newer ones [`Version::P2`]; they differ in the length of their frames and in some commands. What else
//! comes is [`Unknown`](message::Unknown), which a monitor shows and a machine ignores, or
//! [`Dangerous`](message::Dangerous).
//!
//! The *body* of a frame is its 13 to 20 bytes without delimiters and escapes, with type, code and checksum. [`Received`]
//! is a message with its body, [`Envelope`] one that may be sent.
//!
//! # From a buffer
//!
//! [`Decoder::frames`] yields every message and every error of a slice, which may be a whole capture or what a read
//! returned; the next slice goes on where this one ended. This is the fast way.
//!
//! ```
//! use twc_proto::{Decoder, Message};
//!
//! let mut decoder = Decoder::new();
//! let capture = b"noise\xC0\xFC\x1D\0\0\0\0\0\0\0\0\0\0\0\x1D\xC0\xFE\xC0torn";
//! for outcome in decoder.frames(capture) {
//!     match outcome {
//!         Ok(received) => assert_eq!(received.message(), Message::Idle),
//!         Err(error) => println!("{}: {error}", error.kind()),
//!     }
//! }
//! assert_eq!((decoder.stats().messages, decoder.stats().junk_bytes), (1, 6));
//! ```
//!
//! # In an interrupt handler
//!
//! [`Decoder::push`] takes one byte, needs 56 bytes of RAM and no heap, and answers when a delimiter completes something.
//!
//! ```
//! use twc_proto::{Decoder, Message};
//!
//! fn on_byte(decoder: &mut Decoder, byte: u8) -> Option<Message> {
//!     decoder.push(byte)?.ok().map(|received| received.message())
//! }
//!
//! let mut decoder = Decoder::new();
//! let wire = b"\xC0\xFC\x1D\0\0\0\0\0\0\0\0\0\0\0\x1D\xC0";
//! let heard: Vec<_> = wire.iter().filter_map(|byte| on_byte(&mut decoder, *byte)).collect();
//! assert_eq!(heard, [Message::Idle]);
//! ```
//!
//! # Answering
//!
//! What goes out is an [`Envelope`]: a message in the length that its sender chose. Here a slave announces itself when it
//! hears a master do so.
//!
//! ```
//! use twc_proto::message::SlaveLinkReady;
//! use twc_proto::{CentiAmps, Decoder, Envelope, Message, Sign, TwcId, Version};
//!
//! let master = b"\xC0\xFC\xE1\x77\x77\x77\0\0\0\0\0\0\0\0\0\0\x46\xC0";
//! let received = Decoder::new().decode(&mut &master[..]).unwrap()?;
//! let Message::LinkReady1(_) = received.message() else { panic!() };
//!
//! let (slave, sign) = (TwcId::new(0x3495), Sign::new(0x81));
//! let ready = SlaveLinkReady { slave, sign, max_current: CentiAmps::from_amps(32) };
//! let envelope = Envelope::canonical(Version::P2, Message::SlaveLinkReady(ready))?;
//! // Real units leave one more byte behind the delimiter.
//! let wire = envelope.to_wire().with_tail(Some(0xFC));
//! assert_eq!(wire.as_ref(), b"\xC0\xFD\xE2\x34\x95\x81\x0C\x80\0\0\0\0\0\0\0\0\xB8\xC0\xFC");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! For more than a few answers write a [`Node`] and put it on a [`Link`], which decodes, encodes, keeps off a busy line and
//! takes back the echo of what it sent.
//!
//! # On a port
//!
//! Each of these is a feature: `embedded-io` and `embedded-io-async` read messages from a port and write envelopes into it
//! (module `io`), `bytes` does so with buffers (module `codec`), and `tokio` adds a `Codec` for `Framed` and a loop that
//! drives a [`Node`] over a serial port or a socket (module `driver`).
//!
//! # The guarantee
//!
//! *An intact frame with a `C0` before and after it is delivered, whatever bytes came earlier and however the stream is
//! cut, also when it shares its delimiters with its neighbours.* Every `C0` ends what came before it and begins what comes
//! next, whatever the decoder believed. Damaged frames are rejected with a kind ([`DecodeError::kind`]) and a counter
//! ([`DecoderStats`]); the sum has 8 bits and misses about one damaged frame in 256, so nothing should act on a single one.
//! A frame that would be right without its last byte is not repaired.
//!
//! The decoder is held to this by properties, against one that has the finished stream before it and cuts it at every `C0`:
//! `an_intact_frame_comes_through_any_noise`, `neighbours_may_share_their_delimiters` and
//! `the_decoder_agrees_with_one_that_sees_the_whole_stream` in `tests/noise.rs`, and
//! `any_cut_gives_the_same_messages_errors_and_counts` in `tests/chunking.rs`; and by every state with every byte, in
//! `tests/exhaustive_decoder.rs`. `docs/verification.md` has what else was checked, and which damage passes.
//!
//! No pause ends a frame, since the decoder has no clock. Who wants that rule pushes a [`slip::END`] after a pause; the
//! guarantee is without it.
//!
//! # What can panic
//!
//! Nothing that a peer's bytes can reach: no indexing, no unchecked arithmetic, no unwrap outside tests, and for decoding and
//! encoding a proof: a program that could panic there does not link. `codec::encode` panics into a buffer of fixed size that
//! is too small, as all of `BufMut` does.
//!
//! # What cannot be sent
//!
//! Some frames destroy, crash or lock a wall connector. Bytes come only from an [`Envelope`], and an envelope
//! of such a frame cannot be made; see its documentation.
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
//! Each can be used alone and knows only those above it.
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
