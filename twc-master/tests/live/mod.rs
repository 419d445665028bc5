//! A supervised master, and what it may be connected to.
#![allow(dead_code)]

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::mpsc;
use tokio::time::timeout;
use twc_master::share::Equal;
use twc_master::supervisor::{Connect, Notice, Notices};
use twc_master::{Config, Master};
use twc_proto::driver::Clock;
use twc_proto::{CentiAmps, Instant, Sign, TwcId};
use twc_sim::World;

pub(crate) const MASTER: TwcId = TwcId::new(0x4242);

/// A linkready of slave 3495, 32 A, as it stands on the wire.
pub(crate) const LINK_READY: &[u8] = b"\xC0\xFD\xE2\x34\x95\x81\x0C\x80\0\0\0\0\0\0\0\0\xB8\xC0\xFC";
/// The same with a wrong sum.
pub(crate) const DAMAGED: &[u8] = b"\xC0\xFD\xE2\x34\x95\x81\x0C\x80\0\0\0\0\0\0\0\0\xB9\xC0\xFC";
/// How a heartbeat of ours to it begins.
pub(crate) const HEARTBEAT: &[u8] = b"\xC0\xFB\xE0\x42\x42\x34\x95";

pub(crate) fn config() -> Config {
    let mut config = Config::new(MASTER, Sign::new(0x5A), CentiAmps::from_amps(40));
    config.circuit_limit = Some(CentiAmps::from_amps(32));
    config
}

pub(crate) fn master(config: Config) -> Master<Equal> {
    Master::new(config, Equal, Instant::ZERO).unwrap()
}

/// Hands the far end of every connection it makes to whoever holds the receiver; when that is gone, so is the link.
pub(crate) struct Dial(mpsc::Sender<DuplexStream>);

pub(crate) fn dial() -> (Dial, mpsc::Receiver<DuplexStream>) {
    let (sender, far_ends) = mpsc::channel(4);
    (Dial(sender), far_ends)
}

impl Connect for Dial {
    type Io = DuplexStream;
    type Error = io::Error;

    async fn connect(&mut self) -> io::Result<DuplexStream> {
        let (near, far) = tokio::io::duplex(1_024);
        self.0.try_send(far).map_err(|_| io::Error::from(io::ErrorKind::ConnectionRefused))?;
        Ok(near)
    }
}

/// A world of wall connectors on the far end of a link, in real time; `heard` sees what comes from the master.
pub(crate) async fn pump(
    world: &mut World,
    clock: Clock,
    io: &mut DuplexStream,
    until: Instant,
    mut heard: impl FnMut(Instant, &[u8]),
) {
    let mut buffer = [0; 256];
    while clock.now() < until {
        world.handle_timeout(clock.now());
        while let Some(bytes) = world.poll_outside() {
            io.write_all(&bytes).await.unwrap();
        }
        let wait = world.poll_timeout().unwrap_or(until).min(until).since(clock.now());
        let Ok(len) = timeout(wait, io.read(&mut buffer)).await else { continue };
        let (now, bytes) = (clock.now(), &buffer[..len.unwrap()]);
        world.handle_outside(now, bytes);
        heard(now, bytes);
    }
}

/// The first notice for which `wanted` says something.
pub(crate) async fn wait_for<T>(notices: &mut Notices, wanted: impl Fn(&Notice) -> Option<T>) -> T {
    let found = async {
        while let Some((_, notice)) = notices.next().await {
            if let Some(found) = wanted(&notice) {
                return found;
            }
        }
        panic!("the bus has ended");
    };
    timeout(Duration::from_secs(20), found).await.expect("nothing of the kind within 20 s")
}

pub(crate) fn disconnected(notice: &Notice) -> Option<String> {
    match notice {
        Notice::Disconnected { why } => Some(why.clone()),
        _ => None,
    }
}

pub(crate) fn reconnected(notice: &Notice) -> Option<()> {
    matches!(notice, Notice::Reconnected).then_some(())
}
