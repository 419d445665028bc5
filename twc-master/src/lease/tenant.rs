//! A master's end of its leases.

use core::time::Duration;

use twc_proto::{CentiAmps, Instant};

use super::{Lease, Request};
use crate::config::{FLOOR, PHASES, Place};
use crate::master::Master;
use crate::share::Share;
use crate::slave::Phase;

/// How often it asks: several requests may be lost before a lease runs short.
const ASKS_EVERY: Duration = Duration::from_secs(5);

/// Asks for leases and hands them to a master.
///
/// It is small and `Copy`: with a supervised master move it into [`with`] and take it back.
///
/// [`with`]: https://docs.rs/twc-master/latest/twc_master/supervisor/struct.Handle.html#method.with
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tenant {
    me: u8,
    place: Place,
    serial: u32,
    /// When the request under way was made.
    asked: Option<Instant>,
    asks_at: Instant,
    /// The lease in force, and when its limit falls at the latest.
    under: Option<(u32, Instant)>,
}

impl Tenant {
    /// Number `tenant` of those who share the circuit at `place`. `serial` is where its requests begin to count: another
    /// one after each start, so that an answer to an earlier run is not taken for one to this.
    pub const fn new(tenant: u8, place: Place, serial: u32) -> Self {
        Self { me: tenant, place, serial, asked: None, asks_at: Instant::ZERO, under: None }
    }

    /// The next request, if it is time for one. One that gets no answer is not repeated: the next one comes soon.
    pub fn poll_request<S: Share>(&mut self, now: Instant, master: &Master<S>) -> Option<Request> {
        if now < self.asks_at {
            return None;
        }
        self.asks_at = now + ASKS_EVERY;
        self.serial = self.serial.wrapping_add(1);
        self.asked = Some(now);
        let capped = |amps: u32| CentiAmps::new(u16::try_from(amps).unwrap_or(u16::MAX));
        Some(Request {
            tenant: self.me,
            serial: self.serial,
            wants: capped(master.wanted_at(self.place)),
            needs: capped(master.needed_at(self.place)),
            holds: capped(master.committed_at(self.place)),
            under: self.under.filter(|(_, until)| now < *until).map_or(0, |(number, _)| number),
        })
    }

    /// When the next request is due.
    pub fn poll_timeout(&self) -> Instant {
        self.asks_at
    }

    /// A lease has come. Only the answer to the last request counts, once; true when this was it.
    pub fn handle_lease<S: Share>(&mut self, now: Instant, master: &mut Master<S>, lease: &Lease) -> bool {
        if lease.tenant != self.me || lease.serial != self.serial {
            return false;
        }
        let Some(asked) = self.asked.take() else { return false };
        self.under = Some((lease.number, asked + lease.lasts));
        master.lease(now, self.place, [lease.limit; PHASES], asked, lease.lasts).is_some()
    }
}

impl<S: Share> Master<S> {
    /// What the cars behind a place could take, with nothing but their own caps in the way, in centiamps.
    fn wanted_at(&self, place: Place) -> u32 {
        let slaves = self.slaves.iter().enumerate().filter_map(|(slot, slave)| Some((slot, slave.as_ref()?)));
        let below = slaves.filter(|(slot, _)| self.guard.hangs_below(*slot, place));
        let wants = below.map(|(slot, slave)| match slave.phase {
            Phase::Silent { .. } => self.guard.commitment(slot),
            // It comes back with what it held, if at all.
            Phase::Waiting => self.guard.resumes_with(slot),
            _ if slave.asks && slave.orders.stopped.is_none() => self.bound(slave, self.guard.cap(slot)).0,
            Phase::Linked => FLOOR,
        });
        wants.map(|amps| u32::from(amps.value())).sum()
    }

    /// The least with which all slaves behind a place can be served once, one after the other: one that stopped comes
    /// back with what it held, beside the floors of the others. In centiamps.
    fn needed_at(&self, place: Place) -> u32 {
        let (mut sum, mut returning) = (0, FLOOR);
        for (slot, slave) in self.slaves.iter().enumerate() {
            let Some(slave) = slave.as_ref().filter(|_| self.guard.hangs_below(slot, place)) else { continue };
            sum += match slave.phase {
                Phase::Silent { .. } => u32::from(self.guard.commitment(slot).value()),
                Phase::Waiting | Phase::Linked => u32::from(FLOOR.value()),
            };
            if slave.phase == Phase::Waiting {
                returning = returning.max(self.guard.resumes_with(slot));
            }
        }
        sum + u32::from(returning.value() - FLOOR.value())
    }
}
