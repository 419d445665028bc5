//! `serve`: the world in real time, with clients on one side and reports on the other.

use std::collections::VecDeque;
use std::future::Future;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use twc_proto::{Instant, TwcId, Version};
use twc_sim::scenario::{Timed, Watch};
use twc_sim::{Charger, ChargerConfig, World, WorldConfig};

use crate::cli::ServeArgs;
use crate::clock::Clock;
use crate::control;
use crate::expect::{self, Verdict};
use crate::failure::Failure;
use crate::file;
use crate::master::Housed;
use crate::output::Output;
use crate::port::Port;
use crate::report::{Reporter, render};

/// The id of the first slave; the others follow.
const FIRST_ID: u16 = 0x3495;

/// Runs until a signal, or for `--seconds`.
pub(crate) fn serve(args: &ServeArgs) -> Result<(), Failure> {
    let cars = args.cars().map_err(Failure::Usage)?;
    let scenario = args.scenario.as_deref().map(file::scenario).transpose()?;
    let judge = match (&args.expect, &scenario) {
        (Some(path), _) => Some(expect::read(path)?),
        (None, Some(scenario)) => Some(Watch::new(scenario.expect.clone())),
        (None, None) => None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Internal(format!("cannot start: {error}")))?;
    runtime.block_on(async {
        let stop = stop_signal().map_err(|error| Failure::Internal(format!("cannot catch signals: {error}")))?;
        let mut port = Port::open(&args.port, args.echo).await?;
        let mut output = Output::start();
        output.line(port.ready_line());
        let world = scenario.as_ref().map_or_else(|| populate(args, cars), |scenario| scenario.world(args.seed));
        let mut bench = Bench {
            clock: Clock::start(args.speed),
            master: args.master.then(|| Housed::new(&world, args.seed)),
            world,
            to_come: scenario.as_ref().map(|scenario| scenario.timeline.clone()).unwrap_or_default().into(),
            end: args.seconds.or(scenario.map(|scenario| scenario.duration)).map(|span| Instant::ZERO + span),
            reporter: Reporter::new(args.json),
            judge,
            output,
        };
        let ended = bench.run(args, &mut port, stop).await;
        bench.finish(args.json).and(ended)
    })
}

/// The world and everybody who watches it.
#[derive(Debug)]
struct Bench {
    clock: Clock,
    world: World,
    master: Option<Housed>,
    /// What the scenario still does, in the order of time.
    to_come: VecDeque<Timed>,
    end: Option<Instant>,
    reporter: Reporter,
    judge: Option<Watch>,
    output: Output,
}

impl Bench {
    async fn run(
        &mut self,
        args: &ServeArgs,
        port: &mut Port,
        stop: impl Future<Output = ()>,
    ) -> Result<(), Failure> {
        let mut stop = std::pin::pin!(stop);
        let mut orders = args.control.then(control::read_lines);
        loop {
            let now = self.clock.now();
            // Not beyond the end, however late this is called: the verdict is about the time up to it.
            self.catch_up(self.end.map_or(now, |end| end.min(now)), port);
            if self.end.is_some_and(|end| now >= end) {
                return Ok(());
            }
            let action = self.to_come.front().map(|timed| Instant::ZERO + timed.time);
            let wakes = [self.due(), self.reporter.poll_timeout(), self.end, action];
            let wake = wakes.into_iter().flatten().min();
            tokio::select! {
                () = &mut stop => return Ok(()),
                bytes = port.read() => self.hear(&bytes.map_err(|error| lost(args, &error))?, port),
                line = next_line(&mut orders) => self.obey(&line, port),
                () = self.until(wake) => {}
            }
        }
    }

    /// Lets everything happen that is due, in the order of time.
    fn catch_up(&mut self, now: Instant, port: &Port) {
        while let Some(timed) = self.to_come.pop_front() {
            let due = Instant::ZERO + timed.time;
            if due > now {
                self.to_come.push_front(timed);
                break;
            }
            self.live_until(due, port);
            timed.action.apply(due, &mut self.world);
        }
        self.live_until(now, port);
    }

    /// Lets the world and its master do all that is due, step by step, and tells who wants to know.
    fn live_until(&mut self, now: Instant, port: &Port) {
        self.step(now.min(self.world.now()), port);
        // At each deadline and not only now: at high speeds several have passed.
        while let Some(due) = self.due().filter(|due| *due < now) {
            let due = due.max(self.world.now());
            self.world.handle_timeout(due);
            self.step(due, port);
        }
        self.world.handle_timeout(now);
        self.step(now, port);
    }

    fn due(&self) -> Option<Instant> {
        let master = self.master.as_ref().and_then(Housed::poll_timeout);
        // One that wants to be called again at once is called again after a moment.
        let master = master.map(|at| at.max(self.world.now() + Duration::from_millis(1)));
        [self.world.poll_timeout(), master].into_iter().flatten().min()
    }

    fn step(&mut self, now: Instant, port: &Port) {
        while let Some(bytes) = self.world.poll_outside() {
            port.send(&bytes);
            if let Some(master) = &mut self.master {
                master.hear(now, &bytes);
            }
        }
        if let Some(master) = &mut self.master {
            master.act(now, &mut self.world, port);
        }
        if let Some(judge) = &mut self.judge {
            judge.look(now, &self.world);
        }
        for line in self.reporter.changes(now, &self.world) {
            self.output.line(line);
        }
    }

    fn hear(&mut self, bytes: &[u8], port: &Port) {
        let now = self.clock.now();
        self.catch_up(now, port);
        self.world.handle_outside(now, bytes);
        if let Some(master) = &mut self.master {
            master.hear(now, bytes);
        }
    }

    fn obey(&mut self, line: &str, port: &Port) {
        let now = self.clock.now();
        self.catch_up(now, port);
        if let Some(answer) = control::answer(line, now, &mut self.world) {
            self.output.line(answer);
        }
    }

    async fn until(&self, wake: Option<Instant>) {
        match wake {
            Some(at) => tokio::time::sleep_until(self.clock.to_real(at)).await,
            None => std::future::pending().await,
        }
    }

    /// The verdict, if one was asked for, and the rest of the output.
    fn finish(mut self, json: bool) -> Result<(), Failure> {
        let now = self.end.map_or(self.clock.now(), |end| end.min(self.clock.now()));
        let verdict = self.judge.take().map(|judge| Verdict::of(&judge, now, &self.world));
        if let Some(verdict) = &verdict {
            self.output.line(render(json, verdict));
        }
        self.output.finish();
        match verdict {
            Some(verdict) if !verdict.is_kept() => Err(Failure::Broken),
            _ => Ok(()),
        }
    }
}

fn populate(args: &ServeArgs, cars: u16) -> World {
    let mut world = World::new(WorldConfig { seed: args.seed, ..WorldConfig::default() });
    for number in 0..args.slaves {
        let id = TwcId::new(FIRST_ID + number);
        let config = match args.protocol {
            Version::P1 => ChargerConfig::p1(id),
            Version::P2 => ChargerConfig::p2(id),
        };
        let config = ChargerConfig { max_current: args.max, ..config };
        let mut charger = Charger::new(config, args.seed.wrapping_add(u64::from(number)), Instant::ZERO);
        if number < cars {
            // A new unit has no car yet, so this one cannot come back.
            let _ = charger.plug_in(Instant::ZERO, control::hungry_car());
        }
        world.add_charger(charger);
    }
    world
}

/// Completes with the first SIGINT or SIGTERM.
pub(crate) fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// The next line of standard input; never, without `--control` and after its end.
async fn next_line(orders: &mut Option<mpsc::Receiver<String>>) -> String {
    if let Some(lines) = orders {
        if let Some(line) = lines.recv().await {
            return line;
        }
        *orders = None;
    }
    std::future::pending().await
}

fn lost(args: &ServeArgs, error: &std::io::Error) -> Failure {
    let name = args.port.pty.as_deref().map_or_else(|| "the port".to_owned(), |link| link.display().to_string());
    Failure::Link(format!("lost {name}: {error}; start again"))
}
