//! A charger's place on the bus: what it hears, and when it may talk.

use core::time::Duration;

use twc_proto::{Decoder, Instant, LinkSettings, Node, Received, WireBuf};

use super::BREATH;
use super::air::Whole;
use crate::charger::Charger;

/// Units that wait for the same pause do not end it at the very same instant: no two clocks agree to the byte. Each
/// listens so much longer than the one before it, two bytes' time.
const APART: Duration = Duration::from_millis(2);

/// A charger with its receiver and its ear for a free line: as a [`twc_proto::Link`], but frames may also come
/// to it whole.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools)] // What it is doing, and two notes of what changed.
pub(super) struct Seat {
    /// Of the charger among all of the world.
    pub(super) index: usize,
    charger: Charger,
    decoder: Decoder,
    /// The decoder may hold the beginning of something that the next delimiter ends.
    pub(super) is_mid_frame: bool,
    pub(super) is_sending: bool,
    quiet_gap: Duration,
    busy_limit: Duration,
    /// When the line has been quiet long enough after the last byte.
    quiet_at: Option<Instant>,
    /// So long it waits at most while bytes keep coming without a pause.
    patient_until: Instant,
    /// Not woken before.
    rests_until: Instant,
    /// When it wants to be woken, as of the last change.
    wakes_at: Option<Instant>,
    /// Somebody had their hands on it since.
    is_stale: bool,
    /// It may be other than when it was last looked at.
    pub(super) is_touched: bool,
}

impl Seat {
    pub(super) fn new(index: usize, charger: Charger) -> Self {
        let settings = LinkSettings::default();
        let patience = settings.quiet_gap + APART * u32::try_from(index).unwrap_or(u32::MAX);
        let quiet_gap = if charger.config().listens_first { patience } else { Duration::ZERO };
        Self {
            index,
            charger,
            decoder: Decoder::new(),
            is_mid_frame: false,
            is_sending: false,
            quiet_gap,
            busy_limit: settings.busy_limit,
            quiet_at: None,
            patient_until: Instant::ZERO,
            rests_until: Instant::ZERO,
            wakes_at: None,
            is_stale: true,
            is_touched: true,
        }
    }

    pub(super) fn charger(&self) -> &Charger {
        &self.charger
    }

    pub(super) fn charger_mut(&mut self) -> &mut Charger {
        self.is_stale = true;
        self.is_touched = true;
        &mut self.charger
    }

    pub(super) fn wakes_at(&self) -> Option<Instant> {
        if self.is_stale { self.next_wake() } else { self.wakes_at }
    }

    /// Something happened to it: works out anew when to wake it. Deadlines are asked for far more often than they change.
    fn refresh(&mut self) {
        self.is_touched = true;
        self.wakes_at = self.next_wake();
        self.is_stale = false;
    }

    fn next_wake(&self) -> Option<Instant> {
        let at = match self.free_at() {
            _ if self.is_sending => self.charger.next_event()?,
            Some(free_at) => {
                let at = self.charger.poll_timeout()?;
                let changes_at = self.charger.next_event();
                changes_at.map_or(at.max(free_at), |changes_at| at.max(free_at).min(changes_at))
            }
            None => self.charger.poll_timeout()?,
        };
        Some(at.max(self.rests_until))
    }

    /// When it may talk; `None` when it has heard nothing yet.
    fn free_at(&self) -> Option<Instant> {
        Some(self.quiet_at?.min(self.patient_until))
    }

    /// Bytes have been coming in from `first` to `last`, one after the other.
    pub(super) fn note_bytes(&mut self, first: Instant, last: Instant) {
        if self.quiet_at.is_none_or(|quiet_at| first >= quiet_at) {
            self.patient_until = first + self.busy_limit;
        }
        self.quiet_at = Some(last + self.quiet_gap);
    }

    /// Its deadline, if it has come; what it begins to send. The line may be taken by a frame that is handed
    /// on only at its end: `taken` from its first byte on to its last.
    pub(super) fn wake(&mut self, now: Instant, taken: Option<(Instant, Instant)>) -> Option<WireFrame> {
        if self.wakes_at().is_none_or(|at| at > now) {
            return None;
        }
        if let Some((first, last)) = taken.filter(|_| !self.quiet_gap.is_zero()) {
            self.note_bytes(first, last);
        }
        let may_talk = !self.is_sending && self.free_at().is_none_or(|at| now >= at);
        if !may_talk && self.charger.next_event().is_none_or(|at| at > now) {
            // Woken in vain: it wanted to talk, and bytes have come in meanwhile.
            self.refresh();
            return None;
        }
        self.charger.handle_timeout(now);
        self.rests_until = now + BREATH;
        let envelope = if may_talk { self.charger.poll_transmit(now) } else { None };
        self.is_sending |= envelope.is_some();
        self.refresh();
        let envelope = envelope?;
        let wire = envelope.to_wire().with_tail(self.charger.tail(envelope.body_len()));
        Some(WireFrame { wire, whole: Whole { message: envelope.message(), received: None } })
    }

    /// Bytes arrive; returns whether a message was among them that the unit acts on.
    pub(super) fn hear_bytes(&mut self, now: Instant, bytes: &[u8]) -> bool {
        if bytes.is_empty() {
            return false;
        }
        self.note_bytes(now, now);
        self.decode(now, bytes)
    }

    /// Hands bytes to the decoder, without regard to when they came. Bytes without a message can only put off
    /// what the unit wants to send; then it is woken in vain once, which costs less than working out its
    /// deadlines every time.
    pub(super) fn decode(&mut self, now: Instant, mut bytes: &[u8]) -> bool {
        self.is_mid_frame = true;
        let before = self.charger.heard().count;
        let mut heard = false;
        while let Some(outcome) = self.decoder.decode(&mut bytes) {
            match outcome {
                Ok(received) => {
                    self.charger.handle_message(now, &received);
                    heard = true;
                }
                Err(error) => self.charger.handle_decode_error(now, error),
            }
        }
        if heard {
            self.refresh();
        }
        self.charger.heard().count != before
    }

    /// An undamaged frame has come in from `first` to `now`.
    pub(super) fn hear_whole(&mut self, now: Instant, received: &Received) {
        self.charger.handle_message(now, received);
        self.refresh();
    }

    /// Nothing is due; only what goes on all the time is counted up to now.
    pub(super) fn catch_up(&mut self, now: Instant) {
        self.charger.handle_timeout(now);
    }

    pub(super) fn sent(&mut self, now: Instant) {
        self.is_sending = false;
        self.charger.handle_sent(now);
        self.refresh();
    }
}

/// A frame that a charger begins to send.
#[derive(Debug)]
pub(super) struct WireFrame {
    pub(super) wire: WireBuf,
    pub(super) whole: Whole,
}
