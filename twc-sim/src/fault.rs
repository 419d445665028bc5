//! What a bad cable does to bytes: seeded, with named presets that may change while a run goes on.

use core::fmt;
use core::str::FromStr;

use thiserror::Error;
use twc_proto::slip::END;
use twc_proto::{Decoder, Message};

use crate::rng::{Ratio, Rng};

/// How bad the line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FaultPreset {
    /// Every byte arrives.
    #[default]
    Clean,
    /// About one frame in two hundred suffers.
    Home,
    /// About one in fifteen: no termination, a run beside the mains cable.
    BadCable,
    /// About one in three.
    Storm,
}

impl FaultPreset {
    /// Every preset.
    pub const ALL: [Self; 4] = [Self::Clean, Self::Home, Self::BadCable, Self::Storm];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Home => "home",
            Self::BadCable => "bad_cable",
            Self::Storm => "storm",
        }
    }

    /// How many of ten thousand frames suffer each kind of damage.
    const fn chances(self) -> Chances {
        match self {
            Self::Clean => {
                Chances { lost: 0, flipped: 0, twice_flipped: 0, dropped: 0, inserted: 0, misread: 0, cut: 0 }
            }
            Self::Home => {
                Chances { lost: 20, flipped: 10, twice_flipped: 3, dropped: 5, inserted: 5, misread: 5, cut: 2 }
            }
            Self::BadCable => Chances {
                lost: 200,
                flipped: 150,
                twice_flipped: 50,
                dropped: 80,
                inserted: 80,
                misread: 60,
                cut: 40,
            },
            Self::Storm => Chances {
                lost: 900,
                flipped: 800,
                twice_flipped: 400,
                dropped: 500,
                inserted: 400,
                misread: 300,
                cut: 300,
            },
        }
    }
}

impl fmt::Display for FaultPreset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No such preset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("unknown fault preset; there are clean, home, bad_cable and storm")]
pub struct UnknownPreset;

impl FromStr for FaultPreset {
    type Err = UnknownPreset;

    fn from_str(s: &str) -> Result<Self, UnknownPreset> {
        Self::ALL.into_iter().find(|preset| preset.name() == s).ok_or(UnknownPreset)
    }
}

#[derive(Debug, Clone, Copy)]
struct Chances {
    lost: u32,
    flipped: u32,
    twice_flipped: u32,
    dropped: u32,
    inserted: u32,
    misread: u32,
    cut: u32,
}

/// Damages transmissions.
#[derive(Debug)]
pub struct Faults {
    preset: FaultPreset,
    rng: Rng,
}

/// What happened to one transmission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(clippy::struct_excessive_bools)] // Any of them may come with any other.
pub struct FaultEffect {
    /// Nothing of it arrived.
    pub lost: bool,
    /// So many bits were inverted.
    pub flipped_bits: u8,
    /// A byte vanished.
    pub dropped_byte: bool,
    /// A byte appeared.
    pub inserted_byte: bool,
    /// A delimiter was read as something else.
    pub misread_delimiter: bool,
    /// The end is missing.
    pub cut: bool,
    /// What is left decodes to a message that was not sent; no receiver can tell.
    pub undetectable: bool,
}

impl FaultEffect {
    /// Whether everything arrived as it was sent.
    pub fn is_clean(&self) -> bool {
        *self == Self::default()
    }
}

impl Faults {
    /// Damage as `preset` says, drawn from `seed`.
    pub fn new(preset: FaultPreset, seed: u64) -> Self {
        Self { preset, rng: Rng::new(seed) }
    }

    /// How bad the line is now.
    pub fn preset(&self) -> FaultPreset {
        self.preset
    }

    /// How bad the line is from now on.
    pub fn set_preset(&mut self, preset: FaultPreset) {
        self.preset = preset;
    }

    /// Does to one transmission what the line does, and tells what that was.
    pub fn apply(&mut self, wire: &mut Vec<u8>) -> FaultEffect {
        let mut effect = FaultEffect::default();
        if self.preset == FaultPreset::Clean || wire.is_empty() {
            return effect;
        }
        let sent = wire.clone();
        self.damage(wire, &mut effect);
        if !effect.is_clean() {
            effect.undetectable = says_something_else(&sent, wire);
        }
        effect
    }

    fn damage(&mut self, wire: &mut Vec<u8>, effect: &mut FaultEffect) {
        let chances = self.preset.chances();
        if self.happens(chances.lost) {
            wire.clear();
            effect.lost = true;
            return;
        }
        let flips = 2 * u8::from(self.happens(chances.twice_flipped)) + u8::from(self.happens(chances.flipped));
        for _ in 0..flips {
            let (at, bit) = (self.place(wire), self.rng.below(8));
            change(wire, at, |byte| byte ^ 1 << bit);
        }
        effect.flipped_bits = flips;
        if self.happens(chances.dropped) && wire.len() > 1 {
            let at = self.place(wire);
            wire.remove(at);
            effect.dropped_byte = true;
        }
        if self.happens(chances.inserted) {
            let (at, byte) = (self.place(wire), self.rng.byte());
            wire.insert(at, byte);
            effect.inserted_byte = true;
        }
        if self.happens(chances.misread) {
            effect.misread_delimiter = self.misread_delimiter(wire);
        }
        if self.happens(chances.cut) {
            let at = self.place(wire);
            wire.truncate(at);
            effect.cut = true;
        }
    }

    fn happens(&mut self, of_ten_thousand: u32) -> bool {
        self.rng.chance(Ratio::new(of_ten_thousand, 10_000))
    }

    fn place(&mut self, wire: &[u8]) -> usize {
        self.rng.below(wire.len() as u64) as usize
    }

    /// A driver that lets go too late or too early turns C0 into F8 or F0.
    fn misread_delimiter(&mut self, wire: &mut [u8]) -> bool {
        let mut delimiters: Vec<&mut u8> = wire.iter_mut().filter(|byte| **byte == END).collect();
        let nth = self.rng.below(delimiters.len() as u64) as usize;
        let seen = if self.rng.chance(Ratio::new(1, 2)) { 0xF8 } else { 0xF0 };
        let Some(slot) = delimiters.get_mut(nth) else {
            return false;
        };
        **slot = seen;
        true
    }
}

fn change(wire: &mut [u8], at: usize, how: impl FnOnce(u8) -> u8) {
    if let Some(slot) = wire.get_mut(at) {
        *slot = how(*slot);
    }
}

/// Whether the damaged bytes, taken alone, hold a message the sent ones do not.
fn says_something_else(sent: &[u8], damaged: &[u8]) -> bool {
    let sent = messages(sent);
    messages(damaged).iter().any(|message| !sent.contains(message))
}

fn messages(wire: &[u8]) -> Vec<Message> {
    let mut decoder = Decoder::new();
    let mut input = wire;
    let mut found = Vec::new();
    while let Some(outcome) = decoder.decode(&mut input) {
        found.extend(outcome.ok().map(|received| *received.message()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: [u8; 19] =
        [0xC0, 0xFD, 0xE2, 0x34, 0x95, 0x81, 0x0C, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0xB8, 0xC0, 0xFC];

    fn share_damaged(preset: FaultPreset) -> u32 {
        let mut faults = Faults::new(preset, 1);
        (0..10_000).map(|_| u32::from(!faults.apply(&mut FRAME.to_vec()).is_clean())).sum()
    }

    #[test]
    fn names_parse_back() {
        for preset in FaultPreset::ALL {
            assert_eq!(preset.to_string().parse(), Ok(preset));
        }
        assert_eq!("dirty".parse::<FaultPreset>(), Err(UnknownPreset));
    }

    #[test]
    fn presets_are_as_bad_as_they_say() {
        let shares = FaultPreset::ALL.map(share_damaged);
        assert_eq!(shares[0], 0);
        assert!((20..=80).contains(&shares[1]), "{shares:?}");
        assert!((500..=800).contains(&shares[2]), "{shares:?}");
        assert!((2_500..=4_000).contains(&shares[3]), "{shares:?}");
    }

    #[test]
    fn a_compensating_change_is_called_undetectable() {
        let mut damaged = FRAME;
        damaged[6] += 1;
        damaged[7] -= 1;
        assert!(says_something_else(&FRAME, &damaged));
        damaged[7] -= 1;
        assert!(!says_something_else(&FRAME, &damaged));
    }

    #[test]
    fn a_storm_brings_undetectable_changes_now_and_then() {
        let mut faults = Faults::new(FaultPreset::Storm, 5);
        let undetectable = (0..200_000).filter(|_| faults.apply(&mut FRAME.to_vec()).undetectable).count();
        assert!(undetectable > 0);
    }
}
