//! The last frames on the bus, and a digest over all of them.

use core::fmt;
use std::collections::VecDeque;

use twc_proto::Instant;

/// Who sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// The station outside: a master.
    Outside,
    /// The charger with this index.
    Charger(usize),
    /// Another master on the same wires.
    Stranger,
}

/// One transmission as it was on the wire, damage included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceEntry {
    /// When its first bit began.
    pub at: Instant,
    /// Who sent it.
    pub sender: Sender,
    /// What was on the wire.
    pub bytes: Vec<u8>,
    /// Whether that is not what was sent.
    pub is_damaged: bool,
}

impl fmt::Display for TraceEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.at)?;
        match self.sender {
            Sender::Outside => f.write_str("M>S")?,
            Sender::Charger(index) => write!(f, "S>M #{index}")?,
            Sender::Stranger => f.write_str("?>S")?,
        }
        for byte in &self.bytes {
            write!(f, " {byte:02X}")?;
        }
        f.write_str(if self.is_damaged { " (damaged)" } else { "" })
    }
}

/// A ring of the last transmissions.
#[derive(Debug)]
pub struct Trace {
    entries: VecDeque<TraceEntry>,
    recorded: u64,
    digest: u64,
}

impl Trace {
    /// So many entries are kept.
    pub const CAPACITY: usize = 64;

    pub(crate) fn new() -> Self {
        Self { entries: VecDeque::with_capacity(Self::CAPACITY), ..Self::empty() }
    }

    pub(crate) const fn empty() -> Self {
        Self { entries: VecDeque::new(), recorded: 0, digest: 0xCBF2_9CE4_8422_2325 }
    }

    /// The last `count` ones as lines.
    pub(crate) fn last(&self, count: usize) -> Vec<String> {
        let skipped = self.entries.len().saturating_sub(count);
        self.entries.iter().skip(skipped).map(ToString::to_string).collect()
    }

    /// The last ones, oldest first.
    pub fn entries(&self) -> impl Iterator<Item = &TraceEntry> {
        self.entries.iter()
    }

    /// Those recorded since so many were, as far as they are still there. Counts them as seen.
    #[cfg(feature = "scenario")]
    pub(crate) fn fresh(&self, seen: &mut u64) -> impl Iterator<Item = &TraceEntry> {
        let fresh = self.recorded.saturating_sub(core::mem::replace(seen, self.recorded));
        let skipped = (self.entries.len() as u64).saturating_sub(fresh);
        self.entries.iter().skip(usize::try_from(skipped).unwrap_or(usize::MAX))
    }

    /// How many there have been in all.
    pub fn recorded(&self) -> u64 {
        self.recorded
    }

    /// A number over everything recorded: equal histories, equal digests.
    pub fn digest(&self) -> u64 {
        self.digest
    }

    /// Records a transmission; the oldest entry's memory serves the new one.
    pub(crate) fn record(&mut self, at: Instant, sender: Sender, bytes: &[u8], is_damaged: bool) {
        let (tag, index) = match sender {
            Sender::Outside => (0, 0),
            Sender::Charger(index) => (1, index as u64),
            Sender::Stranger => (2, 0),
        };
        for word in [at.as_micros(), tag, index] {
            self.mix(word);
        }
        let mut rest = bytes;
        while let Some((word, behind)) = rest.split_first_chunk() {
            self.mix(u64::from_be_bytes(*word));
            rest = behind;
        }
        self.mix(rest.iter().fold(rest.len() as u64, |word, byte| word << 8 | u64::from(*byte)));
        self.recorded = self.recorded.saturating_add(1);
        let recycled = if self.entries.len() < Self::CAPACITY { None } else { self.entries.pop_front() };
        let mut copy = recycled.map(|entry| entry.bytes).unwrap_or_default();
        copy.clear();
        copy.extend_from_slice(bytes);
        self.entries.push_back(TraceEntry { at, sender, bytes: copy, is_damaged });
    }

    fn mix(&mut self, word: u64) {
        self.digest = (self.digest ^ word).wrapping_mul(0x0000_0100_0000_01B3).rotate_left(23);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ring_keeps_the_last_and_the_digest_remembers_all() {
        let mut trace = Trace::new();
        let mut twin = Trace::new();
        for n in 0..100u8 {
            trace.record(Instant::from_millis(u64::from(n)), Sender::Outside, &[n], false);
            twin.record(Instant::from_millis(u64::from(n)), Sender::Outside, &[n.max(1)], false);
        }
        assert_eq!((trace.entries().count(), trace.recorded()), (Trace::CAPACITY, 100));
        assert_eq!(trace.entries().next(), twin.entries().next());
        assert_ne!(trace.digest(), twin.digest());
    }

    #[test]
    fn an_entry_prints_as_a_line() {
        let mut trace = Trace::new();
        trace.record(Instant::from_millis(1_500), Sender::Charger(2), &[0xC0, 0xFD], true);
        assert_eq!(trace.entries().next().unwrap().to_string(), "1.500000s S>M #2 C0 FD (damaged)");
    }
}
