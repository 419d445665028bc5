//! `twc-master run`: the master on a real link, until it is told to stop.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use twc_master::share::Equal;
use twc_master::supervisor::{self, StartError, Store};
use twc_master::{Config, Master, Snapshot};
use twc_proto::{CentiAmps, Instant, TwcId};

use crate::exit::Failure;
use crate::link::{LinkSpec, Opener};
use crate::report::{self, Reporter};
use crate::state::{Found, State, StateFile};
use crate::stop::Stop;

/// So long the end waits for what was still to be printed.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Runs the master on a real bus.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Where the bus is: `serial:/dev/ttyUSB0`, `tcp://HOST:PORT` of a converter, `sim` or `sim:SCENARIO`
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
    let opener = args.link.opener()?;
    let file = StateFile::open(args.state.clone(), &args.link.to_string())?;
    let mut reporter = Reporter::new(args.json, args.link.to_string());
    let (state, lost) = known_state(args, &file, &mut reporter)?;
    let mut config = Config::new(state.id().unwrap_or_default(), state.sign(), args.limit);
    config.circuit_limit = args.max_per_slave;
    config.expected_slaves = args.expect_slaves;
    config.durable = true;
    config.state_lost = lost;
    config.timing = args.link.timing();
    let mut master =
        Master::new(config, Equal, Instant::ZERO).map_err(|error| Failure::usage(error.to_string()))?;
    master.restore(state.slaves());
    file.write(&state).map_err(|error| Failure::failed(format!("cannot write the state file: {error}")))?;
    // Only signals and the start happen here: the bus has a thread and a runtime of its own.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("cannot start: {error}")))?;
    runtime.block_on(serve(master, opener, Keeper { file, state }, reporter))
}

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
    master: Master<Equal>,
    opener: Opener,
    keeper: Keeper,
    mut reporter: Reporter,
) -> Result<(), Failure> {
    let mut stop = Stop::listen()?;
    reporter.master = master.config().id;
    let (mut bus, notices) = tokio::select! {
        () = stop.wait() => return Ok(()),
        started = supervisor::start(master, opener, keeper) => started.map_err(|error| match error {
            StartError::Link(error) => Failure::link(error.to_string()),
            other => Failure::failed(other.to_string()),
        })?,
    };
    let told = reporter.follow(notices)?;
    tokio::select! {
        () = stop.wait() => {}
        () = bus.died() => return Err(Failure::failed("the bus is not served any more: a fault in this program")),
    }
    let last = bus.stop().await.map_err(|error| Failure::failed(error.to_string()))?;
    // Whoever reads our output may have stopped reading; that must not keep us.
    let _ = tokio::time::timeout(LAST_WORDS, told).await;
    report::farewell(&last);
    Ok(())
}

/// Keeps snapshots in the state file.
struct Keeper {
    file: StateFile,
    state: State,
}

impl Store for Keeper {
    fn save(&mut self, snapshot: &Snapshot) -> io::Result<()> {
        self.file.write(&self.state.with_slaves(snapshot))
    }
}
