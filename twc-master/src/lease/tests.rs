use std::vec::Vec;

use core::time::Duration;

use proptest::prelude::*;
use twc_proto::{CentiAmps, Instant};

use super::{Coordinator, Lease, Request, Terms, TermsError};

const TERMS: Terms = Terms::DEFAULT;
const LIMIT: u16 = 4_000;
const SHARES: [u16; 3] = [600, 1_200, 700];
/// From when a tenant begins to come down until even a slave that neither follows nor answers has stopped: it is
/// silenced after 30 s, 2 s are for telling it.
const LAGS: u64 = 32 + 67;
/// How long before its end a lease's limit falls.
const LEAD: u64 = 52;

fn at(second: u64) -> Instant {
    Instant::from_secs(second)
}

/// A master as bad as its guard lets it be: it uses all it may, and comes down as late as it can.
struct Model {
    share: u16,
    serial: u32,
    asked: Option<u64>,
    /// Number and limit of its lease, and when it falls back to its share.
    lease: Option<(u32, u16, u64)>,
    /// What slaves that were not seen to come down may still draw, and until when.
    lagging: Vec<(u16, u64)>,
}

impl Model {
    fn new(share: u16) -> Self {
        Self { share, serial: 0, asked: None, lease: None, lagging: Vec::new() }
    }

    fn allowed(&self) -> u16 {
        self.lease.map_or(self.share, |(_, limit, _)| limit.max(self.share))
    }

    fn flows(&self) -> u16 {
        self.lagging.iter().map(|(amps, _)| *amps).fold(self.allowed(), u16::max)
    }

    fn change(&mut self, second: u64, lease: Option<(u32, u16, u64)>) {
        let before = self.allowed();
        self.lease = lease;
        if before > self.allowed() {
            self.lagging.push((before, second + LAGS));
        }
    }

    fn pass(&mut self, second: u64) {
        if self.lease.is_some_and(|(_, _, falls)| second >= falls) {
            self.change(second, None);
        }
        self.lagging.retain(|(_, until)| second < *until);
    }

    fn ask(&mut self, second: u64, tenant: u8, (wants, needs): (u16, u16)) -> Request {
        self.serial += 1;
        self.asked = Some(second);
        let under = self.lease.map_or(0, |(number, ..)| number);
        let (wants, needs, holds) = (CentiAmps::new(wants), CentiAmps::new(needs), CentiAmps::new(self.flows()));
        Request { tenant, serial: self.serial, wants, needs, holds, under }
    }

    fn hear(&mut self, second: u64, lease: &Lease) {
        let Some(asked) = self.asked.filter(|_| lease.serial == self.serial) else { return };
        self.asked = None;
        let falls = asked + TERMS.lasts.as_secs() - LEAD;
        self.change(second, Some((lease.number, lease.limit.value(), falls)));
        self.pass(second);
    }
}

#[derive(Debug, Clone)]
enum Step {
    Wait(u64),
    /// A tenant asks; the request takes so long, or is lost, and may come twice.
    Ask(usize, (u16, u16), Option<u64>, bool, u64),
    /// All slaves of a tenant have followed.
    Settle(usize),
    RestartTenant(usize),
    RestartCoordinator,
}

fn step() -> impl Strategy<Value = Step> {
    let tenant = || 0..SHARES.len();
    let delay = || prop_oneof![4 => 0..2_u64, 1 => 2..60_u64];
    prop_oneof![
        6 => (1..20_u64).prop_map(Step::Wait),
        1 => (20..250_u64).prop_map(Step::Wait),
        12 => (tenant(), (0..5_000_u16, 0..5_000_u16), prop::option::weighted(0.9, delay()), prop::bool::weighted(0.1), delay())
            .prop_map(|(tenant, wants, there, twice, back)| Step::Ask(tenant, wants, there, twice, back)),
        6 => tenant().prop_map(Step::Settle),
        1 => tenant().prop_map(Step::RestartTenant),
        1 => Just(Step::RestartCoordinator),
    ]
}

fn coordinator(second: u64) -> Coordinator {
    Coordinator::new(CentiAmps::new(LIMIT), &SHARES.map(CentiAmps::new), TERMS, at(second)).unwrap()
}

struct Network {
    second: u64,
    coordinator: Coordinator,
    tenants: [Model; 3],
    requests: Vec<(u64, u64, Request)>,
    leases: Vec<(u64, Lease)>,
    most: u32,
}

impl Network {
    fn new() -> Self {
        let tenants = SHARES.map(Model::new);
        Self { second: 0, coordinator: coordinator(0), tenants, requests: Vec::new(), leases: Vec::new(), most: 0 }
    }

    fn deliver(&mut self) {
        let second = self.second;
        let due = |due: u64| move |at: &u64| *at <= due;
        while let Some(index) = self.requests.iter().position(|(at, ..)| due(second)(at)) {
            let (_, back, request) = self.requests.remove(index);
            if let Some(lease) = self.coordinator.handle_request(at(second), &request) {
                self.leases.push((second + back, lease));
            }
        }
        while let Some(index) = self.leases.iter().position(|(at, _)| due(second)(at)) {
            let (_, lease) = self.leases.remove(index);
            self.tenants[usize::from(lease.tenant)].hear(second, &lease);
        }
    }

    fn apply(&mut self, step: &Step) {
        match *step {
            Step::Wait(seconds) => {
                for _ in 0..seconds {
                    self.second += 1;
                    self.tenants.iter_mut().for_each(|tenant| tenant.pass(self.second));
                    self.deliver();
                    self.judge();
                }
            }
            Step::Ask(tenant, wants, there, twice, back) => {
                let request = self.tenants[tenant].ask(self.second, tenant as u8, wants);
                let Some(there) = there else { return };
                self.requests.push((self.second + there, back, request));
                if twice {
                    self.requests.push((self.second + there + 7, 0, request));
                }
            }
            Step::Settle(tenant) => self.tenants[tenant].lagging.clear(),
            Step::RestartTenant(tenant) => {
                self.tenants[tenant].change(self.second, None);
                let tenant = &mut self.tenants[tenant];
                (tenant.asked, tenant.serial) = (None, tenant.serial + 1_000);
            }
            Step::RestartCoordinator => self.coordinator = coordinator(self.second),
        }
        self.deliver();
        self.judge();
    }

    fn judge(&mut self) {
        let flows: u32 = self.tenants.iter().map(|tenant| u32::from(tenant.flows())).sum();
        assert!(flows <= u32::from(LIMIT), "{flows} flow at {} s", self.second);
        assert!(self.coordinator.lent(at(self.second)) <= u32::from(LIMIT));
        self.most = self.most.max(flows);
    }
}

proptest! {
    /// Whatever is lost, late, doubled or restarted.
    #[test]
    fn what_all_tenants_may_use_never_exceeds_the_circuit(steps in prop::collection::vec(step(), 1..120)) {
        let mut network = Network::new();
        for step in &steps {
            network.apply(step);
        }
    }
}

/// Everybody asks every five seconds, over a network that does what it should.
fn ask(network: &mut Network, seconds: u64, wants: [u16; 3]) {
    for _ in 0..seconds / 5 {
        for (tenant, wants) in wants.into_iter().enumerate() {
            network.apply(&Step::Ask(tenant, (wants, 0), Some(0), false, 0));
        }
        network.apply(&Step::Wait(5));
        (0..3).for_each(|tenant| network.apply(&Step::Settle(tenant)));
    }
}

fn allowed(network: &Network) -> [u16; 3] {
    [0, 1, 2].map(|tenant: usize| network.tenants[tenant].allowed())
}

#[test]
fn amps_go_to_those_who_want_them_within_seconds_where_all_is_well() {
    let mut network = Network::new();
    ask(&mut network, 185, [4_000; 3]);
    assert_eq!(allowed(&network), SHARES, "a coordinator that has just started lends nothing");
    ask(&mut network, 20, [4_000; 3]);
    assert_eq!(allowed(&network), [1_400, 1_300, 1_300]);
    ask(&mut network, 20, [4_000, 0, 0]);
    assert_eq!(allowed(&network), [2_100, 1_200, 700]);
    ask(&mut network, 20, [0, 0, 4_000]);
    assert_eq!(allowed(&network), [600, 1_200, 2_200]);
}

#[test]
fn what_one_needs_comes_before_what_others_want_where_it_fits() {
    let mut network = Network::new();
    ask(&mut network, 210, [4_000; 3]);
    let ask = |network: &mut Network, tenant, demand| {
        network.apply(&Step::Ask(tenant, demand, Some(0), false, 0));
        network.apply(&Step::Settle(tenant));
        network.apply(&Step::Wait(1));
    };
    for needs in [2_100, 2_200] {
        for _ in 0..4 {
            ask(&mut network, 0, (4_000, needs));
            ask(&mut network, 1, (4_000, 0));
            ask(&mut network, 2, (4_000, 0));
        }
        // There are shares of the others below that nobody gets.
        assert_eq!(network.tenants[0].allowed(), if needs == 2_100 { 2_100 } else { 1_400 });
    }
}

#[test]
fn who_hears_nothing_more_is_at_its_share_before_the_lease_ends_and_its_amps_are_lent_on() {
    let mut network = Network::new();
    ask(&mut network, 210, [4_000, 0, 0]);
    assert_eq!(allowed(&network)[0], 2_100);
    let alone = |network: &mut Network| {
        network.apply(&Step::Ask(2, (4_000, 0), Some(0), false, 0));
        network.apply(&Step::Wait(5));
    };
    (0..TERMS.lasts.as_secs() / 5).for_each(|_| alone(&mut network));
    assert_eq!(network.tenants[0].flows(), 2_100, "the model comes down as late as it can");
    assert_eq!(allowed(&network), [600, 1_200, 700], "what one holds nobody else gets");
    (0..=TERMS.stops_within.as_secs() / 5).for_each(|_| alone(&mut network));
    assert_eq!(allowed(&network), [600, 1_200, 2_200]);
}

#[test]
fn terms_that_cannot_be_kept_are_refused() {
    let new = |limit, shares: &[u16], terms| {
        let shares: Vec<_> = shares.iter().copied().map(CentiAmps::from_amps).collect();
        Coordinator::new(CentiAmps::from_amps(limit), &shares, terms, Instant::ZERO)
    };
    assert!(new(12, &[6, 6], TERMS).is_ok());
    let limit = CentiAmps::from_amps(11);
    assert_eq!(new(11, &[6, 6], TERMS), Err(TermsError::SharesDoNotFit { shares: 1_200, limit }));
    assert_eq!(new(60, &[6; 9], TERMS), Err(TermsError::TooManyTenants { count: 9 }));
    let seconds = Duration::from_secs(44);
    assert_eq!(new(12, &[6], Terms { lasts: seconds, ..TERMS }), Err(TermsError::TooShort { seconds: 44 }));
    let short = Terms { stops_within: seconds, ..TERMS };
    assert_eq!(new(12, &[6], short), Err(TermsError::StopTooShort { seconds: 44 }));
}

#[test]
fn strangers_get_nothing() {
    let mut coordinator = coordinator(0);
    let request = Model::new(600).ask(0, 3, (4_000, 0));
    assert_eq!(coordinator.handle_request(at(10_000), &request), None);
    assert!(coordinator.handle_request(at(10_000), &Request { tenant: 2, ..request }).is_some());
}
