//! What the unit sends: answers, and linkreadys while it has no master.

use core::time::Duration;

use twc_proto::message::{Ack, Item, PlugState, Query, Report, SlaveHeartbeat, SlaveLinkReady, Switch, Text};
use twc_proto::{CentiAmps, Instant, Message, SlaveState, TwcId};

use super::session::Session;
use super::{Charger, ChargerConfig};
use crate::earliest::earliest;
use crate::rng::Rng;

/// From the start of an answer to that of its double.
const DOUBLED_AFTER: Duration = Duration::from_millis(50);

#[derive(Debug, Clone, Copy)]
pub(super) struct Answer {
    pub(super) due: Instant,
    pub(super) reply: Reply,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Reply {
    Heartbeat(TwcId),
    Report(Item),
    Ack(Switch),
}

/// When the next linkready is due.
#[derive(Debug, Default)]
pub(super) struct Announcer {
    next: Option<Instant>,
    quick_left: u8,
    link_ready_2_heard: u8,
    /// Behind the quick ones follow slow ones.
    goes_on: bool,
    /// So many are left of those that a held button brings.
    held_left: usize,
}

/// What a held button brings: the first after 0.9 s, then these gaps, in milliseconds (captured once).
const HELD_GAPS: [u64; 5] = [402, 602, 1_003, 502, 401];
const FIRST_WHILE_HELD: Duration = Duration::from_millis(870);

impl Announcer {
    /// `wait`: to the first one; around half a second where it is not given.
    pub(super) fn after_boot(now: Instant, wait: Option<Duration>, config: &ChargerConfig, rng: &mut Rng) -> Self {
        if !config.rotary.is_slave() {
            return Self::default();
        }
        let wait =
            wait.unwrap_or_else(|| rng.range_millis(Duration::from_millis(300), Duration::from_millis(700)));
        Self { next: Some(now + wait), quick_left: config.quick_link_readys, goes_on: true, ..Self::default() }
    }

    /// A finger on the button.
    pub(super) fn hold(&mut self, now: Instant) {
        self.next = Some(now + FIRST_WHILE_HELD);
        self.held_left = HELD_GAPS.len();
    }

    pub(super) fn start_slow(&mut self, now: Instant) {
        self.next = Some(now);
        self.goes_on = true;
    }

    pub(super) fn stop(&mut self) {
        self.next = None;
        self.quick_left = 0;
        self.goes_on = false;
    }

    /// The first is ignored; the second is answered by five, in units that do so.
    pub(super) fn hear_link_ready_2(&mut self, now: Instant, config: &ChargerConfig) {
        self.link_ready_2_heard = self.link_ready_2_heard.saturating_add(1);
        if config.answer_link_ready_2 && self.link_ready_2_heard == 2 {
            self.next = Some(now + Duration::from_millis(200));
            self.quick_left = 5;
        }
    }

    fn take_due(&mut self, now: Instant, config: &ChargerConfig, rng: &mut Rng) -> bool {
        if self.next.is_none_or(|next| next > now) {
            return false;
        }
        if self.held_left > 0 {
            let gap = HELD_GAPS.len().checked_sub(self.held_left).and_then(|index| HELD_GAPS.get(index));
            self.held_left -= 1;
            self.next = gap.map(|gap| now + Duration::from_millis(*gap));
            return true;
        }
        self.quick_left = self.quick_left.saturating_sub(1);
        let wait = if self.quick_left > 0 {
            Some(config.quick_link_ready_gap)
        } else {
            let (period, jitter) = (config.link_ready_period, config.link_ready_jitter);
            self.goes_on.then(|| rng.range_millis(period.saturating_sub(jitter), period.saturating_add(jitter)))
        };
        self.next = wait.map(|wait| now + wait);
        true
    }
}

impl Charger {
    /// When something is to be sent next.
    pub(super) fn message_due(&self) -> Option<Instant> {
        let locked = self.lock.is_some();
        let answer = self.answer.filter(|_| !self.is_mute()).map(|answer| answer.due);
        let link_ready = self.announcer.next.filter(|_| !locked);
        earliest([answer, link_ready])
    }

    /// Takes what is to be sent by now.
    pub(super) fn due_message(&mut self, now: Instant) -> Option<Message> {
        if !self.is_powered || self.is_mute() {
            return None;
        }
        if let Some(answer) = self.answer.filter(|answer| answer.due <= now) {
            let again = Answer { due: now + DOUBLED_AFTER, ..answer };
            self.answer = self.rng.chance(self.config.doubled_answers).then_some(again);
            return Some(self.answer_message(answer.reply));
        }
        if self.lock.is_none() && self.announcer.take_due(now, &self.config, &mut self.rng) {
            return Some(Message::SlaveLinkReady(SlaveLinkReady {
                slave: self.id,
                sign: self.sign,
                max_current: self.config.max_current,
            }));
        }
        None
    }

    /// Locked, and the one answer is out.
    fn is_mute(&self) -> bool {
        self.lock.is_some_and(|lock| lock.answered)
    }

    fn answer_message(&mut self, reply: Reply) -> Message {
        match reply {
            Reply::Heartbeat(master) => {
                let is_busy = self.lock.is_none() && self.rng.chance(self.config.busy_answers);
                let heartbeat = SlaveHeartbeat {
                    slave: self.id,
                    master,
                    state: if is_busy { SlaveState::BUSY } else { self.state() },
                    limit: self.limit(),
                    drawn: self.reported_current(),
                };
                self.owes_error = false;
                if let Some(lock) = &mut self.lock {
                    lock.answered = true;
                }
                Message::SlaveHeartbeat(heartbeat)
            }
            Reply::Report(item) => Message::Report(self.report(item)),
            Reply::Ack(switch) => Message::Ack(Ack { switch, slave: self.id }),
        }
    }

    /// Whether the firmware knows the item, and the query is for us. The old forms work without an id.
    pub(super) fn answers(&self, query: &Query) -> bool {
        let knows = match query.item {
            Item::OldSerial | Item::OldModel | Item::OldFirmware => true,
            Item::Meter => self.is_p2(),
            _ => self.config.has_reports(),
        };
        let without_id =
            matches!(query.item, Item::OldSerial | Item::OldModel | Item::OldFirmware | Item::PlugState);
        knows && (query.slave == self.id || (without_id && query.slave == TwcId::new(0)))
    }

    fn report(&self, item: Item) -> Report {
        let sender = self.id;
        let [major, minor, revision, _] = self.config.firmware;
        match item {
            Item::Meter => Report::Meter {
                sender,
                kwh: self.lifetime_kwh(),
                volts: self.config.volts,
                phase_half_amps: self.config.has_reports().then(|| self.phase_half_amps()),
            },
            Item::Firmware => Report::Firmware { sender, version: self.config.firmware },
            Item::Serial => Report::Serial { sender, serial: self.config.serial },
            Item::VinPart1 => Report::VinPart1 { sender, chars: self.vin_part(0) },
            Item::VinPart2 => Report::VinPart2 { sender, chars: self.vin_part(7) },
            Item::VinPart3 => Report::VinPart3 { sender, chars: self.vin_part(14) },
            Item::PlugState => Report::PlugState { sender, state: self.plug_state() },
            Item::OldSerial => Report::OldSerial { serial: self.config.serial },
            Item::OldModel => Report::OldModel { model: self.config.model },
            Item::OldFirmware => Report::OldFirmware { version: [major, minor, revision] },
        }
    }

    fn lifetime_kwh(&self) -> u32 {
        let delivered = u32::try_from(self.delivered_watt_hours() / 1_000).unwrap_or(u32::MAX);
        let kwh = self.config.energy_kwh.saturating_add(delivered);
        match self.config.kwh_upper_half {
            0 => kwh,
            upper => u32::from(upper) << 16 | (kwh & 0xFFFF),
        }
    }

    fn plug_state(&self) -> PlugState {
        match self.session {
            Session::Empty => PlugState::UNPLUGGED,
            _ if self.true_current() > CentiAmps::ZERO => PlugState::CHARGING,
            _ => PlugState::PLUGGED,
        }
    }

    /// Zero without a car that talks, and for a while after it was plugged in.
    fn vin_part<const N: usize>(&self, from: usize) -> Text<N> {
        let known = self.config.talks_to_car && self.clock >= self.plugged_at + self.config.vin_delay;
        let car = self.car.as_ref().filter(|car| known && car.profile().is_tesla);
        car.and_then(|car| car.profile().vin.get(from..)).map_or(Text::EMPTY, Text::new)
    }
}
