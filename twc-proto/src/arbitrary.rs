//! Random values for fuzzing (feature `arbitrary`).
//!
//! Made through the checked constructors: an [`Envelope`] is one that [`Envelope::new`] grants, so it never
//! bricks, crashes or locks a unit. A [`Received`] is anything that a bus can show, dangerous frames included.

use arbitrary::{Arbitrary, Error, Result, Unstructured};

use crate::frame::{Frame, checksum};
use crate::message::Envelope;
use crate::message::{
    Ack, Control, ErrorBitmap, Item, MasterHeartbeat, MasterLinkReady, Message, PlugState, Query, Received,
    Report, SlaveHeartbeat, SlaveLinkReady, Switch, Text, Unknown,
};
use crate::time::Instant;
use crate::types::{BodyLen, CentiAmps, Command, Opcode, Sign, SlaveState, TwcId, Version};

/// A newtype over any value of its inner type.
macro_rules! any_inner {
    ($($type:ty: $from:expr),* $(,)?) => {$(
        impl<'a> Arbitrary<'a> for $type {
            fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
                u.arbitrary().map($from)
            }
        }
    )*};
}

/// A struct whose fields are arbitrary by themselves.
macro_rules! any_fields {
    ($($type:ident { $($field:ident),* })*) => {$(
        impl<'a> Arbitrary<'a> for $type {
            fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
                Ok(Self { $($field: u.arbitrary()?),* })
            }
        }
    )*};
}

any_inner! {
    TwcId: TwcId::new,
    Sign: Sign::new,
    CentiAmps: CentiAmps::new,
    SlaveState: SlaveState::new,
    Command: Command::new,
    PlugState: PlugState::new,
    ErrorBitmap: ErrorBitmap,
    Instant: Instant::from_micros,
    Version: |early: bool| if early { Version::P1 } else { Version::P2 },
    Switch: |start: bool| if start { Switch::Start } else { Switch::Stop },
}

any_fields! {
    MasterLinkReady { master, sign, offset_5 }
    SlaveLinkReady { slave, sign, max_current }
    MasterHeartbeat { master, slave, command, argument, plug_flag }
    SlaveHeartbeat { slave, master, state, limit, drawn }
    Query { item, master, slave }
    Control { master, slave }
    Ack { switch, slave }
}

impl<'a> Arbitrary<'a> for BodyLen {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        BodyLen::new(u.int_in_range(BodyLen::MIN..=BodyLen::MAX)?).ok_or(Error::IncorrectFormat)
    }
}

impl<'a> Arbitrary<'a> for Opcode {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Opcode::new(u.int_in_range(0xFB..=0xFD)?, u.arbitrary()?).ok_or(Error::IncorrectFormat)
    }
}

impl<'a> Arbitrary<'a> for Item {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        u.choose(&Item::ALL).copied()
    }
}

impl<'a, const N: usize> Arbitrary<'a> for Text<N> {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        u.arbitrary().map(Self)
    }
}

impl<'a> Arbitrary<'a> for Report {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(match u.arbitrary()? {
            Item::Meter => Self::Meter {
                sender: u.arbitrary()?,
                kwh: u.arbitrary()?,
                volts: u.arbitrary()?,
                phase_half_amps: u.arbitrary()?,
            },
            Item::Firmware => Self::Firmware { sender: u.arbitrary()?, version: u.arbitrary()? },
            Item::Serial => Self::Serial { sender: u.arbitrary()?, serial: u.arbitrary()? },
            Item::VinPart1 => Self::VinPart1 { sender: u.arbitrary()?, chars: u.arbitrary()? },
            Item::VinPart2 => Self::VinPart2 { sender: u.arbitrary()?, chars: u.arbitrary()? },
            Item::VinPart3 => Self::VinPart3 { sender: u.arbitrary()?, chars: u.arbitrary()? },
            Item::PlugState => Self::PlugState { sender: u.arbitrary()?, state: u.arbitrary()? },
            Item::OldSerial => Self::OldSerial { serial: u.arbitrary()? },
            Item::OldModel => Self::OldModel { model: u.arbitrary()? },
            Item::OldFirmware => Self::OldFirmware { version: u.arbitrary()? },
        })
    }
}

impl<'a> Arbitrary<'a> for Unknown {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let (opcode, len) = (u.arbitrary()?, u.int_in_range(10..=17)?);
        Unknown::new(opcode, u.bytes(len)?).map_err(|_| Error::IncorrectFormat)
    }
}

/// Any message but [`Message::Dangerous`], which has no constructor.
impl<'a> Arbitrary<'a> for Message {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(match u.int_in_range(0..=11)? {
            0 => Self::LinkReady1(u.arbitrary()?),
            1 => Self::LinkReady2(u.arbitrary()?),
            2 => Self::SlaveLinkReady(u.arbitrary()?),
            3 => Self::MasterHeartbeat(u.arbitrary()?),
            4 => Self::SlaveHeartbeat(u.arbitrary()?),
            5 => Self::Query(u.arbitrary()?),
            6 => Self::Report(u.arbitrary()?),
            7 => Self::Start(u.arbitrary()?),
            8 => Self::Stop(u.arbitrary()?),
            9 => Self::Ack(u.arbitrary()?),
            10 => Self::Idle,
            _ => Self::Unknown(u.arbitrary()?),
        })
    }
}

/// Often in the canonical length, sometimes in another that holds the fields, with any filling.
impl<'a> Arbitrary<'a> for Envelope {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let message: Message = u.arbitrary()?;
        let canonical = u.arbitrary::<Version>()?.body_len(&message);
        let body_len = if u.ratio(1, 4)? { u.arbitrary()? } else { canonical };
        let filling: [u8; BodyLen::MAX] = if u.ratio(1, 4)? { u.arbitrary()? } else { Default::default() };
        Received::assembled(&message, body_len, &filling)
            .or_else(|_| Received::assembled(&message, canonical, &filling))
            .and_then(|received| received.to_envelope())
            .map_err(|_| Error::IncorrectFormat)
    }
}

/// What the parser makes of a random body with a right sum.
impl<'a> Arbitrary<'a> for Received {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let mut bytes: [u8; BodyLen::MAX] = u.arbitrary()?;
        let (opcode, body_len): (Opcode, BodyLen) = (u.arbitrary()?, u.arbitrary()?);
        let body = bytes.get_mut(..body_len.get()).ok_or(Error::IncorrectFormat)?;
        if let [kind, code, ..] = body {
            (*kind, *code) = (opcode.kind(), opcode.code());
        }
        let sum = checksum(body);
        if let Some(last) = body.last_mut() {
            *last = sum;
        }
        let frame = Frame::new_checked(body).map_err(|_| Error::IncorrectFormat)?;
        Received::parse(&frame).map_err(|_| Error::IncorrectFormat)
    }
}
