//! Who is on the bus is learnt from what each slave says, whenever it says it, and each is spoken to in its own way.

mod common;

use core::time::Duration;

use common::{Bench, IDS, MASTER, amps, config};
use twc_master::share::Equal;
use twc_master::{Config, Event, Master, Standing};
use twc_proto::message::{SlaveHeartbeat, SlaveLinkReady};
use twc_proto::{BodyLen, CentiAmps, Decoder, Envelope, Instant, Link, Message, Sign, SlaveState, TwcId, Version};
use twc_sim::{ChargerConfig, WorldConfig};

/// A master on a table, with slaves that answer as a test wants them to.
struct Desk {
    link: Link<Master<Equal>>,
    now: Instant,
    sent: Vec<Message>,
    events: Vec<Event>,
    /// How heartbeats are answered: to whom, and how long.
    answers: Option<(TwcId, BodyLen)>,
    limit: CentiAmps,
}

impl Desk {
    fn new(config: Config) -> Self {
        let link = Link::new(Master::new(config, Equal, Instant::ZERO).unwrap());
        Self { link, now: Instant::ZERO, sent: Vec::new(), events: Vec::new(), answers: None, limit: amps(6) }
    }

    fn announces(&mut self, slave: TwcId) {
        let ready = SlaveLinkReady { slave, sign: Sign::new(0x81), max_current: amps(32) };
        let wire = Envelope::canonical(Version::P2, Message::SlaveLinkReady(ready)).unwrap().to_wire();
        self.link.handle_bytes(self.now, wire.as_ref());
    }

    /// Lets time pass. Answers come 100 ms after the question.
    fn passes(&mut self, seconds: u64) {
        let (until, mut answer) = (self.now + Duration::from_secs(seconds), None::<(Instant, Envelope)>);
        while self.now < until {
            self.now = self.now + Duration::from_millis(10);
            self.link.handle_timeout(self.now);
            if let Some((_, answer)) = answer.take_if(|(due, _)| self.now >= *due) {
                self.link.handle_bytes(self.now, answer.to_wire().as_ref());
            }
            while let Some(wire) = self.link.poll_transmit(self.now) {
                self.link.handle_sent(self.now);
                let mut decoder = Decoder::new();
                let message =
                    wire.as_ref().iter().find_map(|byte| decoder.push(*byte)).unwrap().unwrap().message();
                self.sent.push(message);
                answer = self.answer(&message).map(|answer| (self.now + Duration::from_millis(100), answer));
            }
            self.events.extend(core::iter::from_fn(|| self.link.node_mut().poll_event()));
        }
    }

    fn answer(&mut self, message: &Message) -> Option<Envelope> {
        let (Message::MasterHeartbeat(asked), Some((master, len))) = (message, self.answers) else { return None };
        self.limit = asked.limit().unwrap_or(self.limit);
        let answer = SlaveHeartbeat {
            slave: asked.slave,
            master,
            state: SlaveState::CHARGING,
            limit: self.limit,
            drawn: self.limit,
        };
        Envelope::new(Message::SlaveHeartbeat(answer), len).ok()
    }

    fn heartbeats_to(&self, slave: TwcId) -> usize {
        let to = |message: &&Message| matches!(message, Message::MasterHeartbeat(sent) if sent.slave == slave);
        self.sent.iter().filter(to).count()
    }

    fn happened(&self, wanted: impl Fn(&Event) -> bool) -> usize {
        self.events.iter().filter(|event| wanted(event)).count()
    }
}

#[test]
fn a_start_is_announced_with_five_linkreadys_of_each_kind_unless_that_is_not_wanted() {
    let said = |announce| {
        let mut desk = Desk::new(Config { announce, ..config(40, 0) });
        desk.passes(30);
        let kinds = desk.sent.iter().map(|message| match message {
            Message::LinkReady1(_) => 1,
            Message::LinkReady2(_) => 2,
            other => panic!("{other:?}"),
        });
        kinds.collect::<Vec<_>>()
    };
    assert_eq!(said(true), [1, 1, 1, 1, 1, 2, 2, 2, 2, 2]);
    assert!(said(false).is_empty());
}

#[test]
fn a_fourth_slave_gets_no_frame_and_is_said_once() {
    let fourth = TwcId::new(0x3498);
    let mut desk = Desk::new(config(40, 0));
    desk.answers = Some((MASTER, BodyLen::B16));
    for id in IDS {
        desk.announces(id);
    }
    desk.passes(10);
    for _ in 0..3 {
        desk.announces(fourth);
        desk.passes(10);
    }
    assert!(IDS.into_iter().all(|id| desk.heartbeats_to(id) > 10));
    assert_eq!(desk.heartbeats_to(fourth), 0);
    assert_eq!(desk.happened(|event| *event == Event::TooManySlaves { slave: fourth }), 1);
    assert_eq!(desk.link.node().slaves().count(), 3);
}

#[test]
fn an_answer_of_another_length_is_an_answer() {
    for len in [BodyLen::B13, BodyLen::B14, BodyLen::B15, BodyLen::B16, BodyLen::B20] {
        let mut desk = Desk::new(config(40, 1));
        desk.answers = Some((MASTER, len));
        desk.announces(IDS[0]);
        desk.passes(90);
        let slave = desk.link.node().slaves().next().unwrap();
        assert_eq!(
            (slave.standing, slave.limit, slave.version),
            (Standing::Linked, amps(32), Version::P2),
            "{len:?}"
        );
        assert_eq!(desk.happened(|event| matches!(event, Event::SlaveSilenced { .. })), 0, "{len:?}");
    }
}

#[test]
fn an_answer_to_nobody_keeps_a_slave_and_confirms_nothing() {
    let mut desk = Desk::new(config(40, 1));
    desk.answers = Some((TwcId::new(0), BodyLen::B16));
    desk.announces(IDS[0]);
    desk.passes(120);
    let slave = desk.link.node().slaves().next().unwrap();
    assert_eq!((slave.standing, slave.offered), (Standing::Linked, Some(amps(6))));
    assert_eq!(desk.happened(|event| matches!(event, Event::SlaveLinked { .. })), 0);
    desk.answers = Some((MASTER, BodyLen::B16));
    desk.passes(10);
    assert_eq!(desk.link.node().slaves().next().unwrap().offered, Some(amps(32)));
}

#[test]
fn each_slave_is_spoken_to_in_the_length_of_its_protocol() {
    let units = vec![ChargerConfig::p1(IDS[0]), ChargerConfig::p2(IDS[1])];
    let mut bench = Bench::with_units(config(40, 2), units, WorldConfig::default());
    bench.run_for(10);
    (0..2).for_each(|charger| bench.plug_in(charger));
    bench.run_for(60);
    assert_eq!(bench.limits(), [20, 20]);
    let (mut decoder, mut lengths) = (Decoder::new(), Vec::new());
    for entry in bench.sim.world().trace().entries() {
        let mut bytes = &entry.bytes[..];
        while let Some(outcome) = decoder.decode(&mut bytes) {
            let Ok(received) = outcome else { continue };
            if let Message::MasterHeartbeat(sent) = received.message() {
                lengths.push((sent.slave, received.body_len()));
            }
        }
    }
    lengths.sort_unstable_by_key(|(slave, _)| slave.value());
    lengths.dedup();
    assert_eq!(lengths, [(IDS[0], BodyLen::B14), (IDS[1], BodyLen::B16)]);
    bench.assert_kept();
}
