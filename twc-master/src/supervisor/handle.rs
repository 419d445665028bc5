//! What the rest of a program holds of the bus: commands in, notices and status out.

use std::boxed::Box;

use thiserror::Error;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use twc_proto::Instant;

use super::notice::{Notice, Notices, Status, Teller};
use crate::master::Master;
use crate::share::Share;

/// Commands that may wait; who sends more waits with them.
const WAITING: usize = 16;

/// A command on its way to the master.
pub(super) type Job<S> = Box<dyn FnOnce(&mut Master<S>, Instant) + Send>;

/// The bus has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the bus is not served any more")]
pub struct BusGone;

/// Why a command came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CallError<E> {
    /// The bus has ended.
    #[error(transparent)]
    BusGone(#[from] BusGone),
    /// The master refuses.
    #[error("{0}")]
    Refused(E),
}

/// Talks to a bus that is being served; clone it as you like.
///
/// Commands are carried out between two frames, at most about 200 a second; who sends more waits.
#[derive(Debug)]
pub struct Handle<S> {
    jobs: mpsc::Sender<Job<S>>,
    status: watch::Receiver<Status>,
    notices: broadcast::WeakSender<(Instant, Notice)>,
}

impl<S> Clone for Handle<S> {
    fn clone(&self) -> Self {
        let Self { jobs, status, notices } = self;
        Self { jobs: jobs.clone(), status: status.clone(), notices: notices.clone() }
    }
}

/// Both ends, and the first reader, who misses nothing.
pub(super) fn channels<S>() -> (Handle<S>, mpsc::Receiver<Job<S>>, Teller, Notices) {
    let (sender, jobs) = mpsc::channel(WAITING);
    let teller = Teller::new();
    let (notices, status) = teller.outlets();
    let first = notices.upgrade().map_or_else(Notices::ended, |sender| Notices::new(sender.subscribe()));
    (Handle { jobs: sender, status, notices }, jobs, teller, first)
}

impl<S: Share> Handle<S> {
    /// How things stood a quarter of a second ago at most, while the link is open.
    pub fn status(&self) -> Status {
        *self.status.borrow()
    }

    /// Waits for the next status.
    ///
    /// # Errors
    /// When the bus has ended.
    pub async fn next_status(&mut self) -> Result<Status, BusGone> {
        self.status.changed().await.map_err(|_| BusGone)?;
        Ok(*self.status.borrow_and_update())
    }

    /// What happens from now on.
    pub fn notices(&self) -> Notices {
        self.notices.upgrade().map_or_else(Notices::ended, |sender| Notices::new(sender.subscribe()))
    }

    /// Has the master do something for which there is no method here, and returns what it says. It runs in the
    /// thread of the bus: it must not wait for anything.
    ///
    /// # Errors
    /// When the bus has ended.
    pub async fn with<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Master<S>, Instant) -> R + Send + 'static,
    ) -> Result<R, BusGone> {
        let (answer, answered) = oneshot::channel();
        let job: Job<S> = Box::new(move |master, now| {
            // Who asked may have lost interest.
            let _ = answer.send(work(master, now));
        });
        self.jobs.send(job).await.map_err(|_| BusGone)?;
        answered.await.map_err(|_| BusGone)
    }
}
