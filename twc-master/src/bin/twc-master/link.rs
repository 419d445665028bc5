//! `--link`: one of the supervisor's ports, or a simulation inside this process.

use std::fmt;
use std::ops::ControlFlow;
use std::str::FromStr;

use tokio::io::{AsyncRead, AsyncWrite};
use twc_master::Timing;
use twc_master::supervisor::{BackOff, Connect, Port, PortError};
use twc_sim::scenario::Scenario;

use crate::exit::Failure;
use crate::scenario;
use crate::sim_link;
use crate::stop::Stop;

/// `--link`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LinkSpec {
    Port(Port),
    /// `sim`, or `sim:` and what `simulate` calls a scenario.
    Sim(Option<String>),
}

/// What opens it, as often as needed.
#[derive(Debug, Clone)]
pub(crate) enum Opener {
    Port(Port),
    Sim(Option<Box<Scenario>>),
}

/// An open link.
pub(crate) trait Io: AsyncRead + AsyncWrite + Unpin {}
impl<T: AsyncRead + AsyncWrite + Unpin> Io for T {}

impl FromStr for LinkSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix("sim") {
            Some("") => Ok(Self::Sim(None)),
            Some(rest) if rest.starts_with(':') => match rest.trim_start_matches(':') {
                "" => Err("`sim:` needs a scenario; `sim` alone is three wall connectors with cars".to_owned()),
                scenario => Ok(Self::Sim(Some(scenario.to_owned()))),
            },
            _ => match text.parse() {
                Ok(port) => Ok(Self::Port(port)),
                Err(error) => Err(format!("{error}, or sim for a simulation")),
            },
        }
    }
}

impl fmt::Display for LinkSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port(port) => port.fmt(f),
            Self::Sim(None) => f.write_str("sim"),
            Self::Sim(Some(scenario)) => write!(f, "sim:{scenario}"),
        }
    }
}

impl LinkSpec {
    pub(crate) fn timing(&self) -> Timing {
        match self {
            Self::Port(port) => port.timing(),
            Self::Sim(_) => Timing::SERIAL,
        }
    }

    /// Reads the scenario, if it is one.
    pub(crate) fn opener(&self) -> Result<Opener, Failure> {
        Ok(match self {
            Self::Port(port) => Opener::Port(port.clone()),
            Self::Sim(name) => Opener::Sim(name.as_deref().map(scenario::load).transpose()?.map(Box::new)),
        })
    }
}

impl Connect for Opener {
    type Io = Box<dyn Io>;
    type Error = PortError;

    async fn connect(&mut self) -> Result<Box<dyn Io>, PortError> {
        match self {
            Self::Port(port) => Ok(Box::new(port.connect().await?)),
            Self::Sim(scenario) => Ok(Box::new(sim_link::open(scenario.as_deref()))),
        }
    }
}

impl Opener {
    /// Opens the link to listen only.
    pub(crate) async fn listen(&self) -> Result<Box<dyn Io>, PortError> {
        match self {
            Self::Port(port) => Ok(Box::new(port.listen().await?)),
            Self::Sim(scenario) => Ok(Box::new(sim_link::open(scenario.as_deref()))),
        }
    }

    /// Opens a lost link again, however long that takes; gives up when told to stop.
    pub(crate) async fn listen_again(&self, stop: &mut Stop) -> ControlFlow<(), Box<dyn Io>> {
        let mut back_off = BackOff::default();
        loop {
            let attempt = async {
                tokio::time::sleep(back_off.next_wait()).await;
                self.listen().await
            };
            tokio::select! {
                () = stop.wait() => return ControlFlow::Break(()),
                opened = attempt => {
                    if let Ok(io) = opened {
                        return ControlFlow::Continue(io);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_read_as_documented() {
        for text in ["serial:/dev/ttyUSB0", "tcp://h:1", "sim", "sim:quiet_night", "serial:./sim"] {
            assert_eq!(text.parse::<LinkSpec>().map(|link| link.to_string()), Ok(text.to_owned()));
        }
        assert_eq!("simple".parse::<LinkSpec>().map(|link| link.to_string()), Ok("serial:simple".to_owned()));
        for bad in ["", "sim:", "serial:", "tcp://h", "http://h:1"] {
            assert!(bad.parse::<LinkSpec>().is_err(), "{bad}");
        }
    }
}
