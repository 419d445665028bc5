//! What a report plots, as numbers: a snapshot of the series of one run.
//!
//! `UPDATE=1 cargo test -p twc-sim --test report` writes the snapshot anew.
#![cfg(feature = "report")]

use std::fmt::Write as _;
use std::path::Path;

use twc_proto::message::MasterHeartbeat;
use twc_proto::{CentiAmps, Command};
use twc_proto::{Envelope, Instant, Message, Node, Received, TwcId, Version};
use twc_sim::Guest;
use twc_sim::report::{Plot, html};
use twc_sim::scenario::{Options, Record, Scenario, TraceError, run_with};

const SCENARIO: &str = r#"
name = "plotted"
about = "One car, a kettle-free house, one limit that falls."
duration = "3min"
limit = "20A"

[bus]
fault = "bad_cable"

[[charger]]
car = "i3"

[house]
[[house.load]]
profile = "base"

[[at]]
time = "1min"
limit = "8A"
"#;

/// Sends one heartbeat a second, with the limit it was told.
struct Metronome {
    limit: CentiAmps,
    next: Instant,
}

impl Node for Metronome {
    fn handle_message(&mut self, _: Instant, _: &Received) {}

    fn handle_timeout(&mut self, _: Instant) {}

    fn poll_transmit(&mut self, now: Instant) -> Option<Envelope> {
        if now < self.next {
            return None;
        }
        self.next = now + core::time::Duration::from_secs(1);
        // 05 before it charges, 09 afterwards.
        let command = if now.as_millis() / 1_000 % 2 == 0 { Command::INITIAL_LIMIT } else { Command::LIMIT };
        let heartbeat = MasterHeartbeat::with_limit(TwcId::new(0x7777), TwcId::new(0x3495), command, self.limit);
        Envelope::canonical(Version::P2, Message::MasterHeartbeat(heartbeat)).ok()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        Some(self.next)
    }
}

impl Guest for Metronome {
    type Saved = ();

    fn saved(&self) {}

    fn handle_limit(&mut self, _: Instant, _: Option<usize>, limit: CentiAmps) {
        self.limit = limit;
    }

    fn poll_note(&mut self) -> Option<String> {
        None
    }
}

fn records() -> Vec<Record> {
    let scenario = Scenario::parse(SCENARIO).unwrap();
    let mut records = Vec::new();
    let mut keep = |record: &Record| records.push(record.clone());
    run_with(&scenario, Options { seed: Some(3), sink: Some(&mut keep), ..Options::default() }, |spec, _| {
        Ok::<_, String>(Metronome { limit: spec.limit, next: spec.now })
    })
    .unwrap();
    records
}

fn as_text(plots: &[Plot]) -> String {
    let mut text = String::new();
    for plot in plots {
        writeln!(text, "{} [{}] to {} s", plot.title, plot.unit, plot.seconds).unwrap();
        for series in &plot.series {
            let points: Vec<String> =
                series.points.iter().map(|(time, value)| format!("{time:.3}:{value}")).collect();
            writeln!(text, "  {} = {}", series.name, points.join(" ")).unwrap();
        }
    }
    text
}

#[test]
fn the_plotted_series_are_those_of_the_snapshot() {
    let text = as_text(&Plot::all(&records()));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots/report.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(path).unwrap());
}

#[test]
fn a_trace_reads_back_as_it_was_written() {
    let records = records();
    let lines: Vec<String> = records.iter().map(Record::to_json).collect();
    assert!(Record::parse_all(&lines.join("\n")) == Ok(records), "differs");
}

#[test]
fn what_is_no_trace_is_refused_with_its_line() {
    assert_eq!(Record::parse_all(""), Err(TraceError::NotATrace));
    assert_eq!(Record::parse_all("{}"), Err(TraceError::NotATrace));
    let first = records()[0].to_json();
    let newer = first.replace("\"version\":1", "\"version\":9");
    assert_eq!(Record::parse_all(&newer), Err(TraceError::TooNew { found: 9 }));
    let bad = Record::parse_all(&format!("{first}\n\n{{\"kind\":\"frame\"}}"));
    assert!(matches!(bad, Err(TraceError::BadLine { line: 3, .. })), "{bad:?}");
}

#[test]
fn the_page_needs_nothing_from_outside_and_says_how_it_ended() {
    let mut records = records();
    let page = html(&records).unwrap();
    let plots = Plot::all(&records).len();
    assert_eq!(page.matches("<svg").count(), plots);
    assert!(!page.contains("src=") && !page.contains("<script") && !page.contains("<link"));
    assert!(page.contains("Verdict: <b>"));
    records.pop();
    assert!(html(&records).unwrap().contains("cut off"));
}
