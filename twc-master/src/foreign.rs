//! Other masters on the bus. There may be none.

use core::time::Duration;

use twc_proto::{Instant, TwcId};

/// Two frames within this time make a foreign master; one may be noise.
const PAIR: Duration = Duration::from_secs(10);
/// So long without a frame it is gone.
const GONE: Duration = Duration::from_secs(30);

/// Another master, or a single frame that looked like one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Foreign {
    pub(crate) master: TwcId,
    last: Instant,
    /// Whether it was heard twice, so that we keep our hands off.
    pub(crate) active: bool,
}

impl Foreign {
    /// What is known of other masters after a frame from `master`.
    pub(crate) fn heard(known: Option<Self>, now: Instant, master: TwcId) -> Self {
        let active = known.is_some_and(|known| {
            let again = known.master == master && now < known.gone_at();
            known.active || again
        });
        Self { master, last: now, active }
    }

    /// When it counts as gone unless it is heard again.
    pub(crate) fn gone_at(&self) -> Instant {
        self.last + if self.active { GONE } else { PAIR }
    }
}
