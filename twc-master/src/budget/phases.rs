//! Three numbers, one per phase, and sets of phases.

use twc_proto::CentiAmps;

/// A signed number per phase: centiamps or watts, as the name of what holds it says. Sums saturate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PerPhase(pub [i32; 3]);

impl PerPhase {
    /// Nothing on any phase.
    pub const ZERO: Self = Self([0; 3]);

    /// The same current on each of `phases`, none elsewhere, in centiamps.
    pub fn of(current: CentiAmps, phases: PhaseSet) -> Self {
        Self([0, 1, 2].map(|phase| if phases.contains(phase) { i32::from(current.value()) } else { 0 }))
    }

    /// Each phase by itself.
    #[must_use]
    pub fn map(self, change: impl FnMut(i32) -> i32) -> Self {
        Self(self.0.map(change))
    }

    /// Phase by phase with another.
    #[must_use]
    pub fn zip(self, other: Self, mut join: impl FnMut(i32, i32) -> i32) -> Self {
        let ([a1, a2, a3], [b1, b2, b3]) = (self.0, other.0);
        Self([join(a1, b1), join(a2, b2), join(a3, b3)])
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        self.zip(other, i32::saturating_add)
    }

    /// This less the other.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        self.zip(other, i32::saturating_sub)
    }

    /// The sum over the phases.
    pub fn sum(self) -> i32 {
        self.0.into_iter().fold(0, i32::saturating_add)
    }
}

/// Which of the three phases something uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhaseSet(u8);

impl PhaseSet {
    /// All three: what has to be assumed while nobody said better.
    pub const ALL: Self = Self(0b111);

    /// The phases numbered 1 to 3 for which the array says so; `None` for no phase at all.
    pub const fn new(used: [bool; 3]) -> Option<Self> {
        let bits = used[0] as u8 | (used[1] as u8) << 1 | (used[2] as u8) << 2;
        if bits == 0 { None } else { Some(Self(bits)) }
    }

    /// Whether the phase with this index, 0 to 2, is one of them.
    pub const fn contains(self, index: usize) -> bool {
        index < 3 && self.0 & (1 << index) != 0
    }

    /// The first of them alone.
    #[must_use]
    pub const fn first(self) -> Self {
        Self(self.0 & self.0.wrapping_neg())
    }

    /// How many: 1 to 3.
    pub const fn count(self) -> u8 {
        self.0.count_ones() as u8
    }
}

/// `centiamps` on one phase at `volts`, as watts.
pub(crate) fn watts(centiamps: i32, volts: u16) -> i32 {
    let watts = i64::from(centiamps).saturating_mul(i64::from(volts)) / 100;
    watts.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32
}

/// `watts` on `phases` phases at `volts`, as centiamps per phase, rounded down.
pub(crate) fn centiamps(watts: i32, phases: u8, volts: u16) -> i32 {
    let volts = i64::from(volts.max(1)) * i64::from(phases.max(1));
    let centiamps = (i64::from(watts) * 100).div_euclid(volts);
    centiamps.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_no_phases_does_not_exist() {
        assert_eq!(PhaseSet::new([false; 3]), None);
        let two = PhaseSet::new([true, false, true]).unwrap();
        assert_eq!((two.count(), two.contains(0), two.contains(1), two.contains(2)), (2, true, false, true));
        assert_eq!(PerPhase::of(CentiAmps::from_amps(6), two), PerPhase([600, 0, 600]));
    }

    #[test]
    fn watts_and_amperes_convert_down_never_up() {
        assert_eq!(watts(600, 230), 1_380);
        assert_eq!(centiamps(4_140, 3, 230), 600);
        assert_eq!(centiamps(4_139, 3, 230), 599);
        assert_eq!(centiamps(-1, 3, 230), -1);
    }
}
