//! The one async loop: any [`Node`] over any pair of async byte streams.
//!
//! A serial port, a TCP connection and an in-memory pipe all look the same here. The loop trusts the clock and
//! not the sleep: it asks for the time after every wait.

use core::future::Future;
use core::pin::pin;
use core::time::Duration;
use std::io;

use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{sleep_until, timeout};

use crate::node::{Link, Node};
use crate::time::Instant;

/// A frame that has not drained after this long is given up together with its connection: behind it a second
/// one would queue, and both could reach the wire at any time.
pub const WRITE_LIMIT: Duration = Duration::from_secs(2);

/// Maps the runtime's clock onto [`Instant`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let clock = twc_proto::driver::Clock::start();
/// assert!(clock.now() < twc_proto::Instant::from_secs(60));
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    origin: tokio::time::Instant,
}

impl Clock {
    /// A clock that reads [`Instant::ZERO`] now.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let clock = twc_proto::driver::Clock::start();
    /// let (early, late) = (clock.now(), clock.now());
    /// assert!(early <= late);
    /// # }
    /// ```
    pub fn start() -> Self {
        Self { origin: tokio::time::Instant::now() }
    }

    /// The time now.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
    /// let clock = twc_proto::driver::Clock::start();
    /// tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    /// assert_eq!(clock.now().as_millis(), 3_000);
    /// # }
    /// ```
    pub fn now(&self) -> Instant {
        Instant::ZERO + self.origin.elapsed()
    }

    fn to_runtime(self, at: Instant) -> tokio::time::Instant {
        self.origin + at.since(Instant::ZERO)
    }
}

/// Why the loop ended before it was told to.
///
/// ```
/// use twc_proto::driver::DriverError;
///
/// assert_eq!(DriverError::Disconnected.to_string(), "the connection was closed");
/// ```
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DriverError {
    /// The other end hung up. A vanished port answers reads with zero bytes for ever, so this is the sign.
    #[error("the connection was closed")]
    Disconnected,
    /// A frame did not drain within [`WRITE_LIMIT`].
    #[error("a frame did not leave within {} s", WRITE_LIMIT.as_secs())]
    WriteStalled,
    /// The port failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Runs `link` over `io` until `until` completes or the connection fails.
///
/// `observe` is called after every step, before the next frame leaves: the place to drain a machine's events.
/// When `until` completes, a frame being written is finished first. After an error make a new connection, call
/// [`Link::handle_reconnected`] and run again.
///
/// # Errors
/// When the connection closes, stalls or fails.
///
/// ```
/// use twc_proto::driver::{Clock, DriverError, run};
/// use twc_proto::{Envelope, Instant, Link, Node, Received};
///
/// /// Hears everything and says nothing.
/// struct Ear(usize);
///
/// impl Node for Ear {
///     fn handle_message(&mut self, _: Instant, _: &Received) {
///         self.0 += 1;
///     }
///     fn handle_timeout(&mut self, _: Instant) {}
///     fn poll_transmit(&mut self, _: Instant) -> Option<Envelope> {
///         None
///     }
///     fn poll_timeout(&self) -> Option<Instant> {
///         None
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let (mut port, mut bus) = tokio::io::duplex(64);
/// tokio::io::AsyncWriteExt::write_all(&mut bus, b"\xC0\xFC\x1D\0\0\0\0\0\0\0\0\0\0\0\x1D\xC0").await.unwrap();
/// drop(bus);
/// let mut link = Link::new(Ear(0));
/// let ended = run(&mut link, &mut port, Clock::start(), |_, _| (), std::future::pending()).await;
/// assert!(matches!(ended, Err(DriverError::Disconnected)));
/// assert_eq!(link.node().0, 1);
/// # }
/// ```
pub async fn run<N, IO>(
    link: &mut Link<N>,
    io: &mut IO,
    clock: Clock,
    mut observe: impl FnMut(&mut Link<N>, Instant),
    until: impl Future<Output = ()>,
) -> Result<(), DriverError>
where
    N: Node,
    IO: AsyncRead + AsyncWrite + Unpin,
{
    let mut until = pin!(until);
    let mut buffer = [0; 256];
    loop {
        observe(link, clock.now());
        while let Some(wire) = link.poll_transmit(clock.now()) {
            write(io, wire.as_ref()).await?;
            link.handle_sent(clock.now());
            observe(link, clock.now());
        }
        let deadline = link.poll_timeout().map(|at| clock.to_runtime(at));
        tokio::select! {
            biased;
            () = &mut until => return Ok(()),
            read = io.read(&mut buffer) => match read? {
                0 => return Err(DriverError::Disconnected),
                len => link.handle_bytes(clock.now(), buffer.get(..len).unwrap_or_default()),
            },
            () = wait(deadline) => link.handle_timeout(clock.now()),
        }
    }
}

async fn write<IO: AsyncWrite + Unpin>(io: &mut IO, wire: &[u8]) -> Result<(), DriverError> {
    let all = async {
        io.write_all(wire).await?;
        io.flush().await
    };
    match timeout(WRITE_LIMIT, all).await {
        Ok(done) => Ok(done?),
        Err(_) => Err(DriverError::WriteStalled),
    }
}

async fn wait(deadline: Option<tokio::time::Instant>) {
    match deadline {
        Some(at) => sleep_until(at).await,
        None => core::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Envelope, MasterLinkReady, Message, Received};
    use crate::types::{Sign, TwcId, Version};

    /// Announces itself every second, or only listens.
    #[derive(Debug)]
    struct Ticker {
        id: TwcId,
        next: Option<Instant>,
        heard: usize,
    }

    impl Node for Ticker {
        fn handle_message(&mut self, _: Instant, _: &Received) {
            self.heard += 1;
        }
        fn handle_timeout(&mut self, _: Instant) {}
        fn poll_transmit(&mut self, now: Instant) -> Option<Envelope> {
            self.next.is_some_and(|next| now >= next).then(|| {
                self.next = Some(now + Duration::from_secs(1));
                let ready = MasterLinkReady::new(self.id, Sign::new(1));
                Envelope::canonical(Version::P2, Message::LinkReady1(ready)).unwrap()
            })
        }
        fn poll_timeout(&self) -> Option<Instant> {
            self.next
        }
    }

    fn ticker(id: u16, next_ms: u64) -> Link<Ticker> {
        Link::new(Ticker { id: TwcId::new(id), next: Some(Instant::from_millis(next_ms)), heard: 0 })
    }

    #[tokio::test(start_paused = true)]
    async fn two_nodes_hear_each_other_over_a_pipe_until_told_to_stop() {
        let (mut left_io, mut right_io) = tokio::io::duplex(256);
        let (mut left, mut right) = (ticker(1, 0), ticker(2, 500));
        let clock = Clock::start();
        let stop = || tokio::time::sleep(Duration::from_millis(3_250));
        let (a, b) = tokio::join!(
            run(&mut left, &mut left_io, clock, |_, _| (), stop()),
            run(&mut right, &mut right_io, clock, |_, _| (), stop()),
        );
        a.unwrap();
        b.unwrap();
        assert_eq!((left.node().heard, right.node().heard), (3, 4));
    }

    #[tokio::test(start_paused = true)]
    async fn a_node_without_a_deadline_listens_for_as_long_as_it_takes() {
        let (mut talking, mut listening) = tokio::io::duplex(256);
        let (mut ticker, mut listener) = (ticker(1, 0), ticker(2, 0));
        listener.node_mut().next = None;
        let clock = Clock::start();
        let stop = || tokio::time::sleep(Duration::from_millis(3_600_500));
        let (a, b) = tokio::join!(
            run(&mut ticker, &mut talking, clock, |_, _| (), stop()),
            run(&mut listener, &mut listening, clock, |_, _| (), stop()),
        );
        a.unwrap();
        b.unwrap();
        assert_eq!(listener.node().heard, 3_601);
    }

    #[test]
    fn a_node_need_not_care_about_damage() {
        let mut link = ticker(1, 0);
        link.handle_bytes(Instant::ZERO, b"\xC0four\xC0");
        assert_eq!((link.node().heard, link.decoder_stats().rejected()), (0, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_hang_up_ends_the_loop() {
        let (mut io, other) = tokio::io::duplex(256);
        drop(other);
        let mut link = ticker(1, 9_000);
        let ended = run(&mut link, &mut io, Clock::start(), |_, _| (), core::future::pending()).await;
        assert!(matches!(ended, Err(DriverError::Disconnected)), "{ended:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_frame_that_does_not_drain_ends_the_loop() {
        let (mut io, _other) = tokio::io::duplex(4);
        let ended = run(&mut ticker(1, 0), &mut io, Clock::start(), |_, _| (), core::future::pending()).await;
        assert!(matches!(ended, Err(DriverError::WriteStalled)), "{ended:?}");
    }
}
