//! A link that vanishes, hangs up or stalls is opened again before slaves notice, and is ours alone meanwhile.
#![cfg(all(feature = "app", target_os = "linux"))]

mod live;
mod programs;

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use live::{Dial, HEARTBEAT, LINK_READY, config, dial, disconnected, master, pump, reconnected, wait_for};
use programs::scratch;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use tokio::io::{AsyncWriteExt, DuplexStream};
use tokio::time::timeout;
use twc_master::supervisor::{self, Connect, NoStore, Port, PortError, PortIo, StartError};
use twc_master::{Config, Standing};
use twc_proto::driver::Clock;
use twc_proto::{Instant as At, TwcId};
use twc_sim::{Car, CarProfile, Charger, ChargerConfig, World, WorldConfig};

/// Slaves announce themselves again after about 10 s without a master.
const SLAVES_NOTICE: Duration = Duration::from_secs(9);

/// A pseudo-terminal, and `link` pointing to it.
fn terminal(link: &Path) -> File {
    let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&controller).unwrap();
    unlockpt(&controller).unwrap();
    let name = ptsname(&controller, Vec::new()).unwrap().into_string().unwrap();
    let _ = std::fs::remove_file(link);
    std::os::unix::fs::symlink(name, link).unwrap();
    File::from(controller)
}

fn serial(link: &Path) -> Port {
    Port::Serial(link.to_str().unwrap().to_owned())
}

/// Announces slave 3495 until it gets a heartbeat.
async fn hears_us<IO: Read + Write + Send + 'static>(mut io: IO) -> IO {
    let hear = tokio::task::spawn_blocking(move || {
        let (mut heard, mut buffer) = (Vec::new(), [0; 256]);
        while !heard.windows(HEARTBEAT.len()).any(|bytes| bytes == HEARTBEAT) {
            io.write_all(LINK_READY).unwrap();
            // Every linkready is answered by frames, so this does not wait for ever.
            let len = io.read(&mut buffer).unwrap();
            heard.extend_from_slice(&buffer[..len]);
            std::thread::sleep(Duration::from_millis(400));
        }
        io
    });
    timeout(Duration::from_secs(30), hear).await.expect("no heartbeat").unwrap()
}

fn link_in(name: &str) -> PathBuf {
    scratch(name).join("bus")
}

#[tokio::test]
async fn a_serial_port_that_vanishes_is_opened_again_when_it_comes_back() {
    let link = link_in("vanish");
    let first = terminal(&link);
    let (bus, mut notices) = supervisor::start(master(config()), serial(&link), NoStore).await.unwrap();
    let first = hears_us(first).await;
    let lost = Instant::now();
    drop(first);
    wait_for(&mut notices, disconnected).await;
    // As long as somebody takes who pulls the adapter out and puts it back.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let second = terminal(&link);
    wait_for(&mut notices, reconnected).await;
    assert!(lost.elapsed() < SLAVES_NOTICE, "{:?}", lost.elapsed());
    hears_us(second).await;
    assert_eq!(bus.stop().await.unwrap().slaves.iter().flatten().count(), 1);
}

#[tokio::test]
async fn a_port_is_for_one_master_at_a_time() {
    let link = link_in("twice");
    let _controller = terminal(&link);
    let (bus, _) = supervisor::start(master(config()), serial(&link), NoStore).await.unwrap();
    let second = supervisor::start(master(config()), serial(&link), NoStore).await;
    assert!(matches!(second, Err(StartError::Link(PortError::InUse { .. }))), "{:?}", second.err());
    assert!(matches!(serial(&link).listen().await, Err(PortError::InUse { .. })));
    bus.stop().await.unwrap();
    supervisor::start(master(config()), serial(&link), NoStore).await.expect("free again");
}

/// A link that cannot be opened before it is said.
struct Gone {
    dial: Dial,
    until: Arc<Mutex<Instant>>,
}

impl Connect for Gone {
    type Io = DuplexStream;
    type Error = io::Error;

    async fn connect(&mut self) -> io::Result<DuplexStream> {
        if Instant::now() < *self.until.lock().unwrap() {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        self.dial.connect().await
    }
}

#[tokio::test]
async fn slaves_do_not_notice_that_the_link_was_gone_for_five_seconds() {
    let (dial, mut far_ends) = dial();
    let until = Arc::new(Mutex::new(Instant::now()));
    let link = Gone { dial, until: until.clone() };
    let (bus, _notices) = supervisor::start(master(config()), link, NoStore).await.unwrap();
    let (clock, mut world) = (Clock::start(), World::new(WorldConfig::default()));
    let mut charger = Charger::new(ChargerConfig::p2(TwcId::new(0x3495)), 1, At::ZERO);
    charger.plug_in(At::ZERO, Car::new(CarProfile::tesla(), 20_000)).unwrap();
    world.add_charger(charger);
    let mut far = far_ends.recv().await.unwrap();
    while !world.charger(0).unwrap().relay_closed() {
        pump(&mut world, clock, &mut far, clock.now() + Duration::from_secs(1), |_, _| {}).await;
        assert!(clock.now() < At::from_secs(60), "it does not charge");
    }
    *until.lock().unwrap() = Instant::now() + Duration::from_secs(5);
    drop(far);
    let mut far = far_ends.recv().await.unwrap();
    pump(&mut world, clock, &mut far, clock.now() + Duration::from_secs(12), |_, _| {}).await;
    let charger = world.charger(0).unwrap();
    assert!(charger.is_linked() && charger.relay_closed(), "{charger:?}");
    assert_eq!(charger.car().unwrap().interruptions(), 0);
    let slave = bus.stop().await.unwrap().slaves[0].unwrap();
    assert_eq!((slave.standing, slave.strikes), (Standing::Linked, 0));
}

#[tokio::test]
async fn a_read_of_nothing_is_a_hang_up() {
    let (dial, mut far_ends) = dial();
    // A master that says nothing only notices when it reads.
    let quiet = Config { announce: false, ..config() };
    let (_bus, mut notices) = supervisor::start(master(quiet), dial, NoStore).await.unwrap();
    for _ in 0..3 {
        let began = Instant::now();
        drop(far_ends.recv().await.unwrap());
        assert_eq!(wait_for(&mut notices, disconnected).await, "the connection was closed");
        wait_for(&mut notices, reconnected).await;
        assert!(began.elapsed() < SLAVES_NOTICE / 3, "{:?}", began.elapsed());
    }
}

#[tokio::test]
async fn a_converter_that_hangs_up_is_called_again() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = Port::Tcp(listener.local_addr().unwrap().to_string());
    let (_bus, mut notices) = supervisor::start(master(config()), port, NoStore).await.unwrap();
    drop(listener.accept().unwrap());
    wait_for(&mut notices, disconnected).await;
    let (again, _) = listener.accept().unwrap();
    wait_for(&mut notices, reconnected).await;
    hears_us(again).await;
}

/// A port whose first connection is stuffed until it takes no byte more: its peer has stopped reading.
struct Stuffed {
    port: Port,
    is_first: bool,
}

impl Connect for Stuffed {
    type Io = PortIo;
    type Error = PortError;

    async fn connect(&mut self) -> Result<PortIo, PortError> {
        let mut io = self.port.connect().await?;
        if std::mem::take(&mut self.is_first) {
            while timeout(Duration::from_millis(300), io.write(&[0; 4_096])).await.is_ok() {}
        }
        Ok(io)
    }
}

#[tokio::test]
async fn a_converter_that_stops_reading_is_given_up_after_2_seconds() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = Port::Tcp(listener.local_addr().unwrap().to_string());
    let stuffed = Stuffed { port, is_first: true };
    let (_bus, mut notices) = supervisor::start(master(config()), stuffed, NoStore).await.unwrap();
    let (_deaf, _): (TcpStream, _) = listener.accept().unwrap();
    let began = Instant::now();
    // Whichever notices first: the kernel that nothing is acknowledged, or the driver that a frame does not leave.
    wait_for(&mut notices, disconnected).await;
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
    let (again, _) = listener.accept().unwrap();
    wait_for(&mut notices, reconnected).await;
    hears_us(again).await;
}

#[tokio::test]
async fn a_link_that_is_not_there_at_the_start_is_an_error() {
    let nowhere = serial(&link_in("nowhere"));
    let started = supervisor::start(master(config()), nowhere, NoStore).await;
    assert!(matches!(started, Err(StartError::Link(PortError::Missing { .. }))), "{:?}", started.err());
}
