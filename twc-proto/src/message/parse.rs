//! From a checked frame to a message. The only place that knows nom.

use nom::bytes::take;
use nom::combinator::map;
use nom::number::{be_u8, be_u16, be_u32};
use nom::{IResult, Parser};

use super::{
    Ack, Control, Dangerous, Item, MasterHeartbeat, MasterLinkReady, Message, PlugState, Query, Received, Report,
    SlaveHeartbeat, SlaveLinkReady, Switch, Text, Unknown,
};
use crate::error::ParseError;
use crate::frame::{Frame, field};
use crate::types::{BodyLen, CentiAmps, Command, Opcode, Sign, SlaveState, TwcId};

type Parsed<'a, T> = IResult<&'a [u8], T>;

impl Received {
    /// Reads a checked frame.
    ///
    /// # Errors
    /// When the code is known and the body too short for its fields.
    pub fn parse<T: AsRef<[u8]>>(frame: &Frame<T>) -> Result<Self, ParseError> {
        let opcode = frame.opcode();
        let payload = frame.payload();
        let (rest, message) = message(opcode, frame.body(), payload).map_err(|_| ParseError {
            opcode,
            needed: needed(opcode),
            available: frame.body_len().get(),
        })?;
        let mut filling = [0; BodyLen::MAX - 3];
        for (slot, byte) in filling.iter_mut().zip(rest) {
            *slot = *byte;
        }
        Ok(Self::new(message, frame.body_len(), filling))
    }
}

/// Reads the fields; what is left over is filling.
fn message<'a>(opcode: Opcode, body: &[u8], payload: &'a [u8]) -> Parsed<'a, Message> {
    match opcode {
        Opcode::LINK_READY_1 => map(master_link_ready, Message::LinkReady1).parse(payload),
        Opcode::LINK_READY_2 => map(master_link_ready, Message::LinkReady2).parse(payload),
        Opcode::SLAVE_LINK_READY => map(slave_link_ready, Message::SlaveLinkReady).parse(payload),
        Opcode::MASTER_HEARTBEAT => map(master_heartbeat, Message::MasterHeartbeat).parse(payload),
        Opcode::SLAVE_HEARTBEAT => map(slave_heartbeat, Message::SlaveHeartbeat).parse(payload),
        Opcode::START => map(control, Message::Start).parse(payload),
        Opcode::STOP => map(control, Message::Stop).parse(payload),
        Opcode::START_ACK => map(ack(Switch::Start), Message::Ack).parse(payload),
        Opcode::STOP_ACK => map(ack(Switch::Stop), Message::Ack).parse(payload),
        Opcode::IDLE => Ok((payload, Message::Idle)),
        _ => other(opcode, body, payload),
    }
}

fn other<'a>(opcode: Opcode, body: &[u8], payload: &'a [u8]) -> Parsed<'a, Message> {
    match (opcode.kind(), Item::from_code(opcode.code())) {
        (0xFB, Some(item)) => map(query(item), Message::Query).parse(payload),
        (0xFD, Some(item)) => map(|input| report(item, input), Message::Report).parse(payload),
        _ => {
            let message = match Unknown::new(opcode, payload) {
                Ok(unknown) => Message::Unknown(unknown),
                Err(_) => Message::Dangerous(Dangerous::seen(
                    opcode,
                    BodyLen::new(body.len()).unwrap_or(BodyLen::B16),
                    body,
                )),
            };
            Ok((&[], message))
        }
    }
}

fn master_link_ready(input: &[u8]) -> Parsed<'_, MasterLinkReady> {
    map((id, be_u8(), bytes), |(master, sign, offset_5)| MasterLinkReady {
        master,
        sign: Sign::new(sign),
        offset_5,
    })
    .parse(input)
}

fn slave_link_ready(input: &[u8]) -> Parsed<'_, SlaveLinkReady> {
    map((id, be_u8(), amps), |(slave, sign, max_current)| SlaveLinkReady {
        slave,
        sign: Sign::new(sign),
        max_current,
    })
    .parse(input)
}

fn master_heartbeat(input: &[u8]) -> Parsed<'_, MasterHeartbeat> {
    map((id, id, be_u8(), be_u16(), be_u8()), |(master, slave, command, argument, plug_flag)| MasterHeartbeat {
        master,
        slave,
        command: Command::new(command),
        argument,
        plug_flag,
    })
    .parse(input)
}

fn slave_heartbeat(input: &[u8]) -> Parsed<'_, SlaveHeartbeat> {
    map((id, id, be_u8(), amps, amps), |(slave, master, state, limit, drawn)| SlaveHeartbeat {
        slave,
        master,
        state: SlaveState::new(state),
        limit,
        drawn,
    })
    .parse(input)
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

fn amps(input: &[u8]) -> Parsed<'_, CentiAmps> {
    map(be_u16(), CentiAmps::new).parse(input)
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
