//! A master on a table, its clock in our hand, and a judge that only looks at what it sends.

use core::time::Duration;

use twc_master::share::Equal;
use twc_master::{Config, FLOOR, Master, Snapshot};
use twc_proto::{CentiAmps, Decoder, Instant, Link, Message, Sign, TwcId};

pub(crate) const MASTER: TwcId = TwcId::new(0x7777);
/// A slave without heartbeats stops after this long, however it lies.
const STOPPED: Duration = Duration::from_secs(45);

/// The last limit that a slave was sent, and when.
struct Sent {
    slave: TwcId,
    limit: CentiAmps,
    at: Instant,
}

pub(crate) struct Table {
    pub(crate) link: Link<Master<Equal>>,
    pub(crate) now: Instant,
    /// Frames wait for [`Table::sent`] instead of being sent at once.
    pub(crate) is_slow: bool,
    in_flight: bool,
    /// What a crash would leave behind.
    pub(crate) saved: Option<Snapshot>,
    config: Config,
    sent: Vec<Sent>,
}

impl Table {
    pub(crate) fn new(limit: CentiAmps, durable: bool) -> Self {
        let mut config = Config::new(MASTER, Sign::new(1), limit);
        config.circuit_limit = Some(CentiAmps::from_amps(80));
        config.durable = durable;
        let master = Master::new(config, Equal, Instant::ZERO).expect("a legal limit");
        Self {
            link: Link::new(master),
            now: Instant::ZERO,
            is_slow: false,
            in_flight: false,
            saved: None,
            config,
            sent: Vec::new(),
        }
    }

    /// Whom the master spoke to last.
    pub(crate) fn last(&self) -> Option<(TwcId, CentiAmps)> {
        self.sent.iter().max_by_key(|sent| sent.at).map(|sent| (sent.slave, sent.limit))
    }

    /// Without the disk a crash proves nothing: nobody promised anything.
    pub(crate) fn is_durable(&self) -> bool {
        self.config.durable
    }

    /// kill -9, and a new one with what was saved.
    pub(crate) fn restart(&mut self) {
        let mut master = Master::new(self.config, Equal, self.now).expect("it was legal before");
        master.restore(self.saved.iter().flat_map(|saved| saved.slaves).flatten());
        self.link = Link::new(master);
        self.in_flight = false;
        self.drain();
    }

    /// Lets time pass, waking whenever the master wants to be woken.
    pub(crate) fn wait(&mut self, span: Duration) {
        let end = self.now + span;
        self.drain();
        let mut woken_in_vain = 0;
        // With a frame in flight nothing can leave, and a driver waits for that and not for deadlines.
        while let Some(due) = self.link.poll_timeout().filter(|due| *due < end && !self.in_flight) {
            woken_in_vain = if due > self.now { 0 } else { woken_in_vain + 1 };
            assert!(woken_in_vain < 8, "it wants to be woken at {due} for ever, it is {}", self.now);
            self.now = self.now.max(due);
            self.link.handle_timeout(self.now);
            self.drain();
        }
        self.now = self.now.max(end);
        self.link.handle_timeout(self.now);
        self.drain();
    }

    /// The connection was made anew; whether the frame in flight has left nobody knows.
    pub(crate) fn reconnect(&mut self) {
        self.in_flight = false;
        self.link.handle_reconnected(self.now);
    }

    /// The frame that waited has left.
    pub(crate) fn sent(&mut self) {
        self.in_flight = false;
        self.link.handle_sent(self.now);
        self.drain();
    }

    pub(crate) fn forget(&mut self, slave: TwcId) {
        self.sent.retain(|sent| sent.slave != slave);
    }

    pub(crate) fn drain(&mut self) {
        while let Some(wire) = self.link.poll_transmit(self.now) {
            let frame = Decoder::new().decode(&mut wire.as_ref()).expect("a frame").expect("a right one");
            if let Message::MasterHeartbeat(heartbeat) = frame.message() {
                self.judge(heartbeat.slave, heartbeat.limit());
            }
            self.in_flight = true;
            if self.is_slow {
                break;
            }
            self.now = self.now + Duration::from_millis(19);
            self.in_flight = false;
            self.link.handle_sent(self.now);
        }
        while self.link.node_mut().poll_event().is_some() {}
    }

    /// The promise: what was sent to all who may still follow it is within the limit, whatever they say.
    fn judge(&mut self, slave: TwcId, limit: Option<CentiAmps>) {
        let known = self.sent.iter().find(|sent| sent.slave == slave).map(|sent| sent.limit);
        let limit = limit.or(known).unwrap_or(FLOOR).max(FLOOR);
        self.forget(slave);
        self.sent.push(Sent { slave, limit, at: self.now });
        let now = self.now;
        let live = self.sent.iter().filter(|sent| now.since(sent.at) < STOPPED);
        let sum: u32 = live.map(|sent| u32::from(sent.limit.value())).sum();
        assert!(
            sum <= u32::from(self.config.limit.value()),
            "{sum} centiamps sent, {} are there",
            self.config.limit
        );
    }
}
