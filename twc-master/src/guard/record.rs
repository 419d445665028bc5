//! What is in the state file, and what waits for it: a raise is on disk before its frame leaves.

use twc_proto::{CentiAmps, Sign, Version};

use super::Guard;
use super::ledger::{Admission, Contact, Ledger};
use crate::snapshot::KnownSlave;

impl Guard {
    /// Asks for `wanted` to be written to the state file now, so that the raise need not wait for it later.
    /// Not for a slave without heartbeats: a restart takes one in the file for one that had some.
    pub(crate) fn record_ahead(&mut self, slot: usize, wanted: CentiAmps) {
        if self.durable && !self.is_new_contact(slot) {
            self.is_recorded(slot, wanted.value());
        }
    }

    /// Whether the state file says that this slave may have been served; if not, takes its room and asks for it to
    /// be written. Two slaves that wait for the same room must not both get into the file: after a restart both
    /// would count as served, and be told their floors.
    pub(super) fn admits(&mut self, slot: usize, needs: u16) -> bool {
        let durable = self.durable;
        let Some(ledger) = self.ledger_mut(slot).filter(|ledger| durable && ledger.admission != Admission::Saved)
        else {
            return true;
        };
        if ledger.admission == Admission::None {
            ledger.admission = Admission::Asked;
            ledger.held = ledger.held.max(needs);
            ledger.to_record = ledger.to_record.max(needs);
            self.changed();
        }
        false
    }

    /// Whether the state file holds at least `wanted`; if not, asks for it to be written.
    pub(super) fn is_recorded(&mut self, slot: usize, wanted: u16) -> bool {
        let Some(ledger) = self.ledger_mut(slot) else { return false };
        if wanted > ledger.to_record {
            ledger.to_record = wanted;
            self.changed();
        }
        self.ledger(slot).is_some_and(|ledger| wanted <= ledger.recorded)
    }

    /// Something changed that belongs into the state file.
    pub(super) fn changed(&mut self) -> bool {
        self.revision = self.revision.wrapping_add(1);
        true
    }

    /// What belongs into the state file: `None` for a slave that got no heartbeat and is not about to.
    pub(crate) fn to_record(&self, slot: usize, version: Version, sign: Option<Sign>) -> Option<KnownSlave> {
        let ledger = self.ledger(slot)?;
        let waits = ledger.admission != Admission::None;
        let amps = ledger.to_record.max(ledger.lease);
        // What is only feared of a slave we never served would look like service after a restart.
        if amps == 0 || ledger.is_strange() && !waits {
            return None;
        }
        Some(KnownSlave {
            id: ledger.slave,
            version,
            unit_max: CentiAmps::new(ledger.unit_max),
            commitment: CentiAmps::new(amps),
            stops_proven: ledger.stops_proven(),
            sign,
            strikes: ledger.strikes,
            phases_void: ledger.phases_void,
            stopped: !waits && matches!(ledger.contact, Contact::Stopping | Contact::Stopped),
            silent: ledger.contact == Contact::Silent,
        })
    }

    /// Whether a slave that need not have stopped yet gets no heartbeats. One that is told its floor by whoever starts
    /// after us would take the room that its silence made.
    pub(crate) fn is_silent(&self, slot: usize) -> bool {
        self.ledger(slot).is_some_and(|ledger| ledger.contact == Contact::Silent)
    }

    pub(crate) fn stops_proven(&self, slot: usize) -> bool {
        self.ledger(slot).is_some_and(Ledger::stops_proven)
    }

    /// Whether somebody may follow what an earlier run sent, of which nothing is known.
    pub(crate) fn state_lost(&self) -> bool {
        self.state_lost
    }

    pub(crate) fn revision(&self) -> u32 {
        self.revision
    }

    /// The state file holds everything up to `revision`.
    pub(crate) fn saved(&mut self, revision: u32) {
        if revision == self.revision {
            for ledger in self.ledgers.iter_mut().flatten() {
                ledger.recorded = ledger.to_record;
                if ledger.admission == Admission::Asked {
                    ledger.admission = Admission::Saved;
                }
                if ledger.contact == Contact::Stopping {
                    ledger.stop();
                }
            }
        }
    }
}
