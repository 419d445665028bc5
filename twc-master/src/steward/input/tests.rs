use core::time::Duration;
use std::string::ToString;

use twc_proto::Sign;

use super::*;
use crate::budget::schedule::Demand;
use crate::config::{PhaseAmps, Timing};
use crate::master::Master;
use crate::share::Rotation;
use twc_proto::{CentiAmps, TwcId};

const HOUSE: &str = r#"
[site]
continuous_limit = "32A"
mode = "scheduled"

[[slave]]
id = "3495"
continuous_limit = "32A"

[meter.grid]
interval = "5s"
values = "total"
sign = "export-positive"

[surplus]
meter = "grid"
topology = "charger-inside"
flex = "1kW"
flex_min_soc = "80%"

[battery]
stale_after = "30s"

[prices]

[schedule.spot]
zone = "Europe/Berlin"
otherwise = "off"

[[schedule.spot.price]]
at_most = "0.2"
mode = "now"

[cap.operator]
silent_after = "5min"
silent_limit = "3x20A"

[cap.landlord]
"#;

/// Where the master stands with its site, in whole amperes.
struct House {
    steward: Steward,
    master: Master<Rotation>,
}

impl House {
    fn new() -> Self {
        let settings = Settings::parse(HOUSE).unwrap_or_else(|error| panic!("{error}"));
        let config = settings.config(TwcId::new(0x4242), Sign::new(1), Timing::SERIAL);
        let master = Master::new(config, Rotation::default(), Instant::ZERO).unwrap();
        Self { steward: Steward::new(settings, Instant::ZERO).unwrap(), master }
    }

    fn says(&mut self, second: u64, text: &str) -> Vec<String> {
        let now = Instant::from_secs(second);
        let errors = self.steward.handle_said(now, Source::Any, &Said::line(text));
        errors.iter().map(ToString::to_string).collect()
    }

    /// The site's limit after a look at that time.
    fn site(&mut self, second: u64) -> u16 {
        self.steward.steer(Instant::from_secs(second), &mut self.master);
        let told: Vec<(Option<usize>, PhaseAmps)> = self.steward.told.clone();
        told.first().map_or(32, |(_, limit)| limit[0].value() / 100)
    }

    fn news(&mut self) -> Vec<String> {
        core::iter::from_fn(|| self.steward.poll_news()).collect()
    }
}

#[test]
fn everybody_is_called_by_the_name_in_the_file_and_who_is_not_there_is_told() {
    let mut house = House::new();
    assert_eq!(house.says(1, r#"{"to": "battery", "soc": 50}"#), [] as [&str; 0]);
    let bad = [
        (r#"{"soc": 50}"#, "must name whom"),
        (r#"{"to": "cap.grid", "amps": 6}"#, "nobody is called `cap.grid`"),
        (r#"{"to": "battery", "soc": 101}"#, "not between 0 and 100"),
        (r#"{"to": "meter.grid"}"#, "neither amps nor watts"),
        (r#"{"to": "meter.grid", "watts": 3, "age": 60}"#, "older than this run"),
        (r#"{"to": "cap.operator", "amps": 6, "until": "18:00"}"#, "no time such as"),
        (r#"{"to": "cap.operator"}"#, "give amps, or release"),
        (r#"{"to": "orders", "mode": "fast"}"#, "`fast` is unknown"),
        (r#"{"to": "orders", "mode": "now", "amps": 3}"#, "order the mode off"),
        ("[1]", "not an object"),
    ];
    for (text, reason) in bad {
        let errors = house.says(1, text);
        assert!(errors.len() == 1 && errors[0].contains(reason), "{text}: {errors:?}");
    }
}

#[test]
fn a_meters_line_may_tell_of_the_battery_and_both_have_an_age() {
    let mut house = House::new();
    let said = house
        .says(100, r#"{"to": "meter.grid", "watts": 3000, "age": 10, "battery": {"watts": 500, "soc": 81.9}}"#);
    assert_eq!(said, [] as [&str; 0]);
    let surplus = house.steward.planner.surplus().unwrap();
    let battery = surplus.battery().unwrap();
    assert_eq!((battery.watts, battery.percent, battery.at), (500, Some(81), Instant::from_secs(90)));
    // What goes into the battery is there for the car, which comes first.
    assert_eq!(surplus.available().unwrap().total(), 3_500);
    house.says(121, r#"{"to": "meter.grid", "watts": 3000}"#);
    assert_eq!(
        house.steward.planner.surplus().unwrap().available().unwrap().total(),
        3_000,
        "31 s later it is stale"
    );
}

#[test]
fn a_limit_from_outside_lowers_until_its_end_and_never_raises() {
    let mut house = House::new();
    house.says(0, r#"{"to": "cap.operator", "amps": 40}"#);
    assert_eq!(house.site(1), 40, "an order is what it is; the guard keeps to the configured limit");
    house.says(10, r#"{"to": "cap.operator", "amps": [16, 10, 12], "for": "1min"}"#);
    house.steward.steer(Instant::from_secs(11), &mut house.master);
    assert_eq!(house.steward.told, [(None, [16, 10, 12].map(CentiAmps::from_amps))]);
    house.says(12, r#"{"to": "cap.landlord", "amps": 12}"#);
    house.steward.steer(Instant::from_secs(13), &mut house.master);
    assert_eq!(
        house.steward.told,
        [(None, [12, 10, 12].map(CentiAmps::from_amps))],
        "the lower of two on each phase"
    );
    assert_eq!(house.site(69), 12);
    house.says(70, r#"{"to": "cap.landlord", "release": true}"#);
    assert_eq!(house.site(71), 32);
    assert_eq!(
        house.news(),
        [
            "operator limits the site to 40A on each phase",
            "operator limits the site to 16A, 10A, 12A on each phase",
            "landlord limits the site to 12A on each phase",
            "landlord limits the site no more",
            "operator limits the site no more",
        ]
    );
}

#[test]
fn who_says_nothing_for_too_long_leaves_what_was_agreed_for_that() {
    let mut house = House::new();
    assert_eq!(house.site(0), 20, "nobody has spoken yet");
    house.says(1, r#"{"to": "cap.operator", "release": true}"#);
    assert_eq!(house.site(1), 32);
    assert_eq!(house.site(301), 32);
    assert_eq!(house.site(302), 20);
    house.says(303, r#"{"to": "cap.operator", "amps": 6}"#);
    assert_eq!(house.site(303), 6);
    assert_eq!(house.site(700), 6, "the lower of both holds");
    // A file that was written ten minutes ago, beyond our own start.
    let said = Said { age: Duration::from_secs(600), ..Said::line(r#"{"amps": 9, "for": "11min"}"#) };
    let mut house = House::new();
    assert_eq!(house.steward.handle_said(Instant::from_secs(1), Source::Cap(1), &said), []);
    assert_eq!((house.site(1), house.site(60)), (9, 9));
    assert_eq!(
        house.site(61),
        20,
        "it was ordered for eleven minutes, and has not been heard of for longer than five"
    );
}

#[test]
fn a_limit_until_a_time_of_the_wall_outlasts_a_clock_that_was_set_and_one_that_was_never_set() {
    let mut house = House::new();
    let wall = |text: &str| text.parse().unwrap();
    house.steward.handle_clock(Instant::ZERO, wall("2026-06-17T12:00Z"));
    house.says(0, r#"{"to": "cap.landlord", "amps": 10, "until": "2026-06-17T13:00+00:00"}"#);
    house.says(0, r#"{"to": "cap.operator", "release": true}"#);
    house.steward.handle_clock(Instant::from_secs(60), wall("2026-06-17T15:00Z"));
    assert_eq!(house.site(61), 10, "three hours in a minute");
    house.says(3_599, r#"{"to": "cap.operator", "release": true}"#);
    assert_eq!((house.site(3_599), house.site(3_600)), (10, 32));

    let mut house = House::new();
    house.steward.handle_clock(Instant::ZERO, wall("1970-01-01T00:00Z"));
    house.says(0, r#"{"to": "cap.landlord", "amps": 10, "until": "2026-06-17T13:00Z"}"#);
    assert_eq!(house.site(1_000_000), 10, "nobody knows when that is");
    house.steward.handle_clock(Instant::from_secs(1_000_001), wall("2026-06-17T13:00Z"));
    assert_eq!(house.site(1_000_002), 20, "only the silent limit is left");
    assert!(
        house.news().iter().any(|news| news == "the clock was never set: schedules do what they do otherwise")
    );
}

#[test]
fn prices_reach_the_schedules_and_are_forgotten_with_age() {
    let mut house = House::new();
    house.steward.market = super::super::prices::Market::new(Some(&crate::settings::PriceSettings {
        source: None,
        lasts: Duration::from_secs(3_600),
        max_age: Some(Duration::from_secs(600)),
    }));
    house.steward.handle_clock(Instant::ZERO, "2026-06-17T12:00Z".parse().unwrap());
    house.says(0, r#"{"to": "prices", "start": "2026-06-17T10:00Z", "end": "2026-06-18T00:00Z", "price": 0.2}"#);
    let price = |house: &mut House, second| {
        house.site(second);
        let schedule = &house.steward.settings.schedules[0].schedule;
        let verdict = schedule.verdict("2026-06-17T12:00Z".parse().unwrap(), Demand::default());
        verdict.action.mode
    };
    assert_eq!(price(&mut house, 1), crate::budget::plan::Mode::Now);
    assert_eq!(price(&mut house, 601), crate::budget::plan::Mode::Off);
}

#[test]
fn orders_by_people_come_as_lines() {
    let mut house = House::new();
    assert_eq!(
        house.says(1, r#"{"to": "orders", "slave": "3495", "mode": "now", "amps": 16, "kwh": 5.5, "for": "1h"}"#),
        [] as [&str; 0]
    );
    let (slave, order, _) = house.steward.planner.orders().next().unwrap();
    assert_eq!(
        (slave, order.amps, order.watt_hours),
        (Some(TwcId::new(0x3495)), Some(CentiAmps::from_amps(16)), Some(5_500))
    );
    assert_eq!(order.until, Some(Instant::from_secs(3_601)));
    house.says(2, r#"{"to": "orders", "slave": "3495", "release": true}"#);
    assert_eq!(house.steward.planner.orders().count(), 0);
    let error = house.says(3, r#"{"to": "orders", "mode": "now", "until": "2026-06-17T13:00Z"}"#);
    assert!(error[0].contains("the clock was never set"), "{error:?}");
}

#[test]
fn two_inverters_and_a_meter_of_the_house_make_the_meter_of_the_sun() {
    let text = HOUSE.replace(
        "values = \"total\"\nsign = \"export-positive\"\n",
        "values = \"total\"\nplus = [\"house\"]\nminus = [\"east\", \"west\"]\n\
         [meter.house]\ninterval = \"5s\"\n[meter.east]\ninterval = \"5s\"\n[meter.west]\ninterval = \"5s\"\n",
    );
    let settings = Settings::parse(&text).unwrap_or_else(|error| panic!("{error}"));
    let mut steward = Steward::new(settings, Instant::ZERO).unwrap();
    let mut says = |second, text: &str| {
        let errors = steward.handle_said(Instant::from_secs(second), Source::Any, &Said::line(text));
        assert_eq!(errors, []);
        steward.planner.surplus().unwrap().available().map(crate::budget::surplus::Pool::total)
    };
    assert_eq!(says(1, r#"{"to": "meter.house", "watts": 700}"#), None);
    assert_eq!(says(2, r#"{"to": "meter.east", "watts": 2000}"#), None);
    assert_eq!(says(3, r#"{"to": "meter.west", "watts": 1500}"#), Some(2_800));
    assert_eq!(says(4, r#"{"to": "meter.west", "watts": 9999}"#), Some(2_800), "no newer than its oldest part");
    assert_eq!(says(5, r#"{"to": "meter.house", "watts": 100}"#), Some(11_899), "the oldest is the east's now");
}
