//! How much sun this project catches, beside three references in the same simulated world.
//!
//! `cargo run --release -p twc-examples --example beside-references` prints the tables of docs/comparison.md; the same
//! numbers on every machine. `--seed N` gives other clouds and other kettles.

mod evcc;
mod figures;
mod forum;
mod oracle;
mod ours;
mod policy;
mod world;

use std::thread;
use std::time::Duration;

use twc_master::settings::Settings;
use twc_master::{Config, Timing};
use twc_proto::{Instant, Sign, TwcId};

use crate::evcc::Evcc;
use crate::figures::{Figures, Watcher};
use crate::forum::Forum;
use crate::oracle::Oracle;
use crate::ours::Ours;
use crate::world::{Days, change_house, house, live};

/// What twc-master follows.
const CONFIG: &str = include_str!("house.toml");
/// What a reference's master knows: the wires. Fuse, sun and night are the reference's own business.
const WIRES: &str = r#"
[site]
continuous_limit = "25A"
[[slave]]
id = "3495"
continuous_limit = "16A"
[[slave]]
id = "3496"
continuous_limit = "16A"
phases = "L1"
"#;

const SUMMER: &[&str] = &["summer", "cloudy", "summer", "cloudy", "cloudy", "summer", "cloudy"];

fn main() {
    let mut args = std::env::args().skip(1);
    let seed = match (args.next().as_deref(), args.next()) {
        (None, _) => 1,
        (Some("--seed"), Some(seed)) => seed.parse().expect("a number"),
        _ => panic!("usage: beside-references [--seed N]"),
    };
    let all = [
        Days { name: "A summer week, four days of it cloudy", sky: SUMMER, seed },
        Days { name: "A cloudy day", sky: &["cloudy"], seed },
        Days { name: "A winter week", sky: &["winter"; 7], seed },
    ];
    for days in &all {
        print(days, &run(days), without_cars(days));
    }
}

/// Everybody lives through the same days, each in a thread of its own.
fn run(days: &Days) -> [(&'static str, Figures); 4] {
    thread::scope(|scope| {
        let ours = scope.spawn(|| {
            let settings = settings(CONFIG);
            live(days, config(&settings), Ours::new(settings))
        });
        let forum = scope.spawn(|| live(days, config(&settings(WIRES)), Forum::default()));
        let evcc = scope.spawn(|| live(days, config(&settings(WIRES)), Evcc::default()));
        let oracle = scope.spawn(|| live(days, config(&settings(WIRES)), Oracle::new(days)));
        [("twc-master", ours), ("(a) once a minute", forum), ("(b) evcc's defaults", evcc), ("(c) oracle", oracle)]
            .map(|(name, run)| (name, run.join().expect("it runs to the end")))
    })
}

fn settings(text: &str) -> Settings {
    Settings::parse(text).unwrap_or_else(|error| panic!("{error}"))
}

fn config(settings: &Settings) -> Config {
    settings.config(TwcId::new(0x4242), Sign::new(0x5A), Timing::SERIAL)
}

/// Watt hours that the house alone takes from the grid, by day and by night.
fn without_cars(days: &Days) -> Figures {
    let (mut house, mut watcher) = (house(days), Watcher::default());
    for hour in 0..=days.end().as_millis() / 3_600_000 {
        house.handle_timeout(Instant::from_secs(hour * 3_600));
        while house.poll_sample().is_some() {}
        change_house(days, hour, &mut house, &mut watcher);
    }
    watcher.night(true, house.energy().imported_watt_hours());
    watcher.figures()
}

fn print(days: &Days, all: &[(&str, Figures)], alone: Figures) {
    println!("### {}\n", days.name);
    println!(
        "| | sun used here | from the grid for cars by day | and by night | relay closings | over the fuse | longest | begun by cars | highest | fuse | missed |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    for (name, of) in all {
        let used = of.self_consumption();
        println!(
            "| {name} | {}.{} % | {} kWh | {} kWh | {} | {} | {} | {} | {}.{:02} A | {} | {} kWh |",
            used / 10,
            used % 10,
            kilo(of.by_day.saturating_sub(alone.by_day)),
            kilo(of.by_night.saturating_sub(alone.by_night)),
            of.closings,
            seconds(of.over),
            seconds(of.longest),
            of.own,
            of.peak / 100,
            of.peak % 100,
            if of.tripped { "opens".to_owned() } else { format!("holds, {} %", of.heat / 10) },
            kilo(of.missed),
        );
    }
    let solar = all.first().map_or(0, |(_, of)| of.solar);
    println!("\nThe sun gave {} kWh.\n", kilo(solar));
    for (name, of) in all.iter().filter(|(_, of)| of.violations > 0) {
        println!("{name} broke {} rules of the judge.\n", of.violations);
    }
}

fn kilo(watt_hours: u64) -> String {
    format!("{}.{}", watt_hours / 1_000, watt_hours % 1_000 / 100)
}

fn seconds(span: Duration) -> String {
    format!("{}.{} s", span.as_secs(), span.subsec_millis() / 100)
}
