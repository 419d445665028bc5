//! The seam between state machines and bytes.
//!
//! A [`Node`] is a machine on the bus, master or slave: messages and time in, messages and deadlines out. A
//! [`Link`] puts one on a byte stream. Neither reads a clock or touches a port, so the same machine runs on a
//! serial line, on a microcontroller and, much faster than real time, in a simulator.

use core::time::Duration;

use crate::error::DecodeError;
use crate::frame::{FrameBuf, WireBuf};
use crate::message::{Envelope, Received};
use crate::stream::{Decoder, DecoderStats};
use crate::time::Instant;
use crate::types::{BodyLen, TwcId};

/// A state machine that takes part in the bus.
///
/// The rule: after any call with `&mut self`, drain [`Node::poll_transmit`], then wait until
/// [`Node::poll_timeout`] or the next input.
pub trait Node {
    /// A message arrived.
    fn handle_message(&mut self, now: Instant, received: &Received);

    /// Something arrived that is no message.
    fn handle_decode_error(&mut self, now: Instant, error: DecodeError) {
        let _ = (now, error);
    }

    /// The deadline of [`Node::poll_timeout`] has come. Early or twice is a no-op.
    fn handle_timeout(&mut self, now: Instant);

    /// The last transmit has reached the wire, as far as this end can know.
    fn handle_sent(&mut self, now: Instant) {
        let _ = now;
    }

    /// The connection broke and was made anew. A transmit without its [`Node::handle_sent`] may have reached
    /// the wire at any moment up to `now`; nothing older is under way.
    fn handle_reconnected(&mut self, now: Instant) {
        let _ = now;
    }

    /// The next message to send, if one is due.
    fn poll_transmit(&mut self, now: Instant) -> Option<Envelope>;

    /// When [`Node::handle_timeout`] wants to be called; `None` when only input can change anything.
    fn poll_timeout(&self) -> Option<Instant>;

    /// The byte this unit leaves behind the closing delimiter of a frame of this length.
    ///
    /// Whether receivers need one is disputed; `FE` is what most real frames show and has never done harm.
    fn tail(&self, body_len: BodyLen) -> Option<u8> {
        let _ = body_len;
        Some(0xFE)
    }
}

/// Puts a [`Node`] on a byte stream: decodes, encodes, takes back the echo of what it sent, and never starts
/// to talk while bytes are coming in.
///
/// The same rule as for nodes: after any call with `&mut self`, drain [`Link::poll_transmit`], then wait. After
/// a transmit nothing more comes out until [`Link::handle_sent`].
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
/// How many frames of ours may be on their way back.
const ECHOES: usize = 4;

#[derive(Debug)]
struct Echo {
    frame: FrameBuf,
    sender: Option<TwcId>,
    until: Option<Instant>,
}

/// Times that depend on what carries the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkSettings {
    /// No transmit begins until this long after the last byte came in.
    pub quiet_gap: Duration,
    /// A line that is never quiet holds a transmit back for this long at most.
    pub busy_limit: Duration,
    /// How long after our frame has left its echo may still arrive.
    pub echo_window: Duration,
    /// After [`Link::handle_reconnected`] input is discarded until the line was quiet for this long.
    pub settle: Duration,
}

impl Default for LinkSettings {
    /// For a local serial port; also serves converters with up to 150 ms each way.
    fn default() -> Self {
        Self {
            quiet_gap: Duration::from_millis(15),
            busy_limit: Duration::from_secs(1),
            echo_window: Duration::from_millis(500),
            settle: Duration::from_millis(300),
        }
    }
}

/// What a [`Link`] has counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LinkStats {
    /// Frames handed out.
    pub sent: u32,
    /// Own frames that came back and were dropped.
    pub echoes: u32,
    /// Own frames that came back damaged with a sum that still fits, and were dropped.
    pub damaged_echoes: u32,
    /// Bytes dropped while the line settled after a reconnect.
    pub discarded_bytes: u32,
}

impl<N: Node> Link<N> {
    /// A link with default settings.
    pub fn new(node: N) -> Self {
        Self::with_settings(node, LinkSettings::default())
    }

    /// A link with settings of its own.
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
    pub fn node(&self) -> &N {
        &self.node
    }

    /// The machine, for its commands. Afterwards drain the polls.
    pub fn node_mut(&mut self) -> &mut N {
        &mut self.node
    }

    /// Its times.
    pub fn settings(&self) -> LinkSettings {
        self.settings
    }

    /// What the decoder has counted.
    pub fn decoder_stats(&self) -> DecoderStats {
        self.decoder.stats()
    }

    /// What this link has counted.
    pub fn stats(&self) -> LinkStats {
        self.stats
    }

    /// Bytes came in.
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
    pub fn handle_timeout(&mut self, now: Instant) {
        self.node.handle_timeout(now);
    }

    /// The frame handed out last has reached the wire, as far as this end can know.
    pub fn handle_sent(&mut self, now: Instant) {
        self.in_flight = false;
        if let Some(echo) = self.echoes.first_mut().and_then(Option::as_mut) {
            echo.until = Some(now + self.settings.echo_window);
        }
        self.node.handle_sent(now);
    }

    /// The connection broke and was made anew: what is half received is forgotten, what comes in is discarded
    /// until the line was quiet for [`LinkSettings::settle`].
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

    /// Takes the oldest echo still awaited for which `is_it` holds.
    fn take_echo(&mut self, now: Instant, is_it: impl Fn(&Echo) -> bool) -> bool {
        // An echo that lost its closing delimiter is only delivered when the next frame begins.
        let late = if self.stats.echoes > 0 { LATE_ECHO } else { Duration::ZERO };
        let awaited = |echo: &mut Echo| echo.until.is_none_or(|until| now <= until + late) && is_it(echo);
        self.echoes.iter_mut().rev().any(|echo| echo.take_if(|echo| awaited(echo)).is_some())
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
mod tests {
    use super::*;
    use crate::message::{MasterHeartbeat, Message};
    use crate::types::{TwcId, Version};

    /// Sends one heartbeat whenever asked and counts what it hears.
    #[derive(Debug, Default)]
    struct Probe {
        heard: usize,
        errors: usize,
        due: bool,
    }

    impl Node for Probe {
        fn handle_message(&mut self, _: Instant, _: &Received) {
            self.heard += 1;
        }
        fn handle_decode_error(&mut self, _: Instant, _: DecodeError) {
            self.errors += 1;
        }
        fn handle_timeout(&mut self, _: Instant) {}
        fn poll_transmit(&mut self, _: Instant) -> Option<Envelope> {
            core::mem::take(&mut self.due).then(heartbeat)
        }
        fn poll_timeout(&self) -> Option<Instant> {
            None
        }
    }

    fn heartbeat() -> Envelope {
        let message = Message::MasterHeartbeat(MasterHeartbeat::no_change(TwcId::new(0x7777), TwcId::new(0x3495)));
        Envelope::canonical(Version::P2, message).unwrap()
    }

    fn at(millis: u64) -> Instant {
        Instant::from_millis(millis)
    }

    #[test]
    fn an_echo_is_consumed_once_and_a_second_copy_is_heard() {
        let mut link = Link::new(Probe { due: true, ..Probe::default() });
        let wire = link.poll_transmit(at(0)).unwrap();
        link.handle_sent(at(20));
        link.handle_bytes(at(30), wire.as_ref());
        assert_eq!((link.node().heard, link.stats().echoes), (0, 1));
        link.handle_bytes(at(60), wire.as_ref());
        assert_eq!((link.node().heard, link.stats().echoes), (1, 1));
    }

    #[test]
    fn echoes_that_come_back_after_the_next_frame_has_left_are_echoes_too() {
        let mut link = Link::new(Probe { due: true, ..Probe::default() });
        let wire = link.poll_transmit(at(0)).unwrap();
        link.handle_sent(at(20));
        link.node_mut().due = true;
        assert!(link.poll_transmit(at(220)).is_some());
        link.handle_sent(at(240));
        link.handle_bytes(at(300), wire.as_ref());
        link.handle_bytes(at(520), wire.as_ref());
        assert_eq!((link.node().heard, link.stats().echoes), (0, 2));
    }

    #[test]
    fn a_damaged_echo_is_dropped_only_where_echoes_are_known() {
        let mut damaged = heartbeat().emit().as_ref().to_vec();
        // Two errors that cancel out in the sum.
        damaged[9] = damaged[9].wrapping_add(1);
        damaged[15] = damaged[15].wrapping_add(1);
        let mut wire = [0; 64];
        let len = crate::slip::encode(&damaged, &mut wire).unwrap();
        for echoes in [false, true] {
            let mut link = Link::new(Probe { due: true, ..Probe::default() });
            let echo = link.poll_transmit(at(0)).unwrap();
            link.handle_sent(at(20));
            if echoes {
                link.handle_bytes(at(30), echo.as_ref());
            }
            link.node_mut().due = true;
            assert!(link.poll_transmit(at(1_000)).is_some());
            link.handle_sent(at(1_020));
            link.handle_bytes(at(1_030), &wire[..len]);
            assert_eq!((link.node().heard, link.stats().damaged_echoes), if echoes { (0, 1) } else { (1, 0) });
        }
    }

    #[test]
    fn the_same_bytes_after_the_window_are_no_echo() {
        let mut link = Link::new(Probe { due: true, ..Probe::default() });
        let wire = link.poll_transmit(at(0)).unwrap();
        link.handle_sent(at(20));
        link.handle_bytes(at(521), wire.as_ref());
        assert_eq!((link.node().heard, link.stats().echoes), (1, 0));
    }

    #[test]
    fn nothing_is_sent_while_bytes_come_in_but_a_babbling_line_does_not_silence_us() {
        let mut link = Link::new(Probe { due: true, ..Probe::default() });
        for ms in (0..1_000).step_by(10) {
            link.handle_bytes(at(ms), &[0x55]);
            assert!(link.poll_transmit(at(ms)).is_none(), "{ms}");
        }
        assert!(link.poll_transmit(at(1_000)).is_some());
    }

    #[test]
    fn one_frame_at_a_time() {
        let mut link = Link::new(Probe { due: true, ..Probe::default() });
        assert!(link.poll_transmit(at(0)).is_some());
        link.node_mut().due = true;
        assert!(link.poll_transmit(at(1)).is_none());
        link.handle_sent(at(2));
        assert!(link.poll_transmit(at(2)).is_some());
    }

    #[test]
    fn after_a_reconnect_input_is_discarded_until_the_line_was_quiet() {
        let mut link = Link::new(Probe::default());
        let wire = heartbeat().to_wire();
        link.handle_reconnected(at(0));
        link.handle_bytes(at(200), wire.as_ref());
        link.handle_bytes(at(499), wire.as_ref());
        assert_eq!(link.node().heard, 0);
        link.handle_bytes(at(799), wire.as_ref());
        assert_eq!(link.node().heard, 1);
    }
}
