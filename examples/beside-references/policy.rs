//! What decides how much each car may have, and how it is carried out: by the same master for everybody.

use std::time::Duration;

use twc_master::share::Any;
use twc_master::{Master, Profile, SlaveSettings, SlaveStatus, Standing, Strategy};
use twc_proto::{BodyLen, CentiAmps, DecodeError, Envelope, Instant, Node, Received, SlaveState, TwcId};
use twc_sim::MeterSample;

use crate::world::{NIGHT, UNITS};

/// Says how much each car may have.
pub(crate) trait Policy {
    /// A value of the meter at the grid arrived.
    fn handle_meter(&mut self, now: Instant, sample: &MeterSample);

    /// Called once a second and after every value.
    fn steer(&mut self, now: Instant, master: &mut Master<Any>);
}

/// A master that a policy steers.
#[derive(Debug)]
pub(crate) struct Steered<P> {
    master: Master<Any>,
    policy: P,
    next: Instant,
}

impl<P: Policy> Steered<P> {
    pub(crate) fn new(master: Master<Any>, policy: P) -> Self {
        Self { master, policy, next: Instant::ZERO }
    }

    pub(crate) fn handle_meter(&mut self, now: Instant, sample: &MeterSample) {
        self.policy.handle_meter(now, sample);
        self.steer(now);
    }

    fn steer(&mut self, now: Instant) {
        self.next = now + Duration::from_secs(1);
        self.policy.steer(now, &mut self.master);
        while self.master.poll_event().is_some() {}
    }
}

impl<P: Policy> Node for Steered<P> {
    fn handle_message(&mut self, now: Instant, received: &Received) {
        self.master.handle_message(now, received);
    }

    fn handle_decode_error(&mut self, now: Instant, error: DecodeError) {
        self.master.handle_decode_error(now, error);
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.master.handle_timeout(now);
        if now >= self.next {
            self.steer(now);
        }
    }

    fn handle_sent(&mut self, now: Instant) {
        self.master.handle_sent(now);
    }

    fn poll_transmit(&mut self, now: Instant) -> Option<Envelope> {
        self.master.poll_transmit(now)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.master.poll_timeout().into_iter().chain([self.next]).min()
    }

    fn tail(&self, body_len: BodyLen) -> Option<u8> {
        self.master.tail(body_len)
    }
}

/// The hands of a reference: it offers, or stops by silence, which costs all policies the same half minute.
#[derive(Debug, Default)]
pub(crate) struct Hands {
    told: [Option<Told>; UNITS.len()],
}

#[derive(Debug, Clone, Copy)]
struct Told {
    offer: Option<CentiAmps>,
    since: Instant,
}

/// A unit that gets heartbeats again has so long to show that there is a car.
const SHOWS_ITS_CAR: Duration = Duration::from_secs(90);

impl Hands {
    /// What a unit was offered last; `None` while it is stopped.
    pub(crate) fn offered(&self, unit: usize) -> Option<CentiAmps> {
        self.told[unit]?.offer
    }

    /// Whether there is, or may be, a car that wants energy: one behind a silenced unit shows nothing.
    pub(crate) fn asks(&self, now: Instant, unit: usize, status: Option<&SlaveStatus>) -> bool {
        let shows = status.is_some_and(|status| {
            let plugged = !matches!(status.state, SlaveState::READY | SlaveState::ERROR);
            let idle = matches!(status.state, SlaveState::PLUGGED_IDLE);
            status.standing == Standing::Linked && plugged && !idle
        });
        let hidden = self.told[unit].is_some_and(|told| told.offer.is_none() || now < told.since + SHOWS_ITS_CAR);
        shows || hidden
    }

    pub(crate) fn offer(&mut self, now: Instant, unit: usize, offer: Option<CentiAmps>, master: &mut Master<Any>) {
        let before = self.told[unit];
        if before.is_some_and(|told| told.offer == offer) || !known(master, UNITS[unit]) {
            return;
        }
        let was_on = before.is_none_or(|told| told.offer.is_some());
        let settings =
            SlaveSettings { profile: &Profile::I3, priority: 0, cap: Some(offer.unwrap_or(twc_master::FLOOR)) };
        master.set_slave(UNITS[unit], settings).expect("two units and no less than the floor");
        if offer.is_none() && was_on {
            master.stop(UNITS[unit], Some(Strategy::Withhold)).expect("this car forgives any number");
        } else if offer.is_some() && !was_on {
            master.release(now, UNITS[unit]);
        }
        let since = before.filter(|told| told.offer.is_some() == offer.is_some()).map_or(now, |told| told.since);
        self.told[unit] = Some(Told { offer, since });
    }
}

fn known(master: &Master<Any>, unit: TwcId) -> bool {
    status(master, unit).is_some()
}

/// What the master knows of a unit. What a silent one said last is no draw.
pub(crate) fn status(master: &Master<Any>, unit: TwcId) -> Option<SlaveStatus> {
    let mut status = master.slaves().find(|status| status.slave == unit)?;
    if status.standing != Standing::Linked {
        status.drawn = CentiAmps::ZERO;
    }
    Some(status)
}

/// Whether everybody charges with all there is.
pub(crate) fn is_night(now: Instant) -> bool {
    NIGHT.contains(&(now.as_millis() / 3_600_000 % 24))
}

/// Whole amperes that somebody worked out.
pub(crate) fn amperes(amps: i64) -> CentiAmps {
    CentiAmps::from_amps(u16::try_from(amps).expect("between 6 and 16"))
}
