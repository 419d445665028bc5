//! Hexadecimal digits into findings.
//!
//! Digits that begin with C0 are the wire form, escaped and between delimiters; up to three bytes behind the
//! last C0 are what units leave there. Anything else is an un-escaped message with its checksum.

use twc_proto::{DecodeError, Frame, Received, slip};

use super::input::{Row, Shape};
use super::output::{Damage, Finding};
use super::stream::Tap;

/// How much of a damaged row is shown; far more than a frame needs.
const SHOWN: usize = 400;

/// Everything a row holds, at least one finding.
pub(super) fn findings(row: &Row) -> Vec<Finding> {
    let text = row.text.as_str();
    if row.cut {
        let detail = format!("a line of more than {} bytes", super::input::LINE_LIMIT);
        return vec![damage("line-too-long", detail, text)];
    }
    match junk_and_rest(row) {
        None => read(text),
        Some(("-", rest)) => read(rest),
        Some((_, rest)) => with_or_without_junk(text, rest),
    }
}

/// The first token and the rest, where the first may be what a log shows of the bytes between two frames.
fn junk_and_rest(row: &Row) -> Option<(&str, &str)> {
    let (first, rest) = row.text.split_once(char::is_whitespace)?;
    let short = first == "-" || first.len() <= 2 * usize::from(slip::MAX_JUNK);
    (row.shape == Shape::MayStartWithJunk && short).then(|| (first, rest.trim_start()))
}

/// A reading that yields a frame wins. They cannot both: a type byte more under the sum changes it.
fn with_or_without_junk(whole: &str, rest: &str) -> Vec<Finding> {
    let is_frame = |finding: &Finding| matches!(finding, Finding::Frame(_));
    let (with, without) = (read(whole), read(rest));
    if with.iter().any(is_frame) {
        with
    } else if without.iter().any(is_frame) || begins_like_a_frame(rest) || !begins_like_a_frame(whole) {
        without
    } else {
        with
    }
}

fn begins_like_a_frame(text: &str) -> bool {
    let first = text.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
    matches!(first, Some(slip::END | 0xFB..=0xFD))
}

fn read(text: &str) -> Vec<Finding> {
    match bytes(text) {
        Err(detail) => vec![damage("bad-hex", detail, text)],
        Ok(bytes) if bytes.is_empty() => vec![damage("no-message", "no bytes here".to_owned(), text)],
        Ok(bytes) if bytes.first() == Some(&slip::END) => wire_form(&bytes, text),
        Ok(bytes) => vec![match message(&bytes) {
            Ok(received) => Finding::Frame(received),
            Err(error) => damage(error.kind(), error.to_string(), text),
        }],
    }
}

fn bytes(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    for token in text.split_whitespace() {
        let digits = token.as_bytes();
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            let shown: String = token.chars().take(20).collect();
            return Err(format!("`{}` is not hexadecimal", shown.escape_debug()));
        }
        if digits.len() % 2 != 0 {
            return Err(format!("{} digits are no whole number of bytes", digits.len()));
        }
        bytes.extend(digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte * 16 + value(*digit))));
    }
    Ok(bytes)
}

fn value(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit & 0xF) + 9,
    }
}

fn message(bytes: &[u8]) -> Result<Received, DecodeError> {
    Ok(Received::parse(&Frame::new_checked(bytes)?)?)
}

fn wire_form(bytes: &[u8], text: &str) -> Vec<Finding> {
    let mut tap = Tap::new();
    let mut found: Vec<_> = bytes.iter().filter_map(|byte| tap.push(*byte)).collect();
    found.extend(tap.finish());
    if found.is_empty() {
        return vec![damage("no-frame", "nothing between the delimiters".to_owned(), text)];
    }
    let as_given = |finding| match finding {
        Finding::Damage(Damage { kind, detail, .. }) => damage(kind, detail, text),
        frame @ Finding::Frame(_) => frame,
    };
    found.into_iter().map(|(_, finding)| as_given(finding)).collect()
}

fn damage(kind: &'static str, detail: String, text: &str) -> Finding {
    let mut raw_input: String = text.chars().take(SHOWN).collect();
    if raw_input.len() < text.len() {
        raw_input.push('…');
    }
    Finding::Damage(Damage { kind, detail, raw_input })
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: &str = "FC 1D 00 00 00 00 00 00 00 00 00 00 00 1D";

    fn kinds(text: &str, shape: Shape) -> Vec<&'static str> {
        let row = Row { text: text.to_owned(), shape, ..Row::default() };
        let kind = |finding| match finding {
            Finding::Frame(_) => "frame",
            Finding::Damage(damage) => damage.kind,
        };
        findings(&row).into_iter().map(kind).collect()
    }

    #[test]
    fn both_forms_and_any_spacing_are_read() {
        let tight = IDLE.replace(' ', "").to_lowercase();
        for text in [IDLE, &tight, &format!("C0 {IDLE} C0"), &format!("C0{tight}c0 FC FE FF")] {
            assert_eq!(kinds(text, Shape::Message), ["frame"], "{text}");
        }
        assert_eq!(kinds(&format!("C0 {IDLE} C0 FC C0 {IDLE} C0"), Shape::Message), ["frame", "frame"]);
    }

    #[test]
    fn damage_has_a_name() {
        for (text, kind) in [
            ("", "no-message"),
            ("FD E", "bad-hex"),
            ("FD+E", "bad-hex"),
            ("F8", "too-short"),
            ("C0", "no-frame"),
            ("C0 FC C0", "no-frame"),
            (&format!("C0 {IDLE}"), "unterminated"),
            (&format!("D0 {IDLE}"), "bad-type"),
            (&format!("{IDLE} 00"), "bad-checksum"),
            (&format!("C0 {} DB C0", &IDLE[..38]), "dangling-escape"),
            ("FD EB 34 95 00 00 00 00 00 00 00 00 B4", "fields-missing"),
        ] {
            assert_eq!(kinds(text, Shape::Message), [kind], "{text}");
        }
    }

    #[test]
    fn junk_before_a_timed_message_is_told_from_its_first_byte() {
        let damaged = &IDLE.replace("1D 00", "1D 01");
        for (text, kind) in [
            (format!("- {IDLE}"), "frame"),
            (format!("FC {IDLE}"), "frame"),
            (format!("FCFE {IDLE}"), "frame"),
            (format!("FE C0 {IDLE} C0 FC"), "frame"),
            (IDLE.to_owned(), "frame"),
            (IDLE.replace(' ', ""), "frame"),
            (format!("C0 {IDLE} C0"), "frame"),
            (format!("FC {damaged}"), "bad-checksum"),
            (damaged.clone(), "bad-checksum"),
            (damaged.replace("FC 1D", "F9 1D"), "bad-type"),
        ] {
            assert_eq!(kinds(&text, Shape::MayStartWithJunk), [kind], "{text}");
        }
    }
}
