//! The seam for masters that want to hear more than a bus can tell them.

use twc_proto::{CentiAmps, Instant, Node};

/// A master that a scenario can host. Every [`Node`] is one after naming what it keeps; the rest is optional.
pub trait Guest: Node {
    /// What survives a kill; `()` for a master that keeps nothing.
    type Saved: Clone;

    /// What would be found on disk if it were killed now.
    fn saved(&self) -> Self::Saved;

    /// The shared circuit may carry this much from now on.
    fn handle_limit(&mut self, now: Instant, limit: CentiAmps) {
        let _ = (now, limit);
    }

    /// The scenario tells it something that only it understands: a table `tell_master`, unread.
    #[cfg(feature = "scenario")]
    fn handle_order(&mut self, now: Instant, order: &toml::Table) {
        let _ = (now, order);
    }

    /// Something it wants to tell people, oldest first.
    fn poll_note(&mut self) -> Option<String> {
        None
    }
}
