//! Snapshots go to a thread of their own: a slow card must not hold up a heartbeat.

use std::io;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use twc_proto::Instant;

use crate::master::Master;
use crate::share::Share;
use crate::snapshot::Snapshot;

/// After a failure so long until the next attempt.
const RETRY: Duration = Duration::from_secs(1);

/// Where snapshots are kept.
pub trait Store: Send + 'static {
    /// Keeps the snapshot; when this returns it survives a power cut. May take its time.
    ///
    /// # Errors
    /// When it could not be kept; it is asked again a second later, and until then nothing is raised.
    fn save(&mut self, snapshot: &Snapshot) -> io::Result<()>;
}

/// Keeps nothing, for masters without [`crate::Config::durable`].
#[derive(Debug, Clone, Copy)]
pub struct NoStore;

impl Store for NoStore {
    fn save(&mut self, _: &Snapshot) -> io::Result<()> {
        Ok(())
    }
}

/// The bus's end of that thread. One snapshot is under way at a time; the next one is the newest.
#[derive(Debug)]
pub(super) struct Saver {
    jobs: mpsc::SyncSender<Snapshot>,
    done: mpsc::Receiver<io::Result<u32>>,
    saved: Option<u32>,
    is_busy: bool,
    retry_at: Instant,
}

/// What a step of saving came to, when it is news.
#[derive(Debug)]
pub(super) enum SaverNews {
    Failed(io::Error),
    Recovered,
}

impl Saver {
    pub(super) fn start(mut store: impl Store) -> io::Result<Self> {
        let (jobs, incoming) = mpsc::sync_channel::<Snapshot>(1);
        let (finished, done) = mpsc::sync_channel(1);
        thread::Builder::new().name("twc-state".into()).spawn(move || {
            for snapshot in incoming {
                if finished.send(store.save(&snapshot).map(|()| snapshot.revision)).is_err() {
                    break;
                }
            }
        })?;
        Ok(Self { jobs, done, saved: None, is_busy: false, retry_at: Instant::ZERO })
    }

    /// Tells the master what has been saved and hands over what has not. Never waits.
    pub(super) fn step<S: Share>(&mut self, master: &mut Master<S>, now: Instant) -> Option<SaverNews> {
        let news = self.take_result(master, now);
        let snapshot = master.snapshot();
        if !self.is_busy && now >= self.retry_at && self.saved != Some(snapshot.revision) {
            // The queue has room: nothing is under way. A thread that is gone shows as a result that never comes.
            self.is_busy = self.jobs.try_send(snapshot).is_ok();
        }
        news
    }

    fn take_result<S: Share>(&mut self, master: &mut Master<S>, now: Instant) -> Option<SaverNews> {
        let result = self.done.try_recv().ok()?;
        self.is_busy = false;
        let had_failed = self.retry_at > Instant::ZERO;
        match result {
            Ok(revision) => {
                self.saved = Some(revision);
                self.retry_at = Instant::ZERO;
                master.handle_saved(revision);
                had_failed.then_some(SaverNews::Recovered)
            }
            Err(error) => {
                self.retry_at = now + RETRY;
                (!had_failed).then_some(SaverNews::Failed(error))
            }
        }
    }
}
