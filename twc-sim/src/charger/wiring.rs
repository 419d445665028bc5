//! How the unit is wired and what its rotary switch says.

use twc_proto::CentiAmps;

use super::ChargerConfig;

/// A phase of the supply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Line {
    /// The first.
    L1,
    /// The second.
    L2,
    /// The third.
    L3,
}

impl Line {
    /// All three in order.
    pub const ALL: [Self; 3] = [Self::L1, Self::L2, Self::L3];

    /// 0 to 2.
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// The rotary switch inside the unit. Only position F makes it a slave; the others set a limit of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rotary(u8);

impl Rotary {
    /// Position F.
    pub const SLAVE: Self = Self(0xF);

    /// The position, 0 to 15.
    pub const fn new(position: u8) -> Option<Self> {
        if position <= 0xF { Some(Self(position)) } else { None }
    }

    /// 0 to 15.
    pub const fn position(self) -> u8 {
        self.0
    }

    /// Whether the unit is a slave.
    pub const fn is_slave(self) -> bool {
        self.0 == Self::SLAVE.0
    }

    /// The limit of a unit that is no slave; `None` for positions that mean nothing (0 is a test mode).
    /// North America has another scale.
    pub fn limit(self, is_north_american: bool) -> Option<CentiAmps> {
        const EUROPE: [u16; 8] = [6, 8, 10, 13, 16, 20, 25, 32];
        const NORTH_AMERICA: [u16; 13] = [12, 16, 20, 24, 28, 32, 36, 40, 48, 56, 64, 72, 80];
        let scale: &[u16] = if is_north_american { &NORTH_AMERICA } else { &EUROPE };
        let index = usize::from(self.0).checked_sub(1)?;
        scale.get(index).copied().map(CentiAmps::from_amps)
    }
}

impl ChargerConfig {
    /// On one phase only, wired to `line`.
    #[must_use]
    pub fn single_phase(self, line: Line) -> Self {
        let [volts, ..] = self.volts;
        let [_, b, c] = self.lines;
        Self { volts: [volts, 0, 0], lines: [line, b, c], ..self }
    }

    /// Its first terminal on `first`, the others on the phases behind it.
    #[must_use]
    pub fn rotated(self, first: Line) -> Self {
        let mut lines = Line::ALL;
        lines.rotate_left(first.index());
        Self { lines, ..self }
    }

    /// North American: 240 V between two legs that both carry the current, 80 A.
    #[must_use]
    pub fn split_phase(self) -> Self {
        Self {
            volts: [240, 0, 0],
            lines: Line::ALL,
            returns_on: Some(Line::L2),
            max_current: CentiAmps::from_amps(80),
            ..self
        }
    }

    /// The limit it has when it is no slave; 0 where its switch stands on nothing.
    pub(super) fn own_limit(&self) -> CentiAmps {
        let is_north_american = self.max_current > CentiAmps::from_amps(32);
        self.rotary.limit(is_north_american).unwrap_or(CentiAmps::ZERO).min(self.max_current)
    }

    /// `current` through so many of the unit's terminals, as the supply's phases see it.
    pub(super) fn spread(&self, current: CentiAmps, phases: usize) -> [CentiAmps; 3] {
        let mut out = [CentiAmps::ZERO; 3];
        let mut add = |line: Line| {
            if let Some(slot) = out.get_mut(line.index()) {
                *slot = CentiAmps::new(slot.value().saturating_add(current.value()));
            }
        };
        for (line, volts) in self.lines.into_iter().zip(self.volts).take(phases) {
            if volts > 0 {
                add(line);
            }
        }
        if let Some(line) = self.returns_on.filter(|_| phases > 0) {
            add(line);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use twc_proto::TwcId;

    use super::*;

    #[test]
    fn only_f_is_a_slave_and_the_others_follow_the_printed_scale() {
        let slaves: Vec<_> = (0..=16).filter_map(Rotary::new).filter(|rotary| rotary.is_slave()).collect();
        assert_eq!(slaves, [Rotary::SLAVE]);
        let amps = |position, is_na| Rotary::new(position).unwrap().limit(is_na).map(|amps| amps.value() / 100);
        assert_eq!(
            [amps(1, false), amps(4, false), amps(8, false), amps(9, false)],
            [Some(6), Some(13), Some(32), None]
        );
        assert_eq!(
            [amps(1, true), amps(0xD, true), amps(0, true), amps(0xE, true)],
            [Some(12), Some(80), None, None]
        );
    }

    #[test]
    fn currents_land_on_the_phases_the_unit_is_wired_to() {
        let unit = ChargerConfig::p2(TwcId::new(0x3495));
        let ten = CentiAmps::from_amps(10);
        let spread = |unit: &ChargerConfig, phases| unit.spread(ten, phases).map(|amps| amps.value() / 100);
        assert_eq!(spread(&unit, 3), [10, 10, 10]);
        assert_eq!(spread(&unit.clone().rotated(Line::L2), 1), [0, 10, 0]);
        assert_eq!(spread(&unit.clone().rotated(Line::L3), 2), [10, 0, 10]);
        assert_eq!(spread(&unit.clone().single_phase(Line::L3), 3), [0, 0, 10]);
        assert_eq!(spread(&unit.split_phase(), 3), [10, 10, 0]);
    }
}
