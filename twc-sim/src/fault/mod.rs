//! What a bad cable does to bytes: seeded, with rates that may change while a run goes on.

mod rates;

use core::time::Duration;

use twc_proto::slip::END;
use twc_proto::{Decoder, Message};

pub use self::rates::{FaultPreset, FaultRates, UnknownPreset};
use crate::rng::{Ratio, Rng};
use crate::trace::Sender;

/// So often a pair of bits is drawn until one is found that leaves the sum.
const TRIES: usize = 256;

/// Damages transmissions.
#[derive(Debug)]
pub struct Faults {
    rates: FaultRates,
    is_clean: bool,
    rng: Rng,
}

/// What happened to one transmission.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[allow(clippy::struct_excessive_bools)] // Any of them may come with any other.
pub struct FaultEffect {
    /// Nothing of it arrived.
    pub lost: bool,
    /// No charger hears it.
    pub lost_to_slaves: bool,
    /// The master does not hear it.
    pub lost_to_master: bool,
    /// So many bits were inverted.
    pub flipped_bits: u8,
    /// A byte vanished.
    pub byte_lost: bool,
    /// A byte appeared.
    pub byte_inserted: bool,
    /// A delimiter was read as something else.
    pub delimiter_misread: bool,
    /// The end is missing.
    pub cut: bool,
    /// It runs into the next one.
    pub glued: bool,
    /// There are bytes before and behind it.
    pub junk: bool,
    /// It comes once more, or only then.
    pub again: Option<Again>,
    /// What is left decodes to a message that was not sent; no receiver can tell.
    pub undetectable: bool,
}

/// A frame that the line delivers later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Again {
    /// So long after its first end.
    pub after: Duration,
    /// As it was sent.
    pub bytes: Vec<u8>,
}

impl Faults {
    /// Damage at `rates`, drawn from `seed`.
    pub fn new(rates: impl Into<FaultRates>, seed: u64) -> Self {
        let rates = rates.into();
        Self { rates, is_clean: rates.is_clean(), rng: Rng::new(seed) }
    }

    /// How bad the line is now.
    pub fn rates(&self) -> &FaultRates {
        &self.rates
    }

    /// How bad the line is from now on.
    pub fn set_rates(&mut self, rates: impl Into<FaultRates>) {
        self.rates = rates.into();
        self.is_clean = self.rates.is_clean();
    }

    /// Does to one transmission what the line does, and tells what that was, if it was anything.
    pub fn apply(&mut self, sender: Sender, wire: &mut Vec<u8>) -> Option<FaultEffect> {
        if self.is_clean || wire.is_empty() {
            return None;
        }
        let sent = wire.clone();
        let mut effect = FaultEffect::default();
        match sender {
            Sender::Outside => effect.lost_to_slaves = self.happens(self.rates.lost_to_slaves),
            Sender::Charger(_) => {
                effect.lost_to_master = self.happens(self.rates.lost_to_master);
                self.delay(wire, &mut effect);
            }
            Sender::Stranger => {}
        }
        if !wire.is_empty() {
            self.damage(wire, &mut effect);
        }
        if effect == FaultEffect::default() {
            return None;
        }
        effect.undetectable = says_something_else(&sent, wire);
        Some(effect)
    }

    fn delay(&mut self, wire: &mut Vec<u8>, effect: &mut FaultEffect) {
        if self.happens(self.rates.late) {
            effect.again = Some(Again { after: self.rates.late_by, bytes: core::mem::take(wire) });
        } else if self.happens(self.rates.doubled) {
            effect.again = Some(Again { after: self.rates.doubled_after, bytes: wire.clone() });
        }
    }

    fn damage(&mut self, wire: &mut Vec<u8>, effect: &mut FaultEffect) {
        if self.happens(self.rates.lost) {
            wire.clear();
            effect.lost = true;
            return;
        }
        let twice = u8::from(self.happens(self.rates.twice_flipped));
        let flips = 2 * twice + u8::from(self.happens(self.rates.flipped));
        for _ in 0..flips {
            let (at, bit) = (self.place(wire), self.rng.below(8));
            invert(wire, at, bit);
        }
        effect.flipped_bits = flips;
        if self.happens(self.rates.compensated) && self.compensate(wire) {
            effect.flipped_bits += 2;
        }
        if self.happens(self.rates.byte_lost) && wire.len() > 1 {
            let at = self.place(wire);
            wire.remove(at);
            effect.byte_lost = true;
        }
        if self.happens(self.rates.byte_inserted) {
            let (at, byte) = (self.place(wire), self.rng.byte());
            wire.insert(at, byte);
            effect.byte_inserted = true;
        }
        if self.happens(self.rates.delimiter_misread) {
            effect.delimiter_misread = self.misread_delimiter(wire);
        }
        if self.happens(self.rates.cut) {
            let at = self.place(wire);
            wire.truncate(at);
            effect.cut = true;
        }
        if self.happens(self.rates.glued) {
            effect.glued = glue(wire);
        }
        if self.happens(self.rates.junk) {
            self.turn_around(wire);
            effect.junk = true;
        }
    }

    fn happens(&mut self, chance: Ratio) -> bool {
        self.rng.chance(chance)
    }

    fn place(&mut self, wire: &[u8]) -> usize {
        self.rng.below(wire.len() as u64) as usize
    }

    /// Inverts two bits so that the frame still passes and says something else.
    fn compensate(&mut self, wire: &mut Vec<u8>) -> bool {
        for _ in 0..TRIES {
            let mut changed = wire.clone();
            let bit = self.rng.below(8);
            for _ in 0..2 {
                let at = self.place(wire);
                invert(&mut changed, at, bit);
            }
            if says_something_else(wire, &changed) {
                *wire = changed;
                return true;
            }
        }
        false
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

    /// One to three bytes before the frame and as many behind: what a floating line is read as.
    fn turn_around(&mut self, wire: &mut Vec<u8>) {
        for _ in 0..=self.rng.below(3) {
            let [before, behind] = [(); 2].map(|()| [0xFF, 0xFE, 0xFC, 0x00][self.rng.below(4) as usize]);
            wire.insert(0, before);
            wire.push(behind);
        }
    }
}

fn invert(wire: &mut [u8], at: usize, bit: u64) {
    if let Some(slot) = wire.get_mut(at) {
        *slot ^= 1 << bit;
    }
}

/// Takes the closing delimiter and all behind it.
fn glue(wire: &mut Vec<u8>) -> bool {
    match wire.iter().rposition(|byte| *byte == END) {
        Some(closing @ 1..) => {
            wire.truncate(closing);
            true
        }
        _ => false,
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
        found.extend(outcome.ok().map(|received| received.message()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: [u8; 19] =
        [0xC0, 0xFD, 0xE2, 0x34, 0x95, 0x81, 0x0C, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0xB8, 0xC0, 0xFC];
    const ALWAYS: Ratio = Ratio::new(1, 1);
    const SLAVE: Sender = Sender::Charger(0);

    fn once(rates: FaultRates, sender: Sender) -> (Vec<u8>, FaultEffect) {
        let mut wire = FRAME.to_vec();
        let effect = Faults::new(rates, 1).apply(sender, &mut wire).unwrap_or_default();
        (wire, effect)
    }

    fn share_damaged(preset: FaultPreset) -> usize {
        let mut faults = Faults::new(preset, 1);
        (0..10_000).filter(|_| faults.apply(SLAVE, &mut FRAME.to_vec()).is_some()).count()
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
    fn a_seed_means_the_same_damage_for_ever() {
        let mut faults = Faults::new(FaultPreset::Storm, 42);
        let mut digest = 0u64;
        for _ in 0..10_000 {
            let mut wire = FRAME.to_vec();
            faults.apply(SLAVE, &mut wire);
            for byte in wire {
                digest = (digest ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
            }
        }
        assert_eq!(digest, 4_069_589_412_997_004_818);
    }

    #[test]
    fn each_chance_does_what_its_name_says() {
        let none = FaultRates::NONE;
        assert_eq!(once(none, SLAVE), (FRAME.to_vec(), FaultEffect::default()));
        assert!(once(FaultRates { lost: ALWAYS, ..none }, SLAVE).0.is_empty());
        let (wire, effect) = once(FaultRates { flipped: ALWAYS, ..none }, SLAVE);
        let changed: u32 = wire.iter().zip(FRAME).map(|(is, was)| (is ^ was).count_ones()).sum();
        assert!((changed, effect.flipped_bits) == (1, 1) && !effect.undetectable);
        assert_eq!(once(FaultRates { byte_lost: ALWAYS, ..none }, SLAVE).0.len(), 18);
        assert_eq!(once(FaultRates { byte_inserted: ALWAYS, ..none }, SLAVE).0.len(), 20);
        let (wire, _) = once(FaultRates { delimiter_misread: ALWAYS, ..none }, SLAVE);
        assert!(wire.iter().any(|byte| [0xF0, 0xF8].contains(byte)));
        assert!(once(FaultRates { cut: ALWAYS, ..none }, SLAVE).0.len() < 19);
        assert_eq!(once(FaultRates { glued: ALWAYS, ..none }, SLAVE).0, FRAME[..17]);
        let (wire, _) = once(FaultRates { junk: ALWAYS, ..none }, SLAVE);
        assert!(wire.len() > 20 && wire.windows(19).any(|window| window == FRAME));
    }

    #[test]
    fn late_and_doubled_answers_come_again_and_requests_do_not() {
        let late = FaultRates { late: ALWAYS, ..FaultRates::NONE };
        let (wire, effect) = once(late, SLAVE);
        assert_eq!((wire.len(), effect.again.unwrap().bytes), (0, FRAME.to_vec()));
        let doubled = FaultRates { doubled: ALWAYS, ..FaultRates::NONE };
        let (wire, effect) = once(doubled, SLAVE);
        assert_eq!((wire, effect.again.unwrap().bytes), (FRAME.to_vec(), FRAME.to_vec()));
        assert_eq!(once(late, Sender::Outside), (FRAME.to_vec(), FaultEffect::default()));
    }

    #[test]
    fn one_way_loss_has_a_direction() {
        let rates = FaultRates { lost_to_slaves: ALWAYS, lost_to_master: ALWAYS, ..FaultRates::NONE };
        let lost = |sender| {
            let (_, effect) = once(rates, sender);
            (effect.lost_to_slaves, effect.lost_to_master)
        };
        assert_eq!((lost(Sender::Outside), lost(SLAVE)), ((true, false), (false, true)));
    }

    #[test]
    fn a_compensated_pair_of_flips_passes_as_another_message() {
        let mut faults = Faults::new(FaultRates { compensated: ALWAYS, ..FaultRates::NONE }, 3);
        for _ in 0..100 {
            let mut wire = FRAME.to_vec();
            let effect = faults.apply(SLAVE, &mut wire).unwrap();
            assert!(effect.undetectable && effect.flipped_bits == 2);
            let [said] = messages(&wire)[..] else { panic!("one message") };
            assert_ne!([said], messages(&FRAME)[..]);
        }
    }

    #[test]
    fn a_change_that_spoils_the_sum_is_not_called_undetectable() {
        let mut damaged = FRAME;
        damaged[6] += 1;
        damaged[7] -= 1;
        assert!(says_something_else(&FRAME, &damaged));
        damaged[7] -= 1;
        assert!(!says_something_else(&FRAME, &damaged));
    }
}
