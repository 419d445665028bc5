//! What energy costs, as a series from anywhere.

use std::vec::Vec;

use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

use super::Action;

/// A price for a stretch of time. The unit is whatever the series uses throughout, say thousandths of a cent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    /// Its first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
    /// The price; negative where one is paid.
    pub price: i64,
}

/// While the price is no higher than this, do that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceRule {
    /// In the series' unit.
    pub at_most: i64,
    /// What to do.
    pub action: Action,
}

/// Prices in order, without overlap; there may be gaps, in which no price is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PriceSeries(Vec<Price>);

/// Prices that contradict each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PriceError {
    /// It ends where or before it begins.
    #[error("the price from {0} ends before it begins")]
    Empty(Timestamp),
    /// Two prices at once, or not in order.
    #[error("the price from {0} begins before the one before it ends")]
    Overlap(Timestamp),
}

impl PriceSeries {
    /// A series.
    ///
    /// # Errors
    /// When prices overlap, are out of order or last no time.
    pub fn new(prices: Vec<Price>) -> Result<Self, PriceError> {
        if let Some(empty) = prices.iter().find(|price| price.to <= price.from) {
            return Err(PriceError::Empty(empty.from));
        }
        let mut pairs = prices.iter().zip(prices.iter().skip(1));
        if let Some((_, next)) = pairs.find(|(price, next)| next.from < price.to) {
            return Err(PriceError::Overlap(next.from));
        }
        Ok(Self(prices))
    }

    /// The price at an instant, if it is known.
    pub fn at(&self, at: Timestamp) -> Option<i64> {
        self.0.iter().find(|price| (price.from..price.to).contains(&at)).map(|price| price.price)
    }

    pub(super) fn edges(&self) -> impl Iterator<Item = Timestamp> {
        self.0.iter().flat_map(|price| [price.from, price.to])
    }

    /// The cheapest stretches between two times that last so long together, the later ones among equals; what is being
    /// used already goes on where it is one of them. `None` where not every price is known.
    pub(super) fn cheapest(
        &self,
        from: Timestamp,
        to: Timestamp,
        mut lasts: SignedDuration,
        in_use: bool,
    ) -> Option<Vec<(Timestamp, Timestamp)>> {
        let inside = |price: &Price| {
            let price = Price { from: price.from.max(from), to: price.to.min(to), ..*price };
            (price.from < price.to).then_some(price)
        };
        let mut slots: Vec<Price> = self.0.iter().filter_map(inside).collect();
        let known = slots.iter().fold(SignedDuration::ZERO, |sum, slot| sum + slot.to.duration_since(slot.from));
        if known < to.duration_since(from) {
            return None;
        }
        let goes_on = |slot: &Price| in_use && slot.from == from;
        slots.sort_by_key(|slot| (slot.price, !goes_on(slot), std::cmp::Reverse(slot.from)));
        let mut chosen = Vec::new();
        for slot in slots {
            if lasts <= SignedDuration::ZERO {
                break;
            }
            let whole = slot.to.duration_since(slot.from);
            // A part of a slot is its end: more may be known by then.
            let begin = if whole > lasts && !goes_on(&slot) {
                slot.to.checked_sub(lasts).unwrap_or(slot.from)
            } else {
                slot.from
            };
            chosen.push((begin, slot.to));
            lasts -= whole;
        }
        Some(chosen)
    }
}
