//! A load-sharing master for Tesla Wall Connectors Gen 2.
//!
//! [`Master`] is a [`twc_proto::Node`]: messages and time in, messages, deadlines and [`Event`]s out. It links
//! every slave that announces itself, keeps them alive with heartbeats, and divides a limit among the cars that
//! ask. It needs neither std nor a heap.
//!
//! # What it promises
//!
//! On circuits that only these wall connectors load, it never sends a combination of limits that, together with
//! everything its earlier frames may have left in force, exceeds the configured limit. One module, the guard,
//! holds the books; nothing else can put amps into a heartbeat. A [`share::Share`] decides who gets how much and
//! can be unfair, never unsafe.
//!
//! ```
//! use twc_master::share::Equal;
//! use twc_master::{Config, Master};
//! use twc_proto::{CentiAmps, Instant, Node, Sign, TwcId};
//!
//! let config = Config::new(TwcId::new(0x4242), Sign::new(0x5A), CentiAmps::from_amps(40));
//! let mut master = Master::new(config, Equal, Instant::ZERO)?;
//! // The first thing it says is who it is.
//! let first = master.poll_transmit(Instant::ZERO).unwrap();
//! assert_eq!(first.to_string(), "FC E1 42 42 5A 00 00 00 00 00 00 00 00 00 00 BF");
//! # Ok::<(), twc_master::ConfigError>(())
//! ```
//!
//! | feature | adds |
//! |---|---|
//! | (none) | the machine: no std, no heap |
//! | `std` | schedules ([`budget`]); the `supervisor`: a master on a real link, in a thread of its own, on tokio |
//! | `settings` | configurations in TOML, checked, with a JSON schema |
//! | `serial` | serial ports for it |
//! | `app` (default) | the program `twc-master` |
//!
//! As a library use `default-features = false`.
#![no_std]

#[cfg(any(feature = "std", test))]
extern crate std;

pub mod budget;
mod command;
mod config;
mod demand;
mod event;
mod foreign;
mod guard;
mod inbound;
pub mod knowledge;
mod master;
mod order;
mod outbound;
mod plan;
mod profile;
mod protect;
mod query;
#[cfg(feature = "settings")]
pub mod settings;
pub mod share;
mod slave;
mod snapshot;
mod stop;
#[cfg(feature = "std")]
pub mod supervisor;
mod turn;

pub use command::CommandError;
pub use config::{
    Circuit, Config, ConfigError, Connection, DEFAULT_CIRCUIT_LIMIT, FLOOR, LARGEST_UNIT, MAX_CIRCUITS,
    MAX_SLAVES, PHASES, PhaseAmps, Phases, Place, Timing,
};
pub use event::{Constraint, Event, Refusal, Withheld};
pub use knowledge::Knowledge;
pub use master::{Master, SlaveStatus, Standing};
pub use order::{HookOutcome, Mode, SlaveSettings};
pub use profile::{LatchCure, Profile};
pub use query::QueryPlan;
pub use snapshot::{KnownSlave, Snapshot};
pub use stop::{Cost, HOOK_DEADLINE, StopRefusal, Strategy};
pub use turn::Lateness;
