//! `twc-master monitor`: shows what passes on the bus and never sends.

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::time::Duration;

use clap::Args;
use tokio::io::AsyncReadExt;
use tokio::time::Instant;

use crate::decode::output::{Origin, Output, seconds};
use crate::decode::stream::Tap;
use crate::exit::Failure;
use crate::link::{Io, LinkSpec, Opener};
use crate::stop::Stop;

/// Shows what passes on the bus; sends nothing, ever
#[derive(Debug, Args)]
pub(crate) struct MonitorArgs {
    /// Where the bus is: `serial:/dev/ttyUSB0`, `tcp://HOST:PORT` of a converter, or `sim`
    #[arg(long, value_name = "LINK")]
    link: LinkSpec,
    /// Stop after so many seconds
    #[arg(long, value_name = "N")]
    seconds: Option<u32>,
    /// One JSON object per line
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &MonitorArgs) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("cannot start: {error}")))?;
    runtime.block_on(watch(args))
}

async fn watch(args: &MonitorArgs) -> Result<(), Failure> {
    let mut stop = Stop::listen()?;
    let opener = args.link.opener()?;
    let io = opener.listen().await.map_err(|error| Failure::link(error.to_string()))?;
    let mut watcher = Watcher { output: Output::new(args.json), tap: Tap::new(), start: Instant::now() };
    tell(&format!("listening on {}", args.link));
    let ended = tokio::select! {
        biased;
        () = limit(args.seconds) => Ok(()),
        ended = watcher.follow(args, &opener, io, &mut stop) => ended,
    };
    tell(&format!("{} in {:.0} s", watcher.tap.summary(), watcher.start.elapsed().as_secs_f64()));
    match ended {
        // Whoever read our output has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::failed(format!("cannot write: {error}"))),
        Ok(()) => Ok(()),
    }
}

async fn limit(seconds: Option<u32>) {
    match seconds {
        Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds.into())).await,
        None => std::future::pending().await,
    }
}

fn tell(message: &str) {
    // Nobody may be listening; the findings are what counts.
    let _ = writeln!(io::stderr(), "twc-master: {message}");
}

struct Watcher {
    output: Output,
    tap: Tap,
    start: Instant,
}

impl Watcher {
    /// Shows what comes in until told to stop; a link that breaks is opened again. Fails when nothing more
    /// can be written.
    async fn follow(
        &mut self,
        args: &MonitorArgs,
        opener: &Opener,
        mut io: Box<dyn Io>,
        stop: &mut Stop,
    ) -> io::Result<()> {
        let link = &args.link;
        let mut buffer = [0; 256];
        loop {
            let read = tokio::select! {
                biased;
                () = stop.wait() => return Ok(()),
                read = io.read(&mut buffer) => read,
            };
            let lost = match read {
                // A vanished port answers with zero bytes for ever.
                Ok(0) => "the connection was closed".to_owned(),
                Ok(len) => {
                    self.show(buffer.get(..len).unwrap_or_default())?;
                    continue;
                }
                Err(error) => error.to_string(),
            };
            drop(io);
            tell(&format!("{link} lost: {lost}; trying again"));
            match opener.listen_again(stop).await {
                ControlFlow::Continue(again) => io = again,
                ControlFlow::Break(()) => return Ok(()),
            }
            self.tap.reset();
            tell(&format!("{link} open again"));
        }
    }

    fn show(&mut self, bytes: &[u8]) -> io::Result<()> {
        let time = seconds(self.start.elapsed());
        let origin = Origin { time: Some(time), ..Origin::default() };
        for byte in bytes {
            if let Some((_, finding)) = self.tap.push(*byte) {
                self.output.line(&origin, &finding)?;
            }
        }
        Ok(())
    }
}
