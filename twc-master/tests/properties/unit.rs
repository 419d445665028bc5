//! A wall connector as the judge knows it: what it may draw, and what it says. Written from docs/protocol.md and not
//! from the master, as mean as the rules allow.

use core::time::Duration;

use twc_proto::message::{MasterHeartbeat, SlaveHeartbeat, SlaveLinkReady};
use twc_proto::{CentiAmps, Command, Instant, Sign, SlaveState, TwcId, Version};

/// Without heartbeats it announces itself, and cuts its current.
const ALARM: Duration = Duration::from_secs(10);
const CUT: Duration = Duration::from_secs(30);
const ANNOUNCES: Duration = Duration::from_secs(6);
/// A car takes this much less than its limit.
const BELOW: u16 = 80;

/// How a car or a unit misbehaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Honest,
    /// Reads so much too high.
    OverReads(u16),
    /// The car keeps what it draws, whatever the limit.
    KeepsDrawing,
    /// The unit reports this limit and this current where they are higher than the true ones.
    Boasts(u16, u16),
}

#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools)] // Facts, each on its own.
pub(crate) struct Unit {
    pub(crate) id: TwcId,
    pub(crate) version: Version,
    pub(crate) max: u16,
    /// Any frame of a master keeps it going.
    pub(crate) refreshed_by_any: bool,
    pub(crate) mood: Mood,
    pub(crate) powered: bool,
    sign: u8,
    plugged: bool,
    /// The car wants energy, and asks until it has a limit.
    asks: bool,
    /// What it obeys; 0 without a car.
    limit: u16,
    /// What it goes back to when a heartbeat ends a cut.
    held: u16,
    cut: bool,
    drawn: u16,
    heard: Instant,
    announces_at: Instant,
}

impl Unit {
    pub(crate) fn new(id: TwcId, version: Version, max: u16) -> Self {
        Self {
            id,
            version,
            max,
            refreshed_by_any: false,
            mood: Mood::Honest,
            powered: true,
            sign: 7,
            plugged: false,
            asks: false,
            limit: 0,
            held: 0,
            cut: true,
            drawn: 0,
            heard: Instant::ZERO,
            announces_at: Instant::from_millis(500),
        }
    }

    /// What it may draw at this moment: its limit, and what its car takes beyond all tolerance.
    pub(crate) fn in_force(&self) -> u16 {
        let beyond = self.drawn > self.limit + (self.limit / 20).max(100);
        match self.powered {
            true if beyond => self.drawn,
            true => self.limit,
            false => 0,
        }
    }

    pub(crate) fn plug(&mut self) {
        self.plugged = true;
        self.asks = true;
        self.limit = 0;
        self.draw();
    }

    pub(crate) fn unplug(&mut self) {
        self.plugged = false;
        self.limit = 0;
        self.held = 0;
        self.drawn = 0;
    }

    /// A car that pauses and goes on: the unit falls back to 6 A by itself.
    pub(crate) fn resets_itself(&mut self) {
        if self.plugged && !self.cut {
            self.limit = 600;
            self.draw();
        }
    }

    pub(crate) fn reboot(&mut self, now: Instant) {
        self.sign = self.sign.wrapping_add(1);
        self.limit = 0;
        self.held = 0;
        self.drawn = 0;
        self.cut = true;
        self.asks = self.plugged;
        self.announces_at = now;
    }

    /// Lets time pass; a linkready when one is due.
    pub(crate) fn tick(&mut self, now: Instant) -> Option<SlaveLinkReady> {
        if now.since(self.heard) >= CUT && !self.cut {
            self.cut = true;
            self.held = self.limit;
            self.limit = 0;
            self.drawn = 0;
        }
        let lost = self.cut || now.since(self.heard) >= ALARM;
        (self.powered && lost && now >= self.announces_at).then(|| {
            self.announces_at = now + ANNOUNCES;
            SlaveLinkReady { slave: self.id, sign: Sign::new(self.sign), max_current: CentiAmps::new(self.max) }
        })
    }

    pub(crate) fn next(&self) -> Instant {
        let cut = self.heard + CUT;
        let announces = if self.cut { self.announces_at } else { self.announces_at.max(self.heard + ALARM) };
        if self.cut { announces } else { announces.min(cut) }
    }

    /// A frame of a master for somebody else.
    pub(crate) fn overhears(&mut self, now: Instant) {
        if self.refreshed_by_any && !self.cut {
            self.heard = now;
        }
    }

    /// A heartbeat for it; its answer.
    pub(crate) fn obey(&mut self, now: Instant, heartbeat: &MasterHeartbeat) -> SlaveHeartbeat {
        self.heard = now;
        self.announces_at = self.announces_at.max(now + ALARM);
        if core::mem::replace(&mut self.cut, false) && self.held > 0 && self.plugged {
            // The first frame after a cut is not obeyed: what it held comes back.
            self.limit = self.held;
        } else if let Some(told) = heartbeat.limit().filter(|_| self.takes(heartbeat.command)) {
            let told = told.value();
            self.limit = if self.version == Version::P2 { told.max(600) } else { told };
            self.asks = false;
        }
        self.draw();
        self.answer(heartbeat.master)
    }

    /// Protocol 2 takes 05 before charging only.
    fn takes(&self, command: Command) -> bool {
        let charging = self.limit > 0 && !self.asks;
        self.plugged && (self.version == Version::P1 || command != Command::INITIAL_LIMIT || !charging)
    }

    fn draw(&mut self) {
        let follows = self.limit.saturating_sub(BELOW);
        self.drawn = match self.mood {
            _ if !self.plugged || self.cut => 0,
            Mood::KeepsDrawing => self.drawn.max(follows),
            _ => follows,
        };
    }

    pub(crate) fn answer(&self, master: TwcId) -> SlaveHeartbeat {
        let (limit, drawn) = match self.mood {
            Mood::OverReads(by) if self.drawn > 0 => (self.limit, self.drawn + BELOW + by),
            Mood::Boasts(limit, drawn) => (self.limit.max(limit), self.drawn.max(drawn)),
            _ => (self.limit, self.drawn),
        };
        let state = match () {
            () if !self.plugged => SlaveState::READY,
            () if self.asks => SlaveState::WANTS_CHARGE,
            () => SlaveState::CHARGING,
        };
        SlaveHeartbeat {
            slave: self.id,
            master,
            state,
            limit: CentiAmps::new(limit),
            drawn: CentiAmps::new(drawn),
        }
    }
}
