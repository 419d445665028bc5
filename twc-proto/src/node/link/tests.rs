use super::*;
use crate::error::DecodeError;
use crate::message::{Envelope, MasterHeartbeat, Message};
use crate::types::{TwcId, Version};

/// Sends one heartbeat whenever asked and counts what it hears.
#[derive(Debug, Default)]
struct Probe {
    heard: usize,
    errors: usize,
    due: bool,
}

impl Node for Probe {
    fn handle_message(&mut self, _: Instant, _: &Received) {
        self.heard += 1;
    }
    fn handle_decode_error(&mut self, _: Instant, _: DecodeError) {
        self.errors += 1;
    }
    fn handle_timeout(&mut self, _: Instant) {
        self.due = true;
    }
    fn poll_transmit(&mut self, _: Instant) -> Option<Envelope> {
        core::mem::take(&mut self.due).then(heartbeat)
    }
    fn poll_timeout(&self) -> Option<Instant> {
        None
    }
}

fn heartbeat() -> Envelope {
    let message = Message::MasterHeartbeat(MasterHeartbeat::no_change(TwcId::new(0x7777), TwcId::new(0x3495)));
    Envelope::canonical(Version::P2, message).unwrap()
}

fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

#[test]
fn an_echo_is_consumed_once_and_a_second_copy_is_heard() {
    let mut link = Link::new(Probe { due: true, ..Probe::default() });
    let wire = link.poll_transmit(at(0)).unwrap();
    link.handle_sent(at(20));
    link.handle_bytes(at(30), wire.as_ref());
    assert_eq!((link.node().heard, link.stats().echoes), (0, 1));
    link.handle_bytes(at(60), wire.as_ref());
    assert_eq!((link.node().heard, link.stats().echoes), (1, 1));
}

#[test]
fn echoes_that_come_back_after_the_next_frame_has_left_are_echoes_too() {
    let mut link = Link::new(Probe { due: true, ..Probe::default() });
    let wire = link.poll_transmit(at(0)).unwrap();
    link.handle_sent(at(20));
    link.node_mut().due = true;
    assert!(link.poll_transmit(at(220)).is_some());
    link.handle_sent(at(240));
    link.handle_bytes(at(300), wire.as_ref());
    link.handle_bytes(at(520), wire.as_ref());
    assert_eq!((link.node().heard, link.stats().echoes), (0, 2));
}

#[test]
fn echoes_of_all_that_was_sent_while_a_converter_stood_still_are_echoes_and_one_more_is_heard() {
    let mut link = Link::with_settings(Probe::default(), LinkSettings::CONVERTER);
    let send = |link: &mut Link<Probe>, now| {
        link.node_mut().due = true;
        let wire = link.poll_transmit(now).unwrap();
        link.handle_sent(now);
        wire
    };
    for second in 0..7 {
        send(&mut link, at(second * 1_000));
    }
    let wire = send(&mut link, at(7_000));
    for _ in 0..8 {
        link.handle_bytes(at(8_300), wire.as_ref());
    }
    assert_eq!((link.node().heard, link.stats().echoes), (0, 8));
    link.handle_bytes(at(8_400), wire.as_ref());
    assert_eq!((link.node().heard, link.stats().echoes), (1, 8));
}

#[test]
fn a_damaged_echo_is_dropped_only_where_echoes_are_known() {
    let mut damaged = heartbeat().emit().as_ref().to_vec();
    // Two errors that cancel out in the sum.
    damaged[9] = damaged[9].wrapping_add(1);
    damaged[15] = damaged[15].wrapping_add(1);
    let mut wire = [0; 64];
    let len = crate::slip::encode(&damaged, &mut wire).unwrap();
    for echoes in [false, true] {
        let mut link = Link::new(Probe { due: true, ..Probe::default() });
        let echo = link.poll_transmit(at(0)).unwrap();
        link.handle_sent(at(20));
        if echoes {
            link.handle_bytes(at(30), echo.as_ref());
        }
        link.node_mut().due = true;
        assert!(link.poll_transmit(at(1_000)).is_some());
        link.handle_sent(at(1_020));
        link.handle_bytes(at(1_030), &wire[..len]);
        assert_eq!((link.node().heard, link.stats().damaged_echoes), if echoes { (0, 1) } else { (1, 0) });
    }
}

#[test]
fn the_same_bytes_after_the_window_are_no_echo() {
    let mut link = Link::new(Probe { due: true, ..Probe::default() });
    let wire = link.poll_transmit(at(0)).unwrap();
    link.handle_sent(at(20));
    link.handle_bytes(at(521), wire.as_ref());
    assert_eq!((link.node().heard, link.stats().echoes), (1, 0));
}

#[test]
fn an_echo_may_be_two_seconds_late_where_echoes_are_known() {
    for (known, late, heard) in [(false, 1, 1), (true, 1, 0), (true, 2_000, 0), (true, 2_001, 1)] {
        let mut link = Link::new(Probe { due: true, ..Probe::default() });
        let wire = link.poll_transmit(at(0)).unwrap();
        link.handle_sent(at(20));
        if known {
            link.handle_bytes(at(30), wire.as_ref());
        }
        link.node_mut().due = true;
        assert!(link.poll_transmit(at(1_000)).is_some());
        link.handle_sent(at(1_020));
        link.handle_bytes(at(1_520 + late), wire.as_ref());
        assert_eq!(link.node().heard, heard, "{known} {late}");
    }
}

#[test]
fn nothing_is_sent_while_bytes_come_in_but_a_babbling_line_does_not_silence_us() {
    let mut link = Link::new(Probe { due: true, ..Probe::default() });
    for ms in (0..1_000).step_by(10) {
        link.handle_bytes(at(ms), &[0x55]);
        assert!(link.poll_transmit(at(ms)).is_none(), "{ms}");
    }
    assert!(link.poll_transmit(at(1_000)).is_some());
}

#[test]
fn one_frame_at_a_time() {
    let mut link = Link::new(Probe { due: true, ..Probe::default() });
    assert!(link.poll_transmit(at(0)).is_some());
    link.node_mut().due = true;
    assert!(link.poll_transmit(at(1)).is_none());
    link.handle_sent(at(2));
    assert!(link.poll_transmit(at(2)).is_some());
}

#[test]
fn after_a_reconnect_input_is_discarded_until_the_line_was_quiet() {
    let mut link = Link::new(Probe::default());
    let wire = heartbeat().to_wire();
    link.handle_reconnected(at(0));
    link.handle_bytes(at(200), wire.as_ref());
    link.handle_bytes(at(499), wire.as_ref());
    assert_eq!(link.node().heard, 0);
    link.handle_bytes(at(799), wire.as_ref());
    assert_eq!(link.node().heard, 1);
}

#[test]
fn damage_is_told_to_the_node_and_counted() {
    let mut link = Link::new(Probe::default());
    link.handle_bytes(at(0), b"\xC0four\xC0");
    assert_eq!((link.node().errors, link.node().heard), (1, 0));
    assert_eq!(link.decoder_stats().too_short, 1);
}

#[test]
fn a_dangerous_frame_is_heard_and_never_an_echo() {
    let mut link = Link::new(Probe { due: true, ..Probe::default() });
    link.poll_transmit(at(0)).unwrap();
    link.handle_sent(at(20));
    link.handle_bytes(at(30), b"\xC0\xFC\x19\0\0\0\0\0\0\0\0\0\0\x19\xC0");
    assert_eq!((link.node().heard, link.stats().echoes), (1, 0));
}

#[test]
fn a_link_keeps_the_times_it_was_given() {
    let settings = LinkSettings { quiet_gap: Duration::from_millis(7), ..LinkSettings::default() };
    assert_eq!(Link::with_settings(Probe::default(), settings).settings(), settings);
}

#[test]
fn a_deadline_is_passed_on_to_the_node() {
    let mut link = Link::new(Probe::default());
    assert!(link.poll_transmit(at(0)).is_none());
    link.handle_timeout(at(5));
    assert!(link.poll_transmit(at(5)).is_some());
}
