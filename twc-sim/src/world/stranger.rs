//! Another master on the same wires: somebody left one connected, or a neighbour's cable is the same cable.

use core::time::Duration;

use twc_proto::message::MasterHeartbeat;
use twc_proto::{CentiAmps, Command, Envelope, Instant, Message, TwcId};

use super::World;
use super::bus::{Bus, Ghost};
use super::run::Judge;
use crate::trace::Sender;

/// From one heartbeat of it to the next.
const PERIOD: Duration = Duration::from_millis(500);

/// The byte behind its frames, as masters have it.
const TAIL: u8 = 0xFE;

/// It speaks to every charger in turn and listens to nobody.
#[derive(Debug)]
pub(super) struct Stranger {
    id: TwcId,
    /// What it tells them, if anything.
    limit: Option<CentiAmps>,
    until: Instant,
    pub(super) next: Instant,
    turn: usize,
}

impl World {
    /// For `span`, another master with this id is on this bus too: every half second the next charger gets a heartbeat
    /// from it, with this limit or without any; with the id 0000 it is a clone of the bus's own master. It does not wait
    /// for a quiet line. The judge holds nobody to what it says, nor to what truly flows because of it.
    pub fn foreign_master(
        &mut self,
        bus: usize,
        now: Instant,
        id: TwcId,
        limit: Option<CentiAmps>,
        span: Duration,
    ) {
        self.handle_timeout(now);
        if let Some(bus) = self.buses.get_mut(bus) {
            bus.break_up_frames();
            bus.stranger = Some(Stranger { id, limit, until: now + span, next: now, turn: 0 });
            bus.touch();
        }
    }
}

impl Bus {
    /// What a stranger has to say at this moment goes out as everything does that no seat sends.
    pub(super) fn hear_stranger(&mut self, judge: &mut Judge<'_>) {
        let now = self.now;
        let Some(stranger) = self.stranger.as_mut().filter(|stranger| stranger.next <= now) else {
            return;
        };
        if now >= stranger.until {
            self.stranger = None;
            return;
        }
        stranger.next = now + PERIOD;
        let Some(seat) = self.seats.get(stranger.turn % self.seats.len().max(1)) else {
            return;
        };
        stranger.turn += 1;
        let is_clone = stranger.id == TwcId::default();
        let (master, slave) = (if is_clone { self.master } else { stranger.id }, seat.charger().id());
        let heartbeat = match stranger.limit {
            Some(limit) => MasterHeartbeat::with_limit(master, slave, Command::LIMIT, limit),
            None => MasterHeartbeat::no_change(master, slave),
        };
        let message = Message::MasterHeartbeat(heartbeat);
        if let Ok(envelope) = Envelope::canonical(seat.charger().config().version, message) {
            let bytes = envelope.to_wire().with_tail(Some(TAIL)).as_ref().to_vec();
            self.witness.sent(&message);
            if let Some(checker) = judge {
                checker.on_stranger(self.index, now);
            }
            self.ghosts.push(Ghost { at: now, sender: Sender::Stranger, bytes });
        }
    }
}
