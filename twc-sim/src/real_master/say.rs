//! The frames themselves.

use twc_proto::message::{MasterHeartbeat, MasterLinkReady, Query, Report, Text};
use twc_proto::{CentiAmps, Command, Instant, Message, Version};

use super::walk::{Step, WALK};
use super::{RealMaster, slave};

impl RealMaster {
    /// The frame of the present step; `None` when its slave is gone.
    pub(super) fn message(&mut self, now: Instant) -> Option<(Version, Message)> {
        let own = self.config.version;
        let ready = MasterLinkReady::new(self.config.id, self.sign);
        Some(match self.step {
            Step::LinkReady1(_) => (own, Message::LinkReady1(ready)),
            Step::LinkReady2(_) => (own, Message::LinkReady2(ready)),
            Step::Idle(_) => (own, Message::Idle),
            Step::Alone => (own, Message::Report(self.own_meter())),
            Step::Own => (own, Message::Report(self.own_value())),
            Step::First(index) | Step::Heartbeat(_, index) => {
                let version = self.slaves.get(index)?.version;
                (version, Message::MasterHeartbeat(self.heartbeat(now, index)?))
            }
            Step::Query(index) => {
                let slave = self.slaves.get(index)?;
                let item = WALK.get(self.item).copied()?;
                (slave.version, Message::Query(Query { item, master: self.config.id, slave: slave.id }))
            }
        })
    }

    fn heartbeat(&mut self, now: Instant, index: usize) -> Option<MasterHeartbeat> {
        let slave = self.slaves.get(index)?.id;
        let complaint = self.complaint().filter(|_| self.is_complaining());
        let (command, argument) = if let Some(bitmap) = complaint {
            (Command::ERROR, u16::from(bitmap.0) << 8)
        } else {
            let (command, limit) = slave::command(&mut self.slaves, index, &self.config, self.own_car, now);
            (command, limit.value())
        };
        let plug_flag = u8::from(self.own_car > CentiAmps::ZERO);
        Some(MasterHeartbeat { command, argument, plug_flag, ..MasterHeartbeat::no_change(self.config.id, slave) })
    }

    fn own_meter(&self) -> Report {
        let half_amps = u8::try_from(self.own_car.value() / 50).unwrap_or(u8::MAX);
        let amps = self.config.volts.map(|volts| if volts == 0 { 0 } else { half_amps });
        Report::Meter {
            sender: self.config.id,
            kwh: self.config.energy_kwh,
            volts: self.config.volts,
            phase_half_amps: Some(amps),
        }
    }

    fn own_value(&self) -> Report {
        let sender = self.config.id;
        match self.item {
            1 => Report::Firmware { sender, version: self.config.firmware },
            2 => Report::VinPart1 { sender, chars: Text::EMPTY },
            3 => Report::VinPart2 { sender, chars: Text::EMPTY },
            4 => Report::VinPart3 { sender, chars: Text::EMPTY },
            5 => Report::Serial { sender, serial: self.config.serial },
            _ => self.own_meter(),
        }
    }
}
