//! A listening socket whose clients share the bus.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::failure::Failure;

/// More clients than this are hung up on at once.
const MOST_CLIENTS: usize = 16;

/// Pieces of input that wait to be put on the bus; behind them TCP holds its sender back.
const QUEUE: usize = 16;

/// The listener and its clients.
#[derive(Debug)]
pub(crate) struct Tcp {
    listener: TcpListener,
    address: SocketAddr,
    clients: Vec<Client>,
    next_number: u64,
    heard: mpsc::Receiver<Heard>,
    to_heard: mpsc::Sender<Heard>,
    echo: bool,
}

#[derive(Debug)]
struct Client {
    number: u64,
    writer: OwnedWriteHalf,
}

/// What client `number` sent; nothing when it is gone.
#[derive(Debug)]
struct Heard {
    number: u64,
    bytes: Vec<u8>,
}

impl Tcp {
    /// Listens on `address`.
    pub(crate) async fn listen(address: &str, echo: bool) -> Result<Self, Failure> {
        let refused = |error| {
            Failure::Link(format!(
                "cannot listen on {address}: {error}; choose another --tcp ADDR:PORT, port 0 for any"
            ))
        };
        let listener = TcpListener::bind(address).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let (to_heard, heard) = mpsc::channel(QUEUE);
        Ok(Self { listener, address, clients: Vec::new(), next_number: 0, heard, to_heard, echo })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits for bytes from any client; the others have heard them when it returns.
    pub(crate) async fn read(&mut self) -> Vec<u8> {
        loop {
            tokio::select! {
                Some(Heard { number, bytes }) = self.heard.recv() => {
                    if bytes.is_empty() {
                        self.clients.retain(|client| client.number != number);
                    } else {
                        let echo = self.echo;
                        self.send_where(&bytes, |client| echo || client != number);
                        return bytes;
                    }
                }
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => self.add(stream),
                    // Out of file descriptors, most likely; it may pass.
                    Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                },
            }
        }
    }

    pub(crate) fn has_client(&self) -> bool {
        !self.clients.is_empty()
    }

    /// To every client.
    pub(crate) fn send(&self, bytes: &[u8]) {
        self.send_where(bytes, |_| true);
    }

    fn send_where(&self, bytes: &[u8], hears: impl Fn(u64) -> bool) {
        for client in self.clients.iter().filter(|client| hears(client.number)) {
            // A wire does not wait: what a client's buffer cannot take is lost. Its end shows in its reader.
            let _ = client.writer.try_write(bytes);
        }
    }

    fn add(&mut self, stream: TcpStream) {
        if self.clients.len() >= MOST_CLIENTS || stream.set_nodelay(true).is_err() {
            return;
        }
        let (reader, writer) = stream.into_split();
        let number = self.next_number;
        self.next_number += 1;
        self.clients.push(Client { number, writer });
        tokio::spawn(pass_on(number, reader, self.to_heard.clone()));
    }
}

async fn pass_on(number: u64, mut reader: OwnedReadHalf, to_heard: mpsc::Sender<Heard>) {
    let mut buffer = [0; 1024];
    loop {
        // An error is an end like any other.
        let len = reader.read(&mut buffer).await.unwrap_or(0);
        let bytes = buffer.get(..len).unwrap_or_default().to_vec();
        if to_heard.send(Heard { number, bytes }).await.is_err() || len == 0 {
            return;
        }
    }
}
