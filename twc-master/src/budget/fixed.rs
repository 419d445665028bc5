//! A limit that somebody set: a grid operator, a user, a lease. It may end by itself.

use twc_proto::{CentiAmps, Instant};

/// A limit from outside, per phase, with an end.
///
/// It only ever lowers: above it stand the configured limits, which nothing at run time can raise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cap {
    order: Option<Order>,
    afterwards: Option<CentiAmps>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Order {
    limit: CentiAmps,
    until: Option<Instant>,
}

impl Cap {
    /// No order yet. Once one has run out without a successor, `afterwards` holds: a site that has to be told again
    /// and again gives the value it must fall back to, `None` ends the limit.
    pub const fn new(afterwards: Option<CentiAmps>) -> Self {
        Self { order: None, afterwards }
    }

    /// Limits to `limit` until `until`, for good without one. Replaces what was ordered before.
    pub fn set(&mut self, limit: CentiAmps, until: Option<Instant>) {
        self.order = Some(Order { limit, until });
    }

    /// Ends the order; nothing is left of it.
    pub fn clear(&mut self) {
        self.order = None;
    }

    /// The limit in force, if any.
    pub fn limit(&self, now: Instant) -> Option<CentiAmps> {
        let order = self.order?;
        if order.until.is_some_and(|until| now >= until) { self.afterwards } else { Some(order.limit) }
    }

    /// When the present order ends.
    pub fn until(&self, now: Instant) -> Option<Instant> {
        self.order.and_then(|order| order.until).filter(|until| now < *until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_ends_at_its_time_and_leaves_what_was_agreed() {
        let (limit, fallback) = (CentiAmps::from_amps(10), CentiAmps::from_amps(6));
        let mut cap = Cap::new(Some(fallback));
        assert_eq!(cap.limit(Instant::ZERO), None);
        cap.set(limit, Some(Instant::from_secs(60)));
        assert_eq!(cap.limit(Instant::from_millis(59_999)), Some(limit));
        assert_eq!(cap.limit(Instant::from_secs(60)), Some(fallback));
        assert_eq!(cap.until(Instant::from_secs(60)), None);
        cap.set(limit, None);
        assert_eq!(cap.limit(Instant::from_secs(1 << 40)), Some(limit));
        cap.clear();
        assert_eq!(cap.limit(Instant::from_secs(61)), None);
    }
}
