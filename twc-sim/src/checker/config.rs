//! What the judge holds a master to.

use core::time::Duration;

/// What a [`super::Checker`] holds a master to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckerConfig {
    /// Printed with every violation, so that it can be seen again.
    pub seed: u64,
    /// The command that shows it again; printed with every violation unless empty.
    pub replay: String,
    /// The tree of what is protected; at most [`CheckerConfig::MAX_CIRCUITS`] are looked at.
    pub circuits: Vec<Circuit>,
    /// A slave counts until so long after the last heartbeat sent to it.
    pub t_off: Duration,
    /// What every heartbeated slave counts at least, in centiamps.
    pub floor: u32,
    /// Offers between 0 and this are violations, in centiamps.
    pub least_offer: u32,
    /// An answer later than this confirms nothing.
    pub answer_window: Duration,
    /// Longest time between two heartbeats to a linked slave on a clean bus.
    pub max_gap: Duration,
    /// The master may leave a linked slave without heartbeats for good; a gap is then judged by the heartbeat
    /// that ends it before [`CheckerConfig::t_off`].
    pub may_withhold: bool,
    /// Silence frees a slave only while no other frame is sent either. Set by itself when a charger has the
    /// switch of the same name.
    pub any_master_frame_refreshes: bool,
    /// A slave that was freed and is heartbeated again counts with what it held.
    pub relinked_counts_held: bool,
    /// How long an unrecognisable damaged frame excuses what truly flows.
    pub excuse: Duration,
}

/// One node of the tree site → panel → circuit: a fuse, a wire, a breaker, with all that hangs on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Circuit {
    /// Printed with violations.
    pub name: String,
    /// What it hangs on, by its place in [`CheckerConfig::circuits`]. A circuit without carries every charger,
    /// also one nobody has listed.
    pub parent: Option<usize>,
    /// Without a parent: carries only the chargers of this bus.
    pub bus: Option<usize>,
    /// The chargers that hang on it directly, by their index in the world.
    pub chargers: Vec<usize>,
    /// Of each phase, in centiamps.
    pub limit: [u32; 3],
}

impl Circuit {
    /// Everything together, under the same limit on each phase, in centiamps.
    pub fn site(limit: u32) -> Self {
        Self { name: "site".to_owned(), parent: None, bus: None, chargers: Vec::new(), limit: [limit; 3] }
    }

    /// Some chargers, below another circuit.
    pub fn below(parent: usize, name: &str, limit: u32, chargers: impl IntoIterator<Item = usize>) -> Self {
        let chargers = chargers.into_iter().collect();
        Self { name: name.to_owned(), parent: Some(parent), bus: None, chargers, limit: [limit; 3] }
    }
}

impl CheckerConfig {
    /// More circuits are not looked at.
    pub const MAX_CIRCUITS: usize = 64;

    /// One circuit of `limit` centiamps, judged by the usual times.
    pub fn new(seed: u64, limit: u32) -> Self {
        Self { circuits: vec![Circuit::site(limit)], ..Self::without_limits(seed) }
    }

    /// Everything but limits.
    pub fn without_limits(seed: u64) -> Self {
        Self {
            seed,
            replay: String::new(),
            circuits: Vec::new(),
            t_off: Duration::from_secs(60),
            floor: 600,
            least_offer: 600,
            answer_window: Duration::from_secs(1),
            max_gap: Duration::from_secs(5),
            may_withhold: true,
            any_master_frame_refreshes: false,
            relinked_counts_held: true,
            excuse: Duration::from_secs(20),
        }
    }
}
