//! Orders over a restart, in a file beside the state file.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use crate::state::{beside, replace};

/// After a failure so long until the next attempt.
const RETRY: Duration = Duration::from_secs(1);

/// The file. One process per state file has it, which a lock there sees to.
#[derive(Debug, Clone)]
pub(crate) struct OrdersFile(PathBuf);

impl OrdersFile {
    pub(crate) fn beside(state: &Path) -> Self {
        Self(beside(state, ".orders"))
    }

    /// What an earlier run left; nothing where it left nothing.
    pub(crate) fn read(&self) -> io::Result<Option<String>> {
        match fs::read_to_string(&self.0) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Puts a file that makes no sense aside.
    pub(crate) fn put_aside(&self) -> io::Result<PathBuf> {
        let aside = beside(&self.0, ".unreadable");
        fs::rename(&self.0, &aside).map(|()| aside)
    }

    /// Writes what comes, always the newest, in a thread of its own: a slow card keeps nobody waiting.
    pub(crate) fn writer(self) -> Sender<String> {
        let (sender, texts) = channel::<String>();
        thread::spawn(move || {
            while let Ok(first) = texts.recv() {
                let mut newest = texts.try_iter().last().unwrap_or(first);
                while let Err(error) = replace(&self.0, &newest) {
                    eprintln!("twc-master: cannot keep orders: {error}");
                    thread::sleep(RETRY);
                    newest = texts.try_iter().last().unwrap_or(newest);
                }
            }
        });
        sender
    }
}
