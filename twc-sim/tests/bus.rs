//! What the outside station hears, and when.

mod bench;

use core::time::Duration;

use bench::{A, Bench, MASTER};
use twc_proto::message::MasterHeartbeat;
use twc_proto::{Envelope, Instant, Message, Version};
use twc_sim::{ChargerConfig, FaultPreset, WorldConfig, world::air_time};

fn frame() -> Vec<u8> {
    let message = Message::MasterHeartbeat(MasterHeartbeat::no_change(MASTER, A));
    Envelope::canonical(Version::P2, message).unwrap().to_wire().as_ref().to_vec()
}

fn bench(config: WorldConfig) -> Bench {
    let mut bench = Bench::with(config, [ChargerConfig::p2(A)]);
    bench.secs(3);
    bench.heard.clear();
    bench.bytes.clear();
    bench
}

#[test]
fn the_station_hears_itself_only_with_echo() {
    for echo in [false, true] {
        let mut bench = bench(WorldConfig { echo, ..WorldConfig::default() });
        bench.world.handle_outside(bench.now, &frame());
        bench.run(Duration::from_millis(100));
        assert_eq!(bench.bytes, if echo { frame() } else { Vec::new() });
    }
}

#[test]
fn chunks_of_any_size_make_the_same_frame() {
    let mut bench = bench(WorldConfig::default());
    for byte in frame() {
        bench.world.handle_outside(bench.now, &[byte]);
        bench.run(Duration::from_millis(3));
    }
    bench.run(Duration::from_millis(500));
    assert_eq!(bench.heard.len(), 1);
}

#[test]
fn the_first_byte_is_heard_when_it_is_over() {
    let mut bench = bench(WorldConfig { echo: true, ..WorldConfig::default() });
    bench.world.handle_outside(bench.now, &frame());
    let first = bench.world.poll_timeout().unwrap();
    assert_eq!(first, bench.now + air_time(1));
    bench.world.handle_timeout(first);
    assert_eq!(bench.world.poll_outside(), Some(vec![0xC0]));
}

#[test]
fn two_senders_at_once_garble_each_other() {
    let latency = Duration::from_millis(150);
    let punctual = ChargerConfig { least_latency: latency, greatest_latency: latency, ..ChargerConfig::p2(A) };
    let mut bench = Bench::with(WorldConfig::default(), [punctual]);
    bench.secs(3);
    bench.heard.clear();
    bench.world.handle_outside(bench.now, &frame());
    // In the middle of the answer.
    bench.run(air_time(18) + latency + Duration::from_millis(10));
    bench.world.handle_outside(bench.now, &frame());
    bench.run(Duration::from_millis(500));
    assert_eq!((bench.heard.len(), bench.world.stats().collided), (0, 2));
}

#[test]
fn a_converter_adds_its_delay_each_way_and_a_stall_holds_everything() {
    let delay = Duration::from_millis(150);
    let mut bench = bench(WorldConfig { delay_to_bus: delay, delay_from_bus: delay, ..WorldConfig::default() });
    let asked = bench.now;
    bench.world.handle_outside(asked, &frame());
    bench.secs(1);
    let (answered, _) = bench.heard[0];
    assert!((480..=560).contains(&answered.since(asked).as_millis()), "{answered}");

    bench.heard.clear();
    let stalled = bench.now;
    bench.world.stall(stalled, Duration::from_secs(4));
    for _ in 0..3 {
        bench.world.handle_outside(bench.now, &frame());
        bench.secs(1);
    }
    assert_eq!(bench.heard.len(), 0);
    bench.secs(3);
    // Delivered back to back: the unit answers what it can.
    assert!(!bench.heard.is_empty() && bench.heard[0].0 > stalled + Duration::from_secs(4));
    assert_eq!(bench.world.stats().collided, 0);
}

#[test]
fn a_cable_can_be_mended_while_it_runs() {
    let mut bench = bench(WorldConfig { fault: FaultPreset::Storm, ..WorldConfig::default() });
    let mut answered = [0, 0];
    for (slot, fault) in [FaultPreset::Storm, FaultPreset::Clean].into_iter().enumerate() {
        bench.world.set_fault(fault);
        bench.secs(10);
        for _ in 0..100 {
            answered[slot] += bench.ask(Message::MasterHeartbeat(MasterHeartbeat::no_change(MASTER, A))).len();
        }
    }
    assert!((20..80).contains(&answered[0]) && answered[1] == 100, "{answered:?}");
}

#[test]
fn late_calls_live_through_everything_in_order() {
    let run = |step: u64| {
        let mut bench = bench(WorldConfig::default());
        for ms in (0..60_000).step_by(usize::try_from(step).unwrap()) {
            bench.world.handle_timeout(Instant::from_millis(3_000 + ms));
        }
        bench.world.handle_timeout(Instant::from_secs(70));
        bench.world.trace().digest()
    };
    assert_eq!(run(1), run(7_000));
}
