//! Every switch of the simulated unit, with the default that the field evidence favours.

use core::time::Duration;

use twc_proto::message::Text;
use twc_proto::{CentiAmps, Sign, TwcId, Version};

use super::wiring::{Line, Rotary};
use crate::rng::Ratio;

/// How one simulated unit behaves. [`ChargerConfig::p1`] and [`ChargerConfig::p2`] give the defaults; where the
/// sources disagree there is a field.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // Switches, each on its own.
pub struct ChargerConfig {
    /// Its id; also the last four digits of its serial number. A reboot returns to it.
    pub id: TwcId,
    /// Its sign after the first boot; `None`: drawn. A reboot always draws another.
    pub first_sign: Option<Sign>,
    /// The generation it speaks.
    pub version: Version,
    /// Major, minor, revision, extended. Reports, B1 and B2 exist from 4.5.3 on.
    pub firmware: [u8; 4],
    /// Serial number, eleven characters.
    pub serial: Text<11>,
    /// Model number, eleven characters.
    pub model: Text<11>,
    /// What its linkready announces.
    pub max_current: CentiAmps,
    /// P2: what a smaller limit becomes. P1: below this the relay stays open.
    pub minimum: CentiAmps,
    /// What the limit falls to when the car pauses or is full (08 to 03).
    pub limit_after_pause: CentiAmps,
    /// Where the rotary switch stands. Only F is a slave; the others charge by themselves and are not on the bus.
    pub rotary: Rotary,
    /// An id drawn because a master had ours survives a power cycle. Unknown of real units; off.
    pub keeps_drawn_id: bool,
    /// Slow linkready period: 10 s, from firmware 4.5.10 on 6 s.
    pub link_ready_period: Duration,
    /// Each slow linkready may come so much earlier or later.
    pub link_ready_jitter: Duration,
    /// Quick linkreadys after power-up or reset.
    pub quick_link_readys: u8,
    /// Between two quick ones.
    pub quick_link_ready_gap: Duration,
    /// From a reboot by the button to the first linkready.
    pub reset_boot_time: Duration,
    /// Answer every second LR2 with five linkreadys. Contested; off.
    pub answer_link_ready_2: bool,
    /// Shortest time from a request to its answer.
    pub least_latency: Duration,
    /// Longest time from a request to its answer.
    pub greatest_latency: Duration,
    /// How often an answer comes late.
    pub late_answers: Ratio,
    /// How much later it then comes.
    pub late_by: Duration,
    /// How often an answer comes twice.
    pub doubled_answers: Ratio,
    /// How often an answer says 05, whatever the unit is doing. Seen now and then, unexplained; never.
    pub busy_answers: Ratio,
    /// Waits for a quiet line before it sends. Whether real units do is unknown; on.
    pub listens_first: bool,
    /// Without its master for this long: linkreadys again, four red blinks.
    pub alarm_after: Duration,
    /// Without its master for this long: the current is cut.
    pub cut_after: Duration,
    /// Any frame of a master, also one for somebody else, counts as hearing the master. Off.
    pub any_master_frame_refreshes: bool,
    /// State 03 after a car was plugged in, before it asks for a limit.
    pub plug_in_time: Duration,
    /// State 04 with a limit, before the car starts.
    pub accept_time: Duration,
    /// At the start it asks again, in 08 with limit 0, and starts with the limit that answers. P1.
    pub asks_again_at_start: bool,
    /// State 08 before 01.
    pub starting_time: Duration,
    /// State 08 before 03 when the car pauses or is full.
    pub pausing_time: Duration,
    /// State 09 after a new limit.
    pub setting_time: Duration,
    /// State 06 after command 06.
    pub raising_time: Duration,
    /// How long command 07 takes 2 A away.
    pub lowered_time: Duration,
    /// State 07 after command 07.
    pub lowering_time: Duration,
    /// P2: obey 05 also while charging. Off.
    pub obey_05_while_charging: bool,
    /// Fall back to 0 instead of `minimum` when P2 gets 05 with 0 A before charging. Off.
    pub zero_05_is_zero: bool,
    /// Resume at the held limit when a lost master returns, without waiting for a new one. Off.
    pub resume_with_held_limit: bool,
    /// Charging for so long, it falls to `limit_after_pause` unasked. Off; [`super::Charger::reset_limit`] is the
    /// same by hand.
    pub forgets_limit_after: Option<Duration>,
    /// This closing of the relay, counted from 1, is its last: the contact welds. Off.
    pub welds_at_closing: Option<u32>,
    /// What it reads too much (or too little) while current flows, in centiamps.
    pub meter_error: i16,
    /// What it reads while none flows, and the least it ever reads.
    pub idle_reading: CentiAmps,
    /// Lifetime energy at the start, in kWh.
    pub energy_kwh: u32,
    /// What stands in the upper half of the reported counter; some units show nonsense there (0040, 0085, 00A3).
    pub kwh_upper_half: u16,
    /// Volts at its three terminals; 0 where nothing is connected.
    pub volts: [u16; 3],
    /// The phases of the supply on which its terminals sit.
    pub lines: [Line; 3],
    /// Split phase: what flows through its terminals comes back on this one.
    pub returns_on: Option<Line>,
    /// DIP switch 2 up: it talks to a Tesla (VIN). Down: pilot only, and FC B2 is milder.
    pub talks_to_car: bool,
    /// How long a plugged-in car's VIN stays zero.
    pub vin_delay: Duration,
    /// The byte behind frames of up to 16 bytes.
    pub tail_16: Option<u8>,
    /// The byte behind longer frames.
    pub tail_20: Option<u8>,
}

impl ChargerConfig {
    /// A European unit of the second generation: 32 A, firmware 4.5.10.2.
    pub fn p2(id: TwcId) -> Self {
        Self {
            id,
            first_sign: None,
            version: Version::P2,
            firmware: [4, 5, 10, 2],
            serial: Text::new(&format!("A17A000{id}")),
            model: Text::new("EVW2T32HLC"),
            max_current: CentiAmps::from_amps(32),
            minimum: CentiAmps::from_amps(6),
            limit_after_pause: CentiAmps::from_amps(6),
            rotary: Rotary::SLAVE,
            keeps_drawn_id: false,
            link_ready_period: Duration::from_secs(6),
            link_ready_jitter: Duration::from_millis(100),
            quick_link_readys: 3,
            quick_link_ready_gap: Duration::from_millis(500),
            reset_boot_time: Duration::from_millis(2_600),
            answer_link_ready_2: false,
            least_latency: Duration::from_millis(150),
            greatest_latency: Duration::from_millis(200),
            late_answers: Ratio::ZERO,
            late_by: Duration::from_secs(2),
            doubled_answers: Ratio::ZERO,
            busy_answers: Ratio::ZERO,
            listens_first: true,
            alarm_after: Duration::from_secs(10),
            cut_after: Duration::from_secs(30),
            any_master_frame_refreshes: false,
            plug_in_time: Duration::from_secs(1),
            accept_time: Duration::from_secs(1),
            asks_again_at_start: false,
            starting_time: Duration::from_secs(3),
            pausing_time: Duration::from_secs(2),
            setting_time: Duration::from_secs(11),
            raising_time: Duration::from_secs(44),
            lowered_time: Duration::from_secs(10),
            lowering_time: Duration::from_secs(13),
            obey_05_while_charging: false,
            zero_05_is_zero: false,
            resume_with_held_limit: false,
            forgets_limit_after: None,
            welds_at_closing: None,
            meter_error: 0,
            idle_reading: CentiAmps::ZERO,
            energy_kwh: 6_782,
            kwh_upper_half: 0,
            volts: [230; 3],
            lines: Line::ALL,
            returns_on: None,
            talks_to_car: true,
            vin_delay: Duration::from_secs(5),
            tail_16: Some(0xFC),
            tail_20: Some(0xFE),
        }
    }

    /// A unit of the first generation: 14-byte frames, command 05 at any time, 5 A.
    pub fn p1(id: TwcId) -> Self {
        Self {
            version: Version::P1,
            firmware: [4, 0, 0, 0],
            serial: Text::new(&format!("A16H000{id}")),
            minimum: CentiAmps::from_amps(5),
            link_ready_period: Duration::from_secs(10),
            asks_again_at_start: true,
            obey_05_while_charging: true,
            zero_05_is_zero: true,
            ..Self::p2(id)
        }
    }

    /// The names [`ChargerConfig::by_firmware`] knows.
    pub const FIRMWARES: [&'static str; 4] = ["p1", "4.4", "4.5.3", "4.5.10"];

    /// A unit with one of the firmwares seen in the field.
    pub fn by_firmware(name: &str, id: TwcId) -> Option<Self> {
        Some(match name {
            "p1" => Self::p1(id),
            "4.4" => Self::firmware_4_4(id),
            "4.5.3" => Self::firmware_4_5_3(id),
            "4.5.10" => Self::p2(id),
            _ => return None,
        })
    }

    /// Firmware 4.4.13: protocol 2 without reports (but EB in its short form), VIN, B1, B2; linkready every 10 s.
    pub fn firmware_4_4(id: TwcId) -> Self {
        Self {
            firmware: [4, 4, 13, 0],
            serial: Text::new(&format!("A17I000{id}")),
            link_ready_period: Duration::from_secs(10),
            ..Self::p2(id)
        }
    }

    /// Firmware 4.5.3.2: reports, VIN, B1 and B2; linkready every 10 s.
    pub fn firmware_4_5_3(id: TwcId) -> Self {
        Self { firmware: [4, 5, 3, 2], serial: Text::new(&format!("A18G001{id}")), ..Self::firmware_4_4(id) }
    }

    /// Whether the firmware has the reports with an id, and B1 and B2.
    pub fn has_reports(&self) -> bool {
        self.version == Version::P2 && self.firmware >= [4, 5, 3, 0]
    }
}
