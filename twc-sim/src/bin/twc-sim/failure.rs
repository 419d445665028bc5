//! Why the program ends without success, and with which exit code.

use std::io::Write as _;
use std::process::ExitCode;

use thiserror::Error;

/// One line for standard error: the thing, what is wrong with it, what to do.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    /// Something in here or around it broke.
    #[error("{0}")]
    Internal(String),
    /// An expectation was broken; the verdict on standard output says which.
    #[error("an expectation was broken")]
    Broken,
    /// The command line makes no sense.
    #[error("{0}")]
    Usage(String),
    /// The file with the expectations makes no sense.
    #[error("{0}")]
    Config(String),
    /// The pseudo-terminal or the port cannot be had.
    #[error("{0}")]
    Link(String),
}

impl Failure {
    /// Writes it to standard error, if there still is one.
    pub(crate) fn print(&self) {
        // Without standard error the exit code still tells.
        let _ = writeln!(std::io::stderr(), "twc-sim: {self}");
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Internal(_) | Self::Broken => 1,
            Self::Usage(_) => 2,
            Self::Config(_) => 3,
            Self::Link(_) => 4,
        })
    }
}
