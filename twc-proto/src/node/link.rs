//! A node on a byte stream.

use core::time::Duration;

use super::{LinkSettings, LinkStats, Node};
use crate::frame::{FrameBuf, WireBuf};
use crate::message::Received;
use crate::stream::{Decoder, DecoderStats};
use crate::time::Instant;
use crate::types::TwcId;

/// Puts a [`Node`] on a byte stream: decodes, encodes, takes back the echo of what it sent, and never starts
/// to talk while bytes are coming in.
///
/// The same rule as for nodes: after any call with `&mut self`, drain [`Link::poll_transmit`], then wait. After
/// a transmit nothing more comes out until [`Link::handle_sent`].
///
/// ```
#[doc = include_str!("caller.in")]
/// let mut link = Link::new(Caller::default());
/// // The port's side: bytes in, bytes out, and a timer.
/// let wire = b"\xC0\xFC\x1D\0\0\0\0\0\0\0\0\0\0\0\x1D\xC0";
/// link.handle_bytes(Instant::ZERO, wire);
/// assert_eq!(link.node().heard, 1);
/// let now = link.poll_timeout().unwrap();
/// link.handle_timeout(now);
/// let bytes = link.poll_transmit(now).unwrap();
/// assert_eq!(bytes.as_ref(), [&wire[..], &[0xFE]].concat());
/// link.handle_sent(now);
/// ```
#[derive(Debug)]
pub struct Link<N> {
    node: N,
    decoder: Decoder,
    stats: LinkStats,
    settings: LinkSettings,
    in_flight: bool,
    last_byte: Option<Instant>,
    /// Since when a transmit has been wanted or possible while bytes keep coming.
    busy_since: Option<Instant>,
    discarding: bool,
    /// Frames of ours whose echo may still come, the newest first: a slow link has several under way.
    echoes: [Option<Echo>; ECHOES],
}

/// How much later an echo may be delivered on a link that is known to echo.
const LATE_ECHO: Duration = Duration::from_secs(2);
/// How many frames of ours may be on their way back: more than a master sends while a converter stands still.
const ECHOES: usize = 24;

#[derive(Debug)]
struct Echo {
    frame: FrameBuf,
    sender: Option<TwcId>,
    until: Option<Instant>,
}

impl<N: Node> Link<N> {
    /// A link with default settings.
    ///
    /// ```
    #[doc = include_str!("caller.in")]
    /// let link = Link::new(Caller::default());
    /// assert_eq!(link.stats().sent, 0);
    /// ```
    pub fn new(node: N) -> Self {
        Self::with_settings(node, LinkSettings::default())
    }

    /// A link with settings of its own.
    ///
    /// ```
    #[doc = include_str!("caller.in")]
    /// use std::time::Duration;
    /// use twc_proto::LinkSettings;
    ///
    /// let settings = LinkSettings { quiet_gap: Duration::from_millis(50), ..LinkSettings::default() };
    /// let mut link = Link::with_settings(Caller { due: true, ..Caller::default() }, settings);
    /// link.handle_bytes(Instant::ZERO, &[0x55]);
    /// assert!(link.poll_transmit(Instant::from_millis(49)).is_none());
    /// assert!(link.poll_transmit(Instant::from_millis(50)).is_some());
    /// ```
    pub fn with_settings(node: N, settings: LinkSettings) -> Self {
        Self {
            node,
            decoder: Decoder::new(),
            stats: LinkStats::default(),
            settings,
            in_flight: false,
            last_byte: None,
            busy_since: None,
            discarding: false,
            echoes: [const { None }; ECHOES],
        }
    }

    /// The machine.
    ///
    /// ```
    #[doc = include_str!("caller.in")]
    /// assert_eq!(Link::new(Caller::default()).node().heard, 0);
    /// ```
    pub fn node(&self) -> &N {
        &self.node
    }

    /// The machine, for its commands. Afterwards drain the polls.
    ///
    /// ```
    #[doc = include_str!("caller.in")]
    /// let mut link = Link::new(Caller::default());
    /// link.node_mut().due = true;
    /// assert!(link.poll_transmit(Instant::ZERO).is_some());
    /// ```
    pub fn node_mut(&mut self) -> &mut N {
        &mut self.node
    }

    /// Its times.
    ///
    /// ```
    #[doc = include_str!("caller.in")]
    /// assert_eq!(Link::new(Caller::default()).settings(), twc_proto::LinkSettings::default());
    /// ```
    pub fn settings(&self) -> LinkSettings {
        self.settings
    }

    /// What the decoder has counted.
    ///
    /// ```
    #[doc = include_str!("caller.in")]
    /// let mut link = Link::new(Caller::default());
    /// link.handle_bytes(Instant::ZERO, b"\xC0four\xC0");
    /// assert_eq!(link.decoder_stats().too_short, 1);
    /// ```
    pub fn decoder_stats(&self) -> DecoderStats {
        self.decoder.stats()
    }

    /// What this link has counted.
    ///
    /// ```
    #[doc = include_str!("caller.in")]
    /// let mut link = Link::new(Caller { due: true, ..Caller::default() });
    /// link.poll_transmit(Instant::ZERO);
    /// assert_eq!(link.stats().sent, 1);
    /// ```
    pub fn stats(&self) -> LinkStats {
        self.stats
    }

    /// Bytes came in.
    ///
    /// ```
    #[doc = include_str!("caller.in")]
    /// let mut link = Link::new(Caller::default());
    /// let wire = b"\xC0\xFC\x1D\0\0\0\0\0\0\0\0\0\0\0\x1D\xC0";
    /// let (early, late) = wire.split_at(9);
    /// link.handle_bytes(Instant::ZERO, early);
    /// link.handle_bytes(Instant::from_millis(9), late);
    /// assert_eq!(link.node().heard, 1);
    /// ```
    pub fn handle_bytes(&mut self, now: Instant, bytes: &[u8]) {
        if bytes.is_empty() || self.still_discarding(now, bytes.len()) {
            return;
        }
        if self.quiet_at().is_none_or(|quiet_at| now >= quiet_at) {
            self.busy_since = Some(now);
        }
        self.last_byte = Some(now);
        let mut input = bytes;
        while let Some(outcome) = self.decoder.decode(&mut input) {
            match outcome {
                Ok(received) if self.is_echo(now, &received) => {
                    self.stats.echoes = self.stats.echoes.saturating_add(1);
                }
                Ok(received) if self.is_damaged_echo(now, &received) => {
                    self.stats.damaged_echoes = self.stats.damaged_echoes.saturating_add(1);
                }
                Ok(received) => self.node.handle_message(now, &received),
                Err(error) => self.node.handle_decode_error(now, error),
            }
        }
    }

    /// The deadline has come.
    ///
    /// ```
    #[doc = include_str!("caller.in")]
    /// let mut link = Link::new(Caller::default());
    /// let now = link.poll_timeout().unwrap();
    /// link.handle_timeout(now);
    /// assert!(link.poll_transmit(now).is_some());
    /// ```
    pub fn handle_timeout(&mut self, now: Instant) {
        self.node.handle_timeout(now);
    }

    /// The frame handed out last has reached the wire, as far as this end can know.
    ///
    /// ```
    #[doc = include_str!("caller.in")]
    /// let mut link = Link::new(Caller { due: true, ..Caller::default() });
    /// assert!(link.poll_transmit(Instant::ZERO).is_some());
    /// link.node_mut().due = true;
    /// assert!(link.poll_transmit(Instant::ZERO).is_none(), "one frame at a time");
    /// link.handle_sent(Instant::from_millis(17));
    /// assert!(link.poll_transmit(Instant::from_millis(17)).is_some());
    /// ```
    pub fn handle_sent(&mut self, now: Instant) {
        self.in_flight = false;
        if let Some(echo) = self.echoes.first_mut().and_then(Option::as_mut) {
            echo.until = Some(now + self.settings.echo_window);
        }
        self.node.handle_sent(now);
    }

    /// The connection broke and was made anew: what is half received is forgotten, what comes in is discarded
    /// until the line was quiet for [`LinkSettings::settle`].
    ///
    /// ```
    #[doc = include_str!("caller.in")]
    /// let mut link = Link::new(Caller::default());
    /// link.handle_reconnected(Instant::ZERO);
    /// link.handle_bytes(Instant::from_millis(1), b"left over from before");
    /// assert_eq!(link.stats().discarded_bytes, 21);
    /// ```
    pub fn handle_reconnected(&mut self, now: Instant) {
        self.in_flight = false;
        self.echoes = [const { None }; ECHOES];
        self.discarding = true;
        self.last_byte = Some(now);
        self.busy_since = Some(now);
        self.decoder.reset();
        self.node.handle_reconnected(now);
    }

    /// The bytes of the next frame, if one is due and the line is free.
    ///
    /// ```
    #[doc = include_str!("caller.in")]
    /// let mut link = Link::new(Caller::default());
    /// assert!(link.poll_transmit(Instant::ZERO).is_none(), "nothing is due");
    /// link.node_mut().due = true;
    /// assert_eq!(link.poll_transmit(Instant::ZERO).unwrap().as_ref().len(), 17);
    /// ```
    pub fn poll_transmit(&mut self, now: Instant) -> Option<WireBuf> {
        if self.in_flight || !self.is_quiet(now) {
            return None;
        }
        let envelope = self.node.poll_transmit(now)?;
        let frame = envelope.emit();
        self.in_flight = true;
        self.echoes.rotate_right(1);
        let [newest, ..] = &mut self.echoes;
        *newest = Some(Echo { frame, sender: envelope.message().sender(), until: None });
        self.stats.sent = self.stats.sent.saturating_add(1);
        Some(frame.to_wire().with_tail(self.node.tail(envelope.body_len())))
    }

    /// When [`Link::handle_timeout`] wants to be called.
    ///
    /// ```
    #[doc = include_str!("caller.in")]
    /// let link = Link::new(Caller::default());
    /// assert_eq!(link.poll_timeout(), Some(Instant::from_secs(5)));
    /// ```
    pub fn poll_timeout(&self) -> Option<Instant> {
        let node = self.node.poll_timeout()?;
        // Nothing can leave before the line is quiet, so waking earlier would only spin.
        Some(self.transmit_at().map_or(node, |at| node.max(at)))
    }

    fn quiet_at(&self) -> Option<Instant> {
        let gap = if self.discarding { self.settings.settle } else { self.settings.quiet_gap };
        self.last_byte.map(|last| last + gap)
    }

    fn transmit_at(&self) -> Option<Instant> {
        let limit = self.busy_since.map(|since| since + self.settings.busy_limit.max(self.settings.settle));
        Some(self.quiet_at()?.min(limit?))
    }

    fn is_quiet(&self, now: Instant) -> bool {
        self.transmit_at().is_none_or(|at| now >= at)
    }

    fn still_discarding(&mut self, now: Instant, bytes: usize) -> bool {
        if self.discarding && self.quiet_at().is_some_and(|quiet_at| now < quiet_at) {
            self.last_byte = Some(now);
            let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
            self.stats.discarded_bytes = self.stats.discarded_bytes.saturating_add(bytes);
            return true;
        }
        self.discarding = false;
        false
    }

    /// Takes the oldest echo still awaited for which `is_it` holds. A link delivers in order: what was sent before it
    /// does not come any more.
    fn take_echo(&mut self, now: Instant, is_it: impl Fn(&Echo) -> bool) -> bool {
        // An echo that lost its closing delimiter is only delivered when the next frame begins.
        let late = if self.stats.echoes > 0 { LATE_ECHO } else { Duration::ZERO };
        let awaited = |echo: &Echo| echo.until.is_none_or(|until| now <= until + late) && is_it(echo);
        let Some(oldest) = self.echoes.iter().rposition(|echo| echo.as_ref().is_some_and(awaited)) else {
            return false;
        };
        self.echoes.iter_mut().skip(oldest).for_each(|echo| *echo = None);
        true
    }

    /// Byte-identical to what we sent, inside its window, and only once.
    fn is_echo(&mut self, now: Instant, received: &Received) -> bool {
        let Ok(frame) = received.to_envelope_that_may_lock_a_slave().map(|envelope| envelope.emit()) else {
            return false;
        };
        self.take_echo(now, |echo| echo.frame == frame)
    }

    /// On a link that is known to echo, another frame of ours in place of the echo: its damage fits the sum.
    /// A second master with our id would have to talk in every one of our windows to hide behind this.
    fn is_damaged_echo(&mut self, now: Instant, received: &Received) -> bool {
        let sender = received.message().sender();
        let echoes = self.stats.echoes > 0 && sender.is_some();
        echoes && self.take_echo(now, |echo| echo.sender == sender)
    }
}

#[cfg(test)]
mod tests;
