//! A wall connector that says what a real one said, byte for byte.

use core::time::Duration;

use twc_proto::{Decoder, Envelope, Instant, Message, Node, Received, TwcId};

use crate::CAPTURE;

/// Plays the answers of the slave in [`CAPTURE`]: to each request the one that followed the next such request there.
#[derive(Debug)]
pub struct Recorded {
    decoder: Decoder,
    rest: &'static [u8],
    answer: Option<(Instant, Envelope)>,
}

impl Recorded {
    /// The slave of the recording.
    pub const SLAVE: TwcId = TwcId::new(0x3495);
    /// Its master, to which its answers are addressed.
    pub const MASTER: TwcId = TwcId::new(0x7973);
    const LATENCY: Duration = Duration::from_millis(150);
    /// More frames than the recording has, twice.
    const FRAMES: usize = 200;

    /// The slave as it announces itself.
    #[must_use]
    pub fn new() -> Self {
        let mut recorded = Self { decoder: Decoder::new(), rest: CAPTURE, answer: None };
        recorded.answer =
            recorded.find(|_, said| matches!(said, Message::SlaveLinkReady(_))).map(|said| (Instant::ZERO, said));
        recorded
    }

    /// The next frame of the slave of which this holds, with the frame before it; behind the end it begins anew.
    fn find(&mut self, holds: impl Fn(&Message, &Message) -> bool) -> Option<Envelope> {
        let mut before = None;
        for _ in 0..Self::FRAMES {
            let frame = match self.decoder.decode(&mut self.rest) {
                Some(Ok(frame)) => frame,
                Some(Err(_)) => continue,
                None => {
                    self.rest = CAPTURE;
                    continue;
                }
            };
            let said = frame.message();
            let is_found = before.is_some_and(|before| holds(&before, &said));
            if is_found && said.sender() == Some(Self::SLAVE) {
                return Envelope::new(said, frame.body_len()).ok();
            }
            before = Some(said);
        }
        None
    }
}

impl Default for Recorded {
    fn default() -> Self {
        Self::new()
    }
}

impl Node for Recorded {
    fn handle_message(&mut self, now: Instant, received: &Received) {
        let asked = received.message();
        let answer = self.find(|request, _| match (request, &asked) {
            (Message::MasterHeartbeat(then), Message::MasterHeartbeat(now)) => then.slave == now.slave,
            (Message::Query(then), Message::Query(now)) => then == now,
            _ => false,
        });
        if let Some(answer) = answer {
            self.answer = Some((now + Self::LATENCY, answer));
        }
    }

    fn handle_timeout(&mut self, _: Instant) {}

    fn poll_transmit(&mut self, now: Instant) -> Option<Envelope> {
        self.answer.take_if(|(due, _)| now >= *due).map(|(_, answer)| answer)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.answer.map(|(due, _)| due)
    }
}
