//! Captures as text: a time, a direction, bytes between frames, and a frame on each line.

use std::time::Duration;

use twc_proto::slip::{self, END};
use twc_proto::{Decoder, Message};

/// The pause before a frame whose time nobody wrote down.
const USUAL_PAUSE: Duration = Duration::from_millis(500);
/// The tail byte of a frame that was written without its bytes on the wire.
const TAIL: u8 = 0xFE;
/// The largest legal body; longer lines are sent as they are, if they are written as on the wire.
const LARGEST_BODY: usize = 20;

/// A capture, ready to be sent.
#[derive(Debug, Default)]
pub(crate) struct Capture {
    pub(crate) frames: Vec<Frame>,
    /// Lines that were left out, and why.
    pub(crate) warnings: Vec<String>,
}

/// One line of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    /// After the first one.
    pub(crate) at: Duration,
    /// Who sent it, where the capture says so.
    pub(crate) direction: Option<Direction>,
    /// As on the wire.
    pub(crate) wire: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    ToSlaves,
    ToMaster,
}

impl Direction {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ToSlaves => "M>S",
            Self::ToMaster => "S>M",
        }
    }
}

impl Capture {
    /// Reads a capture. Comments and blank lines are skipped, and what could brick or crash a unit is left out
    /// with a warning, as is what is no frame.
    pub(crate) fn parse(text: &str) -> Self {
        let mut capture = Self::default();
        let mut clock = Clock::default();
        for (number, line) in (1..).zip(text.lines()) {
            let words: Vec<&str> = line.split_whitespace().collect();
            if words.is_empty() || line.trim_start().starts_with('#') {
                continue;
            }
            match parse_line(&words) {
                Ok((time, direction, wire)) => {
                    let at = clock.next(time);
                    capture.frames.push(Frame { at, direction, wire });
                }
                Err(why) => capture.warnings.push(format!("line {number} left out: {why}")),
            }
        }
        capture
    }
}

/// Times of day into times since the first.
#[derive(Debug, Default)]
struct Clock {
    last: Option<Duration>,
    at: Duration,
    is_begun: bool,
}

impl Clock {
    fn next(&mut self, time: Option<Duration>) -> Duration {
        let step = match (time, self.last) {
            // Midnight, or a log that jumps: nobody knows how long that took.
            (Some(time), Some(last)) => time.checked_sub(last).unwrap_or(USUAL_PAUSE),
            _ => USUAL_PAUSE,
        };
        if self.is_begun {
            self.at += step;
        }
        self.is_begun = true;
        self.last = time.or(self.last.map(|last| last + step));
        self.at
    }
}

type Line = (Option<Duration>, Option<Direction>, Vec<u8>);

fn parse_line(words: &[&str]) -> Result<Line, String> {
    let (first, rest) = words.split_first().ok_or("nothing there")?;
    let is_time = first.contains(':') || *first == "-";
    let (time, rest) = if is_time { (time_of_day(first), rest) } else { (None, words) };
    let (direction, rest) = match rest.split_first() {
        Some((&"M>S", rest)) => (Some(Direction::ToSlaves), rest),
        Some((&"S>M", rest)) => (Some(Direction::ToMaster), rest),
        Some((&"?", rest)) => (None, rest),
        // With a time and no direction the next word is what lay between the frames.
        Some((junk, rest)) if is_time && (junk.len() <= 2 || *junk == "-") && rest.len() > 1 => (None, rest),
        _ => (None, rest),
    };
    let bytes = hex(&rest.concat()).ok_or("no hexadecimal bytes")?;
    let wire = if bytes.first() == Some(&END) { bytes } else { framed(&bytes)? };
    refuse_danger(&wire)?;
    Ok((time, direction, wire))
}

fn time_of_day(word: &str) -> Option<Duration> {
    let seconds = word.split(':').try_fold(0.0, |sum, part| Some(sum * 60.0 + part.parse::<f64>().ok()?));
    seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if digits.is_empty() || digits.len() % 2 != 0 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.chunks(2).map(pair).collect()
}

fn framed(body: &[u8]) -> Result<Vec<u8>, String> {
    if body.len() > LARGEST_BODY {
        return Err(format!("{} bytes are no frame", body.len()));
    }
    let mut wire = vec![0; slip::max_encoded_len(body.len())];
    let length = slip::encode(body, &mut wire).map_err(|error| error.to_string())?;
    wire.truncate(length);
    wire.push(TAIL);
    Ok(wire)
}

/// Whatever a unit could take for a frame that harms it stays here.
fn refuse_danger(wire: &[u8]) -> Result<(), String> {
    let mut decoder = Decoder::new();
    let mut input = wire;
    while let Some(outcome) = decoder.decode(&mut input) {
        if let Ok(Message::Dangerous(dangerous)) = outcome.map(|received| received.message()) {
            let opcode = dangerous.opcode();
            return Err(format!("{:02X} {:02X} bricks or crashes a unit", opcode.kind(), opcode.code()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK_READY: &str = "FD E2 34 95 8E 0C 80 00 00 00 00 00 00 00 00 C5";

    #[test]
    fn times_directions_and_junk_are_read_as_captures_have_them() {
        let text = format!(
            "# a comment\n\n11:05:44.078 - {LINK_READY}\n11:05:50.094 FC {LINK_READY}\n- S>M {LINK_READY}\n\
             11:05:52 M>S C0 FC E1 77 77 77 00 00 00 00 00 00 00 00 46 C0\n"
        );
        let capture = Capture::parse(&text);
        assert_eq!(capture.warnings, Vec::<String>::new());
        let seen: Vec<_> = capture.frames.iter().map(|frame| (frame.at.as_millis(), frame.direction)).collect();
        let to_master = Some(Direction::ToMaster);
        assert_eq!(seen, [(0, None), (6_016, None), (6_516, to_master), (7_922, Some(Direction::ToSlaves))]);
        assert_eq!(capture.frames[0].wire.last(), Some(&TAIL));
        assert_eq!(capture.frames[3].wire.last(), Some(&END));
    }

    #[test]
    fn what_harms_a_unit_is_left_out_and_said() {
        let harmful = [
            "FC 19 77 77 77 00 00 00 00 00 00 00 00 7E",
            "FC 1A 77 77 77 00 00 00 00 00 00 00 00 7F",
            "FB E8 77 77 34 95 00 00 00 00 00 00 00 00 00 9F",
        ];
        let capture = Capture::parse(&harmful.join("\n"));
        assert_eq!((capture.frames.len(), capture.warnings.len()), (0, 3), "{:?}", capture.warnings);
    }

    #[test]
    fn what_is_no_frame_is_left_out() {
        let capture = Capture::parse("nonsense\n12:00:00 S>M\nFD E\n");
        assert_eq!((capture.frames.len(), capture.warnings.len()), (0, 3), "{:?}", capture.warnings);
    }
}
