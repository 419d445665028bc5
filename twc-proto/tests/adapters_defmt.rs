//! Claim: what a firmware logs has a `defmt::Format`. Formatting itself needs a target and a host.
#![cfg(feature = "defmt")]

use defmt::Format;
use twc_proto::error::{EncodeError, FrameError, ParseError, SlipError, UnknownError};
use twc_proto::message::{
    Ack, Control, Dangerous, ErrorBitmap, Item, MasterHeartbeat, MasterLinkReady, PlugState, Query, Report,
    SlaveHeartbeat, SlaveLinkReady, Switch, Text, Unknown,
};
use twc_proto::types::ParseIdError;
use twc_proto::unit::{ProductionPeriod, SerialError};
use twc_proto::vin::{VinError, VinState};
use twc_proto::{
    BodyLen, CentiAmps, Command, DecodeError, DecoderStats, Envelope, EnvelopeError, Firmware, Instant, Message,
    MeterReading, Opcode, Received, SerialNumber, Sign, SlaveState, TwcId, Version, Vin,
};

trait Logged: Format {}

macro_rules! logged {
    ($($type:ty),* $(,)?) => { $(impl Logged for $type {})* };
}

logged!(TwcId, Sign, CentiAmps, Version, BodyLen, SlaveState, Command, Opcode, Instant, PlugState, ErrorBitmap);
logged!(Item, Switch, Text<11>, Text<7>, Unknown, Dangerous, Report, Message, Received, Envelope, DecoderStats);
logged!(MasterLinkReady, SlaveLinkReady, MasterHeartbeat, SlaveHeartbeat, Query, Control, Ack);
logged!(SlipError, FrameError, ParseError, DecodeError, EnvelopeError, UnknownError, EncodeError, ParseIdError);
logged!(Vin, VinError, VinState, SerialNumber, SerialError, ProductionPeriod, Firmware, MeterReading);

#[test]
fn everything_a_firmware_logs_can_be_formatted() {
    fn logged<T: Logged>() {}
    logged::<Message>();
}
