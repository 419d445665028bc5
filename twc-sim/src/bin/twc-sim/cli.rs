//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use twc_proto::{CentiAmps, Version};

use twc_sim::scenario::units::amps;

use crate::units;

/// Simulated Tesla Wall Connectors of the second generation.
#[derive(Debug, Parser)]
#[command(name = "twc-sim", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Put simulated slaves on a pseudo-terminal or a TCP port, for any master to talk to
    ///
    /// Opens no device and connects to nothing. The first line on standard output is `ready pty=LINK` or `ready
    /// tcp=127.0.0.1:PORT`. Runs until SIGINT, SIGTERM or --seconds. Clients come and go; the slaves stay.
    #[command(after_long_help = AFTER_HELP)]
    Serve(ServeArgs),

    /// Run a scenario with a model of a real master, as fast as the machine can, and judge it
    ///
    /// Shows what slaves, cars and cable do in it; a real master is not expected to keep every scenario. `twc-master
    /// simulate` runs the same with the project's master. Exit code 1 when a rule or an expectation was broken.
    Run(RunArgs),

    /// Put a capture on a pseudo-terminal or a TCP port, in its own time, or print it
    ///
    /// Frames that brick or crash a unit are left out with a warning. Begins with the first client.
    Replay(ReplayArgs),

    /// Draw a trace: one HTML file with everything in it
    ///
    /// Traces come from `run --trace` and `twc-master simulate --trace`; docs/trace.md describes them.
    Report(ReportArgs),

    /// List the scenarios that come with the program, or print one of them
    Scenarios {
        /// Print this one's file
        name: Option<String>,
    },
}

/// What `run` is told.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// A scenario file, or a name that `twc-sim scenarios` lists
    pub(crate) scenario: PathBuf,

    /// Another seed than the scenario's
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,

    /// The outcome as one JSON object
    #[arg(long)]
    pub(crate) json: bool,

    /// Write everything that happens to this file, one JSON object per line
    #[arg(long, value_name = "FILE")]
    pub(crate) trace: Option<PathBuf>,
}

/// What `replay` is told.
#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// One frame a line: a time or `-`, a direction (`M>S`, `S>M`, `?`), bytes in hexadecimal
    pub(crate) capture: PathBuf,

    #[command(flatten)]
    pub(crate) port: PortArgs,

    /// Only what one side sent
    #[arg(long, value_name = "SIDE")]
    pub(crate) only: Option<Only>,

    /// So many times as fast as it was
    #[arg(long, value_name = "X", default_value_t = 1.0, value_parser = speed)]
    pub(crate) speed: f64,
}

/// Whose frames are replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Only {
    /// `M>S`
    Master,
    /// `S>M`
    Slaves,
}

/// What `report` is told.
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// The trace, a file of JSON lines; `-` reads standard input
    pub(crate) trace: PathBuf,

    /// Where to write the HTML file; standard output otherwise
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// What `serve` is told.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) port: PortArgs,

    /// How many slaves; their ids are 3495, 3496, 3497 and so on
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=16))]
    pub(crate) slaves: u16,

    /// The generation they speak: 1, or 2 with firmware 4.5.10.2
    #[arg(long, value_name = "1|2", default_value = "2", value_parser = version)]
    pub(crate) protocol: Version,

    /// What each slave is built for, 6A to 80A
    #[arg(long, value_name = "AMPS", default_value = "32A", value_parser = max_current)]
    pub(crate) max: CentiAmps,

    /// How many of them have a car that wants energy
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) cars: u16,

    /// A car that wants energy at every slave
    #[arg(long, conflicts_with = "cars")]
    pub(crate) car: bool,

    /// Report as one JSON object per line
    #[arg(long)]
    pub(crate) json: bool,

    /// Take commands on standard input
    #[arg(long)]
    pub(crate) control: bool,

    /// Take the slaves, their cars and what happens to them from this scenario, a file or a name of `twc-sim scenarios`
    ///
    /// Ends with the scenario and judges by its `[expect]` table, unless --seconds and --expect say otherwise. What
    /// concerns the master (its kill, its limit) is left to whoever runs it.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["slaves", "protocol", "max", "cars", "car"])]
    pub(crate) scenario: Option<PathBuf>,

    /// Judge the run by the `[expect]` table of this TOML file
    #[arg(long, value_name = "FILE")]
    pub(crate) expect: Option<PathBuf>,

    /// Stop after so many seconds of the slaves' time
    #[arg(long, value_name = "S", value_parser = units::seconds)]
    pub(crate) seconds: Option<Duration>,

    /// A model of a real master on the bus, so that clients can be slaves or only listen
    #[arg(long)]
    pub(crate) master: bool,

    /// A client also hears itself, as on an adapter that does not mute its receiver
    #[arg(long)]
    pub(crate) echo: bool,

    /// Let the slaves' time run so many times as fast as real time
    #[arg(long, value_name = "X", default_value_t = 1.0, value_parser = speed)]
    pub(crate) speed: f64,

    /// Seed of everything random
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
}

/// Where clients connect.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct PortArgs {
    /// Create a pseudo-terminal and this symbolic link to it; a stale link is replaced, other files are not
    #[arg(long, value_name = "LINK")]
    pub(crate) pty: Option<PathBuf>,

    /// Listen here, for several clients that share the bus; port 0 takes any free one
    #[arg(long, value_name = "ADDR:PORT", value_parser = address)]
    pub(crate) tcp: Option<String>,
}

impl ServeArgs {
    /// How many slaves have a car; an error when there are fewer slaves.
    pub(crate) fn cars(&self) -> Result<u16, String> {
        match self.cars {
            _ if self.car => Ok(self.slaves),
            cars if cars > self.slaves => {
                Err(format!("--cars {cars} needs as many slaves; there are {}, see --slaves", self.slaves))
            }
            cars => Ok(cars),
        }
    }
}

fn version(text: &str) -> Result<Version, String> {
    match text {
        "1" => Ok(Version::P1),
        "2" => Ok(Version::P2),
        _ => Err("it is 1 or 2".to_owned()),
    }
}

fn max_current(text: &str) -> Result<CentiAmps, String> {
    let amps = amps(text)?;
    if (CentiAmps::from_amps(6)..=CentiAmps::from_amps(80)).contains(&amps) {
        Ok(amps)
    } else {
        Err("units are built for 6A to 80A".to_owned())
    }
}

fn speed(text: &str) -> Result<f64, String> {
    let speed = text.parse().ok().filter(|speed| (0.01..=1_000.0).contains(speed));
    speed.ok_or_else(|| "give a number from 0.01 to 1000".to_owned())
}

fn address(text: &str) -> Result<String, String> {
    match text.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => Ok(text.to_owned()),
        _ => Err("give an address and a port, like 127.0.0.1:0".to_owned()),
    }
}

const AFTER_HELP: &str = "\
The pseudo-terminal:
  It starts raw. After a client has gone, in whatever way, its exclusive mode is cleared, what it left unread is
  flushed and the raw settings are restored. Where that needs a new terminal, the link is turned to it, so open
  the link and not what it points to. Run as root, the terminal is open to every user.

Reports, one whenever something changes (changes of the drawn current alone: once a second):
  {\"time\":12.345,\"slave\":\"3495\",\"state\":1,\"limit_amps\":16.0,\"drawn_amps\":15.2,\"relay\":true,\"led\":\"green\"}
  time counts the slaves' seconds since the start. Reports nobody reads never hold the bus up.

Commands of --control, one per line; N is a slave's number from 1 on, or its id:
  plug N [PROFILE]      a car that wants energy (tesla, i3, zoe; without a name tesla)
  unplug N              take the car away
  cap N AMPS|off        the driver sets the most the car may take, or takes that back
  reset N               press the reset button
  silence N SECONDS     the slave hears and does not answer
  deaf N SECONDS        the slave hears nothing
  power N on|off        the breaker
  fault PRESET          damage on the bus from now on: clean, home, bad_cable, storm
  status                all slaves as they are
  Each is answered by one JSON line, {\"ok\":true,...} or {\"error\":\"...\"}. The end of standard input changes nothing.

Expectations of --expect are the table [expect] of a scenario file; other tables are left alone. The keys:
  linked = 3                           so many slaves have a master at the end
  linked_by = \"30s\"                   every slave has had one by then
  limit_at_most = \"40A\"               the limits in force never add up to more
  limit_at_least = \"6A\"               every slave had such a limit at some time
  drawn_at_most, drawn_at_least        the same of the true currents' sum
  energy_wh_at_least = 500             all slaves together delivered so much; energy_each_wh_at_least: every one
  max_heartbeat_gap = \"5s\"            no slave waited longer from one heartbeat to the next, or to the end
  relay_closings_at_most = 2           per slave; relay_closings_per_hour_at_most: in any hour
  interruptions_at_most = 3            how often a car's current was cut under it, per plug-in
  refusing_cars = 0                    so many slaves ever had a car that gave up for good
  never_sent = [\"FCB2\"]               codes no master sends; sent_at_most = { FBEE = 3 }
  never_commanded = [2, 6, 7]          heartbeat commands no master sends
  [[expect.at]]                        at a time: state, limit, relay, led and so on; see scenarios/README.md
  The verdict is the last line on standard output.

Exit codes: 0 done, or all expectations kept; 1 failure or a broken expectation; 2 usage; 3 the file of --expect is
invalid; 4 the terminal or port is not to be had.";
