//! The streams that are measured, from fixed seeds.
// No single bench uses all of it.
#![allow(dead_code)]

use twc_proto::frame::checksum;
use twc_proto::message::{MasterHeartbeat, MasterLinkReady, Report, SlaveHeartbeat, SlaveLinkReady};
use twc_proto::{CentiAmps, Command, Envelope, Message, Sign, SlaveState, TwcId, Version, slip};

/// `SplitMix64`: the same stream on every machine.
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        ((self.next() >> 32) * bound) >> 32
    }

    fn byte(&mut self) -> u8 {
        self.next() as u8
    }
}

/// Wire bytes and how many messages a decoder has to find in them.
pub(crate) struct Input {
    pub(crate) name: &'static str,
    pub(crate) wire: Vec<u8>,
    pub(crate) frames: usize,
    /// What every decoder with checksums must deliver at least.
    pub(crate) messages: usize,
}

const SEED: u64 = 0x7C_2026;

/// What a bus carries: 97 % heartbeats, 2 % linkreadys, 1 % meter reports, values as they come.
pub(crate) fn bus_envelope(rng: &mut Rng) -> Envelope {
    let (master, slave) = (TwcId::new(0x7777), TwcId::new(0x3495 + rng.below(3) as u16));
    let limit = CentiAmps::new(rng.below(3_200) as u16);
    let drawn = CentiAmps::new(rng.below(3_200) as u16);
    let message = match rng.below(200) {
        0..97 => Message::MasterHeartbeat(MasterHeartbeat::with_limit(master, slave, Command::LIMIT, limit)),
        97..194 => {
            Message::SlaveHeartbeat(SlaveHeartbeat { slave, master, state: SlaveState::CHARGING, limit, drawn })
        }
        194..196 => Message::LinkReady1(MasterLinkReady::new(master, Sign::new(rng.byte()))),
        196..198 => {
            let max_current = CentiAmps::from_amps(32);
            Message::SlaveLinkReady(SlaveLinkReady { slave, sign: Sign::new(rng.byte()), max_current })
        }
        _ => {
            let volts = [228, 229, 230].map(|volts| volts + rng.below(4) as u16);
            let phase_half_amps = Some([rng.byte() % 64, rng.byte() % 64, rng.byte() % 64]);
            let kwh = rng.below(40_000) as u32;
            Message::Report(Report::Meter { sender: slave, kwh, volts, phase_half_amps })
        }
    };
    Envelope::canonical(Version::P2, message).expect("a harmless message")
}

pub(crate) fn bus_envelopes(frames: usize) -> Vec<Envelope> {
    let mut rng = Rng::new(SEED);
    (0..frames).map(|_| bus_envelope(&mut rng)).collect()
}

/// A frame of a random one of the three usual lengths, with what `byte` gives as its payload.
fn frame(rng: &mut Rng, byte: impl Fn(&mut Rng) -> u8) -> Vec<u8> {
    let opcodes = [[0xFB, 0xE0], [0xFD, 0xE0], [0xFC, 0xE1], [0xFD, 0xE2]];
    let [kind, code] = opcodes[rng.below(4) as usize];
    let len = [14, 16, 20][rng.below(3) as usize];
    let mut body = vec![kind, code];
    body.extend((0..len - 3).map(|_| byte(rng)));
    body.push(0);
    *body.last_mut().expect("not empty") = checksum(&body);
    body
}

fn escaped(body: &[u8]) -> Vec<u8> {
    let mut wire = [0; slip::max_encoded_len(20)];
    let len = slip::encode(body, &mut wire).expect("long enough");
    wire[..len].to_vec()
}

fn input(name: &'static str, frames: usize, mut piece: impl FnMut(&mut Rng, &mut Vec<u8>)) -> Input {
    let mut rng = Rng::new(SEED);
    let mut wire = Vec::new();
    for _ in 0..frames {
        piece(&mut rng, &mut wire);
    }
    Input { name, wire, frames, messages: frames }
}

pub(crate) fn bus(frames: usize) -> Input {
    input("bus", frames, |rng, wire| wire.extend(bus_envelope(rng).to_wire().as_ref()))
}

/// The same with the byte that real units leave behind every frame.
pub(crate) fn bus_with_tails(frames: usize) -> Input {
    let piece = |rng: &mut Rng, wire: &mut Vec<u8>| {
        wire.extend(bus_envelope(rng).to_wire().with_tail(Some(0xFE)).as_ref());
    };
    input("bus, tails", frames, piece)
}

/// Random bytes behind the four commonest codes, in 14, 16 and 20 bytes.
pub(crate) fn mixed(frames: usize) -> Input {
    input("mixed", frames, |rng, wire| wire.extend(escaped(&frame(rng, Rng::byte))))
}

/// Half of the payload bytes have to be escaped.
pub(crate) fn half_escaped(frames: usize) -> Input {
    let byte = |rng: &mut Rng| [slip::END, slip::ESC, 0x11, 0x22][rng.below(4) as usize];
    input("escaped", frames, |rng, wire| wire.extend(escaped(&frame(rng, byte))))
}

/// `mixed` with 0 to 20 random bytes before every frame, and one frame in a hundred damaged.
pub(crate) fn noisy(frames: usize) -> Input {
    let mut noisy = input("noisy", frames, |rng, wire| {
        wire.extend((0..rng.below(21)).map(|_| rng.byte()).collect::<Vec<_>>());
        let mut piece = escaped(&frame(rng, Rng::byte));
        if rng.below(100) == 0 {
            let at = rng.below(piece.len() as u64) as usize;
            piece[at] ^= 1 << rng.below(8);
        }
        wire.extend(piece);
    });
    noisy.messages = by_the_book(&noisy.wire);
    noisy
}

/// Messages by cutting the finished stream at every C0: the oracle.
fn by_the_book(wire: &[u8]) -> usize {
    let mut candidates: Vec<_> = wire.split(|byte| *byte == slip::END).collect();
    candidates.pop();
    let bodies = candidates.into_iter().skip(1).filter_map(unescaped);
    bodies
        .filter(|body| {
            (13..=20).contains(&body.len())
                && (0xFB..=0xFD).contains(&body[0])
                && body.last() == Some(&checksum(body))
                && twc_proto::Frame::new_checked(body)
                    .is_ok_and(|frame| twc_proto::Received::parse(&frame).is_ok())
        })
        .count()
}

fn unescaped(candidate: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = candidate.iter();
    let mut body = Vec::new();
    while let Some(&byte) = bytes.next() {
        body.push(match byte {
            slip::ESC => match *bytes.next()? {
                slip::ESC_END => slip::END,
                slip::ESC_ESC => slip::ESC,
                _ => return None,
            },
            plain => plain,
        });
    }
    Some(body)
}

/// Heartbeats of 16 bytes without anything to escape.
pub(crate) fn clean_heartbeats(frames: usize) -> Vec<Envelope> {
    let mut rng = Rng::new(SEED);
    let heartbeats = std::iter::repeat_with(|| bus_envelope(&mut rng));
    heartbeats.filter(|envelope| envelope.to_wire().as_ref().len() == 18).take(frames).collect()
}
