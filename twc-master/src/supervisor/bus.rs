//! The thread of the bus: drive, and when the link is lost open it again.

use std::string::ToString;
use std::time::Duration;

use tokio::runtime;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant as Wait, sleep, sleep_until};
use twc_proto::driver::{self, Clock, DriverError};
use twc_proto::{Instant, Link, LinkSettings};

use super::StartError;
use super::connect::{BackOff, Connect};
use super::handle::Job;
use super::notice::{Notice, Status, Teller};
use super::saver::{Saver, SaverNews};
use crate::master::Master;
use crate::share::Share;

/// Between two commands the bus has at least so much time to itself.
const COMMAND_GAP: Duration = Duration::from_millis(5);

/// What the thread starts with.
pub(super) struct Work<S, C> {
    pub(super) master: Master<S>,
    pub(super) connect: C,
    pub(super) saver: Saver,
    pub(super) jobs: mpsc::Receiver<Job<S>>,
    pub(super) teller: Teller,
    pub(super) stopped: oneshot::Receiver<()>,
}

/// Why driving was interrupted although the link is sound.
enum Told<S> {
    Stop,
    Do(Job<S>),
}

/// Everything but the link and its connection, which are borrowed apart.
struct Desk<S> {
    clock: Clock,
    saver: Saver,
    jobs: mpsc::Receiver<Job<S>>,
    next_job_at: Wait,
    teller: Teller,
    stopped: oneshot::Receiver<()>,
}

/// Serves until told to stop; `started` learns what came of the first attempt to connect.
pub(super) fn serve<S: Share, C: Connect>(
    work: Work<S, C>,
    started: oneshot::Sender<Result<(), StartError<C::Error>>>,
) -> Option<Status> {
    match runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(run(work, started)),
        Err(error) => {
            // Nobody waits only where the whole start was given up.
            let _ = started.send(Err(StartError::System(error)));
            None
        }
    }
}

async fn run<S: Share, C: Connect>(
    work: Work<S, C>,
    started: oneshot::Sender<Result<(), StartError<C::Error>>>,
) -> Option<Status> {
    let Work { master, mut connect, saver, jobs, teller, stopped } = work;
    let mut desk = Desk { clock: Clock::start(), saver, jobs, next_job_at: Wait::now(), teller, stopped };
    let first = tokio::select! {
        biased;
        _ = &mut desk.stopped => return None,
        first = connect.connect() => first,
    };
    let mut io = match first {
        Ok(io) => io,
        Err(error) => {
            let _ = started.send(Err(StartError::Link(error)));
            return None;
        }
    };
    let is_local = master.config().timing.link_buffer.is_zero();
    let settings = if is_local { LinkSettings::default() } else { LinkSettings::CONVERTER };
    let mut link = Link::with_settings(master, settings);
    desk.teller.tell(desk.clock.now(), Notice::Connected);
    if started.send(Ok(())).is_err() {
        return None;
    }
    while let Err(error) = desk.drive(&mut link, &mut io).await {
        drop(io);
        desk.tell_all(&mut link, Notice::Disconnected { why: error.to_string() }, false);
        let Some(again) = desk.open_again(&mut link, &mut connect).await else {
            return Some(Status::of(&link, desk.clock.now(), false));
        };
        io = again;
        link.handle_reconnected(desk.clock.now());
        desk.tell_all(&mut link, Notice::Reconnected, true);
    }
    desk.step(&mut link, desk.clock.now(), true);
    Some(Status::of(&link, desk.clock.now(), true))
}

impl<S: Share> Desk<S> {
    /// Serves the open link until told to stop, or until it is lost.
    async fn drive<IO>(&mut self, link: &mut Link<Master<S>>, io: &mut IO) -> Result<(), DriverError>
    where
        IO: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    {
        loop {
            let (mut told, clock) = (Told::Stop, self.clock);
            let Self { saver, jobs, next_job_at, teller, stopped, .. } = self;
            let until = async { told = be_told(jobs, *next_job_at, stopped).await };
            let observe = |link: &mut Link<Master<S>>, now| step(saver, teller, link, now, true);
            driver::run(link, io, clock, observe, until).await?;
            match told {
                Told::Stop => return Ok(()),
                Told::Do(job) => self.obey(job, link),
            }
        }
    }

    /// Connects again, however long that takes; `None` when told to stop. Commands are obeyed meanwhile.
    async fn open_again<C: Connect>(&mut self, link: &mut Link<Master<S>>, connect: &mut C) -> Option<C::Io> {
        let mut back_off = BackOff::default();
        loop {
            let attempt = async {
                sleep(back_off.next_wait()).await;
                connect.connect().await
            };
            tokio::pin!(attempt);
            let opened = loop {
                let told = tokio::select! {
                    biased;
                    told = be_told(&mut self.jobs, self.next_job_at, &mut self.stopped) => told,
                    opened = &mut attempt => break opened,
                };
                match told {
                    Told::Stop => return None,
                    Told::Do(job) => self.obey(job, link),
                }
            };
            if let Ok(io) = opened {
                return Some(io);
            }
        }
    }

    fn obey(&mut self, job: Job<S>, link: &mut Link<Master<S>>) {
        job(link.node_mut(), self.clock.now());
        self.next_job_at = Wait::now() + COMMAND_GAP;
    }

    fn step(&mut self, link: &mut Link<Master<S>>, now: Instant, is_connected: bool) {
        step(&mut self.saver, &mut self.teller, link, now, is_connected);
    }

    fn tell_all(&mut self, link: &mut Link<Master<S>>, notice: Notice, is_connected: bool) {
        let now = self.clock.now();
        self.teller.tell(now, notice);
        self.step(link, now, is_connected);
    }
}

/// Done after everything that happens, before the next frame leaves. Never waits.
fn step<S: Share>(
    saver: &mut Saver,
    teller: &mut Teller,
    link: &mut Link<Master<S>>,
    now: Instant,
    is_connected: bool,
) {
    match saver.step(link.node_mut(), now) {
        Some(SaverNews::Failed(error)) => teller.tell(now, Notice::NotSaved { why: error.to_string() }),
        Some(SaverNews::Recovered) => teller.tell(now, Notice::SavedAgain),
        None => {}
    }
    teller.step(link, now, is_connected);
}

async fn be_told<S>(
    jobs: &mut mpsc::Receiver<Job<S>>,
    not_before: Wait,
    stopped: &mut oneshot::Receiver<()>,
) -> Told<S> {
    let job = async {
        sleep_until(not_before).await;
        match jobs.recv().await {
            Some(job) => job,
            // All handles are gone, and the one that would tell us to stop with them.
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        _ = stopped => Told::Stop,
        job = job => Told::Do(job),
    }
}
