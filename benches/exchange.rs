//! A master with three slaves whose cars charge, exchange by exchange.

use std::hint::black_box;
use std::time::Duration;

use twc_master::share::Equal;
use twc_master::{Config, Master};
use twc_proto::message::{SlaveHeartbeat, SlaveLinkReady};
use twc_proto::{
    CentiAmps, Decoder, Envelope, Instant, Message, Node, Received, Sign, SlaveState, TwcId, Version,
};

/// The master and what its slaves would say.
pub(crate) struct Bench {
    master: Master<Equal>,
    now: Instant,
    limits: [CentiAmps; 3],
    /// Calls of [`Bench::decide`] and of [`Bench::hear`].
    pub(crate) decisions: u32,
    pub(crate) heard: u32,
}

const IDS: [TwcId; 3] = [TwcId::new(0x3495), TwcId::new(0x3496), TwcId::new(0x3497)];
const MASTER: TwcId = TwcId::new(0x4242);

impl Bench {
    /// All three are linked and follow their share.
    pub(crate) fn new() -> Self {
        let mut config = Config::new(MASTER, Sign::new(0x5A), CentiAmps::from_amps(40));
        config.circuit_limit = Some(CentiAmps::from_amps(32));
        config.expected_slaves = 3;
        let master = Master::new(config, Equal, Instant::ZERO).expect("a legal limit");
        let mut bench = Self { master, now: Instant::ZERO, limits: [CentiAmps::ZERO; 3], decisions: 0, heard: 0 };
        for slave in IDS {
            let ready = SlaveLinkReady { slave, sign: Sign::new(1), max_current: CentiAmps::from_amps(32) };
            bench.hear(&received(Message::SlaveLinkReady(ready)));
        }
        while bench.now < Instant::from_secs(300) {
            bench.exchange();
        }
        assert_eq!(bench.limits.map(CentiAmps::value), [1_400, 1_300, 1_300]);
        bench
    }

    /// One heartbeat and its answer; queries are sent and not answered.
    pub(crate) fn exchange(&mut self) {
        let envelope = self.next();
        if let Some(answer) = self.answer(&envelope) {
            self.hear(&answer);
        }
    }

    fn next(&mut self) -> Envelope {
        self.next_timed(&mut Duration::default())
    }

    /// The next frame: time passes until there is one. `deciding` grows by what all decisions up to it take.
    pub(crate) fn next_timed(&mut self, deciding: &mut Duration) -> Envelope {
        loop {
            let begun = std::time::Instant::now();
            let decided = self.decide();
            *deciding += begun.elapsed();
            if let Some(envelope) = decided {
                return envelope;
            }
            self.now = self.master.poll_timeout().expect("it never ends").max(self.now + Duration::from_millis(1));
        }
    }

    /// What the bench measures as a decision: what is due is done, and a frame may come of it.
    #[inline(never)]
    pub(crate) fn decide(&mut self) -> Option<Envelope> {
        self.decisions += 1;
        self.master.handle_timeout(black_box(self.now));
        self.master.poll_transmit(black_box(self.now))
    }

    /// The slave's answer, once the frame has left.
    pub(crate) fn answer(&mut self, envelope: &Envelope) -> Option<Received> {
        self.now = self.now + Duration::from_millis(20);
        self.master.handle_sent(self.now);
        while self.master.poll_event().is_some() {}
        let Message::MasterHeartbeat(heartbeat) = envelope.message() else { return None };
        let index = IDS.iter().position(|id| *id == heartbeat.slave)?;
        let limit = heartbeat.limit().unwrap_or(self.limits[index]);
        self.limits[index] = limit;
        self.now = self.now + Duration::from_millis(180);
        let drawn = CentiAmps::new(limit.value().saturating_sub(80));
        let answer =
            SlaveHeartbeat { slave: heartbeat.slave, master: MASTER, state: SlaveState::CHARGING, limit, drawn };
        Some(received(Message::SlaveHeartbeat(answer)))
    }

    /// What the bench measures as a message taken in.
    #[inline(never)]
    pub(crate) fn hear(&mut self, received: &Received) {
        self.heard += 1;
        self.master.handle_message(black_box(self.now), black_box(received));
    }
}

fn received(message: Message) -> Received {
    let wire = Envelope::canonical(Version::P2, message).expect("nothing dangerous").to_wire();
    Decoder::new().decode(&mut wire.as_ref()).expect("a frame").expect("a right one")
}
