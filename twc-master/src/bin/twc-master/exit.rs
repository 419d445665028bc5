//! Exit codes that scripts rely on, and the one line that goes with each failure.

use std::fmt;

/// Why the program ends with something else than 0.
#[derive(Debug)]
pub(crate) struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    /// 1: failure, violation, broken expectation.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self { code: 1, message: message.into() }
    }

    /// 2: usage, also amps out of range.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { code: 2, message: message.into() }
    }

    /// 3: a configuration or scenario that makes no sense.
    pub(crate) fn config(message: impl Into<String>) -> Self {
        Self { code: 3, message: message.into() }
    }

    /// 4: link unavailable.
    pub(crate) fn link(message: impl Into<String>) -> Self {
        Self { code: 4, message: message.into() }
    }

    pub(crate) fn code(&self) -> u8 {
        self.code
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
