//! Which firmware answers what.

mod bench;

use bench::{A, B, Bench};
use twc_proto::TwcId;
use twc_proto::message::{Item, PlugState, Report, Text};
use twc_sim::{CarProfile, ChargerConfig};

fn answered(config: ChargerConfig) -> Vec<Item> {
    let mut bench = Bench::new(config);
    bench.keep(2);
    Item::ALL.into_iter().filter(|item| bench.query(*item).iter().any(|report| report.item() == *item)).collect()
}

#[test]
fn firmware_4_5_3_and_later_answers_everything() {
    assert_eq!(answered(ChargerConfig { firmware: [4, 5, 3, 2], ..ChargerConfig::p2(A) }), Item::ALL);
}

#[test]
fn older_p2_firmware_has_the_meter_without_currents_and_the_old_forms() {
    let old = ChargerConfig { firmware: [4, 4, 13, 0], ..ChargerConfig::p2(A) };
    assert_eq!(answered(old.clone()), [Item::Meter, Item::OldSerial, Item::OldModel, Item::OldFirmware]);
    let mut bench = Bench::new(old);
    bench.keep(2);
    assert!(matches!(bench.query(Item::Meter)[..], [Report::Meter { phase_half_amps: None, .. }]));
    assert_eq!(bench.heard.last().unwrap().1.body_len().get(), 16);
}

#[test]
fn protocol_1_has_the_old_forms_only() {
    assert_eq!(answered(ChargerConfig::p1(A)), [Item::OldSerial, Item::OldModel, Item::OldFirmware]);
}

#[test]
fn a_query_for_another_unit_is_not_answered_and_the_old_forms_work_without_an_id() {
    let mut bench = Bench::new(ChargerConfig::p2(A));
    bench.keep(2);
    for item in Item::ALL {
        assert_eq!(bench.query_to(item, B), [], "{item:?}");
    }
    let anybody = TwcId::new(0);
    assert_eq!(bench.query_to(Item::OldFirmware, anybody), [Report::OldFirmware { version: [4, 5, 10] }]);
    assert_eq!(bench.query_to(Item::Meter, anybody), []);
}

#[test]
fn the_meter_counts_what_flows() {
    let mut bench = Bench::charging(ChargerConfig::p2(A), CarProfile::i3(), 1_600);
    bench.keep(600);
    let [Report::Meter { kwh, volts, phase_half_amps, .. }] = bench.query(Item::Meter)[..] else { panic!() };
    let delivered = u32::try_from(bench.charger().delivered_watt_hours() / 1_000).unwrap();
    assert_eq!((kwh, volts), (6_782 + delivered, [230; 3]));
    let half_amps = u8::try_from((bench.charger().reported_current().value() + 25) / 50).unwrap();
    assert_eq!(phase_half_amps, Some([half_amps, 0, 0]));
    assert!(half_amps.abs_diff(30) <= 1);
}

#[test]
fn the_plug_state_follows_the_car() {
    let mut bench = Bench::new(ChargerConfig::p2(A));
    bench.keep(2);
    let state = |bench: &mut Bench| match bench.query(Item::PlugState)[..] {
        [Report::PlugState { state, .. }] => state,
        _ => panic!(),
    };
    assert_eq!(state(&mut bench), PlugState::UNPLUGGED);
    bench.plug(CarProfile::i3(), 1_000);
    bench.keep(1);
    assert_eq!(state(&mut bench), PlugState::PLUGGED);
    let mut bench = Bench::charging(ChargerConfig::p2(A), CarProfile::i3(), 1_600);
    assert_eq!(state(&mut bench), PlugState::CHARGING);
}

#[test]
fn only_a_car_that_talks_shows_its_vin_and_only_after_a_while() {
    let vin = |bench: &mut Bench| match bench.query(Item::VinPart1)[..] {
        [Report::VinPart1 { chars, .. }] => chars,
        _ => panic!(),
    };
    let mut bench = Bench::new(ChargerConfig::p2(A));
    bench.keep(1);
    bench.plug(CarProfile::tesla(), 1_000);
    assert!(vin(&mut bench).is_empty());
    bench.keep(6);
    assert_eq!(vin(&mut bench), Text::new("5YJ3E7E"));
    assert!(
        matches!(bench.query(Item::VinPart3)[..], [Report::VinPart3 { chars, .. }] if chars == Text::new("316"))
    );
    let pilot_only = ChargerConfig { talks_to_car: false, ..ChargerConfig::p2(A) };
    assert!(vin(&mut Bench::charging(pilot_only, CarProfile::tesla(), 1_600)).is_empty());
    assert!(vin(&mut Bench::charging(ChargerConfig::p2(A), CarProfile::zoe(), 1_600)).is_empty());
}
