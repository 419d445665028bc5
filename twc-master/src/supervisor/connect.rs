//! Making the connection, again and again where it must be.

use std::error::Error;
use std::future::Future;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};

/// Something that can be connected to, more than once.
pub trait Connect: Send + 'static {
    /// The connection. A read of zero bytes means that it is gone.
    type Io: AsyncRead + AsyncWrite + Unpin;
    /// Why there is none.
    type Error: Error + Send + 'static;

    /// Makes the connection. Runs in the thread of the bus, within its runtime; it may be dropped half-way.
    fn connect(&mut self) -> impl Future<Output = Result<Self::Io, Self::Error>>;
}

/// How long to wait before each attempt to connect again. Slaves notice our silence after 9 to 10 s, so a link
/// that was gone for a moment must be back well before.
#[derive(Debug, Clone, Default)]
pub struct BackOff {
    attempts: usize,
}

impl BackOff {
    const WAITS: [Duration; 4] =
        [Duration::from_millis(100), Duration::from_millis(300), Duration::from_millis(700), Self::LONGEST];
    const LONGEST: Duration = Duration::from_millis(1_500);

    /// The next wait; never longer than 1.5 s.
    pub fn next_wait(&mut self) -> Duration {
        let wait = Self::WAITS.get(self.attempts).copied().unwrap_or(Self::LONGEST);
        self.attempts = self.attempts.saturating_add(1);
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_is_back_after_5_seconds_is_tried_before_slaves_notice() {
        let mut back_off = BackOff::default();
        let mut at = Duration::ZERO;
        while at < Duration::from_secs(5) {
            at += back_off.next_wait();
        }
        assert!(at < Duration::from_secs(7), "{at:?}");
    }
}
