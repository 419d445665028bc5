//! What a world takes in memory, and that it takes no more the longer it runs.

mod bench;
mod poller;

use core::time::Duration;

use bench::{A, B};
use peak_alloc::PeakAlloc;
use poller::Poller;
use twc_proto::{CentiAmps, TwcId};
use twc_sim::{CarProfile, ChargerConfig, FaultPreset, Sim};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

fn world(seed: u64) -> Sim<Poller> {
    let mut sim = Sim::new(seed, Poller::new(333));
    sim.set_limit(CentiAmps::from_amps(42));
    sim.world_mut().set_fault(FaultPreset::Home);
    for id in [A, B, TwcId::new(0x3497)] {
        let unit = sim.add_charger(ChargerConfig::p2(id));
        sim.add_car(unit, CarProfile::tesla(), 100_000);
    }
    sim
}

fn run(worlds: &mut [Sim<Poller>], secs: u64) {
    for sim in worlds {
        sim.run_for(Duration::from_secs(secs));
    }
}

fn is_send<T: Send>(_: &T) {}

#[test]
fn a_world_fits_64_kib_and_stays_as_it_is() {
    let before = ALLOCATOR.current_usage();
    let mut worlds: Vec<_> = (0..10).map(world).collect();
    run(&mut worlds, 600);
    let early = ALLOCATOR.current_usage() - before;
    run(&mut worlds, 3_600);
    let late = ALLOCATOR.current_usage() - before;
    is_send(&worlds);
    println!("{} bytes a world", late / 10);
    assert!(late / 10 < 65_536, "{} bytes a world", late / 10);
    assert!(late < early + 10 * 1_024, "{early} bytes after ten minutes, {late} after an hour more");
    assert!(worlds.iter().all(|sim| sim.verdict().is_ok()));
}

#[test]
#[ignore = "a measurement: cargo test -p twc-sim --release --test memory -- --ignored --nocapture"]
fn a_thousand_worlds_live_for_an_hour() {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let before = ALLOCATOR.current_usage();
    let mut worlds: Vec<_> = (0..1_000).map(world).collect();
    let start = std::time::Instant::now();
    std::thread::scope(|scope| {
        for part in worlds.chunks_mut(1_000_usize.div_ceil(threads)) {
            scope.spawn(|| run(part, 3_600));
        }
    });
    let bytes = (ALLOCATOR.current_usage() - before) / 1_000;
    println!("{threads} threads, {:?}, {bytes} bytes a world", start.elapsed());
    assert!(bytes < 65_536 && worlds.iter().all(|sim| sim.verdict().is_ok()));
}
