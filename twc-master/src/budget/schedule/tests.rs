use std::string::ToString;
use std::{vec, vec::Vec};

use proptest::prelude::*;

use super::*;

const OFF: Action = Action::new(Mode::Off);
const NOW: Action = Action::new(Mode::Now);
const SOLAR: Action = Action::new(Mode::Solar);

fn window(days: &str, from: &str, to: &str, action: Action) -> Window {
    Window::new(days.parse().unwrap(), from.parse().unwrap(), to.parse().unwrap(), action).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn berlin(windows: Vec<Window>, otherwise: Action) -> Schedule {
    Schedule::new("Europe/Berlin", windows, otherwise).unwrap()
}

fn shown(schedule: &Schedule, from: &str, to: &str) -> Vec<String> {
    let stretches = schedule.preview(at(from), at(to), Demand::default());
    stretches.iter().map(|part| std::format!("{} {:?}", schedule.local(part.from), part.action.mode)).collect()
}

#[test]
fn nights_of_the_week_and_sun_at_the_weekend() {
    let schedule =
        berlin(vec![window("mon-fri", "23:00", "07:00", NOW), window("sat,sun", "00:00", "24:00", SOLAR)], OFF);
    assert_eq!(
        shown(&schedule, "2026-06-04T10:00:00Z", "2026-06-08T10:00:00Z"),
        [
            "Thu 2026-06-04 12:00 CEST Off",
            "Thu 2026-06-04 23:00 CEST Now",
            "Fri 2026-06-05 07:00 CEST Off",
            "Fri 2026-06-05 23:00 CEST Now",
            "Sat 2026-06-06 07:00 CEST Solar",
            "Mon 2026-06-08 00:00 CEST Off",
        ]
    );
}

#[test]
fn an_hour_that_is_skipped_or_repeated_is_what_the_clock_on_the_wall_says() {
    let schedule = berlin(vec![window("daily", "02:00", "03:00", NOW)], OFF);
    assert_eq!(shown(&schedule, "2026-03-28T22:00:00Z", "2026-03-29T22:00:00Z"), ["Sat 2026-03-28 23:00 CET Off"]);
    assert_eq!(
        shown(&schedule, "2026-10-24T22:00:00Z", "2026-10-25T03:00:00Z"),
        ["Sun 2026-10-25 00:00 CEST Off", "Sun 2026-10-25 02:00 CEST Now", "Sun 2026-10-25 03:00 CET Off",]
    );
    let half = berlin(vec![window("daily", "02:00", "02:30", NOW)], OFF);
    assert_eq!(shown(&half, "2026-10-24T23:59:00Z", "2026-10-25T03:00:00Z").len(), 5, "twice for half an hour");
}

#[test]
fn equal_times_are_refused_with_the_way_out() {
    let refused = Window::new(Days::ALL, TimeOfDay::MIDNIGHT, TimeOfDay::MIDNIGHT, NOW).unwrap_err();
    assert!(refused.to_string().contains("write 00:00 to 24:00"), "{refused}");
    assert_eq!(
        Window::new(Days::ALL, TimeOfDay::END, "07:00".parse().unwrap(), NOW),
        Err(WindowError::BeginsAtTheEnd)
    );
}

#[test]
fn a_car_that_must_leave_charges_at_the_last_moment_and_off_windows_stay_off() {
    let departure = |given| {
        let by = "07:00".parse().unwrap();
        let leave = Departure { days: "mon-fri".parse().unwrap(), by, watt_hours: 20_000, watts: 11_000 };
        let schedule = berlin(vec![window("daily", "05:30", "06:00", OFF)], SOLAR).with_departures(vec![leave]);
        let demand = Demand { given_watt_hours: given, serving: None };
        let stretches = schedule.preview(at("2026-06-07T20:00:00Z"), at("2026-06-08T10:00:00Z"), demand);
        let says = |part: &Stretch| std::format!("{} {:?}", schedule.local(part.from), part.action.mode);
        stretches.iter().map(says).collect::<Vec<_>>()
    };
    // 20 kWh at 11 kW and a tenth more: two hours.
    assert_eq!(
        departure(0),
        [
            "Sun 2026-06-07 22:00 CEST Solar",
            "Mon 2026-06-08 05:00 CEST Now",
            "Mon 2026-06-08 05:30 CEST Off",
            "Mon 2026-06-08 06:00 CEST Now",
            "Mon 2026-06-08 07:00 CEST Solar",
        ]
    );
    assert_eq!(departure(10_000).get(1).unwrap(), "Mon 2026-06-08 05:30 CEST Off");
    assert_eq!(departure(20_000).len(), 3);
}

#[test]
fn where_prices_are_known_a_departure_takes_the_cheapest_hours() {
    let by = "07:00".parse().unwrap();
    let leave = Departure { days: Days::ALL, by, watt_hours: 20_000, watts: 11_000 };
    let mut schedule = berlin(Vec::new(), OFF).with_departures(vec![leave]);
    let (from, cents) = (at("2026-06-07T20:00:00Z"), [30, 12, 25, 11, 28, 29, 30, 31, 40]);
    let hour = |index: i64| from.checked_add(SignedDuration::from_hours(index)).unwrap();
    let price = |(index, price): (i64, i64)| Price { from: hour(index), to: hour(index + 1), price };
    schedule.set_prices(PriceSeries::new((0..).zip(cents).map(price).collect()).unwrap());
    assert_eq!(
        shown(&schedule, "2026-06-07T20:00:00Z", "2026-06-08T05:00:00Z"),
        [
            "Sun 2026-06-07 22:00 CEST Off",
            "Sun 2026-06-07 23:00 CEST Now",
            "Mon 2026-06-08 00:00 CEST Off",
            "Mon 2026-06-08 01:00 CEST Now",
            "Mon 2026-06-08 02:00 CEST Off",
        ]
    );
}

#[test]
fn a_price_rule_holds_while_the_price_is_known_and_low() {
    let (from, to) = (at("2026-06-07T20:00:00Z"), at("2026-06-07T21:00:00Z"));
    let mut schedule = berlin(Vec::new(), OFF).with_price_rules(vec![PriceRule { at_most: 0, action: NOW }]);
    schedule.set_prices(PriceSeries::new(vec![Price { from, to, price: -3 }]).unwrap());
    let verdict = schedule.verdict(from, Demand::default());
    assert_eq!((verdict.rule, verdict.until), (Rule::Price(0), Some(to)));
    assert_eq!(schedule.verdict(to, Demand::default()).rule, Rule::Otherwise);
    let twice = vec![Price { from, to, price: 1 }, Price { from, to, price: 2 }];
    assert_eq!(PriceSeries::new(twice), Err(PriceError::Overlap(from)));
}

#[test]
fn with_a_clock_that_was_never_set_only_otherwise_holds() {
    let schedule = berlin(vec![window("daily", "00:00", "24:00", NOW)], SOLAR);
    let verdict = schedule.verdict(Timestamp::UNIX_EPOCH, Demand::default());
    assert_eq!((verdict.rule, verdict.action), (Rule::ClockUnset, SOLAR));
    assert!(!verdict.scheduled(Instant::ZERO, Timestamp::UNIX_EPOCH).by_window);
}

#[test]
fn the_planner_gets_the_time_that_is_left() {
    let schedule = berlin(vec![window("daily", "10:00", "12:00", NOW)], OFF);
    let asked = at("2026-06-07T08:30:00Z");
    let scheduled = schedule.verdict(asked, Demand::default()).scheduled(Instant::from_secs(7), asked);
    assert_eq!((scheduled.by_window, scheduled.until), (true, Some(Instant::from_secs(7 + 90 * 60))));
    assert!(Schedule::new("Europe/Berlni", Vec::new(), OFF).is_err());
}

/// Zones with summer time of an hour and of half an hour, north and south, and none.
const ZONES: [&str; 5] = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "UTC"];

/// Days, begin and end; many near the hours that are skipped or repeated.
fn any_window() -> impl Strategy<Value = (u8, u16, u16)> {
    let minutes = || prop_oneof![0u16..1_440, 0u16..240];
    let to = prop_oneof![4 => minutes(), 1 => Just(1_440)];
    (1u8..128, minutes(), to).prop_filter("refused", |(_, from, to)| from != to)
}

/// A week of the year; where the zone has summer time, mostly one with a change of the clock in it.
fn week(zone: &TimeZone, day: i64) -> (Timestamp, Timestamp) {
    let week = SignedDuration::from_hours(24 * 7);
    let some = at("2026-01-01T00:07:00Z").checked_add(SignedDuration::from_hours(24 * day)).unwrap();
    let change = zone.following(some).next().filter(|_| day % 4 != 0);
    let from = change.map_or(some, |change| change.timestamp() - SignedDuration::from_hours(24 * (day % 7)));
    (from, from.checked_add(week).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Against a table of the week's minutes, filled one by one: at every instant exactly one window or otherwise
    /// holds, also where an hour is skipped or repeated, and a preview has no gap and no overlap.
    #[test]
    fn every_instant_belongs_to_one_window_or_to_otherwise(
        drawn in prop::collection::vec(any_window(), 0..5), zone in 0usize..5, day in 0i64..365,
    ) {
        let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        let mut table = vec![None; 7 * 1_440];
        let mut windows = Vec::new();
        for (index, (days, from, to)) in drawn.into_iter().enumerate() {
            let days: Vec<usize> = (0..7).filter(|day| days >> day & 1 == 1).collect();
            for start in &days {
                let end = if to > from { to } else { to + 1_440 };
                for minute in from..end {
                    let place = (start * 1_440 + usize::from(minute)) % table.len();
                    table[place] = table[place].or(Some(index));
                }
            }
            let text: Vec<&str> = days.iter().map(|day| names[*day]).collect();
            let time = |minutes: u16| std::format!("{:02}:{:02}", minutes / 60, minutes % 60).parse().unwrap();
            let action = Action { mode: Mode::Now, amps: Some(CentiAmps::from_amps(6 + index as u16)) };
            windows.push(Window::new(text.join(",").parse().unwrap(), time(from), time(to), action).unwrap());
        }
        let schedule = Schedule::new(ZONES[zone], windows, OFF).unwrap();
        let (from, to) = week(schedule.zone(), day);
        let stretches = schedule.preview(from, to, Demand::default());
        prop_assert_eq!(stretches.first().map(|part| part.from), Some(from));
        prop_assert_eq!(stretches.last().map(|part| part.to), Some(to));
        for (one, next) in stretches.iter().zip(stretches.iter().skip(1)) {
            prop_assert_eq!(one.to, next.from);
            prop_assert!((one.rule, one.action) != (next.rule, next.action));
        }
        let mut minute = from;
        while minute < to {
            let local = minute.to_zoned_datetime(schedule.zone().clone());
            let weekday = usize::try_from(local.weekday().to_monday_zero_offset()).unwrap();
            let place = weekday * 1_440 + usize::try_from(local.hour()).unwrap() * 60 + usize::try_from(local.minute()).unwrap();
            let expected = table[place].map_or(Rule::Otherwise, Rule::Window);
            let held: Vec<Rule> = stretches.iter().filter(|part| (part.from..part.to).contains(&minute)).map(|part| part.rule).collect();
            prop_assert_eq!(held, vec![expected], "at {}", local);
            minute = minute.checked_add(SignedDuration::from_mins(1)).unwrap();
        }
    }

    /// What is previewed is what holds when the time has come, and a verdict's end is where the next one begins.
    #[test]
    fn a_preview_comes_true(drawn in prop::collection::vec(any_window(), 0..4), start in 0i64..31_000_000, zone in 0usize..5) {
        let windows = drawn.into_iter().map(|(days, from, to)| {
            let time = |minutes: u16| std::format!("{:02}:{:02}", minutes / 60, minutes % 60).parse().unwrap();
            let days = if days % 2 == 0 { "mon-fri" } else { "sat,sun,wed" };
            Window::new(days.parse().unwrap(), time(from), time(to), NOW).unwrap()
        });
        let schedule = Schedule::new(ZONES[zone], windows.collect(), OFF).unwrap();
        let from = at("2026-01-01T00:00:00Z").checked_add(SignedDuration::from_secs(start)).unwrap();
        let to = from.checked_add(SignedDuration::from_hours(48)).unwrap();
        for part in schedule.preview(from, to, Demand::default()) {
            let verdict = schedule.verdict(part.from, Demand::default());
            prop_assert_eq!((verdict.rule, verdict.action), (part.rule, part.action));
            if part.to < to {
                prop_assert_eq!(verdict.until, Some(part.to));
            }
        }
    }
}

/// Asks every minute what to do while a car takes 11 kW whenever it may, as a steward does; when that changed.
fn followed(schedule: &Schedule, from: &str, minutes: i64, takes: bool) -> (Vec<i64>, u32) {
    let (mut given, mut last, mut changes) = (0, None::<(Timestamp, Verdict)>, Vec::new());
    for minute in 0..minutes {
        let now = at(from).checked_add(SignedDuration::from_mins(minute)).unwrap();
        let serving = last.and_then(|(then, verdict)| schedule.still_serves(&verdict, then, now));
        let verdict = schedule.verdict(now, Demand { given_watt_hours: given, serving });
        let serves = matches!(verdict.rule, Rule::Departure(_));
        if serves != last.is_some_and(|(_, verdict)| matches!(verdict.rule, Rule::Departure(_))) {
            changes.push(minute);
        }
        last = Some((now, verdict));
        given += if serves && takes { 11_000 / 60 } else { 0 };
    }
    (changes, given)
}

#[test]
fn a_departure_that_is_being_charged_for_goes_on_until_the_car_has_its_energy() {
    let by = "07:00".parse().unwrap();
    let leave = Departure { days: Days::ALL, by, watt_hours: 20_000, watts: 11_000 };
    let mut schedule = berlin(Vec::new(), OFF).with_departures(vec![leave]);
    // From a second after five o'clock on, 110 minutes.
    assert_eq!(followed(&schedule, "2026-06-07T20:00:00Z", 539, true), (vec![421, 531], 20_130));
    // Nobody comes: it ends with the departure, and the next one is another.
    assert_eq!(followed(&schedule, "2026-06-07T20:00:00Z", 1_400, false), (vec![421, 540], 0));
    // Hours of one price: it begins where it would and does not wait for a later one.
    let hour = |index: i64| at("2026-06-07T20:00:00Z").checked_add(SignedDuration::from_hours(index)).unwrap();
    let price =
        |index: i64| Price { from: hour(index), to: hour(index + 1), price: if index < 5 { 9 } else { 20 } };
    schedule.set_prices(PriceSeries::new((0..9).map(price).collect()).unwrap());
    assert_eq!(followed(&schedule, "2026-06-07T20:00:00Z", 539, true), (vec![181, 291], 20_130));
}
