//! `twc-sim serve --tcp`: clients share the bus.
#![cfg(all(unix, feature = "cli"))]

mod serve_common;

use std::net::TcpListener;
use std::time::Duration;

use serve_common::{Client, SLAVE, Simulator, is_link_ready, offer, refused};
use twc_proto::{Message, TwcId};

#[test]
fn a_client_hears_linkreadys_and_answers_to_its_heartbeats() {
    let simulator = Simulator::start(&["--tcp", "127.0.0.1:0", "--speed", "5", "--slaves", "3"]);
    assert!(simulator.ready().starts_with("ready tcp=127.0.0.1:"), "{}", simulator.ready());
    for id in [0x3495, 0x3496, 0x3497].map(TwcId::new) {
        let mut client = Client::on_tcp(simulator.address());
        client.hear(|heard| matches!(heard, Message::SlaveLinkReady(m) if m.slave == id));
        client.heartbeat(id, |answer| answer.master == serve_common::MASTER);
    }
}

#[test]
fn slaves_announce_what_they_are_built_for() {
    let args = ["--tcp", "127.0.0.1:0", "--speed", "5", "--protocol", "1", "--max", "16.5A"];
    let simulator = Simulator::start(&args);
    let heard = Client::on_tcp(simulator.address()).hear(is_link_ready);
    assert!(matches!(heard, Message::SlaveLinkReady(m) if m.max_current.value() == 1_650), "{heard:?}");
}

#[test]
fn clients_hear_each_other_and_not_themselves() {
    let simulator = Simulator::start(&["--tcp", "127.0.0.1:0", "--speed", "5"]);
    let mut one = Client::on_tcp(simulator.address());
    let mut two = Client::on_tcp(simulator.address());
    one.hear(is_link_ready);
    two.hear(is_link_ready);
    let wish = offer(SLAVE, 16);
    one.send(wish);
    two.hear(|heard| *heard == wish);
    two.hear(|heard| matches!(heard, Message::SlaveHeartbeat(_)));
    let first = one.hear(|heard| *heard == wish || matches!(heard, Message::SlaveHeartbeat(_)));
    assert_ne!(first, wish);
}

#[test]
fn with_echo_a_client_hears_itself() {
    let simulator = Simulator::start(&["--tcp", "127.0.0.1:0", "--speed", "5", "--echo"]);
    let mut client = Client::on_tcp(simulator.address());
    let wish = offer(SLAVE, 16);
    client.send(wish);
    client.hear(|heard| *heard == wish);
    client.hear(|heard| matches!(heard, Message::SlaveHeartbeat(_)));
}

#[test]
fn clients_come_and_go() {
    let mut simulator = Simulator::start(&["--tcp", "127.0.0.1:0", "--speed", "5"]);
    let mut stays = Client::on_tcp(simulator.address());
    for _ in 0..20 {
        drop(Client::on_tcp(simulator.address()));
    }
    std::thread::sleep(Duration::from_millis(50));
    Client::on_tcp(simulator.address()).heartbeat(SLAVE, |_| true);
    stays.hear(|heard| matches!(heard, Message::SlaveHeartbeat(_)));
    assert!(simulator.is_running());
}

#[test]
fn a_port_in_use_is_refused_by_name() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, error) = refused(&["--tcp", &address]);
    assert_eq!((code, error.lines().count()), (4, 1), "{error}");
    assert!(error.contains(&address), "{error}");
}
