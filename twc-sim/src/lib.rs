//! A bench of simulated Tesla Wall Connectors Gen 2: chargers, cars, the bus between them and a judge.
//!
//! Everything here is sans-IO and deterministic: time and bytes come in as arguments, one seed decides all
//! chances, all arithmetic is on integers. The same seed gives the same run, to the byte.
//!
//! | type | is |
//! |---|---|
//! | [`Charger`] | one unit, a [`twc_proto::Node`]; [`ChargerConfig`] holds every switch of its behaviour |
//! | [`Car`] | what is plugged in; [`CarProfile`] says of what kind |
//! | [`House`] | loads, sun, battery, fuses and meters around them |
//! | [`World`] | half-duplex buses at 9600 baud with their chargers, their faults and one station outside each |
//! | [`RealMaster`] | a wall connector as master, after the captures |
//! | [`Sim`] | a world with masters at those stations, run as fast as the machine can; start here to judge a master |
//! | [`Checker`] | the judge: did the master keep the limits, by what it sent and by what flowed? |
//!
//! The crate never sees the master it judges: one that shared code with its subject would share its mistakes.
//!
//! ```
//! use twc_proto::{Instant, TwcId};
//! use twc_sim::{Charger, ChargerConfig, World, WorldConfig};
//!
//! let mut world = World::new(WorldConfig::default());
//! world.add_charger(Charger::new(ChargerConfig::p2(TwcId::new(0x3495)), 1, Instant::ZERO));
//! world.handle_timeout(Instant::from_secs(1));
//! // Half a second after power-up a unit begins to announce itself.
//! let heard = world.poll_outside().unwrap_or_default();
//! assert_eq!(heard.get(..5), Some(&[0xC0, 0xFD, 0xE2, 0x34, 0x95][..]));
//! ```

pub mod car;
pub mod charger;
pub mod checker;
mod earliest;
pub mod fault;
mod guest;
pub mod house;
pub mod real_master;
#[cfg(feature = "report")]
pub mod report;
pub mod rng;
#[cfg(feature = "scenario")]
pub mod scenario;
pub mod sim;
#[cfg(feature = "scenario")]
pub mod soak;
pub mod trace;
pub mod world;

pub use car::{Car, CarPlan, CarProfile};
pub use charger::{Charger, ChargerConfig, Led, Line, Rotary};
pub use checker::{Checker, CheckerConfig, Circuit, Peaks, Rule, Service, Strikes, Verdict, Violation};
pub use fault::{FaultEffect, FaultPreset, FaultRates, Faults};
pub use guest::{Act, Guest};
pub use house::{House, HouseConfig, MeterFault, MeterId, MeterSample};
pub use real_master::{RealMaster, RealMasterConfig};
pub use rng::{Ratio, Rng};
pub use sim::Sim;
pub use trace::{Sender, Trace, TraceEntry};
pub use world::{World, WorldConfig};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
