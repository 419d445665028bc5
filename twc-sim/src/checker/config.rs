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
    /// Longest time between two heartbeats to a linked slave on a clean bus, whatever else is going on.
    pub max_gap: Duration,
    /// How soon a limit that fell must reach the wire, and how soon the slaves must have taken it.
    pub fall: FallDeadlines,
    /// What a master owes its users beyond keeping limits; not judged without.
    pub service: Option<Service>,
    /// The master may leave a linked slave without heartbeats for good; a gap is then judged by the heartbeat
    /// that ends it before [`CheckerConfig::t_off`].
    pub may_withhold: bool,
    /// Silence frees a slave only while no other frame is sent either. Set by itself when a charger has the
    /// switch of the same name.
    pub any_master_frame_refreshes: bool,
    /// A slave that was freed and is heartbeated again counts with what it held.
    pub relinked_counts_held: bool,
    /// How long an unrecognisable damaged frame excuses what truly flows, at most: two exchanges with the slave
    /// and [`CheckerConfig::reaction`] end the excuse before.
    pub excuse: Duration,
    /// How long a car takes to follow a limit that its unit has taken.
    pub reaction: Duration,
}

/// Deadlines after a limit fell, counted from the moment the master was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FallDeadlines {
    /// Every slave on the circuit has been sent its share of the reduction, or its floor, or nothing at all.
    pub on_wire: Duration,
    /// Every slave that answers has reported it.
    pub acknowledged: Duration,
}

/// What a master owes its users beyond keeping limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Service {
    /// Longest time between two heartbeats with one, two and three linked slaves on a clean line.
    pub gaps: [Duration; 3],
    /// The same with queries in between, or through a converter.
    pub busy_gap: Duration,
    /// From a linkready that was heard to the first heartbeat, where there is room for the slave.
    pub link: Duration,
    /// What a slave may take beyond its loss timer and its announce period to be linked after everything was put
    /// right.
    pub recovery: Duration,
    /// A slave that wants charge and fits gets some within this.
    pub starvation: Duration,
    /// How often an hour a relay may close again after the master had made it open.
    pub closings_per_hour: u32,
    /// How often the master may interrupt one car in one visit.
    pub strikes: u32,
}

impl Default for Service {
    fn default() -> Self {
        let millis = Duration::from_millis;
        Self {
            gaps: [millis(1_200), millis(1_600), millis(2_000)],
            busy_gap: millis(3_500),
            link: millis(2_000),
            recovery: millis(5_000),
            starvation: Duration::from_secs(300),
            closings_per_hour: 6,
            strikes: 3,
        }
    }
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
    /// The house is on it too, where the world has one: what comes from the grid is judged, and only by what
    /// flows. An excess must be gone within this.
    pub house: Option<Duration>,
}

impl Circuit {
    /// Everything together, under the same limit on each phase, in centiamps.
    pub fn site(limit: u32) -> Self {
        Self {
            name: "site".to_owned(),
            parent: None,
            bus: None,
            chargers: Vec::new(),
            limit: [limit; 3],
            house: None,
        }
    }

    /// Some chargers, below another circuit.
    pub fn below(parent: usize, name: &str, limit: u32, chargers: impl IntoIterator<Item = usize>) -> Self {
        let chargers = chargers.into_iter().collect();
        Self { name: name.to_owned(), parent: Some(parent), bus: None, chargers, limit: [limit; 3], house: None }
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
            fall: FallDeadlines { on_wire: Duration::from_millis(1_500), acknowledged: Duration::from_secs(3) },
            service: None,
            may_withhold: true,
            any_master_frame_refreshes: false,
            relinked_counts_held: true,
            excuse: Duration::from_secs(20),
            reaction: Duration::from_secs(10),
        }
    }
}
