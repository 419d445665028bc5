//! One frame of each kind, and what damage made of it.

use twc_proto::frame::checksum;
use twc_proto::message::Report;
use twc_proto::{CentiAmps, Command, Decoder, Message, Opcode, Received, TwcId, slip};

/// Fields and body length of one frame of each kind; zeros up to the sum.
const KINDS: [(&str, usize); 34] = [
    ("FC E1 79 73 76", 16),
    ("FB E2 79 73 76", 16),
    ("FD E2 34 95 81 0C 80", 16),
    ("FB E0 77 77 34 95 09 06 40", 16),
    ("FD E0 34 95 77 77 01 06 40 06 18", 16),
    ("FB EB 77 77 34 95", 16),
    ("FB EC 77 77 34 95", 16),
    ("FB ED 77 77 34 95", 16),
    ("FB EE 77 77 34 95", 16),
    ("FB EF 77 77 34 95", 16),
    ("FB F1 77 77 34 95", 16),
    ("FB B4 77 77 34 95", 16),
    ("FB 19 77 77 34 95", 16),
    ("FB 1A 77 77 34 95", 16),
    ("FB 1B 77 77 34 95", 16),
    ("FD EB 34 95 00 00 1A 7E 00 E6 00 F1 00 E8 20 20 1F", 20),
    ("FD EC 34 95 04 05 03 02", 16),
    ("FD ED 34 95 41 31 37 41 30 30 30 33 34 39 35", 20),
    ("FD EE 34 95 35 59 4A 33 45 31 45", 20),
    ("FD EF 34 95 41 37 4A 46 30 30 30", 20),
    ("FD F1 34 95 33 31 36", 20),
    ("FD B4 34 95 01", 16),
    ("FD 19 41 31 37 41 30 30 30 33 34 39 35", 14),
    ("FD 1A 31 30 34 32 37 36 37 30 30 30 41", 14),
    ("FD 1B 04 05 03", 14),
    ("FC B1 77 77 34 95", 16),
    ("FC B2 77 77 34 95", 16),
    ("FD B1 34 95", 16),
    ("FD B2 34 95", 16),
    ("FC 1D", 14),
    ("FC A1 77 77 34 95", 16),
    ("FC 19 41 31 37", 16),
    ("FC 1A 31 30 34", 14),
    ("FB E8", 16),
];

/// A frame as it was sent.
pub(crate) struct Sent {
    pub(crate) name: &'static str,
    pub(crate) body: Vec<u8>,
    pub(crate) wire: Vec<u8>,
    pub(crate) message: Message,
}

/// The bytes that come out of a decoder for `bytes`, as messages.
pub(crate) fn delivered(bytes: &[u8]) -> Vec<Received> {
    let mut decoder = Decoder::new();
    let mut input = bytes;
    core::iter::from_fn(|| decoder.decode(&mut input)).flatten().collect()
}

/// `body` escaped, between delimiters.
pub(crate) fn wire(body: &[u8]) -> Vec<u8> {
    let mut out = vec![0; slip::encoded_len(body)];
    slip::encode(body, &mut out).unwrap();
    out
}

/// `fields` filled up with zeros and closed with their sum.
pub(crate) fn sealed(fields: &[u8], len: usize) -> Vec<u8> {
    let mut body = fields.to_vec();
    body.resize(len, 0);
    body[len - 1] = checksum(&body);
    body
}

/// One frame of each kind, in the order of the table in `docs/verification.md`.
pub(crate) fn one_of_each_kind() -> Vec<Sent> {
    KINDS
        .iter()
        .map(|(fields, len)| {
            let body = sealed(&super::hex(fields), *len);
            let wire = wire(&body);
            let found = delivered(&wire);
            assert_eq!(found.len(), 1, "{fields}");
            Sent { name: &fields[..5], body, wire, message: found[0].message() }
        })
        .collect()
}

/// What somebody acting on a message would take for currents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Amps {
    Maximum(CentiAmps),
    /// The command belongs to it: whether the number is a limit depends on it.
    Commanded(Command, Option<CentiAmps>),
    Reported(CentiAmps, CentiAmps),
    Phases(Option<[u8; 3]>),
}

/// Opcode, sender and receiver.
type Ids = (Opcode, Option<TwcId>, Option<TwcId>);

/// Opcode and ids, and the currents, of a message that has any.
pub(crate) fn amps(message: &Message) -> Option<(Ids, Amps)> {
    let amps = match message {
        Message::SlaveLinkReady(m) => Amps::Maximum(m.max_current),
        Message::MasterHeartbeat(m) => Amps::Commanded(m.command, m.limit()),
        Message::SlaveHeartbeat(m) => Amps::Reported(m.limit, m.drawn),
        Message::Report(Report::Meter { phase_half_amps, .. }) => Amps::Phases(*phase_half_amps),
        _ => return None,
    };
    Some(((message.opcode(), message.sender(), message.receiver()), amps))
}

/// How many damaged frames were delivered as what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) tried: u32,
    /// Delivered exactly as sent: the damage hit nothing that counts.
    pub(crate) unharmed: u32,
    /// Delivered as a known message that was not sent.
    pub(crate) known: u32,
    pub(crate) unknown: u32,
    pub(crate) dangerous: u32,
    /// Of the known: the same opcode and ids, other amps.
    pub(crate) amps: u32,
}

impl Tally {
    /// Delivered, and not what was sent.
    pub(crate) fn passed(&self) -> u32 {
        self.known + self.unknown + self.dangerous
    }

    pub(crate) fn add(&mut self, sent: &Sent, found: &[Received]) {
        self.tried += 1;
        for received in found {
            let message = received.message();
            if message == sent.message && received.body_len().get() == sent.body.len() && is_sent(sent, received) {
                self.unharmed += 1;
                continue;
            }
            match message {
                Message::Unknown(_) => self.unknown += 1,
                Message::Dangerous(_) => self.dangerous += 1,
                _ => self.known += 1,
            }
            if let (Some((ids, now)), Some((sent_ids, was))) = (amps(&message), amps(&sent.message)) {
                self.amps += u32::from(ids == sent_ids && now != was);
            }
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.tried += other.tried;
        self.unharmed += other.unharmed;
        self.known += other.known;
        self.unknown += other.unknown;
        self.dangerous += other.dangerous;
        self.amps += other.amps;
    }
}

/// Whether also the bytes that are normally zero are the ones that were sent.
fn is_sent(sent: &Sent, received: &Received) -> bool {
    match received.to_envelope_that_may_lock_a_slave() {
        Ok(envelope) => envelope.emit().as_ref() == sent.body,
        Err(_) => true,
    }
}

/// Small, fast, and the same on every machine.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number under `bound`, near enough to even.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() >> 33) as usize % bound
    }

    pub(crate) fn byte(&mut self) -> u8 {
        (self.next() >> 56) as u8
    }
}
