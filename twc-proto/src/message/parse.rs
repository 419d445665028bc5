//! From a checked frame to a message. The only place that knows nom.
//!
//! Heartbeats and linkreadys, 99 of 100 frames on a bus, have their fields within the shortest frame: they are taken
//! from arrays, where no length is left to check.

use nom::bytes::take;
use nom::combinator::map;
use nom::number::{be_u8, be_u16, be_u32};
use nom::{IResult, Parser};

use super::envelope::Filling;
use super::{
    Ack, Control, Dangerous, Item, MasterHeartbeat, MasterLinkReady, Message, PlugState, Query, Received, Report,
    SlaveHeartbeat, SlaveLinkReady, Switch, Text, Unknown,
};
use crate::error::ParseError;
use crate::frame::{Frame, field};
use crate::slip::{REACH, Whole};
use crate::types::{BodyLen, CentiAmps, Command, Opcode, Sign, SlaveState, TwcId};

type Parsed<'a, T> = IResult<&'a [u8], T>;

/// What stands between code and checksum, zeros behind it.
type Payload = [u8; BodyLen::MAX - 3];

/// The messages that nearly all frames on a bus hold. Their fields lie within the shortest frame.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Common {
    MasterHeartbeat,
    SlaveHeartbeat,
    LinkReady1,
    LinkReady2,
    SlaveLinkReady,
}

impl Common {
    #[inline]
    pub(crate) fn of(opcode: Opcode) -> Option<Self> {
        Some(match opcode {
            Opcode::MASTER_HEARTBEAT => Self::MasterHeartbeat,
            Opcode::SLAVE_HEARTBEAT => Self::SlaveHeartbeat,
            Opcode::LINK_READY_1 => Self::LinkReady1,
            Opcode::LINK_READY_2 => Self::LinkReady2,
            Opcode::SLAVE_LINK_READY => Self::SlaveLinkReady,
            _ => return None,
        })
    }
}

impl Received {
    /// Reads a checked frame.
    ///
    /// # Errors
    /// When the code is known and the body too short for its fields.
    pub fn parse<T: AsRef<[u8]>>(frame: &Frame<T>) -> Result<Self, ParseError> {
        let (opcode, body_len) = (frame.opcode(), frame.body_len());
        let mut chunk = [0; REACH];
        for (slot, byte) in chunk.iter_mut().zip(frame.body()) {
            *slot = *byte;
        }
        match (Common::of(opcode), Whole::of(&chunk, body_len.get())) {
            (Some(common), Some(whole)) => Ok(Self::common(common, &whole)),
            (_, whole) => Self::rarer(opcode, body_len, &whole.map_or(NO_FILLING, |whole| whole.filling::<2>())),
        }
    }

    /// The same for a checked frame that came as words.
    #[allow(clippy::inline_always, reason = "a call would move the message twice more, a third of the work")]
    #[inline(always)]
    pub(crate) fn common(common: Common, whole: &Whole<'_>) -> Self {
        const HEARTBEAT_OF_MASTER: u32 = MasterHeartbeat::END as u32;
        const HEARTBEAT_OF_SLAVE: u32 = SlaveHeartbeat::END as u32;
        const LINK_READY: u32 = SlaveLinkReady::END as u32;
        let (message, filling) = match common {
            Common::MasterHeartbeat => (master_heartbeat(whole.fields()), whole.filling::<HEARTBEAT_OF_MASTER>()),
            Common::SlaveHeartbeat => (slave_heartbeat(whole.fields()), whole.filling::<HEARTBEAT_OF_SLAVE>()),
            Common::LinkReady1 => {
                (Message::LinkReady1(master_link_ready(whole.fields())), whole.filling::<LINK_READY>())
            }
            Common::LinkReady2 => {
                (Message::LinkReady2(master_link_ready(whole.fields())), whole.filling::<LINK_READY>())
            }
            Common::SlaveLinkReady => (slave_link_ready(whole.fields()), whole.filling::<LINK_READY>()),
        };
        Self::new(message, whole.body_len(), filling)
    }

    /// What stands between code and checksum, with zeros behind it, as any other message.
    pub(crate) fn rarer(opcode: Opcode, body_len: BodyLen, payload: &Payload) -> Result<Self, ParseError> {
        let used = payload.get(..body_len.get() - 3).unwrap_or_default();
        let parsed = match (opcode, Item::from_code(opcode.code())) {
            (Opcode::START, _) => map(control, Message::Start).parse(used),
            (Opcode::STOP, _) => map(control, Message::Stop).parse(used),
            (Opcode::START_ACK, _) => map(ack(Switch::Start), Message::Ack).parse(used),
            (Opcode::STOP_ACK, _) => map(ack(Switch::Stop), Message::Ack).parse(used),
            (Opcode::IDLE, _) => Ok((used, Message::Idle)),
            (_, Some(item)) if opcode.kind() == 0xFB => map(query(item), Message::Query).parse(used),
            (_, Some(item)) if opcode.kind() == 0xFD => {
                map(|input| report(item, input), Message::Report).parse(used)
            }
            _ => {
                let message = if opcode.is_dangerous() {
                    Message::Dangerous(Dangerous::seen(opcode, body_len, used))
                } else {
                    Message::Unknown(Unknown::seen(opcode, body_len, *payload))
                };
                return Ok(Self::new(message, body_len, NO_FILLING));
            }
        };
        let error = ParseError { opcode, needed: needed(opcode), available: body_len.get() };
        let (rest, message) = parsed.map_err(|_| error)?;
        let mut filling = NO_FILLING;
        for (slot, byte) in filling.iter_mut().zip(rest) {
            *slot = *byte;
        }
        Ok(Self::new(message, body_len, filling))
    }
}

const NO_FILLING: Filling = [0; BodyLen::MAX - 3];

#[inline]
fn master_heartbeat([m0, m1, s0, s1, command, a0, a1, plug_flag]: [u8; 8]) -> Message {
    Message::MasterHeartbeat(MasterHeartbeat {
        master: TwcId::new(u16::from_be_bytes([m0, m1])),
        slave: TwcId::new(u16::from_be_bytes([s0, s1])),
        command: Command::new(command),
        argument: u16::from_be_bytes([a0, a1]),
        plug_flag,
    })
}

#[inline]
fn slave_heartbeat([s0, s1, m0, m1, state, l0, l1, d0, d1]: [u8; 9]) -> Message {
    Message::SlaveHeartbeat(SlaveHeartbeat {
        slave: TwcId::new(u16::from_be_bytes([s0, s1])),
        master: TwcId::new(u16::from_be_bytes([m0, m1])),
        state: SlaveState::new(state),
        limit: CentiAmps::new(u16::from_be_bytes([l0, l1])),
        drawn: CentiAmps::new(u16::from_be_bytes([d0, d1])),
    })
}

#[inline]
fn master_link_ready([m0, m1, sign, offset_5 @ ..]: [u8; 5]) -> MasterLinkReady {
    MasterLinkReady { master: TwcId::new(u16::from_be_bytes([m0, m1])), sign: Sign::new(sign), offset_5 }
}

#[inline]
fn slave_link_ready([s0, s1, sign, c0, c1]: [u8; 5]) -> Message {
    Message::SlaveLinkReady(SlaveLinkReady {
        slave: TwcId::new(u16::from_be_bytes([s0, s1])),
        sign: Sign::new(sign),
        max_current: CentiAmps::new(u16::from_be_bytes([c0, c1])),
    })
}

fn query<'a>(item: Item) -> impl Parser<&'a [u8], Output = Query, Error = nom::error::Error<&'a [u8]>> {
    map((id, id), move |(master, slave)| Query { item, master, slave })
}

fn control(input: &[u8]) -> Parsed<'_, Control> {
    map((id, id), |(master, slave)| Control { master, slave }).parse(input)
}

fn ack<'a>(switch: Switch) -> impl Parser<&'a [u8], Output = Ack, Error = nom::error::Error<&'a [u8]>> {
    map(id, move |slave| Ack { switch, slave })
}

fn report(item: Item, input: &[u8]) -> Parsed<'_, Report> {
    match item {
        Item::Meter => meter(input),
        Item::Firmware => map((id, bytes), |(sender, version)| Report::Firmware { sender, version }).parse(input),
        Item::Serial => map((id, text), |(sender, serial)| Report::Serial { sender, serial }).parse(input),
        Item::VinPart1 => map((id, text), |(sender, chars)| Report::VinPart1 { sender, chars }).parse(input),
        Item::VinPart2 => map((id, text), |(sender, chars)| Report::VinPart2 { sender, chars }).parse(input),
        Item::VinPart3 => map((id, text), |(sender, chars)| Report::VinPart3 { sender, chars }).parse(input),
        Item::PlugState => {
            map((id, be_u8()), |(sender, state)| Report::PlugState { sender, state: PlugState::new(state) })
                .parse(input)
        }
        Item::OldSerial => map(text, |serial| Report::OldSerial { serial }).parse(input),
        Item::OldModel => map(text, |model| Report::OldModel { model }).parse(input),
        Item::OldFirmware => map(bytes, |version| Report::OldFirmware { version }).parse(input),
    }
}

fn meter(input: &[u8]) -> Parsed<'_, Report> {
    let (rest, (sender, kwh, a, b, c)) = (id, be_u32(), be_u16(), be_u16(), be_u16()).parse(input)?;
    // Firmware before 4.5.3 sends 16 bytes, which leave room for one zero and no currents.
    let (rest, phase_half_amps) = match bytes(rest) {
        Ok((rest, half_amps)) => (rest, Some(half_amps)),
        Err(_) => (rest, None),
    };
    Ok((rest, Report::Meter { sender, kwh, volts: [a, b, c], phase_half_amps }))
}

fn id(input: &[u8]) -> Parsed<'_, TwcId> {
    map(be_u16(), TwcId::new).parse(input)
}

fn bytes<const N: usize>(input: &[u8]) -> Parsed<'_, [u8; N]> {
    let (rest, taken) = take(N).parse(input)?;
    let mut out = [0; N];
    out.copy_from_slice(taken);
    Ok((rest, out))
}

fn text<const N: usize>(input: &[u8]) -> Parsed<'_, Text<N>> {
    map(bytes, Text).parse(input)
}

/// Body bytes that the fields of a report need, where that is more than the shortest frame has.
fn needed(opcode: Opcode) -> usize {
    match Item::from_code(opcode.code()) {
        Some(Item::Meter) => Report::PHASE_HALF_AMPS + 1,
        Some(Item::Serial) => Report::TEXT + 11 + 1,
        _ => field::PAYLOAD + 11 + 1,
    }
}
