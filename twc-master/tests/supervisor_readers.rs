//! The bus never waits for those who watch it: who reads too slowly loses the oldest and is told how many.
#![cfg(feature = "app")]

mod live;

use std::time::Duration;

use live::{DAMAGED, config, dial, master, wait_for};
use tokio::io::AsyncWriteExt;
use twc_master::supervisor::{self, BusGone, NoStore, Notice};

#[tokio::test]
async fn a_slow_reader_loses_the_oldest_notices_and_is_told_how_many() {
    const FRAMES: u32 = 600;
    let (dial, mut far_ends) = dial();
    let (bus, mut slow) = supervisor::start(master(config()), dial, NoStore).await.unwrap();
    let mut quick = bus.handle().notices();
    let mut far = far_ends.recv().await.unwrap();
    for total in 1..=FRAMES {
        far.write_all(DAMAGED).await.unwrap();
        // The bus is not held up by the one who reads nothing.
        wait_for(&mut quick, |notice| (*notice == Notice::Damaged { total }).then_some(())).await;
    }
    drop(far);
    bus.stop().await.unwrap();
    let Some((_, Notice::Missed { count })) = slow.next().await else { panic!("nothing was missed") };
    let (mut read, mut last_total) = (0, 0);
    while let Some((_, notice)) = slow.next().await {
        read += 1;
        if let Notice::Damaged { total } = notice {
            assert!(last_total == 0 || total == last_total + 1, "a hole after {last_total}");
            last_total = total;
        }
    }
    assert!(count > 0 && read > 0 && count + read > u64::from(FRAMES), "{count} missed, {read} read");
    assert_eq!(last_total, FRAMES);
}

#[tokio::test]
async fn commands_are_answered_while_the_link_is_lost_and_refused_when_the_bus_has_ended() {
    let (dial, mut far_ends) = dial();
    let (bus, mut notices) = supervisor::start(master(config()), dial, NoStore).await.unwrap();
    let handle = bus.handle().clone();
    drop(far_ends.recv().await);
    drop(far_ends);
    wait_for(&mut notices, live::disconnected).await;
    let limit = handle.with(|master, _| master.config().limit).await.unwrap();
    assert_eq!(limit, config().limit);
    assert!(!handle.status().is_connected);
    bus.stop().await.unwrap();
    assert_eq!(handle.with(|_, _| ()).await, Err(BusGone));
    assert!(handle.notices().next().await.is_none());
}

#[tokio::test]
async fn dropping_the_bus_ends_it() {
    let (dial, mut far_ends) = dial();
    let (bus, mut notices) = supervisor::start(master(config()), dial, NoStore).await.unwrap();
    let far = far_ends.recv().await.unwrap();
    drop(bus);
    let all = async { while notices.next().await.is_some() {} };
    tokio::time::timeout(Duration::from_secs(5), all).await.expect("it goes on");
    drop(far);
}
