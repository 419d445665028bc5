//! Where the bus is: a serial port, a TCP/RS-485 converter, or a simulation inside this process.

use std::fmt;
use std::io;
use std::iter::repeat;
use std::ops::ControlFlow;
use std::str::FromStr;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_serial::{SerialPort, SerialPortBuilderExt};
use twc_master::Timing;

use crate::exit::Failure;
use crate::sim_link;
use crate::stop::Stop;

/// The kernel gives a TCP connection up when the converter has not acknowledged bytes for this long.
const UNACKNOWLEDGED: Duration = Duration::from_secs(2);
const CONNECT: Duration = Duration::from_secs(5);

/// Waits between two attempts to open a lost link. Slaves notice silence after about 9 s.
const BACK_OFF: [Duration; 4] = [
    Duration::from_millis(100),
    Duration::from_millis(300),
    Duration::from_millis(700),
    Duration::from_millis(1_500),
];

/// `--link`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LinkSpec {
    Serial(String),
    Tcp(String),
    Sim,
}

/// An open link.
pub(crate) trait Io: AsyncRead + AsyncWrite + Unpin {}
impl<T: AsyncRead + AsyncWrite + Unpin> Io for T {}

impl FromStr for LinkSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "sim" {
            return Ok(Self::Sim);
        }
        if text.starts_with("sim:") {
            return Err("scenarios cannot be run yet; `sim` alone is three wall connectors with cars".to_owned());
        }
        if let Some(address) = text.strip_prefix("tcp://") {
            let port = address.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?)));
            return match port {
                Some((host, _)) if !host.is_empty() => Ok(Self::Tcp(address.to_owned())),
                _ => Err(format!("`{text}` needs a host and a port, such as tcp://192.0.2.7:4196")),
            };
        }
        let path = text.strip_prefix("serial:").unwrap_or(text);
        if path.is_empty() || path.contains("://") {
            return Err(format!("`{text}` is no link: write serial:/dev/ttyUSB0, tcp://HOST:PORT or sim"));
        }
        Ok(Self::Serial(path.to_owned()))
    }
}

impl fmt::Display for LinkSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Serial(path) => write!(f, "serial:{path}"),
            Self::Tcp(address) => write!(f, "tcp://{address}"),
            Self::Sim => f.write_str("sim"),
        }
    }
}

impl LinkSpec {
    pub(crate) fn timing(&self) -> Timing {
        match self {
            Self::Serial(_) | Self::Sim => Timing::SERIAL,
            Self::Tcp(_) => Timing::TCP,
        }
    }

    /// Opens the link. A listener asserts neither RTS nor DTR: on some adapters they switch the transmitter.
    pub(crate) async fn open(&self, listen_only: bool) -> Result<Box<dyn Io>, Failure> {
        match self {
            Self::Serial(path) => open_serial(path, listen_only).map(|port| Box::new(port) as Box<dyn Io>),
            Self::Tcp(address) => open_tcp(address).await.map(|stream| Box::new(stream) as Box<dyn Io>),
            Self::Sim => Ok(Box::new(sim_link::open())),
        }
    }

    /// Opens a lost link again, however long that takes; gives up when told to stop.
    pub(crate) async fn open_again(&self, listen_only: bool, stop: &mut Stop) -> ControlFlow<(), Box<dyn Io>> {
        let mut waits = BACK_OFF.into_iter().chain(repeat(BACK_OFF[BACK_OFF.len() - 1]));
        loop {
            let attempt = async {
                tokio::time::sleep(waits.next().unwrap_or_default()).await;
                self.open(listen_only).await
            };
            tokio::select! {
                () = stop.wait() => return ControlFlow::Break(()),
                opened = attempt => {
                    if let Ok(io) = opened {
                        return ControlFlow::Continue(io);
                    }
                }
            }
        }
    }
}

fn open_serial(path: &str, listen_only: bool) -> Result<tokio_serial::SerialStream, Failure> {
    let mut builder = tokio_serial::new(path, 9600);
    if listen_only {
        builder = builder.dtr_on_open(false);
    }
    let mut port = builder.open_native_async().map_err(|error| Failure::link(explain_serial(path, &error)))?;
    if listen_only {
        // Pseudo-terminals and some adapters have no such lines; there is nothing to lower there.
        let _ = port.write_request_to_send(false);
    }
    Ok(port)
}

fn explain_serial(path: &str, error: &tokio_serial::Error) -> String {
    use tokio_serial::ErrorKind;
    let exists = std::fs::symlink_metadata(path).is_ok();
    let kind = match error.kind() {
        ErrorKind::Io(kind) => kind,
        ErrorKind::NoDevice if exists => io::ErrorKind::ResourceBusy,
        ErrorKind::NoDevice => io::ErrorKind::NotFound,
        _ => io::ErrorKind::Other,
    };
    let busy = error.description.to_lowercase().contains("busy") || kind == io::ErrorKind::ResourceBusy;
    let denied =
        kind == io::ErrorKind::PermissionDenied || error.description.to_lowercase().contains("permission");
    match kind {
        _ if !exists => {
            format!("no port {path}: is the adapter plugged in? `ls /dev/serial/by-id` shows those there")
        }
        _ if denied => {
            format!(
                "no permission for {path}: join its group, usually `sudo usermod -aG dialout $USER`, log in anew"
            )
        }
        _ if busy => format!("{path} is in use: `fuser {path}` shows by whom; one program per port"),
        _ => format!("cannot open {path}: {error}; is it a serial port?"),
    }
}

async fn open_tcp(address: &str) -> Result<TcpStream, Failure> {
    let refused = |error: &dyn fmt::Display| {
        Failure::link(format!(
            "cannot reach {address}: {error}; is the converter on, in TCP server mode, and nobody else connected?"
        ))
    };
    let connecting = tokio::time::timeout(CONNECT, TcpStream::connect(address));
    let stream = match connecting.await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return Err(refused(&error)),
        Err(_) => return Err(refused(&"no answer within 5 s")),
    };
    let keepalive = TcpKeepalive::new()
        .with_time(Duration::from_secs(5))
        .with_interval(Duration::from_secs(2))
        .with_retries(3);
    let socket = SockRef::from(&stream);
    let prepared = stream.set_nodelay(true).and_then(|()| socket.set_tcp_keepalive(&keepalive));
    prepared.and_then(|()| limit_unacknowledged(&socket)).map_err(|error| refused(&error))?;
    Ok(stream)
}

/// Bounds how late a byte that we wrote can still leave here; the guard counts on it.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn limit_unacknowledged(socket: &SockRef<'_>) -> io::Result<()> {
    socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED))
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn limit_unacknowledged(_: &SockRef<'_>) -> io::Result<()> {
    let _ = UNACKNOWLEDGED;
    Err(io::Error::new(io::ErrorKind::Unsupported, "TCP links need Linux: elsewhere a stalled one is not noticed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_read_as_documented() {
        let serial = |path: &str| Ok(LinkSpec::Serial(path.to_owned()));
        assert_eq!("serial:/dev/ttyUSB0".parse(), serial("/dev/ttyUSB0"));
        assert_eq!("/dev/ttyUSB0".parse(), serial("/dev/ttyUSB0"));
        assert_eq!("tcp://h:1".parse(), Ok(LinkSpec::Tcp("h:1".to_owned())));
        assert_eq!("sim".parse(), Ok(LinkSpec::Sim));
        assert_eq!("./sim".parse(), serial("./sim"));
        for bad in ["", "serial:", "tcp://", "tcp://h", "tcp://h:x", "tcp://:1", "http://h:1", "sim:winter"] {
            assert!(bad.parse::<LinkSpec>().is_err(), "{bad}");
        }
    }
}
