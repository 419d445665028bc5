//! A pseudo-terminal behind a symbolic link.
//!
//! We hold the master side only. While no client has the slave side open, the master side reads `EIO` and polls
//! as hung up; that is how a client's end is noticed, however it ended. Holding a slave side of our own would
//! hide it.
//!
//! What a client leaves behind outlives it: exclusive mode (every later open by an ordinary user fails with
//! `EBUSY`), bytes it did not read, line settings. So after each hang-up the slave side is opened for a moment
//! and put in order. If exclusive mode keeps ourselves out, which it does unless we are root, the link is turned
//! to a new terminal.

use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::pty::OpenptFlags;
use rustix::termios::{OptionalActions, QueueSelector};
use tokio::io::Interest;
use tokio::net::unix::pipe::Receiver;
use tokio::time::Instant;

use crate::failure::Failure;
use crate::link::Link;

/// How often to look for a new client. The kernel tells of a client's end, not of its coming.
const RETRY: Duration = Duration::from_millis(20);

/// The master side of a terminal, and the link to its slave side.
#[derive(Debug)]
pub(crate) struct Pty {
    terminal: Terminal,
    link: Link,
    /// The master side once more, for waiting. Only while a client is there: what hung up once counts as readable
    /// for ever. Not a pipe, but read and waited for like one.
    reader: Option<Receiver>,
    /// When to look for a client again.
    look_at: Instant,
    echo: bool,
}

#[derive(Debug)]
struct Terminal {
    master: OwnedFd,
    slave: PathBuf,
}

impl Pty {
    /// Creates a terminal and `link` to it.
    pub(crate) fn create(link: &Path, echo: bool) -> Result<Self, Failure> {
        let terminal = Terminal::create().map_err(|error| {
            Failure::Link(format!("no pseudo-terminal to be had: {error}; try --tcp 127.0.0.1:0"))
        })?;
        let link = Link::place(link, &terminal.slave)?;
        Ok(Self { terminal, link, reader: None, look_at: Instant::now(), echo })
    }

    pub(crate) fn link(&self) -> &Path {
        self.link.path()
    }

    /// Waits for bytes from a client, and for a client where there is none.
    pub(crate) async fn read(&mut self) -> io::Result<Vec<u8>> {
        let mut buffer = [0; 1024];
        loop {
            let Some(reader) = &self.reader else {
                tokio::time::sleep_until(self.look_at).await;
                if let Some(bytes) = self.look_for_client(&mut buffer)? {
                    return Ok(bytes);
                }
                continue;
            };
            let hung_up = reader.ready(Interest::READABLE).await?.is_read_closed();
            match reader.try_read(&mut buffer) {
                Ok(len) if len > 0 => {
                    let bytes = buffer.get(..len).unwrap_or_default();
                    if self.echo {
                        self.send(bytes);
                    }
                    return Ok(bytes.to_vec());
                }
                // One client left and the next came before we looked.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && hung_up => self.reader = None,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if Errno::from_io_error(&error) != Some(Errno::IO) => return Err(error),
                Ok(_) | Err(_) => {
                    self.reader = None;
                    self.look_at = Instant::now();
                }
            }
        }
    }

    pub(crate) fn has_client(&self) -> bool {
        self.reader.is_some()
    }

    pub(crate) fn send(&self, bytes: &[u8]) {
        // Without a client nobody hears it, and it must not wait for the next one. A wire does not wait either:
        // what does not fit is lost.
        if !self.terminal.is_hung_up().unwrap_or(true) {
            let _ = rustix::io::write(&self.terminal.master, bytes);
        }
    }

    /// Without a client the terminal is put in order again and again: one may have come and gone unnoticed. What
    /// it said counts.
    fn look_for_client(&mut self, buffer: &mut [u8]) -> io::Result<Option<Vec<u8>>> {
        self.look_at = Instant::now() + RETRY;
        if !self.terminal.is_hung_up()? {
            self.reader = Some(Receiver::from_owned_fd_unchecked(self.terminal.master.try_clone()?)?);
            return Ok(None);
        }
        if let Ok(len @ 1..) = rustix::io::read(&self.terminal.master, &mut *buffer) {
            return Ok(buffer.get(..len).map(<[u8]>::to_vec));
        }
        self.put_in_order()?;
        Ok(None)
    }

    fn put_in_order(&mut self) -> io::Result<()> {
        match self.terminal.reset() {
            Err(Errno::BUSY) => {
                let terminal = Terminal::create()?;
                self.link.turn_to(&terminal.slave)?;
                self.terminal = terminal;
                Ok(())
            }
            done => Ok(done?),
        }
    }
}

impl Terminal {
    fn create() -> Result<Self, Errno> {
        let master = rustix::pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        rustix::pty::grantpt(&master)?;
        rustix::pty::unlockpt(&master)?;
        rustix::io::ioctl_fionbio(&master, true)?;
        let name = rustix::pty::ptsname(&master, Vec::new())?;
        let slave = PathBuf::from(name.to_string_lossy().into_owned());
        let terminal = Self { master, slave };
        terminal.reset()?;
        Ok(terminal)
    }

    /// Makes the slave side what a client expects. Afterwards, without a client, the master side is hung up.
    fn reset(&self) -> Result<(), Errno> {
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let slave = rustix::fs::open(&self.slave, flags, Mode::empty())?;
        rustix::termios::tcflush(&slave, QueueSelector::IFlush)?;
        let mut settings = rustix::termios::tcgetattr(&slave)?;
        settings.make_raw();
        settings.set_speed(9_600)?;
        rustix::termios::tcsetattr(&slave, OptionalActions::Now, &settings)?;
        if rustix::process::geteuid().is_root() {
            // There is nothing to protect on a simulated bus, and clients should not run as root.
            rustix::fs::fchmod(&slave, Mode::from_raw_mode(0o666))?;
        }
        rustix::termios::ioctl_tiocnxcl(&slave)
    }

    fn is_hung_up(&self) -> Result<bool, Errno> {
        let mut polled = [PollFd::new(&self.master, PollFlags::empty())];
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        rustix::io::retry_on_intr(|| rustix::event::poll(&mut polled, Some(&now)))?;
        Ok(polled.iter().any(|fd| fd.revents().contains(PollFlags::HUP)))
    }
}
