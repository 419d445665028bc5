//! Claim: a program that uses the library can steer a supervised master by a configuration, order through the handle with
//! an end, and sees mode, budget and what binds it in the status.
#![cfg(feature = "app")]

mod live;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use live::{LINK_READY, dial, wait_for};
use tokio::io::AsyncWriteExt;
use twc_master::budget::plan::{Decision, Layer, Mode, Order};
use twc_master::settings::Settings;
use twc_master::share::Any;
use twc_master::steward::input::{End, Said, Source};
use twc_master::steward::{CapOrder, Steward};
use twc_master::supervisor::{self, Handle, NoStore, Notice, Status};
use twc_master::{Bound, Budget, Event, Master, Timing};
use twc_proto::{CentiAmps, Instant, Sign, TwcId};

const SLAVE: TwcId = TwcId::new(0x3495);
const CONFIG: &str =
    "[site]\ncontinuous_limit = \"20A\"\n[[slave]]\nid = \"3495\"\nmode = \"off\"\n[cap.operator]\n";

/// Does something to the steward, lets it look, and returns what it decided.
async fn steer(
    handle: &Handle<Any>,
    steward: &Arc<Mutex<Steward>>,
    work: impl FnOnce(&mut Steward, Instant) + Send + 'static,
) -> Vec<Decision> {
    let steward = Arc::clone(steward);
    let done = handle.with(move |master, now| {
        let mut steward = steward.lock().unwrap();
        work(&mut steward, now);
        steward.steer(now, master);
        steward.decisions().copied().collect()
    });
    done.await.unwrap()
}

/// Waits until the status is as wanted; it is a moment behind the notices.
async fn shows(handle: &mut Handle<Any>, wanted: impl Fn(&Status) -> bool) {
    let waits = async { while !wanted(&handle.next_status().await.unwrap()) {} };
    tokio::time::timeout(Duration::from_secs(20), waits).await.unwrap();
}

#[tokio::test]
async fn orders_and_limits_through_the_handle_hold_until_their_end_and_show_in_the_status() {
    let settings = Settings::parse(CONFIG).unwrap();
    let config = settings.config(TwcId::new(0x4242), Sign::new(1), Timing::SERIAL);
    let master = Master::new(config, settings.share, Instant::ZERO).unwrap();
    let steward = Arc::new(Mutex::new(Steward::new(settings, Instant::ZERO).unwrap()));
    let (dial, mut far_ends) = dial();
    let (bus, mut notices) = supervisor::start(master, dial, NoStore).await.unwrap();
    let mut handle = bus.handle().clone();
    let mut far = far_ends.recv().await.unwrap();
    far.write_all(LINK_READY).await.unwrap();
    let announced = |notice: &Notice| matches!(notice, Notice::Event(Event::SlaveAnnounced { .. })).then_some(());
    wait_for(&mut notices, announced).await;

    let off = steer(&handle, &steward, |_, _| {}).await;
    assert_eq!((off[0].slave, off[0].amps, off[0].reason.layer()), (SLAVE, None, Layer::Otherwise));
    let now = steer(&handle, &steward, |steward, now| {
        let until = Some(now + Duration::from_millis(300));
        let amps = Some(CentiAmps::from_amps(8));
        let order = Order { mode: Mode::Now, amps, watt_hours: Some(5_000), until };
        steward.planner_mut().order(Some(SLAVE), order).unwrap();
    });
    let now = now.await;
    assert_eq!((now[0].amps, now[0].reason.layer()), (Some(CentiAmps::from_amps(8)), Layer::Manual));
    let lowered = steer(&handle, &steward, |steward, now| {
        let limit = [CentiAmps::from_amps(7); 3];
        let end = End { after: Some(now + Duration::from_millis(600)), civil: None };
        steward.order_cap(now, 0, Some(CapOrder { limit, end }));
    });
    assert_eq!(lowered.await[0].amps, Some(CentiAmps::from_amps(7)));
    let fallen = Budget { amps: CentiAmps::from_amps(7), bound: Bound::Fallen };
    wait_for(&mut notices, |notice| (*notice == Notice::Budget(fallen)).then_some(())).await;
    shows(&mut handle, |status| status.budget == fallen).await;

    tokio::time::sleep(Duration::from_millis(350)).await;
    let over = steer(&handle, &steward, |_, _| {}).await;
    assert_eq!((over[0].amps, over[0].reason.layer()), (None, Layer::Otherwise));
    tokio::time::sleep(Duration::from_millis(300)).await;
    steer(&handle, &steward, |steward, now| {
        let errors = steward.handle_said(now, Source::Orders, &Said::line(r#"{"mode": "now"}"#));
        assert_eq!(errors, []);
    })
    .await;
    let whole = Budget { amps: CentiAmps::from_amps(20), bound: Bound::Configured };
    wait_for(&mut notices, |notice| (*notice == Notice::Budget(whole)).then_some(())).await;

    handle.set_budget(Some(CentiAmps::from_amps(15))).await.unwrap();
    let set = Budget { amps: CentiAmps::from_amps(15), bound: Bound::Set };
    wait_for(&mut notices, |notice| (*notice == Notice::Budget(set)).then_some(())).await;
    handle.set_mode(twc_master::Mode::Minimum).await.unwrap();
    wait_for(&mut notices, |notice| (*notice == Notice::Mode(twc_master::Mode::Minimum)).then_some(())).await;
    shows(&mut handle, |status| status.mode == twc_master::Mode::Minimum && status.budget == set).await;
}
