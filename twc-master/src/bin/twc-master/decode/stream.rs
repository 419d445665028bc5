//! Raw bytes into findings, with the place of each.

use twc_proto::{Decoder, slip};

use super::output::{Damage, Finding};

/// How many bytes of a damaged candidate are shown; the longest frame has 42.
const SHOWN: usize = 64;

/// A decoder that remembers where the current candidate began and what it looked like.
#[derive(Debug, Default)]
pub(crate) struct Tap {
    decoder: Decoder,
    /// Offset of the next byte.
    offset: u64,
    /// Offset of the latest delimiter.
    opened_at: u64,
    /// Bytes from that delimiter on; empty before the first.
    seen: Vec<u8>,
    unseen: u64,
    /// Candidates that the end of the stream cut off.
    cut_off: u32,
}

impl Tap {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Takes the next byte; a closing delimiter yields what it closes and the offset of the opening one.
    pub(crate) fn push(&mut self, byte: u8) -> Option<(u64, Finding)> {
        let at = self.offset;
        self.offset += 1;
        let outcome = self.decoder.push(byte);
        if byte != slip::END {
            match self.seen.len() {
                0 => {}
                1..SHOWN => self.seen.push(byte),
                _ => self.unseen += 1,
            }
            return None;
        }
        let found = outcome.map(|outcome| match outcome {
            Ok(received) => Finding::Frame(received),
            Err(error) => self.damage(error.kind(), error.to_string(), " C0"),
        });
        let opened_at = self.opened_at;
        self.opened_at = at;
        self.unseen = 0;
        self.seen.clear();
        self.seen.push(byte);
        found.map(|found| (opened_at, found))
    }

    /// What is left when the stream ends: up to three bytes are what units leave behind a frame.
    pub(crate) fn finish(&mut self) -> Option<(u64, Finding)> {
        let left = (self.seen.len() as u64).saturating_sub(1) + self.unseen;
        if left <= u64::from(slip::MAX_JUNK) {
            return None;
        }
        self.cut_off += 1;
        let detail = format!("{left} bytes after the last delimiter C0, none closes them");
        let found = (self.opened_at, self.damage("unterminated", detail, ""));
        self.seen.clear();
        Some(found)
    }

    /// Forgets a half-received frame: what comes next is from another connection.
    pub(crate) fn reset(&mut self) {
        self.decoder.reset();
        self.seen.clear();
        self.unseen = 0;
    }

    /// The counts so far, in a sentence.
    pub(crate) fn summary(&self) -> String {
        let stats = self.decoder.stats();
        let damaged = stats.rejected().saturating_add(self.cut_off);
        let (frames, junk) = (stats.messages, stats.junk_bytes);
        format!("{frames} frames, {damaged} damaged, {junk} bytes between frames")
    }

    fn damage(&self, kind: &'static str, detail: String, closing: &str) -> Finding {
        let left_out = if self.unseen == 0 { "" } else { " …" };
        let raw_input = format!("{}{left_out}{closing}", hex(&self.seen));
        Finding::Damage(Damage { kind, detail, raw_input })
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(bytes: &[u8]) -> (Vec<(u64, Finding)>, String) {
        let mut tap = Tap::new();
        let mut found: Vec<_> = bytes.iter().filter_map(|byte| tap.push(*byte)).collect();
        found.extend(tap.finish());
        (found, tap.summary())
    }

    const IDLE: [u8; 14] = [0xFC, 0x1D, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x1D];

    #[test]
    fn a_frame_stands_at_its_opening_delimiter() {
        let bytes = [&[9, 9, 0xC0], &IDLE[..], &[0xC0, 0xFC, 0xC0], &IDLE[..], &[0xC0, 0xFC]].concat();
        let (found, summary) = findings(&bytes);
        let offsets: Vec<_> = found.iter().map(|(offset, _)| *offset).collect();
        assert_eq!(offsets, [2, 19]);
        assert_eq!(summary, "2 frames, 0 damaged, 3 bytes between frames");
    }

    #[test]
    fn damage_shows_its_bytes_and_is_counted() {
        let (found, summary) = findings(b"\xC0\x01\x02\x03\x04\xC0\x05\x06\x07\x08");
        let damages: Vec<_> = found
            .into_iter()
            .map(|(offset, finding)| match finding {
                Finding::Damage(damage) => (offset, damage.kind, damage.raw_input),
                Finding::Frame(_) => unreachable!(),
            })
            .collect();
        let expected = [(0, "too-short", "C0 01 02 03 04 C0"), (5, "unterminated", "C0 05 06 07 08")];
        assert_eq!(damages, expected.map(|(offset, kind, bytes)| (offset, kind, bytes.to_owned())));
        assert_eq!(summary, "0 frames, 2 damaged, 0 bytes between frames");
    }

    #[test]
    fn endless_candidates_take_no_memory() {
        let mut tap = Tap::new();
        for _ in 0..3 {
            tap.push(slip::END);
            assert!((0..10_000).all(|_| tap.push(1).is_none()));
            assert_eq!(tap.seen.len(), SHOWN);
        }
    }
}
