//! A report of one run: an HTML file with everything in it, drawn from a trace.
//!
//! [`Plot::all`] says what is plotted, [`html`] draws it. Lines are steps: a value holds until the next one.

mod draw;
mod series;

use std::fmt::Write as _;

use thiserror::Error;

pub use self::series::{Plot, Series};
use crate::scenario::Record;

/// A report that cannot be drawn.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReportError {
    /// Without a first line there is nothing to draw.
    #[error("the trace is empty")]
    Empty,
    /// The plotting library refused.
    #[error("cannot draw: {0}")]
    Draw(String),
}

/// The whole report as HTML, without anything from outside.
///
/// # Errors
/// When there is nothing to draw, or it cannot be drawn.
pub fn html(records: &[Record]) -> Result<String, ReportError> {
    let Some(Record::Begin { scenario, seed, seconds, limit_amps, slaves, .. }) = records.first() else {
        return Err(ReportError::Empty);
    };
    let title = escaped(scenario);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>{title}, seed {seed}</title>\n\
         <style>body{{font:15px sans-serif;margin:2em auto;max-width:1020px}}svg{{width:100%;height:auto}}\
         td,th{{padding:0 1em 0 0;text-align:left;vertical-align:top}}.bad{{color:#b00}}</style>\n\
         <h1>{title}</h1>\n<p>Seed {seed}, {} wall connectors on {limit_amps} A, {seconds} s.</p>\n",
        slaves.len()
    );
    page.push_str(&ending(records));
    for plot in Plot::all(records) {
        let svg = draw::svg(&plot).map_err(ReportError::Draw)?;
        // Writing into a string does not fail.
        let _ = writeln!(page, "<h2>{}</h2>\n{svg}", escaped(&plot.title));
    }
    page.push_str(&story(records));
    page.push_str("</html>\n");
    Ok(page)
}

/// The verdict, from the last line.
fn ending(records: &[Record]) -> String {
    let Some(Record::End { verdict, frames, damaged, collided, .. }) = records.last() else {
        return "<p class=\"bad\">The trace has no end: the run was cut off.</p>\n".to_owned();
    };
    let class = if verdict == "kept" { "" } else { " class=\"bad\"" };
    format!(
        "<p{class}>Verdict: <b>{}</b>. {frames} frames, {damaged} damaged, {collided} collided.</p>\n",
        escaped(verdict)
    )
}

/// What was done, what the master said, and what it broke.
fn story(records: &[Record]) -> String {
    let mut rows = String::new();
    for record in records {
        let (time, class, kind, text) = match record {
            Record::Action { time, text } => (time, "", "scenario", text.clone()),
            Record::Note { time, text } => (time, "", "master", text.clone()),
            Record::Violation { time, rule, text } => {
                (time, " class=\"bad\"", "broken", format!("{rule}: {text}"))
            }
            _ => continue,
        };
        // Writing into a string does not fail.
        let _ = writeln!(rows, "<tr{class}><td>{time:.3}<td>{kind}<td>{}", escaped(&text));
    }
    format!("<h2>What happened</h2>\n<table>\n<tr><th>seconds<th>who<th>what\n{rows}</table>\n")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
