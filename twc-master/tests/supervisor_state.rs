//! What must survive a restart is on disk before it is acted upon, and a disk that fails holds raises, not heartbeats.
#![cfg(feature = "app")]

mod live;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use live::{HEARTBEAT, LINK_READY, config, dial, master};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use twc_master::Snapshot;
use twc_master::supervisor::{self, Notice, Store};

/// Fails as often as it is told to, then works.
struct BadCard {
    failures: u32,
    saved: Arc<AtomicU32>,
}

impl Store for BadCard {
    fn save(&mut self, snapshot: &Snapshot) -> io::Result<()> {
        if self.failures > 0 {
            self.failures -= 1;
            return Err(io::Error::other("worn out"));
        }
        self.saved.fetch_add(snapshot.slaves.iter().flatten().count() as u32, Ordering::SeqCst);
        Ok(())
    }
}

#[tokio::test]
async fn a_first_heartbeat_waits_until_the_slave_is_on_disk_and_the_trouble_is_told_once() {
    let saved = Arc::new(AtomicU32::new(0));
    let mut config = config();
    (config.durable, config.expected_slaves, config.announce) = (true, 1, false);
    let (dial, mut far_ends) = dial();
    let card = BadCard { failures: 3, saved: saved.clone() };
    let (bus, mut notices) = supervisor::start(master(config), dial, card).await.unwrap();
    let mut far = far_ends.recv().await.unwrap();
    far.write_all(LINK_READY).await.unwrap();

    let (mut heard, mut buffer) = (Vec::new(), [0; 256]);
    while !heard.windows(HEARTBEAT.len()).any(|bytes| bytes == HEARTBEAT) {
        let len = far.read(&mut buffer).await.unwrap();
        heard.extend_from_slice(&buffer[..len]);
    }
    assert!(saved.load(Ordering::SeqCst) > 0, "a heartbeat left before anything was saved");

    bus.stop().await.unwrap();
    let (mut failed, mut saved_again) = (0, 0);
    while let Some((_, notice)) = notices.next().await {
        failed += u32::from(matches!(notice, Notice::NotSaved { .. }));
        saved_again += u32::from(notice == Notice::SavedAgain);
    }
    assert_eq!((failed, saved_again), (1, 1));
}
