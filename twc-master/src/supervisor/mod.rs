//! Keeps a [`Master`] on a real link: connects, reconnects, saves its state, takes commands, tells what happens.
//!
//! The bus runs in a thread of its own with a runtime of its own, and nothing that anybody else does can hold a
//! heartbeat up: the state file is written by another thread, commands wait in a short queue, and whoever reads
//! the [`Notices`] too slowly loses the oldest and is told how many.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use twc_master::share::Equal;
//! use twc_master::supervisor::{self, Connect, NoStore, Notice};
//! use twc_master::{Config, Master};
//! use twc_proto::{CentiAmps, Instant, Sign, TwcId};
//!
//! /// Any byte stream will do; [`supervisor::Port`] knows serial ports and TCP converters.
//! struct Pipe(Option<tokio::io::DuplexStream>);
//!
//! impl Connect for Pipe {
//!     type Io = tokio::io::DuplexStream;
//!     type Error = std::io::Error;
//!
//!     async fn connect(&mut self) -> Result<Self::Io, Self::Error> {
//!         self.0.take().ok_or_else(|| std::io::ErrorKind::NotConnected.into())
//!     }
//! }
//!
//! let (near, _far) = tokio::io::duplex(256);
//! let config = Config::new(TwcId::new(0x4242), Sign::new(0x5A), CentiAmps::from_amps(40));
//! let master = Master::new(config, Equal, Instant::ZERO)?;
//! let (bus, mut notices) = supervisor::start(master, Pipe(Some(near)), NoStore).await?;
//! let handle = bus.handle().clone();
//! assert_eq!(handle.with(|master, _| master.committed()).await?, 0);
//! let last = bus.stop().await?;
//! assert!(matches!(notices.next().await, Some((_, Notice::Connected))));
//! assert_eq!(last.link.echoes, 0);
//! assert!(handle.with(|_, _| ()).await.is_err());
//! # Ok(())
//! # }
//! ```

mod bus;
mod commands;
mod connect;
mod handle;
mod notice;
mod port;
mod saver;
#[cfg(feature = "serial")]
mod serial;
mod tcp;

use std::thread;

use thiserror::Error;
use tokio::sync::oneshot;

pub use self::connect::{BackOff, Connect};
pub use self::handle::{BusGone, CallError, Handle};
pub use self::notice::{Notice, Notices, Status};
pub use self::port::{Port, PortError, PortIo};
pub use self::saver::{NoStore, Store};
use crate::master::Master;
use crate::share::Share;

/// A bus that is being served. Dropping it stops the master, without waiting for that.
#[derive(Debug)]
pub struct Bus<S> {
    handle: Handle<S>,
    stop: Option<oneshot::Sender<()>>,
    ended: oneshot::Receiver<Status>,
}

/// Why a bus cannot be served from the beginning.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError<E> {
    /// The link cannot be opened.
    #[error(transparent)]
    Link(E),
    /// The system gives us no thread or runtime.
    #[error("cannot start: {0}")]
    System(#[from] std::io::Error),
}

/// Connects, then serves the bus until [`Bus::stop`]. A link that is lost later is connected to again, for as
/// long as that takes.
///
/// The master's time begins now: create it at [`twc_proto::Instant::ZERO`]. `store` keeps its snapshots; with
/// [`crate::Config::durable`] raises wait until they are kept, so then it must not be [`NoStore`].
///
/// The notices are those from the beginning; [`Handle::notices`] makes more readers.
///
/// # Errors
/// When the link cannot be opened the first time, or the system refuses a thread.
pub async fn start<S, C>(
    master: Master<S>,
    connect: C,
    store: impl Store,
) -> Result<(Bus<S>, Notices), StartError<C::Error>>
where
    S: Share + Send + 'static,
    C: Connect,
{
    let (handle, jobs, teller, notices) = handle::channels();
    let (stop, stopped) = oneshot::channel();
    let (started, has_started) = oneshot::channel();
    let (end, ended) = oneshot::channel();
    let saver = saver::Saver::start(store)?;
    let work = bus::Work { master, connect, saver, jobs, teller, stopped };
    thread::Builder::new().name("twc-bus".into()).spawn(move || {
        if let Some(last) = bus::serve(work, started) {
            // Nobody may want to know.
            let _ = end.send(last);
        }
    })?;
    match has_started.await {
        Ok(Ok(())) => Ok((Bus { handle, stop: Some(stop), ended }, notices)),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(StartError::System(std::io::Error::other("the thread of the bus ended at once"))),
    }
}

impl<S> Bus<S> {
    /// What talks to it; clone it as you like.
    pub fn handle(&self) -> &Handle<S> {
        &self.handle
    }

    /// Stops the master, a frame that is being written first, and returns how things stood at the end. Slaves
    /// stop by themselves about 30 s later.
    ///
    /// # Errors
    /// When the bus has ended before, which only a fault in this process can cause.
    pub async fn stop(mut self) -> Result<Status, BusGone> {
        drop(self.stop.take());
        (&mut self.ended).await.map_err(|_| BusGone)
    }

    /// Completes when the bus has ended by itself, which only a fault in this process can cause: then end the
    /// process, so that whoever watches it starts it again.
    pub async fn died(&mut self) {
        // Both outcomes mean the same.
        let _ = (&mut self.ended).await;
    }
}
