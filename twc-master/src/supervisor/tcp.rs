//! TCP/RS-485 converters.

use std::format;
use std::io;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The kernel gives a connection up when the converter has not acknowledged bytes for this long. The guard
/// counts on it: [`crate::Timing::TCP`] adds it to what a converter may hold back.
const UNACKNOWLEDGED: Duration = Duration::from_secs(2);
/// Less than what slaves take to notice our silence, so that a second attempt is still in time.
const CONNECT: Duration = Duration::from_secs(4);

/// Connects to `host:port`.
pub(super) async fn connect(address: &str) -> io::Result<TcpStream> {
    let connecting = timeout(CONNECT, TcpStream::connect(address));
    let no_answer =
        |_| io::Error::new(io::ErrorKind::TimedOut, format!("no answer within {} s", CONNECT.as_secs()));
    let stream = connecting.await.map_err(no_answer)??;
    prepare(&stream)?;
    Ok(stream)
}

fn prepare(stream: &TcpStream) -> io::Result<()> {
    let keepalive = TcpKeepalive::new()
        .with_time(Duration::from_secs(5))
        .with_interval(Duration::from_secs(2))
        .with_retries(3);
    let socket = SockRef::from(stream);
    stream.set_nodelay(true)?;
    socket.set_tcp_keepalive(&keepalive)?;
    limit_unacknowledged(&socket)
}

/// Bounds how late a byte that we wrote can still leave here.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn limit_unacknowledged(socket: &SockRef<'_>) -> io::Result<()> {
    socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED))
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn limit_unacknowledged(_: &SockRef<'_>) -> io::Result<()> {
    let _ = UNACKNOWLEDGED;
    Err(io::Error::new(io::ErrorKind::Unsupported, "TCP links need Linux: elsewhere a stalled one is not noticed"))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::string::ToString;

    use super::*;

    #[tokio::test]
    async fn a_connection_gives_unacknowledged_bytes_up_after_2_seconds() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = connect(&listener.local_addr().unwrap().to_string()).await.unwrap();
        let socket = SockRef::from(&stream);
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(UNACKNOWLEDGED));
        assert!(socket.keepalive().unwrap() && stream.nodelay().unwrap());
    }
}
