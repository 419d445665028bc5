//! `twc-master run`: the master on a real link, until it is told to stop.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use twc_master::settings::Settings;
use twc_master::share::Any;
use twc_master::steward::Steward;
use twc_master::supervisor::{self, StartError, Store};
use twc_master::{Config, DEFAULT_CIRCUIT_LIMIT, Master, Snapshot};
use twc_proto::{CentiAmps, Instant, TwcId};

use crate::check;
use crate::exit::Failure;
use crate::follow::{Following, follow};
use crate::link::{LinkSpec, Opener};
use crate::orders::OrdersFile;
use crate::report::{self, Reporter};
use crate::state::{Found, State, StateFile};
use crate::stop::Stop;

/// So long the end waits for what was still to be printed.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Runs the master on a real bus.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Where the bus is: `serial:/dev/ttyUSB0`, `tcp://HOST:PORT` of a converter, `sim` or `sim:SCENARIO`
    #[arg(long, value_name = "LINK", required_unless_present = "config")]
    link: Option<LinkSpec>,
    /// A configuration, as `check` reads it: limits, circuits, meters, sun, schedules
    #[arg(long, value_name = "FILE", conflicts_with_all = ["limit", "max_per_slave", "expect_slaves"])]
    config: Option<PathBuf>,
    /// Say what would be done, open no link and send nothing
    #[arg(long)]
    dry_run: bool,
    /// The continuous limit all wall connectors share: 40A, 16.5A, 3x20A
    #[arg(long, value_name = "AMPS", value_parser = crate::amps::parse, required_unless_present = "config")]
    limit: Option<CentiAmps>,
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
    /// Take orders on standard input, one JSON object per line, such as {"to": "orders", "mode": "now", "for": "1h"}
    #[arg(long, requires = "config", conflicts_with = "dry_run")]
    control: bool,
    /// One JSON object per line
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &RunArgs) -> Result<(), Failure> {
    let settings = args.config.as_deref().map(check::read).transpose()?;
    let link = link(args, settings.as_ref())?;
    if args.dry_run {
        return dry_run(args, &link, settings.as_ref());
    }
    let opener = link.opener()?;
    let file = StateFile::open(args.state.clone(), &link.to_string())?;
    let mut reporter = Reporter::new(args.json, link.to_string());
    let mut state = known_state(args, &file, &mut reporter)?;
    if let Some(id) = args.id.or(settings.as_ref().and_then(|settings| settings.id)) {
        state.set_id(id);
    }
    let config = config(args, settings.as_ref(), &state, &link);
    let share = settings.as_ref().map_or_else(Any::default, |settings| settings.share);
    let mut master =
        Master::new(config, share, Instant::ZERO).map_err(|error| Failure::usage(error.to_string()))?;
    master.restore(state.slaves());
    let steward = settings.map(|settings| Steward::new(settings, Instant::ZERO)).transpose();
    let orders = OrdersFile::beside(file.path());
    let mut steward = steward.map_err(|error| Failure::config(error.to_string()))?;
    if let Some(steward) = &mut steward {
        // Before the first frame: what is ordered while nobody has said anything holds from the start.
        steward.handle_clock(Instant::ZERO, jiff::Timestamp::now());
        restore(steward, &orders, &mut reporter)?;
        steward.steer(Instant::ZERO, &mut master);
    }
    file.write(&state).map_err(|error| Failure::failed(format!("cannot write the state file: {error}")))?;
    // Only signals, the start and the configuration are here: the bus has a thread and a runtime of its own.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("cannot start: {error}")))?;
    let folder = args.config.as_deref().and_then(Path::parent).unwrap_or(Path::new("")).to_owned();
    let reporter_of = || Reporter::new(args.json, link.to_string());
    let following = steward.map(|steward| Following {
        steward,
        reporter: reporter_of(),
        folder,
        control: args.control,
        orders,
    });
    runtime.block_on(serve(master, opener, Keeper { file, state }, reporter, following))
}

/// The link of the command line, or else of the configuration.
fn link(args: &RunArgs, settings: Option<&Settings>) -> Result<LinkSpec, Failure> {
    if let Some(link) = &args.link {
        return Ok(link.clone());
    }
    let written = settings.and_then(|settings| settings.link.as_deref());
    let written = written.ok_or_else(|| Failure::usage("give --link, or [link] in the configuration"))?;
    written.parse().map_err(|error| Failure::config(format!("[link] to = \"{written}\": {error}")))
}

/// What the master is told; a configuration comes whole, so that nothing of it is overruled by half.
fn config(args: &RunArgs, settings: Option<&Settings>, state: &State, link: &LinkSpec) -> Config {
    let id = state.id().unwrap_or_default();
    let mut config = match settings {
        Some(settings) => settings.config(id, state.sign(), link.timing()),
        None => Config {
            circuit_limit: args.max_per_slave,
            expected_slaves: args.expect_slaves,
            timing: link.timing(),
            // Without a configuration the command line has a limit.
            ..Config::new(id, state.sign(), args.limit.unwrap_or_default())
        },
    };
    config.durable = true;
    config.state_lost = state.is_lost();
    config
}

/// What would be done, in sentences.
fn dry_run(args: &RunArgs, link: &LinkSpec, settings: Option<&Settings>) -> Result<(), Failure> {
    let mut lines = vec![format!("would open {link}")];
    if let Some(settings) = settings {
        lines.extend(settings.summary());
    } else {
        let each = args.max_per_slave.unwrap_or(DEFAULT_CIRCUIT_LIMIT);
        lines.push(format!("would share {} and give each {each} at most", args.limit.unwrap_or_default()));
    }
    match writeln!(io::stdout(), "{}", lines.join("\n")) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::failed(error.to_string())),
        _ => Ok(()),
    }
}

/// What an earlier run left. Where it was lost, that is said at every start until it is of no concern any more.
fn known_state(args: &RunArgs, file: &StateFile, reporter: &mut Reporter) -> Result<State, Failure> {
    const UNKNOWN: &str =
        "wall connectors may wait a minute for their first heartbeat, for nobody knows what they follow";
    let mut lost = |how: &str| reporter.note(Instant::ZERO, "state-unreadable", &format!("{how}: {UNKNOWN}"));
    let mut state = match file.read()? {
        Found::State(state) => {
            if state.is_lost() {
                lost("the state file made no sense at an earlier start that did not get far");
            }
            state
        }
        Found::Nothing => State::fresh(),
        Found::Unreadable(aside) => {
            lost(&format!("the state file made no sense and was kept as {}", aside.display()));
            State::after_a_loss()
        }
    };
    args.forget.iter().for_each(|id| state.forget(*id));
    Ok(state)
}

/// Takes up the orders of an earlier run. Such as make no sense are put aside, and that is said.
fn restore(steward: &mut Steward, orders: &OrdersFile, reporter: &mut Reporter) -> Result<(), Failure> {
    let cannot = |error| Failure::failed(format!("cannot read the orders of an earlier run: {error}"));
    let Some(text) = orders.read().map_err(cannot)? else { return Ok(()) };
    if let Err(error) = steward.restore(Instant::ZERO, &text) {
        let aside = orders.put_aside().map_err(cannot)?;
        let text =
            format!("orders of an earlier run made no sense and were put aside as {}: {error}", aside.display());
        reporter.note(Instant::ZERO, "orders-unreadable", &text);
    }
    Ok(())
}

async fn serve(
    master: Master<Any>,
    opener: Opener,
    keeper: Keeper,
    mut reporter: Reporter,
    following: Option<Following>,
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
    let handle = bus.handle().clone();
    let follows = async move {
        match following {
            Some(following) => follow(following, handle).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = stop.wait() => {}
        () = follows => return Err(Failure::failed("the bus is not served any more: a fault in this program")),
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
