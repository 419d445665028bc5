//! How often the line does what: four presets, or every chance by itself.

use core::fmt;
use core::str::FromStr;
use core::time::Duration;

use thiserror::Error;

use crate::rng::Ratio;

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

    /// How often each kind of damage happens.
    pub const fn rates(self) -> FaultRates {
        match self {
            Self::Clean => FaultRates::NONE,
            Self::Home => FaultRates {
                lost: myriad(20),
                flipped: myriad(10),
                twice_flipped: myriad(3),
                byte_lost: myriad(5),
                byte_inserted: myriad(5),
                delimiter_misread: myriad(5),
                cut: myriad(2),
                glued: myriad(1),
                junk: myriad(5),
                ..FaultRates::NONE
            },
            Self::BadCable => FaultRates {
                lost: myriad(200),
                flipped: myriad(150),
                twice_flipped: myriad(50),
                compensated: myriad(3),
                byte_lost: myriad(80),
                byte_inserted: myriad(80),
                delimiter_misread: myriad(60),
                cut: myriad(40),
                glued: myriad(20),
                junk: myriad(30),
                late: myriad(3),
                doubled: myriad(3),
                ..FaultRates::NONE
            },
            Self::Storm => FaultRates {
                lost: myriad(900),
                flipped: myriad(800),
                twice_flipped: myriad(400),
                compensated: myriad(20),
                byte_lost: myriad(500),
                byte_inserted: myriad(400),
                delimiter_misread: myriad(300),
                cut: myriad(300),
                glued: myriad(100),
                junk: myriad(100),
                late: myriad(50),
                doubled: myriad(50),
                ..FaultRates::NONE
            },
        }
    }
}

const fn myriad(of_ten_thousand: u32) -> Ratio {
    Ratio::new(of_ten_thousand, 10_000)
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

/// How many frames suffer each kind of damage. One frame may suffer several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaultRates {
    /// Nothing of it arrives anywhere.
    pub lost: Ratio,
    /// A frame of the master reaches no charger.
    pub lost_to_slaves: Ratio,
    /// A frame of a charger does not reach the master.
    pub lost_to_master: Ratio,
    /// One bit is inverted.
    pub flipped: Ratio,
    /// Two bits are, wherever they are.
    pub twice_flipped: Ratio,
    /// Two bits are, and the sum is right all the same: no receiver can tell.
    pub compensated: Ratio,
    /// A byte vanishes.
    pub byte_lost: Ratio,
    /// A byte appears.
    pub byte_inserted: Ratio,
    /// A delimiter is read as F8 or F0.
    pub delimiter_misread: Ratio,
    /// The end is missing.
    pub cut: Ratio,
    /// The closing delimiter and what follows it are missing: the frame runs into the next one.
    pub glued: Ratio,
    /// A driver that turns around leaves bytes before and behind the frame.
    pub junk: Ratio,
    /// A frame of a charger arrives late, as one.
    pub late: Ratio,
    /// How much later.
    pub late_by: Duration,
    /// A frame of a charger arrives twice.
    pub doubled: Ratio,
    /// From the end of the first to the beginning of the second.
    pub doubled_after: Duration,
}

impl FaultRates {
    /// Every byte arrives.
    pub const NONE: Self = Self {
        lost: Ratio::ZERO,
        lost_to_slaves: Ratio::ZERO,
        lost_to_master: Ratio::ZERO,
        flipped: Ratio::ZERO,
        twice_flipped: Ratio::ZERO,
        compensated: Ratio::ZERO,
        byte_lost: Ratio::ZERO,
        byte_inserted: Ratio::ZERO,
        delimiter_misread: Ratio::ZERO,
        cut: Ratio::ZERO,
        glued: Ratio::ZERO,
        junk: Ratio::ZERO,
        late: Ratio::ZERO,
        late_by: Duration::from_millis(1_500),
        doubled: Ratio::ZERO,
        doubled_after: Duration::from_millis(50),
    };

    /// Whether nothing can happen.
    pub fn is_clean(&self) -> bool {
        let chances = [
            self.lost,
            self.lost_to_slaves,
            self.lost_to_master,
            self.flipped,
            self.twice_flipped,
            self.compensated,
            self.byte_lost,
            self.byte_inserted,
            self.delimiter_misread,
            self.cut,
            self.glued,
            self.junk,
            self.late,
            self.doubled,
        ];
        chances.iter().all(|chance| chance.num == 0)
    }
}

impl Default for FaultRates {
    fn default() -> Self {
        Self::NONE
    }
}

impl From<FaultPreset> for FaultRates {
    fn from(preset: FaultPreset) -> Self {
        preset.rates()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_parse_back() {
        for preset in FaultPreset::ALL {
            assert_eq!(preset.to_string().parse(), Ok(preset));
        }
        assert_eq!("dirty".parse::<FaultPreset>(), Err(UnknownPreset));
    }

    #[test]
    fn only_clean_is_clean() {
        assert_eq!(FaultPreset::ALL.map(|preset| preset.rates().is_clean()), [true, false, false, false]);
    }
}
