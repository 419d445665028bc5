//! The ports we know: how they are written, opened and explained when they cannot be.

use std::borrow::ToOwned;
use std::fmt;
use std::format;
use std::io;
use std::pin::Pin;
use std::str::FromStr;
use std::string::String;
use std::task::{Context, Poll};

use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::Connect;
#[cfg(feature = "serial")]
use super::serial::{self, SerialIo};
use super::tcp;
use crate::config::Timing;

/// Where a bus is: `serial:/dev/ttyUSB0`, a bare path, or `tcp://HOST:PORT`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Port {
    /// A serial port or pseudo-terminal, by its path. One process at a time can open it.
    #[cfg(feature = "serial")]
    Serial(String),
    /// A TCP/RS-485 converter in server mode, as `host:port`.
    Tcp(String),
}

/// Why a port cannot be opened, and what helps.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PortError {
    /// There is no such device.
    #[error("no port {path}: is the adapter plugged in? `ls /dev/serial/by-id` shows those there")]
    Missing {
        /// The device.
        path: String,
    },
    /// We may not open it.
    #[error("no permission for {path}: join its group, usually `sudo usermod -aG dialout $USER`, log in anew")]
    Denied {
        /// The device.
        path: String,
    },
    /// Another process has locked it.
    #[error("{path} is in use: `fuser {path}` shows by whom; one program per port")]
    InUse {
        /// The device.
        path: String,
    },
    /// It opens and is no serial port, or fails otherwise.
    #[error("cannot open {path}: {source}; is it a serial port?")]
    NoSerialPort {
        /// The device.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// The converter cannot be reached.
    #[error(
        "cannot reach {address}: {source}; is the converter on, in TCP server mode, and nobody else connected?"
    )]
    Unreachable {
        /// The converter.
        address: String,
        /// What the system says.
        source: io::Error,
    },
}

impl Port {
    /// What the guard must assume about this kind of link.
    pub const fn timing(&self) -> Timing {
        match self {
            #[cfg(feature = "serial")]
            Self::Serial(_) => Timing::SERIAL,
            Self::Tcp(_) => Timing::TCP,
        }
    }

    /// Opens it to listen: neither RTS nor DTR is asserted, since on some adapters they switch the transmitter.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn listen(&self) -> Result<PortIo, PortError> {
        self.open(true).await
    }

    #[cfg_attr(not(feature = "serial"), expect(unused_variables, reason = "only serial ports have such lines"))]
    async fn open(&self, listen_only: bool) -> Result<PortIo, PortError> {
        match self {
            #[cfg(feature = "serial")]
            Self::Serial(path) => serial::open(path, listen_only).map(|io| PortIo(Inner::Serial(io))),
            Self::Tcp(address) => match tcp::connect(address).await {
                Ok(stream) => Ok(PortIo(Inner::Tcp(stream))),
                Err(source) => Err(PortError::Unreachable { address: address.clone(), source }),
            },
        }
    }
}

impl Connect for Port {
    type Io = PortIo;
    type Error = PortError;

    async fn connect(&mut self) -> Result<PortIo, PortError> {
        self.open(false).await
    }
}

impl FromStr for Port {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(address) = text.strip_prefix("tcp://") {
            let port = address.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?)));
            return match port {
                Some((host, 1..)) if !host.is_empty() => Ok(Self::Tcp(address.to_owned())),
                _ => Err(format!("`{text}` needs a host and a port, such as tcp://192.0.2.7:4196")),
            };
        }
        let path = text.strip_prefix("serial:").unwrap_or(text);
        if path.is_empty() || path.contains("://") {
            return Err(format!("`{text}` is no link: write serial:/dev/ttyUSB0 or tcp://HOST:PORT"));
        }
        #[cfg(feature = "serial")]
        {
            Ok(Self::Serial(path.to_owned()))
        }
        #[cfg(not(feature = "serial"))]
        Err(format!("`{path}` would be a serial port, which this build cannot open; write tcp://HOST:PORT"))
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            #[cfg(feature = "serial")]
            Self::Serial(path) => write!(f, "serial:{path}"),
            Self::Tcp(address) => write!(f, "tcp://{address}"),
        }
    }
}

/// An open [`Port`].
#[derive(Debug)]
pub struct PortIo(Inner);

#[derive(Debug)]
enum Inner {
    #[cfg(feature = "serial")]
    Serial(SerialIo),
    Tcp(TcpStream),
}

/// Whichever it is.
trait Stream: AsyncRead + AsyncWrite + Unpin {}
impl<T: AsyncRead + AsyncWrite + Unpin> Stream for T {}

impl PortIo {
    fn stream(self: Pin<&mut Self>) -> Pin<&mut dyn Stream> {
        match &mut self.get_mut().0 {
            #[cfg(feature = "serial")]
            Inner::Serial(io) => Pin::new(io),
            Inner::Tcp(stream) => Pin::new(stream),
        }
    }
}

impl AsyncRead for PortIo {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_read(cx, buffer)
    }
}

impl AsyncWrite for PortIo {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.stream().poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_shutdown(cx)
    }
}

#[cfg(all(test, feature = "serial"))]
mod tests {
    use std::string::ToString;

    use super::*;

    #[test]
    fn ports_are_read_as_documented_and_written_the_same() {
        for (text, port) in [
            ("serial:/dev/ttyUSB0", Port::Serial("/dev/ttyUSB0".to_owned())),
            ("tcp://h:1", Port::Tcp("h:1".to_owned())),
            ("serial:./sim", Port::Serial("./sim".to_owned())),
        ] {
            assert_eq!(text.parse(), Ok(port.clone()));
            assert_eq!(port.to_string(), text);
        }
        assert_eq!("/dev/ttyUSB0".parse(), Ok(Port::Serial("/dev/ttyUSB0".to_owned())));
        for bad in ["", "serial:", "tcp://", "tcp://h", "tcp://h:x", "tcp://h:0", "tcp://:1", "http://h:1"] {
            assert!(bad.parse::<Port>().is_err(), "{bad}");
        }
    }
}
