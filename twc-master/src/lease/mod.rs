//! Several masters on one circuit: a coordinator lends each of them amps, for a time.
//!
//! Wall connectors on different buses, or at different machines, may hang on one feeder. Each master keeps its own
//! buses' limits; what they share is divided by one [`Coordinator`], and a [`Tenant`] beside each master asks it. Only
//! two small values travel, a [`Request`] and a [`Lease`], over whatever the installation has: a function call in one
//! process, or a network that loses, delays and repeats. Rule E26:
//!
//! * A tenant has a **share** that is its own, lease or not. All shares together fit. In its configuration the shared
//!   circuit has the full limit and, as [`crate::Circuit::unordered`], the share.
//! * A **lease** is counted by the tenant from when it *asked*, since nobody knows when the answer was sent. The master
//!   is back at its share, confirmed by every slave, 20 s before the lease ends; who does not follow is silenced.
//! * The **coordinator** counts a lease from when it answered, and as much longer as a silent slave may draw: only then
//!   are the amps somebody else's. Sooner, where the tenant says under which lease it is and that its books hold no more
//!   than that one allows.
//! * A coordinator that has just started does not know what the one before has lent. It lends nothing until all of that
//!   must have come back.
//!
//! So a master that loses its coordinator is at its share before [`Terms::lasts`] is over, and a coordinator that loses a
//! master lends its amps to others after [`Terms::comes_back_after`].
//!
//! ```
//! use core::time::Duration;
//! use twc_master::lease::{Coordinator, Tenant, Terms};
//! use twc_master::share::Equal;
//! use twc_master::{Circuit, Config, Master, Place};
//! use twc_proto::{CentiAmps, Instant, Sign, TwcId};
//!
//! let (feeder, share) = (CentiAmps::from_amps(40), CentiAmps::from_amps(12));
//! // Each master knows the feeder's limit, and falls back to its share.
//! let mut config = Config::new(TwcId::new(0x4242), Sign::new(0x5A), feeder);
//! config.circuits[0] = Some(Circuit { unordered: [share; 3], ..Circuit::new(Place::Site, [feeder; 3]) });
//! let mut master = Master::new(config, Equal, Instant::ZERO)?;
//! // The number keeps answers to an earlier run apart: a boot counter, the time of day, a random one.
//! let mut tenant = Tenant::new(0, Place::Circuit(0), 77);
//!
//! let mut coordinator = Coordinator::new(feeder, &[share; 2], Terms::DEFAULT, Instant::ZERO)?;
//! let mut now = Instant::ZERO;
//! let request = tenant.poll_request(now, &master).expect("it asks at once");
//! assert_eq!(coordinator.handle_request(now, &request), None, "it may have lent everything a moment ago");
//!
//! now = now + Terms::DEFAULT.comes_back_after();
//! let request = tenant.poll_request(now, &master).expect("it asks every few seconds");
//! let lease = coordinator.handle_request(now, &request).expect("all has come back");
//! assert!(tenant.handle_lease(now, &mut master, &lease));
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

mod coordinator;
mod tenant;
#[cfg(test)]
mod tests;

use core::time::Duration;

use thiserror::Error;
use twc_proto::CentiAmps;

pub use self::coordinator::{Coordinator, MAX_TENANTS};
pub use self::tenant::Tenant;

/// How long leases last and how long amps take to come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// How long a lease lasts from the moment it was asked for; at least 90 s. A tenant that cannot renew it begins to
    /// come down 52 s before its end.
    pub lasts: Duration,
    /// How long after a heartbeat a slave may go on: the largest [`crate::Timing::stop_after`] and
    /// [`crate::Timing::link_buffer`] together of all tenants.
    pub stops_within: Duration,
}

impl Terms {
    /// Two minutes, and what [`crate::Timing::TCP`] assumes, which holds for serial ports too.
    pub const DEFAULT: Self = Self { lasts: Duration::from_secs(120), stops_within: Duration::from_secs(67) };

    /// How long after the last answer amps that nobody gave back are free again.
    pub fn comes_back_after(&self) -> Duration {
        self.lasts.saturating_add(self.stops_within)
    }
}

/// What a tenant asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// Who: its place among the shares of [`Coordinator::new`].
    pub tenant: u8,
    /// Which request of this tenant; its answer has the same.
    pub serial: u32,
    /// What its cars could take, on each phase.
    pub wants: CentiAmps,
    /// The least with which it can serve everybody once: a slave that stopped comes back with what it held. It is met
    /// before what others merely want.
    pub needs: CentiAmps,
    /// What may flow there by its books, on the fullest phase.
    pub holds: CentiAmps,
    /// The lease it is under, by [`Lease::number`]; 0 without one.
    pub under: u32,
}

/// What a tenant may have, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// Whose.
    pub tenant: u8,
    /// The request that this answers.
    pub serial: u32,
    /// Its own number, never 0.
    pub number: u32,
    /// What may flow on each phase.
    pub limit: CentiAmps,
    /// How long, from the moment it was asked for.
    pub lasts: Duration,
}

/// Terms that cannot be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TermsError {
    /// The shares do not fit.
    #[error("the shares come to {shares} centiamps, the circuit has {limit}")]
    SharesDoNotFit {
        /// All shares together, in centiamps.
        shares: u32,
        /// What the circuit carries.
        limit: CentiAmps,
    },
    /// More tenants than there is room for.
    #[error("{count} tenants are more than {MAX_TENANTS}")]
    TooManyTenants {
        /// How many.
        count: usize,
    },
    /// A lease that ends before its holder has come down.
    #[error("a lease of {seconds} s is over before its holder can have come down: 90 s is the least")]
    TooShort {
        /// What was asked for, in whole seconds.
        seconds: u64,
    },
    /// Slaves take longer to stop.
    #[error("a silent slave may draw for {seconds} s and more: 45 s is the least")]
    StopTooShort {
        /// What was asked for, in whole seconds.
        seconds: u64,
    },
}
