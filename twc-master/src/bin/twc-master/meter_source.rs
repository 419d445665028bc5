//! `source = "exec:COMMAND"`: a program that prints one JSON object per line and goes on.
//!
//! `{"amps": [1.2, -0.4, 3.0], "watts": 870, "age": 0.5}`: at least one of `amps`, per phase, and `watts`, as a sum or per
//! phase; `age` in seconds where it is known. A line that makes no sense is no value, and a program that ends is started
//! again: what a meter said before goes on ageing meanwhile, which is all that matters.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use serde::Deserialize;
use tokio::sync::mpsc::Sender;
use twc_master::budget::PerPhase;
use twc_master::budget::meter::{Reading, Watts, hundredths};
use twc_master::settings::Sign;

/// Before a program that has ended is started again.
const AGAIN: Duration = Duration::from_secs(5);
/// No line is longer.
const LONGEST_LINE: u64 = 4_096;

/// A value of the meter with this index in the configuration.
#[derive(Debug)]
pub(crate) struct Value {
    pub(crate) meter: usize,
    pub(crate) reading: Reading,
    pub(crate) age: Option<Duration>,
}

/// What is printed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    amps: Option<[f64; 3]>,
    watts: Option<Power>,
    age: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Power {
    Total(f64),
    Phases([f64; 3]),
}

/// Starts the program in a thread of its own, for as long as somebody takes its values.
pub(crate) fn start(meter: usize, source: &str, sign: Sign, values: Sender<Value>) {
    let command = source.trim_start_matches("exec:").to_owned();
    thread::spawn(move || {
        while !values.is_closed() {
            match spawn(&command) {
                Ok(child) => read(meter, sign, child, &values),
                Err(error) => eprintln!("twc-master: cannot start `{command}`: {error}"),
            }
            thread::sleep(AGAIN);
        }
    });
}

fn spawn(command: &str) -> std::io::Result<Child> {
    let mut words = command.split_whitespace();
    let program = words.next().unwrap_or_default();
    Command::new(program).args(words).stdin(Stdio::null()).stdout(Stdio::piped()).spawn()
}

fn read(meter: usize, sign: Sign, mut child: Child, values: &Sender<Value>) {
    if let Some(stdout) = child.stdout.take() {
        let mut lines = BufReader::new(stdout);
        let mut line = String::new();
        while !values.is_closed() {
            line.clear();
            match lines.by_ref().take(LONGEST_LINE).read_line(&mut line) {
                Ok(1..) => {}
                Ok(0) | Err(_) => break,
            }
            let Some((reading, age)) = parse(&line, sign) else { continue };
            // A bus that is busy takes the next value.
            let _ = values.try_send(Value { meter, reading, age });
        }
    }
    // It may have ended by itself; then there is nothing to kill.
    let _ = child.kill();
    let _ = child.wait();
}

/// One line, import positive.
fn parse(line: &str, sign: Sign) -> Option<(Reading, Option<Duration>)> {
    let line: Line = serde_json::from_str(line).ok()?;
    let turned = |value: i32| if sign == Sign::ExportPositive { -value } else { value };
    let whole = |watts: f64| hundredths(watts / 100.0).map(turned);
    let phases = |values: [f64; 3], scale: fn(f64) -> Option<i32>| -> Option<PerPhase> {
        let [first, second, third] = values.map(scale);
        Some(PerPhase([turned(first?), turned(second?), turned(third?)]))
    };
    let centiamps = match line.amps {
        Some(amps) => Some(phases(amps, hundredths)?),
        None => None,
    };
    let watts = match line.watts {
        Some(Power::Total(watts)) => Some(Watts::Total(whole(watts)?)),
        Some(Power::Phases(watts)) => Some(Watts::Phases(phases(watts, |watts| hundredths(watts / 100.0))?)),
        None => None,
    };
    let age = match line.age {
        Some(age) => Some(Duration::try_from_secs_f64(age).ok()?),
        None => None,
    };
    (centiamps.is_some() || watts.is_some()).then_some((Reading { centiamps, watts }, age))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_amperes_or_watts_with_an_age_and_a_sign() {
        let (reading, age) = parse(r#"{"amps": [1.2, -0.4, 3], "age": 0.5}"#, Sign::ImportPositive).unwrap();
        assert_eq!(reading.centiamps, Some(PerPhase([120, -40, 300])));
        assert_eq!(age, Some(Duration::from_millis(500)));
        let (reading, _) = parse(r#"{"watts": 870}"#, Sign::ExportPositive).unwrap();
        assert_eq!(reading.watts, Some(Watts::Total(-870)));
        let (reading, _) = parse(r#"{"watts": [100, 200, -50.4]}"#, Sign::ImportPositive).unwrap();
        assert_eq!(reading.watts, Some(Watts::Phases(PerPhase([100, 200, -50]))));
    }

    #[test]
    fn what_makes_no_sense_is_no_value() {
        let bad = ["", "{}", "12", r#"{"watt": 3}"#, r#"{"amps": [1, 2]}"#, r#"{"watts": 1e300}"#];
        for line in bad.into_iter().chain([r#"{"watts": 1, "age": -3}"#, r#"{"amps": [1, 2, null]}"#]) {
            assert!(parse(line, Sign::ImportPositive).is_none(), "{line}");
        }
    }
}
