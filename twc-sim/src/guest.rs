//! The seam for masters that want to hear more than a bus can tell them.

#[cfg(feature = "scenario")]
use twc_proto::CentiAmps;
use twc_proto::{Instant, Node, TwcId};

use crate::house::MeterSample;
use crate::real_master::RealMaster;

/// A master that a scenario can host. Every [`Node`] is one after naming what it keeps; the rest is optional.
pub trait Guest: Node {
    /// What survives a kill; `()` for a master that keeps nothing.
    type Saved: Clone;

    /// What would be found on disk if it were killed now.
    fn saved(&self) -> Self::Saved;

    /// The site, or the circuit with this place in [`crate::scenario::MasterSpec::nodes`], may carry this much
    /// from now on.
    #[cfg(feature = "scenario")]
    fn handle_limit(&mut self, now: Instant, node: Option<usize>, limit: CentiAmps) {
        let _ = (now, node, limit);
    }

    /// A meter's sample arrived.
    fn handle_meter(&mut self, now: Instant, sample: &MeterSample) {
        let _ = (now, sample);
    }

    /// The scenario tells it something that only it understands: a table `tell_master`, unread.
    #[cfg(feature = "scenario")]
    fn handle_order(&mut self, now: Instant, order: &toml::Table) {
        let _ = (now, order);
    }

    /// Something it has switched in the house beside the bus, oldest first.
    fn poll_act(&mut self) -> Option<Act> {
        None
    }

    /// Something it wants to tell people, oldest first.
    fn poll_note(&mut self) -> Option<String> {
        None
    }
}

/// What a master can switch beside the bus, where somebody has built it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Act {
    /// The contactor in front of a unit.
    Power {
        /// Which unit.
        slave: TwcId,
        /// Whether it has a supply from now on.
        on: bool,
    },
    /// The car at a unit is woken over its own interface.
    Wake {
        /// Which unit.
        slave: TwcId,
    },
    /// The switch in front of a unit that takes two of its phases away, or gives them back.
    Phases {
        /// Which unit.
        slave: TwcId,
        /// Whether one is left.
        single: bool,
    },
}

impl Guest for RealMaster {
    type Saved = ();

    fn saved(&self) {}
}
