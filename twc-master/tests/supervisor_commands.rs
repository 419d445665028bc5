//! Commands through the handle reach the master and come back with what it says.
#![cfg(feature = "app")]

mod live;

use std::time::Duration;

use live::{LINK_READY, config, dial, master, wait_for};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use twc_master::supervisor::{self, CallError, NoStore, Notice};
use twc_master::{
    Circuit, CommandError, Cost, Event, FLOOR, HookOutcome, MAX_VEHICLES, Mode, Place, Profile, QueryPlan,
    StopRefusal, Strategy,
};
use twc_proto::message::Item;
use twc_proto::{CentiAmps, Node, TwcId};

const SLAVE: TwcId = TwcId::new(0x3495);
const NOBODY: TwcId = TwcId::new(0x9999);

#[tokio::test]
async fn every_command_has_an_outcome() {
    let (dial, mut far_ends) = dial();
    let (bus, mut notices) = supervisor::start(master(config()), dial, NoStore).await.unwrap();
    let handle = bus.handle().clone();
    let mut far = far_ends.recv().await.unwrap();
    far.write_all(LINK_READY).await.unwrap();
    let announced = |notice: &Notice| matches!(notice, Notice::Event(Event::SlaveAnnounced { .. })).then_some(());
    wait_for(&mut notices, announced).await;

    let above = handle.set_budget(Some(CentiAmps::from_amps(41))).await;
    assert!(matches!(above, Err(CallError::Refused(CommandError::AboveCeiling { .. }))), "{above:?}");
    handle.set_budget(Some(CentiAmps::from_amps(20))).await.unwrap();
    let unknown = handle.start(NOBODY).await;
    assert_eq!(unknown, Err(CallError::Refused(CommandError::UnknownSlave { slave: NOBODY })));
    handle.start(SLAVE).await.unwrap();
    assert_eq!(handle.stop(SLAVE, None).await, Ok(Cost::GoesOn { at_least: FLOOR }));
    let zero = handle.stop(SLAVE, Some(Strategy::Zero)).await;
    assert_eq!(zero, Err(CallError::Refused(StopRefusal::NeedsProtocol1)));
    assert!(handle.can_stop(SLAVE).await.is_ok());
    handle.release(SLAVE).await.unwrap();
    assert_eq!(handle.release(NOBODY).await, unknown);
    handle.set_mode(Mode::Minimum).await.unwrap();
    let low = handle.set_cap(SLAVE, Some(CentiAmps::from_amps(5))).await;
    assert!(matches!(low, Err(CallError::Refused(CommandError::BelowFloor { .. }))), "{low:?}");
    handle.set_cap(SLAVE, Some(CentiAmps::from_amps(10))).await.unwrap();
    handle.query(SLAVE, Item::Firmware).await.unwrap();
    let old = handle.query(SLAVE, Item::OldSerial).await;
    assert!(matches!(old, Err(CallError::Refused(CommandError::CannotAsk { .. }))), "{old:?}");
    assert!(handle.knowledge(SLAVE).await.unwrap().is_some());
    assert!(handle.knowledge(NOBODY).await.unwrap().is_none());
    let site = handle.order(Place::Site, [CentiAmps::from_amps(25); 3]).await.unwrap();
    assert_eq!(site, Some([CentiAmps::from_amps(25); 3]));
    handle.set_queries(QueryPlan::NONE).await.unwrap();
    handle.expect_power_off(SLAVE).await.unwrap();
    assert_eq!(handle.hook_ended(NOBODY, HookOutcome::Done).await, unknown);
    handle.hook_ended(SLAVE, HookOutcome::Failed).await.unwrap();
    assert_eq!(handle.supply_is_cut(NOBODY).await, unknown);
    handle.supply_is_cut(SLAVE).await.unwrap();
    let (mode, cap) = handle.with(|master, _| (master.mode(), master.settings(SLAVE).cap)).await.unwrap();
    assert_eq!((mode, cap), (Mode::Minimum, Some(CentiAmps::from_amps(10))));
}

#[tokio::test]
async fn cars_are_named_and_guests_have_a_profile() {
    let (dial, _far_ends) = dial();
    let (bus, _) = supervisor::start(master(config()), dial, NoStore).await.unwrap();
    let handle = bus.handle().clone();
    for digit in 0..MAX_VEHICLES {
        let vin = format!("1M8GDM9AXKP04278{digit}").parse().unwrap();
        handle.know_vehicle(vin, &Profile::TESLA).await.unwrap();
    }
    let another = handle.know_vehicle("11111111111111111".parse().unwrap(), &Profile::I3).await;
    assert_eq!(another, Err(CallError::Refused(CommandError::TooManyVehicles)));
    handle.set_guest(Some(&Profile::ZOE)).await.unwrap();
}

#[tokio::test]
async fn a_lease_counts_from_when_it_was_requested_however_late_it_comes() {
    let (dial, _far_ends) = dial();
    let shared =
        Circuit { unordered: [CentiAmps::from_amps(6); 3], ..Circuit::new(Place::Site, [config().limit; 3]) };
    let mut config = config();
    config.circuits[0] = Some(shared);
    let (bus, _) = supervisor::start(master(config), dial, NoStore).await.unwrap();
    let lease = |place, requested| {
        bus.handle().lease(place, [CentiAmps::from_amps(20); 3], requested, Duration::from_secs(120))
    };
    let now = std::time::Instant::now();
    let holds = lease(Place::Circuit(0), now).await.unwrap();
    assert_eq!(holds, Some([CentiAmps::from_amps(20); 3]));
    assert_eq!(lease(Place::Circuit(1), now).await.unwrap(), None);
    let next = bus.handle().with(|master, now| master.poll_timeout().map(|at| at.since(now))).await.unwrap();
    assert!(next.is_some_and(|next| next <= Duration::from_secs(120 - 52)), "{next:?}");
}

#[tokio::test]
async fn a_command_is_carried_out_at_once_and_not_at_the_next_frame() {
    let (dial, mut far_ends) = dial();
    let quiet = twc_master::Config { announce: false, ..config() };
    let (bus, _) = supervisor::start(master(quiet), dial, NoStore).await.unwrap();
    let mut far = far_ends.recv().await.unwrap();
    let began = std::time::Instant::now();
    for _ in 0..20 {
        bus.handle().set_mode(Mode::Off).await.unwrap();
    }
    // Nothing is sent on this bus: only the command itself can have woken the master.
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    let nothing = tokio::time::timeout(Duration::from_millis(50), far.read(&mut [0; 16])).await;
    assert!(nothing.is_err(), "{nothing:?}");
}
