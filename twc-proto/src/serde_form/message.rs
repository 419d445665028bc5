//! Messages. The twins are what the derive macros see; a field they lack or a type they miss does not compile.

use serde::de::{self, Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

use super::text::Octets;
use super::values::by_twin;
use crate::frame::Frame;
use crate::message::{
    Ack, Control, Dangerous, Item, MasterHeartbeat, MasterLinkReady, Message, PhaseHalfAmps, PlugState, Query,
    Received, Report, SlaveHeartbeat, SlaveLinkReady, Switch, Text, Unknown,
};
use crate::types::{CentiAmps, Command, Opcode, Sign, SlaveState, TwcId};

by_twin!(Message, MessageForm);
by_twin!(MasterLinkReady, MasterLinkReadyForm);
by_twin!(SlaveLinkReady, SlaveLinkReadyForm);
by_twin!(MasterHeartbeat, MasterHeartbeatForm);
by_twin!(SlaveHeartbeat, SlaveHeartbeatForm);
by_twin!(Query, QueryForm);
by_twin!(Report, ReportForm);
by_twin!(Control, ControlForm);
by_twin!(Ack, AckForm);

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(remote = "Message", rename_all = "snake_case")]
enum MessageForm {
    #[serde(rename = "linkready1")]
    LinkReady1(MasterLinkReady),
    #[serde(rename = "linkready2")]
    LinkReady2(MasterLinkReady),
    #[serde(rename = "slave_linkready")]
    SlaveLinkReady(SlaveLinkReady),
    MasterHeartbeat(MasterHeartbeat),
    SlaveHeartbeat(SlaveHeartbeat),
    Query(Query),
    Report(Report),
    Start(Control),
    Stop(Control),
    Ack(Ack),
    Idle,
    Unknown(Unknown),
    Dangerous(Dangerous),
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(remote = "MasterLinkReady", deny_unknown_fields)]
struct MasterLinkReadyForm {
    master: TwcId,
    sign: Sign,
    offset_5: [u8; 2],
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(remote = "SlaveLinkReady", deny_unknown_fields)]
struct SlaveLinkReadyForm {
    slave: TwcId,
    sign: Sign,
    #[serde(rename = "max_centiamps")]
    max_current: CentiAmps,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(remote = "MasterHeartbeat", deny_unknown_fields)]
struct MasterHeartbeatForm {
    master: TwcId,
    slave: TwcId,
    command: Command,
    argument: u16,
    plug_flag: u8,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(remote = "SlaveHeartbeat", deny_unknown_fields)]
struct SlaveHeartbeatForm {
    slave: TwcId,
    master: TwcId,
    state: SlaveState,
    #[serde(rename = "limit_centiamps")]
    limit: CentiAmps,
    #[serde(rename = "drawn_centiamps")]
    drawn: CentiAmps,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(remote = "Query", deny_unknown_fields)]
struct QueryForm {
    item: Item,
    master: TwcId,
    slave: TwcId,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(remote = "Control", deny_unknown_fields)]
struct ControlForm {
    master: TwcId,
    slave: TwcId,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(remote = "Ack", deny_unknown_fields)]
struct AckForm {
    switch: Switch,
    slave: TwcId,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(remote = "Report", rename_all = "snake_case", deny_unknown_fields)]
enum ReportForm {
    Meter {
        sender: TwcId,
        kwh: u32,
        volts: [u16; 3],
        phase_half_amps: Option<PhaseHalfAmps>,
    },
    Firmware {
        sender: TwcId,
        version: [u8; 4],
    },
    Serial {
        sender: TwcId,
        serial: Text<11>,
    },
    #[serde(rename = "vin_part_1")]
    VinPart1 {
        sender: TwcId,
        chars: Text<7>,
    },
    #[serde(rename = "vin_part_2")]
    VinPart2 {
        sender: TwcId,
        chars: Text<7>,
    },
    #[serde(rename = "vin_part_3")]
    VinPart3 {
        sender: TwcId,
        chars: Text<3>,
    },
    PlugState {
        sender: TwcId,
        state: PlugState,
    },
    OldSerial {
        serial: Text<11>,
    },
    OldModel {
        model: Text<11>,
    },
    OldFirmware {
        version: [u8; 3],
    },
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(rename = "Unknown", deny_unknown_fields)]
struct UnknownForm {
    opcode: Opcode,
    payload: Octets,
}

impl Serialize for Unknown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        UnknownForm { opcode: self.opcode(), payload: Octets::new(self.payload()) }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Unknown {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let form = UnknownForm::deserialize(deserializer)?;
        Self::new(form.opcode, form.payload.as_slice()).map_err(de::Error::custom)
    }
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(rename = "Dangerous", deny_unknown_fields)]
struct DangerousForm {
    body: Octets,
}

impl Serialize for Dangerous {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        DangerousForm { body: Octets::new(self.body()) }.serialize(serializer)
    }
}

/// As something that was seen: through the parser, like the frame itself.
impl<'de> Deserialize<'de> for Dangerous {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let form = DangerousForm::deserialize(deserializer)?;
        let frame = Frame::new_checked(form.body.as_slice()).map_err(de::Error::custom)?;
        match Received::parse(&frame).map_err(de::Error::custom)?.message() {
            Message::Dangerous(dangerous) => Ok(dangerous),
            _ => Err(de::Error::custom("the body is that of an ordinary frame")),
        }
    }
}
