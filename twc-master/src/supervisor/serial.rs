//! Serial ports and pseudo-terminals. The serial crate locks the port: one process each.

use std::borrow::ToOwned;
use std::boxed::Box;
use std::fs;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};
use tokio_serial::{ErrorKind, SerialPort, SerialPortBuilderExt, SerialStream};

use super::port::PortError;

const BAUD: u32 = 9_600;
/// How often to look whether a frame has drained; it takes about 20 ms.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// An open port whose flush waits until the bytes have left, without blocking its thread on a stuck adapter.
#[derive(Debug)]
pub(super) struct SerialIo {
    port: SerialStream,
    wait: Pin<Box<Sleep>>,
}

/// Opens a port. A listener asserts neither RTS nor DTR: on some adapters they switch the transmitter.
pub(super) fn open(path: &str, listen_only: bool) -> Result<SerialIo, PortError> {
    let mut builder = tokio_serial::new(path, BAUD);
    if listen_only {
        builder = builder.dtr_on_open(false);
    }
    let mut port = builder.open_native_async().map_err(|error| explain(path, error))?;
    if listen_only {
        // Pseudo-terminals and some adapters have no such lines; there is nothing to lower there.
        let _ = port.write_request_to_send(false);
    }
    Ok(SerialIo { port, wait: Box::pin(sleep(Duration::ZERO)) })
}

fn explain(path: &str, error: tokio_serial::Error) -> PortError {
    let (path, text) = (path.to_owned(), error.description.to_lowercase());
    let kind = match error.kind() {
        ErrorKind::Io(kind) => kind,
        ErrorKind::NoDevice => io::ErrorKind::ResourceBusy,
        _ => io::ErrorKind::Other,
    };
    match kind {
        _ if fs::symlink_metadata(&path).is_err() => PortError::Missing { path },
        _ if kind == io::ErrorKind::PermissionDenied || text.contains("permission") => PortError::Denied { path },
        _ if kind == io::ErrorKind::ResourceBusy || text.contains("busy") => PortError::InUse { path },
        _ => PortError::NoSerialPort { path, source: io::Error::new(kind, error.description) },
    }
}

impl AsyncRead for SerialIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.port).poll_read(cx, buffer)
    }
}

impl AsyncWrite for SerialIo {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.port).poll_write(cx, bytes)
    }

    /// The port's own flush blocks until the adapter has drained, for ever if it must: it is only called for what
    /// is left in the last few bytes of hardware.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.port.bytes_to_write()? > 0 {
            self.wait.set(sleep(LOOK_AGAIN));
            ready!(self.wait.as_mut().poll(cx));
        }
        Pin::new(&mut self.port).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.as_mut().poll_flush(cx)
    }
}
