//! Claim: VIN, serial number, firmware and meter mean what docs/protocol.md says, at their edges too.

use proptest::prelude::*;
use twc_proto::message::{PlugState, Report, Text};
use twc_proto::unit::SerialError;
use twc_proto::vin::{VinError, VinParts, VinState};
use twc_proto::{CentiAmps, Firmware, MeterReading, SerialNumber, TwcId, Vin};

const SENDER: TwcId = TwcId::new(0x3495);
/// A report that is about none of these.
const OTHER: Report = Report::PlugState { sender: SENDER, state: PlugState::new(0) };

fn parts(vin: [u8; 17]) -> [Report; 3] {
    let part = |range: core::ops::Range<usize>| vin[range].to_vec();
    [
        Report::VinPart1 { sender: SENDER, chars: Text(part(0..7).try_into().unwrap()) },
        Report::VinPart2 { sender: SENDER, chars: Text(part(7..14).try_into().unwrap()) },
        Report::VinPart3 { sender: SENDER, chars: Text(part(14..17).try_into().unwrap()) },
    ]
}

fn state(vin: &[u8; 17]) -> VinState {
    let mut collected = VinParts::new();
    for part in parts(*vin) {
        assert!(collected.take(&part));
    }
    collected.state()
}

#[test]
fn check_digits_of_published_examples_are_right() {
    for (vin, digit) in [("1M8GDM9AXKP042788", 'X'), ("11111111111111111", '1'), ("1HGCM82633A004352", '3')] {
        let vin: Vin = vin.parse().unwrap();
        assert_eq!((vin.has_check_digit(), vin.computed_check_digit()), (true, digit), "{vin}");
    }
}

#[test]
fn three_parts_are_known_doubtful_damaged_or_none() {
    assert!(matches!(state(b"1M8GDM9AXKP042788"), VinState::Known(_)));
    assert!(matches!(state(b"1M8GDM9AXKP042789"), VinState::Doubtful(_)));
    assert_eq!(state(b"1M8GDM9AXKPO42788"), VinState::Damaged(VinError::Character { position: 12 }));
    assert_eq!(state(b"1M8GDM9AXKP04278\0"), VinState::Damaged(VinError::Character { position: 17 }));
    assert_eq!(state(&[0; 17]), VinState::None);
    assert_eq!(state(b"1M8GDM9AXKP042\0\0\0"), VinState::Partial);
    assert_eq!(state(b"1M8GDM9\0\0\0\0\0\0\x00788"), VinState::Partial);
    assert_eq!(state(b"\0\0\0\0\0\0\0AXKP042788"), VinState::Partial);
}

#[test]
fn a_vin_is_known_when_its_last_part_has_come_whatever_the_order() {
    let reports = parts(*b"1M8GDM9AXKP042788");
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let mut collected = VinParts::new();
        for part in order {
            assert_eq!(collected.state() == VinState::Unknown, part == order[0], "{order:?}");
            assert!(collected.take(&reports[part]) && !collected.take(&OTHER));
            assert_eq!(collected.state() == VinState::Partial, part != order[2], "{order:?}");
        }
        let VinState::Known(vin) = collected.state() else { panic!("{order:?}: {collected:?}") };
        assert_eq!((vin.as_str(), vin.to_string().as_str()), ("1M8GDM9AXKP042788", "1M8GDM9AXKP042788"));
        collected.clear();
        assert_eq!(collected.state(), VinState::Unknown);
    }
}

#[test]
fn a_vin_has_17_digits_and_capital_letters_without_i_o_and_q() {
    for byte in 0..=u8::MAX {
        let mut vin = *b"1M8GDM9AXKP042788";
        vin[16] = byte;
        let legal = byte.is_ascii_digit() || byte.is_ascii_uppercase() && !b"IOQ".contains(&byte);
        let expected = if legal { Ok(()) } else { Err(VinError::Character { position: 17 }) };
        assert_eq!(Vin::try_from(vin).map(|_| ()), expected, "{byte:02X}");
    }
    assert_eq!("1M8GDM9AXKP04278".parse::<Vin>(), Err(VinError::Length { len: 16 }));
}

#[test]
fn serial_numbers_of_the_captures_give_the_ids_they_used() {
    for (serial, id) in [("A18G0017973", 0x7973), ("A17A0003495", 0x3495), ("A17I0039393", 0x9393)] {
        assert_eq!(serial.parse::<SerialNumber>().unwrap().default_id(), TwcId::new(id));
    }
}

#[test]
fn what_is_no_serial_number_says_why() {
    let error = |text: &str| text.parse::<SerialNumber>().unwrap_err();
    assert_eq!(error(""), SerialError::Empty);
    assert_eq!(error("A17A003495"), SerialError::Form);
    assert_eq!(error("A17A 003495"), SerialError::Form);
    assert_eq!(error("A17A000349A"), SerialError::NoDigits);
    assert_eq!(SerialNumber::from_text(&Text([0xFF; 11])), Err(SerialError::Empty));
}

#[test]
fn periods_are_fortnights_from_new_year() {
    let period = |serial: &str| serial.parse::<SerialNumber>().unwrap().production_period().map(|p| p.to_string());
    let shown = |date: &str| Some(format!("from {date}"));
    assert_eq!(period("A18A0000001"), shown("2018-01-01"));
    assert_eq!(period("A18B0000001"), shown("2018-01-15"));
    assert_eq!(period("A18C0000001"), shown("2018-01-29"));
    assert_eq!(period("A18D0000001"), shown("2018-02-12"));
    assert_eq!(period("A19Z0000001"), shown("2019-12-17"));
    assert_eq!(period("A20F0000001"), shown("2020-03-11"));
    assert_eq!(period("B18A0000001"), None);
    assert_eq!(period("A1800000001"), None);
    let made = "A17I0039393".parse::<SerialNumber>().unwrap().production_period().unwrap();
    assert_eq!((made.year(), made.month(), made.day()), (2017, 4, 23));
}

/// Counts days one by one.
#[test]
fn every_period_of_a_hundred_years_begins_on_a_day_of_the_calendar() {
    for year in 0..100_u16 {
        let leap = u16::from(year % 4 == 0);
        let days = [31, 28 + leap, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let mut calendar = (1..).zip(days).flat_map(|(month, days)| (1..=days as u8).map(move |day| (month, day)));
        for letter in 'A'..='Z' {
            let serial: SerialNumber = format!("A{year:02}{letter}0000001").parse().unwrap();
            let period = serial.production_period().unwrap();
            let expected = calendar.next().unwrap();
            assert_eq!((period.year(), (period.month(), period.day())), (2000 + year, expected), "{serial}");
            calendar.nth(12);
        }
    }
}

#[test]
fn versions_compare_as_numbers() {
    let ordered = [
        Firmware::new(4, 4, 13, None),
        Firmware::FIRST_WITH_REPORTS,
        Firmware::new(4, 5, 3, Some(0)),
        Firmware::new(4, 5, 3, Some(2)),
        Firmware::new(4, 5, 10, Some(2)),
        Firmware::new(5, 0, 0, None),
    ];
    assert!(ordered.is_sorted());
    assert_eq!(ordered.map(Firmware::has_reports), [false, true, true, true, true, true]);
}

#[test]
fn both_reports_of_a_version_tell_its_parts() {
    let new = Firmware::from_report(&Report::Firmware { sender: SENDER, version: [4, 5, 10, 2] }).unwrap();
    assert_eq!((new.parts(), new.extended(), new.to_string().as_str()), ([4, 5, 10], Some(2), "4.5.10.2"));
    let old = Firmware::from_report(&Report::OldFirmware { version: [4, 5, 3] }).unwrap();
    assert_eq!((old.parts(), old.extended(), old.to_string().as_str()), ([4, 5, 3], None, "4.5.3"));
    assert_eq!(Firmware::from_report(&OTHER), None);
}

#[test]
fn both_reports_of_a_serial_number_tell_it() {
    let serial = Text(*b"A17A0003495");
    for report in [Report::Serial { sender: SENDER, serial }, Report::OldSerial { serial }] {
        let serial = SerialNumber::from_report(&report).unwrap().unwrap();
        assert_eq!((serial.as_str(), serial.default_id()), ("A17A0003495", SENDER));
    }
    let nothing = Report::OldSerial { serial: Text([0; 11]) };
    assert_eq!(SerialNumber::from_report(&nothing), Some(Err(SerialError::Empty)));
    assert_eq!(SerialNumber::from_report(&OTHER), None);
}

proptest! {
    #[test]
    fn a_counter_is_believed_up_to_a_million(kwh in any::<u32>()) {
        let report = Report::Meter { sender: SENDER, kwh, volts: [0; 3], phase_half_amps: None };
        let reading = MeterReading::from_report(&report).unwrap();
        prop_assert_eq!(reading.raw_kwh(), kwh);
        prop_assert_eq!(reading.plausible_kwh(), (kwh <= 1_000_000).then_some(kwh));
        prop_assert_eq!(reading.phase_amps(), None);
    }

    #[test]
    fn one_wrong_character_is_always_seen_unless_its_value_is_the_same(
        at in 0..17_usize,
        to in prop::sample::select(b"0123456789ABCDEFGHJKLMNPRSTUVWXYZ".to_vec()),
    ) {
        let good = *b"1M8GDM9AXKP042788";
        let mut bad = good;
        bad[at] = to;
        let value = |byte: u8| match byte {
            b'0'..=b'9' => byte - b'0',
            letter => b"12345678_12345_7_923456789"[usize::from(letter - b'A')] - b'0',
        };
        // X in the place of the check digit means ten.
        let same = if at == 8 { to == b'X' } else { value(good[at]) == value(to) };
        prop_assert_eq!(Vin::try_from(bad).unwrap().has_check_digit(), same);
    }
}

#[test]
fn a_meter_reading_has_volts_as_sent_and_amps_of_half_steps() {
    let report = |kwh, phase_half_amps| {
        let volts = [230, 241, 0];
        MeterReading::from_report(&Report::Meter { sender: SENDER, kwh, volts, phase_half_amps }).unwrap()
    };
    let reading = report(1_000_000, Some([64, 1, 255]));
    assert_eq!(reading.volts(), [230, 241, 0]);
    assert_eq!(reading.phase_amps(), Some([3_200, 50, 12_750].map(CentiAmps::new)));
    assert_eq!(reading.plausible_kwh(), Some(1_000_000));
    assert_eq!(report(1_000_001, None).plausible_kwh(), None);
    assert_eq!(report(1_000_001, None).phase_amps(), None);
    assert_eq!(MeterReading::from_report(&OTHER), None);
}
