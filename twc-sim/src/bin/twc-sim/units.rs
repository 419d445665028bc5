//! Numbers on the command line that scenario files have no use for.

use std::time::Duration;

/// A positive number of seconds.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let span = text.trim().parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    span.filter(|span| !span.is_zero()).ok_or_else(|| "give a number of seconds above 0, like 2.5".to_owned())
}
