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
//! # The loop, whole
//!
//! A machine does nothing by itself. Whoever owns the port calls it with what happened, fetches what there is to
//! send and to tell, and waits for bytes or for the next deadline; [`twc_proto::Link`] sits between it and the
//! bytes. This is all there is to it, on a Raspberry Pi as on a microcontroller:
//!
//! ```no_run
//! use std::io::{ErrorKind, Read, Write};
//! use std::time::Duration;
//! use twc_master::share::Equal;
//! use twc_master::{Config, Master, Timing};
//! use twc_proto::{CentiAmps, Instant, Link, Sign, TwcId};
//!
//! let mut port = std::net::TcpStream::connect("192.0.2.7:4196")?;
//! let origin = std::time::Instant::now();
//! let now = || Instant::ZERO + origin.elapsed();
//!
//! let mut config = Config::new(TwcId::new(0x4242), Sign::new(0x5A), CentiAmps::from_amps(40));
//! config.timing = Timing::TCP;
//! let mut link = Link::new(Master::new(config, Equal, now())?);
//! let mut buffer = [0; 256];
//! loop {
//!     // 1. What there is to tell.
//!     while let Some(event) = link.node_mut().poll_event() {
//!         println!("{} {event}", now());
//!     }
//!     for slave in link.node().slaves() {
//!         println!("{} is to have {}: {}", slave.slave, slave.target, slave.constraint);
//!     }
//!     // 2. What there is to send. The guard counts from when the bytes have left.
//!     while let Some(wire) = link.poll_transmit(now()) {
//!         port.write_all(wire.as_ref())?;
//!         link.handle_sent(now());
//!     }
//!     // 3. Wait for bytes or for the deadline.
//!     let wait = link.poll_timeout().map_or(Duration::from_secs(1), |at| at.since(now()));
//!     port.set_read_timeout(Some(wait.max(Duration::from_millis(1))))?;
//!     match port.read(&mut buffer) {
//!         Ok(0) => break,
//!         Ok(len) => link.handle_bytes(now(), &buffer[..len]),
//!         Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
//!             link.handle_timeout(now());
//!         }
//!         Err(error) => return Err(error.into()),
//!     }
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What can be asked of it
//!
//! [`Master::set_budget`], [`Master::order`] and [`Master::set_cap`] lower what is shared, what a circuit may carry,
//! what one slave is to have; only the configuration raises a limit. [`Master::set_slave`], [`Master::know_vehicle`]
//! and [`Master::set_guest`] say what cars are like. [`Master::start`], [`Master::stop`], [`Master::release`] and
//! [`Master::set_mode`] say who is to charge: a [`Strategy`] is a way to stop a car, and states its [`Cost`] or
//! refuses. [`Master::query`] asks a slave, [`Master::knowledge`] says what is known. [`Master::slaves`] says of each
//! what it is to have, what binds it, since when, and when that may change. Masters that share a circuit borrow its amps
//! through a [`lease`].
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
pub mod lease;
mod linking;
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
#[cfg(feature = "settings")]
pub mod steward;
mod stop;
#[cfg(feature = "std")]
pub mod supervisor;
mod turn;
mod vehicle;

pub use command::CommandError;
pub use config::{
    Circuit, Config, ConfigError, Connection, DEFAULT_CIRCUIT_LIMIT, FLOOR, LARGEST_UNIT, MAX_CIRCUITS,
    MAX_SLAVES, PHASES, PhaseAmps, Phases, Place, Timing,
};
pub use event::{Constraint, Event, Refusal, Withheld};
pub use knowledge::Knowledge;
pub use master::{Master, SlaveStatus, Standing};
pub use order::{Bound, Budget, HookOutcome, Mode, SlaveSettings};
pub use profile::{LatchCure, Profile};
pub use query::QueryPlan;
pub use snapshot::{KnownSlave, Snapshot};
pub use stop::{Cost, HOOK_DEADLINE, StopRefusal, Strategy};
pub use turn::Lateness;
pub use vehicle::{MAX_VEHICLES, Vehicle};
