//! Targets that fit, whatever a share asks for: this is what makes a fall of a limit reach the slaves.

use twc_proto::{CentiAmps, Instant};

use super::Guard;
use super::escalate::OTHERS_YIELD;
use super::ledger::{Contact, Ledger};
use super::tree::{Amounts, Limits};
use crate::config::{FLOOR, MAX_SLAVES};

/// What every slave is to have; `None` is nothing.
pub(crate) type Wanted = [Option<CentiAmps>; MAX_SLAVES];

/// By how much a target is cut at a time: shares stay whole amperes.
const CUT: u32 = 100;

impl Guard {
    /// Cuts targets, the largest first, until together with what silent slaves may still draw they fit on every
    /// circuit, and remembers them: no grant goes beyond. `None` is a slave that is to have nothing.
    ///
    /// A slave that has not followed for long counts as what it holds, at the cost of those beside it. For those that
    /// are `away` their floor is kept free where it fits beside the others' floors: whoever holds more than that
    /// leaves could, once lost, not come back beside them.
    pub(crate) fn fit(&mut self, targets: &mut Wanted, away: &[bool; MAX_SLAVES], now: Instant) {
        self.aim(targets, now, &self.kept_floors(targets, away));
    }

    /// What is kept free for each slave that is away.
    fn kept_floors(&self, targets: &Wanted, away: &[bool; MAX_SLAVES]) -> Amounts {
        let mut floors = [0; MAX_SLAVES];
        for (((floor, ledger), target), away) in floors.iter_mut().zip(&self.ledgers).zip(targets).zip(away) {
            let Some(ledger) = ledger else { continue };
            let counts = *away || target.is_some() || ledger.contact == Contact::Active;
            *floor = if counts { ledger.times_units(FLOOR.value()) } else { ledger.commitment() };
        }
        let mut kept = floors;
        for (slot, (kept, is_away)) in kept.iter_mut().zip(away).enumerate() {
            if !is_away || self.room(slot, Limits::Now, &floors) < 0 {
                *kept = 0;
            }
        }
        kept
    }

    fn aim(&mut self, targets: &mut Wanted, now: Instant, kept: &Amounts) {
        let (mut amounts, mut may_cut) = ([0; MAX_SLAVES], [false; MAX_SLAVES]);
        let slots = self.ledgers.iter().zip(targets.iter_mut()).zip(amounts.iter_mut().zip(&mut may_cut));
        for ((ledger, target), (amount, may_cut)) in slots {
            let Some(ledger) = ledger else { continue };
            *target = target.filter(|target| *target >= FLOOR);
            let served = ledger.contact == Contact::Active || target.is_some();
            *may_cut = served && !ledger.has_lagged(OTHERS_YIELD, now);
            let wanted =
                target.map_or(FLOOR.value(), |target| target.value().min(ledger.cap()).max(FLOOR.value()));
            *amount = if *may_cut { ledger.times_units(wanted) } else { ledger.commitment() };
        }
        amounts.iter_mut().zip(kept).for_each(|(amount, kept)| *amount = (*amount).max(*kept));
        self.cut(&mut amounts, &may_cut);
        for (slot, (target, amount)) in targets.iter_mut().zip(&amounts).enumerate() {
            let over = self.is_over(slot);
            let Some(ledger) = self.ledger_mut(slot) else { continue };
            let most = ledger.most(*amount, over, now);
            *target = target.map(|target| target.min(CentiAmps::new(most)));
            ledger.aim = target.map_or(0, CentiAmps::value);
        }
    }

    /// Cuts the largest amount that flows through a spot that is too full, until there is none above the floor.
    fn cut(&self, amounts: &mut Amounts, may_cut: &[bool; MAX_SLAVES]) {
        let (loads, floor) = (self.loads(), u32::from(FLOOR.value()));
        loop {
            let (mut largest, mut chosen) = (floor, None);
            for (slot, ((amount, load), may_cut)) in amounts.iter().zip(&loads).zip(may_cut).enumerate() {
                let open = *may_cut && *amount > floor && *amount >= largest;
                if open && self.tree.room(Limits::Now, *load, &loads, amounts) < 0 {
                    (largest, chosen) = (*amount, Some(slot));
                }
            }
            let Some(amount) = chosen.and_then(|slot| amounts.get_mut(slot)) else { break };
            *amount -= (*amount - floor).min(CUT);
        }
    }
}

impl Ledger {
    /// The most it may be told where `amount` fits: one that has not followed for long comes down, whatever fits.
    ///
    /// While too much is in force a target only falls. A share that changes its mind in between, always in favour of
    /// whoever is told next, would else have everybody told more than fits together.
    fn most(&self, amount: u32, over: bool, now: Instant) -> u16 {
        let fits = u16::try_from(amount).unwrap_or(u16::MAX).min(self.cap());
        match (self.has_lagged(OTHERS_YIELD, now), over) {
            (true, true) => FLOOR.value(),
            (true, false) => self.told(),
            (false, true) => fits.min(self.aim.max(FLOOR.value())),
            (false, false) => fits,
        }
    }
}
