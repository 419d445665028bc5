//! Heartbeats: the command of the master, and the state of the slave.

use crate::frame::{Bytes, padded};
use crate::types::{CentiAmps, Command, Opcode, SlaveState, TwcId};

/// FB E0: a master tells one slave what to do.
///
/// ```
/// use twc_proto::message::MasterHeartbeat;
/// use twc_proto::{CentiAmps, Command, Envelope, Message, TwcId, Version};
///
/// let (master, slave) = (TwcId::new(0x7777), TwcId::new(0x3495));
/// let heartbeat = MasterHeartbeat::with_limit(master, slave, Command::LIMIT, CentiAmps::from_amps(13));
/// let wire = Envelope::canonical(Version::P2, Message::MasterHeartbeat(heartbeat))?.to_wire();
/// assert_eq!(wire.as_ref()[..10], *b"\xC0\xFB\xE0\x77\x77\x34\x95\x09\x05\x14");
/// # Ok::<(), twc_proto::EnvelopeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MasterHeartbeat {
    /// The master's id.
    pub master: TwcId,
    /// The slave it is for.
    pub slave: TwcId,
    /// What to do.
    pub command: Command,
    /// Offsets 7–8: a limit under commands 05, 08 and 09, an error bitmap in the upper byte under 02,
    /// otherwise ignored. [`MasterHeartbeat::limit`] and [`MasterHeartbeat::error_bitmap`] read it.
    pub argument: u16,
    /// Offset 9: 01 while a car is plugged into the master unit itself.
    pub plug_flag: u8,
}

impl MasterHeartbeat {
    pub(super) const END: usize = 10;

    /// Command 00.
    ///
    /// ```
    /// use twc_proto::message::MasterHeartbeat;
    /// use twc_proto::{Command, TwcId};
    ///
    /// let (master, slave) = (TwcId::new(0x7777), TwcId::new(0x3495));
    /// assert_eq!(MasterHeartbeat::no_change(master, slave).command, Command::NO_CHANGE);
    /// ```
    pub const fn no_change(master: TwcId, slave: TwcId) -> Self {
        Self { master, slave, command: Command::NO_CHANGE, argument: 0, plug_flag: 0 }
    }

    /// `command` with a current limit; meaningful for 05, 08 and 09.
    ///
    /// ```
    /// use twc_proto::message::MasterHeartbeat;
    /// use twc_proto::{CentiAmps, Command, TwcId};
    ///
    /// let (master, slave) = (TwcId::new(0x7777), TwcId::new(0x3495));
    /// let heartbeat = MasterHeartbeat::with_limit(master, slave, Command::INITIAL_LIMIT, CentiAmps::from_amps(16));
    /// assert_eq!(heartbeat.argument, 1_600);
    /// ```
    pub const fn with_limit(master: TwcId, slave: TwcId, command: Command, limit: CentiAmps) -> Self {
        Self { master, slave, command, argument: limit.value(), plug_flag: 0 }
    }

    /// The limit it carries, under the commands that carry one.
    ///
    /// ```
    /// use twc_proto::message::MasterHeartbeat;
    /// use twc_proto::{CentiAmps, Command, TwcId};
    ///
    /// let (master, slave) = (TwcId::new(0x7777), TwcId::new(0x3495));
    /// let limit = CentiAmps::from_amps(16);
    /// assert_eq!(MasterHeartbeat::with_limit(master, slave, Command::LIMIT, limit).limit(), Some(limit));
    /// assert_eq!(MasterHeartbeat::no_change(master, slave).limit(), None);
    /// ```
    pub const fn limit(&self) -> Option<CentiAmps> {
        if self.command.carries_limit() { Some(CentiAmps::new(self.argument)) } else { None }
    }

    /// The errors it reports, under command 02.
    ///
    /// ```
    /// use twc_proto::message::{ErrorBitmap, MasterHeartbeat};
    /// use twc_proto::{Command, TwcId};
    ///
    /// let (master, slave) = (TwcId::new(0x7777), TwcId::new(0x3495));
    /// let quiet = MasterHeartbeat::no_change(master, slave);
    /// let complaint = MasterHeartbeat { command: Command::ERROR, argument: 0x0200, ..quiet };
    /// assert_eq!(complaint.error_bitmap(), Some(ErrorBitmap(2)));
    /// assert_eq!(quiet.error_bitmap(), None);
    /// ```
    pub fn error_bitmap(&self) -> Option<ErrorBitmap> {
        let [bitmap, _] = self.argument.to_be_bytes();
        (self.command == Command::ERROR).then_some(ErrorBitmap(bitmap))
    }

    /// Whether a car is plugged into the master unit itself.
    ///
    /// ```
    /// use twc_proto::{TwcId, message::MasterHeartbeat};
    ///
    /// let (master, slave) = (TwcId::new(0x7777), TwcId::new(0x3495));
    /// let heartbeat = MasterHeartbeat { plug_flag: 1, ..MasterHeartbeat::no_change(master, slave) };
    /// assert!(heartbeat.master_plugged());
    /// ```
    pub const fn master_plugged(&self) -> bool {
        self.plug_flag != 0
    }

    #[inline]
    pub(super) const fn of([_, _, m0, m1, s0, s1, command, a0, a1, plug_flag, ..]: &Bytes) -> Self {
        Self {
            master: TwcId::from_bytes([*m0, *m1]),
            slave: TwcId::from_bytes([*s0, *s1]),
            command: Command::new(*command),
            argument: u16::from_be_bytes([*a0, *a1]),
            plug_flag: *plug_flag,
        }
    }

    #[inline]
    pub(super) const fn emit(self) -> Bytes {
        let [kind, code] = Opcode::MASTER_HEARTBEAT.to_bytes();
        let ([m0, m1], [s0, s1], [a0, a1]) =
            (self.master.to_bytes(), self.slave.to_bytes(), self.argument.to_be_bytes());
        padded([kind, code, m0, m1, s0, s1, self.command.code(), a0, a1, self.plug_flag])
    }
}

/// What a master complains about with command 02.
///
/// The lowest set bit decides how often the slave's lamp blinks red: bit 0 three times (rotary switch),
/// bit 1 five times (too many slaves), bit 2 six times (unequal maximum currents).
///
/// ```
/// use twc_proto::message::ErrorBitmap;
///
/// assert_eq!(ErrorBitmap(0b0000_0010).blinks(), Some(5));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ErrorBitmap(pub u8);

impl ErrorBitmap {
    /// How often the slave's lamp blinks red; `None` when no bit with a known meaning is set.
    ///
    /// ```
    /// use twc_proto::message::ErrorBitmap;
    ///
    /// // The lowest bit wins.
    /// assert_eq!(ErrorBitmap(0b0000_0110).blinks(), Some(5));
    /// assert_eq!(ErrorBitmap(0).blinks(), None);
    /// ```
    pub const fn blinks(self) -> Option<u8> {
        match self.0.trailing_zeros() {
            0 => Some(3),
            1 => Some(5),
            2 => Some(6),
            _ => None,
        }
    }
}

/// FD E0: a slave answers a heartbeat.
///
/// ```
/// use twc_proto::{Decoder, Message, SlaveState};
///
/// let wire = b"\xC0\xFD\xE0\x34\x95\x77\x77\x01\x06\x40\x06\x18\0\0\0\0\xFC\xC0";
/// let received = Decoder::new().decode(&mut &wire[..]).unwrap()?;
/// let Message::SlaveHeartbeat(answer) = received.message() else { panic!() };
/// assert_eq!(answer.state, SlaveState::CHARGING);
/// assert_eq!((answer.limit.value(), answer.drawn.value()), (1_600, 1_560));
/// # Ok::<(), twc_proto::DecodeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SlaveHeartbeat {
    /// The slave's id.
    pub slave: TwcId,
    /// The master's id, copied from the request.
    pub master: TwcId,
    /// What the slave is doing.
    pub state: SlaveState,
    /// The current limit in force; 0 while no car is plugged in.
    pub limit: CentiAmps,
    /// The current being drawn, as the unit reads it.
    pub drawn: CentiAmps,
}

impl SlaveHeartbeat {
    pub(super) const END: usize = 11;

    #[inline]
    pub(super) const fn of([_, _, s0, s1, m0, m1, state, l0, l1, d0, d1, ..]: &Bytes) -> Self {
        Self {
            slave: TwcId::from_bytes([*s0, *s1]),
            master: TwcId::from_bytes([*m0, *m1]),
            state: SlaveState::new(*state),
            limit: CentiAmps::from_bytes([*l0, *l1]),
            drawn: CentiAmps::from_bytes([*d0, *d1]),
        }
    }

    #[inline]
    pub(super) const fn emit(self) -> Bytes {
        let [kind, code] = Opcode::SLAVE_HEARTBEAT.to_bytes();
        let ([s0, s1], [m0, m1]) = (self.slave.to_bytes(), self.master.to_bytes());
        let ([l0, l1], [d0, d1]) = (self.limit.to_bytes(), self.drawn.to_bytes());
        padded([kind, code, s0, s1, m0, m1, self.state.code(), l0, l1, d0, d1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_argument_means_what_the_command_says() {
        let heartbeat = |command, argument| MasterHeartbeat {
            command,
            argument,
            ..MasterHeartbeat::no_change(TwcId::new(1), TwcId::new(2))
        };
        let limit = heartbeat(Command::LIMIT, 0x0640);
        assert_eq!((limit.limit(), limit.error_bitmap()), (Some(CentiAmps::from_amps(16)), None));
        let error = heartbeat(Command::ERROR, 0x0500);
        assert_eq!((error.limit(), error.error_bitmap()), (None, Some(ErrorBitmap(5))));
        assert_eq!(heartbeat(Command::NO_CHANGE, 0x0640).limit(), None);
    }

    #[test]
    fn any_plug_flag_but_zero_is_a_car_at_the_master() {
        let quiet = MasterHeartbeat::no_change(TwcId::new(1), TwcId::new(2));
        let plugged = [0, 1, 0xFF].map(|plug_flag| MasterHeartbeat { plug_flag, ..quiet }.master_plugged());
        assert_eq!(plugged, [false, true, true]);
    }

    #[test]
    fn the_lowest_bit_decides_the_blinks() {
        let blinks = [1, 2, 4, 5, 6, 8, 0].map(|bits| ErrorBitmap(bits).blinks());
        assert_eq!(blinks, [Some(3), Some(5), Some(6), Some(3), Some(5), None, None]);
    }
}
