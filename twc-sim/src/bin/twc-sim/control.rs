//! Commands on standard input.

use std::io::{BufRead as _, Read as _};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::mpsc;
use twc_proto::{CentiAmps, Instant, TwcId};
use twc_sim::scenario::units::amps;
use twc_sim::{Car, CarProfile, Charger, FaultPreset, World};

use crate::report::{SlaveReport, to_json};
use crate::units;

/// Longer lines are no commands.
const LONGEST_LINE: u64 = 1_024;

/// What a car wants that was plugged in here: more than it gets in a day.
const WANTED_WATT_HOURS: u32 = 1_000_000;

/// What one line asks for. The slave is given by its index.
#[derive(Debug, Clone, PartialEq)]
enum Order {
    Slave(usize, Deed),
    Fault(FaultPreset),
    Status,
}

/// What can be done to a slave.
#[derive(Debug, Clone, PartialEq)]
enum Deed {
    Plug(Box<CarProfile>),
    Unplug,
    /// Its driver sets the most it may take, or takes that back.
    Cap(Option<CentiAmps>),
    Reset,
    Silence(Duration),
    Deafen(Duration),
    Power(bool),
}

/// The answer to one line.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Answer<'a> {
    Done { ok: bool, command: &'a str },
    Status { ok: bool, command: &'a str, time: f64, slaves: Vec<Status> },
    Refused { error: String },
}

#[derive(Debug, Serialize)]
struct Status {
    #[serde(flatten)]
    report: SlaveReport,
    linked: bool,
    powered: bool,
    car: Option<&'static str>,
    relay_closings: u32,
    energy_wh: u64,
}

/// A car with the habits of a Tesla that wants energy.
pub(crate) fn hungry_car() -> Car {
    Car::new(CarProfile::tesla(), WANTED_WATT_HOURS)
}

/// Reads lines from standard input until its end.
pub(crate) fn read_lines() -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel(16);
    std::thread::spawn(move || {
        let mut stdin = std::io::stdin().lock();
        loop {
            let mut line = Vec::new();
            let read = stdin.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line);
            let is_end = !matches!(read, Ok(1..));
            if is_end || sender.blocking_send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                return;
            }
        }
    });
    lines
}

/// Obeys one line and says so; `None` for a blank one.
pub(crate) fn answer(line: &str, now: Instant, world: &mut World) -> Option<String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let command = words.first()?;
    let ids: Vec<TwcId> = world.chargers().map(Charger::id).collect();
    let done = parse(&words, &ids).and_then(|order| obey(&order, now, world).map(|()| order));
    let answer = match done {
        Ok(Order::Status) => Answer::Status {
            ok: true,
            command,
            time: crate::report::seconds(now),
            slaves: world.chargers().map(|charger| status(now, charger)).collect(),
        },
        Ok(_) => Answer::Done { ok: true, command: line.trim() },
        Err(error) => Answer::Refused { error },
    };
    Some(to_json(&answer))
}

fn status(now: Instant, charger: &Charger) -> Status {
    Status {
        report: SlaveReport::new(now, charger),
        linked: charger.is_linked(),
        powered: charger.is_powered(),
        car: charger.car().map(|car| car.profile().name),
        relay_closings: charger.relay_closings(),
        energy_wh: charger.delivered_watt_hours(),
    }
}

fn parse(words: &[&str], ids: &[TwcId]) -> Result<Order, String> {
    let (slave, deed) = match *words {
        ["status"] => return Ok(Order::Status),
        ["fault", preset] => {
            return preset.parse().map(Order::Fault).map_err(|error| format!("{preset}: {error}"));
        }
        ["plug", slave] => (slave, Deed::Plug(Box::new(CarProfile::tesla()))),
        ["plug", slave, name] => (slave, Deed::Plug(Box::new(profile(name)?))),
        ["unplug", slave] => (slave, Deed::Unplug),
        ["cap", slave, "off"] => (slave, Deed::Cap(None)),
        ["cap", slave, amps] => (slave, Deed::Cap(Some(cap(amps)?))),
        ["reset", slave] => (slave, Deed::Reset),
        ["silence", slave, span] => (slave, Deed::Silence(seconds(span)?)),
        ["deaf", slave, span] => (slave, Deed::Deafen(seconds(span)?)),
        ["power", slave, "on"] => (slave, Deed::Power(true)),
        ["power", slave, "off"] => (slave, Deed::Power(false)),
        [command, ..] => return Err(usage(command)),
        [] => return Err(usage("")),
    };
    Ok(Order::Slave(find(slave, ids)?, deed))
}

fn obey(order: &Order, now: Instant, world: &mut World) -> Result<(), String> {
    match order {
        Order::Slave(index, deed) => {
            let charger = world.charger_mut(*index).ok_or("no such slave")?;
            do_to(charger, now, deed)
        }
        Order::Fault(preset) => {
            world.set_fault(*preset);
            Ok(())
        }
        Order::Status => Ok(()),
    }
}

fn do_to(charger: &mut Charger, now: Instant, deed: &Deed) -> Result<(), String> {
    match deed {
        Deed::Plug(profile) => charger
            .plug_in(now, Car::new(CarProfile::clone(profile), WANTED_WATT_HOURS))
            .map_err(|_| format!("{} has a car plugged in; unplug it first", charger.id()))?,
        Deed::Unplug => {
            charger.unplug(now).ok_or_else(|| format!("{} has no car plugged in", charger.id()))?;
        }
        Deed::Cap(cap) if charger.car().is_some() => charger.set_ui_cap(now, *cap),
        Deed::Cap(_) => return Err(format!("{} has no car plugged in", charger.id())),
        Deed::Reset => charger.reset(now),
        Deed::Silence(span) => charger.silence(now, *span),
        Deed::Deafen(span) => charger.deafen(now, *span),
        Deed::Power(true) => charger.power_on(now),
        Deed::Power(false) => charger.power_off(now),
    }
    Ok(())
}

fn cap(word: &str) -> Result<CentiAmps, String> {
    amps(word).map_err(|hint| format!("{word}: {hint}"))
}

fn seconds(word: &str) -> Result<Duration, String> {
    units::seconds(word).map_err(|hint| format!("{word}: {hint}"))
}

/// By number from 1 on, or by id.
fn find(word: &str, ids: &[TwcId]) -> Result<usize, String> {
    let by_number = word.parse::<usize>().ok().and_then(|n| n.checked_sub(1)).filter(|index| *index < ids.len());
    let by_id = || word.parse::<TwcId>().ok().and_then(|id| ids.iter().position(|known| *known == id));
    by_number.or_else(by_id).ok_or_else(|| {
        let ids: Vec<String> = ids.iter().map(TwcId::to_string).collect();
        format!("{word}: no such slave; give 1 to {} or an id: {}", ids.len(), ids.join(", "))
    })
}

fn profile(name: &str) -> Result<CarProfile, String> {
    CarProfile::by_name(name)
        .ok_or_else(|| format!("{name}: no such car; there are {}", CarProfile::NAMES.join(", ")))
}

fn usage(command: &str) -> String {
    let form = match command {
        "plug" => "plug N [PROFILE]",
        "unplug" => "unplug N",
        "cap" => "cap N AMPS|off",
        "reset" => "reset N",
        "silence" => "silence N SECONDS",
        "deaf" => "deaf N SECONDS",
        "power" => "power N on|off",
        "fault" => "fault PRESET",
        "status" => "status",
        _ => {
            return format!(
                "{command}: no such command; there are plug, unplug, cap, reset, silence, deaf, power, fault, status"
            );
        }
    };
    format!("{command}: its form is: {form}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDS: [TwcId; 2] = [TwcId::new(0x3495), TwcId::new(0x3496)];

    fn parsed(line: &str) -> Result<Order, String> {
        parse(&line.split_whitespace().collect::<Vec<_>>(), &IDS)
    }

    #[test]
    fn a_slave_goes_by_number_or_id() {
        assert_eq!(parsed("reset 2"), Ok(Order::Slave(1, Deed::Reset)));
        assert_eq!(parsed("reset 3496"), Ok(Order::Slave(1, Deed::Reset)));
        assert_eq!(parsed("deaf 1 2.5"), Ok(Order::Slave(0, Deed::Deafen(Duration::from_millis(2_500)))));
        assert_eq!(parsed("cap 1 7A"), Ok(Order::Slave(0, Deed::Cap(Some(CentiAmps::from_amps(7))))));
        assert_eq!(parsed("cap 2 off"), Ok(Order::Slave(1, Deed::Cap(None))));
        assert_eq!(parsed("power 1 off"), Ok(Order::Slave(0, Deed::Power(false))));
    }

    #[test]
    fn a_bad_line_says_what_is_bad() {
        for (line, says) in [
            ("reset 0", "no such slave"),
            ("reset 3", "1 to 2"),
            ("reset 3497", "3495, 3496"),
            ("reset", "reset N"),
            ("plug 1 model-t", "tesla"),
            ("silence 1 soon", "seconds"),
            ("silence 1 -1", "seconds"),
            ("power 1 maybe", "on|off"),
            ("cap 1 7", "7"),
            ("fault gremlins", "gremlins"),
            ("dance", "no such command"),
        ] {
            let error = parsed(line).unwrap_err();
            assert!(error.contains(says), "{line}: {error}");
        }
    }
}
