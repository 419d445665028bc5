//! Who charges on the surplus, and with how much.

use core::cmp::Reverse;

use twc_proto::{CentiAmps, Instant};

use super::{Freshness, MAX_SLAVES, Pool, SolarReason, SolarShare, SolarShares, SolarWish, Surplus};
use crate::budget::phases::watts;

/// What is not given away yet.
#[derive(Debug, Clone, Copy)]
struct Left {
    /// For those who charge.
    running: Pool,
    /// For those who want to start: less what others are about to start with.
    open: Pool,
    /// What `running` was on average.
    usual: Pool,
    /// Everything there is.
    whole: Pool,
}

impl Surplus {
    /// Shares for this moment; timers run where `new` says that a sample has something to say.
    pub(super) fn share(
        &mut self,
        now: Instant,
        freshness: Freshness,
        new: bool,
        wishes: &[SolarWish],
    ) -> SolarShares {
        let mut shares = [SolarShare { amps: None, reason: SolarReason::NoDemand }; MAX_SLAVES];
        let pool = self.pool(freshness);
        let usual = self.mean.filter(|_| freshness < Freshness::Withhold).unwrap_or(pool);
        let mut left = Left { running: pool, open: pool, usual, whole: pool };
        for index in self.in_order(now, usual, wishes) {
            let Some((wish, share)) = wishes.get(index).zip(shares.get_mut(index)) else { continue };
            (*share, left) = self.admit(now, new || freshness == Freshness::Withhold, wish, left);
        }
        if freshness <= Freshness::NoRaise {
            self.fill(left.running, wishes, &mut shares);
        }
        for (wish, share) in wishes.iter().zip(&mut shares) {
            self.restrict(freshness, wish, share);
        }
        shares
    }

    /// The pool to divide; nothing when the meter has been silent for too long.
    fn pool(&self, freshness: Freshness) -> Pool {
        match self.target.filter(|_| freshness < Freshness::Withhold) {
            Some(target) => target,
            None => Pool::Total(0),
        }
    }

    /// Gives a slave its minimum, or says why not, and what is left for those after it.
    fn admit(&mut self, now: Instant, new: bool, wish: &SolarWish, left: Left) -> (SolarShare, Left) {
        let config = self.config;
        let flex = self.flex(now);
        let minimum = i32::from(wish.minimum.value());
        let off = |reason| SolarShare { amps: None, reason };
        let less = |pool: Pool| pool.less(wish.phases, minimum, config.volts);
        let after = Left { running: less(left.running), open: less(left.open), usual: less(left.usual), ..left };
        let Some((_, switch)) = self.switches.iter_mut().flatten().find(|(id, _)| *id == wish.slave) else {
            return (off(SolarReason::NoDemand), left);
        };
        if !wish.asks || wish.cap < wish.minimum {
            switch.stop(now);
            switch.forget_enough();
            return (off(SolarReason::NoDemand), left);
        }
        let pool = if switch.is_on() || wish.keeps_minimum { left.running } else { left.open };
        let missing = lacks(pool, wish, config.volts);
        if wish.keeps_minimum {
            let share = SolarShare { amps: Some(wish.minimum), reason: SolarReason::Minimum { missing } };
            return (share, after);
        }
        let helped = if switch.is_on() || config.flex_starts { flex } else { 0 };
        // A start needs what there usually is, and so does a stop: not every gap between clouds moves a relay.
        let usually = lacks(left.usual, wish, config.volts);
        let least = if switch.is_on() { missing.min(usually) } else { missing.max(usually) };
        let beyond = least.saturating_sub(helped);
        if new {
            switch.update(&config.switch, now, beyond, wish.draws);
        }
        // Whoever had a turn makes room as soon as another has what it lacks.
        if beyond > 0 && switch.had_its_turn(now) && lacks(left.whole, wish, config.volts) == 0 {
            switch.stop(now);
        }
        if switch.is_on() {
            let stops = switch.stops_at(&config.switch);
            let reason = match stops {
                Some(at) => SolarReason::Stopping { missing, at: at.max(now) },
                None if missing > helped => SolarReason::Minimum { missing },
                None if missing > 0 => SolarReason::Flex { missing },
                None => SolarReason::Share { available: pool.total() },
            };
            return (SolarShare { amps: Some(wish.minimum), reason }, after);
        }
        match switch.starts_at(&config.switch) {
            // What it is about to start with starts nobody else; who charges may have it until then.
            Some(at) if beyond == 0 => (off(SolarReason::Starting { at }), Left { open: after.open, ..left }),
            _ => {
                let needed = watts(minimum, config.volts).saturating_mul(wish.phases.count().into());
                // What is missing may be missing now, or on average.
                let available = pool.total().min(left.usual.total());
                (off(SolarReason::Insufficient { available, needed }), left)
            }
        }
    }

    /// Divides what is left in steps, always to whoever has least.
    fn fill(&self, mut pool: Pool, wishes: &[SolarWish], shares: &mut SolarShares) {
        let step = i32::from(self.config.step.value());
        while let Some((amps, index)) = self.next(pool, wishes, shares) {
            let Some((wish, share)) = wishes.get(index).zip(shares.get_mut(index)) else { break };
            let raised = amps.value().saturating_add(self.config.step.value());
            // The first step may be a short one, to the next multiple.
            let raised = CentiAmps::new(raised - raised % self.config.step.value());
            if raised > wish.cap {
                break;
            }
            pool = pool.less(
                wish.phases,
                (i32::from(raised.value()) - i32::from(amps.value())).min(step),
                self.config.volts,
            );
            share.amps = Some(raised);
        }
    }

    fn next(&self, pool: Pool, wishes: &[SolarWish], shares: &SolarShares) -> Option<(CentiAmps, usize)> {
        let step = self.config.step;
        let open = wishes.iter().zip(shares).enumerate().filter_map(|(index, (wish, share))| {
            let amps = share.amps?;
            let raised = amps.value().saturating_add(step.value());
            let fits = pool.current(wish.phases, self.config.volts) >= i32::from(step.value());
            let may = raised - raised % step.value() <= wish.cap.value();
            (fits && may).then_some((amps, wish.slave, index))
        });
        open.min().map(|(amps, _, index)| (amps, index))
    }

    /// What a meter that is not fresh takes away.
    fn restrict(&self, freshness: Freshness, wish: &SolarWish, share: &mut SolarShare) {
        let had = self.had(wish.slave);
        match freshness {
            Freshness::Fresh => return,
            Freshness::NoRaise => share.amps = share.amps.map(|amps| amps.min(had.unwrap_or(amps))),
            Freshness::Failsafe => {
                // What it had is the most, but a session goes on.
                let most = had.unwrap_or(wish.minimum).min(self.config.failsafe).max(wish.minimum);
                share.amps = share.amps.map(|amps| amps.min(most));
            }
            Freshness::Withhold => {}
        }
        if share.amps.is_some() || had.is_some() {
            share.reason = SolarReason::Silent { freshness };
        }
    }

    /// Indices by priority; then those whose minimum there usually is, the largest first, for a car that can live on
    /// little finds it beside one that cannot; then the others, the most modest first; of equals who is in its turn, who
    /// waits, who had a turn; then by waiting time and id.
    fn in_order(&self, now: Instant, usual: Pool, wishes: &[SolarWish]) -> impl Iterator<Item = usize> + use<> {
        let mut order = [0, 1, 2];
        order.sort_unstable_by_key(|index| {
            let wish = wishes.get(*index)?;
            let minimum = i32::from(wish.minimum.value()) * i32::from(wish.phases.count());
            let fits = lacks(usual, wish, self.config.volts) == 0;
            let rank = if fits { -minimum } else { minimum };
            let known = self.switches.iter().flatten().find(|(id, _)| *id == wish.slave);
            let turn = known.map(|(_, switch)| (switch.had_its_turn(now), !switch.is_on()));
            Some((Reverse((wish.priority, fits)), rank, turn, wish.since, wish.slave))
        });
        order.into_iter().filter(|index| *index < 3)
    }

    /// Watts the grid may give so that a minimum is reached.
    fn flex(&self, now: Instant) -> u32 {
        let percent = self.battery.and_then(|reading| self.config.battery.percent(&reading, now));
        let allowed = self.config.flex_percent.is_none_or(|least| percent.is_some_and(|percent| percent >= least));
        if allowed { self.config.flex_watts.into() } else { 0 }
    }
}

/// Watts missing for this slave's minimum.
fn lacks(pool: Pool, wish: &SolarWish, volts: u16) -> u32 {
    let short = i32::from(wish.minimum.value()).saturating_sub(pool.current(wish.phases, volts)).max(0);
    watts(short, volts).saturating_mul(wish.phases.count().into()).max(i32::from(short > 0)).unsigned_abs()
}
