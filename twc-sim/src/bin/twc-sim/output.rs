//! Standard output that never holds the bus up.
//!
//! A reader that sleeps would stop a direct write, and with it every simulated unit. So a thread of its own
//! writes; what does not fit its queue is dropped and counted. A reader that went away ends the output and
//! nothing else.

use std::io::Write as _;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Lines that wait for a slow reader.
const QUEUE: usize = 8_192;

/// How long the end of the program waits for a slow reader.
const PATIENCE: Duration = Duration::from_secs(1);

/// The writing side of the queue.
#[derive(Debug)]
pub(crate) struct Output {
    lines: SyncSender<String>,
    writer: JoinHandle<()>,
    lost: u64,
}

impl Output {
    pub(crate) fn start() -> Self {
        let (lines, queue) = sync_channel(QUEUE);
        Self { lines, writer: std::thread::spawn(move || write_all(&queue)), lost: 0 }
    }

    /// Queues one line.
    pub(crate) fn line(&mut self, line: String) {
        if let Err(TrySendError::Full(_)) = self.lines.try_send(line) {
            self.lost = self.lost.saturating_add(1);
        }
    }

    /// Writes out what is queued.
    pub(crate) fn finish(self) {
        drop(self.lines);
        let until = Instant::now() + PATIENCE;
        while !self.writer.is_finished() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(2));
        }
        if self.lost > 0 {
            let _ = writeln!(std::io::stderr(), "twc-sim: standard output was not read; {} lines lost", self.lost);
        }
    }
}

fn write_all(queue: &Receiver<String>) {
    let mut stdout = std::io::stdout().lock();
    while let Ok(mut line) = queue.recv() {
        line.push('\n');
        if stdout.write_all(line.as_bytes()).and_then(|()| stdout.flush()).is_err() {
            return;
        }
    }
}
