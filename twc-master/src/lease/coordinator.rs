//! The books of what has been lent.

use core::time::Duration;

use twc_proto::{CentiAmps, Instant};

use super::{Lease, Request, Terms, TermsError};

/// How many masters can share a circuit.
pub const MAX_TENANTS: usize = 8;

/// Leases are whole amperes above the shares: a car makes nothing of less.
const STEP: u32 = 100;
const SHORTEST: Duration = Duration::from_secs(90);
const STOPS: Duration = Duration::from_secs(45);

/// Lends the amps of one circuit to several masters.
///
/// Whatever the network does to requests and leases, what all tenants together may have in force never exceeds the
/// limit. It keeps its word without a memory that survives it: see [`Terms::comes_back_after`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coordinator {
    limit: u32,
    terms: Terms,
    tenants: [Option<Account>; MAX_TENANTS],
    /// What an earlier coordinator has lent may be in force until then.
    lends_from: Instant,
    number: u32,
}

/// What one tenant may have in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Account {
    share: u32,
    /// What it asked for last, and until when that counts.
    wants: u32,
    needs: u32,
    wants_until: Instant,
    /// The newest lease, and until when it counts.
    lent: u32,
    number: u32,
    lent_until: Instant,
    /// The most that larger ones before it may still have in force.
    held: u32,
    held_until: Instant,
}

impl Account {
    fn new(share: CentiAmps) -> Self {
        let (never, share) = (Instant::ZERO, u32::from(share.value()));
        let (number, held) = (0, 0);
        Self {
            share,
            wants: share,
            needs: share,
            wants_until: never,
            lent: share,
            number,
            lent_until: never,
            held,
            held_until: never,
        }
    }

    /// What it may have in force.
    fn counts(&self, now: Instant) -> u32 {
        let lent = if now < self.lent_until { self.lent } else { 0 };
        let held = if now < self.held_until { self.held } else { 0 };
        self.share.max(lent).max(held)
    }

    /// What it can do nothing without, and what it could make use of.
    fn demand(&self, now: Instant) -> (u32, u32) {
        let counts = now < self.wants_until;
        let (needs, wants) = if counts { (self.needs, self.wants) } else { (0, 0) };
        (needs.max(self.share), wants.max(needs).max(self.share))
    }

    fn lend(&mut self, now: Instant, amps: u32, number: u32, until: Instant) {
        if amps < self.lent && now < self.lent_until {
            // The larger one goes on for whoever never hears of this one.
            self.held = if now < self.held_until { self.held.max(self.lent) } else { self.lent };
            self.held_until = self.held_until.max(self.lent_until);
        }
        (self.lent, self.number, self.lent_until) = (amps, number, until);
    }
}

impl Coordinator {
    /// Lends the `limit` of a circuit, on each of its phases, to as many masters as there are `shares`: what each of
    /// them has without a lease. It lends nothing before [`Terms::comes_back_after`] from `now`.
    ///
    /// # Errors
    /// When the shares do not fit, are too many, or the terms are too short.
    pub fn new(limit: CentiAmps, shares: &[CentiAmps], terms: Terms, now: Instant) -> Result<Self, TermsError> {
        let count = shares.len();
        if count > MAX_TENANTS {
            return Err(TermsError::TooManyTenants { count });
        }
        let sum: u32 = shares.iter().map(|share| u32::from(share.value())).sum();
        if sum > u32::from(limit.value()) {
            return Err(TermsError::SharesDoNotFit { shares: sum, limit });
        }
        if terms.lasts < SHORTEST {
            return Err(TermsError::TooShort { seconds: terms.lasts.as_secs() });
        }
        if terms.stops_within < STOPS {
            return Err(TermsError::StopTooShort { seconds: terms.stops_within.as_secs() });
        }
        let mut tenants = [None; MAX_TENANTS];
        for (place, share) in tenants.iter_mut().zip(shares) {
            *place = Some(Account::new(*share));
        }
        let lends_from = now + terms.comes_back_after();
        Ok(Self { limit: limit.value().into(), terms, tenants, lends_from, number: 0 })
    }

    /// A tenant asks. Nothing is lent to strangers, nor before everything an earlier coordinator lent has come back.
    pub fn handle_request(&mut self, now: Instant, request: &Request) -> Option<Lease> {
        let index = usize::from(request.tenant);
        let account = self.tenants.get_mut(index)?.as_mut()?;
        let whole = |amps: CentiAmps| u32::from(amps.value()).div_ceil(STEP) * STEP;
        (account.wants, account.needs) = (whole(request.wants), whole(request.needs));
        account.wants_until = now + self.terms.lasts;
        // Its books hold no more than the newest lease allows: nothing of the older ones is left.
        if request.under == account.number && u32::from(request.holds.value()) <= account.lent {
            account.held = 0;
        }
        if now < self.lends_from {
            return None;
        }
        let others = self.tenants.iter().enumerate().filter(|(other, _)| *other != index);
        let lent: u32 = others.filter_map(|(_, account)| Some(account.as_ref()?.counts(now))).sum();
        let amps = self.part_of(index, now).min(self.limit.saturating_sub(lent));
        self.number = self.number.wrapping_add(1).max(1);
        let (number, until) = (self.number, now + self.terms.comes_back_after());
        let account = self.tenants.get_mut(index)?.as_mut()?;
        let amps = amps.max(account.share);
        account.lend(now, amps, number, until);
        let limit = CentiAmps::new(u16::try_from(amps).unwrap_or(u16::MAX));
        Some(Lease { tenant: request.tenant, serial: request.serial, number, limit, lasts: self.terms.lasts })
    }

    /// What all tenants together may have in force, in centiamps; never more than the limit.
    pub fn lent(&self, now: Instant) -> u32 {
        self.tenants.iter().flatten().map(|account| account.counts(now)).sum()
    }

    /// What a tenant is to have, as soon as others have let go: its share; then what it needs, the first ones first; of
    /// the rest whole amperes to the one with the least, up to what each can take.
    fn part_of(&self, index: usize, now: Instant) -> u32 {
        let mut parts = self.tenants.map(|account| account.map_or((0, 0), |a| (a.share, a.demand(now).1)));
        let mut left = self.limit.saturating_sub(parts.iter().map(|(part, _)| part).sum());
        for ((part, _), account) in parts.iter_mut().zip(self.tenants.iter().flatten()) {
            let more = account.demand(now).0 - account.share;
            if more <= left {
                (*part, left) = (*part + more, left - more);
            }
        }
        while left >= STEP {
            let open = parts.iter_mut().filter(|(part, demand)| *part + STEP <= *demand);
            let Some((part, _)) = open.min_by_key(|(part, _)| *part) else { break };
            *part += STEP;
            left -= STEP;
        }
        parts.get(index).map_or(0, |(part, _)| *part)
    }
}
