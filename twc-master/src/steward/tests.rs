use core::time::Duration;

use twc_proto::Sign;

use super::*;
use crate::budget::PerPhase;
use crate::budget::meter::Reading;
use crate::config::{Phases, Timing};
use crate::share::Rotation;

fn settings(text: &str) -> Settings {
    Settings::parse(text).unwrap_or_else(|error| panic!("{error}"))
}

fn config(settings: &Settings) -> crate::Config {
    settings.config(TwcId::new(0x4242), Sign::new(1), Timing::SERIAL)
}

const PANEL: &str = r#"
[site]
continuous_limit = "3x32A"
meter = "main"

[circuit.barn]
continuous_limit = "3x25A"
fed_by = "hut"

[circuit.hut]
continuous_limit = "3x28A"

[[slave]]
id = "3495"
circuit = "barn"
continuous_limit = "16A"
phases = "L2"

[[slave]]
id = "3496"

[meter.main]
interval = "1s"
"#;

#[test]
fn the_masters_tree_is_the_configured_one() {
    let settings = settings(PANEL);
    let config = config(&settings);
    config.check().unwrap();
    let [Some(site), Some(barn), Some(hut), None, ..] = config.circuits else { panic!("{:?}", config.circuits) };
    assert_eq!((site.fed_by, barn.fed_by, hut.fed_by), (Place::Site, Place::Circuit(2), Place::Circuit(0)));
    assert_eq!(site.unordered, [CentiAmps::from_amps(12); PHASES]);
    let [Some(first), Some(second), None] = config.connections else { panic!() };
    assert_eq!((first.place, second.place), (Place::Circuit(1), Place::Circuit(0)));
    assert_eq!(first.phases, Some([Phases::L2, Phases::NONE, Phases::NONE]));
    assert_eq!(second.phases, None);
}

#[test]
fn between_two_legs_a_current_counts_on_both() {
    let text = "[site]\ncontinuous_limit = \"40A\"\nvolts = 120\n[[slave]]\nid = \"3495\"\nphases = \"L1,L2\"\n";
    let phases = config(&settings(text)).connections[0].unwrap().phases.unwrap();
    assert_eq!(phases, [Phases::L1.and(Phases::L2), Phases::NONE, Phases::NONE]);
}

#[test]
fn a_watched_limit_is_failsafe_until_the_meter_speaks_and_again_when_it_is_silent() {
    let settings = settings(PANEL);
    let mut master = Master::new(config(&settings), Rotation::default(), Instant::ZERO).unwrap();
    let mut steward = Steward::new(settings, Instant::ZERO).unwrap();
    steward.steer(Instant::ZERO, &mut master);
    assert_eq!(steward.watched[0].ordered, Some([CentiAmps::from_amps(12); PHASES]));
    let now = Instant::from_secs(1);
    let reading = Reading { centiamps: Some(PerPhase([1_000, 0, 0])), watts: None };
    let sample = Sample { reading, measured: None, arrived: now, retained: false };
    steward.handle_sample(0, &sample).unwrap();
    steward.steer(now, &mut master);
    let left = [22, 32, 32].map(CentiAmps::from_amps);
    assert_eq!(steward.watched[0].ordered, Some(left));
    steward.steer(now + Duration::from_millis(2_500), &mut master);
    assert_eq!(steward.watched[0].ordered, Some([CentiAmps::ZERO; PHASES]), "no raise beyond what is in force");
    steward.steer(now + Duration::from_secs(6), &mut master);
    assert_eq!(steward.watched[0].ordered, Some([CentiAmps::from_amps(12); PHASES]));
    steward.steer(now + Duration::from_secs(61), &mut master);
    assert_eq!(steward.watched[0].ordered, Some([CentiAmps::ZERO; PHASES]));
}

/// A house with 15 A on its second phase, and one wall connector behind a switch that stands there.
fn behind_a_switch(
    position: Option<u8>,
) -> (CentiAmps, Option<PhaseAmps>, [Option<crate::config::Connection>; 3]) {
    let text =
        PANEL.replace("phases = \"L2\"\n", "[slave.phase_switch]\ncommand = [\"switch\"]\nphases = \"one\"\n");
    let settings = settings(&text);
    let config = config(&settings);
    let mut master = Master::new(config, Rotation::default(), Instant::ZERO).unwrap();
    let (id, amps) = (TwcId::new(0x3495), CentiAmps::from_amps);
    master.restore([crate::KnownSlave {
        id,
        version: twc_proto::Version::P2,
        unit_max: amps(32),
        commitment: amps(6),
        stops_proven: true,
        sign: None,
        strikes: 0,
        phases_void: false,
        silent: false,
        stopped: false,
    }]);
    let mut steward = Steward::new(settings, Instant::ZERO).unwrap();
    let now = Instant::from_secs(1);
    if let Some(phases) = position {
        let volts = if phases == 1 { [230, 0, 0] } else { [230; 3] };
        steward.switches.of_mut(id).unwrap().note_supply(Some((volts, now)));
    }
    let reading = Reading { centiamps: Some(PerPhase([100, 1_500, 100])), watts: None };
    let sample = Sample { reading, measured: None, arrived: now, retained: false };
    steward.handle_sample(0, &sample).unwrap();
    steward.steer(now, &mut master);
    let seen = *steward.look.of(id).unwrap();
    (steward.protection(now, &seen, &steward.capped(now)), steward.watched[0].ordered, config.connections)
}

#[test]
fn one_phase_assumption_never_increases_limit() {
    let all = behind_a_switch(Some(3));
    assert_eq!(all.0, CentiAmps::from_amps(17), "what the second phase leaves");
    assert_eq!(behind_a_switch(Some(1)), all);
    assert_eq!(behind_a_switch(None), all);
}
