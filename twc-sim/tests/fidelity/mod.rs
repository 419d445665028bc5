//! Captures of real units, and the same situation on the simulated bus.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::path::Path;

use twc_proto::slip::END;
use twc_proto::{Decoder, Instant, Node};
use twc_sim::world::air_time;
use twc_sim::{Sender, Sim, World};

/// The recorder of the timed captures looked at the line about every 50 ms.
pub const RESOLUTION: u64 = 50;

/// One frame as a monitor sees it: when it was complete, and its un-escaped body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    pub millis: u64,
    pub body: Vec<u8>,
}

impl Frame {
    pub fn code(&self) -> [u8; 2] {
        [self.body[0], self.body[1]]
    }

    pub fn sender(&self) -> u16 {
        u16::from_be_bytes([self.body[2], self.body[3]])
    }

    /// Without the three voltages of a meter report, which the mains decide, and without the sum.
    pub fn without_volts(&self) -> Vec<u8> {
        let mut body = self.body.clone();
        if self.code() == [0xFD, 0xEB] {
            body[8..14].fill(0);
        }
        body.pop();
        body
    }

    pub fn hex(&self) -> String {
        hex(&self.body)
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ")
}

fn lines(name: &str) -> Vec<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures").join(name);
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
}

fn bytes(fields: &[String]) -> Vec<u8> {
    fields.iter().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

/// A timed capture: `time junk body`.
pub fn timed(name: &str) -> Vec<Frame> {
    let millis = |time: &str| {
        let parts: Vec<u64> = time.split([':', '.']).map(|part| part.parse().unwrap()).collect();
        ((parts[0] * 60 + parts[1]) * 60 + parts[2]) * 1_000 + parts[3]
    };
    lines(name).iter().map(|line| Frame { millis: millis(&line[0]), body: bytes(&line[2..]) }).collect()
}

/// A session: the bodies in order, with who sent each.
pub fn session(name: &str) -> Vec<(String, Vec<u8>)> {
    let lines = lines(name);
    let body = |line: &[String]| {
        let bytes = bytes(line);
        if bytes[0] == END { bytes[1..bytes.len() - 1].to_vec() } else { bytes }
    };
    lines.iter().map(|line| (line[1].clone(), body(&line[2..]))).collect()
}

/// Writes down what is on the bus of a simulation.
#[derive(Debug, Default)]
pub struct Monitor {
    seen: u64,
    pub frames: Vec<Frame>,
    pub senders: Vec<Sender>,
}

impl Monitor {
    pub fn listen(&mut self, world: &World) {
        let new = usize::try_from(world.trace().recorded() - self.seen).unwrap();
        self.seen = world.trace().recorded();
        let entries: Vec<_> = world.trace().entries().collect();
        for entry in &entries[entries.len() - new..] {
            assert!(!entry.is_damaged, "{entry}");
            let mut decoder = Decoder::new();
            let received = decoder.decode(&mut &entry.bytes[..]).unwrap().unwrap();
            let envelope = received.to_envelope_that_may_lock_a_slave().unwrap();
            let without_tail = entry.bytes.iter().rposition(|byte| *byte == END).unwrap() + 1;
            let end = entry.at + air_time(without_tail);
            self.frames.push(Frame { millis: end.as_millis(), body: envelope.emit().as_ref().to_vec() });
            self.senders.push(entry.sender);
        }
    }
}

/// Runs a simulation and listens.
pub fn run<N: Node>(sim: &mut Sim<N>, monitor: &mut Monitor, until: Instant) {
    sim.run_until(until, |sim| monitor.listen(sim.world()));
}

/// From each frame to the next.
pub fn gaps(frames: &[Frame]) -> Vec<u64> {
    frames.windows(2).map(|pair| pair[1].millis - pair[0].millis).collect()
}

pub fn mean(values: &[u64]) -> u64 {
    values.iter().sum::<u64>() / values.len() as u64
}

/// Two samples of one distribution: means not further apart than the recorder's resolution, and no value of the
/// simulation further outside the captured range than that.
pub fn assert_alike(what: &str, captured: &[u64], simulated: &[u64]) {
    let text = format!("{what}: captured {captured:?}, simulated {simulated:?}");
    assert!(!captured.is_empty() && !simulated.is_empty(), "{text}");
    assert!(mean(captured).abs_diff(mean(simulated)) <= RESOLUTION, "{text}");
    let (least, greatest) = (captured.iter().min().unwrap(), captured.iter().max().unwrap());
    let range = least.saturating_sub(RESOLUTION)..=greatest + RESOLUTION;
    assert!(simulated.iter().all(|value| range.contains(value)), "{text}");
}
