//! Where clients connect: one pseudo-terminal, or any number of TCP connections.

use std::io;

use crate::cli::PortArgs;
use crate::failure::Failure;
use crate::pty::Pty;
use crate::tcp::Tcp;

/// The bus as clients see it.
#[derive(Debug)]
pub(crate) enum Port {
    Pty(Pty),
    Tcp(Tcp),
}

impl Port {
    /// Creates the terminal or starts to listen.
    pub(crate) async fn open(args: &PortArgs, echo: bool) -> Result<Self, Failure> {
        match (&args.pty, &args.tcp) {
            (Some(link), _) => Pty::create(link, echo).map(Self::Pty),
            (None, Some(address)) => Tcp::listen(address, echo).await.map(Self::Tcp),
            (None, None) => Err(Failure::Usage("give --pty LINK or --tcp ADDR:PORT".to_owned())),
        }
    }

    /// The first line a script reads.
    pub(crate) fn ready_line(&self) -> String {
        match self {
            Self::Pty(pty) => format!("ready pty={}", pty.link().display()),
            Self::Tcp(tcp) => format!("ready tcp={}", tcp.address()),
        }
    }

    /// Waits for the next bytes a client puts on the bus. Clients come and go meanwhile.
    ///
    /// Safe to cancel: no byte is lost.
    pub(crate) async fn read(&mut self) -> io::Result<Vec<u8>> {
        match self {
            Self::Pty(pty) => pty.read().await,
            Self::Tcp(tcp) => Ok(tcp.read().await),
        }
    }

    /// Whether somebody listens now.
    pub(crate) fn has_client(&self) -> bool {
        match self {
            Self::Pty(pty) => pty.has_client(),
            Self::Tcp(tcp) => tcp.has_client(),
        }
    }

    /// What the slaves say. A client that does not read loses it, as on a wire.
    pub(crate) fn send(&self, bytes: &[u8]) {
        match self {
            Self::Pty(pty) => pty.send(bytes),
            Self::Tcp(tcp) => tcp.send(bytes),
        }
    }
}
