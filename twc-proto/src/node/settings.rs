//! What a link may be told, and what it counts.

use core::time::Duration;

/// Times that depend on what carries the bytes.
///
/// ```
/// use std::time::Duration;
/// use twc_proto::LinkSettings;
///
/// // A converter that takes 300 ms each way.
/// let settings = LinkSettings { echo_window: Duration::from_millis(1_200), ..LinkSettings::default() };
/// assert_eq!(settings.quiet_gap, Duration::from_millis(15));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkSettings {
    /// No transmit begins until this long after the last byte came in.
    pub quiet_gap: Duration,
    /// A line that is never quiet holds a transmit back for this long at most.
    pub busy_limit: Duration,
    /// How long after our frame has left its echo may still arrive.
    pub echo_window: Duration,
    /// After [`super::Link::handle_reconnected`] input is discarded until the line was quiet for this long.
    pub settle: Duration,
}

impl LinkSettings {
    /// For a converter on the network: a frame reaches the bus up to 7 s after it was handed over, as long as its
    /// connection lasts without being emptied and as it keeps what it has; an echo takes the way back as well.
    pub const CONVERTER: Self = Self { echo_window: Duration::from_millis(9_500), ..Self::LOCAL };
    const LOCAL: Self = Self {
        quiet_gap: Duration::from_millis(15),
        busy_limit: Duration::from_secs(1),
        echo_window: Duration::from_millis(500),
        settle: Duration::from_millis(300),
    };
}

impl Default for LinkSettings {
    /// For a local serial port; also serves converters with up to 150 ms each way.
    fn default() -> Self {
        Self::LOCAL
    }
}

/// What a [`super::Link`] has counted.
///
/// ```
#[doc = include_str!("caller.in")]
/// let mut link = Link::new(Caller { due: true, ..Caller::default() });
/// let wire = link.poll_transmit(Instant::ZERO).unwrap();
/// link.handle_sent(Instant::from_millis(17));
/// link.handle_bytes(Instant::from_millis(18), wire.as_ref()); // We hear ourselves.
/// assert_eq!((link.stats().sent, link.stats().echoes, link.node().heard), (1, 1, 0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LinkStats {
    /// Frames handed out.
    pub sent: u32,
    /// Own frames that came back and were dropped.
    pub echoes: u32,
    /// Own frames that came back damaged with a sum that still fits, and were dropped.
    pub damaged_echoes: u32,
    /// Bytes dropped while the line settled after a reconnect.
    pub discarded_bytes: u32,
}
