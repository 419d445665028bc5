//! `twc-master run`: the master on a real link, until it is told to stop.

use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;

use clap::Args;
use twc_master::share::Equal;
use twc_master::{Config, Master, Snapshot};
use twc_proto::driver::{self, Clock};
use twc_proto::{CentiAmps, Instant, Link, TwcId};

use crate::exit::Failure;
use crate::link::LinkSpec;
use crate::report::Reporter;
use crate::state::{Found, State, StateFile};
use crate::stop::Stop;

/// Runs the master on a real bus.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Where the bus is: `serial:/dev/ttyUSB0`, `tcp://HOST:PORT` of a converter, or `sim`
    #[arg(long, value_name = "LINK")]
    link: LinkSpec,
    /// The continuous limit all wall connectors share: 40A, 16.5A, 3x20A
    #[arg(long, value_name = "AMPS", value_parser = crate::amps::parse)]
    limit: CentiAmps,
    /// The continuous limit of each wall connector's own circuit; 16A while unknown
    #[arg(long, value_name = "AMPS", value_parser = crate::amps::parse)]
    max_per_slave: Option<CentiAmps>,
    /// How many wall connectors there are: raises need not wait a minute for others after the first start
    #[arg(long, value_name = "N", default_value_t = 0)]
    expect_slaves: u8,
    /// Our id on the bus, four hexadecimal digits; drawn at random and kept otherwise
    #[arg(long, value_name = "ID")]
    id: Option<TwcId>,
    /// Where to keep what must survive a restart; one file per link in the state directory otherwise
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Forget a wall connector that was removed or switched off for good, so that nothing is reserved for it
    #[arg(long, value_name = "ID")]
    forget: Vec<TwcId>,
    /// One JSON object per line
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &RunArgs) -> Result<(), Failure> {
    let file = StateFile::open(args.state.clone(), &args.link.to_string())?;
    let mut reporter = Reporter::new(args.json);
    let (state, lost) = known_state(args, &file, &mut reporter)?;
    let mut config = Config::new(state.id().unwrap_or_default(), state.sign(), args.limit);
    config.circuit_limit = args.max_per_slave;
    config.expected_slaves = args.expect_slaves;
    config.durable = true;
    config.state_lost = lost;
    config.timing = args.link.timing();
    config.check().map_err(|error| Failure::usage(error.to_string()))?;
    file.write(&state).map_err(|error| Failure::failed(format!("cannot write the state file: {error}")))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("cannot start: {error}")))?;
    runtime.block_on(serve(args, config, state, file, reporter))
}

/// The state to start from, and whether there was one that could not be read.
fn known_state(args: &RunArgs, file: &StateFile, reporter: &mut Reporter) -> Result<(State, bool), Failure> {
    let found = file.read()?;
    let lost = matches!(found, Found::Unreadable(_));
    let mut state = match found {
        Found::State(state) => state,
        Found::Nothing => State::fresh(),
        Found::Unreadable(aside) => {
            reporter.note(
                Instant::ZERO,
                "state-unreadable",
                &format!(
                    "the state file made no sense and was put aside as {}: wall connectors may wait a minute for \
                     their first heartbeat, for nobody knows what they follow",
                    aside.display()
                ),
            );
            State::fresh()
        }
    };
    if let Some(id) = args.id {
        state.set_id(id);
    }
    args.forget.iter().for_each(|id| state.forget(*id));
    Ok((state, lost))
}

async fn serve(
    args: &RunArgs,
    config: Config,
    state: State,
    file: StateFile,
    mut reporter: Reporter,
) -> Result<(), Failure> {
    let mut stop = Stop::listen()?;
    let mut io = args.link.open(false).await?;
    let clock = Clock::start();
    let mut master = Master::new(config, Equal, clock.now()).map_err(|error| Failure::usage(error.to_string()))?;
    master.restore(state.slaves());
    let mut link = Link::new(master);
    let mut saver = Saver::start(file, state);
    reporter.note(clock.now(), "connected", &format!("{} open, master id {}", args.link, config.id));
    loop {
        let mut failed = None;
        let observe = |link: &mut Link<Master<Equal>>, now: Instant| {
            failed = failed.take().or_else(|| saver.step(link.node_mut()).err());
            reporter.step(link, now);
        };
        let ended = driver::run(&mut link, &mut io, clock, observe, stop.wait()).await;
        if let Some(error) = failed {
            reporter.note(clock.now(), "state-not-saved", &format!("no raises: the state file fails: {error}"));
        }
        let Err(error) = ended else { break };
        drop(io);
        reporter.note(clock.now(), "disconnected", &format!("{} lost: {error}; trying again", args.link));
        match args.link.open_again(false, &mut stop).await {
            ControlFlow::Continue(again) => io = again,
            ControlFlow::Break(()) => break,
        }
        link.handle_reconnected(clock.now());
        reporter.note(clock.now(), "reconnected", &format!("{} open again", args.link));
    }
    reporter.farewell(&link, clock.now());
    Ok(())
}

/// Writes snapshots in a thread of its own: a slow card must not hold up a heartbeat.
struct Saver {
    jobs: mpsc::Sender<(u32, State)>,
    done: mpsc::Receiver<io::Result<u32>>,
    state: State,
    asked: Option<u32>,
}

impl Saver {
    fn start(file: StateFile, state: State) -> Self {
        let (jobs, incoming) = mpsc::channel::<(u32, State)>();
        let (finished, done) = mpsc::channel();
        thread::spawn(move || {
            for (revision, state) in incoming {
                if finished.send(file.write(&state).map(|()| revision)).is_err() {
                    break;
                }
            }
        });
        Self { jobs, done, state, asked: None }
    }

    /// Hands over what changed, and tells the master what is on disk by now.
    fn step(&mut self, master: &mut Master<Equal>) -> io::Result<()> {
        let snapshot: Snapshot = master.snapshot();
        if self.asked.unwrap_or(0) != snapshot.revision {
            self.asked = Some(snapshot.revision);
            let job = (snapshot.revision, self.state.with_slaves(&snapshot));
            self.jobs.send(job).map_err(|_| io::Error::other("the writing thread is gone"))?;
        }
        while let Ok(result) = self.done.try_recv() {
            match result {
                Ok(revision) => master.handle_saved(revision),
                Err(error) => {
                    // Asked again at the next step; until then nothing is raised.
                    self.asked = None;
                    return Err(error);
                }
            }
        }
        Ok(())
    }
}
