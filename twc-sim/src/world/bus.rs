//! One half-duplex bus: the chargers on it and the station outside, somebody's master or nobody.

use core::time::Duration;

use twc_proto::{Instant, TwcId};

use super::WorldConfig;
use super::air::Transmission;
use super::outside::Outside;
use super::seat::Seat;
use super::stranger::Stranger;
use super::witness::Witness;
use crate::earliest::earliest;
use crate::fault::Faults;
use crate::rng::Rng;
use crate::trace::{Sender, Trace};

/// What a bus has counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BusStats {
    /// Transmissions in all.
    pub transmissions: u64,
    /// Transmissions that met another.
    pub collided: u64,
    /// Transmissions the line damaged.
    pub damaged: u64,
    /// Messages somebody took for real though nobody sent them.
    pub undetected: u64,
    /// Bytes the station sent faster than the bus could take them.
    pub refused_bytes: u64,
}

impl BusStats {
    pub(super) fn plus(self, other: &Self) -> Self {
        Self {
            transmissions: self.transmissions.saturating_add(other.transmissions),
            collided: self.collided.saturating_add(other.collided),
            damaged: self.damaged.saturating_add(other.damaged),
            undetected: self.undetected.saturating_add(other.undetected),
            refused_bytes: self.refused_bytes.saturating_add(other.refused_bytes),
        }
    }
}

/// One bus of a [`super::World`].
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools)] // Two switches and two notes of what changed.
pub(crate) struct Bus {
    pub(super) index: usize,
    pub(super) now: Instant,
    pub(super) echo: bool,
    /// Undamaged frames are handed on as messages.
    pub(super) is_quick: bool,
    pub(super) seats: Vec<Seat>,
    pub(super) outside: Outside,
    pub(super) on_air: Vec<Transmission>,
    pub(super) ghosts: Vec<Ghost>,
    pub(super) faults: Faults,
    pub(super) rng: Rng,
    pub(super) trace: Trace,
    pub(super) stats: BusStats,
    pub(super) witness: Witness,
    /// Another master on the same wires.
    pub(super) stranger: Option<Stranger>,
    /// The id that the station outside used last.
    pub(super) master: TwcId,
    /// Buffers of transmissions that are over.
    pub(super) spare: Vec<Vec<u8>>,
    /// When something happens next, as of the last change.
    next: Option<Instant>,
    /// Something changed since.
    is_stale: bool,
    /// Chargers may be other than when they were last looked at.
    pub(super) is_touched: bool,
}

/// A frame that the line will deliver once more.
#[derive(Debug)]
pub(super) struct Ghost {
    pub(super) at: Instant,
    pub(super) sender: Sender,
    pub(super) bytes: Vec<u8>,
}

impl Bus {
    pub(super) fn new(index: usize, config: WorldConfig) -> Self {
        let mut rng = Rng::new(config.seed);
        Self {
            index,
            now: Instant::ZERO,
            echo: config.echo,
            is_quick: false,
            seats: Vec::new(),
            outside: Outside::new(config.delay_to_bus, config.delay_from_bus),
            on_air: Vec::new(),
            ghosts: Vec::new(),
            faults: Faults::new(config.fault, rng.next_u64()),
            rng,
            trace: Trace::new(),
            stats: BusStats::default(),
            witness: Witness::default(),
            stranger: None,
            master: TwcId::default(),
            spare: Vec::new(),
            next: None,
            is_stale: true,
            is_touched: true,
        }
    }

    /// Whether an undamaged frame goes the quick way now: nothing between the wire and the station outside
    /// changes when it arrives, and its first delimiter ends nothing in any listener.
    pub(super) fn is_quick_now(&self, sender: Sender) -> bool {
        let is_heard_clearly = |seat: &Seat| !seat.is_mid_frame || sender == Sender::Charger(seat.index);
        self.is_quick
            && !self.echo
            && self.outside.is_direct(self.now)
            && (sender == Sender::Outside || !self.outside.is_mid_frame)
            && self.seats.iter().all(is_heard_clearly)
    }

    /// Everybody has heard a whole frame as bytes: it ended with a delimiter and at most a tail byte.
    pub(super) fn settle_listeners(&mut self, sender: Sender) {
        for seat in self.seats.iter_mut().filter(|seat| sender != Sender::Charger(seat.index)) {
            seat.is_mid_frame = false;
        }
        if sender != Sender::Outside {
            self.outside.is_mid_frame = false;
        }
    }

    /// Something may have changed.
    pub(super) fn touch(&mut self) {
        self.is_stale = true;
        self.is_touched = true;
    }

    /// Everything is to be looked at again.
    pub(super) fn touch_all(&mut self) {
        self.touch();
        self.seats.iter_mut().for_each(|seat| seat.is_touched = true);
    }

    /// The chargers that may have changed.
    pub(super) fn touched(&self) -> impl Iterator<Item = &Seat> {
        self.seats.iter().filter(|seat| self.is_touched && seat.is_touched)
    }

    /// When something happens next.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        if self.is_stale { self.find_next() } else { self.next }
    }

    pub(super) fn refresh(&mut self) -> Option<Instant> {
        if self.is_stale {
            self.next = self.find_next();
            self.is_stale = false;
        }
        self.next
    }

    fn find_next(&self) -> Option<Instant> {
        let mut next = self.outside.next();
        let mut sooner = |at: Option<Instant>| next = earliest([next, at]);
        self.on_air.iter().for_each(|transmission| sooner(Some(transmission.due)));
        self.ghosts.iter().for_each(|ghost| sooner(Some(ghost.at)));
        sooner(self.stranger.as_ref().map(|stranger| stranger.next));
        self.seats.iter().for_each(|seat| sooner(seat.wakes_at()));
        next
    }

    /// Until when the line is taken, for a station outside that is handed frames only at their end: by a frame
    /// whose first byte is over.
    pub(super) fn taken_until(&self, now: Instant) -> Option<Instant> {
        self.taken(now, Sender::Outside).map(|(_, last)| last)
    }

    /// The first and the last byte of a whole frame of somebody else's that can be heard by now.
    pub(super) fn taken(&self, now: Instant, listener: Sender) -> Option<(Instant, Instant)> {
        let whole = self.on_air.iter().find(|other| other.is_whole && other.sender != listener)?;
        let first = whole.first_byte_over();
        (first <= now).then_some((first, whole.due))
    }

    /// Frames on their way go on as bytes: somebody joins in the middle.
    pub(super) fn break_up_frames(&mut self) {
        let now = self.now;
        for frame in &mut self.on_air {
            let first = frame.first_byte_over();
            let sender = frame.sender;
            let Some((last, bytes)) = frame.break_up(now) else {
                continue;
            };
            for seat in self.seats.iter_mut().filter(|seat| sender != Sender::Charger(seat.index)) {
                seat.note_bytes(first, last);
                seat.decode(now, bytes);
            }
            if sender != Sender::Outside {
                self.outside.deliver_belatedly(first, last, bytes);
                // The beginning of a frame: no message is complete yet.
                self.witness.each_heard_message(now, bytes, |_, _| {});
            }
        }
        self.is_stale = true;
    }

    pub(super) fn stall(&mut self, to_bus: Option<Duration>, from_bus: Option<Duration>) {
        self.break_up_frames();
        self.outside.stall(to_bus.map(|span| self.now + span), from_bus.map(|span| self.now + span));
        self.is_stale = true;
    }
}
