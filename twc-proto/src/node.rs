//! The seam between state machines and bytes.
//!
//! A [`Node`] is a machine on the bus, master or slave: messages and time in, messages and deadlines out. A
//! [`Link`] puts one on a byte stream. Neither reads a clock or touches a port, so the same machine runs on a
//! serial line, on a microcontroller and, much faster than real time, in a simulator.

mod link;
mod settings;

pub use self::link::Link;
pub use self::settings::{LinkSettings, LinkStats};
use crate::error::DecodeError;
use crate::message::{Envelope, Received};
use crate::time::Instant;
use crate::types::BodyLen;

/// A state machine that takes part in the bus.
///
/// The rule: after any call with `&mut self`, drain [`Node::poll_transmit`], then wait until
/// [`Node::poll_timeout`] or the next input.
///
/// ```
/// use twc_proto::{Envelope, Instant, Link, Message, Node, Received, Version};
///
/// /// Calls out every five seconds, as a master that sees no slave, and counts what it hears.
/// struct Caller {
///     next: Instant,
///     due: bool,
///     heard: usize,
/// }
///
/// impl Node for Caller {
///     fn handle_message(&mut self, _now: Instant, _received: &Received) {
///         self.heard += 1;
///     }
///
///     fn handle_timeout(&mut self, now: Instant) {
///         if now >= self.next {
///             self.next = now + std::time::Duration::from_secs(5);
///             self.due = true;
///         }
///     }
///
///     fn poll_transmit(&mut self, _now: Instant) -> Option<Envelope> {
///         std::mem::take(&mut self.due).then(|| Envelope::canonical(Version::P2, Message::Idle).unwrap())
///     }
///
///     fn poll_timeout(&self) -> Option<Instant> {
///         Some(self.next)
///     }
/// }
///
/// let mut link = Link::new(Caller { next: Instant::from_secs(5), due: false, heard: 0 });
/// let deadline = link.poll_timeout().unwrap();
/// link.handle_timeout(deadline);
/// assert!(link.poll_transmit(deadline).is_some());
/// ```
pub trait Node {
    /// A message arrived.
    ///
    /// ```
    #[doc = include_str!("node/caller.in")]
    /// let wire = b"\xC0\xFC\x1D\0\0\0\0\0\0\0\0\0\0\0\x1D\xC0";
    /// let received = twc_proto::Decoder::new().decode(&mut &wire[..]).unwrap()?;
    /// let mut node = Caller::default();
    /// node.handle_message(Instant::ZERO, &received);
    /// assert_eq!(node.heard, 1);
    /// # Ok::<(), twc_proto::DecodeError>(())
    /// ```
    fn handle_message(&mut self, now: Instant, received: &Received);

    /// Something arrived that is no message.
    ///
    /// ```
    #[doc = include_str!("node/caller.in")]
    /// let error = twc_proto::Decoder::new().decode(&mut &b"\xC0four\xC0"[..]).unwrap().unwrap_err();
    /// // Nothing, unless a node cares.
    /// Caller::default().handle_decode_error(Instant::ZERO, error);
    /// ```
    fn handle_decode_error(&mut self, now: Instant, error: DecodeError) {
        let _ = (now, error);
    }

    /// The deadline of [`Node::poll_timeout`] has come. Early or twice is a no-op.
    ///
    /// ```
    #[doc = include_str!("node/caller.in")]
    /// let mut node = Caller::default();
    /// node.handle_timeout(Instant::from_secs(5));
    /// assert!(node.poll_transmit(Instant::from_secs(5)).is_some());
    /// ```
    fn handle_timeout(&mut self, now: Instant);

    /// The last transmit has reached the wire, as far as this end can know.
    ///
    /// ```
    #[doc = include_str!("node/caller.in")]
    /// let mut node = Caller { due: true, ..Caller::default() };
    /// let envelope = node.poll_transmit(Instant::ZERO).unwrap();
    /// let on_the_wire = Instant::ZERO + std::time::Duration::from_millis(envelope.to_wire().as_ref().len() as u64);
    /// node.handle_sent(on_the_wire);
    /// ```
    fn handle_sent(&mut self, now: Instant) {
        let _ = now;
    }

    /// The connection broke and was made anew. A transmit without its [`Node::handle_sent`] may have reached
    /// the wire at any moment up to `now`; nothing older is under way.
    ///
    /// ```
    #[doc = include_str!("node/caller.in")]
    /// let mut link = Link::new(Caller::default());
    /// link.handle_reconnected(Instant::from_secs(9)); // Passes it on.
    /// ```
    fn handle_reconnected(&mut self, now: Instant) {
        let _ = now;
    }

    /// The next message to send, if one is due.
    ///
    /// ```
    #[doc = include_str!("node/caller.in")]
    /// let mut node = Caller { due: true, ..Caller::default() };
    /// assert!(node.poll_transmit(Instant::ZERO).is_some());
    /// assert!(node.poll_transmit(Instant::ZERO).is_none());
    /// ```
    fn poll_transmit(&mut self, now: Instant) -> Option<Envelope>;

    /// When [`Node::handle_timeout`] wants to be called; `None` when only input can change anything.
    ///
    /// ```
    #[doc = include_str!("node/caller.in")]
    /// assert_eq!(Caller::default().poll_timeout(), Some(Instant::from_secs(5)));
    /// ```
    fn poll_timeout(&self) -> Option<Instant>;

    /// The byte this unit leaves behind the closing delimiter of a frame of this length.
    ///
    /// Whether receivers need one is disputed; `FE` is what most real frames show and has never done harm.
    ///
    /// ```
    #[doc = include_str!("node/caller.in")]
    /// use twc_proto::BodyLen;
    ///
    /// assert_eq!(Caller::default().tail(BodyLen::B16), Some(0xFE));
    /// ```
    fn tail(&self, body_len: BodyLen) -> Option<u8> {
        let _ = body_len;
        Some(0xFE)
    }
}
