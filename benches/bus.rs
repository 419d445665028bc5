//! A simulated hour of three slaves with cars, everything judged: a plain polling master, the same byte by byte, and
//! our own master. Criterion's throughput is how many times faster than the clock.
#![allow(missing_docs)]

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use twc_master::share::Equal;
use twc_master::{Config, Master};
use twc_proto::message::MasterHeartbeat;
use twc_proto::{CentiAmps, Command, Envelope, Instant, Link, Message, Node, Received, Sign, TwcId, Version};
use twc_sim::{Car, CarProfile, Charger, ChargerConfig, Checker, CheckerConfig, Service, Sim, World, WorldConfig};

const MASTER: TwcId = TwcId::new(0x4242);
const SLAVES: [TwcId; 3] = [TwcId::new(0x3495), TwcId::new(0x3496), TwcId::new(0x3497)];
const HOUR: Duration = Duration::from_secs(3_600);

/// Ten amperes for everybody, three heartbeats a second.
#[derive(Debug, Default)]
struct Poller {
    turn: usize,
    next_at: Instant,
}

impl Node for Poller {
    fn handle_message(&mut self, _: Instant, _: &Received) {}
    fn handle_timeout(&mut self, _: Instant) {}
    fn poll_transmit(&mut self, now: Instant) -> Option<Envelope> {
        if now < self.next_at {
            return None;
        }
        self.next_at = now + Duration::from_millis(333);
        self.turn += 1;
        let slave = SLAVES[self.turn % SLAVES.len()];
        let limit = MasterHeartbeat::with_limit(MASTER, slave, Command::LIMIT, CentiAmps::from_amps(10));
        Envelope::canonical(Version::P2, Message::MasterHeartbeat(limit)).ok()
    }
    fn poll_timeout(&self) -> Option<Instant> {
        Some(self.next_at)
    }
}

fn house<N: Node>(master: N) -> Sim<N> {
    let mut world = World::new(WorldConfig::default());
    let service = Some(Service::default());
    world.attach_checker(Checker::new(CheckerConfig { service, ..CheckerConfig::new(0, 4_000) }));
    for (seed, id) in (0..).zip(SLAVES) {
        let mut charger = Charger::new(ChargerConfig::p2(id), seed, Instant::ZERO);
        charger.plug_in(Instant::ZERO, Car::new(CarProfile::tesla(), 80_000)).expect("nothing is plugged in");
        world.add_charger(charger);
    }
    Sim::with_world(world, Link::new(master))
}

fn ours() -> Master<Equal> {
    let mut config = Config::new(MASTER, Sign::new(0x5A), CentiAmps::from_amps(40));
    config.circuit_limit = Some(CentiAmps::from_amps(32));
    config.expected_slaves = 3;
    Master::new(config, Equal, Instant::ZERO).expect("a legal limit")
}

fn an_hour<N: Node>(mut sim: Sim<N>) {
    sim.run_for(HOUR);
    // What a bench simulates must be worth simulating.
    assert!(sim.verdict().chargers.iter().all(|charger| charger.watt_hours > 4_000), "{}", sim.verdict());
}

fn bus(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("bus");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(5))
        .throughput(Throughput::Elements(HOUR.as_secs()));
    group.bench_function("hour, polling master", |bencher| bencher.iter(|| an_hour(house(Poller::default()))));
    group.bench_function("hour, polling master, byte by byte", |bencher| {
        bencher.iter(|| {
            let mut sim = house(Poller::default());
            sim.byte_by_byte();
            an_hour(sim);
        });
    });
    group.bench_function("hour, our master", |bencher| bencher.iter(|| an_hour(house(ours()))));
    group.finish();
}

criterion_group!(benches, bus);
criterion_main!(benches);
