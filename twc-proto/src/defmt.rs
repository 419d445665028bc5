//! Compact log lines on microcontrollers (feature `defmt`): the values, messages and errors as their `Display`
//! has them, formatted on the host.

#![allow(clippy::match_same_arms, reason = "off the target defmt's macros look alike whatever they say")]

use defmt::{Format, Formatter, write};

use crate::error::{DecodeError, EncodeError, EnvelopeError, FrameError, ParseError, SlipError, UnknownError};
use crate::firmware::Firmware;
use crate::message::{
    Ack, Control, Dangerous, Envelope, ErrorBitmap, Item, MasterHeartbeat, MasterLinkReady, Message, PlugState,
    Query, Received, Report, SlaveHeartbeat, SlaveLinkReady, Switch, Text, Unknown,
};
use crate::meter::MeterReading;
use crate::stream::DecoderStats;
use crate::time::Instant;
use crate::types::{BodyLen, CentiAmps, Command, Opcode, ParseIdError, Sign, SlaveState, TwcId, Version};
use crate::unit::{ProductionPeriod, SerialError, SerialNumber};
use crate::vin::{Vin, VinError, VinState};

/// `Format` by one format string.
macro_rules! format_as {
    ($($type:ty: |$value:ident| $text:literal $(, $argument:expr)*;)*) => {$(
        impl Format for $type {
            fn format(&self, f: Formatter<'_>) {
                let $value = self;
                write!(f, $text $(, $argument)*);
            }
        }
    )*};
}

format_as! {
    TwcId: |id| "{=u16:04X}", id.value();
    Sign: |sign| "{=u8:02X}", sign.value();
    CentiAmps: |amps| "{=u16}.{=u16:02} A", amps.value() / 100, amps.value() % 100;
    BodyLen: |len| "{=usize}", len.get();
    SlaveState: |state| "{=u8:02X} {=str}", state.code(), state.name().unwrap_or("?");
    Command: |command| "{=u8:02X}", command.code();
    PlugState: |state| "{=u8:02X}", state.code();
    ErrorBitmap: |bitmap| "{=u8:08b}", bitmap.0;
    Opcode: |opcode| "{=u8:02X}{=u8:02X}", opcode.kind(), opcode.code();
    Version: |version| "protocol {=u8}", if matches!(version, Version::P1) { 1 } else { 2 };
    Instant: |instant| "{=u64:us}", instant.as_micros();
    Unknown: |unknown| "{} {=[u8]:02X}", unknown.opcode(), unknown.payload();
    Dangerous: |dangerous| "{=[u8]:02X}", dangerous.body();
    Received: |received| "{} ({} bytes)", received.message(), received.body_len();
    Envelope: |envelope| "{} ({} bytes)", envelope.message(), envelope.body_len();
    MasterLinkReady: |m| "{} sign {}", m.master, m.sign;
    SlaveLinkReady: |m| "{} sign {} max {}", m.slave, m.sign, m.max_current;
    MasterHeartbeat: |m| "{} to {} command {} {=u16:04X}", m.master, m.slave, m.command, m.argument;
    SlaveHeartbeat: |m| "{} to {} state {} limit {} drawn {}", m.slave, m.master, m.state, m.limit, m.drawn;
    Query: |m| "{} to {} {}", m.master, m.slave, m.item;
    Control: |m| "{} to {}", m.master, m.slave;
    Ack: |m| "{} {}", m.slave, m.switch;
    Vin: |vin| "{=str}", vin.as_str();
    SerialNumber: |serial| "{=str}", serial.as_str();
    ProductionPeriod: |period| "from {=u16}-{=u8:02}-{=u8:02}", period.year(), period.month(), period.day();
    MeterReading: |meter| "{=u32} kWh {} V {}", meter.raw_kwh(), meter.volts(), meter.phase_amps();
    ParseIdError: |_error| "a TWC id is four hexadecimal digits";
    ParseError: |error| "{} needs {=usize} bytes, {=usize} are there", error.opcode, error.needed, error.available;
    EncodeError: |error| "buffer of {=usize} bytes, {=usize} are needed", error.available, error.needed;
    DecoderStats: |stats| "{=u32} messages, {=u32} rejected, {=u32} junk bytes", stats.messages, stats.rejected(), stats.junk_bytes;
}

impl<const N: usize> Format for Text<N> {
    fn format(&self, f: Formatter<'_>) {
        write!(f, "{=[u8]:a}", self.0.as_slice());
    }
}

impl Format for Switch {
    fn format(&self, f: Formatter<'_>) {
        match self {
            Self::Start => write!(f, "start"),
            Self::Stop => write!(f, "stop"),
        }
    }
}

impl Format for Item {
    fn format(&self, f: Formatter<'_>) {
        let name = match self {
            Self::Meter => "meter",
            Self::Firmware => "firmware",
            Self::Serial => "serial",
            Self::VinPart1 => "vin part 1",
            Self::VinPart2 => "vin part 2",
            Self::VinPart3 => "vin part 3",
            Self::PlugState => "plug state",
            Self::OldSerial => "old serial",
            Self::OldModel => "old model",
            Self::OldFirmware => "old firmware",
        };
        write!(f, "{=str}", name);
    }
}

impl Format for Message {
    fn format(&self, f: Formatter<'_>) {
        match self {
            Self::LinkReady1(m) => write!(f, "linkready1 {}", m),
            Self::LinkReady2(m) => write!(f, "linkready2 {}", m),
            Self::SlaveLinkReady(m) => write!(f, "slave linkready {}", m),
            Self::MasterHeartbeat(m) => write!(f, "master heartbeat {}", m),
            Self::SlaveHeartbeat(m) => write!(f, "slave heartbeat {}", m),
            Self::Query(m) => write!(f, "query {}", m),
            Self::Report(m) => write!(f, "report {}", m),
            Self::Start(m) => write!(f, "start {}", m),
            Self::Stop(m) => write!(f, "stop {}", m),
            Self::Ack(m) => write!(f, "ack {}", m),
            Self::Idle => write!(f, "idle"),
            Self::Unknown(m) => write!(f, "unknown {}", m),
            Self::Dangerous(m) => write!(f, "dangerous {}", m),
        }
    }
}

impl Format for Report {
    fn format(&self, f: Formatter<'_>) {
        match self {
            Self::Meter { sender, kwh, volts, phase_half_amps } => {
                write!(f, "{} {=u32} kWh {} V {} x 0.5 A", sender, kwh, volts, phase_half_amps);
            }
            Self::Firmware { sender, version } => write!(f, "{} firmware {}", sender, version),
            Self::Serial { sender, serial } => write!(f, "{} serial {}", sender, serial),
            Self::VinPart1 { sender, chars } => write!(f, "{} vin part 1 {}", sender, chars),
            Self::VinPart2 { sender, chars } => write!(f, "{} vin part 2 {}", sender, chars),
            Self::VinPart3 { sender, chars } => write!(f, "{} vin part 3 {}", sender, chars),
            Self::PlugState { sender, state } => write!(f, "{} plug {}", sender, state),
            Self::OldSerial { serial } => write!(f, "serial {}", serial),
            Self::OldModel { model } => write!(f, "model {}", model),
            Self::OldFirmware { version } => write!(f, "firmware {}", version),
        }
    }
}

impl Format for SlipError {
    fn format(&self, f: Formatter<'_>) {
        match self {
            Self::InvalidEscape { found } => write!(f, "escape DB followed by {=u8:02X}", found),
            Self::DanglingEscape => write!(f, "frame ends inside an escape"),
            Self::TooLong { max } => write!(f, "more than {=usize} bytes", max),
        }
    }
}

impl Format for FrameError {
    fn format(&self, f: Formatter<'_>) {
        match self {
            Self::TooShort { len, min } => write!(f, "body of {=usize} bytes, at least {=usize}", len, min),
            Self::TooLong { len, max } => write!(f, "body of {=usize} bytes, at most {=usize}", len, max),
            Self::BadType { found } => write!(f, "type byte {=u8:02X}", found),
            Self::BadChecksum { computed, received } => {
                write!(f, "checksum {=u8:02X}, computed {=u8:02X}", received, computed);
            }
        }
    }
}

impl Format for DecodeError {
    fn format(&self, f: Formatter<'_>) {
        match self {
            Self::Slip(error) => write!(f, "{}", error),
            Self::Frame(error) => write!(f, "{}", error),
            Self::Message(error) => write!(f, "{}", error),
        }
    }
}

impl Format for EnvelopeError {
    fn format(&self, f: Formatter<'_>) {
        match self {
            Self::Dangerous { opcode } => write!(f, "{} is dangerous and never emitted", opcode),
            Self::LocksSlave => write!(f, "heartbeat command 02 locks the slave"),
            Self::TooShort { needed, available } => {
                write!(f, "{=usize} body bytes needed, {=usize} chosen", needed, available);
            }
            Self::WouldReadAsZeroAmps { most, chosen } => {
                write!(f, "no currents in {=usize} body bytes read as 0 A, at most {=usize}", chosen, most);
            }
            Self::UnknownLength { actual, chosen } => {
                write!(f, "unknown message of {=usize} bytes, {=usize} chosen", actual, chosen);
            }
        }
    }
}

impl Format for UnknownError {
    fn format(&self, f: Formatter<'_>) {
        match self {
            Self::Dangerous { opcode } => write!(f, "{} is dangerous and cannot be built", opcode),
            Self::Known { opcode } => write!(f, "{} is a known message", opcode),
            Self::Length { len } => write!(f, "payload of {=usize} bytes, 10 to 17 fit", len),
        }
    }
}

impl Format for Firmware {
    fn format(&self, f: Formatter<'_>) {
        let [major, minor, revision] = self.parts();
        write!(f, "{=u8}.{=u8}.{=u8}", major, minor, revision);
        if let Some(extended) = self.extended() {
            write!(f, ".{=u8}", extended);
        }
    }
}

impl Format for SerialError {
    fn format(&self, f: Formatter<'_>) {
        match self {
            Self::Empty => write!(f, "the serial number is empty"),
            Self::Form => write!(f, "a serial number is 11 letters and digits"),
            Self::NoDigits => write!(f, "the last four characters of a serial number are digits"),
        }
    }
}

impl Format for VinError {
    fn format(&self, f: Formatter<'_>) {
        match self {
            Self::Length { len } => write!(f, "a VIN has 17 characters, not {=usize}", len),
            Self::Character { position } => write!(f, "character {=usize} is none of a VIN", position),
        }
    }
}

impl Format for VinState {
    fn format(&self, f: Formatter<'_>) {
        match self {
            Self::Unknown => write!(f, "unknown"),
            Self::Partial => write!(f, "partial"),
            Self::None => write!(f, "none"),
            Self::Damaged(error) => write!(f, "damaged: {}", error),
            Self::Doubtful(vin) => write!(f, "doubtful {}", vin),
            Self::Known(vin) => write!(f, "{}", vin),
        }
    }
}
